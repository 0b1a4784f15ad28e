"""The real server process: start, stop, the port, and a store or sources that fail it."""

import json
import signal
import socket
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.servers import HOST, StartService, free_port, start_process
from tests.web.raw import connect, read_replies, read_to_end

BUNDLE = "/v1/bundles/latest/Europe/*.tar.gz"


class TestStopping:
    def test_a_request_under_way_is_answered(self, start_service: StartService) -> None:
        running = start_service()
        body = b'{"zones": ["*"]}'
        with connect(running.port) as connection:
            head = b"POST /v1/bundles HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % len(body)
            connection.sendall(head + body[:5])
            time.sleep(0.2)
            stopper = threading.Thread(target=running.stop)
            stopper.start()
            wait_for_line(running.log_file, "Shutting down")
            connection.sendall(body[5:])
            (reply,) = read_replies(read_to_end(connection))
            stopper.join()
        assert (reply.status, json.loads(reply.body)["format"]) == (200, "tar.gz")
        assert reply.headers["connection"] == "close"
        assert "request POST /v1/bundles 200" in running.log

    def test_idle_connections_do_not_hold_it_up(self, start_service: StartService) -> None:
        running = start_service(shutdown_seconds=600)
        with running.client() as client, connect(running.port):
            client.get("/healthz")
            running.stop()  # fails if that takes anything like ten minutes

    def test_a_request_that_is_never_finished_is_cut_off_in_the_end(self, start_service: StartService) -> None:
        running = start_service(shutdown_seconds=1, request_timeout_seconds=0.5)
        with connect(running.port) as connection:
            connection.sendall(b"POST /v1/bundles HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\n{")
            time.sleep(0.1)
            running.stop()

    def test_the_last_requests_are_in_the_log(self, start_service: StartService) -> None:
        running = start_service()
        with running.client() as client:
            for number in range(50):
                client.get(f"/last/{number}")
        running.stop()
        assert all(f"GET /last/{number} 404" in running.log for number in range(50))

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["SIGTERM", "SIGHUP"])
    def test_each_signal_stops_it_after_the_request_under_way_and_a_shell_sees_which(
        self, start_service: StartService, number: signal.Signals
    ) -> None:
        running = start_service()
        with connect(running.port) as connection:
            connection.sendall(b"POST /v1/bundles HTTP/1.1\r\nHost: test\r\nContent-Length: 22\r\n\r\n{")
            time.sleep(0.2)
            running.process.send_signal(number)
            wait_for_line(running.log_file, "Shutting down")
            connection.sendall(b'"zones": ["Etc/UTC"]}')
            (reply,) = read_replies(read_to_end(connection))
        assert reply.status == 200
        # A process that a signal ended has no exit code: a shell makes 128 and the number of it, Popen a negative one.
        assert running.process.wait(20) == -number

    def test_ctrl_c_stops_it_with_the_status_that_a_shell_expects(self, tmp_path: Path) -> None:
        settings = {"host": HOST, "port": free_port(), "offline": True, "data_dir": tmp_path / "data"}
        process = start_process(settings, tmp_path / "log")
        wait_for_line(tmp_path / "log", "Application startup complete")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 128 + signal.SIGINT
        assert "Traceback" not in (tmp_path / "log").read_text()

    @pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGHUP], ids=["SIGTERM", "SIGHUP"])
    def test_a_second_signal_ends_it_at_once(self, start_service: StartService, second: signal.Signals) -> None:
        running = start_service(shutdown_seconds=600, request_timeout_seconds=600)
        with connect(running.port) as connection:
            connection.sendall(b"POST /v1/bundles HTTP/1.1\r\nHost: test\r\nContent-Length: 22\r\n\r\n{")
            time.sleep(0.2)
            running.process.send_signal(signal.SIGTERM)
            wait_for_line(running.log_file, "Shutting down")
            running.process.send_signal(second)
            assert running.process.wait(20) == -second

    def test_sighup_stays_ignored_where_it_was_as_under_nohup(self, start_service: StartService) -> None:
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            running = start_service()
        finally:
            signal.signal(signal.SIGHUP, before)
        running.process.send_signal(signal.SIGHUP)
        with running.client() as client:
            assert client.get("/healthz").status_code == 200

    def test_clients_that_do_not_read_do_not_hold_it_up(self, start_service: StartService) -> None:
        running = start_service(shutdown_seconds=1, write_timeout_seconds=600, answer_timeout_seconds=600)
        with connect(running.port) as connection:
            connection.sendall(b"GET /v1/bundles/latest/*.tar HTTP/1.1\r\nHost: test\r\n\r\n" * 20)
            wait_for_line(running.log_file, "request GET")
            running.stop()  # fails if that takes anything like ten minutes


