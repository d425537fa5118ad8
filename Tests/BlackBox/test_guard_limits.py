"""HTTP limits over real sockets: exact with many clients, told in every answer, and still there after a restart."""

from __future__ import annotations

import threading
import time

import pytest

from lolabox import payloads
from lolabox.door import LIST, WRONG, ask, assert_retry_after, bearer, quota
from lolabox.gateway import Gateway
from lolabox.problems import assert_problem
from lolabox.wire import Wire, request


def _limits(per_address: int, together: int) -> dict[str, str]:
    return {"HTTP_RATE_LIMIT_PER_IP": str(per_address), "HTTP_RATE_LIMIT_GLOBAL": str(together)}


@pytest.fixture
def limited(environment, tmp_path):
    """Starts a gateway with its own limits: limited(per_address, together, **environment)."""
    started: list[Gateway] = []

    def start(per_address: int, together: int, **more: str) -> Gateway:
        gateway = Gateway.serve(tmp_path / f"g{len(started)}", environment | _limits(per_address, together) | more)
        started.append(gateway)
        return gateway.start()

    yield start
    for gateway in started:
        gateway.stop()


def test_64_clients_at_once_get_exactly_what_there_is(limited):
    gateway = limited(100, 50, LOLA_LOOPS="2")
    statuses: list[int] = []
    wires = [Wire(gateway.management_port, source=f"127.0.7.{number % 50 + 1}") for number in range(64)]
    gate = threading.Barrier(len(wires))

    def client(wire: Wire) -> None:
        gate.wait()
        for _ in range(5):
            statuses.append(wire.exchange(request("GET", LIST, bearer(gateway))).status)

    threads = [threading.Thread(target=client, args=(wire,)) for wire in wires]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for wire in wires:
        wire.close()
    assert statuses.count(200) == 50 and statuses.count(429) == 270


def test_one_address_is_refused_and_charges_nobody_else(limited):
    gateway = limited(5, 12)
    for left in range(4, -1, -1):
        answer = ask(gateway, headers=bearer(gateway), source="127.0.8.1")
        assert answer.status == 200
        assert answer.header("RateLimit-Policy") == '"address";q=5;w=60, "all";q=12;w=60'
        name, remaining, seconds = quota(answer)
        assert (name, remaining) == ("address", left) and 58 <= seconds <= 60
    for _ in range(50):
        answer = ask(gateway, headers=bearer(gateway), source="127.0.8.1")
        assert_problem(answer, 429, "too_many_requests")
        assert_retry_after(answer, 50, 60)
        assert quota(answer)[1] == 0
    # Seven are left for all others, and none of the refused ones was counted.
    statuses = [ask(gateway, headers=bearer(gateway), source=f"127.0.8.{number}").status for number in range(2, 12)]
    assert statuses == [200] * 7 + [429] * 3
    name, remaining, _ = quota(ask(gateway, headers=bearer(gateway), source="127.0.8.99"))
    assert (name, remaining) == ("all", 0)


def test_a_limited_route_tells_of_its_quota_whatever_it_answers(limited):
    gateway = limited(100, 100)
    for method, target, headers, status in [
        ("GET", LIST, bearer(gateway), 200), ("GET", LIST, WRONG, 401), ("GET", LIST, {}, 401),
        ("PUT", "/admin/api/messages", bearer(gateway), 405), ("HEAD", LIST, bearer(gateway), 200),
        ("GET", "/admin/api/messages/none", bearer(gateway), 404),
        ("GET", "/admin/api/messages?limit=x", bearer(gateway), 400), ("POST", "/admin/api/dlq", bearer(gateway), 411),
    ]:
        answer = ask(gateway, method, target, headers)
        assert answer.status == status, (method, target, answer)
        assert answer.header("RateLimit-Policy") and quota(answer)[1] <= 100
    for target, public in [("/livez", True), ("/readyz", False), ("/metrics", False), ("/.well-known/jwks.json", True),
                           ("/nothing", True)]:
        answer = ask(gateway, target=target, public=public)
        assert answer.header("RateLimit-Policy") is None and answer.header("RateLimit") is None


def test_webhooks_probes_and_metrics_never_starve(limited, services):
    gateway = limited(1, 1)
    assert ask(gateway, headers=bearer(gateway)).status == 200
    assert ask(gateway, headers=bearer(gateway)).status == 429
    for _ in range(100):
        assert gateway.whatsapp(payloads.whatsapp_text(payloads.fresh_phone(), "hola")).status == 200
        assert ask(gateway, target="/livez").status == 200
        assert ask(gateway, target="/metrics").status == 200


def test_the_wait_that_is_told_is_the_truth(limited):
    gateway = limited(2, 100)
    assert ask(gateway, headers=bearer(gateway)).status == 200
    # Requests at the border of the window are what this is about: real time, once.
    started = time.monotonic()
    assert ask(gateway, headers=bearer(gateway)).status == 200
    seconds = assert_retry_after(ask(gateway, headers=bearer(gateway)), 59, 60)
    answer = ask(gateway, headers=bearer(gateway), source="127.0.9.9")
    assert answer.status == 200
    while time.monotonic() - started < seconds - 1.5:
        threading.Event().wait(0.5)
        assert ask(gateway, headers=bearer(gateway)).status == 429
    while ask(gateway, headers=bearer(gateway)).status == 429:
        assert time.monotonic() - started < seconds + 1
        threading.Event().wait(0.05)


@pytest.mark.parametrize("kill", [False, True])
def test_a_restart_forgives_nobody(limited, kill):
    gateway = limited(6, 100)
    for _ in range(6):
        assert ask(gateway, headers=bearer(gateway)).status == 200
    refused = assert_retry_after(ask(gateway, headers=bearer(gateway)), 50, 60)
    # A kill may forgive what the last quarter of a second let through.
    threading.Event().wait(0.6)
    gateway.restart(kill=kill)
    answer = ask(gateway, headers=bearer(gateway))
    assert answer.status == 429
    assert_retry_after(answer, refused - 30, refused)


def test_the_drain_writes_what_was_let_through(limited):
    gateway = limited(6, 100)
    for _ in range(6):
        assert ask(gateway, headers=bearer(gateway)).status == 200
    gateway.restart()
    assert ask(gateway, headers=bearer(gateway)).status == 429
