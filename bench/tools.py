"""Figures of MCP: messages that agents send by tool, and the list of tools."""

from __future__ import annotations

import contextlib
import json
import statistics
from pathlib import Path

import lab
from lab import WORK, gateway, wrk
from lolabox.gateway import ORCHESTRATOR_TOKEN, Gateway
from lolabox.mcp import Streamable, request as rpc
from lolabox.wire import request
from rows import Row

SECONDS = 3
#: Each load is given so many times; the medians count.
TURNS = 5
#: Sessions that send at the same time, and the calls of all of them in hand: one with as many as it may have; several
#: with half as many each, because whose turn it is drifts.
LOADS = ((1, 64), (8, 256))
#: People that the agent writes to, each with a consent.
PEOPLE = 200
MOST = {"per_minute": 1_000_000, "per_hour": 1_000_000, "per_day": 1_000_000,
        "spend_per_day": 1_000_000, "spend_per_month": 1_000_000}


def _agent(server: Gateway) -> str:
    """The token of an agent that may write to `PEOPLE` as often as it likes."""
    token = server.admin("POST", "tokens", {"agent": "bench"}, status=201)["token"]
    with Streamable(server, ORCHESTRATOR_TOKEN) as operator:
        result = operator.call("comms_set_agent_limits", {"agentId": "bench", "limits": MOST})
        assert not result.get("isError"), result
        for person in range(PEOPLE):
            consent = {"agentId": "bench", "contactAddress": _phone(person), "channel": "whatsapp"}
            result = operator.call("comms_record_consent", consent)
            assert not result.get("isError"), result
    return token


def _phone(person: int) -> str:
    return f"+1202555{person % PEOPLE:04d}"


def _post(agent: Streamable, message: dict) -> bytes:
    fields = {name: value for name, value in (dict(agent.http.headers) | agent.headers).items()
              if name.lower() in ("authorization", "accept", "mcp-session-id", "mcp-protocol-version")}
    return request("POST", "/mcp", fields | {"Content-Type": "application/json"}, json.dumps(message).encode())


def _load(server: Gateway, token: str, name: str, messages: list[dict], sessions: int, connections: int) -> lab.Load:
    """The messages by turns of sessions that are made for it: calls whose connections wrk has left may still be in hand
    when it ends."""
    with contextlib.ExitStack() as stack:
        agents = [stack.enter_context(Streamable(server, token)) for _ in range(sessions)]
        posts = [_post(agents[number % sessions], message) for number, message in enumerate(messages)]
        file, size = _write(posts, name)
        load = wrk(server.port, file, size, SECONDS, connections)
    assert not load.errors and not load.wrapped, load
    return load


def _write(requests: list[bytes], name: str) -> tuple[Path, int]:
    """A file with requests of one size; the path and the size."""
    assert len({len(octets) for octets in requests}) == 1
    file = WORK / f"{name}.bin"
    file.write_bytes(b"".join(requests))
    return file, len(requests[0])


def _floor(like: bytes, octets: int) -> list[int]:
    """How long nginx takes to give an answer of so many octets to the same client."""
    file, size = _write([like] * 1_000, "floor")
    with lab.Nginx("floor", {"/": "x" * octets}, prefix=lab.SERVER) as nginx:
        loads = [wrk(nginx.port, file, size, SECONDS, 1) for _ in range(TURNS)]
    assert not any(load.errors for load in loads), loads
    return [load.p50_us for load in loads]


def _passed(server: Gateway, token: str) -> int:
    """Sends that have passed the gate today."""
    with Streamable(server, token) as session:
        limits = session.call("comms_get_usage_dashboard")["json"]["limits"]
    return next(line["used"] for line in limits if line["limit"] == "per_day")


def _sends(sessions: int, in_hand: int, loads: list[lab.Load], used: list[float]) -> Row:
    rates = sorted(load.rate for load in loads)
    rate = statistics.median(rates)
    wait = statistics.median(load.p50_us for load in loads) / 1000
    goal = (sessions, in_hand) == LOADS[-1]
    return Row(
        f"`tools/call` of a send to a mock provider, {in_hand} in hand of {sessions} session{'s' * (sessions > 1)}",
        "≥ 5,000/s" if goal else "for information",
        f"{rate:,.0f}/s (median of {TURNS}, {rates[0]:,.0f} to {rates[-1]:,.0f}; p50 {wait:.0f} ms; "
        f"{statistics.median(used):.0f} µs of the core each)", rate >= 5_000 if goal else None)


def tools() -> list[Row]:
    """Sends to the mock provider through the whole gate; then the list, asked over and over on one connection."""
    sends = [rpc("tools/call", {"name": "comms_send_message", "arguments": {
        "channel": "whatsapp", "to": _phone(number), "text": "Your transfer has arrived."}}, 1_000_000 + number)
        for number in range(15_000 * SECONDS)]
    lists = [rpc("tools/list", {}, 1_000_000 + number) for number in range(20_000 * SECONDS)]
    sent: list[list[lab.Load]] = [[] for _ in LOADS]
    used: list[list[float]] = [[] for _ in LOADS]
    listed, passed, whole, like = [], 0, 0, b""
    with gateway("tools", {"DEMO_MODE": "true"}) as server:
        token = _agent(server)
        for _ in range(TURNS):
            for number, (sessions, in_hand) in enumerate(LOADS):
                lab.settled()
                before = server.cpu_seconds()
                load = _load(server, token, "sends", sends, sessions, in_hand)
                sent[number].append(load)
                used[number].append((server.cpu_seconds() - before) / load.answers * 1e6)
                # But for those still in hand when wrk left, each answer is of one that passed.
                earlier, passed = passed, _passed(server, token)
                assert passed - earlier >= load.answers, f"{passed - earlier} of {load.answers} passed the gate"
            listed.append(_load(server, token, "lists", lists, 1, 1))
        with Streamable(server, token) as session:
            whole = len(session.send(rpc("tools/list")).content)
            like = _post(session, lists[0])
    times = sorted(load.p50_us for load in listed)
    time = statistics.median(times)
    floor = _floor(like, whole)
    return [
        *[_sends(*LOADS[number], sent[number], used[number]) for number in range(len(LOADS))],
        Row("`tools/list` over loopback, median", "≤ 200 µs",
            f"{time} µs (median of {TURNS}, {times[0]} to {times[-1]} µs; nginx with as many octets "
            f"{statistics.median(floor)} µs, {min(floor)} to {max(floor)} µs)", time <= 200),
    ]
