"""The HTTP agent and the way back: envelope, credentials, replies within limits, failures (CONTRACT §6)."""

from __future__ import annotations

import json
import re
import time

import pytest

from lolabox import payloads
from lolabox.gateway import PUBLIC_URL, TELEGRAM_TOKEN, WHATSAPP_TOKEN
from lolabox.payloads import PHONE_NUMBER_ID
from lolabox.stubs import AgentStub, GraphStub, Reply, TelegramStub
from lolabox.stubs.agent import AGENTS
from lolabox.tokens import agent_claims, published_keys, thumbprint
from lolabox.waiting import eventually

ATTEMPTS = 5


# What the agent receives

def test_the_envelope(stack):
    phone = stack.person(cards=["Visa ending 1234"], payment_methods=[{"type": "card", "display": "Visa ending 1234"}])
    message = payloads.whatsapp_text_message(phone, "hola ñandú \U0001f680", "wamid.ENVELOPE")
    message["timestamp"] = "1795168800"
    stack.gateway.whatsapp(payloads.encode(payloads.whatsapp_batch([message])))
    request = stack.agents.wait_call(phone)
    assert (request.method, request.header("Content-Type").split(";")[0]) == ("POST", "application/json")
    assert request.json() == {
        "version": 1,
        "agent": "sender_home",
        "conversation": f"whatsapp:{PHONE_NUMBER_ID}:{phone[1:]}",
        "message": {
            "key": "whatsapp:wamid.ENVELOPE",
            "type": "text",
            "text": "hola ñandú \U0001f680",
            "at": "2026-11-20T10:00:00Z",
            "attachments": [],
            "command": None,
        },
        "context_user": {
            "id": f"snd_{phone[1:]}",
            "name": "Ana Prueba",
            "phone": phone,
            "country": "US",
            "verdict": "passed",
            "is_blocked": False,
            "cards": ["Visa ending 1234"],
            "payment_methods": [{"type": "card", "display": "Visa ending 1234"}],
        },
        "unavailable_service": False,
        "state": None,
        "event": None,
    }


def test_one_trace_through_all_calls_of_a_message(stack):
    phone = stack.person()
    stack.agents.script(phone, Reply(503), Reply(500), AgentStub.says("at last"))
    stack.gateway.say(phone, "hola")
    calls = stack.agents.wait_calls(phone, 3) + stack.identity.asked(phone)
    traces = [call.header("traceparent").split("-") for call in calls]
    assert len(traces) == 4
    assert len({trace for _, trace, _, _ in traces}) == 1
    assert len({span for _, _, span, _ in traces}) == 4
    stack.gateway.say(phone, "otra")
    other = stack.agents.wait_calls(phone, 4)[3].header("traceparent").split("-")
    assert other[1] != traces[0][1]


def test_credentials_and_keys_of_the_request(stack):
    phone = stack.person()
    key = stack.gateway.say(phone, "hola")
    request = stack.agents.wait_call(phone)
    assert request.header("Idempotency-Key") == key
    assert re.fullmatch(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]", request.header("traceparent"))
    claims = agent_claims(stack.gateway, request, "sender_home")
    assert claims["iss"] == PUBLIC_URL
    assert 0 < claims["exp"] - claims["iat"] <= 60
    assert abs(claims["iat"] - time.time()) < 30


def test_the_audience_is_the_agent(stack):
    for verdict, agent in (("pending", "pending_cip"), ("blocked", "blocked")):
        phone = stack.person(verdict)
        stack.gateway.say(phone, "hola")
        agent_claims(stack.gateway, stack.agents.wait_call(phone), agent)


def test_the_published_keys(stack):
    answer = stack.gateway.get("/.well-known/jwks.json")
    assert re.search(r"max-age=[1-9]\d*", answer.header("Cache-Control"))
    assert answer.header("Content-Type").split(";")[0] in ("application/jwk-set+json", "application/json")
    keys = published_keys(stack.gateway)
    assert keys
    for kid, key in keys.items():
        assert "d" not in key
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
        assert len(key["x"]) == len(key["y"]) == 43
        assert kid == thumbprint(key)


