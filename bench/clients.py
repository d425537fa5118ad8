"""Client processes of the benchmark, each started on the load's core. Prints one JSON document.

    clients.py idle PORT COUNT FIRST_SOURCE SECONDS    keep-alive connections, one request at either end
    clients.py streams PORT COUNT FIRST_SOURCE SECONDS event streams, each read to its first event, then left open
    clients.py slow PORT COUNT FIRST_SOURCE SECONDS    one header octet every two seconds, evenly spread
    clients.py pace PORT RATE SECONDS [FILE SIZE]      open loop; GET /livez, or the requests of the file
"""

from __future__ import annotations

import asyncio
import json
import os
import selectors
import socket
import sys
import time

LIVEZ = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
SOURCES = 4
#: Seconds between two octets of one attacker.
DRIP = 2.0


def _connect(port: int, index: int, first_source: int) -> socket.socket:
    connection = socket.socket()
    # Many sources: one address has only some 28,000 ports.
    connection.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
    connection.bind((f"127.0.0.{first_source + index % SOURCES}", 0))
    connection.connect(("127.0.0.1", port))
    return connection


def _ask(connection: socket.socket) -> bool:
    try:
        connection.sendall(LIVEZ)
        return connection.recv(4096).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def idle(port: int, count: int, first_source: int, seconds: float) -> dict:
    """Says `open` when all have been answered once, waits for a line, then asks each a second time."""
    connections = [_connect(port, index, first_source) for index in range(count)]
    first = sum(_ask(connection) for connection in connections)
    print("open", flush=True)
    sys.stdin.readline()
    return {"first": first, "second": sum(_ask(connection) for connection in connections), "seconds": seconds}


def streams(port: int, count: int, first_source: int, seconds: float) -> dict:
    """Says `open` when all have their first event and `seconds` have passed, waits for a line, then reads the rest."""
    connections = [_connect(port, index, first_source) for index in range(count)]
    for connection in connections:
        connection.sendall(LIVEZ)
        got = b""
        while b"sessionId" not in got:
            got += connection.recv(4096)
    time.sleep(seconds)
    print("open", flush=True)
    sys.stdin.readline()
    return {"beaten": sum(b"still here" in connection.recv(4096) for connection in connections)}


def slow(port: int, count: int, first_source: int, seconds: float) -> dict:
    """Attackers; `closed` are the seconds until the server ended each, counted from its connect."""
    # The honest client shares this core: attackers only take what it leaves, so that its own waiting is not measured.
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    selector = selectors.DefaultSelector()
    started: dict[socket.socket, float] = {}
    for index in range(count):
        connection = _connect(port, index, first_source)
        connection.setblocking(False)
        started[connection] = time.monotonic()
        connection.send(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        selector.register(connection, selectors.EVENT_READ)
    print("open", flush=True)
    closed: list[float] = []
    answered = 0
    deadline = time.monotonic() + seconds
    attackers = list(started)
    begin = time.monotonic()
    sent = 0
    while started and time.monotonic() < deadline:
        due = int((time.monotonic() - begin) / DRIP * count)
        for number in range(sent, due):
            connection = attackers[number % count]
            if connection in started:
                try:
                    connection.send(b"a")
                except OSError:
                    pass
        sent = due
        for key, _ in selector.select(0.01):
            connection = key.fileobj
            try:
                data = connection.recv(4096)
            except OSError:
                data = b""
            if data:
                answered += data.startswith(b"HTTP/1.1 408")
                continue
            closed.append(time.monotonic() - started.pop(connection))
            selector.unregister(connection)
            connection.close()
    return {"closed": sorted(closed), "left": len(started), "answered_408": answered}


async def _pace(port: int, rate: int, seconds: float, file: str | None, size: int) -> dict:
    """Sends at fixed times whatever happens to earlier requests; a latency counts from the planned time."""
    source = open(file, "rb") if file else None
    free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    latencies: list[float] = []
    errors = 0

    async def one(at: float) -> None:
        nonlocal errors
        try:
            reader, writer = free.pop() if free else await asyncio.open_connection("127.0.0.1", port)
            writer.write(source.read(size) if source else LIVEZ)
            head = await reader.readuntil(b"\r\n\r\n")
            length = 0
            for line in head.split(b"\r\n"):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            await reader.readexactly(length)
            if not head.startswith(b"HTTP/1.1 200"):
                errors += 1
            latencies.append(asyncio.get_running_loop().time() - at)
            free.append((reader, writer))
        except (OSError, asyncio.IncompleteReadError):
            errors += 1

    loop = asyncio.get_running_loop()
    begin = loop.time() + 0.2
    tasks = []
    for number in range(int(rate * seconds)):
        at = begin + number / rate
        await asyncio.sleep(max(0, at - loop.time()))
        tasks.append(asyncio.create_task(one(at)))
    await asyncio.gather(*tasks)
    latencies.sort()

    def percentile(share: float) -> float:
        return latencies[min(len(latencies) - 1, int(len(latencies) * share))] * 1000 if latencies else 0.0

    return {"answers": len(latencies), "errors": errors, "p50_ms": percentile(0.5), "p99_ms": percentile(0.99),
            "max_ms": percentile(1)}


def main(arguments: list[str]) -> dict:
    kind, port, *rest = arguments
    if kind in ("idle", "slow", "streams"):
        count, first_source, seconds = int(rest[0]), int(rest[1]), float(rest[2])
        return {"idle": idle, "slow": slow, "streams": streams}[kind](int(port), count, first_source, seconds)
    try:
        os.nice(-10)
    except PermissionError:
        pass
    rate, seconds = int(rest[0]), float(rest[1])
    file, size = (rest[2], int(rest[3])) if len(rest) > 2 else (None, 0)
    return asyncio.run(_pace(int(port), rate, seconds, file, size))


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])), flush=True)
