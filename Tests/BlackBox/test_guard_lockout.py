"""Lock-outs over real sockets: guessing ends at ten, nobody else is shut out, and no restart or kill forgives it."""

from __future__ import annotations

import json
import secrets
import threading

import pytest

from lolabox import payloads
from lolabox.door import LIST, WRONG, ask, assert_retry_after, bearer, guess
from lolabox.gateway import PUBLIC_URL, Gateway
from lolabox.problems import assert_problem
from lolabox.waiting import eventually
from lolabox.widget import Session, create_ticket
from lolabox.wire import Wire, request

ATTACKER, VICTIM = "127.0.5.1", "127.0.5.2"


@pytest.fixture
def gateway(environment, tmp_path):
    with Gateway.serve(tmp_path, environment | {"LOLA_LOOPS": "2"}) as gateway:
        yield gateway


def test_the_eleventh_guess_is_not_looked_at(gateway):
    assert guess(gateway, 10, ATTACKER) == [401] * 10
    for headers in (WRONG, bearer(gateway), {}):
        answer = ask(gateway, headers=headers, source=ATTACKER)
        assert_problem(answer, 429, "too_many_requests")
        assert_retry_after(answer, 890, 900)
        assert answer.header("RateLimit") and answer.header("RateLimit-Policy")
    # The right token from elsewhere works, and the attacker's probes and webhooks do too.
    assert ask(gateway, headers=bearer(gateway), source=VICTIM).status == 200
    assert ask(gateway, target="/livez", source=ATTACKER).status == 200
    assert ask(gateway, target="/metrics", source=ATTACKER).status == 200
    assert gateway.metric_sum("^lola_lockouts_total") == 1
    assert gateway.metric_sum("^lola_authentication_failures_total") == 10
    assert gateway.metric_sum('^lola_requests_refused_total{reason="lockout"}') == 3


def test_nine_guesses_and_missing_tokens_lock_nobody_out(gateway):
    assert guess(gateway, 9, ATTACKER) == [401] * 9
    assert [ask(gateway, source=ATTACKER).status for _ in range(30)] == [401] * 30
    assert ask(gateway, headers=bearer(gateway), source=ATTACKER).status == 200
    assert guess(gateway, 1, ATTACKER) == [401]
    assert ask(gateway, headers=bearer(gateway), source=ATTACKER).status == 429


def test_refused_webhooks_never_lock_out(gateway):
    body = payloads.whatsapp_text(payloads.fresh_phone(), "hola")
    assert [gateway.whatsapp(body, secret="forged").status for _ in range(30)] == [401] * 30
    assert gateway.whatsapp(body).status == 200
    assert ask(gateway, headers=bearer(gateway)).status == 200


def test_64_guessers_at_once_have_ten_guesses(gateway):
    wires = [Wire(gateway.management_port, source=ATTACKER) for _ in range(64)]
    gate = threading.Barrier(len(wires))
    statuses: list[int] = []

    def client(wire: Wire) -> None:
        gate.wait()
        for _ in range(3):
            statuses.append(wire.exchange(request("GET", LIST, WRONG)).status)

    threads = [threading.Thread(target=client, args=(wire,)) for wire in wires]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for wire in wires:
        wire.close()
    assert statuses.count(401) == 10 and statuses.count(429) == 182


def _a_guess(gateway: Gateway, kind: str, session: Session, source: str) -> int:
    """One wrong credential of a kind, each time another one; the status."""
    json_body = {"Content-Type": "application/json"}
    wrong, link = {"Authorization": f"Bearer lola_at_{secrets.token_hex(20)}"}, "/w/" + secrets.token_urlsafe(16)
    own = {"Authorization": f"Bearer {session.token}"}
    method, path, headers = {
        "agent token": ("GET", "/v1/openapi.json", wrong), "MCP token": ("POST", "/mcp", wrong | json_body),
        "stream token": ("GET", "/sse", wrong), "stream token in the query": ("GET", f"/sse?token={secrets.token_hex(20)}", {}),
        "stream id": ("POST", f"/messages?sessionId={secrets.token_urlsafe(24)}", json_body),
        "link": ("GET", link, {}), "link of a preview": ("HEAD", link, {}), "link of a session": ("POST", link + "/session", {}),
        "session of a callback": ("POST", session.callback(), wrong | json_body),
        "callback": ("POST", "/callbacks/" + secrets.token_urlsafe(190), own | json_body),
    }[kind]
    return ask(gateway, method, path, headers, source, b"{}" if method == "POST" else None, public=True).status


def test_guessing_of_every_kind_locks_out(gateway):
    session = Session(gateway, create_ticket(gateway, payloads.fresh_phone()))
    kinds = {"agent token": 401, "MCP token": 401, "stream token": 401, "stream token in the query": 401, "stream id": 404,
             "link": 404, "link of a preview": 404, "link of a session": 404, "session of a callback": 401, "callback": 404}
    for number, (kind, status) in enumerate(kinds.items()):
        source = f"127.0.66.{number + 1}"
        assert [_a_guess(gateway, kind, session, source) for _ in range(12)] == [status] * 10 + [429] * 2, kind
        # What is right does not help from there, on no surface.
        assert ask(gateway, headers=bearer(gateway), source=source).status == 429
        assert ask(gateway, "GET", session.data["link"].removeprefix(PUBLIC_URL), source=source, public=True).status == 429
    assert gateway.metric_sum("^lola_lockouts_total") == len(kinds)
    kinds_told = [alert["kind"] for alert in gateway.admin("GET", "alerts")["items"]]
    assert kinds_told.count("lockout") == len(kinds)
    # Nothing was spent, and from elsewhere all of it works.
    assert session.redeem().status == 200


