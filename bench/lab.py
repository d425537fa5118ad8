"""The measured servers and the load: processes pinned to their cores, ready-made requests, machine facts."""

from __future__ import annotations

import hmac
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/BlackBox"))

from lolabox import payloads, signing  # noqa: E402
from lolabox.gateway import APP_SECRET, BINARY, Gateway, whatsapp_environment  # noqa: E402
from lolabox.ports import free_port  # noqa: E402
from lolabox.wire import fetch, request  # noqa: E402

SERVER = ["taskset", "-c", "0"]
CORES = (0, 1)
WORK = ROOT / ".bench"
#: A disk at rest takes a third of it; one that is held back by its host ten times as long.
CALM_SYNC_US = 1_000
SETTLE_SECONDS = 60


# Requests

def webhook(number: int) -> bytes:
    """A signed WhatsApp webhook; every number gives other ids and the same length."""
    body = payloads.encode(payloads.whatsapp_batch([{
        "from": f"1202{number % 10_000_000:07d}", "from_user_id": "US.13491208655302741918",
        "id": f"wamid.HBgLMTIwMjU1NTAwMDEVAgASGCA{number:012d}", "timestamp": "1795168800", "type": "text",
        "text": {"body": "Quiero enviar dinero a mi familia"},
    }], name="Sheena Nelson"))
    return request("POST", "/webhooks/whatsapp", signing.whatsapp_headers(APP_SECRET, body), body)


class Template:
    """Makes the requests of `webhook` by putting numbers and signature into a ready one: a million in seconds."""

    #: Stands for the sender and the id; nothing else in a request is so long a run of digits.
    _SAMPLE = 9_876_543

    def __init__(self) -> None:
        head, body = webhook(self._SAMPLE).split(b"\r\n\r\n", 1)
        places = re.compile(b"(%b|%b)" % self._numbers(self._SAMPLE))
        self._literals = places.split(body)[::2]
        self._is_sender = [place == self._numbers(self._SAMPLE)[0] for place in places.findall(body)]
        signature = self._signature(body)
        assert head.count(signature) == 1 and b"%" not in head
        self._head = head.replace(signature, b"%b") + b"\r\n\r\n"
        assert self.request(4_711) == webhook(4_711)

    @staticmethod
    def _numbers(number: int) -> tuple[bytes, bytes]:
        return b"1202%07d" % (number % 10_000_000), b"%012d" % number

    @staticmethod
    def _signature(body: bytes) -> bytes:
        return hmac.digest(APP_SECRET.encode(), body, "sha256").hex().encode()

    def request(self, number: int) -> bytes:
        sender, ident = self._numbers(number)
        body = self._literals[0]
        for is_sender, literal in zip(self._is_sender, self._literals[1:]):
            body += (sender if is_sender else ident) + literal
        return self._head % self._signature(body) + body


def write_webhooks(count: int, first: int = 0) -> tuple[Path, int]:
    """A file with `count` distinct requests of one size; the path and the size."""
    path = WORK / "webhooks.bin"
    size = len(webhook(first))
    template = Template()
    with path.open("wb") as file:
        for number in range(first, first + count):
            octets = template.request(number)
            assert len(octets) == size
            file.write(octets)
    return path, size


@dataclass
class Load:
    answers: int
    seconds: float
    errors: int
    p50_us: int
    p99_us: int
    wrapped: int

    @property
    def rate(self) -> float:
        return self.answers / self.seconds


def wrk(port: int, file: Path, size: int, seconds: int, connections: int = 64, skip: int = 0) -> Load:
    result = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", ROOT / "bench/webhooks.lua",
         f"http://127.0.0.1:{port}/", "--", file, str(size), str(skip)], capture_output=True, text=True, check=True)
    fields = re.search(r"^RESULT (.*)$", result.stdout, re.M)[1].split()
    return Load(int(fields[0]), float(fields[1]), *map(int, fields[2:]))


def warm_wrk(port: int, file: Path, size: int, seconds: int, connections: int) -> Load:
    """The same after a second of the same load: heap and tables of a server have found their size."""
    warm = wrk(port, file, size, 1, connections)
    return wrk(port, file, size, seconds, connections, skip=warm.answers + connections)


