"""HTTP on a bare socket: what is written is exactly what goes out, and answers are read strictly.

Answers are parsed by h11, so that a malformed answer of the gateway fails the test that met it.
"""

from __future__ import annotations

import json
import socket
import ssl
import time
from dataclasses import dataclass, field

import h11

TIMEOUT = 15.0


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    #: Interim 1xx statuses that came before.
    interim: list[int] = field(default_factory=list)

    def header(self, name: str) -> str | None:
        """The only value of a field, None when it is absent; two of them are a defect."""
        values = [value for key, value in self.headers if key == name.lower()]
        assert len(values) <= 1, f"{name} appears {len(values)} times"
        return values[0] if values else None

    def json(self) -> dict:
        return json.loads(self.body)


class Closed(Exception):
    """The peer closed before a whole answer was there."""


class Wire:
    """One client connection."""

    def __init__(self, port: int, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None,
                 server_name: str = "localhost", source: str | None = None):
        self.socket = socket.create_connection((host, port), timeout=TIMEOUT,
                                               source_address=(source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname=server_name)
        self._pending = b""

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Sends everything; an answer that came early and closed our side is not an error here."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def drip(self, data: bytes, size: int = 1) -> None:
        for start in range(0, len(data), size):
            self.send(data[start:start + size])

    def read(self, method: str = "GET") -> Answer:
        """The next final answer, with the interim ones before it; the rest stays for the next call."""
        machine = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=1 << 20)
        machine.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
        machine.send(h11.EndOfMessage())
        if self._pending:
            machine.receive_data(self._pending)
            self._pending = b""
        interim: list[int] = []
        head: h11.Response | None = None
        body = bytearray()
        while True:
            event = machine.next_event()
            if event is h11.NEED_DATA:
                try:
                    data = self.socket.recv(65536)
                except (ConnectionResetError, ssl.SSLEOFError):
                    data = b""
                if not data and head is None:
                    raise Closed()
                machine.receive_data(data)
            elif isinstance(event, h11.InformationalResponse):
                interim.append(event.status_code)
            elif isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                self._pending = machine.trailing_data[0]
                headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers]
                return Answer(head.status_code, headers, bytes(body), interim)
            else:
                raise Closed()

    def exchange(self, data: bytes, method: str = "GET") -> Answer:
        self.send(data)
        return self.read(method)

    def closes(self, within: float = 5.0) -> bool:
        """Whether the peer ends the connection within the time, without sending anything more."""
        self.socket.settimeout(within)
        try:
            return self._pending == b"" and self.socket.recv(1) == b""
        except (ConnectionResetError, ssl.SSLEOFError):
            return True
        except TimeoutError:
            return False
        finally:
            self.socket.settimeout(TIMEOUT)

    def closed_after(self, limit: float) -> float:
        """Seconds until the peer ends the connection, reading and dropping what it still sends."""
        started = time.monotonic()
        self.socket.settimeout(limit)
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionResetError:
            pass
        except TimeoutError:
            raise AssertionError(f"still open after {limit} s") from None
        return time.monotonic() - started


def request(method: str, target: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> bytes:
    """A plain request with Host and, when there is a body, Content-Length."""
    fields = {"Host": "localhost", **(headers or {})}
    if body is not None:
        fields["Content-Length"] = str(len(body))
    head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return head.encode("latin-1") + b"\r\n" + (body or b"")


def fetch(port: int, method: str, target: str, headers: dict[str, str] | None = None,
          body: bytes | None = None, source: str | None = None) -> Answer:
    """One exchange on a connection of its own."""
    with Wire(port, source=source) as wire:
        return wire.exchange(request(method, target, headers, body), method)
