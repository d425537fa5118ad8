"""Runs every measurement and writes docs/BENCHMARKS.md: method, machine, goal, figure, verdict, also when missed.

Usage: bench/run.sh [name ...], for example `bench/run.sh throughput idle`; without names everything is measured.
"""

from __future__ import annotations

import datetime
import os
import shlex
import statistics
import subprocess
import sys
import time
from typing import Callable

import durable
import lab
import tickets
import tools
from durable import ready_ms
from lab import ROOT, WORK, Nginx, gateway, memory_kib, warm_wrk, write_webhooks, wrk
from rows import Row, client, outcome, say

TARGET = ROOT / "docs/BENCHMARKS.md"
REPETITIONS = 7
SECONDS = 4
#: The same for nginx. An acknowledgement waits for a sync, so a few connections would measure the disk's delay.
CONNECTIONS = 256
IDLE = 18_000
ATTACKERS = 4_000
STREAMS = 2_000


# Measurements

def throughput() -> list[Row]:
    """Signed webhooks against `return 200`, alternating, a fresh gateway each time so that no id is a duplicate."""
    # Senders outside the allowlist: a message is verified, claimed and judged, and calls nobody.
    quiet = {"LOLA_ALLOWED_NUMBERS": "+15550100"}
    file, size = write_webhooks(20_000)
    with gateway("calibrate", quiet) as server:
        count = int(wrk(server.port, file, size, 1, CONNECTIONS).rate * (SECONDS + 1) * 2.5)
    file, size = write_webhooks(count)
    ours, theirs, latencies = [], [], []
    for _ in range(REPETITIONS):
        with Nginx("nginx", prefix=lab.SERVER) as nginx:
            theirs.append(warm_wrk(nginx.port, file, size, SECONDS, CONNECTIONS))
        with gateway("throughput", quiet) as server:
            ours.append(warm_wrk(server.port, file, size, SECONDS, CONNECTIONS))
            latencies.append(ours[-1].p99_us)
    assert not any(load.errors for load in ours + theirs), "errors under load"
    assert not any(load.wrapped for load in ours), "the file of requests was too short"
    lola, nginx = (statistics.median(load.rate for load in loads) for loads in (ours, theirs))
    shares = sorted(one.rate / other.rate for one, other in zip(ours, theirs, strict=True))
    ratio = shares[REPETITIONS // 2]
    return [
        Row("signed WhatsApp webhooks acknowledged on disk, share of nginx `return 200`", "≥ 0.35",
            f"{ratio:.3f} (median of {REPETITIONS}, {shares[0]:.3f} to {shares[-1]:.3f}; {lola:,.0f}/s against "
            f"{nginx:,.0f}/s)", ratio >= 0.35),
        Row(f"the same, p99 with {CONNECTIONS} connections at full load", "for information",
            f"{statistics.median(latencies) / 1000:.1f} ms", None),
    ]


def paced() -> list[Row]:
    """How soon a webhook is acknowledged, which it is when its messages are on disk."""
    file, size = write_webhooks(500 * 12)
    turns = []
    for _ in range(durable.TURNS):
        with durable.bank("bank", durable.PASSED) as env, gateway("pace", env) as server:
            turns.append(outcome(client("pace", server.port, 500, 10, file, size)))
    times = sorted(turn["p99_ms"] for turn in turns)
    p99, p50 = statistics.median(times), statistics.median(turn["p50_ms"] for turn in turns)
    errors = sum(turn["errors"] for turn in turns)
    with Nginx("floor", prefix=lab.SERVER) as nginx:
        floor = outcome(client("pace", nginx.port, 500, 5, file, size))
    return [
        Row("acknowledgement on disk at 500 messages/s (open loop), p99", "≤ 10 ms",
            f"{p99:.2f} ms (median of {len(turns)}, {times[0]:.2f} to {times[-1]:.2f}; p50 {p50:.2f} ms, "
            f"{errors} errors; the same client on nginx: {floor['p99_ms']:.2f} ms)", p99 <= 10 and errors == 0),
    ]


def idle() -> list[Row]:
    with gateway("idle") as server:
        warm = [client("idle", server.port, 50, 20, 0)]
        for process in warm:
            process.stdout.readline()
            process.communicate("\n")
        before = memory_kib(server.pid, "RssAnon")
        clients = [client("idle", server.port, IDLE // 2, first, 0) for first in (2, 10)]
        for process in clients:
            assert process.stdout.readline().strip() == "open"
        after = memory_kib(server.pid, "RssAnon")
        used = server.cpu_seconds()
        time.sleep(5)
        used = server.cpu_seconds() - used
        answers = []
        for process in clients:
            process.stdin.write("\n")
            process.stdin.flush()
            answers.append(outcome(process))
    octets = (after - before) * 1024 / IDLE
    second = sum(answer["second"] for answer in answers)
    return [
        Row(f"{IDLE:,} idle keep-alive connections, memory each", "≤ 1,024 B", f"{octets:,.0f} B",
            octets <= 1024 and second == IDLE),
        Row("of them answering a second request", f"{IDLE:,}", f"{second:,}", second == IDLE),
        Row("processor share while they are idle", "≤ 1 %", f"{used / 5 * 100:.1f} %", used / 5 <= 0.01),
    ]


def streams() -> list[Row]:
    """The server of the product with an application that does nothing but stream events."""
    subprocess.run([ROOT / "bench/micro", "build"], check=True)
    with subprocess.Popen([*lab.SERVER, WORK / "micro", "streams"], text=True, stdout=subprocess.PIPE) as server:
        try:
            port = int(server.stdout.readline())
            warm = client("streams", port, 20, 20, 0)
            warm.stdout.readline()
            warm.communicate("\n")
            before = memory_kib(server.pid, "RssAnon")
            readers = client("streams", port, STREAMS, 2, 12)
            assert readers.stdout.readline().strip() == "open"
            after = memory_kib(server.pid, "RssAnon")
            readers.stdin.write("\n")
            beaten = outcome(readers)["beaten"]
        finally:
            server.terminate()
    octets = (after - before) * 1024 / STREAMS
    return [
        Row(f"{STREAMS:,} open event streams, memory each", "≤ 12 KiB", f"{octets:,.0f} B",
            octets <= 12 * 1024 and beaten == STREAMS),
    ]


def slow_headers() -> list[Row]:
    """By turns alone and attacked: of a thousand answers a p99 is the tenth latest, which the host may have held up."""
    quiet, under, ends = [], [], []
    for _ in range(durable.TURNS):
        with gateway("slow") as server:
            quiet.append(outcome(client("pace", server.port, 200, 5)))
            attackers = [client("slow", server.port, ATTACKERS // 2, first, 16) for first in (2, 10)]
            for process in attackers:
                assert process.stdout.readline().strip() == "open"
            under.append(outcome(client("pace", server.port, 200, 8)))
            ends += [outcome(process) for process in attackers]
    closed = sorted(end for result in ends for end in result["closed"])
    left = sum(result["left"] for result in ends)
    alone, attacked = (statistics.median(turn["p99_ms"] for turn in turns) for turns in (quiet, under))
    errors = sum(turn["errors"] for turn in under)
    in_time = [end for end in closed if 9 <= end <= 11]
    return [
        Row(f"honest p99 under {ATTACKERS:,} slow-header clients, against alone", "≤ 1.5",
            f"{attacked / alone:.2f} ({attacked:.2f} ms against {alone:.2f} ms, medians of {len(under)} turns, "
            f"{errors} errors)",
            attacked / alone <= 1.5 and errors == 0),
        Row(f"attackers closed at 10 s ± 1 s, in {len(under)} turns", f"{ATTACKERS * len(under):,}",
            f"{len(in_time):,} ({closed[0]:.1f} s to {closed[-1]:.1f} s, {left} left)" if closed else "none",
            len(in_time) == ATTACKERS * len(under)),
    ]


def start() -> list[Row]:
    times = []
    for _ in range(10):
        server = gateway("start")
        times.append(ready_ms(server))
        server.stop()
    with gateway("rest", {"LOLA_LOOPS": "2"}, pinned=False) as server:
        time.sleep(1)
        resident = memory_kib(server.pid) / 1024
    size = lab.stripped_size() / 1024 / 1024
    median = statistics.median(times)
    return [
        Row("ready after the start of the process", "≤ 50 ms",
            f"{median:.0f} ms (median of 10, worst {max(times):.0f} ms)", median <= 50),
        Row("memory at rest (RSS, two loops)", "≤ 16 MB", f"{resident:.1f} MiB", resident * 1.048576 <= 16),
        Row("stripped static binary", "≤ 16 MB", f"{size:.1f} MiB", size * 1.048576 <= 16),
    ]


MICRO = {"head": ("request head parsed", 1000), "json": ("600-byte webhook JSON parsed", 2500),
         "chain": ("middleware chain without waiting", 2000), "route": ("route of an administration request", 1000),
         "door": ("the same with every check of the gatekeeper", 4000),
         "token": ("agent token verified", 1000), "callback": ("callback token made and read", 12_000)}


def micro() -> list[Row]:
    """The hook for in-process figures: `name nanoseconds [instructions]` lines of a command."""
    own = ROOT / "bench/micro"
    command = shlex.split(os.environ.get("BENCH_MICRO", "")) or ([str(own)] if os.access(own, os.X_OK) else [])
    figures: dict[str, list[str]] = {}
    if command:
        output = subprocess.run([*lab.SERVER, *command], capture_output=True, text=True, check=True, cwd=ROOT).stdout
        figures = {fields[0]: fields[1:] for fields in map(str.split, output.splitlines()) if len(fields) >= 2}
    rows = []
    for name, (what, goal) in MICRO.items():
        figure = figures.get(name)
        if figure is None:
            rows.append(Row(what, f"≤ {goal:,} ns", "not measured", None))
            continue
        text = f"{float(figure[0]):,.0f} ns" + (f", {int(figure[1]):,} instructions" if len(figure) > 1 else "")
        rows.append(Row(what, f"≤ {goal:,} ns", text, float(figure[0]) <= goal))
    return rows


# The page

METHOD = f"""\
`make bench` writes this page; every figure is of one run on the machine below. Core 0 belongs to the server that is
measured (one event loop, or one nginx worker), core 1 to the load and to the stubs, so load and stubs slow each other
and not the server. A process of idle priority keeps either core awake (`bench/awake.c`), for servers and for nginx alike: a
virtual core that has halted is given away by its host, and waking it, which may take longer than any answer, is no part of a
server's work. Each measured server starts when a sync takes the disk less than {lab.CALM_SYNC_US:,} µs,
or after {lab.SETTLE_SECONDS} s.

- **Throughput**: wrk, one thread, {CONNECTIONS} connections, {SECONDS} s after one of warm-up, {REPETITIONS} times
  nginx and Lola in turn, the median of their ratios. Every request is a distinct, correctly signed WhatsApp webhook;
  both servers get the same octets. nginx answers `return 200` without looking. Lola parses, verifies, decodes and
  claims each message, has it on disk before it answers, judges it and takes it out again; its sender is outside the
  allowlist, so that no call to the outside is part of the figure.
- **Whole way**: the same requests, from senders whom the identity service has passed: look-up, HTTP agent with a signed
  bearer, one text as reply, each step in the journal before the next. Identity service, agent and Graph API are one
  nginx on core 1 at three addresses. wrk has {durable.CONNECTIONS} connections: an acknowledgement waits for a
  sync, and so do later steps of earlier messages, which keeps some hundred messages in hand and no more. The figure is what
  `lola_messages_total` grows by in 4 s under load, after a second of it; loop, journal and compactor share core 0.
- **Acknowledgement**: open loop, so a late answer does not delay the next request; latency counts from the planned time
  and includes the Python client, whose own share is what it measures on nginx.
- **Slow syncs**: strace holds each `fdatasync` of the journal's thread for 20 ms before the disk gets it.
- **Memory**: messages the whole way. The civil clock of the process runs {durable.HURRY:,} times as fast
  (`bench/hurry.c`), so that ids, which are kept for 8 days, expire as fast as new ones come: what grows then is no id.
  What a live id takes has a row of its own.
- **Journal**: octets of the segments by messages, before the first compaction; the snapshot that it leaves, by its ids.
- **Idle connections**: two client processes from eight source addresses; growth of `RssAnon` by connection after each
  has been answered once; afterwards each asks again.
- **Event streams**: each reader has got its first event and two heartbeats; growth of `RssAnon` by stream.
- **Callbacks**: wrk as above, each callback of a ticket of its own; claim and event are on disk before the answer.
  Refusals are timed by turns, an altered token and one that nobody made, eight on a connection of each of 250
  addresses. Sessions are minted in process, by turns with `openssl speed`.
- **Tools**: each send passes the whole gate, with its reservations and its ledger record on disk before the answer; the
  provider is the mock of demo mode. As many calls in hand as one session may have, whose rate is that of the disk, and four
  times as many of eight sessions. The list is asked by one client, one request after the other. Five turns of all; then
  nginx gives answers of as many octets to the same client.
- **Slow headers**: each attacker sends one octet every two seconds inside a field; honest clients at 200 requests/s,
  alone and attacked. The attackers run at idle priority, because they share a core with the honest client.
- **Start**: from `exec` to the first 200 of `/readyz`, polled every half millisecond. The one with many ids reads a
  snapshot of all of them and as many segments as may stand beside it before a compaction, none of it in the page cache.
"""

PARTS: dict[str, Callable[[], list[Row]]] = {
    "disk": durable.disk, "throughput": throughput, "pace": paced, "slow_sync": durable.slow_sync,
    "whole_way": durable.whole_way, "growth": durable.growth, "octets": durable.octets, "idle": idle,
    "streams": streams, "redemptions": tickets.redemptions, "refusals": tickets.refusals, "sessions": tickets.sessions,
    "tools": tools.tools, "slow_headers": slow_headers, "start": start, "start_with_keys": durable.start_with_keys, "micro": micro,
}


def page(rows: list[Row], missed: list[Row]) -> str:
    lines = ["# Benchmarks", "", METHOD, "## Machine", "", "| fact | value |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in lab.machine()]
    lines += [f"| date | {datetime.date.today().isoformat()} |", "", "## Figures", "",
              "| what | goal | figure | verdict |", "|---|---|---|---|"]
    lines += [f"| {row.what} | {row.goal} | {row.figure} | {row.verdict} |" for row in rows]
    if missed:
        lines += ["", "## What is missed", ""]
        lines += [f"- {row.what}: {row.figure}, goal {row.goal}." for row in missed]
    notes = ROOT / "bench/NOTES.md"
    if notes.exists():
        lines += ["", "## Remarks", "", notes.read_text().strip()]
    return "\n".join(lines) + "\n"


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        say(f"unknown part {', '.join(unknown)}; there are {', '.join(PARTS)}")
        return 2
    WORK.mkdir(exist_ok=True)
    rows: list[Row] = []
    for name, part in PARTS.items():
        if names and name not in names:
            continue
        say(name)
        with lab.awake():
            measured = part()
        for row in measured:
            say(f"  {row.what}: {row.figure} (goal {row.goal}) {row.verdict}")
        rows += measured
    if not names:
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_text(page(rows, [row for row in rows if row.met is False]))
        say(f"wrote {TARGET.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
