"""Twilio's webhooks, signed by Twilio's own Python library, and its Messages API (CONTRACT §4, §5, §11)."""

from __future__ import annotations

import hashlib
import json
import urllib.parse
from base64 import b64decode

import pytest
from twilio.request_validator import RequestValidator

from lolabox import payloads
from lolabox.gateway import (PUBLIC_URL, TWILIO_FROM, TWILIO_SID, TWILIO_TOKEN, Gateway, minimal_environment, run,
                             twilio_environment)
from lolabox.problems import assert_problem
from lolabox.stubs import AgentStub, Reply, TwilioStub
from lolabox.vectors import load, named
from lolabox.waiting import eventually

FORM = "application/x-www-form-urlencoded; charset=UTF-8"
EMPTY = b"<Response/>"
INBOUND = load("twilio_inbound.json")


@pytest.fixture(scope="module")
def twilio():
    with TwilioStub() as stub:
        yield stub


@pytest.fixture(scope="module")
def gateway(environment, twilio, tmp_path_factory):
    env = environment | twilio_environment(twilio.url)
    config = '{ agents: { retry: ["50ms", "50ms"], timeout: "2s" } }'
    with Gateway.serve(tmp_path_factory.mktemp("twilio"), env, config) as running:
        yield running


class Parameters(dict):
    """What a web framework hands to the library: a name may have several values."""

    def __init__(self, pairs):
        super().__init__()
        for name, value in pairs:
            self.setdefault(name, []).append(value)

    def getall(self, name):
        return self[name]

    getlist = getall


def post(gateway, pairs, path="/webhooks/twilio/sms", token=TWILIO_TOKEN, url=None, **headers):
    """A webhook signed as Twilio would; `pairs` may repeat names."""
    signature = RequestValidator(token).compute_signature(url or PUBLIC_URL + path, Parameters(pairs))
    body = urllib.parse.urlencode([tuple(pair) for pair in pairs]).encode()
    fields = {"Content-Type": FORM, "X-Twilio-Signature": signature} | headers
    return gateway.post(path, body, {name: value for name, value in fields.items() if value is not None})


def message(sender, text, sid, prefix="", **more):
    return [("ToCountry", "US"), ("MessageSid", sid), ("SmsSid", sid), ("AccountSid", TWILIO_SID),
            ("SmsStatus", "received"), ("From", prefix + sender), ("To", prefix + TWILIO_FROM), ("Body", text),
            ("NumMedia", "0"), *more.items()]


def status(sid, word, **more):
    return [("MessageSid", sid), ("SmsSid", sid), ("MessageStatus", word), ("SmsStatus", word), *more.items()]


def accepted_as(sid):
    return Reply(201, {"sid": sid, "status": "queued"})


def ended(gateway, key, status):
    """The record once it has this status."""
    def read():
        record = gateway.record(key)
        return record if record["status"] == status else None
    return eventually(read, what=f"{key} {status}")


def assert_empty(answer):
    assert (answer.status, answer.header("Content-Type"), answer.body) == (200, "text/xml", EMPTY)


def test_a_known_sender_by_sms_reaches_the_home_agent_and_gets_the_answer(gateway, services, twilio):
    identity, _, _, agents = services
    phone, sid = payloads.fresh_phone(), payloads.fresh_id("SM")
    identity.person(phone)
    assert_empty(post(gateway, message(phone, "hola, ¿qué tal? a+b & c", sid)))
    envelope = agents.wait_call(phone).json()
    assert envelope["agent"] == "sender_home"
    assert envelope["conversation"] == f"twilio_sms:{TWILIO_FROM}:{phone}"
    assert (envelope["message"]["key"], envelope["message"]["text"]) == (f"twilio:{sid}", "hola, ¿qué tal? a+b & c")
    (sent,) = twilio.wait_sends(phone)
    assert sent.path == f"/2010-04-01/Accounts/{TWILIO_SID}/Messages.json"
    assert twilio.form(sent) == {"To": phone, "From": TWILIO_FROM, "Body": "sender_home heard: hola, ¿qué tal? a+b & c",
                                 "StatusCallback": PUBLIC_URL + "/webhooks/twilio/status"}
    assert b64decode(sent.header("Authorization").removeprefix("Basic ")) == f"{TWILIO_SID}:{TWILIO_TOKEN}".encode()
    gateway.wait_delivered(f"twilio:{sid}")


