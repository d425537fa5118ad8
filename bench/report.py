"""Runs every measurement and writes docs/BENCHMARKS.md: method, machine, goal, figure, verdict, also when missed.

Usage: bench/run.sh [name ...], for example `bench/run.sh throughput idle`; without names everything is measured.
"""

from __future__ import annotations

import datetime
import json
import os
import shlex
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Callable

import lab
from lab import ROOT, WORK, Nginx, gateway, memory_kib, write_webhooks, wrk
from lolabox.gateway import Gateway
from lolabox.wire import fetch

TARGET = ROOT / "docs/BENCHMARKS.md"
REPETITIONS = 3
SECONDS = 4
IDLE = 18_000
ATTACKERS = 4_000


@dataclass
class Row:
    what: str
    goal: str
    figure: str
    #: None when there is nothing to judge: a figure for information, or one that was not measured.
    met: bool | None

    @property
    def verdict(self) -> str:
        return {True: "met", False: "**missed**", None: "–"}[self.met]


def say(text: str) -> None:
    print(f"bench: {text}", flush=True)


def client(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, ROOT / "bench/clients.py", *map(str, arguments)], text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def outcome(process: subprocess.Popen[str]) -> dict:
    output, _ = process.communicate()
    return json.loads(output.strip().splitlines()[-1])


# Measurements

def throughput() -> list[Row]:
    """Signed webhooks against `return 200`, alternating, a fresh gateway each time so that no id is a duplicate."""
    # Senders outside the allowlist: a message is verified, claimed and judged, and calls nobody.
    quiet = {"LOLA_ALLOWED_NUMBERS": "+15550100"}
    file, size = write_webhooks(20_000)
    with gateway("calibrate", quiet) as server:
        count = int(wrk(server.port, file, size, 1).rate * SECONDS * 1.6)
    file, size = write_webhooks(count)
    ours, theirs, latencies = [], [], []
    for _ in range(REPETITIONS):
        with Nginx("nginx", prefix=lab.SERVER) as nginx:
            theirs.append(wrk(nginx.port, file, size, SECONDS))
        with gateway("throughput", quiet) as server:
            ours.append(wrk(server.port, file, size, SECONDS))
            latencies.append(ours[-1].p99_us)
    assert not any(load.errors for load in ours + theirs), "errors under load"
    assert not any(load.wrapped for load in ours), "the file of requests was too short"
    lola, nginx = (statistics.median(load.rate for load in loads) for loads in (ours, theirs))
    ratio = lola / nginx
    return [
        Row("signed WhatsApp webhooks accepted, share of nginx `return 200`", "≥ 0.5",
            f"{ratio:.2f} ({lola:,.0f}/s against {nginx:,.0f}/s)", ratio >= 0.5),
        Row("the same, p99 with 64 connections at full load", "for information",
            f"{statistics.median(latencies) / 1000:.1f} ms", None),
    ]


