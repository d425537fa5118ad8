"""A small threaded HTTP server: records every request, answers as told, over TCP or TLS."""

from __future__ import annotations

import json
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable


@dataclass
class Received:
    """One request as it came in."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    def header(self, name: str) -> str | None:
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) <= 1, f"{name} was sent {len(values)} times"
        return values[0] if values else None

    def json(self) -> dict:
        return json.loads(self.body)


@dataclass
class Reply:
    """What to answer: after `delay` seconds, or never at all when `silent`."""

    status: int = 200
    body: bytes | dict = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    silent: bool = False
    #: Octets to send in place of a framed answer; the connection is closed after them.
    raw: bytes | None = None


class StubServer:
    """Base of the stubs: subclasses implement `answer`. Use as a context manager or call `start` and `stop`."""

    #: How long a silent answer holds the connection at most.
    SILENCE = 60.0

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"):
        self.requests: list[Received] = []
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._tls = tls
        self._server = ThreadingHTTPServer((host, 0), self._handler(), bind_and_activate=False)
        self._server.request_queue_size = 512
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._server.server_bind()
        self._server.server_activate()
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    # Life cycle

    def start(self) -> "StubServer":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://localhost:{self.port}"

    # For the tests

    def wait(self, choose: Callable[[Received], object], count: int = 1, timeout: float = 10.0) -> list[Received]:
        """Waits until `count` recorded requests match and returns all that do."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                found = [item for item in self.requests if choose(item)]
                if len(found) >= count:
                    return found
                rest = deadline - time.monotonic()
                if rest <= 0 or not self._changed.wait(rest):
                    if time.monotonic() >= deadline:
                        seen = [f"{item.method} {item.path}" for item in self.requests[-5:]]
                        raise AssertionError(
                            f"{type(self).__name__}: {len(found)} of {count} requests within {timeout} s; last {seen}")

    def matching(self, choose: Callable[[Received], object]) -> list[Received]:
        with self._changed:
            return [item for item in self.requests if choose(item)]

    # For subclasses

    def answer(self, request: Received) -> Reply:
        raise NotImplementedError

    # Machinery

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            timeout = 90

            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                received = Received(self.command, self.path, list(self.headers.items()), self.rfile.read(length))
                # Decided before it is seen by a waiting test, so that scripts are consumed in order of arrival.
                with stub._changed:
                    reply = stub.answer(received)
                    stub.requests.append(received)
                    stub._changed.notify_all()
                self._send(reply)

            do_GET = do_POST = do_PUT = do_DELETE = _serve

            def _send(self, reply: Reply) -> None:
                if reply.silent:
                    stub._stopping.wait(stub.SILENCE)
                    self.close_connection = True
                    return
                if reply.delay:
                    stub._stopping.wait(reply.delay)
                if reply.raw is not None:
                    self.wfile.write(reply.raw)
                    self.close_connection = True
                    return
                body = reply.body
                headers = {"Content-Type": "application/json", **reply.headers}
                if not isinstance(body, bytes):
                    body = json.dumps(body).encode()
                head = f"HTTP/1.1 {reply.status} Stub\r\n"
                head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
                head += f"Content-Length: {len(body)}\r\n\r\n"
                # One write: two small ones would meet Nagle and a delayed acknowledgement.
                self.wfile.write(head.encode("latin-1") + body)

            def handle(self) -> None:
                try:
                    super().handle()
                except (ConnectionError, ssl.SSLError, TimeoutError, OSError):
                    self.close_connection = True

            def finish(self) -> None:
                try:
                    super().finish()
                except OSError:
                    pass

            def log_message(self, *_: object) -> None:
                pass

        return Handler