def test_state_comes_back_with_the_next_message(stack):
    phone, other = stack.person(), stack.person()
    state = {"step": 3, "cart": ["a", {"b": None}], "text": "ñ\u2028"}
    stack.agents.script(phone, AgentStub.says("noted", state=state))
    stack.gateway.say(phone, "first")
    stack.gateway.say(phone, "second")
    stack.gateway.say(other, "hola")
    calls = stack.agents.wait_calls(phone, 2)
    assert [call.json()["state"] for call in calls] == [None, state]
    assert stack.agents.wait_call(other).json()["state"] is None


def test_state_over_16_KiB_is_not_kept(stack):
    phone = stack.person()
    stack.agents.script(phone, *[AgentStub.says("noted", state={"pad": "x" * 17_000})] * ATTEMPTS)
    stack.gateway.say(phone, "first")
    stack.graph.wait_texts(phone)
    stack.gateway.say(phone, "marker")
    (call,) = stack.agents.wait(lambda item: stack.agents.sender_of(item) == phone[1:]
                                and item.json()["message"]["text"] == "marker")
    assert call.json()["state"] is None


# Replies on WhatsApp

def test_the_request_to_the_graph_api(stack):
    phone = stack.person()
    stack.gateway.say(phone, "hola")
    stack.graph.wait_sends(phone)
    (request,) = stack.graph.sends(phone)
    assert request.path == f"/v23.0/{PHONE_NUMBER_ID}/messages"
    assert request.header("Authorization") == f"Bearer {WHATSAPP_TOKEN}"
    assert request.header("Content-Type").split(";")[0] == "application/json"
    body = request.json()
    assert body["messaging_product"] == "whatsapp" and body["recipient_type"] == "individual"
    assert body["to"].lstrip("+") == phone[1:]
    assert (body["type"], body["text"]["body"]) == ("text", "sender_home heard: hola")


def _replied(stack, phone: str, *items: dict, sends: int = 1) -> list[dict]:
    stack.agents.script(phone, AgentStub.replies(*items))
    stack.gateway.say(phone, "hola")
    return stack.graph.wait_sends(phone, sends)


def test_several_replies_arrive_in_order(stack):
    phone = stack.person()
    stack.agents.script(phone, AgentStub.says(*[f"line {number}" for number in range(6)]))
    stack.gateway.say(phone, "hola")
    assert stack.graph.wait_texts(phone, 6) == [f"line {number}" for number in range(6)]


def test_buttons(stack):
    buttons = [{"id": f"b{number}", "title": title}
               for number, title in enumerate(("Yes", "A title of twenty ch", "Much longer than twenty characters"))]
    (body,) = _replied(stack, stack.person(), {"type": "buttons", "text": "Continue?", "buttons": buttons})
    assert body["type"] == "interactive" and body["interactive"]["type"] == "button"
    assert body["interactive"]["body"]["text"] == "Continue?"
    replies = [button["reply"] for button in body["interactive"]["action"]["buttons"]]
    assert [reply["id"] for reply in replies] == ["b0", "b1", "b2"]
    assert replies[:2] == [{"id": "b0", "title": "Yes"}, {"id": "b1", "title": "A title of twenty ch"}]
    assert 0 < len(replies[2]["title"]) <= 20
    assert len({reply["title"] for reply in replies}) == 3


def test_a_list(stack):
    items = [{"id": f"i{number}", "title": f"Item {number}"} for number in range(9)]
    items.append({"id": "i9", "title": "A title of more than twenty-four characters", "description": "d" * 100})
    (body,) = _replied(stack, stack.person(),
                       {"type": "list", "text": "Choose", "button": "See all the options here", "items": items})
    assert body["interactive"]["type"] == "list"
    assert body["interactive"]["body"]["text"] == "Choose"
    action = body["interactive"]["action"]
    assert 0 < len(action["button"]) <= 20
    rows = [row for section in action["sections"] for row in section["rows"]]
    assert [row["id"] for row in rows] == [item["id"] for item in items]
    assert all(0 < len(row["title"]) <= 24 and len(row.get("description", "")) <= 72 for row in rows)


