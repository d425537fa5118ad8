"""A peer that misbehaves on the socket: every way in which a service can fail an HTTP client."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from typing import Callable

#: One behaviour: gets the connected socket, after the request's head has been read, and does as it likes.
Behaviour = Callable[[socket.socket, threading.Event], None]

GOOD_BODY = b'{"sender":null}'


def _send(data: bytes) -> Behaviour:
    def behave(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(data)
    return behave


def _hold(connection: socket.socket, stopping: threading.Event) -> None:
    del connection
    stopping.wait(60)


def _drip(connection: socket.socket, stopping: threading.Event) -> None:
    for octet in b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n" + GOOD_BODY:
        if stopping.wait(0.2):
            return
        connection.sendall(bytes([octet]))


def _flood_interim(connection: socket.socket, stopping: threading.Event) -> None:
    while not stopping.is_set():
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 64)


def _huge_head(connection: socket.socket, stopping: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    line = b"X-Filler: " + b"a" * 1000 + b"\r\n"
    for _ in range(10 * 1024 * 1024 // len(line)):
        if stopping.is_set():
            return
        connection.sendall(line)


def _endless_body(connection: socket.socket, stopping: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    while not stopping.is_set():
        connection.sendall(chunk)


def _reset(connection: socket.socket, _: threading.Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


_JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

#: Every behaviour that must count as a failure of the service, by name.
BEHAVIOURS: dict[str, Behaviour] = {
    "silent": _hold,
    "drip": _drip,
    "close at once": _send(b""),
    "reset": _reset,
    "close in the head": _send(b"HTTP/1.1 200 OK\r\nContent-Ty"),
    "close in the body": _send(_JSON_HEAD + b"Content-Length: 4000\r\n\r\n" + GOOD_BODY),
    "close in a chunk": _send(_JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\nf\r\n" + GOOD_BODY[:4]),
    "no last chunk": _send(_JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\nf\r\n" + GOOD_BODY + b"\r\n"),
    "length too short": _send(_JSON_HEAD + b"Content-Length: 3\r\n\r\n" + GOOD_BODY),
    "two lengths": _send(_JSON_HEAD + b"Content-Length: 15\r\nContent-Length: 14\r\n\r\n" + GOOD_BODY),
    "negative length": _send(_JSON_HEAD + b"Content-Length: -1\r\n\r\n" + GOOD_BODY),
    "length and chunked": _send(
        _JSON_HEAD + b"Content-Length: 15\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n" + GOOD_BODY + b"\r\n0\r\n\r\n"),
    "bad chunk size": _send(_JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + GOOD_BODY + b"\r\n0\r\n\r\n"),
    "not HTTP": _send(b"SSH-2.0-OpenSSH_9.2p1\r\n"),
    "HTTP/2 preface": _send(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00"),
    "status without digits": _send(b"HTTP/1.1 OK\r\n\r\n"),
    "bare line feeds": _send(b"HTTP/1.1 200 OK\nContent-Length: 15\n\n" + GOOD_BODY),
    "folded field": _send(b"HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 15\r\n\r\n" + GOOD_BODY),
    "interim flood": _flood_interim,
    "huge head": _huge_head,
    "endless body": _endless_body,
    "redirect to metadata": _send(
        b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data/\r\nContent-Length: 0\r\n\r\n"),
}


class RawStub:
    """Listens on loopback and treats every connection as `behaviour` says; `tls` wraps it first.

    With `behaviour=None` connections are accepted and read, never answered: with a TLS client that is a stop in the
    middle of the handshake.
    """

    def __init__(self, behaviour: Behaviour | None, tls: ssl.SSLContext | None = None):
        self._behaviour = behaviour
        self._tls = tls
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.settimeout(0.1)
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> "RawStub":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(5)
        self._listener.close()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls or self._behaviour is None else 'http'}://localhost:{self.port}"

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(20)
        try:
            if self._behaviour is None:
                connection.recv(65536)
                self._stopping.wait(60)
                return
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            deadline = time.monotonic() + 20
            head = b""
            while b"\r\n\r\n" not in head and time.monotonic() < deadline:
                data = connection.recv(65536)
                if not data:
                    return
                head += data
            self._behaviour(connection, self._stopping)
        except OSError:
            pass
        finally:
            connection.close()
