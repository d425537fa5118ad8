"""The measured servers and the load: processes pinned to their cores, ready-made requests, machine facts."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/BlackBox"))

from lolabox import payloads, signing  # noqa: E402
from lolabox.gateway import APP_SECRET, BINARY, Gateway, whatsapp_environment  # noqa: E402
from lolabox.ports import free_port  # noqa: E402
from lolabox.wire import fetch, request  # noqa: E402

SERVER = ["taskset", "-c", "0"]
WORK = ROOT / ".bench"


# Requests

def webhook(number: int) -> bytes:
    """A signed WhatsApp webhook; every number gives other ids and the same length."""
    body = payloads.encode(payloads.whatsapp_batch([{
        "from": f"1202{number % 10_000_000:07d}", "from_user_id": "US.13491208655302741918",
        "id": f"wamid.HBgLMTIwMjU1NTAwMDEVAgASGCA{number:012d}", "timestamp": "1795168800", "type": "text",
        "text": {"body": "Quiero enviar dinero a mi familia"},
    }], name="Sheena Nelson"))
    return request("POST", "/webhooks/whatsapp", signing.whatsapp_headers(APP_SECRET, body), body)


def write_webhooks(count: int, first: int = 0) -> tuple[Path, int]:
    """A file with `count` distinct requests of one size; the path and the size."""
    path = WORK / "webhooks.bin"
    size = len(webhook(first))
    with path.open("wb") as file:
        for number in range(first, first + count):
            octets = webhook(number)
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


def wrk(port: int, file: Path, size: int, seconds: int, connections: int = 64) -> Load:
    result = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", ROOT / "bench/webhooks.lua",
         f"http://127.0.0.1:{port}/", "--", file, str(size)], capture_output=True, text=True, check=True)
    fields = re.search(r"^RESULT (.*)$", result.stdout, re.M)[1].split()
    return Load(int(fields[0]), float(fields[1]), *map(int, fields[2:]))


# nginx: the server Lola is compared with, and the quick stubs of identity service and Graph API

class Nginx:
    """One worker; `prefix` pins it. Answers POST and GET with the same `return 200`."""

    def __init__(self, name: str, body: str = "", prefix: list[str] | None = None):
        self.port = free_port()
        self._folder = WORK / name
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        answer = f"default_type application/json; return 200 '{body}';" if body else "return 200;"
        (self._folder / "nginx.conf").write_text(f"""
            worker_processes 1; daemon off; pid nginx.pid; error_log stderr crit;
            events {{ worker_connections 19000; }}
            http {{
                access_log off; keepalive_requests 100000000; keepalive_timeout 75; client_body_buffer_size 64k;
                client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
                uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                server {{ listen 127.0.0.1:{self.port} backlog=8192; location / {{ {answer} }} }}
            }}""")
        binary = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
        self._process = subprocess.Popen([*(prefix or []), binary, "-p", self._folder, "-c", "nginx.conf",
                                          "-e", "stderr"], stderr=subprocess.DEVNULL)
        wait_port(self.port)

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

def gateway(name: str, env: dict[str, str] | None = None, pinned: bool = True) -> Gateway:
    """`lola serve` on core 0 with one loop, WhatsApp on, agents built in."""
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    return Gateway.serve(folder, {
        **whatsapp_environment("http://127.0.0.1:9/v23.0"), "LOLA_LOOPS": "1",
        # The load plays many senders from one address against the admin surface too.
        "HTTP_RATE_LIMIT_PER_IP": "1000000", "HTTP_RATE_LIMIT_GLOBAL": "1000000", **(env or {}),
    }, prefix=SERVER if pinned else None)


def memory_kib(pid: int, field: str = "VmRSS") -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{field}:\s+(\d+) kB$", status, re.M)[1])


def stripped_size() -> int:
    path = WORK / "lola.stripped"
    subprocess.run(["strip", "--strip-all", "-o", path, BINARY], check=True)
    return path.stat().st_size


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
        ("Swift", re.sub(r".*(Swift version [\d.]+).*", r"\1", said("swift", "--version"))),
        ("OpenSSL", said("openssl", "version")),
        ("nginx", said(shutil.which("nginx", path="/usr/sbin:/usr/bin") or "nginx", "-v")),
        ("wrk", said("wrk", "-v").split(" [")[0]),
    ]