def test_a_link(stack):
    url = "https://bank.example/w/abc?x=1&y=%20"
    (body,) = _replied(stack, stack.person(), {"type": "link", "text": "Open this", "url": url})
    assert url in json.dumps(body) and "Open this" in json.dumps(body)


def test_a_long_text_is_split_without_losing_a_word(stack):
    phone = stack.person()
    text = " ".join(f"word{number:05d}ñ" for number in range(900))
    bodies = _replied(stack, phone, {"type": "text", "text": text}, sends=3)
    parts = [body["text"]["body"] for body in bodies]
    assert all(0 < len(part) <= 4096 for part in parts)
    assert " ".join(parts).split() == text.split()


@pytest.mark.parametrize("item", [
    {"type": "buttons", "text": "x", "buttons": [{"id": str(n), "title": str(n)} for n in range(4)]},
    {"type": "list", "text": "x", "button": "b", "items": [{"id": str(n), "title": str(n)} for n in range(11)]},
    {"type": "hologram", "text": "x"},
    {"type": "text"},
    {"type": "text", "text": 7},
    {"type": "link", "text": "x"},
    {"type": "link", "text": "x", "url": "javascript:alert(1)"},
    "text",
], ids=lambda item: json.dumps(item)[:60])
def test_a_malformed_reply_is_not_half_sent(stack, item):
    """A reply that cannot be sent as meant: the sender hears something, never a broken or dangerous part of it."""
    phone = stack.person()
    stack.agents.script(phone, *[Reply(200, {"replies": [item]})] * ATTEMPTS)
    stack.gateway.say(phone, "hola")
    bodies = stack.graph.wait_sends(phone)
    assert "javascript:" not in json.dumps(bodies) and "hologram" not in json.dumps(bodies)
    for body in bodies:
        if body["type"] == "interactive":
            action = body["interactive"]["action"]
            assert len(action.get("buttons", [])) <= 3
            assert sum(len(section["rows"]) for section in action.get("sections", [])) <= 10


# Replies on Telegram

def _telegram_replied(stack, *items: dict, sends: int = 1) -> list[dict]:
    user = payloads.fresh_user()
    stack.agents.script(user, AgentStub.replies(*items))
    stack.gateway.telegram(payloads.telegram_text(user, "hola"))
    return stack.bot.wait_sends(user, sends)


def test_a_telegram_text_is_plain(stack):
    (body,) = _telegram_replied(stack, {"type": "text", "text": "*not bold* <b>_x_"})
    assert body["text"] == "*not bold* <b>_x_" and "parse_mode" not in body


def test_telegram_buttons_are_a_keyboard(stack):
    buttons = [{"id": "yes", "title": "Yes"}, {"id": "no", "title": "No"}]
    (body,) = _telegram_replied(stack, {"type": "buttons", "text": "Continue?", "buttons": buttons})
    assert body["text"] == "Continue?"
    keys = [key for row in body["reply_markup"]["inline_keyboard"] for key in row]
    assert [(key["text"], key["callback_data"]) for key in keys] == [("Yes", "yes"), ("No", "no")]


def test_a_telegram_link_and_list(stack):
    url = "https://bank.example/w/abc"
    (body,) = _telegram_replied(stack, {"type": "link", "text": "Open", "url": url})
    assert url in json.dumps(body)
    items = [{"id": f"i{number}", "title": f"Item {number}"} for number in range(10)]
    (body,) = _telegram_replied(stack, {"type": "list", "text": "Choose", "button": "See", "items": items})
    assert all(item["title"] in json.dumps(body) for item in items)


