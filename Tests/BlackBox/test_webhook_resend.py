"""Mails by Resend: webhooks signed by the libraries of Svix and Standard Webhooks, content fetched, answers sent."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from standardwebhooks import Webhook as StandardWebhook
from svix.webhooks import Webhook as SvixWebhook

from lolabox import payloads
from lolabox.gateway import RESEND_KEY, RESEND_SECRET, Gateway, minimal_environment, resend_environment, run
from lolabox.problems import assert_problem
from lolabox.stubs import AgentStub, Reply, ResendStub
from lolabox.vectors import load, named
from lolabox.waiting import eventually

PATH = "/webhooks/resend"
OWN = "agent@in.bank.example"
EVENTS = load("resend_events.json")


@pytest.fixture(scope="module")
def resend():
    with ResendStub() as stub:
        yield stub


@pytest.fixture(scope="module")
def gateway(environment, resend, tmp_path_factory):
    env = environment | resend_environment(resend.url)
    config = '{ agents: { retry: ["50ms", "50ms"], timeout: "2s" } }'
    with Gateway.serve(tmp_path_factory.mktemp("resend"), env, config) as running:
        yield running


def post(gateway, payload, event=None, at=None, secret=RESEND_SECRET, prefix="svix", sign=None, **headers):
    """An event signed as Resend would."""
    event = event or payloads.fresh_id("msg_")
    at = at or datetime.now(timezone.utc)
    body = payload if isinstance(payload, bytes) else json.dumps(payload, separators=(", ", ":")).encode()
    library = SvixWebhook(secret) if prefix == "svix" else StandardWebhook(secret)
    signature = library.sign(event, at, (sign or body).decode())
    fields = {"Content-Type": "application/json", f"{prefix}-id": event,
              f"{prefix}-timestamp": str(int(at.timestamp())), f"{prefix}-signature": signature} | headers
    return gateway.post(PATH, body, {name: value for name, value in fields.items() if value is not None})


def received(sender, email_id, subject="A question", **more):
    return {"type": "email.received", "created_at": "2026-02-22T23:41:12.126Z", "data": {
        "email_id": email_id, "created_at": "2026-02-22T23:41:11.894719+00:00", "from": sender, "to": [OWN], "bcc": [],
        "cc": [], "received_for": [OWN], "message_id": f"<{email_id}@mail.example.net>", "subject": subject,
        "attachments": [], **more}}


def event(kind, email_id, address, **more):
    return {"type": f"email.{kind}", "created_at": "2026-02-22T23:41:12.126Z", "data": {
        "email_id": email_id, "from": "a@x", "to": [address], "subject": "s", **more}}


def fresh_address():
    return f"{payloads.fresh_id('ann')}@example.net"


def test_a_mail_is_fetched_handled_by_onboarding_and_answered_in_its_thread(gateway, services, resend):
    agents = services[3]
    address, email_id, key = fresh_address(), payloads.fresh_id("e-"), payloads.fresh_id("msg_")
    resend.mail(email_id, text="hola <b>Lola</b>\r\n")
    answer = post(gateway, received(f'"+1 202 555 0100" <{address}>', email_id, "Mi cuenta"), key)
    assert (answer.status, answer.body) == (200, b"")
    envelope = agents.wait_call(address).json()
    assert (envelope["agent"], envelope["context_user"]) == ("onboarding", None)
    assert envelope["conversation"] == f"resend:{OWN}:{address}"
    assert (envelope["message"]["key"], envelope["message"]["text"]) == (f"resend:{key}", "hola <b>Lola</b>")
    (fetch,) = resend.fetches(email_id)
    assert fetch.header("Authorization") == f"Bearer {RESEND_KEY}" and fetch.header("User-Agent")
    (sent,) = resend.wait_sends(address)
    mail = sent.json()
    assert (mail["from"], mail["reply_to"]) == ("Lola <lola@bank.example>", [OWN])
    assert mail["subject"] == "Re: Mi cuenta" and mail["text"] == "onboarding heard: hola <b>Lola</b>"
    assert "&lt;b&gt;Lola&lt;/b&gt;" in mail["html"] and "<b>" not in mail["html"]
    assert mail["headers"]["In-Reply-To"] == mail["headers"]["References"] == f"<{email_id}@mail.example.net>"
    assert mail["headers"]["List-Unsubscribe"] == f"<mailto:{OWN}?subject=unsubscribe>"
    assert sent.header("Idempotency-Key") and sent.header("User-Agent")
    gateway.wait_delivered(f"resend:{key}")


def test_a_known_number_in_the_from_identifies_nobody(gateway, services, resend):
    identity, _, _, agents = services
    phone = payloads.fresh_phone()
    identity.person(phone)
    sender, email_id = f"{phone}@example.net", payloads.fresh_id("e-")
    resend.mail(email_id, text="hola")
    post(gateway, received(sender, email_id))
    assert agents.wait_call(sender).json()["agent"] == "onboarding"
    assert not identity.asked(phone)


def test_a_fetch_that_fails_is_tried_again_and_html_becomes_text(gateway, services, resend):
    address, email_id = fresh_address(), payloads.fresh_id("e-")
    resend.mail(email_id, Reply(500), Reply(404), html="<p>Hola</p><script>x()</script><p>adi&oacute;s</p>")
    post(gateway, received(address, email_id))
    assert services[3].wait_call(address).json()["message"]["text"] == "Hola\n\nadiós"
    assert len(resend.fetches(email_id)) == 3


def test_a_mail_that_cannot_be_fetched_is_kept_for_an_operator_and_can_be_replayed(gateway, services, resend):
    address, email_id, key = fresh_address(), payloads.fresh_id("e-"), payloads.fresh_id("msg_")
    post(gateway, received(address, email_id), key)
    eventually(lambda: gateway.record(f"resend:{key}")["status"] == "dead_letter")
    record = gateway.record(f"resend:{key}")
    assert [step["stage"] for step in record["trace"]] == ["content"] and not services[3].calls(address)
    resend.mail(email_id, text="late")
    (letter,) = [item for item in gateway.admin("GET", "dlq")["items"] if item["key"] == f"resend:{key}"]
    assert (letter["stage"], letter["reason"]) == ("agent", "content_unavailable")
    gateway.admin("POST", "dlq", {"id": letter["id"], "action": "replay"})
    assert services[3].wait_call(address).json()["message"]["text"] == "late"


def test_a_crash_between_webhook_and_fetch_loses_nothing(environment, tmp_path, services):
    with ResendStub() as resend:
        env = environment | resend_environment(resend.url)
        address, email_id = fresh_address(), payloads.fresh_id("e-")
        resend.mail(email_id, Reply(200, silent=True), text="hola")
        with Gateway.serve(tmp_path, env) as running:
            assert post(running, received(address, email_id)).status == 200
            resend.wait(lambda item: item.path.endswith(email_id), 1)
            running.restart(kill=True)
            assert services[3].wait_call(address, timeout=30).json()["message"]["text"] == "hola"
            resend.wait_sends(address)
            assert len(services[3].calls(address)) == 1


@pytest.mark.parametrize("headers", [{"Auto-Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"List-Id": "<x>"}])
def test_automatic_mail_is_not_answered(gateway, services, resend, headers):
    address, email_id, key = fresh_address(), payloads.fresh_id("e-"), payloads.fresh_id("msg_")
    resend.mail(email_id, text="I am away", headers=headers)
    post(gateway, received(address, email_id), key)
    eventually(lambda: gateway.record(f"resend:{key}")["status"] == "stopped")
    assert not services[3].calls(address) and not resend.sends(address)


def test_nothing_of_a_stranger_becomes_a_header(gateway, resend):
    address, email_id = fresh_address(), payloads.fresh_id("e-")
    resend.mail(email_id, text="hola")
    post(gateway, received(address, email_id, "x\r\nBcc: victim@example.net", message_id="<a@b>\r\nBcc: c@d"))
    (sent,) = resend.wait_sends(address)
    assert sent.json()["subject"] == "Re: x  Bcc: victim@example.net"
    assert "In-Reply-To" not in sent.json()["headers"]


def test_choices_are_numbered_lines(gateway, services, resend):
    address, email_id = fresh_address(), payloads.fresh_id("e-")
    resend.mail(email_id, text="hola")
    services[3].script(address, AgentStub.replies(
        {"type": "buttons", "text": "What?", "buttons": [{"id": "a", "title": "Send"}, {"id": "b", "title": "Stop"}]}))
    post(gateway, received(address, email_id))
    assert resend.wait_sends(address)[0].json()["text"] == "What?\n\n1. Send\n2. Stop"


# Proof

@pytest.mark.parametrize("prefix", ["svix", "webhook"])
def test_both_libraries_prove(gateway, prefix):
    assert post(gateway, event("opened", "unknown", "b@y"), prefix=prefix).status == 200


@pytest.mark.parametrize("seconds, expected", [(-290, 200), (290, 200), (-310, 401), (310, 401)])
def test_five_minutes_both_ways(gateway, seconds, expected):
    at = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    assert post(gateway, event("opened", "unknown", "b@y"), at=at).status == expected


@pytest.mark.parametrize("headers", [
    {"svix-signature": None}, {"svix-id": None}, {"svix-timestamp": None}, {"svix-signature": "v1"},
    {"svix-signature": "v1,,"}, {"svix-timestamp": "now"}, {"svix-signature": "v1,AAAA"}, {"svix-id": "a.b"},
], ids=str)
def test_anything_else_is_401(gateway, headers):
    assert_problem(post(gateway, event("opened", "unknown", "b@y"), **headers), 401)


def test_another_secret_or_a_body_written_again_is_401(gateway):
    payload = event("opened", "unknown", "b@y")
    assert_problem(post(gateway, payload, secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), 401)
    compact = json.dumps(payload, separators=(",", ":")).encode()
    assert_problem(post(gateway, payload, sign=compact), 401)


def test_another_content_type_is_415_and_a_large_body_413(gateway):
    payload = event("opened", "unknown", "b@y")
    assert_problem(post(gateway, payload, **{"Content-Type": "text/plain"}), 415)
    assert_problem(post(gateway, b'{"type":"' + b"x" * 1024 * 1024 + b'"}'), 413)


# Events

@pytest.mark.parametrize("case", named(EVENTS["cases"]))
def test_every_event_is_acknowledged(gateway, case):
    answer = post(gateway, case["payload"])
    assert (answer.status, answer.body) == (200, b"")


def test_a_repetition_has_no_effect_and_the_course_of_a_mail_only_goes_forward(gateway, services, resend):
    address, email_id, key = fresh_address(), payloads.fresh_id("e-"), payloads.fresh_id("msg_")
    sent_as = payloads.fresh_id("sent-")
    resend.mail(email_id, text="hola")
    resend.script(address, Reply(200, {"id": sent_as}))
    for _ in range(3):
        assert post(gateway, received(address, email_id), key).status == 200
    gateway.wait_delivered(f"resend:{key}")
    assert len(services[3].calls(address)) == 1
    seen = []
    for kind in ("sent", "delivered", "delivery_delayed", "sent", "opened", "bounced"):
        assert post(gateway, event(kind, sent_as, address)).status == 200
        seen.append(gateway.record(f"resend:{key}")["delivery"]["status"])
    assert seen == ["sent", "delivered", "delivered", "delivered", "read", "read"]


# Off, half configured, tools

def test_off_is_404(stack):
    assert_problem(post(stack.gateway, event("sent", "e1", "b@y")), 404)


@pytest.mark.parametrize("missing", ["RESEND_API_KEY", "RESEND_WEBHOOK_SECRET", "RESEND_FROM"])
def test_half_configured_is_78(tmp_path, missing):
    env = minimal_environment(tmp_path) | resend_environment("https://api.resend.com")
    env.pop(missing)
    result = run("check-config", env=env)
    assert result.returncode == 78 and missing in result.stderr


def test_trigger_under_dev_goes_the_whole_way(dev, tmp_path):
    result = run("trigger", "resend.email", "--from", "+15550100", "--text", "hola", "--json",
                 env={"PATH": "/usr/bin"}, cwd=dev.cwd)
    assert result.returncode == 0, result
    key = json.loads(result.stdout)["key"]

    def answered():
        chat = dev.get("/dev/api/chat?sender=passed&channel=resend").json()["items"]
        return chat if chat[-1]["side"] == "lola" else None
    assert eventually(answered)[-1]["text"] and key.startswith("resend:msg_")


def test_verify(tmp_path):
    body = json.dumps(event("sent", "e1", "b@y"), separators=(", ", ":"))
    file = tmp_path / "body"
    file.write_text(body)
    now = datetime.now(timezone.utc)
    env = {"PATH": "/usr/bin", "RESEND_WEBHOOK_SECRET": RESEND_SECRET}

    def verify(signed):
        return run("verify", "resend", "--body-file", str(file), "--id", "msg_1", "--timestamp",
                   str(int(now.timestamp())), "--signature", SvixWebhook(RESEND_SECRET).sign("msg_1", now, signed),
                   "--json", env=env, cwd=tmp_path)
    assert verify(body).returncode == 0
    again = verify(json.dumps(json.loads(body), separators=(",", ":")))
    assert again.returncode == 1 and "parsed and written again" in json.loads(again.stdout)["matching_variant"]
    assert RESEND_SECRET not in again.stdout
