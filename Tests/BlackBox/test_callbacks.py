"""Callbacks over real sockets: the negative table of CONTRACT §7 one test a row, races, restarts, kills, and the event."""

from __future__ import annotations

import base64
import json
import os
import random
import threading
import time

import jwt
import pytest

from lolabox.gateway import PUBLIC_URL
from lolabox.payloads import fresh_phone
from lolabox.problems import assert_problem
from lolabox.stubs import Reply
from lolabox.tls import new_private_pem
from lolabox.waiting import eventually
from lolabox.widget import JSON, Session, conversation, create_ticket, fresh_address, link_in, open_link, v1
from lolabox.wire import Wire, fetch, request

CARD = "4111111111111111"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
#: Kills between claim and effect.
ROUNDS = int(os.environ.get("LOLA_CALLBACK_ROUNDS") or 100)


@pytest.fixture
def session(stack) -> Session:
    return Session(stack.gateway, create_ticket(stack.gateway, stack.person("pending")))


def status_of(session: Session) -> str:
    return v1(session.gateway, "GET", f"tickets/{session.ticket_id}").json()["status"]


def assert_unspent(session: Session) -> None:
    assert status_of(session) == "open"
    assert session.redeem().status == 200


def events(stack, phone: str) -> list[dict]:
    return [call.json()["event"] for call in stack.agents.calls(phone) if call.json()["event"]]


# The good way

def test_the_whole_way_from_the_chat_and_back(stack):
    phone = stack.person("pending")
    stack.agents.script(phone, stack.agents.says(ticket={
        "operation": "cip", "actions": ["cip:scan-id"], "reply": "Open {link}"}))
    stack.gateway.say(phone, "hola")
    (text,) = stack.graph.wait_texts(phone)
    session = open_link(stack.gateway, link_in(text))
    # The bank has verified the sender meanwhile: the event finds the new verdict.
    stack.identity.person(phone, "passed")
    result = {"token": "tok_77", "display": "Passport ending 12", "vault_sealed": "eyJhbGciOiJSU0EifQ.AAAA.BBBB"}
    answer = session.redeem(body=session.body(result=result))
    assert answer.status == 200 and answer.json() == {"status": "accepted"}
    call = stack.agents.wait_calls(phone, 2)[1]
    envelope = call.json()
    assert envelope["agent"] == "sender_home" and envelope["context_user"]["verdict"] == "passed"
    assert envelope["conversation"] == conversation(phone)
    assert envelope["event"] == {"type": "callback", "ticket_id": session.ticket_id, "operation": "cip",
                                 "outcome": "success", "result": result}
    assert call.header("Idempotency-Key") == f"callback:{session.ticket_id}" == envelope["message"]["key"]
    assert envelope["message"]["type"] == "event" and envelope["message"]["text"] == ""
    assert stack.graph.wait_texts(phone, 2)[1] == "sender_home heard:"
    assert status_of(session) == "succeeded"
    for secret in (session.token, session.callback(), "tok_77", result["vault_sealed"]):
        assert secret not in stack.gateway.log


def test_a_failure_is_an_event_too_and_closes_the_ticket(stack):
    phone = stack.person("pending")
    session = Session(stack.gateway, create_ticket(stack.gateway, phone, "card"))
    assert session.redeem("failure", session.body(result={"reason": "cancelled"})).status == 200
    event = stack.agents.wait_call(phone).json()["event"]
    assert (event["outcome"], event["operation"], event["result"]) == ("failure", "card", {"reason": "cancelled"})
    assert_problem(session.redeem(), 410, "gone")
    assert status_of(session) == "failed"


def test_an_event_waits_for_an_agent_and_keeps_its_key(stack):
    phone = stack.person("pending")
    session = Session(stack.gateway, create_ticket(stack.gateway, phone))
    stack.agents.script(phone, Reply(503, {}), Reply(500, {}))
    assert session.redeem().status == 200
    calls = stack.agents.wait_calls(phone, 3)
    assert {call.header("Idempotency-Key") for call in calls} == {f"callback:{session.ticket_id}"}
    assert len({call.body for call in calls}) == 1