def test_whatsapp_by_twilio_tries_the_forms_of_a_number_and_answers_the_one_it_got(gateway, services, twilio):
    identity, _, _, agents = services
    identity.person("+525512347701")
    sender, sid = "+5215512347701", payloads.fresh_id("SM")
    assert_empty(post(gateway, message(sender, "hola", sid, "whatsapp:"), "/webhooks/twilio/whatsapp"))
    envelope = agents.wait_call(sender).json()
    assert envelope["conversation"] == f"twilio_whatsapp:{TWILIO_FROM}:{sender}"
    assert (envelope["agent"], envelope["context_user"]["phone"]) == ("sender_home", "+525512347701")
    (sent,) = twilio.wait_sends("whatsapp:" + sender)
    assert twilio.form(sent)["From"] == "whatsapp:" + TWILIO_FROM


@pytest.mark.parametrize("sender", ["262966", "ACME", "My Bank"])
def test_a_short_code_or_a_name_is_nobody(gateway, services, sender):
    _, _, _, agents = services
    sid = payloads.fresh_id("SM")
    assert_empty(post(gateway, message(sender, "hola", sid)))
    (call,) = agents.wait(lambda item: item.json()["message"]["key"] == f"twilio:{sid}", 1)
    assert (call.json()["agent"], call.json()["context_user"]) == ("onboarding", None)


def test_buttons_become_numbered_lines_and_a_long_text_several_messages(gateway, services, twilio):
    _, _, _, agents = services
    phone = payloads.fresh_phone()
    long = " ".join(f"word{number}" for number in range(400))
    agents.script(phone, AgentStub.replies(
        {"type": "buttons", "text": "What?", "buttons": [{"id": "a", "title": "Send"}, {"id": "b", "title": "Stop"}]},
        {"type": "text", "text": long}))
    post(gateway, message(phone, "hola", payloads.fresh_id("SM")))
    texts = [twilio.form(item)["Body"] for item in twilio.wait_sends(phone, 3)]
    assert texts[0] == "What?\n\n1. Send\n2. Stop"
    assert all(len(text) <= 1600 for text in texts) and " ".join(texts[1:]) == long


# Proof

@pytest.mark.parametrize("case", named(INBOUND["cases"]))
def test_every_vector_is_accepted_when_the_library_signs_it(gateway, case):
    path = "/webhooks/twilio/status" if case["expect"].get("kind") == "status" else "/webhooks/twilio/sms"
    assert_empty(post(gateway, case["params"], path))


def test_repeated_parameters_are_signed_as_the_library_does(gateway):
    sid = payloads.fresh_id("SM")
    pairs = message(payloads.fresh_phone(), "x", sid) + [("Tag", "b"), ("Tag", "a"), ("Tag", "b"), ("Empty", "")]
    assert_empty(post(gateway, pairs))


@pytest.mark.parametrize("headers", [
    {"X-Twilio-Signature": None}, {"X-Twilio-Signature": ""}, {"X-Twilio-Signature": "AAAA"},
    {"X-Twilio-Signature": "0/KCTR6DLpKmkAf8muzZqo1nDgQ="},
], ids=["missing", "empty", "short", "another"])
@pytest.mark.parametrize("path", ["sms", "whatsapp", "status", "voice"])
def test_no_route_is_open_without_a_right_signature(gateway, path, headers):
    """The voice route of others was left unsigned."""
    pairs = message(payloads.fresh_phone(), "x", payloads.fresh_id("SM"))
    assert_problem(post(gateway, pairs, "/webhooks/twilio/" + path, **headers), 401)