def test_a_long_telegram_text_is_split_by_utf16_units(stack):
    text = "\U0001f680" * 3000
    bodies = _telegram_replied(stack, {"type": "text", "text": text}, sends=2)
    parts = [body["text"] for body in bodies]
    assert all(len(part.encode("utf-16-le")) // 2 <= 4096 for part in parts)
    assert "".join(parts) == text


def test_the_bot_token_is_in_the_path_of_the_call(stack):
    _telegram_replied(stack, {"type": "text", "text": "x"})
    assert stack.bot.requests[-1].path.startswith(f"/bot{TELEGRAM_TOKEN}/")


# Nothing to say

@pytest.mark.parametrize("reply", [
    Reply(202), Reply(202, {"replies": [{"type": "text", "text": "ignored"}]}), Reply(200, b""), Reply(200, {}),
    Reply(200, {"replies": []}),
], ids=["202", "202 with a body", "200 empty", "200 {}", "200 no replies"])
def test_nothing_to_say(stack, reply):
    phone = stack.person()
    stack.agents.script(phone, reply)
    stack.gateway.say(phone, "first")
    stack.gateway.say(phone, "second")
    assert stack.graph.wait_texts(phone) == ["sender_home heard: second"]
    assert len(stack.agents.calls(phone)) == 2


# Failures of the agent

@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 425, 429])
def test_a_failure_is_retried_with_the_same_key(stack, status):
    phone = stack.person()
    stack.agents.script(phone, Reply(status, {}), Reply(status, b"<html>"), AgentStub.says("at last"))
    key = stack.gateway.say(phone, "hola")
    assert stack.graph.wait_texts(phone) == ["at last"]
    calls = stack.agents.calls(phone)
    assert [call.header("Idempotency-Key") for call in calls] == [key] * 3
    assert len({call.body for call in calls}) == 1


@pytest.mark.parametrize("reply", [
    Reply(200, b"not json"), Reply(200, b'{"replies":[],"replies":[]}'), Reply(200, {"replies": "text"}),
    Reply(200, b"x" * 300_000), Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"), Reply(raw=b""),
    Reply(302, b"", {"Location": "/agents/onboarding"}),
], ids=["not JSON", "duplicate key", "wrong type", "oversized", "cut off", "closed", "redirect"])
def test_a_broken_answer_ends_in_one_notice(stack, reply):
    phone = stack.person()
    stack.agents.script(phone, *[reply] * ATTEMPTS)
    stack.gateway.say(phone, "hola")
    (notice,) = stack.graph.wait_texts(phone, timeout=20)
    assert notice and "json" not in notice.lower()
    # Order: whatever else was to come for this message would be before the next one's reply.
    stack.agents.forget(phone)
    stack.gateway.say(phone, "marker")
    assert stack.graph.wait_texts(phone, 2, timeout=20)[1:] == ["sender_home heard: marker"]


def test_after_the_last_retry_there_is_one_notice_and_a_dead_letter(stack):
    phone = stack.person()
    stack.agents.script(phone, *[Reply(500, {})] * ATTEMPTS)
    key = stack.gateway.say(phone, "hola")
    assert len(stack.graph.wait_texts(phone)) == 1
    assert len(stack.agents.calls(phone)) == ATTEMPTS
    record = eventually(lambda: _dead(stack.gateway.record(key)), what="a dead letter in the record")
    assert "hola" not in json.dumps(record)
    stack.gateway.say(phone, "marker")
    assert stack.graph.wait_texts(phone, 2)[1] == "sender_home heard: marker"


def _dead(record: dict) -> dict | None:
    return record if "dead" in json.dumps(record) else None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 413, 422])
def test_a_refusal_is_final_at_once(stack, status):
    phone = stack.person()
    stack.agents.script(phone, Reply(status, {"error": "no"}))
    stack.gateway.say(phone, "hola")
    stack.gateway.say(phone, "marker")
    texts = stack.graph.wait_texts(phone, 2)
    assert texts[1] == "sender_home heard: marker"
    assert len(stack.agents.calls(phone)) == 2


def test_a_silent_agent_is_given_up_and_retried(stack):
    phone = stack.person()
    stack.agents.script(phone, Reply(silent=True), AgentStub.says("awake"))
    stack.gateway.say(phone, "hola")
    assert stack.graph.wait_texts(phone, timeout=15) == ["awake"]


