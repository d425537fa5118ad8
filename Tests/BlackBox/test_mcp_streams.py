"""Streams of MCP clients: `/sse` with `/messages`, the stream of `/mcp`, and what ends them (CONTRACT §9, §11)."""

from __future__ import annotations

import json
import secrets
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from lolabox.gateway import ORCHESTRATOR_TOKEN
from lolabox.mcp import ACCEPT, Streamable, initialize, judge, notification, request
from lolabox.payloads import fresh_id
from lolabox.waiting import eventually
from lolabox.wire import Wire, fetch
from lolabox.wire import request as octets

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def gateway(services, environment, tmp_path_factory):
    from lolabox.gateway import Gateway
    with Gateway.serve(tmp_path_factory.mktemp("mcp"), environment | {"LOLA_LOOPS": "4"}) as running:
        yield running


def mint(gateway, **more) -> dict:
    return gateway.admin("POST", "tokens", {"agent": "stream-" + fresh_id("")} | more, status=201)


class Events:
    """One open stream, read by a thread."""

    def __init__(self, gateway, target: str, headers: dict[str, str]):
        self.wire = Wire(gateway.port)
        self.wire.socket.settimeout(60)
        self.wire.send(octets("GET", target, {"Accept": "text/event-stream"} | headers))
        self.text = b""
        self.ended_at = 0.0
        threading.Thread(target=self._read, daemon=True).start()
        eventually(lambda: b"\r\n\r\n" in self.text, 5, "the head of the stream")

    def _read(self) -> None:
        try:
            while data := self.wire.socket.recv(65536):
                self.text += data
                if data.endswith(b"0\r\n\r\n"):
                    break
        except OSError:
            pass
        self.ended_at = time.monotonic()

    @property
    def status(self) -> int:
        return int(self.text[9:12])

    @property
    def path(self) -> str:
        eventually(lambda: b"endpoint" in self.text, 5, "the endpoint")
        return self.text.split(b"data: ")[1].split(b"\n")[0].decode()

    def messages(self) -> list[dict]:
        lines = self.text.replace(b"\r\n", b"\n").split(b"\n")
        return [json.loads(line[6:]) for line in lines if line.startswith(b"data: {")]

    def answer(self, id: object) -> dict:
        return eventually(lambda: next((one for one in self.messages() if one.get("id") == id), None), 5, f"answer {id}")

    def close(self) -> None:
        self.wire.close()


@contextmanager
def following(gateway, client: Streamable):
    """The stream of a session of `/mcp`."""
    events = Events(gateway, "/mcp", {"Authorization": client.http.headers["authorization"]} | client.headers)
    try:
        yield events
    finally:
        events.close()


@contextmanager
def stream(gateway, token: str, query: bool = False):
    events = Events(gateway, f"/sse?token={token}", {}) if query else Events(
        gateway, "/sse", {"Authorization": f"Bearer {token}"})
    try:
        yield events
    finally:
        events.close()


def write(gateway, path: str, message: object, **headers: str):
    return fetch(gateway.port, "POST", path, JSON | headers, json.dumps(message).encode())


def test_messages_go_in_by_post_and_answers_come_by_the_stream(gateway):
    token = mint(gateway)["token"]
    with stream(gateway, token) as events:
        assert events.status == 200 and b"text/event-stream" in events.text and b"X-Accel-Buffering: no" in events.text
        # A probe of the newest clients, before anything else.
        assert write(gateway, events.path, request("server/discover", id="probe")).status == 202
        assert events.answer("probe")["error"]["code"] == -32601
        # Each on a connection of its own: they meet every loop.
        for number in range(12):
            answer = write(gateway, events.path, initialize("2025-06-18", id=0) if number == 0 else request("ping", id=number))
            assert answer.status == 202 and answer.body == b""
        for number in range(12):
            judge("2025-06-18", events.answer(number), "initialize" if number == 0 else "ping")
        assert write(gateway, events.path, notification("notifications/initialized")).status == 202
        called = request("tools/call", {"name": "comms_ping", "_meta": {"progressToken": "t"}}, id="call")
        assert write(gateway, events.path, called).status == 202
        assert events.answer("call")["result"]["isError"] is False
        assert any(one.get("method") == "notifications/progress" for one in events.messages())
        assert write(gateway, events.path, request("ping"), **{"Content-Type": "text/plain"}).status == 415
        broken = fetch(gateway.port, "POST", events.path, JSON, b"{")
        assert broken.status == 400 and broken.json()["error"]["code"] == -32700


def test_the_session_id_is_the_credential_and_a_wrong_token_beside_it_is_refused(gateway):
    own, other = mint(gateway)["token"], mint(gateway)["token"]
    with stream(gateway, own) as events:
        path = events.path
        assert write(gateway, path, request("ping"), Authorization=f"Bearer {own}").status == 202
        assert write(gateway, path, request("ping"), Authorization=f"Bearer {other}").status == 404
        assert write(gateway, path, request("ping"), Authorization=f"Bearer {ORCHESTRATOR_TOKEN}").status == 404
        assert write(gateway, path, request("ping"), Authorization=f"Bearer {own}x").status == 401
        for wrong in ("/messages", "/messages?sessionId=", "/messages?sessionId=" + "A" * 32, path + "A",
                      path + "&sessionId=" + path[-32:]):
            assert write(gateway, wrong, request("ping")).status == 404, wrong
        assert write(gateway, path, request("ping"), Origin="https://evil.example").status == 403
        # A session of one transport is none of the other.
        asked = httpx.post(f"http://127.0.0.1:{gateway.port}/mcp", json=request("ping"),
                           headers=ACCEPT | {"Authorization": f"Bearer {own}", "Mcp-Session-Id": path[-32:]})
        assert asked.status_code == 404
    eventually(lambda: write(gateway, path, request("ping")).status == 404, 5, "the end of the session")


