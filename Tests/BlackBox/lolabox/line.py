"""A quick client for many requests: one connection, answers by their length only. Their grammar is checked elsewhere."""

from __future__ import annotations

import json
import socket
from urllib.parse import quote

TIMEOUT = 20.0


class Line:
    """A kept-alive connection; made again when the gateway has closed it."""

    def __init__(self, port: int, source: str | None = None, headers: dict[str, str] | None = None):
        self._place = ("127.0.0.1", port)
        self._source = (source, 0) if source else None
        self._fields = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self._socket: socket.socket | None = None

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def ask(self, method: str, target: str | bytes, body: bytes | None = None,
            fields: list[tuple[str, bytes]] = ()) -> tuple[int, bytes, bytes]:
        """Status, head and body of an answer. `fields` go out octet by octet, whatever they are."""
        if self._socket is None:
            self._socket = socket.create_connection(self._place, TIMEOUT, self._source)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        path = target if isinstance(target, bytes) else target.encode()
        head = method.encode() + b" " + path + b" HTTP/1.1\r\nHost: localhost\r\n" + self._fields.encode()
        for name, value in fields:
            head += name.encode() + b": " + value + b"\r\n"
        if body is not None:
            head += b"Content-Length: %d\r\n" % len(body)
        try:
            self._socket.sendall(head + b"\r\n" + (body or b""))
        except (BrokenPipeError, ConnectionResetError):
            pass
        return self._read()

    def _read(self) -> tuple[int, bytes, bytes]:
        got = b""
        while b"\r\n\r\n" not in got:
            more = self._socket.recv(65536)
            if not more:
                self.close()
                raise ConnectionError(f"closed after {got[:200]!r}")
            got += more
        head, _, body = got.partition(b"\r\n\r\n")
        low = head.lower()
        length = 0
        for field in low.split(b"\r\n")[1:]:
            if field.startswith(b"content-length:"):
                length = int(field[15:])
        while len(body) < length:
            more = self._socket.recv(1 << 20)
            if not more:
                self.close()
                raise ConnectionError("closed within a body")
            body += more
        if b"\r\nconnection: close" in low:
            self.close()
        return int(head[9:12]), head, body

    def json(self, method: str, target: str, document: object = None) -> tuple[int, bytes, bytes]:
        """A JSON body, which says of itself that it is one."""
        body = None if document is None else json.dumps(document).encode()
        return self.ask(method, target, body, [("Content-Type", b"application/json")] if body is not None else [])


def escaped(text: str) -> str:
    """A text as one part of a path or as the value of a query."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="")
