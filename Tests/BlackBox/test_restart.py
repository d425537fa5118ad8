"""What outlives the process: ids, state, contacts, replies in doubt, retries, dead letters; and nothing in clear."""

from __future__ import annotations

import json
import struct
import time

import pytest

from lolabox import payloads
from lolabox.gateway import ORCHESTRATOR_TOKEN, Gateway, run
from lolabox.payloads import encode, fresh_id, fresh_phone, fresh_user
from lolabox.problems import assert_problem
from lolabox.stubs import AgentStub, Reply
from lolabox.waiting import eventually, never

#: A retry that is due long after the test is over.
LATE_RETRY = '{ agents: { retry: ["60s"], timeout: "2s" } }'
FAILURES = 5


def _waiting(gateway: Gateway) -> float:
    return gateway.metric_sum("^lola_messages_waiting ")


def _idle(gateway: Gateway) -> None:
    eventually(lambda: _waiting(gateway) == 0, what="the end of every message")


# Kept

@pytest.mark.parametrize("kill", [False, True], ids=["SIGTERM", "SIGKILL"])
def test_ids_state_and_contacts_survive(own_stack, kill):
    own = own_stack()
    gateway = own.gateway
    phone, user = own.person(), fresh_user()
    own.agents.script(phone, AgentStub.says("noted", state={"step": 1}))
    native, update = fresh_id(), 600_000_000 + user
    gateway.say(phone, "first", native)
    gateway.telegram(payloads.telegram_contact(user, phone))
    gateway.telegram(payloads.telegram_text(user, "first", update))
    own.bot.wait_sends(user, 2)
    own.graph.wait_texts(phone)
    _idle(gateway)
    gateway.restart(kill)
    assert gateway.whatsapp(payloads.whatsapp_text(phone, "first", native)).status == 200
    assert gateway.telegram(payloads.telegram_text(user, "first", update)).status == 200
    assert gateway.metric_sum('^lola_webhook_parts_total{kind="duplicate"}') == 2
    gateway.say(phone, "second")
    gateway.telegram(payloads.telegram_text(user, "second"))
    second = own.agents.wait_calls(phone, 2)[1].json()
    assert (second["message"]["text"], second["state"]) == ("second", {"step": 1})
    of_user = own.agents.wait_calls(user, 3)[2].json()
    assert (of_user["message"]["text"], of_user["agent"]) == ("second", "sender_home")
    assert of_user["context_user"]["phone"] == phone


def test_a_message_in_hand_goes_on_with_its_key(own_stack):
    own = own_stack()
    phone = own.person()
    own.agents.script(phone, Reply(silent=True))
    key = own.gateway.say(phone, "first")
    own.gateway.say(phone, "second")
    own.agents.wait_call(phone)
    own.gateway.restart(kill=True)
    assert own.graph.wait_texts(phone, 2) == ["sender_home heard: first", "sender_home heard: second"]
    assert [call.header("Idempotency-Key") for call in own.agents.calls(phone)][:2] == [key, key]
    assert own.gateway.metric_sum("^lola_messages_recovered_total ") == 2


def test_a_message_that_waits_for_a_retry_does_not_hold_up_a_drain(own_stack):
    own = own_stack(config=LATE_RETRY)
    phone = own.person()
    own.agents.script(phone, Reply(503, {}))
    key = own.gateway.say(phone, "first")
    own.gateway.say(phone, "second")
    own.gateway.wait_record(key, "agent")
    started = time.monotonic()
    assert own.gateway.stop() == 0
    assert time.monotonic() - started < 3
    own.gateway.start()
    assert own.graph.wait_texts(phone, 2) == ["sender_home heard: first", "sender_home heard: second"]
    assert [call.header("Idempotency-Key") for call in own.agents.calls(phone)][:2] == [key, key]


# Replies in doubt

def _in_doubt(own, replies: int = 2) -> tuple[str, dict]:
    """A conversation whose first reply reached the channel, while its gateway was killed before it knew: the phone and
    the body of that reply."""
    phone = own.person()
    own.agents.script(phone, AgentStub.says(*[f"line {number}" for number in range(replies)]))
    own.graph.script(phone[1:], Reply(silent=True))
    own.gateway.say(phone, "hola")
    (body,) = own.graph.wait_sends(phone)
    own.gateway.restart(kill=True)
    eventually(lambda: own.gateway.metric_sum("^lola_messages_recovered_total ") == 1, what="the message")
    return phone, body