@pytest.mark.parametrize("kill", [False, True])
def test_it_outlives_the_process(gateway, kill):
    assert guess(gateway, 10, ATTACKER) == [401] * 10
    assert guess(gateway, 9, "127.0.5.3") == [401] * 9
    gateway.restart(kill=kill)
    answer = ask(gateway, headers=bearer(gateway), source=ATTACKER)
    assert_problem(answer, 429)
    assert_retry_after(answer, 840, 900)
    assert ask(gateway, headers=bearer(gateway), source=VICTIM).status == 200
    # Failures are counted on where the process stopped.
    assert guess(gateway, 2, "127.0.5.3") == [401, 429]
    gateway.restart(kill=kill)
    assert [item["address"] for item in _lockouts(gateway)] == sorted([ATTACKER, "127.0.5.3"])


def test_an_operator_sees_and_lifts_it(gateway):
    assert _lockouts(gateway) == []
    assert guess(gateway, 12, ATTACKER) == [401] * 10 + [429] * 2
    (item,) = _lockouts(gateway)
    assert set(item) == {"id", "address", "since", "until", "failures"}
    assert item["address"] == ATTACKER and item["failures"] == 10 and item["since"] < item["until"]
    target = f"/admin/api/lockouts/{item['id']}"
    assert ask(gateway, "DELETE", target, source=VICTIM).status == 401
    assert ask(gateway, "DELETE", "/admin/api/lockouts/" + "0" * 32, bearer(gateway), VICTIM).status == 404
    assert ask(gateway, "DELETE", "/admin/api/lockouts/x", bearer(gateway), VICTIM).status == 404
    answer = ask(gateway, "DELETE", target, bearer(gateway), VICTIM)
    assert answer.status == 204 and answer.body == b""
    assert ask(gateway, "DELETE", target, bearer(gateway), VICTIM).status == 404
    assert _lockouts(gateway) == []
    assert ask(gateway, headers=bearer(gateway), source=ATTACKER).status == 200
    gateway.restart(kill=True)
    assert ask(gateway, headers=bearer(gateway), source=ATTACKER).status == 200
    assert guess(gateway, 11, ATTACKER) == [401] * 10 + [429]


def test_every_failure_has_the_same_answer_but_for_its_id(gateway):
    bodies = set()
    for number, value in enumerate(["Bearer x", "Bearer", "", "Basic abc", "Bearer lola_at_" + "A" * 49,
                                    f"Bearer {gateway.token}x", f"Bearer {gateway.token[:-1]}"]):
        answer = ask(gateway, headers={"Authorization": value}, source=f"127.0.6.{number + 1}")
        problem = assert_problem(answer, 401, "unauthorized")
        problem.pop("request_id")
        bodies.add(json.dumps(problem))
        assert answer.header("WWW-Authenticate") == "Bearer"
    assert len(bodies) == 1


def test_neither_log_nor_disk_holds_an_address_or_a_token_in_clear(gateway):
    guess(gateway, 12, ATTACKER)
    assert gateway.stop() == 0
    assert [entry["failures"] for entry in gateway.events("lockout_began")] == ["10"]
    reasons = [entry["reason"] for entry in gateway.events("request_refused")]
    assert reasons and set(reasons) <= {"unauthorized", "locked_out"}
    assert ATTACKER not in gateway.log and "wrong-token-canary" not in gateway.log and gateway.token not in gateway.log
    for path in gateway.data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert ATTACKER.encode() not in content and b"wrong-token-canary" not in content, path


def test_gateways_of_one_redis_share_it(on_redis):
    first, second = on_redis().gateway, on_redis().gateway
    assert guess(first, 6, ATTACKER) == [401] * 6
    threading.Event().wait(5)
    assert guess(second, 4, ATTACKER) == [401] * 4
    assert ask(second, headers=bearer(second), source=ATTACKER).status == 429
    eventually(lambda: ask(first, headers=bearer(first), source=ATTACKER).status == 429, 5, "the other's lock-out")
    (item,) = _lockouts(first)
    target = f"/admin/api/lockouts/{item['id']}"
    assert ask(first, "DELETE", target, bearer(first), VICTIM).status == 204
    eventually(lambda: ask(second, headers=bearer(second), source=ATTACKER).status == 200, 5, "the other's lifting")
    assert guess(second, 10, ATTACKER) == [401] * 10
    second.restart(kill=True)
    assert ask(second, headers=bearer(second), source=ATTACKER).status == 429


def _lockouts(gateway: Gateway) -> list[dict]:
    answer = ask(gateway, target="/admin/api/lockouts", headers=bearer(gateway), source=VICTIM)
    assert answer.status == 200, answer
    document = answer.json()
    assert set(document) == {"items", "next"} and document["next"] is None
    return sorted(document["items"], key=lambda item: item["address"])
