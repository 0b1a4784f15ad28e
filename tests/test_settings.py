"""Settings: what is read from where, and that all wrong values are reported at once."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import get_type_hints
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settings import PREFIX, InvalidSettings, Settings, read_settings


def read(**environ: str) -> Settings:
    return read_settings(environ={PREFIX + name.upper(): text for name, text in environ.items()})


def problems(given: Mapping[str, object] | None = None, /, **environ: str) -> list[str]:
    with pytest.raises(InvalidSettings) as caught:
        read_settings(given, {PREFIX + name.upper(): text for name, text in environ.items()})
    assert str(caught.value) == "; ".join(caught.value.problems)
    return caught.value.problems


def test_an_empty_environment_gives_the_defaults() -> None:
    assert read_settings(environ={}) == Settings()


def test_the_process_s_environment_is_read_when_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZDATA_FILTER_PORT", "9090")
    assert read_settings().port == 9090


def every_text(tmp_path: Path) -> dict[str, str]:
    """Return a text for each setting, none of them its default."""
    (tmp_path / "ca.pem").touch()
    return {
        "host": "::1",
        "port": "0",
        "public_url": "https://tz.example/base/",
        "data_dir": str(tmp_path / "new"),
        "wheels_dir": str(tmp_path),
        "index_url": "https://ci:secret@index.example/simple",
        "index_ca_file": str(tmp_path / "ca.pem"),
        "index_refresh_seconds": "60",
        "index_timeout_seconds": "20",
        "offline": "yes",
        "go_module_host": "go.example",
        "registry_token": "a-long-enough-token",
        "channels": "stable=2026e, previous=latest-1",
        "log_format": "json",
        "log_level": "debug",
        "request_log": "false",
        "memory_store_bytes": "1024",
        "disk_store_bytes": "1048576",
        "disk_set_bytes": "4096",
        "disk_reserve_bytes": "0",
        "hot_bytes": "0",
        "max_url_bytes": "2048",
        "max_body_bytes": "4096",
        "max_header_bytes": "8192",
        "max_header_fields": "32",
        "max_pipelined_requests": "1",
        "max_connections": "20",
        "max_received_bytes": "1048576",
        "max_unsent_bytes": "2097152",
        "max_wait_seconds": "2.5",
        "request_timeout_seconds": "0.5",
        "keep_alive_seconds": "1",
        "write_timeout_seconds": "2",
        "answer_timeout_seconds": "3.5",
        "shutdown_seconds": "86400",
        "rescan_seconds": "60.0",
    }


def test_every_setting_is_read(tmp_path: Path) -> None:
    texts = every_text(tmp_path)
    assert texts.keys() == {field.name for field in fields(Settings)}
    assert read(**texts) == Settings(
        host="::1",
        port=0,
        public_url="https://tz.example/base/",
        data_dir=tmp_path / "new",
        wheels_dir=tmp_path,
        index_url="https://ci:secret@index.example/simple",
        index_ca_file=tmp_path / "ca.pem",
        index_refresh_seconds=60.0,
        index_timeout_seconds=20.0,
        offline=True,
        go_module_host="go.example",
        registry_token="a-long-enough-token",
        channels={"stable": "2026e", "previous": "latest-1"},
        log_format="json",
        log_level="debug",
        request_log=False,
        memory_store_bytes=1_024,
        disk_store_bytes=1 << 20,
        disk_set_bytes=4_096,
        disk_reserve_bytes=0,
        hot_bytes=0,
        max_url_bytes=2_048,
        max_body_bytes=4_096,
        max_header_bytes=8_192,
        max_header_fields=32,
        max_pipelined_requests=1,
        max_connections=20,
        max_received_bytes=1 << 20,
        max_unsent_bytes=2 << 20,
        max_wait_seconds=2.5,
        request_timeout_seconds=0.5,
        keep_alive_seconds=1.0,
        write_timeout_seconds=2.0,
        answer_timeout_seconds=3.5,
        shutdown_seconds=86_400.0,
        rescan_seconds=60.0,
    )


def test_every_setting_has_a_parser_that_reads_its_own_default_to_its_own_type() -> None:
    types, hints = get_type_hints(Settings), get_type_hints(Settings, include_extras=True)
    for field in fields(Settings):
        if field.default in ("", None, MISSING):
            continue
        value = hints[field.name].__metadata__[0](str(field.default))
        assert value == field.default
        assert type(value) is type(field.default), types[field.name]


def test_what_is_given_wins_over_the_environment_and_nothing_given_does_not() -> None:
    environ = {"TZDATA_FILTER_HOST": "192.0.2.1", "TZDATA_FILTER_PORT": "1000"}
    settings = read_settings({"port": 2_000, "host": None, "data_dir": Path("here"), "request_log": False}, environ)
    assert (settings.host, settings.port) == ("192.0.2.1", 2_000)
    assert (settings.data_dir, settings.request_log) == (Path("here"), False)


def test_an_empty_variable_counts_as_not_set() -> None:
    assert read(host="", port="", data_dir="", public_url="") == Settings()


def test_other_variables_are_left_alone() -> None:
    assert read_settings(environ={"TZDATA": "x", "PORT": "x", "tzdata_filter_port": "x"}) == Settings()


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    assert problems({"log_level": "loud"}, prot="80", port="http", wheels_dir=str(tmp_path / "none")) == [
        "TZDATA_FILTER_PROT is not a setting",
        "TZDATA_FILTER_PORT='http': must be a whole number from 0 to 65535",
        f"TZDATA_FILTER_WHEELS_DIR={str(tmp_path / 'none')!r}: is not a directory",
        "log_level='loud': must be one of debug, info, warning, error",
    ]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        *(("host", text) for text in (" ", "a b", "http://a")),
        *(("port", text) for text in ("-1", "65536", "80.0", "+80", "0x50", "9" * 5_000)),
        *(("log_format", text) for text in ("JSON", "xml")),
        *(("log_level", text) for text in ("INFO", "trace")),
        *(("request_log", text) for text in ("2", "on ", "none")),
        *(("memory_store_bytes", text) for text in ("1023", "-1", "1e6", "64M")),
        *(("rescan_seconds", text) for text in ("0", "-1", "nan", "inf", "1e9", "1m", "soon")),
        *(
            ("public_url", text)
            for text in (
                "tz.example",
                "ftp://tz.example",
                "https://",
                "https://tz.example?x=1",
                "https://tz.example#x",
                "https://tz.example:99999",
                "https://tz.example:0",
                "https://[::1",
                "https://tz.example/\r\nX: y",
                "https://tz example",
                "https://user@tz.example",
                "https://:password@tz.example",
                "http://0.0.0.0:8080",
                "http://[::]:8080",
                "https://tz.example//a",
                "https://tz.example/a/../b",
                "https://tz.example/a>b",
                "https://tz.example/%2e%2e",
            )
        ),
    ],
)
def test_a_wrong_value_is_told_with_its_name(field: str, text: str) -> None:
    (problem,) = problems(**{field: text})
    assert problem.startswith(f"TZDATA_FILTER_{field.upper()}={text!r}: ")


@pytest.mark.parametrize("token", ["short", "a token with spaces", "t\N{LATIN SMALL LETTER O WITH DIAERESIS}ken-token"])
def test_a_token_that_cannot_be_is_told_without_showing_it(token: str) -> None:
    (problem,) = problems(registry_token=token)
    assert problem.startswith("TZDATA_FILTER_REGISTRY_TOKEN=(a secret): ")
    assert token not in problem


def test_a_token_is_not_shown_where_settings_are() -> None:
    assert "a-long-enough-token" not in repr(read(registry_token="a-long-enough-token"))


@pytest.mark.parametrize("field", ["data_dir", "wheels_dir"])
def test_a_file_is_no_directory(tmp_path: Path, field: str) -> None:
    (tmp_path / "file").touch()
    (problem,) = problems(**{field: str(tmp_path / "file")})
    assert problem.endswith("is not a directory")


@pytest.mark.parametrize(
    ("text", "expected"), [("true", True), ("TRUE", True), ("1", True), ("yes", True), ("No", False), ("0", False)]
)
def test_flags(text: str, expected: bool) -> None:
    assert read(request_log=text).request_log is expected


@pytest.mark.parametrize(
    ("settings", "base_url"),
    [
        (Settings(), "http://127.0.0.1:8080"),
        (Settings(host="::1", port=80), "http://[::1]:80"),
        (Settings(host="::1", public_url="https://tz.example/"), "https://tz.example"),
        (Settings(public_url="https://tz.example/a//"), "https://tz.example/a"),
        (Settings(host="0.0.0.0"), "http://localhost:8080"),
        (Settings(host="0.0.0.0", public_url="https://tz.example"), "https://tz.example"),
    ],
)
def test_the_base_of_links(settings: Settings, base_url: str) -> None:
    assert settings.base_url == base_url


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        *(
            (host, True)
            for host in ("0.0.0.0", "0", "0.0", "0x0", "::", "0:0::0", "::0.0.0.0", "::ffff:0.0.0.0", "::%1")
        ),
        *(
            (host, False)
            for host in ("127.0.0.1", "10.0.0.1", "0.0.0.1", "::1", "localhost", "tz.example", "fe80::1%1")
        ),
    ],
)
def test_a_host_that_stands_for_every_address_is_never_in_links(host: str, is_one: bool) -> None:
    settings = read(host=host)
    assert settings.links_stay_here is is_one
    assert (urlsplit(settings.base_url).hostname == "localhost") is (is_one or host == "localhost")
    assert not read(host=host, public_url="https://tz.example").links_stay_here


@pytest.mark.parametrize(
    ("public_url", "prefix"),
    [
        ("", ""),
        ("https://tz.example", ""),
        ("https://tz.example/", ""),
        ("https://tz.example/tz", "/tz"),
        ("https://tz.example/tz/", "/tz"),
        ("https://tz.example/a/b-1_2.~", "/a/b-1_2.~"),
    ],
)
def test_the_prefix_of_paths_is_the_path_of_the_public_url(public_url: str, prefix: str) -> None:
    assert read(public_url=public_url).path_prefix == prefix


@given(st.dictionaries(st.sampled_from([field.name for field in fields(Settings)]), st.text(min_size=1)))
def test_no_text_raises_anything_but_invalid_settings(environ: dict[str, str]) -> None:
    try:
        read(**environ)
    except InvalidSettings as error:
        assert 0 < len(error.problems) <= len(environ)  # noqa: PT017 - nearly all texts raise
