"""Figures of tickets: redemptions on disk, sessions against the library's own signing, and what a refusal's time tells."""

from __future__ import annotations

import json
import re
import secrets
import socket
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import lab
from lab import ROOT, WORK, gateway, wrk
from lolabox.gateway import ORCHESTRATOR_TOKEN
from lolabox.widget import conversation, path_of
from lolabox.wire import request
from rows import Row

SECONDS = 2
CONNECTIONS = 256
#: Guesses of one address before it would be locked out, and addresses that guess.
GUESSES, ADDRESSES = 8, 250


def _answers(connection: socket.socket, octets: bytes, count: int) -> list[dict]:
    """Sends requests one behind the other and reads as many JSON answers."""
    connection.sendall(octets)
    found: list[dict] = []
    buffer = b""
    while len(found) < count:
        buffer += connection.recv(1 << 20)
        while (end := buffer.find(b"\r\n\r\n")) >= 0:
            length = int(re.search(rb"(?i)content-length: (\d+)", buffer[:end])[1])
            if len(buffer) < end + 4 + length:
                break
            found.append(json.loads(buffer[end + 4:end + 4 + length]))
            buffer = buffer[end + 4 + length:]
    return found


#: Connections that ask for tickets: each is answered when its records are on disk.
ASKERS = 64


def _tickets(port: int, count: int) -> list[dict]:
    fields = {"Authorization": f"Bearer {ORCHESTRATOR_TOKEN}", "Content-Type": "application/json"}

    def ask(numbers: range) -> list[dict]:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            return _answers(connection, b"".join(
                request("POST", "/v1/tickets", fields, json.dumps({
                    "conversation": conversation(f"+1202{number:07d}"), "operation": "card"}).encode())
                for number in numbers), len(numbers))

    shares = [range(first, min(first + 64, count)) for first in range(0, count, 64)]
    with ThreadPoolExecutor(ASKERS) as askers:
        return [ticket for share in askers.map(ask, shares) for ticket in share]


def _callback(ticket: dict, path: str | None = None) -> bytes:
    body = json.dumps({"ticket_id": ticket["ticket_id"], "result": {"token": "tok_1", "display": "Visa ending 1234"}})
    return request("POST", path or path_of(ticket["callbacks"]["success"]), {
        "Authorization": f"Bearer {ticket['session_token']}", "Content-Type": "application/json"}, body.encode())


QUIET = {"LOLA_ALLOWED_NUMBERS": "+15550100", "LOLA_WIDGET_RATE_LIMIT_PER_IP": "1000000"}


def redemptions() -> list[Row]:
    """Callbacks of as many tickets, each once. The event is judged and stopped: its sender is outside the allowlist."""
    with gateway("redemptions", QUIET) as server:
        requests = [_callback(ticket) for ticket in _tickets(server.port, 12_000 * SECONDS)]
        assert len({len(octets) for octets in requests}) == 1
        file = WORK / "callbacks.bin"
        file.write_bytes(b"".join(requests))
        load = wrk(server.port, file, len(requests[0]), SECONDS, CONNECTIONS)
        accepted = server.metric_sum(r"^lola_callbacks_total\{[^}]*redeemed")
    assert not load.errors and not load.wrapped, load
    return [Row("callbacks redeemed, acknowledged on disk", "≥ 4,000/s",
                f"{load.rate:,.0f}/s ({accepted:,.0f} accepted, p99 {load.p99_us / 1000:.1f} ms)", load.rate >= 4_000)]


def refusals() -> list[Row]:
    """An altered token against one that nobody made, by turns over one connection of each address."""
    altered: list[float] = []
    unknown: list[float] = []
    with gateway("refusals", QUIET) as server:
        ticket = _tickets(server.port, 1)[0]
        good = path_of(ticket["callbacks"]["success"])
        for number in range(ADDRESSES):
            with socket.socket() as connection:
                connection.bind((f"127.1.{number // 250}.{number % 250 + 1}", 0))
                connection.connect(("127.0.0.1", server.port))
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for turn in range(GUESSES):
                    place = secrets.randbelow(len(good) - 12) + len("/callbacks/")
                    letter = "A" if good[place] != "A" else "B"
                    made_up = "/callbacks/" + secrets.token_urlsafe(131)
                    path = good[:place] + letter + good[place + 1:] if turn % 2 else made_up
                    octets = _callback(ticket, path)
                    start = time.perf_counter()
                    answer = _answers(connection, octets, 1)[0]
                    (altered if turn % 2 else unknown).append((time.perf_counter() - start) * 1e6)
                    assert answer["status"] == 404, answer
    difference = abs(statistics.median(altered) - statistics.median(unknown))
    return [Row("time of an altered callback token against an unknown one, difference of medians", "≤ 200 µs",
                f"{difference:.0f} µs ({statistics.median(altered):.0f} µs and {statistics.median(unknown):.0f} µs, "
                f"{len(altered):,} each)", difference <= 200)]


def sessions() -> list[Row]:
    """Sessions minted in process, against what `openssl speed` signs on the same core in the same minute."""
    subprocess.run([ROOT / "bench/micro", "build"], check=True)
    rates, raw = [], []
    for _ in range(3):
        speed = subprocess.run([*lab.SERVER, "openssl", "speed", "-seconds", "2", "ecdsap256"], capture_output=True,
                               text=True, check=True).stdout
        raw.append(float(speed.strip().splitlines()[-1].split()[-2]))
        figure = subprocess.run([*lab.SERVER, WORK / "micro", "session", "60000"], capture_output=True, text=True,
                                check=True).stdout
        rates.append(1e9 / float(figure.split()[1]))
    rate, signing = statistics.median(rates), statistics.median(raw)
    return [
        Row("session tokens minted on one core", "≥ 15,000/s", f"{rate:,.0f}/s", rate >= 15_000),
        Row("of what the library signs (`openssl speed ecdsap256`)", "≥ 60 %",
            f"{rate / signing * 100:.0f} % of {signing:,.0f}/s", rate / signing >= 0.6),
    ]
