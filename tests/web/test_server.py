"""The real server process: start, stop, and what it does with its port."""

from tests.servers import Service


def test_it_serves(service: Service) -> None:
    with service.client() as client:
        assert client.get("/healthz").text == "ok\n"
