"""Measurements of the gateway with its journal on a real disk: slow syncs, the whole way, starts, memory, octets."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import lab
from lab import ROOT, WORK, Nginx, Stream, gateway, memory_kib, write_webhooks
from lolabox.gateway import BINARY, Gateway
from lolabox.wire import fetch
from rows import Row, client, outcome

#: Messages of the memory measurement after its warm-up; fewer for a trial of the script.
MESSAGES = int(os.environ.get("BENCH_MESSAGES", "1000000"))
#: Identifiers in the store of the measured start.
KEYS = 1_000_000
#: The first number whose telephone is a possible one: exchange codes begin with 2.
FIRST = 2_000_000
#: How much faster than time the civil clock of the memory measurement runs: 8 days, for which ids are kept, pass in
#: about 6 s, so that the number of live ids stands still.
HURRY = 115_200
#: Loads whose figures a noisy host moves are given so many times; the medians count.
TURNS = 3
#: The whole way takes most memory of all loads, which neighbours on the host take too: more turns.
WAYS = 7
#: Seconds of load before the measured ones: connections are made, memory is taken.
WARM_UP = 1
SYNC_DELAY_US = 20_000
#: Webhooks under way at a time. An acknowledgement waits for a sync, and so do later steps of earlier messages: so many
#: keep the core busy, and no more than a few hundred messages are in hand.
CONNECTIONS = 32
IN_HAND_MAX = 1_000


@contextmanager
def bank(name: str, sender: str) -> Iterator[dict[str, str]]:
    """Identity service, five agents and Graph API, all one nginx on the load's core; the variables that lead there."""
    answers = {
        r"~ ^/senders/\+(?<phone>\d+)$": sender,
        "/agents/": '{"replies":[{"type":"text","text":"Con gusto. A quien le enviamos dinero hoy?"}]}',
        "/v23.0/": '{"messaging_product":"whatsapp","messages":[{"id":"wamid.HBgLMTIwMjU1NTAwMDEVAgARGBI5"}]}',
    }
    with Nginx(name, answers, ports=3) as nginx:
        # Three origins, as they are in a bank: the gateway has connections for each.
        identity, agents, graph = (f"http://127.0.0.1:{port}" for port in nginx.ports)
        names = ("onboarding", "sender_home", "blocked", "pending_cip", "service_unavailable")
        yield {"LOLA_IDENTITY_URL": identity + "/senders/{phone}", "LOLA_WHATSAPP_API_URL": graph + "/v23.0",
               **{f"LOLA_AGENT_{name.upper()}_URL": f"{agents}/agents/{name}" for name in names}}


PASSED = ('{"sender":{"id":"snd_1","name":"Ana Prueba","phone":"+$phone","country":"US","verdict":"passed",'
          '"is_blocked":false,"cards":["Visa ending 1234"],'
          '"payment_methods":[{"type":"card","display":"Visa ending 1234"}]}}')


def finished(server: Gateway) -> int:
    """Messages that ended, however they did."""
    return int(server.metric_sum(r"^lola_messages_total\{"))


