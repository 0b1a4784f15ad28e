"""Every setting, its default and its unit. No other file reads the environment."""

from __future__ import annotations  # so that the settings can stand above the parsers that they name

import dataclasses
import ipaddress
import os
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, get_args, get_type_hints
from urllib.parse import urlsplit

LogFormat: TypeAlias = Literal["text", "json"]
LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]

PREFIX = "TZDATA_FILTER_"
DEFAULT_MODULE_HOST = "tz.internal"


class InvalidSettings(ValueError):
    """Some settings have values that cannot be used.

    Attributes:
        problems: Every one of them, one line each.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator can set; in the environment each is called ``TZDATA_FILTER_`` and its name in capitals.

    The defaults work on a laptop with no network. Units are in the names. Beside the type of each setting stands the
    function that parses its text, and raises ValueError that says what would be right.
    """

    host: Annotated[str, _host] = "127.0.0.1"
    port: Annotated[int, _integer(0, 65_535)] = 8080
    public_url: Annotated[str, _public_url] = ""
    """What absolute links start with; never taken from a request. Empty: ``http://HOST:PORT``.

    Its path is the prefix that a front takes off requests: links carry it, routes do not.
    """
    data_dir: Annotated[Path | None, _directory] = None
    """Where artifacts are kept. Unset: in memory, and lost on exit."""
    wheels_dir: Annotated[Path | None, _existing_directory] = None
    """A directory of tzdata wheels, one for each release to serve besides the installed one."""
    index_url: Annotated[str, _url] = ""
    """The simple API of a package index that has tzdata's wheels. Empty: the index that pip on this machine uses."""
    index_ca_file: Annotated[Path | None, _existing_file] = None
    """Certificates to trust for the index. Unset: pip's, else the system's."""
    index_refresh_seconds: Annotated[float, _seconds] = 3_600.0
    """How often the index is asked for new releases."""
    index_timeout_seconds: Annotated[float, _seconds] = 10.0
    """How long the index may be silent, and how long its list of files may take in all."""
    offline: Annotated[bool, _flag] = False
    """Never make an outbound call."""
    registry_token: Annotated[str, _token, _SECRET] = dataclasses.field(default="", repr=False)
    """What ``/v2/`` asks for: as a bearer token, or as the password of any user. Empty: nothing."""
    go_module_host: Annotated[str, _module_host] = ""
    """What the paths of Go modules start with. Empty: the host of ``public_url``, if it is a name with a dot."""
    channels: Annotated[Mapping[str, str], _channels] = dataclasses.field(default_factory=dict)
    """Names for releases besides ``latest``: ``stable=2026e,previous=latest-1``."""
    log_format: Annotated[LogFormat, _choice(get_args(LogFormat))] = "text"
    log_level: Annotated[LogLevel, _choice(get_args(LogLevel))] = "info"
    request_log: Annotated[bool, _flag] = True
    memory_store_bytes: Annotated[int, _integer(1_024, 1 << 40)] = 32 << 20
    """How many bytes the store in memory may hold."""
    disk_store_bytes: Annotated[int, _integer(1 << 20, 1 << 50)] = 4 << 30
    """How many bytes bundles and what belongs to them may take in ``data_dir``."""
    disk_set_bytes: Annotated[int, _integer(1 << 12, 1 << 40)] = 64 << 20
    """How many bytes posted lists may take in ``data_dir``."""
    disk_reserve_bytes: Annotated[int, _integer(0, 1 << 50)] = 64 << 20
    """How many bytes stay free on the disk of ``data_dir``; of a small disk at most an eighth."""
    hot_bytes: Annotated[int, _integer(0, 1 << 40)] = 32 << 20
    """How many bytes of the latest answers are kept ready to send."""
    max_url_bytes: Annotated[int, _integer(1_024, 1 << 40)] = 32 << 10
    """Path and query; the longest list of all names is about 10,000 bytes."""
    max_body_bytes: Annotated[int, _integer(1_024, 1 << 40)] = 256 << 10
    max_header_bytes: Annotated[int, _integer(8_192, 1 << 20)] = 64 << 10
    """All of a request that is not body: request line, header fields, chunk lines, trailers."""
    max_header_fields: Annotated[int, _integer(32, 10_000)] = 256
    max_pipelined_requests: Annotated[int, _integer(1, 1_000)] = 16
    """How many requests on one connection may wait for the answers before theirs; more are not read."""
    max_connections: Annotated[int, _integer(1, 1_000_000)] = 1_000
    """Less where the process may not open so many files."""
    max_received_bytes: Annotated[int, _integer(1 << 20, 1 << 40)] = 32 << 20
    """What all connections together may hold of requests that are not complete, or wait for their turn."""
    max_unsent_bytes: Annotated[int, _integer(1 << 20, 1 << 40)] = 16 << 20
    """What all connections together may hold of answers that clients do not take."""
    max_wait_seconds: Annotated[float, _seconds] = 5.0
    """How long a request waits for its turn, or for a source of releases, before it gets a 503."""
    request_timeout_seconds: Annotated[float, _seconds] = 10.0
    """From the first byte of a request to its last; a slower client is cut off."""
    keep_alive_seconds: Annotated[float, _seconds] = 75.0
    write_timeout_seconds: Annotated[float, _seconds] = 20.0
    """How long a client may take no byte of an answer."""
    answer_timeout_seconds: Annotated[float, _seconds] = 120.0
    """How long a client may take for one answer in all."""
    shutdown_seconds: Annotated[float, _seconds] = 10.0
    """How long running requests may take to finish once the process has been asked to stop."""
    rescan_seconds: Annotated[float, _seconds] = 60.0
    """How often the sources are looked at for new releases."""

    @property
    def base_url(self) -> str:
        """What absolute links start with, without a slash at the end."""
        host = "localhost" if is_wildcard(self.host) else f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def path_prefix(self) -> str:
        """What links without a host start with: the path of ``public_url``, without a slash at the end."""
        return urlsplit(self.base_url).path

    @property
    def links_stay_here(self) -> bool:
        """Whether links name this machine although others can reach the service."""
        return not self.public_url and is_wildcard(self.host)

    @property
    def module_host(self) -> str:
        """What the paths of Go modules start with."""
        host = urlsplit(self.public_url).hostname or ""
        return self.go_module_host or (host if _MODULE_HOST.fullmatch(host) else DEFAULT_MODULE_HOST)