def test_another_address_token_or_path_is_401_and_a_forwarded_host_is_not_believed(gateway):
    pairs = message(payloads.fresh_phone(), "x", payloads.fresh_id("SM"))
    assert_problem(post(gateway, pairs, token="another"), 401)
    assert_problem(post(gateway, pairs, url=PUBLIC_URL + "/webhooks/twilio/status"), 401)
    forged = post(gateway, pairs, url="https://evil.example/webhooks/twilio/sms",
                  **{"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})
    assert_problem(forged, 401)
    # Ports that clients add and leave out are the same address.
    assert_empty(post(gateway, pairs, url=PUBLIC_URL + ":443/webhooks/twilio/sms"))


def test_json_is_proven_by_the_hash_of_its_body_and_put_aside(gateway):
    body = json.dumps({"a": 1}).encode()
    for digest, expected in ((hashlib.sha256(body).hexdigest(), 200), ("0" * 64, 401)):
        target = f"/webhooks/twilio/sms?bodySHA256={digest}"
        signature = RequestValidator(TWILIO_TOKEN).compute_signature(PUBLIC_URL + target, {})
        answer = gateway.post(target, body, {"Content-Type": "application/json", "X-Twilio-Signature": signature})
        assert answer.status == expected


def test_another_content_type_is_415_and_a_large_body_413(gateway):
    pairs = message(payloads.fresh_phone(), "x", payloads.fresh_id("SM"))
    assert_problem(post(gateway, pairs, **{"Content-Type": "text/plain"}), 415)
    assert_problem(post(gateway, pairs + [("Fill", "x" * 65_536)]), 413)


def test_the_token_before_a_rotation_still_proves(environment, twilio, tmp_path):
    env = environment | twilio_environment(twilio.url) | {"TWILIO_AUTH_TOKEN_PREVIOUS": "the-old-token"}
    with Gateway.serve(tmp_path, env) as rotating:
        for token, expected in ((TWILIO_TOKEN, 200), ("the-old-token", 200), ("another", 401)):
            pairs = message(payloads.fresh_phone(), "x", payloads.fresh_id("SM"))
            assert post(rotating, pairs, token=token).status == expected


# Duplicates, statuses, calls

def test_a_repetition_has_no_effect_and_statuses_are_never_taken_for_one(gateway, services, twilio):
    _, _, _, agents = services
    phone, sid = payloads.fresh_phone(), payloads.fresh_id("SM")
    sent_as = "SM" + "d" * 32
    twilio.script(phone, TwilioStub.error(20429, 429, **{"Retry-After": "0"}))
    for _ in range(3):
        assert_empty(post(gateway, message(phone, "hola", sid)))
    record = gateway.wait_delivered(f"twilio:{sid}")
    assert len(agents.calls(phone)) == 1 and record["delivery"]["attempts"] == 2
    twilio.script(phone, accepted_as(sent_as))
    second = payloads.fresh_id("SM")
    post(gateway, message(phone, "again", second))
    gateway.wait_delivered(f"twilio:{second}")
    seen = []
    for word in ("sent", "delivered", "sent", "undelivered", "read", "delivered"):
        assert_empty(post(gateway, status(sent_as, word, To=phone, From=TWILIO_FROM), "/webhooks/twilio/status"))
        seen.append(gateway.record(f"twilio:{second}")["delivery"]["status"])
    assert seen == ["sent", "delivered", "delivered", "delivered", "read", "read"]


def test_a_failure_that_comes_later_shows_its_code(gateway, twilio):
    phone, sid, sent_as = payloads.fresh_phone(), payloads.fresh_id("SM"), "SM" + "e" * 32
    twilio.script(phone, accepted_as(sent_as))
    post(gateway, message(phone, "hola", sid))
    gateway.wait_delivered(f"twilio:{sid}")
    post(gateway, status(sent_as, "failed", ErrorCode="30003"), "/webhooks/twilio/status")
    delivery = gateway.record(f"twilio:{sid}")["delivery"]
    assert (delivery["status"], delivery["error"]) == ("failed", "provider_30003")


@pytest.mark.parametrize("code, attempts", [(21610, 1), (21211, 1), (20003, 1), (20429, 3)])
def test_what_twilio_refuses(gateway, twilio, code, attempts):
    phone, sid = payloads.fresh_phone(), payloads.fresh_id("SM")
    twilio.script(phone, *[TwilioStub.error(code, 429 if code == 20429 else 400)] * 3)
    post(gateway, message(phone, "hola", sid))
    record = ended(gateway, f"twilio:{sid}", "dead_letter")
    assert record["delivery"]["status"] == "failed" and len(twilio.sends(phone)) == attempts


def test_stop_that_twilio_has_answered_reaches_no_agent(gateway, services, twilio):
    _, _, _, agents = services
    phone, sid = payloads.fresh_phone(), payloads.fresh_id("SM")
    assert_empty(post(gateway, message(phone, "STOP", sid, OptOutType="STOP")))
    record = ended(gateway, f"twilio:{sid}", "stopped")
    assert record["delivery"]["status"] == "none"
    assert not agents.calls(phone) and not twilio.sends(phone)
    assert 'lola_webhook_parts_total{kind="signal"}' in gateway.metrics()


def test_a_call_hears_a_sentence_and_ends(gateway):
    call = [("CallSid", "CA" + "1" * 32), ("CallStatus", "ringing"), ("Direction", "inbound"), ("From", "+12025550100"),
            ("To", TWILIO_FROM)]
    answer = post(gateway, call, "/webhooks/twilio/voice")
    assert (answer.status, answer.header("Content-Type")) == (200, "text/xml")
    assert answer.body.startswith(b"<Response><Say ") and answer.body.endswith(b"</Say><Hangup/></Response>")
    assert_empty(post(gateway, call, "/webhooks/twilio/status"))


# Off, half configured, tools

@pytest.mark.parametrize("path", ["sms", "whatsapp", "status", "voice"])
def test_off_is_404(stack, path):
    assert_problem(post(stack.gateway, message("+12025550100", "x", "SM1"), "/webhooks/twilio/" + path), 404)


@pytest.mark.parametrize("missing", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"])
def test_half_configured_is_78(tmp_path, missing):
    env = minimal_environment(tmp_path) | twilio_environment("https://api.twilio.com")
    env.pop(missing)
    result = run("check-config", env=env)
    assert result.returncode == 78 and missing in result.stderr


def test_trigger(gateway, services, tmp_path):
    phone = payloads.fresh_phone()
    env = {key: value for key, value in gateway.env.items() if key.startswith(("TWILIO_", "LOLA_PUBLIC", "PATH"))}
    result = run("trigger", "twilio.sms", "--from", phone, "--text", "hola", "--url", f"http://127.0.0.1:{gateway.port}",
                 "--json", env=env, cwd=tmp_path)
    assert result.returncode == 0, result
    assert json.loads(result.stdout)["key"].startswith("twilio:SM")
    assert services[3].wait_call(phone).json()["message"]["text"] == "hola"


def test_verify_says_which_address_was_signed(tmp_path):
    pairs = message("+12025550100", "hola", "SM1")
    body = tmp_path / "body"
    body.write_text(urllib.parse.urlencode(pairs))
    env = {"PATH": "/usr/bin", "TWILIO_AUTH_TOKEN": TWILIO_TOKEN, "LOLA_PUBLIC_URL": PUBLIC_URL}
    signature = RequestValidator(TWILIO_TOKEN).compute_signature(PUBLIC_URL + "/webhooks/twilio/sms", dict(pairs))

    def verify(url, value=signature):
        return run("verify", "twilio", "--body-file", str(body), "--url", url, "--signature", value, "--json", env=env,
                   cwd=tmp_path)
    good = verify(PUBLIC_URL + "/webhooks/twilio/sms")
    assert good.returncode == 0 and json.loads(good.stdout)["valid"] is True
    behind_proxy = verify("http://10.0.0.7:8080/webhooks/twilio/sms")
    assert behind_proxy.returncode == 1
    assert "public URL" in json.loads(behind_proxy.stdout)["matching_variant"]
    assert json.loads(verify(PUBLIC_URL + "/webhooks/twilio/sms", "AAAA").stdout)["form"]
    assert TWILIO_TOKEN not in good.stdout + behind_proxy.stdout


def test_no_secret_stands_in_the_log(gateway):
    assert TWILIO_TOKEN not in gateway.log