def test_an_event_of_a_telegram_conversation(stack):
    from lolabox.gateway import TELEGRAM_TOKEN
    from lolabox.payloads import fresh_user
    user = fresh_user()
    key = f"telegram:{TELEGRAM_TOKEN.split(':')[0]}:{user}"
    answer = v1(stack.gateway, "POST", "tickets", {"conversation": key, "operation": "cip"})
    assert answer.status == 201, answer
    assert Session(stack.gateway, answer.json()).redeem().status == 200
    assert stack.agents.wait_call(user).json()["event"]["outcome"] == "success"


# Sealed

def test_a_sealed_result_is_opened(stack):
    phone = stack.person("pending")
    session = Session(stack.gateway, create_ticket(stack.gateway, phone))
    sealed = session.seal({"token": "tok_sealed", "n": 1})
    assert session.redeem(body=session.body(sealed=sealed)).status == 200
    assert stack.agents.wait_call(phone).json()["event"]["result"] == {"token": "tok_sealed", "n": 1}


@pytest.mark.parametrize("way", ["garbage", "another ticket", "tampered", "not an object", "not JSON"])
def test_what_does_not_open_is_422_and_spends_nothing(stack, session, way):
    other = Session(stack.gateway, create_ticket(stack.gateway, fresh_phone()))
    sealed = {"garbage": "a.b.c.d.e", "another ticket": other.seal({}), "tampered": session.seal({"a": 1})[:-4] + "AAAA",
              "not an object": session.seal([1]), "not JSON": session.seal({})[:-1]}[way]
    assert_problem(session.redeem(body=session.body(sealed=sealed)), 422, "invalid_payload")
    assert_unspent(session)


# 401

@pytest.mark.parametrize("way", ["none", "empty", "basic", "garbage", "tampered", "none algorithm", "HS256", "foreign key",
                                 "other audience", "other issuer", "expired", "not yet", "agent bearer", "orchestrator"])
def test_without_a_session_nothing_is_told(stack, session, way):
    claims = session.claims()
    key = stack.gateway.env["LOLA_JWT_PRIVATE_KEY"]
    kid = jwt.get_unverified_header(session.token)["kid"]

    def mint(key=key, algorithm="ES256", kid=kid, **change: object) -> str:
        return jwt.encode(claims | change, key, algorithm, headers={"kid": kid, "typ": "JWT"})

    now = int(time.time())
    tokens = {
        "none": None, "empty": " ", "garbage": "x", "tampered": session.token[:-6] + "AAAAAA",
        "none algorithm": mint(key=None, algorithm="none"), "HS256": mint(key="k" * 64, algorithm="HS256"),
        "foreign key": mint(key=new_private_pem()), "other audience": mint(aud="sender_home"),
        "other issuer": mint(iss="https://evil.example"), "expired": mint(exp=now - 61),
        "not yet": mint(nbf=now + 120), "agent bearer": mint(aud="onboarding"), "orchestrator": stack.gateway.token,
    }
    for path in (session.callback(), "/callbacks/nonsense"):
        if way == "basic":
            answer = session.redeem(path=path, token=None, headers={"Authorization": f"Basic {session.token}"})
        else:
            answer = session.redeem(path=path, token=tokens[way])
        assert_problem(answer, 401, "unauthorized")
        assert answer.header("WWW-Authenticate") == "Bearer"
    assert session.redeem(token=mint(jti="fresh")).status == 200, "the harness can also succeed"


# 403

def test_the_session_of_another_ticket_is_403(stack, session):
    other = Session(stack.gateway, create_ticket(stack.gateway, fresh_phone()))
    assert_problem(session.redeem(token=other.token), 403, "forbidden")
    assert_unspent(session)