def read_environment() -> Mapping[str, str]:
    """Return the variables of this process, for those that many programs share: proxies, certificates, pip's.

    Where the system itself names proxies, as desktops do, they stand there like variables.
    """
    from urllib.request import getproxies  # noqa: PLC0415 - most commands ask nobody, and it takes 15 ms to import

    named = {name.lower() for name in os.environ}
    system = {f"{scheme}_proxy": url for scheme, url in getproxies().items()}
    return {**{name: url for name, url in system.items() if name not in named}, **os.environ}


def read_settings(given: Mapping[str, object] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings from the environment, overridden by ``given``.

    Args:
        given: Field name → text or value; ``None`` counts as absent.
        environ: In place of the environment of the process.

    Raises:
        InvalidSettings: It lists every wrong value at once, unknown ``TZDATA_FILTER_`` variables among them.
    """
    environ = os.environ if environ is None else environ
    known = {PREFIX + field.name.upper(): field.name for field in fields(Settings)}
    hints = get_type_hints(Settings, include_extras=True)
    problems = [f"{name} is not a setting" for name in sorted(environ) if name.startswith(PREFIX) and name not in known]
    texts: dict[str, tuple[str, str]] = {
        field: (name, environ[name]) for name, field in known.items() if environ.get(name, "") != ""
    }
    texts |= {field: (field, str(value)) for field, value in (given or {}).items() if value is not None}
    values = {}
    for field, (origin, text) in texts.items():
        parse, *marks = hints[field].__metadata__
        try:
            values[field] = parse(text)
        except ValueError as error:
            shown = "(a secret)" if _SECRET in marks else repr(text)
            problems.append(f"{origin}={shown}: {error}")
    if problems:
        raise InvalidSettings(problems)
    return Settings(**values)


def is_wildcard(host: str) -> bool:
    """Tell whether to listen there is to listen on every address of this machine."""
    try:
        return not any(socket.inet_aton(host))  # `0` is one as well
    except OSError:
        pass
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_unspecified


def _choice(choices: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return parse


def _flag(text: str) -> bool:
    flags = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.lower() not in flags:
        raise ValueError("must be true or false")
    return flags[text.lower()]


def _integer(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return parse


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.05 <= seconds <= 86_400:
        raise ValueError("must be seconds, from 0.05 to 86400")
    return seconds


def _directory(text: str) -> Path:
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise ValueError("is not a directory")
    return path


def _existing_directory(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise ValueError("is not a directory")
    return path


def _url(text: str) -> str:
    parts = urlsplit(text)  # raises ValueError for impossible brackets or an impossible port
    plain = text.isascii() and text.isprintable() and " " not in text  # urlsplit drops line ends silently
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or not plain:
        raise ValueError("must be a URL such as https://tz.example")
    if parts.port == 0:
        raise ValueError("must not have port 0")
    return text


def _public_url(text: str) -> str:
    parts = urlsplit(_url(text))
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not have a user or a password: it is in every link")
    if is_wildcard(parts.hostname or ""):
        raise ValueError("must have a host by which clients reach the service, which this address is not")
    if not _PREFIX_PATH.fullmatch(parts.path):
        raise ValueError("must have a path of plain segments, as in https://dev.example/tz, or none")
    return text


def _existing_file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError("is not a file")
    return path


def _token(text: str) -> str:
    if not re.fullmatch(r"[!-~]{8,4096}", text):
        raise ValueError("must be 8 to 4096 visible ASCII characters, without spaces")
    return text


def _module_host(text: str) -> str:
    if not _MODULE_HOST.fullmatch(text):
        raise ValueError("must be a host name in lower case with a dot in it, such as tz.internal")
    return text


def _channels(text: str) -> Mapping[str, str]:
    channels: dict[str, str] = {}
    for item in text.split(","):
        name, _, meant = item.strip().partition("=")
        if not _CHANNEL.fullmatch(name) or name.startswith("latest") or not meant or name in channels:
            raise ValueError("must look like stable=2026e,previous=latest-1")
        channels[name] = meant
    return channels


def _host(text: str) -> str:
    if not text.strip() or "/" in text or " " in text:
        raise ValueError("must be a host name or an address")
    return text


_SECRET = "secret"
"""Marks a setting whose value is never shown in a message."""
_PREFIX_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*/*")
_CHANNEL = re.compile(r"[a-z][a-z0-9-]{0,31}")
_MODULE_HOST = re.compile(r"(?=.{3,253}$)(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])?")
