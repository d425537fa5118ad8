"""A service that answers tens of thousands of calls: no more of HTTP than the gateway speaks to its neighbours."""

from __future__ import annotations

import socket
import threading
from typing import Callable

Handler = Callable[[str, str, bytes], tuple[int, bytes]]


class QuickStub:
    """`handler` gets method, path and body, and gives status and JSON. Use as a context manager."""

    def __init__(self, handler: Handler):
        self._handler = handler
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.calls = 0

    def __enter__(self) -> "QuickStub":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        held = b""
        with connection:
            while True:
                while b"\r\n\r\n" not in held:
                    try:
                        more = connection.recv(65536)
                    except OSError:
                        return
                    if not more:
                        return
                    held += more
                head, _, held = held.partition(b"\r\n\r\n")
                length = 0
                for line in head.lower().split(b"\r\n")[1:]:
                    if line.startswith(b"content-length:"):
                        length = int(line[15:])
                while len(held) < length:
                    held += connection.recv(65536)
                body, held = held[:length], held[length:]
                method, path, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
                self.calls += 1
                status, answer = self._handler(method, path, body)
                try:
                    connection.sendall(b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                                       % (status, len(answer), answer))
                except OSError:
                    return
