"""What a hostile index sends: tables of answers, each with a name."""

import gzip

from app.sources.index import MAX_PAGE_BYTES
from app.sources.index_page import JSON_TYPE
from tests.data.invented_release import package_files, wheel_name, write_wheel
from tests.hostile.raw_index import Connection, Sender, answer, file_entry, fold, page

NAME, WHEEL = wheel_name(), write_wheel(package_files())
FOLDED = fold(256 << 20)
GOOD = page([file_entry(NAME, WHEEL)])
HTML = "text/html"


def refold(content: bytes, times: int) -> bytes:
    for _ in range(times):
        content = gzip.compress(content)
    return content


def constant(content: bytes) -> Sender:
    return lambda connection: connection.send(content)


def endless(head: bytes, piece: bytes, *, pause: float = 0.0) -> Sender:
    def send(connection: Connection) -> None:
        connection.send(head)
        connection.repeat(piece, pause=pause)

    return send


START = f"HTTP/1.1 200 OK\r\nContent-Type: {JSON_TYPE}\r\n".encode()
CHUNKED = START + b"Transfer-Encoding: chunked\r\n\r\n"
BOMBS = {
    "one layer": answer(FOLDED, more={"Content-Encoding": "gzip"}),
    "two layers": answer(gzip.compress(FOLDED), more={"Content-Encoding": "gzip, gzip"}),
    "two layers in two lines": answer(
        gzip.compress(FOLDED), more={"Content-Encoding": "gzip", "content-encoding": "gzip"}
    ),
    "five layers": answer(refold(FOLDED, 4), more={"Content-Encoding": ", ".join(["gzip"] * 5)}),
    "the old name": answer(FOLDED, more={"Content-Encoding": "X-GZip"}),
    "another coding": answer(b"\x1b" * 1_000, more={"Content-Encoding": "br"}),
    "a coding of no kind": answer(GOOD, more={"Content-Encoding": "gzip;q=1" + "x" * 9_000}),
    "members without end": answer(gzip.compress(GOOD) + gzip.compress(b"") * 40_000, more={"Content-Encoding": "gzip"}),
    "rubbish": answer(b"\x1f\x8b" + b"\0" * 100, more={"Content-Encoding": "gzip"}),
    "no layer at all": answer(GOOD, more={"Content-Encoding": "gzip"}),
}
NEVER_ENDING: dict[str, Sender] = {
    "body": endless(START + b"\r\n", b"[" * 65_536),
    "body in small pieces": endless(CHUNKED, b"1\r\n[\r\n" * 8_192),
    "chunk extension": endless(CHUNKED + b"1;", b"x" * 65_536),
    "small chunk extensions": endless(CHUNKED, (b"1;" + b"x" * 9_000 + b"\r\n[\r\n") * 10),
    "trailers": endless(CHUNKED + b"1\r\n[\r\n0\r\n", b"X: a\r\n" * 8_192),
    "headers": endless(START, b"X: a\r\n" * 8_192),
    "a header": endless(START + b"X: ", b"a" * 65_536),
    "a status line": endless(b"HTTP/1.1 200 ", b"O" * 65_536),
    "interim answers": endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 1_000),
    "interim answers that continue": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000),
}
DRIPPING: dict[str, Sender] = {
    "nothing": endless(b"", b"", pause=0.1),
    "a status line": endless(b"HTTP/1.1 200 ", b"O", pause=0.1),
    "headers": endless(START, b"X: a\r\n", pause=0.1),
    "interim answers": endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", pause=0.1),
    "body": endless(START + b"\r\n", b"[", pause=0.1),
    "chunks": endless(CHUNKED, b"1\r\n[\r\n", pause=0.1),
    "trailers": endless(CHUNKED + b"0\r\n", b"X: a\r\n", pause=0.1),
}
RUBBISH = {
    "no HTTP": b"SSH-2.0-OpenSSH_9.9\r\n",
    "nothing": b"",
    "a length without end": START + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n",
    "a length below zero": START + b"Content-Length: -1\r\n\r\n{}",
    "two lengths": START + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "a status of no kind": b"HTTP/1.1 99999 OK\r\n\r\n",
    "a cookie of odd dates": answer(GOOD, status="500 No", more={"Set-Cookie": "a=b; expires=" + "0 " * 20_000}),
    "a header of odd bytes": START + b"\xff\x00: \xff\r\n\r\n",
    "a redirect to nowhere": answer(b"", status="302 Found"),
    "a redirect to half a bracket": answer(b"", status="302 Found", more={"Location": "http://["}),
    "a redirect to a file": answer(b"", status="302 Found", more={"Location": "file:///etc/passwd"}),
    "a redirect without end": answer(b"", status="302 Found", more={"Location": "/" + "x" * 60_000}),
    "a redirect to itself": answer(b"", status="301 Moved", more={"Location": "/simple/tzdata/"}),
    "a redirect to another port": answer(b"", status="302 Found", more={"Location": "http://127.0.0.1:1/"}),
}
PAGES = {
    "nested lists": (b"[" * (MAX_PAGE_BYTES - 1), JSON_TYPE),
    "nested objects": (b'{"":' * (MAX_PAGE_BYTES // 5), JSON_TYPE),
    "many small objects": (b'{"files":[' + b'{"":{}},' * 116_000 + b"{}]}", JSON_TYPE),
    "many small numbers": (b"[" + b"1," * 500_000 + b"1]", JSON_TYPE),
    "a huge number": (b'{"files": ' + b"1" * 900_000 + b"}", JSON_TYPE),
    "no list": (b'{"files": {"a": 1}}', JSON_TYPE),
    "not a number": (b"NaN", JSON_TYPE),
    "another thing": (b'"files"', JSON_TYPE),
    "not UTF-8": (b"\xff\xfe\x00", JSON_TYPE),
    "a type of odd bytes": (GOOD, "\xe9\xff/" + "x" * 9_000),
    "a page to log in": (b'<html><a href="/forgot">Forgot?</a><form action="/login"></form></html>', HTML),
    "a page to log in, of the right type": (b"<html>log in</html>", "application/vnd.pypi.simple.v1+html"),
    "comments that do not end": (b"<!--" * (MAX_PAGE_BYTES // 4), HTML),
    "tags that do not end": (b"<a " * (MAX_PAGE_BYTES // 3), HTML),
    "attributes without end": (b"<a " + b"a " * (MAX_PAGE_BYTES // 2 - 2), HTML),
    "values that do not end": (b"<a x='" * (MAX_PAGE_BYTES // 7), HTML),
    "declarations that do not end": (b"<![" * (MAX_PAGE_BYTES // 3), HTML),
    "scripts that do not end": (b"<script >" * (MAX_PAGE_BYTES // 9), HTML),
    "blanks": (b"<a" + b" " * (MAX_PAGE_BYTES - 2), HTML),
    "blanks before nothing": (b"<a x" + b" " * (MAX_PAGE_BYTES - 4), HTML),
    "a base of no kind": (f'<base href="http://["><a href="{NAME}">x</a>'.encode(), HTML),
    "more wheels than there can be": (
        page([file_entry(f"tzdata-{year}.{n}-py3-none-any.whl", b"") for year in range(2000, 2100) for n in range(11)]),
        JSON_TYPE,
    ),
}


ODD_URLS = (
    "http://[",
    "http://[::1",
    "http://x:99999/",
    "http://x:y/",
    "http://x:0/",
    "file:///etc/passwd",
    "data:application/zip;base64,UEsDBA==",
    "javascript:alert(1)",
    "ftp://x/",
    "http://\0/",
    "http://a b/",
    "http://x/\r\nHost: y",
    "http://\ud800/",
    "http://xn--\u2024/",
    "http://\U0001f937.example/",
    "http://" + "x" * 100_000,
    "https://",
)


ATTACKS: dict[str, Sender] = {
    "two layers": constant(BOMBS["two layers"]),
    "one layer": constant(BOMBS["one layer"]),
    "body": NEVER_ENDING["body"],
    "trailers": NEVER_ENDING["trailers"],
    "objects": constant(answer(b'{"files":[' + b'{"":{}},' * 116_000 + b"{}]}")),
    "links": constant(answer(b"<a href=x>" * 100_000, kind=HTML)),
    "odd addresses": constant(
        answer(
            page([file_entry(f"tzdata-{2000 + n}.1-py3-none-any.whl", b"", url=url) for n, url in enumerate(ODD_URLS)])
        )
    ),
}