def _status(body: dict, state: str) -> bytes:
    batch = payloads.whatsapp_batch([])
    value = batch["entry"][0]["changes"][0]["value"]
    del value["messages"], value["contacts"]
    value["statuses"] = [{
        "id": "wamid.SENT", "status": state, "timestamp": str(int(time.time())), "recipient_id": body["to"],
        "biz_opaque_callback_data": body["biz_opaque_callback_data"]}]
    if state == "failed":
        value["statuses"][0]["errors"] = [{"code": 131026, "title": "Message undeliverable"}]
    return encode(batch)


@pytest.mark.parametrize("state", ["sent", "delivered", "read"])
def test_a_reply_in_doubt_that_the_channel_reports_is_not_sent_again(own_stack, state):
    own = own_stack()
    phone, body = _in_doubt(own)
    assert own.gateway.whatsapp(_status(body, state)).status == 200
    assert own.graph.wait_texts(phone, 2) == ["line 0", "line 1"]
    _idle(own.gateway)
    assert own.graph.wait_texts(phone, 2) == ["line 0", "line 1"]
    assert len(own.agents.calls(phone)) == 1


def test_a_reply_in_doubt_that_the_channel_could_not_deliver_is_given_up(own_stack):
    own = own_stack()
    phone, body = _in_doubt(own)
    assert own.gateway.whatsapp(_status(body, "failed")).status == 200
    (letter,) = eventually(lambda: own.gateway.admin("GET", "dlq")["items"], what="the dead letter")
    assert (letter["stage"], letter["sent"]) == ("delivery", 0)
    assert len(own.graph.sends(phone)) == 1


def test_a_reply_in_doubt_does_not_hold_up_a_drain_and_is_sent_again_at_last(own_stack):
    own = own_stack()
    phone, body = _in_doubt(own)
    never(lambda: len(own.graph.sends(phone)) > 1, during=1.0, what="sent again")
    started = time.monotonic()
    assert own.gateway.stop() == 0
    assert time.monotonic() - started < 3
    own.gateway.start()
    texts = own.graph.wait_texts(phone, 3, timeout=20)
    assert texts == ["line 0", "line 0", "line 1"]
    references = [sent.json()["biz_opaque_callback_data"] for sent in own.graph.sends(phone)]
    assert references[0] == references[1] == body["biz_opaque_callback_data"] != references[2]
    assert len(own.agents.calls(phone)) == 1


# Dead letters

def _dlq(gateway: Gateway, *arguments: str):
    return run("dlq", *arguments, env={
        "ORCHESTRATOR_SECURITY_TOKEN": ORCHESTRATOR_TOKEN,
        "LOLA_MANAGEMENT_LISTEN": f"127.0.0.1:{gateway.management_port}"})


def _given_up(own, text: str = "hola") -> tuple[str, str, dict]:
    """A message whose agent failed for good: phone, key and dead letter."""
    phone = own.person()
    own.agents.script(phone, *[Reply(500, {})] * FAILURES)
    key = own.gateway.say(phone, text)
    own.graph.wait_texts(phone)
    letters = own.gateway.admin("GET", "dlq")["items"]
    (letter,) = [letter for letter in letters if letter["key"] == key]
    _idle(own.gateway)
    return phone, key, letter