def test_a_later_message_waits_for_the_retries_of_the_first(stack):
    phone = stack.person()
    stack.agents.script(phone, Reply(500, {}), Reply(500, {}), AgentStub.says("first"))
    stack.gateway.say(phone, "one")
    stack.gateway.say(phone, "two")
    assert stack.graph.wait_texts(phone, 2) == ["first", "sender_home heard: two"]
    assert [call.json()["message"]["text"] for call in stack.agents.calls(phone)] == ["one"] * 3 + ["two"]


def test_without_a_url_the_scripted_agent_answers(own_stack):
    own = own_stack(without=tuple(f"LOLA_AGENT_{name.upper()}_URL" for name in AGENTS))
    texts = {}
    for verdict in ("passed", "pending", "blocked"):
        phone = own.person(verdict)
        own.gateway.say(phone, "hola")
        texts[verdict] = json.dumps(own.graph.wait_sends(phone)[0])
    assert len(set(texts.values())) == 3


# Failures of the channel

@pytest.mark.parametrize("failure", [
    Reply(500, {}), Reply(503, b"<html>"), Reply(raw=b""), GraphStub.error(131000, 500), GraphStub.error(131016, 500),
    GraphStub.error(131057, 503), GraphStub.error(130429, 429), GraphStub.error(80007, 429), GraphStub.error(4, 429),
    GraphStub.error(131056, 400),
], ids=["500", "503", "closed", "131000", "131016", "131057", "130429", "80007", "4", "131056"])
def test_a_passing_failure_of_the_graph_api_is_retried(stack, failure):
    phone = stack.person()
    stack.graph.script(phone[1:], failure)
    stack.gateway.say(phone, "hola")
    bodies = stack.graph.wait_sends(phone, 2, timeout=20)
    assert bodies[0] == bodies[1] and len(bodies) == 2
    # The agent was asked once: only the delivery is repeated.
    assert len(stack.agents.calls(phone)) == 1


@pytest.mark.parametrize("code", [100, 131008, 131009, 131021, 131030, 131031, 131042, 131047, 131051, 131062, 132000])
def test_a_final_failure_of_the_graph_api_is_not_retried(stack, code):
    phone = stack.person()
    stack.graph.script(phone[1:], GraphStub.error(code))
    key = stack.gateway.say(phone, "hola")
    stack.graph.wait_sends(phone)
    eventually(lambda: _dead(stack.gateway.record(key)), what="a dead letter")
    stack.gateway.say(phone, "marker")
    bodies = stack.graph.wait_sends(phone, 2)
    assert [body["text"]["body"] for body in bodies] == ["sender_home heard: hola", "sender_home heard: marker"]


def test_an_undeliverable_address_is_tried_once_in_its_other_form(stack):
    number = f"55125{5000 + len(stack.graph.requests):05d}"
    received, other = f"521{number}", f"52{number}"
    stack.graph.script(received, GraphStub.error(131026))
    stack.gateway.say("+" + received, "hola")
    assert len(stack.graph.wait_sends(other)) == 1
    assert len(stack.graph.sends(received)) == 1


def test_retry_after_of_telegram_is_honoured(stack):
    user = payloads.fresh_user()
    stack.bot.script(user, TelegramStub.error(429, "Too Many Requests: retry after 1", retry_after=1))
    stack.gateway.telegram(payloads.telegram_text(user, "hola"))
    stack.bot.wait_sends(user, 2)
    first, second = stack.bot.sends(user)
    assert second.at - first.at >= 0.95


@pytest.mark.parametrize("failure", [
    TelegramStub.error(403, "Forbidden: bot was blocked by the user"),
    TelegramStub.error(400, "Bad Request: chat not found"),
], ids=["403", "400"])
def test_a_final_failure_of_telegram_is_not_retried(stack, failure):
    user = payloads.fresh_user()
    stack.bot.script(user, failure)
    stack.gateway.telegram(payloads.telegram_text(user, "hola"))
    stack.bot.wait_sends(user)
    stack.gateway.telegram(payloads.telegram_text(user, "marker"))
    texts = [body["text"] for body in stack.bot.wait_sends(user, 2)]
    assert texts == ["onboarding heard: hola", "onboarding heard: marker"]
