"""The peers: what uvicorn can do with no application to speak of, and what a plain FastAPI route does.

``python -m bench._bare bare|fastapi PORT REPLY``; REPLY is a file with a whole reply, which every request gets.
"""

import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response

from app.web.http.asgi import ASGIApp, Receive, Scope, Send

Fields = list[tuple[bytes, bytes]]


def split_reply(reply: bytes) -> tuple[int, Fields, bytes]:
    """Return status, header fields and body of a reply; without what uvicorn adds itself."""
    head, _, body = reply.partition(b"\r\n\r\n")
    status_line, *lines = head.split(b"\r\n")
    fields = [(name.lower(), value) for name, _, value in (line.partition(b": ") for line in lines)]
    return int(status_line.split()[1]), [field for field in fields if field[0] not in (b"date", b"connection")], body


def bare_app(reply: bytes) -> ASGIApp:
    """Return an application that gives ``reply`` to everything."""
    status, fields, body = split_reply(reply)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI has three
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    return app


def fastapi_app(reply: bytes) -> ASGIApp:
    """Return an application with one route as FastAPI's own guide writes it, for scale."""
    status, fields, body = split_reply(reply)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in fields}
    app = FastAPI()

    @app.get("/v1/bundles/{release}/{zones:path}")
    async def bundle(release: str, zones: str) -> Response:  # noqa: ARG001 - the peer reads its parameters too
        return Response(body, status, headers)

    return app


def main() -> None:
    """Serve on the settings of ``app.web.edge.server``."""
    kind, port, file = sys.argv[1:]
    make = {"bare": bare_app, "fastapi": fastapi_app}[kind]
    uvicorn.run(
        make(Path(file).read_bytes()),
        port=int(port),
        http="httptools",
        ws="none",
        loop="auto",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        backlog=2_048,
    )


if __name__ == "__main__":
    main()