class TestThePort:
    def test_one_in_use_is_one_readable_line_and_an_exit_code(self, tmp_path: Path) -> None:
        with socket.create_server((HOST, 0)) as taken:
            port = taken.getsockname()[1]
            process = start_process({"host": HOST, "port": port}, tmp_path / "log")
            assert process.wait(30) == 5
        (line,) = (tmp_path / "log").read_text().splitlines()
        assert line.startswith("tzdata-filter: ")
        assert str(port) in line

    def test_it_says_where_it_listens(self, start_service: StartService) -> None:
        running = start_service()
        assert f"listening on {HOST} port {running.port}; links start with {running.base_url}\n" in running.log

    def test_nothing_is_served_before_the_settings_are_right(self, tmp_path: Path) -> None:
        process = start_process({"host": HOST, "port": free_port(), "rescan_seconds": "soon"}, tmp_path / "log")
        assert process.wait(30) == 2
        assert "TZDATA_FILTER_RESCAN_SECONDS" in (tmp_path / "log").read_text()


class TestReadiness:
    def test_a_store_that_cannot_be_written_is_503_and_mends(self, start_service: StartService) -> None:
        running = start_service(expect_errors=True)
        with running.client() as client:
            break_store(running.data_dir)
            response = client.get("/readyz")
            assert (response.status_code, response.json()["type"]) == (503, "/problems/store-unavailable")
            assert int(response.headers["retry-after"]) > 0
            assert client.get("/healthz").status_code == 200
            mend_store(running.data_dir)
            assert client.get("/readyz").status_code == 200

    def test_bundles_are_served_while_the_store_is_away(self, start_service: StartService) -> None:
        running = start_service(expect_errors=True, hot_bytes=0)
        with running.client() as client:
            expected = client.get(BUNDLE)
            break_store(running.data_dir)
            for release in ("latest", expected.headers["tzdata-release"]):
                response = client.get(BUNDLE.replace("latest", release))
                assert (response.status_code, response.content) == (200, expected.content)
            other = client.get("/v1/bundles/latest/Asia/*.zip")
            assert other.status_code == 200
            assert 'tzdata_filter_builds_total{outcome="unkept"} 1.0' in client.get("/metrics").text
            assert "cannot be kept" in running.log
            assert "content-location" not in other.headers
            mend_store(running.data_dir)
            other = client.get("/v1/bundles/latest/Asia/*.zip")
            assert client.get(other.headers["content-location"]).content == other.content

    def test_an_artifact_whose_bytes_were_lost_comes_back_equal(self, start_service: StartService) -> None:
        running = start_service(hot_bytes=0)
        with running.client() as client:
            made = client.get(BUNDLE)
            location = made.headers["content-location"]
            (blob,) = (path for path in (running.data_dir / "blobs").rglob("*") if path.is_file())
            blob.unlink()
            assert client.get(location).content == made.content
            blob.write_bytes(made.content[:-1] + b"x")
            assert client.get(location).content == made.content
            assert 'tzdata_filter_builds_total{outcome="rebuilt"} 2.0' in client.get("/metrics").text

    def test_artifacts_outlive_the_process(self, start_service: StartService) -> None:
        first = start_service()
        with first.client() as client:
            made = client.get(BUNDLE)
        first.stop()
        with start_service(data_dir=first.data_dir).client() as client:
            assert client.get(made.headers["content-location"]).content == made.content
            assert client.get(BUNDLE).content == made.content
            assert 'outcome="built"' not in client.get("/metrics").text


def break_store(data_dir: Path) -> None:
    """Put a file where the store writes: what even root cannot write into."""
    (data_dir / "temporary").rename(data_dir / "away")
    (data_dir / "temporary").write_bytes(b"")


def mend_store(data_dir: Path) -> None:
    (data_dir / "temporary").unlink()
    (data_dir / "away").rename(data_dir / "temporary")


def wait_for_line(log_file: Path, text: str) -> None:
    for _ in range(400):
        if text in log_file.read_text():
            return
        time.sleep(0.02)
    raise AssertionError(f"{text!r} is not in the log")


def test_it_serves(client: httpx.Client) -> None:
    assert client.get("/readyz").text.startswith("ready, latest release ")
