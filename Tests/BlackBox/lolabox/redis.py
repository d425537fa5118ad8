"""A real redis-server on a port and in a folder of its own, and as much of its protocol as tests need."""

from __future__ import annotations

import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

from .ports import free_port
from .tls import Leaf, TestCA
from .waiting import eventually


class RedisError(Exception):
    """An error reply."""


class RedisServer:
    """Keeps its port and folder over kills and starts. Use as a context manager; `options` are settings of Redis."""

    #: What CONTRACT §11 asks for; nothing compressed, so that a search of the files finds what is in clear.
    DURABLE = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "save": "",
               "rdbcompression": "no", "auto-aof-rewrite-percentage": "0"}

    def __init__(self, folder: Path, options: dict[str, str] | None = None, password: str | None = None,
                 tls: tuple[TestCA, Leaf] | None = None):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.password = password
        self._tls = tls
        self.options = self.DURABLE | (options or {})
        if password is not None:
            self.options["requirepass"] = password
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point a gateway at this server."""
        return {"LOLA_STORE": "redis", "REDIS_URL": self.url(self.password)}

    def url(self, password: str | None) -> str:
        secret = f":{password}@" if password is not None else ""
        return f"redis{'s' if self._tls else ''}://{secret}127.0.0.1:{self.port}/0"

    # Life cycle

    def __enter__(self) -> "RedisServer":
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.kill()

    def start(self) -> "RedisServer":
        self.launch()
        eventually(lambda: self.command("PING") == b"PONG", 30, "a Redis that answers")
        return self

    def launch(self, **more: str) -> None:
        """Starts the process without waiting; `more` are settings of this start alone."""
        ports = {"port": str(self.port)}
        if self._tls is not None:
            authority, leaf = self._tls
            ports = {"port": "0", "tls-port": str(self.port), "tls-cert-file": str(leaf.certificate_file),
                     "tls-key-file": str(leaf.key_file), "tls-ca-cert-file": str(authority.file),
                     "tls-auth-clients": "no"}
        settings = {"bind": "127.0.0.1", "dir": str(self.folder), "logfile": str(self.folder / "redis.log"),
                    **ports, **self.options, **{name.replace("_", "-"): value for name, value in more.items()}}
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        self.process = subprocess.Popen(["redis-server", *words], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        """SIGKILL: nothing is written any more."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def stall(self) -> None:
        """Connections stay open and new ones are taken by the kernel, but nobody answers."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    # Commands

    def command(self, *words: str | bytes | int) -> object:
        """One command on a connection of its own: None, int, bytes or a list of them."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            if self._tls is not None:
                context = ssl.create_default_context(cafile=str(self._tls[0].file))
                connection = context.wrap_socket(connection, server_hostname="localhost")
            with connection, connection.makefile("rb") as stream:
                if self.password is not None:
                    connection.sendall(self._encode("AUTH", self.password))
                    self._read(stream)
                connection.sendall(self._encode(*words))
                return self._read(stream)

    @staticmethod
    def _encode(*words: str | bytes | int) -> bytes:
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)

    @classmethod
    def _read(cls, stream) -> object:
        line = stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server closed")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else stream.read(int(rest) + 2)[:-2]
        assert kind == b"*", line
        return [cls._read(stream) for _ in range(int(rest))]

    def keys(self, pattern: str = "*") -> list[bytes]:
        return sorted(self.command("KEYS", pattern))

    def value(self, key: bytes) -> object:
        """What is under a key, of whatever type it is."""
        kind = self.command("TYPE", key)
        read = {b"string": ("GET", key), b"hash": ("HGETALL", key), b"zset": ("ZRANGE", key, 0, -1, "WITHSCORES"),
                b"stream": ("XRANGE", key, "-", "+"), b"list": ("LRANGE", key, 0, -1), b"set": ("SMEMBERS", key)}
        # It may have run out since it was listed.
        return self.command(*read[kind]) if kind != b"none" else None

    def everything(self) -> bytes:
        """All keys and values, and all that was ever written to its files: removed and expired records too."""
        kept = [key + b" " + repr(self.value(key)).encode() for key in self.keys()]
        files = [path.read_bytes() for path in sorted(self.folder.rglob("*")) if path.is_file()]
        return b"\n".join(kept + files)

    # What Lola keeps in it

    def _lanes(self) -> list[bytes]:
        return [key for key in self.keys("lola:inbound:*") if len(key) <= len("lola:inbound:63")]

    def waiting(self) -> int:
        """Accepted messages that are not done."""
        return sum(self.command("XLEN", lane) for lane in self._lanes())

    def in_hand(self) -> dict[bytes, int]:
        """How many messages each member of the consumer group has read and not done."""
        held: dict[bytes, int] = {}
        for lane in self._lanes():
            if not self.command("XINFO", "GROUPS", lane):
                continue
            for member, count in self.command("XPENDING", lane, "lola")[3] or []:
                held[member] = held.get(member, 0) + int(count)
        return held

    def members(self) -> set[bytes]:
        """Names of the loops that take part, of all gateways."""
        return set(self.command("ZRANGE", "lola:members", 0, -1))

    def holders(self) -> dict[bytes, int]:
        """How many lanes each of them holds."""
        held: dict[bytes, int] = {}
        for key in self.keys("lola:lane:*"):
            owner = self.command("GET", key)
            if owner is not None:
                member = owner.split(b":")[0]
                held[member] = held.get(member, 0) + 1
        return held

    def wait_holders(self, choose, timeout: float, what: str) -> float:
        """Waits until `choose` accepts the holders of the lanes; how long that took, in seconds."""
        began = time.monotonic()
        eventually(lambda: choose(self.holders()), timeout, what)
        return time.monotonic() - began
