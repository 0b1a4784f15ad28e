"""What RFC 9112 asks of a request's head beyond what the parser checks: version, Host and Transfer-Encoding."""

import re

from app.web.http.errors import NotHttp

_HOST = re.compile(
    rb"(?:(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+|\[(?:[0-9A-Fa-f:.]+|[vV][0-9A-Fa-f]+\.[!-Z_a-z~:]+)\])"
    rb"(?::[0-9]*)?[ \t]*"
)
_TLS_HANDSHAKE = b"\x16\x03"
_HTTP_2_PREFACE = b"PRI * HTTP/2"


def check_version(version: str, url: bytes, piece: bytes) -> None:
    """Check the version of a request if it is not 1.1. Source: RFC 9112 §2.3.

    Args:
        piece: Bytes from the connection that hold the request line, or its end: the parser takes two other protocols.

    Raises:
        NotHttp: It is not HTTP/1.0.
    """
    if url + b" RTSP/" in piece or url + b" ICE/" in piece:
        raise NotHttp("RTSP and ICE are not spoken here; send HTTP/1.1")
    if version != "1.0":
        raise NotHttp(f"HTTP/{version} is not spoken here; send HTTP/1.1")


def check_host(value: bytes, former: bytes | None) -> None:
    """Check one Host field. Source: RFC 9112 §3.2; RFC 9110 §4.2.1 on empty hosts.

    Args:
        former: The one that the request had before, if it had one.

    Raises:
        NotHttp: There are two, or its value is not a host.
    """
    if former is not None:
        raise NotHttp("the request has more than one Host field")
    if not _HOST.fullmatch(value):
        raise NotHttp("the Host field does not name a host")


def check_coding(value: bytes, former: bytes | None) -> None:
    """Check one Transfer-Encoding field. Source: RFC 9112 §6.1.

    Args:
        former: The one that the request had before, if it had one.

    Raises:
        NotHttp: It is anything else than one ``chunked``.
    """
    if former is not None or value.strip(b" \t").lower() != b"chunked":
        raise NotHttp("the only Transfer-Encoding that is read here is: chunked")


def explain(beginning: bytes) -> NotHttp:
    """Return the error for bytes that the parser did not take, by what they begin with."""
    if beginning.startswith(_TLS_HANDSHAKE):
        return NotHttp("this looks like TLS, but this port speaks plain HTTP; the URL should start with http:")
    if beginning.startswith(_HTTP_2_PREFACE):
        return NotHttp("this looks like HTTP/2 without TLS; send HTTP/1.1")
    return NotHttp("this is not a well-formed HTTP request")