def test_guessed_session_ids_lock_out_and_ended_ones_do_not(gateway):
    with stream(gateway, mint(gateway)["token"]) as events:
        path = events.path

    def ask(target: str, source: str) -> int:
        return fetch(gateway.port, "POST", target, JSON, json.dumps(request("ping")).encode(), source).status

    eventually(lambda: ask(path, "127.44.0.1") == 404, 5, "the end of the session")
    # A client that does not know yet that its stream has ended has guessed nothing, however often it asks.
    assert [ask(path, "127.44.0.1") for _ in range(20)] == [404] * 20
    assert [ask("/messages", "127.44.0.1") for _ in range(11)] == [404] * 11
    guesses = [f"/messages?sessionId={secrets.token_urlsafe(24)}" for _ in range(12)]
    assert [ask(guess, "127.44.0.2") for guess in guesses] == [404] * 10 + [429] * 2
    assert ask(path, "127.44.0.1") == 404


def test_a_token_in_the_query_opens_a_stream_and_stands_in_no_log(gateway):
    token = mint(gateway)["token"]
    with stream(gateway, token, query=True) as events:
        assert events.status == 200
        write(gateway, events.path, initialize("2025-11-25", id=1))
        assert events.answer(1)["result"]["protocolVersion"] == "2025-11-25"
        session = events.path[-32:]
    assert fetch(gateway.port, "GET", f"/sse?token={token}x", {"Accept": "text/event-stream"}).status == 401
    assert fetch(gateway.port, "GET", f"/sse?token={token}&token={token}", {"Accept": "text/event-stream"}).status == 401
    assert fetch(gateway.port, "GET", f"/mcp?token={token}", ACCEPT).status == 401
    assert fetch(gateway.port, "GET", f"/v1/openapi.json?token={token}").status == 401
    for secret in (token, token[8:40], session):
        assert secret not in gateway.log and secret not in gateway.metrics()
        assert secret not in json.dumps(gateway.admin("GET", "audit?limit=1000"))


def test_a_revoked_token_ends_its_streams_within_a_second(gateway):
    made, other = mint(gateway), mint(gateway)
    with stream(gateway, made["token"]) as first, stream(gateway, other["token"]) as bystander:
        path = first.path
        with Streamable(gateway, made["token"]) as client, following(gateway, client) as second:
            assert second.status == 200
            before = time.monotonic()
            assert gateway.manage("DELETE", f"/admin/api/tokens/{made['id']}").status == 204
            for events in (first, second):
                eventually(lambda: events.ended_at, 3, "the end of the stream")
                assert events.ended_at - before < 1.0
            assert client.send(request("ping")).status_code == 401
        assert write(gateway, path, request("ping")).status in (401, 404)
        write(gateway, bystander.path, request("ping", id=7))
        assert bystander.answer(7)["result"] == {} and not bystander.ended_at


def test_an_expired_token_ends_its_stream(gateway):
    made = mint(gateway, expires=2)
    with stream(gateway, made["token"]) as events:
        path, opened = events.path, time.monotonic()
        eventually(lambda: events.ended_at, 5, "the end of the stream")
        assert 0.5 < events.ended_at - opened < 3.5
        assert write(gateway, path, request("ping")).status in (401, 404)


def test_the_stream_of_a_session_is_one_and_ends_with_it(gateway):
    token = mint(gateway)["token"]
    with (Streamable(gateway, token) as client, following(gateway, client) as first,
          following(gateway, client) as second):
        eventually(lambda: first.ended_at, 3, "the end of the first stream")
        assert second.status == 200 and not second.ended_at
        assert client.http.delete("/mcp", headers=client.headers).status_code == 204
        eventually(lambda: second.ended_at, 3, "the end of the second stream")


def test_two_thousand_streams_stay_open_and_cost_little(gateway):
    token = mint(gateway)["token"]
    with stream(gateway, token):
        pass

    def resident() -> int:
        return int(Path(f"/proc/{gateway.pid}/statm").read_text().split()[1]) * 4096

    before = resident()
    wires = []
    try:
        for _ in range(2_000):
            wire = Wire(gateway.port)
            wire.send(octets("GET", "/sse", {"Accept": "text/event-stream", "Authorization": f"Bearer {token}"}))
            wires.append(wire)
        heads = [wire.socket.recv(4096) for wire in wires]
        assert all(head.startswith(b"HTTP/1.1 200") for head in heads)
        assert (resident() - before) / 2_000 <= 12 * 1024
    finally:
        for wire in wires:
            wire.close()
    # Their end is noticed: the token may open as many again.
    def opens() -> bool:
        with stream(gateway, token) as events:
            return events.status == 200
    eventually(opens, 5, "a stream after them")