def test_dead_letters_by_command(own_stack):
    own = own_stack()
    gateway = own.gateway
    assert _dlq(gateway, "list").returncode == 0
    phone, key, letter = _given_up(own, "secret text")
    assert (letter["stage"], letter["attempts"], letter["channel"]) == ("agent", FAILURES, "whatsapp")
    gateway.restart(kill=True)
    listed = _dlq(gateway, "list")
    assert listed.returncode == 0 and letter["id"] in listed.stdout and key in listed.stdout
    assert [json.loads(line)["id"] for line in _dlq(gateway, "list", "--json").stdout.splitlines()] == [letter["id"]]
    shown = _dlq(gateway, "show", letter["id"])
    assert shown.returncode == 0 and "reason: status_5xx" in shown.stdout
    for said in (listed.stdout, shown.stdout, json.dumps(letter)):
        assert "secret text" not in said and phone[1:] not in said
    replayed = _dlq(gateway, "replay", letter["id"])
    assert replayed.returncode == 0, replayed
    assert own.graph.wait_texts(phone, 2)[1] == "sender_home heard: secret text"
    calls = own.agents.calls(phone)
    assert len(calls) == FAILURES + 1 and {call.header("Idempotency-Key") for call in calls} == {key}
    assert gateway.admin("GET", "dlq")["items"] == []
    for action in ("replay", "drop", "show"):
        again = _dlq(gateway, action, letter["id"])
        assert again.returncode == 1 and "no such dead letter" in again.stderr
        for wrong in ("x", letter["id"].upper() + "0", "../dlq", letter["id"] + "/.."):
            told = _dlq(gateway, action, wrong)
            assert told.returncode == 1 and told.stdout == ""
            assert told.stderr.strip() == f"{wrong} is no id of a dead letter: 32 hex digits are expected"
    trail = gateway.admin("GET", "audit")["items"]
    actions = [(item["action"], item["subject"]) for item in trail if item["action"].startswith("dlq.")]
    assert actions == [("dlq.replayed", letter["id"])]
    # What was replayed is known still: the provider's repetition has no effect.
    _idle(gateway)
    native = key.removeprefix("whatsapp:")
    assert gateway.whatsapp(payloads.whatsapp_text(phone, "secret text", native)).status == 200
    assert gateway.metric_sum('^lola_webhook_parts_total{kind="duplicate"}') == 1


def test_dead_letters_by_admin_api(own_stack):
    own = own_stack()
    gateway = own.gateway
    letters = [_given_up(own)[2] for _ in range(3)]
    ids = sorted(letter["id"] for letter in letters)
    page = gateway.admin("GET", "dlq?limit=2")
    assert [item["id"] for item in page["items"]] == ids[:2]
    page = gateway.admin("GET", f"dlq?limit=2&cursor={page['next']}")
    assert [item["id"] for item in page["items"]] == ids[2:] and page["next"] is None
    assert gateway.admin("GET", f"dlq/{ids[0]}")["id"] == ids[0]
    assert gateway.admin("POST", "dlq", {"id": ids[0], "action": "drop"})["status"] == "dropped"
    assert gateway.manage("DELETE", f"/admin/api/dlq/{ids[1]}").status == 204
    for gone in ids[:2]:
        assert_problem(gateway.manage("GET", f"/admin/api/dlq/{gone}"), 404)
        assert_problem(gateway.manage("DELETE", f"/admin/api/dlq/{gone}"), 404)
    assert_problem(gateway.manage("POST", "/admin/api/dlq", {"id": ids[2], "action": "burn"}), 400)
    assert_problem(gateway.manage("POST", "/admin/api/dlq", {"id": "x", "action": "drop"}), 400)
    assert_problem(gateway.manage("GET", "/admin/api/dlq", token=None), 401)
    gateway.restart()
    assert [item["id"] for item in gateway.admin("GET", "dlq")["items"]] == ids[2:]
    assert gateway.admin("POST", "dlq", {"id": ids[2], "action": "replay"})["status"] == "replayed"
    assert gateway.admin("GET", "quarantine") == {"items": [], "next": None}


def test_a_delivery_that_was_given_up_is_replayed_without_the_agent(own_stack):
    own = own_stack()
    phone = own.person()
    own.agents.script(phone, AgentStub.says("line 0", "line 1"))
    own.graph.script(phone[1:], Reply(200, {"messages": [{"id": "wamid.X"}]}), own.graph.error(131047))
    own.gateway.say(phone, "hola")
    (letter,) = eventually(lambda: own.gateway.admin("GET", "dlq")["items"], what="the dead letter")
    assert (letter["stage"], letter["replies"], letter["sent"]) == ("delivery", 2, 1)
    _idle(own.gateway)
    own.gateway.admin("POST", "dlq", {"id": letter["id"], "action": "replay"})
    assert own.graph.wait_texts(phone, 3, timeout=20) == ["line 0", "line 1", "line 1"]
    assert len(own.agents.calls(phone)) == 1