def drained(server: Gateway, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while server.metric_sum(r"^lola_messages_waiting") > 0:
        assert time.monotonic() < deadline, "messages wait although nothing comes in"
        time.sleep(0.02)


def carried(server: Gateway) -> None:
    """Every message was routed to the agent of a passed sender, answered, and delivered at the first attempt."""
    done = server.metric_sum(r'^lola_messages_total\{outcome="done"\}')
    assert done == finished(server), "messages ended otherwise than done"
    assert done == server.metric_sum(r'^lola_routed_total\{agent="sender_home"\}'), "messages went to other agents"
    for to in ("identity", "agent", "channel"):
        calls = server.metric_sum(rf'^lola_calls_total\{{to="{to}"\}}')
        assert calls == done, f"{calls:.0f} calls to {to} for {done:.0f} messages"


# End to end

def whole_way() -> list[Row]:
    """A text of a passed sender: identity, agent over HTTP, one reply; every step through the journal."""
    turns = sorted((_way() for _ in range(WAYS)), key=lambda turn: turn[0])
    (slowest, _), (rate, how), (fastest, _) = turns[0], turns[WAYS // 2], turns[-1]
    return [
        Row("messages carried the whole way on one core: identity, agent over HTTP, one reply, every step on disk",
            "≥ 6,000/s", f"{rate:,.0f}/s (median of {WAYS}, {slowest:,.0f} to {fastest:,.0f}; {how})", rate >= 6000),
    ]


def _way(seconds: int = 4) -> tuple[float, str]:
    """Messages a second while the load stands, and what the cores did."""
    file, size = write_webhooks((seconds + WARM_UP) * 20_000, first=FIRST)
    with bank("bank", PASSED) as env, gateway("whole", env) as server:
        with Stream(server.port, file, size, CONNECTIONS):
            marks = []
            for length in (WARM_UP, seconds):
                time.sleep(length)
                marks.append((time.monotonic(), finished(server), server.cpu_seconds(), _busy(1)))
            held = server.metric_sum(r"^lola_messages_waiting")
            assert held < IN_HAND_MAX, f"{held:.0f} messages in hand: more come in than go out"
        drained(server)
        carried(server)
    took, done, used, load_used = (after - before for before, after in zip(*marks))
    return done / took, (
        f"{done:,} in {took:.1f} s; Lola's core {used / took * 100:.0f} % busy, "
        f"{used / done * 1e6:.0f} µs of it a message; the load's core {load_used / took * 100:.0f} %")


def _busy(core: int) -> float:
    """Seconds that a core has worked since the machine's start, but for what keeps it awake (`nice`)."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name == f"cpu{core}":
            return (sum(map(int, ticks[:8])) - sum(int(ticks[place]) for place in (1, 3, 4))) / os.sysconf("SC_CLK_TCK")
    raise AssertionError(f"no core {core}")


# A slow disk

def slow_sync() -> list[Row]:
    """Each sync of the journal takes 20 ms longer; strace holds the journal's thread, the loop runs free."""
    what = "acknowledgement at 500 messages/s with 20 ms added to each sync, p99"
    if shutil.which("strace") is None:
        return [Row(what, "≤ 60 ms", "not measured: no strace", None)]
    turns = sorted((_slow() for _ in range(TURNS)), key=lambda turn: turn["p99_ms"])
    paced, errors = turns[TURNS // 2], sum(turn["errors"] for turn in turns)
    return [Row(what, "≤ 60 ms",
                f"{paced['p99_ms']:.1f} ms (median of {TURNS}, {turns[0]['p99_ms']:.1f} to {turns[-1]['p99_ms']:.1f}; "
                f"p50 {paced['p50_ms']:.1f} ms, {errors} errors)", paced["p99_ms"] <= 60 and errors == 0)]


def _slow() -> dict:
    file, size = write_webhooks(500 * 10)
    quiet = {"LOLA_ALLOWED_NUMBERS": "+15550100"}
    with gateway("slowsync", quiet) as server:
        tracer = subprocess.Popen(
            ["strace", "-qq", "-o", "/dev/null", "-p", _thread(server, "lola-journal"), "-e", "trace=fdatasync",
             "-e", f"inject=fdatasync:delay_enter={SYNC_DELAY_US}"], stderr=subprocess.PIPE)
        try:
            time.sleep(0.5)
            paced = outcome(client("pace", server.port, 500, 8, file, size))
            took = server.metric_sum(r"^lola_journal_sync_microseconds")
            assert tracer.poll() is None, tracer.stderr.read()
            assert took >= SYNC_DELAY_US, f"the delay was not injected: {took} µs"
            return paced
        finally:
            tracer.terminate()
            tracer.wait()


def _thread(server: Gateway, name: str) -> str:
    for task in Path(f"/proc/{server.pid}/task").iterdir():
        if (task / "comm").read_text().strip() == name:
            return task.name
    raise AssertionError(f"no thread {name}")


# Starts

def ready_ms(server: Gateway) -> float:
    started = time.monotonic()
    server.launch()
    while True:
        try:
            if fetch(server.port, "GET", "/readyz").status == 200:
                return (time.monotonic() - started) * 1000
        except OSError:
            assert server.process.poll() is None, server.log
            time.sleep(0.0005)


def start_with_keys() -> list[Row]:
    """The journal at its worst: a snapshot of all ids, and behind it segments just too short to be compacted."""
    with gateway("rest") as server:
        at_rest = memory_kib(server.pid)
    folder = WORK / "keys"
    shutil.rmtree(folder, ignore_errors=True)
    # The store itself writes it, in a program of its own: a gateway would need minutes for so many messages.
    folder.mkdir(mode=0o700)
    subprocess.run([ROOT / "bench/micro", "fill", folder, str(KEYS)], check=True, cwd=ROOT)
    octets = sum(path.stat().st_size for path in folder.iterdir())
    times = []
    for _ in range(3):
        _cool(folder)
        server = gateway("start-keys", {"LOLA_DATA_DIR": str(folder), "LOLA_DATA_KEY": "5c" * 32})
        times.append(ready_ms(server))
        used = server.cpu_seconds()
        live = _ids(server)
        resident = memory_kib(server.pid)
        server.stop()
        assert live >= KEYS, f"only {live} ids live"
    shutil.rmtree(folder)
    median = statistics.median(times)
    return [
        Row(f"ready after the start with {KEYS:,} live ids", "≤ 1,000 ms",
            f"{median:.0f} ms (median of 3, worst {max(times):.0f} ms; {used * 1000:.0f} ms of the processor; "
            f"{octets / 1e6:.0f} MB of journal, not in the page cache)", max(times) <= 1000),
        Row("memory of one live id", "for information", f"{(resident - at_rest) * 1024 / KEYS:.0f} B", None),
    ]


def _ids(server: Gateway) -> int:
    """Live ids: what a gateway without work keeps is little else, and one is reckoned as a frame of the journal."""
    return int(server.metric_sum(r"^lola_store_octets") / 48)


def _cool(folder: Path) -> None:
    """Takes the folder's files out of the page cache, so that a start reads the disk."""
    for path in folder.iterdir():
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


# Memory

def growth() -> list[Row]:
    """Messages the whole way, with a civil clock so fast that ids expire as quickly as new ones come."""
    warm_up = MESSAGES // 5
    # A library that lets the civil clock of a process run fast.
    hurry = lab.compiled("hurry", "-shared", "-fPIC", f"-DFACTOR={HURRY}", "-ldl")
    with bank("bank", PASSED) as env, gateway("growth", {**env, "LD_PRELOAD": str(hurry)}) as server:
        file, size = write_webhooks(warm_up + MESSAGES + 50_000, first=FIRST)
        samples: list[tuple[int, int]] = []
        with Stream(server.port, file, size, CONNECTIONS):
            while not samples or samples[-1][0] < warm_up + MESSAGES:
                time.sleep(0.5)
                samples.append((finished(server), memory_kib(server.pid)))
        drained(server)
        carried(server)
        ids = _ids(server)
        compactions = server.metric_sum(r"^lola_journal_compactions_total")
    file.unlink()
    before = next(memory for done, memory in samples if done >= warm_up)
    after = samples[-1][1]
    megabytes = (after - before) * 1024 / 1e6
    return [Row(f"growth of memory (RSS) over {MESSAGES:,} messages the whole way, after {warm_up:,}", "≤ 4 MB",
                f"{megabytes:.1f} MB ({before / 1024:.1f} MiB before, {after / 1024:.1f} MiB after; "
                f"{compactions:.0f} compactions, {ids:,} live ids at the end)", megabytes <= 4)]


# Octets

def octets() -> list[Row]:
    """The journal's length before and after messages, up to the first compaction and over it."""
    file, size = write_webhooks(400_000, first=FIRST)
    with bank("bank", PASSED) as env, gateway("octets", env) as server:
        folder = Path(server.env["LOLA_DATA_DIR"])
        lengths = [(finished(server), _length(folder))]
        with Stream(server.port, file, size, CONNECTIONS):
            while server.metric_sum(r"^lola_journal_compactions_total") == 0:
                time.sleep(0.05)
                lengths.append((finished(server), _length(folder)))
        drained(server)
        snapshot = max(folder.glob("snapshot-*"), key=lambda path: path.name)
        kept = snapshot.stat().st_size
        server.stop()
        # The segment after it and the snapshot together say how many messages there were; the snapshot's own are
        # counted by the program that reads it.
        for path in folder.glob("segment-*"):
            path.unlink()
        held = _live(folder)
    done, length = max((length, done) for done, length in lengths)[::-1]
    return [
        Row("octets written to the journal a message the whole way", "for information",
            f"{(length - lengths[0][1]) / (done - lengths[0][0]):,.0f} B (the webhook: {size} B with its head)", None),
        Row("octets left of a message after compaction", "for information",
            f"{kept / max(1, held['seen']):,.0f} B ({kept / 1e6:.1f} MB snapshot of {held['seen']:,} ids, "
            f"{held.get('inbound', 0):,} messages were in hand)", None),
    ]


def _length(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("segment-*"))


def _live(folder: Path) -> dict[str, int]:
    result = subprocess.run([BINARY, "store", "check", "--data", folder], capture_output=True, text=True, check=False)
    return {name: int(count) for name, count in re.findall(r"^  (\w+): (\d+) \(", result.stdout, re.M)}


# The disk

def disk() -> list[Row]:
    """What a sync of 4 KiB at the end of a file costs here; one of the journal, which replaces zeros, costs less."""
    _, system = lab.file_system(WORK)
    times = lab.sync_times(300)
    times.sort()
    return [Row(f"fdatasync of 4 KiB more on {system}, the journal's file system", "for information",
                f"{times[150]:.0f} µs (p99 {times[297]:.0f} µs)", None)]