def test_the_session_of_another_operation_is_403(stack):
    phone = stack.person()
    cip, card = (Session(stack.gateway, create_ticket(stack.gateway, phone, name)) for name in ("cip", "card"))
    assert_problem(cip.redeem(token=card.token), 403, "forbidden")
    claims = cip.claims() | {"operation": "card"}
    kid = jwt.get_unverified_header(cip.token)["kid"]
    forged = jwt.encode(claims, stack.gateway.env["LOLA_JWT_PRIVATE_KEY"], "ES256", headers={"kid": kid})
    assert_problem(cip.redeem(token=forged), 403, "forbidden")
    assert_unspent(cip)


def test_another_ticket_in_the_body_is_403(stack, session):
    other = Session(stack.gateway, create_ticket(stack.gateway, fresh_phone()))
    assert_problem(session.redeem(body=other.body(result={})), 403, "forbidden")
    assert_unspent(session)


# 404

def test_tampered_unknown_and_foreign_tokens_are_the_same_404(stack, own_stack, session):
    token = session.callback().removeprefix("/callbacks/")
    foreign = Session(own_stack().gateway, {})
    foreign.data = create_ticket(foreign.gateway, fresh_phone())
    link = create_ticket(stack.gateway, fresh_phone())["link"].rsplit("/", 1)[1]
    flipped = token[:80] + ("A" if token[80] != "A" else "B") + token[81:]
    answers = []
    for path in (f"/callbacks/{flipped}", "/callbacks/x", "/callbacks/" + "A" * len(token), foreign.callback(),
                 f"/callbacks/{link}", f"/callbacks/{token[:-1]}", f"/callbacks/{token}A", f"/callbacks/{token}=",
                 f"/callbacks/{token}/", f"/callbacks/{token}/x"):
        answer = session.redeem(path=path)
        problem = assert_problem(answer, 404, "not_found")
        answers.append(({name: value for name, value in problem.items() if name != "request_id"},
                        [(name, value) for name, value in answer.headers if name not in ("date", "ratelimit")]))
    assert all(answer == answers[0] for answer in answers)
    assert_unspent(session)


def test_every_octet_of_a_token_counts(session):
    token = session.callback().removeprefix("/callbacks/")
    octets = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    for place in range(len(octets)):
        octets[place] ^= 0x01
        text = base64.urlsafe_b64encode(bytes(octets)).rstrip(b"=").decode()
        octets[place] ^= 0x01
        assert session.redeem(path=f"/callbacks/{text}").status == 404, place
    assert_unspent(session)


def test_a_token_has_one_spelling(session):
    token = session.callback().removeprefix("/callbacks/")
    spellings = [f"%{ord(token[0]):02X}{token[1:]}", token[:-1] + f"%{ord(token[-1]):02x}", token.replace("-", "+"),
                 token.replace("_", "/"), token.upper(), token.lower(), token + "%20", token + "%3D", "./" + token]
    # The last character holds bits that mean nothing: only one of its spellings is right.
    place = ALPHABET.index(token[-1])
    spellings += [token[:-1] + ALPHABET[place ^ bits] for bits in (1, 2, 3)]
    for text in {text for text in spellings if text != token}:
        assert session.redeem(path=f"/callbacks/{text}").status in (404, 400), text
    assert_unspent(session)


# 405, 411, 413, 415, 422

@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_only_post_spends(session, method):
    answer = fetch(session.gateway.port, method, session.callback(), {"Authorization": f"Bearer {session.token}"})
    assert answer.status == 405 and "POST" in answer.header("Allow")
    assert_unspent(session)


def test_a_body_that_is_too_large_is_413(session):
    assert_problem(session.redeem(body=session.body(result={"x": "y" * 70_000})), 413)
    assert_unspent(session)


@pytest.mark.parametrize("headers", [{"Content-Type": "text/plain"}, {"Content-Type": "application/x-www-form-urlencoded"},
                                     {"Content-Encoding": "gzip"}], ids=str)