class Stream:
    """wrk in the background, until it is told to stop."""

    def __init__(self, port: int, file: Path, size: int, connections: int):
        self._process = subprocess.Popen(
            ["wrk", "-t1", f"-c{connections}", "-d3600s", "-s", ROOT / "bench/webhooks.lua",
             f"http://127.0.0.1:{port}/", "--", file, str(size)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        for _ in range(10):
            # One that does not reach its main thread only stops the load: the process sleeps on.
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.communicate(timeout=1)
                return
            except subprocess.TimeoutExpired:
                pass
        self._process.kill()
        self._process.communicate()


# nginx: the server Lola is compared with, and the quick stubs of identity service and Graph API

class Nginx:
    """One worker; `prefix` pins it. Answers POST and GET alike with 200: empty, or the JSON of the path's location."""

    def __init__(self, name: str, answers: dict[str, str] | None = None, prefix: list[str] | None = None,
                 ports: int = 1):
        self.ports = [free_port() for _ in range(ports)]
        self.port = self.ports[0]
        self._folder = WORK / name
        shutil.rmtree(self._folder, ignore_errors=True)
        if prefix is not None:
            settled()
        self._folder.mkdir(parents=True)
        locations = "".join(self._location(*answer) for answer in (answers or {"/": ""}).items())
        listen = " ".join(f"listen 127.0.0.1:{port} backlog=8192;" for port in self.ports)
        (self._folder / "nginx.conf").write_text(f"""
            worker_processes 1; daemon off; pid nginx.pid; error_log stderr crit;
            events {{ worker_connections 19000; }}
            http {{
                access_log off; keepalive_requests 100000000; keepalive_timeout 75; client_body_buffer_size 64k;
                client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
                uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                server {{ {listen} {locations} }}
            }}""")
        binary = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
        self._process = subprocess.Popen([*(prefix or []), binary, "-p", self._folder, "-c", "nginx.conf",
                                          "-e", "stderr"], stderr=subprocess.DEVNULL)
        wait_port(self.port)

    @staticmethod
    def _location(path: str, body: str) -> str:
        """A word of its settings has at most 4,096 octets: a long answer is put together."""
        pieces = [body[start:start + 3_000] for start in range(0, len(body), 3_000)]
        sets = "".join(f"set $piece_{place}_ '{piece}'; " for place, piece in enumerate(pieces))
        whole = "".join(f"$piece_{place}_" for place in range(len(pieces)))
        if not pieces:
            return f"location {path} {{ return 200; }}\n"
        answer = f"return 200 '{body}';" if len(pieces) == 1 else f"{sets}return 200 '{whole}';"
        return f"location {path} {{ default_type application/json; {answer} }}\n"

    def __enter__(self) -> "Nginx":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


def wait_port(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            fetch(port, "GET", "/")
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


# Lola

ALLOCATOR = dict(re.findall(r"(GLIBC_TUNABLES)=(\S+)", (ROOT / "Dockerfile").read_text()))


def gateway(name: str, env: dict[str, str] | None = None, pinned: bool = True) -> Gateway:
    """`lola serve` on core 0 with one loop, WhatsApp on, agents built in, the allocator set as in the image."""
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    settled()
    return Gateway.serve(folder, {
        **whatsapp_environment("http://127.0.0.1:9/v23.0"), "LOLA_LOOPS": "1",
        # The load plays many senders from one address against the admin surface too.
        "HTTP_RATE_LIMIT_PER_IP": "1000000", "HTTP_RATE_LIMIT_GLOBAL": "1000000", **ALLOCATOR, **(env or {}),
    }, prefix=SERVER if pinned else None)


# The machine

@contextmanager
def awake() -> Iterator[None]:
    """A process of idle priority on either core keeps it from halting: see the page's method."""
    program = compiled("awake")
    processes = [subprocess.Popen(["taskset", "-c", str(core), program]) for core in CORES]
    try:
        yield
        assert all(process.poll() is None for process in processes), "a core was not kept awake"
    finally:
        for process in processes:
            process.terminate()
            process.wait()


def settled() -> None:
    """Waits until the disk syncs as quickly as at rest: one that many share is slow for a while after much work.

    What it was told to forget is forgotten first, for that too holds up every sync.
    """
    os.sync()
    deadline = time.monotonic() + SETTLE_SECONDS
    while statistics.median(sync_times(50)) > CALM_SYNC_US and time.monotonic() < deadline:
        time.sleep(1)


def sync_times(count: int) -> list[float]:
    """Microseconds of syncs of 4 KiB at the end of a file."""
    path = WORK / "sync.probe"
    times = []
    with path.open("wb", buffering=0) as file:
        for _ in range(count):
            file.write(b"x" * 4096)
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - started) * 1e6)
    path.unlink()
    return times


def compiled(name: str, *options: str) -> Path:
    """A program or a library of `bench/NAME.c`."""
    target = WORK / name
    subprocess.run(["cc" if shutil.which("cc") else "clang", "-O1", "-o", target, ROOT / f"bench/{name}.c", *options],
                   check=True)
    return target


def memory_kib(pid: int, field: str = "VmRSS") -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{field}:\s+(\d+) kB$", status, re.M)[1])


def stripped_size() -> int:
    path = WORK / "lola.stripped"
    subprocess.run(["strip", "--strip-all", "-o", path, BINARY], check=True)
    return path.stat().st_size


def file_system(path: Path) -> tuple[str, str]:
    """Mount point and kind (`ext4 on /dev/vda`) of the file system that holds a path. One in memory is refused."""
    best = ("", "", "")
    for line in Path("/proc/self/mounts").read_text().splitlines():
        device, mount, kind, *_ = line.split()
        if path.resolve().is_relative_to(mount) and len(mount) >= len(best[0]):
            best = (mount, kind, device)
    assert best[1] not in ("tmpfs", "ramfs"), f"{path} lies in memory: nothing there is on disk"
    return best[0], f"{best[1]} on {best[2]}"


def machine() -> list[tuple[str, str]]:
    cpu = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    total = re.search(r"^MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(), re.M)
    cores = subprocess.run(["nproc", "--all"], capture_output=True, text=True, check=True).stdout.strip()

    def said(*command: str) -> str:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        return (result.stdout + result.stderr).strip().splitlines()[0]

    return [
        ("processor", f"{cpu[1] if cpu else platform.machine()}, {cores} cores"),
        ("memory", f"{int(total[1]) // 1024 // 1024} GiB"),
        ("kernel", platform.release()),
        ("file system of the journal", file_system(WORK)[1]),
        ("Swift", re.sub(r".*(Swift version [\d.]+).*", r"\1", said("swift", "--version"))),
        ("OpenSSL", said("openssl", "version")),
        ("nginx", said(shutil.which("nginx", path="/usr/sbin:/usr/bin") or "nginx", "-v")),
        ("wrk", said("wrk", "-v").split(" [")[0]),
    ]
