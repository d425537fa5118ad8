"""Defects that were found in a comparable server, each tried on this one under its own name. `docs/DEFECTS.md` has the
list, and where the others are held."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import threading
import urllib.parse
from datetime import datetime, timezone
from typing import Iterator

import pytest
from svix.webhooks import Webhook
from twilio.request_validator import RequestValidator

from conftest import RETRY_SETTINGS, Stack
from lolabox import payloads
from lolabox.door import ask, bearer, guess
from lolabox.gateway import (APP_SECRET, PUBLIC_URL, RESEND_SECRET, TWILIO_FROM, TWILIO_TOKEN, Gateway, resend_environment, run,
                             twilio_environment)
from lolabox.mcp import Streamable
from lolabox.payloads import fresh_phone
from lolabox.problems import assert_problem
from lolabox.signing import whatsapp_headers
from lolabox.stubs import ResendStub, TwilioStub
from lolabox.waiting import eventually
from lolabox.widget import conversation, fresh_address, v1
from lolabox.wire import Wire, fetch
from test_outbound import Agent, consent, digits, refused, suppress
from test_webhook_resend import post as post_resend
from test_webhook_resend import received
from test_webhook_twilio import assert_empty, message, post, status

#: What may be said at any hour of any number.
OPEN = {"LOLA_QUIET_HOURS": "off", "CREDENTIALS_ENCRYPTION_KEY": "6d" * 32, "DEFAULT_MAX_ACTIONS_PER_MINUTE": "1000"}


@pytest.fixture(scope="module")
def twilio() -> Iterator[TwilioStub]:
    with TwilioStub() as stub:
        yield stub


@pytest.fixture(scope="module")
def stack(services, environment, twilio, tmp_path_factory) -> Iterator[Stack]:
    """All four channels."""
    with ResendStub() as resend:
        env = environment | OPEN | twilio_environment(twilio.url) | resend_environment(resend.url)
        with Gateway.serve(tmp_path_factory.mktemp("defects"), env, RETRY_SETTINGS) as gateway:
            yield Stack(gateway, *services)


@pytest.fixture(scope="module")
def gateway(stack) -> Gateway:
    return stack.gateway


def tool(gateway: Gateway, token: str, name: str, /, **arguments: object) -> dict:
    """The result of a tool; what is refused before any tool is asked is an error too."""
    with Streamable(gateway, token) as client:
        answer = client.ask("tools/call", {"name": name, "arguments": arguments})
        return answer.get("result") or {"isError": True} | answer["error"]


# I. Authentication and tenancy

def test_b01_takeover_of_another_agent_through_admin_routes(gateway):
    mine, theirs = Agent(gateway), Agent(gateway)
    source = fresh_address()
    for method, path, body in [("POST", "tokens", {"agent": theirs.id}), ("PUT", f"agents/{theirs.id}", {"name": "x"}),
                               ("PUT", f"agents/{theirs.id}/limits", {"per_day": 9}), ("GET", "tokens", None),
                               ("POST", "credentials", {"provider": "x", "name": "y", "value": "z"})]:
        assert_problem(gateway.manage(method, "/admin/api/" + path, body, mine.token, source), 403, "forbidden")
    ticket = v1(gateway, "POST", "tickets", {"conversation": conversation(fresh_phone()), "operation": "cip"}, theirs.token)
    for method in ("GET", "DELETE"):
        assert v1(gateway, method, f"tickets/{ticket.json()['ticket_id']}", token=mine.token).status == 404
    assert v1(gateway, "GET", f"tickets/{ticket.json()['ticket_id']}", token=theirs.token).json()["status"] == "open"


def test_b02_an_agent_becomes_the_orchestrator(gateway):
    agent = Agent(gateway)
    for name, arguments in [("comms_provision_channels", {"agentId": "evil", "name": "evil"}),
                            ("comms_register_provider", {"provider": "twilio", "credentials": {}}),
                            ("comms_set_agent_limits", {"agentId": agent.id, "perDay": 10**6}),
                            ("comms_deprovision_channels", {"agentId": agent.id})]:
        said = json.dumps(tool(gateway, agent.token, name, **arguments))
        assert "error" in said.lower() and "lola_at_" not in said, said
    assert gateway.admin("GET", f"agents/{agent.id}")["status"] == "active"
    # Settings are the environment's and the file's: there is nothing to write them with.
    for path in ("settings", "config", "save", "deploy", "env"):
        for method in ("POST", "PUT"):
            assert_problem(gateway.manage(method, f"/admin/api/{path}", {"DEMO_MODE": "true"}), 404)


def test_b03_env_injection_by_a_line_end_in_a_value(gateway):
    for value in ("x\nDEMO_MODE=true", "x\r\nORCHESTRATOR_SECURITY_TOKEN=" + "y" * 40, "x\0y"):
        body = {"provider": "twilio", "name": "token", "value": value}
        assert gateway.manage("POST", "/admin/api/credentials", body).status in (201, 400)
    assert_problem(ask(gateway, source=fresh_address()), 401)
    assert ask(gateway, headers=bearer(gateway)).header("X-Lola-Demo") is None
    assert not [path for path in gateway.cwd.rglob("*.env")]


def test_b04_sse_binds_to_any_agent_id(gateway):
    mine, theirs = Agent(gateway), Agent(gateway)
    said = tool(gateway, mine.token, "comms_get_usage_dashboard", agentId=theirs.id)
    assert said["isError"] and f'Token for agent "{mine.id}" cannot access agent "{theirs.id}"' in json.dumps(said).replace('\\"', '"')


def test_b05_a_forwarded_address_is_believed(gateway):
    attacker = fresh_address()
    # Ten addresses are claimed, one is locked out: that of the socket.
    for number in range(10):
        assert guess(gateway, 1, attacker, {"X-Forwarded-For": f"198.51.100.{number}"}) == [401]
    assert ask(gateway, headers=bearer(gateway) | {"X-Forwarded-For": "10.0.0.1"}, source=attacker).status == 429
    victim = fresh_address()
    for _ in range(12):
        guess(gateway, 1, fresh_address(), {"X-Forwarded-For": victim, "X-Real-IP": victim})
    assert ask(gateway, headers=bearer(gateway), source=victim).status == 200


def test_b07_everybody_is_an_administrator_when_nothing_is_configured(gateway):
    without = {name: value for name, value in gateway.env.items() if name != "ORCHESTRATOR_SECURITY_TOKEN"}
    refusal = run("serve", env=without, cwd=gateway.cwd)
    assert refusal.returncode == 78 and "ORCHESTRATOR_SECURITY_TOKEN" in refusal.stderr


def test_b08_a_token_goes_into_the_url_only(gateway):
    agent = Agent(gateway)
    for path in ("/v1/openapi.json", "/mcp", "/admin/api/tokens"):
        answer = ask(gateway, "GET", f"{path}?token={agent.token}", source=fresh_address(), public="admin" not in path)
        assert answer.status == 401
    with Wire(gateway.port) as wire:
        wire.send(f"GET /sse HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
                  f"Authorization: Bearer {agent.token}\r\n\r\n".encode())
        assert wire.socket.recv(12) == b"HTTP/1.1 200"
    assert agent.token not in gateway.log


def test_b09_an_old_token_lives_on(gateway):
    agent = Agent(gateway)
    first = gateway.admin("GET", "tokens?limit=1000")["items"]
    (own,) = [item for item in first if item["agent"] == agent.id]
    assert own["expires_at"]
    second = gateway.admin("POST", "tokens", {"agent": agent.id, "expires": 1}, 201)
    assert gateway.manage("DELETE", f"/admin/api/tokens/{own['id']}").status == 204
    answer = v1(gateway, "GET", "openapi.json", token=agent.token)
    assert_problem(answer, 401)
    eventually(lambda: v1(gateway, "GET", "openapi.json", token=second["token"]).status == 401, 5, "its end")


def test_b11_neighbours_are_shut_out_and_guesses_counted_for_ever(gateway):
    attacker, neighbour = "127.0.71.1", "127.0.71.2"
    assert guess(gateway, 11, attacker) == [401] * 10 + [429]
    assert ask(gateway, headers=bearer(gateway), source=neighbour).status == 200


def test_b12_a_cookie_carries_the_bearer_token(gateway):
    for path, public in [("/admin", False), ("/admin/api/health", False), ("/metrics", False), ("/livez", True),
                         ("/w/" + "A" * 24, True), ("/v1/openapi.json", True), ("/.well-known/jwks.json", True)]:
        answer = ask(gateway, "GET", path, bearer(gateway), fresh_address(), public=public)
        assert answer.header("Set-Cookie") is None, path
    assert ask(gateway, headers={"Cookie": f"token={gateway.token}"}, source=fresh_address()).status == 401


def test_b14_a_dashboard_of_another_agent(gateway):
    mine, theirs = Agent(gateway), Agent(gateway)
    for name in ("comms_get_usage_dashboard", "comms_get_channel_status"):
        assert tool(gateway, mine.token, name, agentId=theirs.id)["isError"]
        assert not tool(gateway, mine.token, name)["isError"]


# II. Webhooks

def test_b17_localecompare_sort(gateway):
    call = [("CallSid", "CA" + "1" * 32), ("CallStatus", "ringing"), ("Called", TWILIO_FROM), ("Caller", "+12025550100"),
            ("CallToken", "x"), ("CalledCity", "A"), ("CallerCity", "B"), ("From", "+12025550100"), ("To", TWILIO_FROM)]
    assert post(gateway, call, "/webhooks/twilio/voice").status == 200
    # As a locale would sort them.
    path = "/webhooks/twilio/voice"
    text = PUBLIC_URL + path + "".join(name + value for name, value in sorted(call, key=lambda pair: pair[0].lower()))
    wrong = base64.b64encode(hmac.new(TWILIO_TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()
    assert wrong != RequestValidator(TWILIO_TOKEN).compute_signature(PUBLIC_URL + path, dict(call))
    answer = gateway.post(path, urllib.parse.urlencode(call).encode(), {
        "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": wrong})
    assert_problem(answer, 401)


@pytest.mark.parametrize("word", ["x'; UPDATE tokens SET revoked=0; --", "failed', ended_at=(SELECT hash FROM tokens)--",
                                  "../../Accounts", "completed\r\nX: y"])
def test_b18_sql_injection_by_the_status_of_a_call(gateway, word):
    pairs = [("CallSid", word), ("CallStatus", word), ("MessageSid", word), ("MessageStatus", word), ("SmsSid", word)]
    for path in ("status", "voice"):
        assert post(gateway, pairs, "/webhooks/twilio/" + path).status == 200
        assert_problem(post(gateway, pairs, "/webhooks/twilio/" + path, token="another"), 401)
    assert gateway.get("/readyz").status == 200 and word not in gateway.log


@pytest.mark.parametrize("path", ["/webhooks/twilio/voice", "/webhooks/twilio/voice/status", "/webhooks/agent/voice-ws",
                                  "/webhooks/twilio/status"])
def test_b19_unsigned_voice_route_and_socket(gateway, path):
    answer = gateway.post(path, b"CallSid=CA1&From=%2B15550100", {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status in (401, 404)
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    assert fetch(gateway.port, "GET", path, upgrade).status in (404, 405)


def test_b20_fail_open_verification(gateway, own_stack):
    for signature in (None, "", "null", "undefined", "[object Object]", "\xff\xfe", "A" * 8_000):
        headers = {} if signature is None else {"X-Twilio-Signature": signature}
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert gateway.post("/webhooks/twilio/sms", b"From=%2B15550100", form | headers).status == 401
        headers = {} if signature is None else {"X-Hub-Signature-256": signature}
        assert gateway.post("/webhooks/whatsapp", b"{}", {"Content-Type": "application/json"} | headers).status == 401
        assert gateway.post("/webhooks/telegram", b"{}", {"Content-Type": "application/json"}).status == 401
        assert gateway.post("/webhooks/resend", b"{}", {"Content-Type": "application/json"}).status == 401
    # Without its secret a channel is not there at all; half of it is no configuration.
    bare = own_stack().gateway
    assert post(bare, message("+12025550100", "x", "SM1")).status == 404
    for missing in ("TWILIO_AUTH_TOKEN", "RESEND_WEBHOOK_SECRET", "LOLA_TELEGRAM_SECRET", "LOLA_WHATSAPP_APP_SECRET"):
        for value in (None, ""):
            env = {name: text for name, text in gateway.env.items() if name != missing}
            refusal = run("check-config", env=env if value is None else env | {missing: value}, cwd=gateway.cwd)
            assert refusal.returncode == 78 and missing in refusal.stderr


def test_b21_re_serialised_body(gateway):
    mail = received(f"{payloads.fresh_id('b21')}@example.net", payloads.fresh_id("e-"))
    spaced = json.dumps(mail, indent=2).encode()
    assert post_resend(gateway, spaced).status == 200
    assert_problem(post_resend(gateway, json.dumps(mail).encode(), sign=spaced), 401)
    body = payloads.whatsapp_text(fresh_phone(), "hola")
    assert_problem(gateway.post("/webhooks/whatsapp", json.dumps(json.loads(body), indent=1).encode(),
                                whatsapp_headers(APP_SECRET, body)), 401)


def test_b22_replay_cache_that_refuses_legitimate_status_callbacks(gateway, services, twilio):
    phone, sid = fresh_phone(), payloads.fresh_id("SM")
    for _ in range(3):
        assert_empty(post(gateway, message(phone, "hola", sid)))
    gateway.wait_delivered(f"twilio:{sid}")
    assert len(services[3].calls(phone)) == 1
    for word in ("queued", "sent", "delivered", "delivered", "read"):
        assert_empty(post(gateway, status("SM" + "b" * 32, word), "/webhooks/twilio/status"))


def test_b23_svix_time_that_is_no_number_and_signature_without_a_version(gateway):
    mail = received(f"{payloads.fresh_id('b23')}@example.net", payloads.fresh_id("e-"))
    for time in ("NaN", "abc", "", "1e9", "Infinity", "0x10", " 1"):
        assert_problem(post_resend(gateway, mail, **{"svix-timestamp": time}), 401)
    body, event, now = json.dumps(mail), payloads.fresh_id("msg_"), datetime.now(timezone.utc)
    bare = Webhook(RESEND_SECRET).sign(event, now, body).removeprefix("v1,")
    answer = gateway.post("/webhooks/resend", body.encode(), {
        "Content-Type": "application/json", "svix-id": event, "svix-timestamp": str(int(now.timestamp())),
        "svix-signature": bare})
    assert_problem(answer, 401)


def test_b24_the_signed_url_is_that_of_a_header(gateway):
    pairs = message(fresh_phone(), "hola", payloads.fresh_id("SM"))
    evil = post(gateway, pairs, url="https://evil.example/webhooks/twilio/sms", **{
        "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})
    assert_problem(evil, 401)
    assert_empty(post(gateway, pairs, **{"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http, https"}))


def test_b25_stop_is_ignored_when_the_agent_is_off_and_kept_many_times(stack):
    phone = stack.person()
    agent = Agent(stack.gateway)
    stack.gateway.admin("PUT", f"agents/{agent.id}", {"status": "inactive"})
    for text in ("stop", "STOP", "stopall"):
        key = stack.gateway.say(phone, text)
        eventually(lambda: stack.gateway.record(key)["finished_at"], 10, "its end")

    def entries() -> list:
        return [one for one in stack.gateway.admin("GET", "dnc?limit=1000")["items"] if one["address"] == phone]

    assert len(entries()) == 1
    stack.gateway.say(phone, "START")
    eventually(lambda: not entries(), 10, "the way off the list")


# III. Limits and money

def test_b29_a_spending_cap_that_looks_at_the_past_only(stack, twilio):
    agent, phone = Agent(stack.gateway, spend_per_day=0.01), fresh_phone()
    consent(stack.gateway, phone, "sms")
    sent = len(twilio.requests)
    refused(agent.send(phone, "x" * 1_000, channel="sms"), 429, "spend_limited")
    assert len(twilio.requests) == sent


def test_b30_check_then_act_race(stack):
    agent, phone = Agent(stack.gateway, per_hour=5), fresh_phone()
    consent(stack.gateway, phone)
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(agent.send(phone).status)) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (statuses.count(202), statuses.count(429)) == (5, 19)
    eventually(lambda: len(stack.graph.sends(digits(phone))) == 5, 10, "the five")


def test_b32_a_way_around_the_meter(stack):
    agent, phone = Agent(stack.gateway, per_minute=3), fresh_phone()
    for channel in ("whatsapp", "voice", "sms"):
        consent(stack.gateway, phone, channel)
    assert agent.send(phone).status == 202
    assert not tool(stack.gateway, agent.token, "comms_send_message", channel="sms", to=phone, text="Ready.")["isError"]
    assert not tool(stack.gateway, agent.token, "comms_make_call", to=phone, text="Ready.")["isError"]
    refused(agent.send(phone), 429, "rate_limited")
    for name, more in (("comms_send_message", {"channel": "sms"}), ("comms_make_call", {})):
        assert tool(stack.gateway, agent.token, name, to=phone, text="Ready.", **more)["isError"]


# IV. Compliance

@pytest.mark.parametrize("channel", ["sms", "whatsapp", "voice", "email"])
def test_b37_b38_consent_is_documented_and_not_asked_for(stack, channel):
    agent = Agent(stack.gateway)
    to = f"{payloads.fresh_id('b37')}@example.net" if channel == "email" else fresh_phone()
    more = {"subject": "Hello"} if channel == "email" else {}
    refused(agent.send(to, channel=channel, **more), 403, "consent_required")
    name = "comms_make_call" if channel == "voice" else "comms_send_message"
    extra = more if channel == "voice" else more | {"channel": channel}
    said = tool(stack.gateway, agent.token, name, to=to, text="Ready.", **extra)
    assert said["isError"] and "consent_required" in json.dumps(said)


def test_b40_do_not_contact_knows_one_spelling_only(stack):
    agent, phone = Agent(stack.gateway), fresh_phone()
    consent(stack.gateway, phone)
    suppress(stack.gateway, f"{phone[:2]} ({phone[2:5]}) {phone[5:]}")
    for spelling in (phone, "00" + digits(phone), digits(phone), f"tel:{phone}"):
        refused(agent.send(spelling), 403, "do_not_contact")
    mail = payloads.fresh_id("b40") + "@example.net"
    consent(stack.gateway, mail, "email")
    suppress(stack.gateway, mail.upper())
    refused(agent.send(mail.title(), channel="email", subject="x"), 403, "do_not_contact")


@pytest.mark.parametrize(("text", "passes"), [
    ("It won't hurt to look at your card.", True), ("Harmless, and to kill time: our news.", True),
    ("I will k i l l you", False), ("I will k\u0456ll you", False), ("I will \uff4b\uff49\uff4c\uff4c you", False),
    ("I will k!ll you", False), ("I will k i l l y o u", False), ("Your code is A B C 4 5. Hi!All good in the U.S.A.", True),
])
def test_b42_a_filter_of_words_that_refuses_harmless_text_and_is_walked_around(stack, text, passes):
    agent, phone = Agent(stack.gateway), fresh_phone()
    consent(stack.gateway, phone)
    answer = agent.send(phone, text)
    if passes:
        assert answer.status == 202, answer
    else:
        refused(answer, 403, "content_refused")


# V. Input, output, storage

@pytest.mark.parametrize("text", [
    "Dog & cat food", "please \"update\" my data", "5 and 5 = 10", "one\ntwo", "a; b | c `d` $e", "../x", "<3 you",
    "' OR 'a'='a", "onclick= is an attribute", "%2e%2e%2f", "SELECT a card",
])
def test_b47_patterns_refuse_normal_text(stack, text):
    agent, phone = Agent(stack.gateway), fresh_phone()
    consent(stack.gateway, phone)
    assert agent.send(phone, text).status == 202
    assert stack.graph.wait_texts(digits(phone)) == [text]
    person = stack.person()
    stack.gateway.say(person, text)
    assert stack.agents.wait_call(person).json()["message"]["text"] == text


def test_b50_open_endpoints_and_talkative_errors(gateway):
    for path in ("/metrics", "/admin", "/admin/api/status", "/health", "/storage/", "/admin/api-docs/spec.json", "/docs"):
        assert_problem(gateway.get(path), 404, "not_found")
    for answer in (gateway.get("/livez"), gateway.get("/nothing"), gateway.post("/v1/messages", b"{", {})):
        assert answer.header("X-Powered-By") is None
        assert not re.search(rb"swift|openssl|\.swift|lola/\d|at \w+\.", answer.body, re.I), answer.body
        assert not re.search(r"\d", answer.header("Server") or "")


def test_b52_a_broken_escape_in_a_cookie(gateway):
    for cookie in ("a=%", "a=%zz", "%=%", "a=%c0%af", "=;;;==", "a" * 4_000):
        assert fetch(gateway.port, "GET", "/livez", {"Cookie": cookie}).status == 200


def test_b55_an_audit_trail_that_says_only_admin(gateway):
    agent = Agent(gateway)
    phone = fresh_phone()
    refused(agent.send(phone), 403, "consent_required")
    gateway.admin("PUT", f"agents/{agent.id}/limits", {"per_day": 3})
    suppress(gateway, phone)
    items = gateway.admin("GET", "audit?limit=200")["items"]
    told = {(item["action"], item["actor"]) for item in items}
    assert {("token.minted", "orchestrator"), ("limits.changed", "orchestrator"), ("dnc.changed", "orchestrator"),
            ("outbound.refused", f"agent:{agent.id}")} <= told
    assert [item["seq"] for item in items] == list(range(items[0]["seq"], items[0]["seq"] - len(items), -1))


def test_b57_metrics_without_help(gateway):
    text = gateway.metrics()
    named = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")}
    helped = {line.split()[2] for line in text.splitlines() if line.startswith("# HELP ") and len(line.split()) > 3}
    assert named == helped and len(named) > 20


def test_b63_a_page_whose_every_click_is_a_failed_sign_in(gateway):
    """The page's files need no token, and what it asks for without one is no guess."""
    source = fresh_address()
    for _ in range(20):
        assert ask(gateway, "GET", "/admin", source=source).status == 200
        assert ask(gateway, "GET", "/admin/api/health", source=source).status == 401
    assert ask(gateway, headers=bearer(gateway), source=source).status == 200