def test_what_is_not_plain_json_is_415(session, headers):
    assert_problem(session.redeem(headers=headers), 415, "unsupported_media_type")
    assert_unspent(session)


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"null", b"{}", b'{"result":{}}', b'{"ticket_id":"ID"}', b'{"ticket_id":"ID","result":[]}',
    b'{"ticket_id":"ID","result":{},"sealed":"x"}', b'{"ticket_id":"ID","result":{},"other":1}',
    b'{"ticket_id":"ID","result":{"a":1,"a":2}}', b'{"ticket_id":"ID","result":{}} x',
], ids=repr)
def test_a_body_without_sense_is_422(session, body):
    assert_problem(session.redeem(body=body.replace(b"ID", session.ticket_id.encode())), 422, "invalid_payload")
    assert_unspent(session)


@pytest.mark.parametrize("result", [
    {"pan": CARD}, {"pan": int(CARD)}, {"a": [{"b": "4111 1111 1111 1111"}]}, {"note": "5555-5555-5555-4444 thanks"},
    {CARD: 1}, {"pan": "４１１１１１１１１１１１１１１１"}, {"vault_sealed": CARD}, {"token": f"tok_{CARD}"},
    {"groups": ["4111", "1111", "1111", "1111"]}, {"pan": 4.111111111111111e15},
], ids=str)
@pytest.mark.parametrize("sealed", [False, True], ids=["open", "sealed"])
def test_a_card_number_is_refused_and_kept_nowhere(stack, session, result, sealed):
    body = session.body(sealed=session.seal(result)) if sealed else session.body(result=result)
    assert_problem(session.redeem(body=body), 422, "card_data_refused")
    assert CARD not in stack.gateway.log
    for file in stack.gateway.data.rglob("*"):
        assert not file.is_file() or CARD.encode() not in file.read_bytes()
    assert_unspent(session)


# 409, 410, once

@pytest.mark.parametrize("count", [16, 256])
def test_of_many_at_once_exactly_one_wins(stack, count):
    phone = stack.person("pending")
    session = Session(stack.gateway, create_ticket(stack.gateway, phone))
    headers = JSON | {"Authorization": f"Bearer {session.token}"}
    wires = [Wire(stack.gateway.port) for _ in range(count)]
    try:
        for number, wire in enumerate(wires):
            path = session.callback("success" if number % 2 else "failure")
            data = request("POST", path, headers, session.body(result={"n": number}))
            wire.send(data[:-1])
            wire.last = data[-1:]
        for wire in wires:
            wire.send(wire.last)
        statuses = [wire.read("POST").status for wire in wires]
    finally:
        for wire in wires:
            wire.close()
    assert statuses.count(200) == 1 and set(statuses) <= {200, 409, 410}, statuses
    stack.agents.wait_call(phone)
    marker = stack.gateway.say(phone, "afterwards")
    stack.gateway.wait_delivered(marker)
    assert len(events(stack, phone)) == 1


@pytest.mark.parametrize("kill", [False, True], ids=["restart", "kill"])
def test_a_used_link_stays_used_and_an_open_one_open(own_stack, kill):
    own = own_stack()
    used, open_one = (Session(own.gateway, create_ticket(own.gateway, own.person())) for _ in range(2))
    assert used.redeem().status == 200
    own.gateway.restart(kill=kill)
    for outcome in ("success", "failure"):
        assert_problem(used.redeem(outcome), 410, "gone")
    assert open_one.redeem().status == 200


def test_a_lost_store_honours_nothing_of_before(own_stack):
    import shutil
    own = own_stack()
    session = Session(own.gateway, create_ticket(own.gateway, fresh_phone()))
    assert session.redeem().status == 200
    assert own.gateway.stop() == 0
    shutil.rmtree(own.gateway.data)
    own.gateway.start()
    assert_problem(session.redeem(), 404, "not_found")


