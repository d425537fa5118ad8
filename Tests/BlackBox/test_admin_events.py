"""`GET /admin/api/events`: server-sent events as an independent client reads them, and what ends them."""

from __future__ import annotations

import json
import threading
import time

import httpx
import pytest
from httpx_sse import connect_sse

from lolabox import payloads
from lolabox.gateway import ORCHESTRATOR_TOKEN
from lolabox.wire import Wire

HEADERS = {"Authorization": f"Bearer {ORCHESTRATOR_TOKEN}"}


def _events(gateway, query: str = "", until=lambda event: False, headers: dict[str, str] | None = None) -> list:
    """Events up to the first that is looked for, that one included."""
    url = f"http://127.0.0.1:{gateway.management_port}/admin/api/events{query}"
    seen = []
    with httpx.Client(timeout=20) as client, connect_sse(client, "GET", url, headers=HEADERS | (headers or {})) as source:
        assert source.response.headers["cache-control"] == "no-store"
        for event in source.iter_sse():
            seen.append(event)
            if until(event):
                return seen
    return seen


def test_a_message_is_told_as_it_goes_its_way(stack):
    phone = stack.person()
    message_id = payloads.fresh_id()
    threading.Timer(0.6, lambda: stack.gateway.say(phone, "canary of the stream", message_id)).start()
    seen = _events(stack.gateway, until=lambda event: event.event == "message" and f"whatsapp:{message_id}" in event.data
                   and json.loads(event.data)["status"] == "done")
    assert seen[0].event == "counts" and {"waiting", "connections", "streams"} <= set(seen[0].json())
    last = seen[-1].json()
    assert last["agent"] == "sender_home" and last["trace"] and int(seen[-1].id) > 0
    assert "canary of the stream" not in "".join(event.data for event in seen)
    # A reader that comes back goes on where it was.
    later = _events(stack.gateway, until=lambda event: event.event == "counts", headers={"Last-Event-ID": seen[-1].id})
    assert f"whatsapp:{message_id}" not in "".join(event.data for event in later)
    again = _events(stack.gateway, f"?since={int(seen[-1].id) - 1}", until=lambda event: event.event == "message")
    assert again[-1].json()["key"] == f"whatsapp:{message_id}"


def test_figures_come_every_two_seconds(stack):
    times: list[float] = []

    def third(event) -> bool:
        if event.event == "counts":
            times.append(time.monotonic())
        return len(times) == 3

    _events(stack.gateway, until=third)
    assert 3.5 <= times[2] - times[0] <= 6


@pytest.mark.parametrize("path", ["/admin/api/events?since=x", "/admin/api/events?since=-4"])
def test_a_version_that_is_none_is_refused(stack, path):
    assert stack.gateway.manage("GET", path).status == 400


def test_head_gets_the_head_and_old_clients_no_chunks(stack):
    request = "{} /admin/api/events HTTP/{}\r\nHost: x\r\nAuthorization: " + HEADERS["Authorization"] + "\r\n\r\n"
    with Wire(stack.gateway.management_port) as wire:
        wire.send(request.format("HEAD", "1.1").encode())
        assert wire.read("HEAD").header("content-type") == "text/event-stream"
        wire.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wire.read().status == 200
    with Wire(stack.gateway.management_port) as wire:
        wire.send(request.format("GET", "1.0").encode())
        got = b""
        while b"\n\n" not in got.partition(b"\r\n\r\n")[2]:
            got += wire.socket.recv(4096)
    head, _, body = got.partition(b"\r\n\r\n")
    assert b"chunked" not in head.lower() and b"connection: close" in head.lower() and body.startswith(b"event: counts\n")


def test_open_streams_hold_up_no_drain(own_stack):
    gateway = own_stack().gateway
    ended = threading.Event()

    def read() -> None:
        _events(gateway)
        ended.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    deadline = time.monotonic() + 10
    while gateway.manage("GET", "/admin/api/health").json()["streams"] == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    began = time.monotonic()
    assert gateway.stop() == 0
    assert time.monotonic() - began < 5
    # A good end: the reader saw the last chunk, not a reset.
    assert ended.wait(5)