def test_a_replay_while_the_notice_is_on_its_way_is_not_lost(own_stack):
    """The dead letter stands as soon as the agent has failed; the notice may take much longer."""
    own = own_stack()
    phone = own.person()
    own.agents.script(phone, *[Reply(500, {})] * FAILURES)
    own.graph.script(phone[1:], Reply(200, {"messages": [{"id": "wamid.X"}]}, delay=4.0))
    key = own.gateway.say(phone, "hola")
    (letter,) = eventually(lambda: own.gateway.admin("GET", "dlq")["items"], what="the dead letter")
    own.graph.wait_sends(phone)
    replay = {"id": letter["id"], "action": "replay"}
    assert_problem(own.gateway.manage("POST", "/admin/api/dlq", replay), 409, "in_hand")
    early = _dlq(own.gateway, "replay", letter["id"])
    assert early.returncode == 1 and "still in hand" in early.stderr
    _idle(own.gateway)
    own.gateway.admin("POST", "dlq", replay)
    assert own.graph.wait_texts(phone, 2)[1] == "sender_home heard: hola"
    assert own.agents.calls(phone)[-1].header("Idempotency-Key") == key


# A message that kills the process

def _blame(gateway: Gateway, record: str) -> None:
    """Writes into the crash page what a process leaves that dies in the code of a message."""
    page = gateway.data / "crash-page"
    octets = bytearray(page.read_bytes())
    high, low = int(record[:16], 16), int(record[16:], 16)
    octets[32:56] = struct.pack("=QQQ", 0x3164_6C65_4841_4C4C, high, low)
    page.write_bytes(octets)


def test_a_message_that_kills_the_process_three_times_is_put_aside(own_stack):
    own = own_stack()
    gateway = own.gateway
    phone, _, letter = _given_up(own, "poison")
    own.agents.script(phone, *[Reply(silent=True)] * 3)
    gateway.admin("POST", "dlq", {"id": letter["id"], "action": "replay"})
    gateway.say(phone, "behind it")
    for crashes in range(1, 4):
        own.agents.wait_calls(phone, FAILURES + crashes)
        gateway.kill()
        _blame(gateway, letter["id"])
        gateway.start()
    # What waited behind it goes on; the message itself is kept for an operator.
    assert own.graph.wait_texts(phone, 2)[1] == "sender_home heard: behind it"
    assert len(own.agents.calls(phone)) == FAILURES + 4
    (item,) = gateway.admin("GET", "quarantine")["items"]
    assert (item["id"], item["reason"]) == (letter["id"], "crashed") and item["octets"] > 0
    assert "poison" not in json.dumps(item)
    crashed = [(line["record"], line["crashes"]) for line in gateway.events("message_crashed")]
    assert crashed == [(letter["id"], str(number)) for number in range(1, 4)]
    (line,) = gateway.events("message_quarantined")
    assert (line["record"], line["crashes"], line["level"]) == (letter["id"], "3", "error")
    gateway.restart()
    assert len(gateway.admin("GET", "quarantine")["items"]) == 1


# In clear

def test_nothing_of_a_sender_stands_in_clear(own_stack):
    """While a message waits, after one is done, given up, and with state and contact kept."""
    own = own_stack(config=LATE_RETRY)
    gateway = own.gateway
    done, waiting, refused = (own.person(name="Canaryname Apellido") for _ in range(3))
    user = fresh_user()
    own.agents.script(done, AgentStub.says("canaryreply", state={"canarystate": "canaryvalue"}))
    own.agents.script(waiting, Reply(503, {}))
    own.agents.script(refused, Reply(400, {}))
    natives = [fresh_id("wamid.CANARY") for _ in range(3)]
    for phone, native in zip((done, waiting, refused), natives, strict=True):
        gateway.say(phone, "canarytext", native)
    gateway.telegram(payloads.telegram_contact(user, done))
    gateway.telegram(payloads.telegram_text(user, "canarytext"))
    for phone in (done, refused):
        own.graph.wait_texts(phone)
    own.agents.wait_call(waiting)
    own.bot.wait_sends(user, 2)
    eventually(lambda: _waiting(gateway) == 1, what="one message that waits")
    gateway.kill()
    octets = b"".join(path.read_bytes() for path in gateway.data.rglob("*") if path.is_file())
    assert len(octets) > 2_000
    canaries = ["Canaryname", "Apellido", "canarytext", "canaryreply", "canarystate", "canaryvalue", "CANARY",
                "wamid", "whatsapp", "telegram", str(user), *natives]
    canaries += [phone[1:] for phone in (done, waiting, refused)]
    assert [canary for canary in canaries if canary.encode() in octets] == []
    for path in gateway.data.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert gateway.data.stat().st_mode & 0o077 == 0