def test_several_gateways_on_one_redis_redeem_once(on_redis):
    first = on_redis()
    shared = {name: value for name, value in first.gateway.env.items() if name.startswith(("LOLA_CALLBACK", "LOLA_JWT"))}
    second = on_redis(env=shared)
    phone = first.person("pending")
    session = Session(first.gateway, create_ticket(first.gateway, phone))
    elsewhere = Session(second.gateway, session.data)
    answers: list[int] = []
    threads = [threading.Thread(target=lambda one=one: answers.append(one.redeem().status))
               for one in [session, elsewhere] * 8]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert answers.count(200) == 1 and set(answers) <= {200, 409, 410}, answers
    first.agents.wait_call(phone)
    assert_problem(elsewhere.redeem(), 410, "gone")
    first.gateway.restart(kill=True)
    assert_problem(session.redeem(), 410, "gone")
    assert len(events(first, phone)) == 1


def test_a_redis_that_lost_its_data_honours_nothing_of_before(on_redis, redis):
    own = on_redis()
    session = Session(own.gateway, create_ticket(own.gateway, fresh_phone()))
    assert session.redeem().status == 200
    redis.command("FLUSHALL")
    eventually(lambda: session.redeem().status in (404, 410), 20, "the refusal")


@pytest.mark.timeout(60 + 10 * ROUNDS)
def test_kills_between_claim_and_effect(own_stack):
    """In each round callbacks are on their way when the process is killed. What was acknowledged has its event, what has
    an event cannot be redeemed again, and no ticket has two."""
    own = own_stack()
    chance = random.Random(20261121)
    people: list[tuple[str, Session]] = []
    acknowledged: set[str] = set()
    for number in range(ROUNDS):
        fresh = [(phone := own.person("pending"), Session(own.gateway, create_ticket(own.gateway, phone)))
                 for _ in range(6)]
        people += fresh
        wires = [Wire(own.gateway.port) for _ in fresh]
        for wire, (_, session) in zip(wires, fresh):
            headers = JSON | {"Authorization": f"Bearer {session.token}"}
            wire.send(request("POST", session.callback(), headers, session.body(result={"n": number})))
        time.sleep(chance.uniform(0, 0.02))
        own.gateway.kill()
        for wire, (_, session) in zip(wires, fresh):
            try:
                if wire.read("POST").status == 200:
                    acknowledged.add(session.ticket_id)
            except Exception:  # noqa: BLE001 - the kill
                pass
            wire.close()
        own.gateway.start()
    for _, session in people:
        answer = session.redeem()
        assert answer.status in (200, 410), answer
        if session.ticket_id in acknowledged:
            assert answer.status == 410, session.ticket_id
    for phone, session in people:
        own.agents.wait_calls(phone, 1, 20)
        keys = {call.header("Idempotency-Key") for call in own.agents.calls(phone)}
        assert keys == {f"callback:{session.ticket_id}"}
        # A call that a kill met may come again, the same: an agent knows it by its key.
        assert len({json.dumps(event, sort_keys=True) for event in events(own, phone)}) == 1


def test_a_tampered_token_takes_as_long_as_one_that_is_unknown(stack, session):
    token = session.callback().removeprefix("/callbacks/")
    flipped = token[:100] + ("A" if token[100] != "A" else "B") + token[101:]
    headers = JSON | {"Authorization": f"Bearer {session.token}"}
    times: dict[str, list[float]] = {flipped: [], "A" * len(token): [], "x": []}
    for number in range(300):
        # Three wrong tokens of an address: ten would lock it out.
        with Wire(stack.gateway.port, source=fresh_address()) as wire:
            wire.exchange(request("GET", "/livez"))
            for text, found in times.items():
                data = request("POST", f"/callbacks/{text}", headers, session.body(result={}))
                started = time.perf_counter()
                assert wire.exchange(data, "POST").status == 404
                if number >= 20:
                    found.append(time.perf_counter() - started)
    medians = [sorted(found)[len(found) // 2] for found in times.values()]
    assert max(medians) - min(medians) <= 200e-6, medians
