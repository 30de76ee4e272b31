"""A small real HTTP server that answers by script, for tests of the client."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import orjson

Step = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Plays the next step of the script; the last one goes on for ever."""

    protocol_version = "HTTP/1.1"
    server: Server

    def _play(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size) if size else b""
        heard = {name.lower(): value for name, value in self.headers.items()}
        self.server.heard.append((self.command, self.path, heard, body))
        self.server.next_step()(self)

    do_GET = do_POST = do_PUT = do_PATCH = _play  # noqa: N815 - names of http.server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing on the console."""


class Server(ThreadingHTTPServer):
    """`heard` holds method, path, lower-case headers and body of every request."""

    daemon_threads = True

    def __init__(self, *script: Step) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = list(script)
        self.heard: list[tuple[str, str, dict[str, str], bytes]] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def next_step(self) -> Step:
        with self._lock:
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the play."""


def answer(
    status: int = 200,
    body: Any = None,
    *,
    raw: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Step:
    """A whole answer: JSON from `body`, or `raw` bytes."""
    data = raw if raw is not None else orjson.dumps(body if body is not None else {})

    def step(handler: Handler) -> None:
        handler.send_response(status)
        sent = {"Content-Type": "application/json", **(headers or {})}
        for name, value in sent.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return step


def half_body(status: int = 200) -> Step:
    """Headers that promise more than is sent, then a closed connection."""

    def step(handler: Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"half":')
        handler.close_connection = True

    return step


def drop() -> Step:
    """The connection is reset without an answer."""

    def step(handler: Handler) -> None:
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.close_connection = True
        handler.connection.close()

    return step


def slow(seconds: float, then: Step) -> Step:
    """Wait before the step."""

    def step(handler: Handler) -> None:
        time.sleep(seconds)
        then(handler)

    return step