def whole_way() -> list[Row]:
    """Messages that go through identity, agent and delivery; nginx stands for the outside on the load's core."""
    with (Nginx("identity", '{"sender":null}') as identity,
          Nginx("graph", '{"messaging_product":"whatsapp","messages":[{"id":"wamid.x"}]}') as graph):
        env = {"LOLA_IDENTITY_URL": f"http://127.0.0.1:{identity.port}/{{phone}}",
               "LOLA_WHATSAPP_API_URL": f"http://127.0.0.1:{graph.port}/v23.0"}
        file, size = write_webhooks(500 * 12)
        with gateway("pace", env) as server:
            paced = outcome(client("pace", server.port, 500, 10, file, size))
        with Nginx("floor", prefix=lab.SERVER) as nginx:
            floor = outcome(client("pace", nginx.port, 500, 5, file, size))
        file, size = write_webhooks(20_000, first=1_000_000)
        with gateway("whole", env) as server:
            started = time.monotonic()
            load = wrk(server.port, file, size, 1, connections=16)
            while server.metric_sum(r"^lola_messages_waiting") > 0 and time.monotonic() - started < 60:
                time.sleep(0.05)
            took = time.monotonic() - started
            done = server.metric_sum(r'^lola_messages_total\{outcome="done"')
    return [
        Row("acknowledgement at 500 messages/s (open loop), p99", "≤ 5 ms",
            f"{paced['p99_ms']:.2f} ms (p50 {paced['p50_ms']:.2f} ms, {paced['errors']} errors; "
            f"the same client on nginx: {floor['p99_ms']:.2f} ms)",
            paced["p99_ms"] <= 5 and paced["errors"] == 0),
        Row("messages carried the whole way: identity, agent, delivery", "for information",
            f"{done / took:,.0f}/s ({done:,.0f} of {load.answers:,} done)", None),
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


def slow_headers() -> list[Row]:
    with gateway("slow") as server:
        alone = outcome(client("pace", server.port, 200, 5))
        attackers = [client("slow", server.port, ATTACKERS // 2, first, 16) for first in (2, 10)]
        for process in attackers:
            assert process.stdout.readline().strip() == "open"
        attacked = outcome(client("pace", server.port, 200, 8))
        ends = [outcome(process) for process in attackers]
    closed = sorted(end for result in ends for end in result["closed"])
    left = sum(result["left"] for result in ends)
    ratio = attacked["p99_ms"] / alone["p99_ms"]
    in_time = [end for end in closed if 9 <= end <= 11]
    return [
        Row(f"honest p99 under {ATTACKERS:,} slow-header clients, against alone", "≤ 1.5",
            f"{ratio:.2f} ({attacked['p99_ms']:.2f} ms against {alone['p99_ms']:.2f} ms, {attacked['errors']} errors)",
            ratio <= 1.5 and attacked["errors"] == 0),
        Row("attackers closed at 10 s ± 1 s", f"{ATTACKERS:,}",
            f"{len(in_time):,} ({closed[0]:.1f} s to {closed[-1]:.1f} s, {left} left)" if closed else "none",
            len(in_time) == ATTACKERS),
    ]


def _ready_ms(server: Gateway) -> float:
    started = time.monotonic()
    server.launch()
    while True:
        try:
            if fetch(server.port, "GET", "/readyz").status == 200:
                return (time.monotonic() - started) * 1000
        except OSError:
            time.sleep(0.0005)


def start() -> list[Row]:
    times = []
    for _ in range(10):
        server = gateway("start")
        times.append(_ready_ms(server))
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
         "chain": ("middleware chain without waiting", 2000)}


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
and not the server.

- **Throughput**: wrk, one thread, 64 connections, {SECONDS} s, {REPETITIONS} times nginx and Lola in turn, medians.
  Every request is a distinct, correctly signed WhatsApp webhook; both servers get the same octets. nginx answers `return 200` without
  looking. Lola parses, verifies, decodes, claims and judges each message; its sender is outside the allowlist, so that
  no call to the outside is part of the figure.
- **Whole way**: the same requests with identity service and Graph API played by nginx on core 1, built-in agents.
- **Acknowledgement**: open loop, so a late answer does not delay the next request; latency counts from the planned time
  and includes the Python client, whose own share is what it measures on nginx.
- **Idle connections**: two client processes from eight source addresses; growth of `RssAnon` by connection after each
  has been answered once; afterwards each asks again.
- **Slow headers**: each attacker sends one octet every two seconds inside a field; honest clients at 200 requests/s,
  alone and attacked. The attackers run at idle priority, because they share a core with the honest client.
- **Start**: from `exec` to the first 200 of `/readyz`, polled every half millisecond.
"""

PARTS: dict[str, Callable[[], list[Row]]] = {
    "throughput": throughput, "whole_way": whole_way, "idle": idle, "slow_headers": slow_headers, "start": start,
    "micro": micro,
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
        for row in part():
            say(f"  {row.what}: {row.figure} (goal {row.goal}) {row.verdict}")
            rows.append(row)
    if not names:
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_text(page(rows, [row for row in rows if row.met is False]))
        say(f"wrote {TARGET.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
