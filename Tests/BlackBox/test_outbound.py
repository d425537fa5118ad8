"""What agents send by themselves: `POST /v1/messages` through the outbound gate (CONTRACT §8, §9, §11)."""

from __future__ import annotations

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import pytest

from lolabox import payloads
from lolabox.gateway import Gateway
from lolabox.operator import HOSTILE
from lolabox.payloads import PHONE_NUMBER_ID, fresh_id, fresh_phone, fresh_user
from lolabox.stubs import Reply
from lolabox.waiting import eventually
from lolabox.wire import Answer, fetch

BOT = "7000000001"


class Agent:
    """An agent with a token of its own."""

    def __init__(self, gateway: Gateway, scopes: list[str] | None = None, **limits: float):
        self.gateway = gateway
        self.id = "agent-" + fresh_id("")
        more = {} if scopes is None else {"scopes": scopes}
        self.token = gateway.admin("POST", "tokens", {"agent": self.id} | more, 201)["token"]
        if limits:
            gateway.admin("PUT", f"agents/{self.id}/limits", limits)

    def call(self, method: str, path: str, body: object = None, raw: bytes | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        return fetch(self.gateway.port, method, "/v1/" + path, headers, data)

    def send(self, to: str, text: str = "Your card is ready.", channel: str = "whatsapp", **more: object) -> Answer:
        return self.call("POST", "messages", {"channel": channel, "to": to, "text": text} | more)


def consent(gateway: Gateway, address: str, channel: str = "whatsapp", type: str = "express",
            status: str = "granted") -> None:
    gateway.admin("POST", "consent", {"address": address, "channel": channel, "type": type, "status": status}, 201)


def suppress(gateway: Gateway, address: str) -> dict:
    return gateway.admin("POST", "dnc", {"address": address}, 201)


def refused(answer: Answer, status: int, code: str) -> dict:
    assert answer.status == status, answer
    assert answer.header("Content-Type") == "application/problem+json", answer
    problem = answer.json()
    assert problem["status"] == status and problem["code"] == code, problem
    assert problem["request_id"] and problem["title"] and problem["type"]
    return problem


def digits(phone: str) -> str:
    return phone.lstrip("+")


# What goes out

def test_an_order_goes_out_and_its_state_can_be_asked_for(stack):
    agent, phone = Agent(stack.gateway), fresh_phone()
    consent(stack.gateway, phone)
    answer = agent.send(phone, "Hola, ¿qué tal? 👋")
    assert answer.status == 202, answer
    receipt = answer.json()
    assert re.fullmatch(r"out:[0-9a-f]{32}", receipt["key"])
    assert (receipt["status"], receipt["channel"], receipt["warnings"]) == ("sent", "whatsapp", [])
    assert receipt["remaining"]["per_minute"] == 9 and receipt["remaining"]["per_day"] == 499
    (body,) = stack.graph.wait_sends(digits(phone))
    assert body["text"]["body"] == "Hola, ¿qué tal? 👋"
    assert body["biz_opaque_callback_data"] == receipt["key"][4:] + ".9000"
    shown = agent.call("GET", "messages/" + receipt["key"])
    assert shown.status == 200 and shown.json()["status"] == "sent"
    assert set(shown.json()) == {"key", "agentId", "channel", "purpose", "status", "created_at", "updated_at"}


def status_webhook(reference: str, state: str) -> bytes:
    value = {"messaging_product": "whatsapp", "metadata": {"display_phone_number": "1", "phone_number_id": PHONE_NUMBER_ID},
             "statuses": [{"id": fresh_id(), "status": state, "timestamp": "1795168800", "recipient_id": "1",
                           "biz_opaque_callback_data": reference}]}
    return payloads.encode({"object": "whatsapp_business_account",
                            "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]})


def test_receipts_of_the_channel_move_the_order_forwards_only(stack):
    agent, phone = Agent(stack.gateway), fresh_phone()
    consent(stack.gateway, phone)
    key = agent.send(phone).json()["key"]

    def state() -> str:
        return agent.call("GET", "messages/" + key).json()["status"]

    for told, wanted in [("delivered", "delivered"), ("sent", "delivered"), ("read", "read"), ("failed", "read")]:
        assert stack.gateway.whatsapp(status_webhook(key[4:] + ".9000", told)).status == 200
        eventually(lambda: state() == wanted, what=f"{wanted} after {told}")
    assert state() == "read"


def test_a_telegram_order_needs_the_chat_only(stack):
    agent, user = Agent(stack.gateway), fresh_user()
    consent(stack.gateway, f"telegram:{user}", "telegram")
    assert agent.send(str(user), channel="telegram").status == 202
    assert agent.send(f"telegram:{user}", channel="telegram").status == 202
    assert len(stack.bot.wait_sends(user, 2)) == 2


def test_a_message_that_came_in_stands_for_consent_in_its_conversation_and_on_other_channels(stack):
    agent, phone = Agent(stack.gateway), fresh_phone()
    conversation = f"whatsapp:{PHONE_NUMBER_ID}:{digits(phone)}"
    order = {"conversation": conversation, "text": "Your card is ready."}
    refused(agent.call("POST", "messages", order), 403, "consent_required")
    stack.gateway.say(digits(phone), "hola")
    answer = agent.call("POST", "messages", order)
    assert answer.status == 202 and answer.json()["channel"] == "whatsapp", answer
    eventually(lambda: "Your card is ready." in stack.graph.wait_texts(digits(phone)), what="the text")
    assert agent.send(phone).status == 202
    refused(agent.call("POST", "messages", order | {"purpose": "marketing"}), 403, "consent_required")
    for other in ["whatsapp:1:" + digits(phone), f"telegram:{BOT}0:1", "sms:1:2", "whatsapp", "whatsapp::", "x" * 250]:
        refused(agent.call("POST", "messages", order | {"conversation": other}), 403, "conversation_unknown")


def test_card_numbers_never_reach_the_provider(stack):
    agent, phone = Agent(stack.gateway), fresh_phone()
    consent(stack.gateway, phone)
    answer = agent.send(phone, "Card 4111 1111 1111 1111")
    assert answer.status == 202 and len(answer.json()["warnings"]) == 1
    assert stack.graph.wait_texts(digits(phone)) == ["Card **** **** **** 1111"]


# What does not

def test_refusals_come_in_the_order_of_the_contract(stack):
    gateway, agent, phone = stack.gateway, Agent(stack.gateway, per_minute=0, spend_per_day=0), fresh_phone()

    def say(**more: object) -> Answer:
        return agent.send(phone, "I will kill you", **more)

    gateway.admin("PUT", f"agents/{agent.id}", {"status": "inactive", "channels": ["sms"]})
    suppress(gateway, phone)
    refused(say(), 403, "agent_inactive")
    gateway.admin("PUT", f"agents/{agent.id}", {"status": "active"})
    refused(say(), 403, "channel_not_allowed")
    refused(say(channel="sms"), 403, "channel_off")
    gateway.admin("PUT", f"agents/{agent.id}", {"channels": ["whatsapp", "sms"]})
    refused(say(), 403, "consent_required")
    consent(gateway, phone)
    refused(say(), 403, "do_not_contact")
    (entry,) = gateway.admin("GET", "dnc?address=" + phone.replace("+", "%2B"))["items"]
    assert gateway.manage("DELETE", f"/admin/api/dnc/{entry['id']}").status == 204
    refused(say(), 403, "content_refused")
    refused(agent.send(phone), 429, "rate_limited")
    gateway.admin("PUT", f"agents/{agent.id}/limits", {"per_minute": 1})
    refused(agent.send(phone), 429, "spend_limited")
    gateway.admin("PUT", f"agents/{agent.id}/limits", {"spend_per_day": 1})
    assert agent.send(phone).status == 202
    assert stack.graph.wait_texts(digits(phone)) == ["Your card is ready."]


def test_a_limit_says_what_the_agent_can_do_about_it(stack):
    agent, phone = Agent(stack.gateway, per_minute=2), fresh_phone()
    consent(stack.gateway, phone)
    assert [agent.send(phone).json()["remaining"]["per_minute"] for _ in range(2)] == [1, 0]
    answer = agent.send(phone)
    problem = refused(answer, 429, "rate_limited")
    assert (problem["limitType"], problem["current"], problem["max"]) == ("per_minute", 2, 2)
    assert 1 <= problem["retryAfterSeconds"] <= 60
    assert answer.header("Retry-After") == str(problem["retryAfterSeconds"])
    resets = datetime.strptime(problem["resetsAt"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    assert 0 <= (resets - datetime.now(timezone.utc)).total_seconds() <= 61
    assert "per_minute (2/2)" in problem["detail"]
    # What was refused took nothing; operators see the same.
    used = stack.gateway.admin("GET", f"agents/{agent.id}/limits")["used"]
    assert (used["per_minute"], used["per_hour"], used["per_day"]) == (2, 2, 2) and 0 < used["spend_per_day"] < 1


def test_check_then_act_race_64_clients_on_a_limit_of_20(own_stack):
    """Defect of the original: the limit was read, the message sent, and then counted."""
    stack = own_stack(env={"LOLA_LOOPS": "4"})
    agent, phone = Agent(stack.gateway, per_minute=20, spend_per_day=100), fresh_phone()
    consent(stack.gateway, phone)
    barrier = threading.Barrier(64)

    def client(_: int) -> list[int]:
        barrier.wait()
        return [agent.send(phone).status for _ in range(3)]

    with ThreadPoolExecutor(64) as pool:
        statuses = [status for found in pool.map(client, range(64)) for status in found]
    assert statuses.count(202) == 20 and statuses.count(429) == 172, sorted(set(statuses))
    assert len(stack.graph.wait_texts(digits(phone), 20)) == 20


def test_a_restart_keeps_what_was_used_and_what_was_sent(own_stack):
    stack = own_stack()
    agent, phone = Agent(stack.gateway, per_hour=2), fresh_phone()
    consent(stack.gateway, phone)
    key = agent.send(phone).json()["key"]
    assert agent.send(phone).status == 202
    stack.gateway.restart(kill=True)
    problem = refused(agent.send(phone), 429, "rate_limited")
    assert (problem["limitType"], problem["current"]) == ("per_hour", 2)
    assert agent.call("GET", "messages/" + key).json()["status"] == "sent"


def test_limits_hold_over_gateways_on_one_redis(on_redis):
    first, second = on_redis(), on_redis()
    agent, phone = Agent(first.gateway, per_minute=10), fresh_phone()
    consent(first.gateway, phone)
    others = Agent.__new__(Agent)
    others.gateway, others.id, others.token = second.gateway, agent.id, agent.token
    # Wrong tokens would lock the address out: the other gateway is asked as an operator until it knows the agent.
    eventually(lambda: second.gateway.manage("GET", f"/admin/api/agents/{agent.id}").status == 200, what="the agent")
    eventually(lambda: [item for item in second.gateway.admin("GET", "tokens?limit=1000")["items"]
                        if item["agent"] == agent.id], what="its token at the other gateway")
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda n: (agent, others)[n % 2].send(phone).status, range(60)))
    assert statuses.count(202) == 10 and statuses.count(429) == 50, sorted(set(statuses))


def test_a_provider_that_fails_gives_back_the_money_and_counts_the_attempt(stack):
    agent, phone = Agent(stack.gateway, per_minute=3), fresh_phone()
    consent(stack.gateway, phone)
    stack.graph.script(digits(phone), stack.graph.error(131_026), stack.graph.error(131_016, 503))
    problem = refused(agent.send(phone), 422, "provider_refused")
    assert "undeliverable" in problem["detail"]
    refused(agent.send(phone), 503, "provider_unavailable")
    remaining = agent.send(phone).json()["remaining"]
    assert remaining["per_minute"] == 0 and remaining["spend_per_day"] >= 9.99


def test_a_provider_that_says_nothing_is_told_as_unknown(own_stack):
    stack = own_stack()
    agent, phone = Agent(stack.gateway), fresh_phone()
    consent(stack.gateway, phone)
    stack.graph.script(digits(phone), Reply(raw=b""))
    answer = agent.send(phone)
    assert answer.status == 202 and answer.json()["status"] == "queued", answer
    assert "nobody knows" in answer.json()["warnings"][0]


# Callers

def test_an_agent_sends_for_itself_and_sees_its_own_only(stack):
    ada, eve, phone = Agent(stack.gateway), Agent(stack.gateway), fresh_phone()
    consent(stack.gateway, phone)
    problem = refused(eve.send(phone, agentId=ada.id), 403, "forbidden")
    assert problem["detail"] == f'Token for agent "{eve.id}" cannot access agent "{ada.id}"'
    key = ada.send(phone, agentId=ada.id).json()["key"]
    assert ada.call("GET", "messages/" + key).status == 200
    assert eve.call("GET", "messages/" + key).status == 404
    for other in ["out:" + "0" * 32, "out:", "whatsapp:wamid.A", key.upper(), key + "0"]:
        assert ada.call("GET", "messages/" + other).status == 404, other
    headers = {"Authorization": f"Bearer {stack.gateway.token}", "Content-Type": "application/json"}
    order = {"channel": "whatsapp", "to": phone, "text": "x"}
    unnamed = fetch(stack.gateway.port, "POST", "/v1/messages", headers, json.dumps(order).encode())
    assert refused(unnamed, 400, "invalid_field")["detail"].startswith("agentId is required")
    named = fetch(stack.gateway.port, "POST", "/v1/messages", headers, json.dumps(order | {"agentId": ada.id}).encode())
    assert named.status == 202


def test_a_scope_is_a_scope(stack):
    phone = fresh_phone()
    consent(stack.gateway, phone)
    refused(Agent(stack.gateway, scopes=["comms_ping", "comms_make_call"]).send(phone), 403, "forbidden")
    assert Agent(stack.gateway, scopes=["comms_send_message"]).send(phone).status == 202
    refused(Agent(stack.gateway, scopes=["comms_send_message"]).send(phone, channel="voice"), 403, "forbidden")


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"null", b'{"channel":"whatsapp"}', b'{"channel":"whatsapp","to":"+12025550100"}',
    b'{"channel":"whatsapp","to":"+12025550100","text":"x","recipientTimezone":"Asia/Tokyo"}',
    b'{"channel":"whatsapp","to":"+12025550100","text":"x","limits":{"per_minute":1000}}',
    b'{"channel":"whatsapp","to":["+12025550100"],"text":"x"}', b'{"channel":"whatsapp","to":"+12025550100","text":7}',
    b'{"channel":"whatsapp","to":"+12025550100","text":"x","text":"y"}',
    b'{"channel":"whatsapp","to":"+12025550100","text":"\xff"}', b'{"channel":"*","to":"+12025550100","text":"x"}',
    b'{"channel":"whatsapp","to":"+12025550100","text":"x","purpose":"SERVICE"}',
    b'{"channel":"whatsapp","to":"+12025550100","text":"' + b"x" * 20_000 + b'"}',
])
def test_a_wrong_body_is_refused_and_counts_nothing(stack, body):
    agent = Agent(stack.gateway, per_minute=1)
    answer = agent.call("POST", "messages", raw=body)
    assert answer.status == 400, answer
    phone = fresh_phone()
    consent(stack.gateway, phone)
    assert agent.send(phone).status == 202


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_addresses_of_nobody_and_pass_as_texts(stack, text):
    """Defects of the original: a sanitiser that refused SQL and HTML in letters of a bank, and stored XSS."""
    agent, phone = Agent(stack.gateway), fresh_phone()
    consent(stack.gateway, phone)
    assert agent.send(text).status == 400
    answer = agent.send(phone, text)
    if answer.status == 202:
        assert "".join(stack.graph.wait_texts(digits(phone))) == text
    else:
        assert answer.status == 400, answer


# Compliance

def test_stop_is_kept_through_an_erasure(stack):
    """Defect of the original: erasing a person took the entry off the do-not-contact list."""
    agent, phone = Agent(stack.gateway), fresh_phone()
    consent(stack.gateway, phone)
    assert agent.send(phone).status == 202
    suppress(stack.gateway, phone)
    receipt = stack.gateway.admin("POST", "erasures", {"subject": phone}, 201)
    # The order, and which agent wrote to the person last.
    assert receipt["removed"]["ledger"] == 2, receipt
    consent(stack.gateway, phone)
    refused(agent.send("00" + digits(phone)), 403, "do_not_contact")


def test_a_consent_that_was_taken_back_refuses_although_the_person_wrote(stack):
    agent, phone = Agent(stack.gateway), fresh_phone()
    stack.gateway.say(digits(phone), "hola")
    assert agent.send(phone).status == 202
    consent(stack.gateway, phone, status="revoked")
    refused(agent.send(phone), 403, "consent_required")


def test_limit_set_to_a_string_is_refused_and_the_old_one_holds(stack):
    """Defect of the original: a limit of another type compared as false, so that there was none."""
    agent, phone = Agent(stack.gateway, per_minute=1), fresh_phone()
    consent(stack.gateway, phone)
    for value in ["1000", [1000], {"max": 1000}, True, 1.5, -1]:
        answer = stack.gateway.manage("PUT", f"/admin/api/agents/{agent.id}/limits", {"per_minute": value})
        assert answer.status == 400, value
    assert agent.send(phone).status == 202
    refused(agent.send(phone), 429, "rate_limited")


def hour_at(offset: int) -> int:
    return (datetime.now(timezone.utc).hour + offset) % 24


@pytest.fixture
def demo(own_stack):
    """Every provider is a mock."""
    return own_stack(env={"DEMO_MODE": "true"})


def test_tcpa_by_the_recipients_clock_whatever_zone_the_caller_names(demo):
    """Defect of the original: the caller chose the zone by which its call was judged."""
    agent = Agent(demo.gateway, per_minute=1_000, calls_per_day_same_number=1_000)
    # Zones without summer time: Honolulu, Phoenix, Puerto Rico, Reykjavík, Lagos, Nairobi, Kolkata, Tokyo.
    for phone, offset in [("+18085550100", -10), ("+16025550100", -7), ("+17875550100", -4), ("+3545550100", 0),
                          ("+2348012345678", 1), ("+254712345678", 3), ("+919812345678", 5.5), ("+819012345678", 9)]:
        consent(demo.gateway, phone, "voice")
        refused(agent.send(phone, channel="voice", timezone="UTC"), 400, "invalid_field")
        minutes = lambda: (datetime.now(timezone.utc).hour * 60 + datetime.now(timezone.utc).minute + int(offset * 60)) % 1440
        before = minutes()
        answer = agent.send(phone, channel="voice", agentId=agent.id)
        if before != minutes() or before in (480 - 1, 1260 - 1):
            continue
        if 480 <= before < 1260:
            assert answer.status == 202, (phone, answer)
        else:
            problem = refused(answer, 403, "quiet_hours")
            assert re.fullmatch(r"20..-..-..T..:..:00Z", problem["nextAllowedAt"])


def test_demo_mode_sends_to_mocks_on_every_channel(demo):
    agent, phone = Agent(demo.gateway), fresh_phone()
    sent = len(demo.graph.requests)
    for channel, to in [("sms", phone), ("whatsapp", phone), ("telegram", "77"), ("email", f"{agent.id}@b.example")]:
        consent(demo.gateway, "telegram:77" if channel == "telegram" else to, channel)
        more = {"subject": "Hello"} if channel == "email" else {}
        answer = agent.send(to, channel=channel, agentId=agent.id, **more)
        assert answer.status == 202 and answer.json()["status"] == "sent", answer
        assert len(answer.json()["warnings"]) == (1 if channel == "email" else 0)
    assert len(demo.graph.requests) == sent


def test_quiet_hours_and_filter_can_be_switched_off(own_stack):
    stack = own_stack(env={"DEMO_MODE": "true", "LOLA_QUIET_HOURS": "off", "LOLA_CONTENT_FILTER": "off"})
    agent = Agent(stack.gateway)
    for phone in ["+18085550100", "+819012345678", "+3545550100"]:
        consent(stack.gateway, phone, "voice")
        assert agent.send(phone, "I will kill you", channel="voice", agentId=agent.id).status == 202


def test_every_decision_is_in_the_trail_and_nobody_is_named_in_it(own_stack):
    stack = own_stack()
    agent, phone = Agent(stack.gateway), fresh_phone()
    refused(agent.send(phone), 403, "consent_required")
    consent(stack.gateway, phone)
    assert agent.send(phone, "secret text of the bank").status == 202
    items = stack.gateway.admin("GET", "audit?limit=1000")["items"]
    found = [(item["action"], item["actor"], item["outcome"]) for item in reversed(items)
             if item["action"].startswith("outbound.")]
    assert found == [("outbound.refused", f"agent:{agent.id}", "consent_required"),
                     ("outbound.allowed", f"agent:{agent.id}", "ok")]
    text = json.dumps(items) + stack.gateway.log
    assert digits(phone) not in text and "secret text" not in text
    assert stack.gateway.metric_sum('^lola_orders_total{outcome="accepted"}') == 1
    assert stack.gateway.metric_sum('^lola_orders_total{outcome="refused"}') == 1
