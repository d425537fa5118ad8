"""What agents begin by themselves goes out by Twilio and Resend as it was written, and nothing that is written becomes markup
or a header (CONTRACT §9; issue texts of TwiML and mail injection)."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import pytest

from conftest import RETRY_SETTINGS, Stack
from lolabox.gateway import (PUBLIC_URL, TWILIO_FROM, Gateway, resend_environment, twilio_environment,
                             whatsapp_environment)
from lolabox.hostile import STRINGS
from lolabox.mcp import Streamable, notification, request
from lolabox.payloads import fresh_id, fresh_phone
from lolabox.stubs import Reply, ResendStub, TwilioStub
from lolabox.wire import Answer
from test_outbound import Agent, consent, refused
from test_webhook_twilio import post

OPEN = {"LOLA_QUIET_HOURS": "off", "LOLA_CONTENT_FILTER": "off", "DEFAULT_MAX_ACTIONS_PER_MINUTE": "100000",
        "DEFAULT_MAX_ACTIONS_PER_HOUR": "100000", "DEFAULT_MAX_ACTIONS_PER_DAY": "100000",
        "DEFAULT_MAX_SPEND_PER_DAY": "100000", "DEFAULT_MAX_SPEND_PER_MONTH": "100000",
        "DEFAULT_MAX_CALLS_PER_DAY_SAME_NUMBER": "100000"}


class Providers:
    def __init__(self, stack: Stack, twilio: TwilioStub, resend: ResendStub):
        self.gateway, self.twilio, self.resend = stack.gateway, twilio, resend
        self.agent = Agent(stack.gateway)


@pytest.fixture(scope="module")
def providers(services, environment, tmp_path_factory):
    with TwilioStub() as twilio, ResendStub() as resend:
        env = environment | OPEN | twilio_environment(twilio.url) | resend_environment(resend.url)
        with Gateway.serve(tmp_path_factory.mktemp("providers"), env, RETRY_SETTINGS) as gateway:
            yield Providers(Stack(gateway, *services), twilio, resend)


def said(form: dict[str, str]) -> list[str]:
    root = ElementTree.fromstring(form["Twiml"])
    assert root.tag == "Response" and {child.tag for child in root} <= {"Say", "Hangup"}
    assert all(not list(child) for child in root)
    return [child.text or "" for child in root if child.tag == "Say"]


def test_an_sms_a_call_and_a_mail(providers):
    agent, gateway = providers.agent, providers.gateway
    phone = fresh_phone()
    consent(gateway, phone, "sms")
    assert agent.send(phone, "Your card is ready.", "sms").json()["status"] == "sent"
    (sent,) = providers.twilio.wait_sends(phone)
    form = providers.twilio.form(sent)
    assert sent.path.endswith("/Messages.json") and form["From"] == TWILIO_FROM
    assert form["Body"] == "Your card is ready."
    # California: everybody must know that a call is recorded.
    callee = "+1415" + fresh_phone()[5:]
    consent(gateway, callee, "voice")
    answer = agent.send(callee, "Please call your bank.", "voice", record=True)
    assert answer.status == 202, answer
    (called,) = providers.twilio.wait_sends(callee)
    form = providers.twilio.form(called)
    assert called.path.endswith("/Calls.json") and form["Record"] == "true"
    spoken = said(form)
    assert spoken[-1] == "Please call your bank." and len(spoken) == 2
    address = f"{fresh_id('')}@example.net"
    consent(gateway, address, "email")
    answer = agent.send(address, "It is ready.", "email", subject="Your card")
    assert answer.status == 202 and len(answer.json()["warnings"]) == 1
    (mail,) = providers.resend.wait_sends(address)
    assert mail.json()["subject"] == "Your card" and mail.json()["text"] == "It is ready."
    assert mail.json()["headers"]["List-Unsubscribe"].startswith("<mailto:")


def test_a_conversation_goes_by_its_own_channel_and_from_an_end_of_ours(providers):
    agent, gateway = Agent(providers.gateway), providers.gateway
    phone = fresh_phone()
    for channel in ("sms", "whatsapp"):
        consent(gateway, phone, channel)
    # WhatsApp's own service is on too; the conversation is one of Twilio's all the same.
    for channel, prefix in (("twilio_whatsapp", "whatsapp:"), ("twilio_sms", "")):
        answer = agent.call("POST", "messages", {"conversation": f"{channel}:{TWILIO_FROM}:{phone}", "text": "hola"})
        assert answer.status == 202, answer
        (sent,) = providers.twilio.wait_sends(prefix + phone)
        assert providers.twilio.form(sent)["From"] == prefix + TWILIO_FROM
    strange = "+18005551234"
    address = f"{fresh_id('')}@example.net"
    consent(gateway, address, "email")
    for key in (f"twilio_sms:{strange}:{phone}", f"twilio_whatsapp:{strange}:{phone}", f"twilio_sms:12345:{phone}",
                f"resend:evil@example.org:{address}"):
        more = {"subject": "a"} if key.startswith("resend") else {}
        answer = agent.call("POST", "messages", {"conversation": key, "text": "hola"} | more)
        refused(answer, 403, "conversation_unknown")
    # It is a number of ours: somebody has written to it.
    heard = [("MessageSid", fresh_id("SM")), ("From", fresh_phone()), ("To", strange), ("Body", "hola")]
    assert post(gateway, heard).status == 200
    assert agent.call("POST", "messages", {"conversation": f"twilio_sms:{strange}:{phone}", "text": "hola"}).status == 202
    assert providers.twilio.form(providers.twilio.sends(phone)[-1])["From"] == strange


def test_a_conversation_by_mail_has_a_subject_too(providers):
    address = f"{fresh_id('')}@example.net"
    consent(providers.gateway, address, "email")
    order = {"conversation": f"resend:lola@bank.example:{address}", "text": "It is ready."}
    answer = providers.agent.call("POST", "messages", order | {"subject": "Your card", "html": "<p>It is ready.</p>"})
    assert answer.status == 202 and answer.json()["channel"] == "email", answer
    with Streamable(providers.gateway, providers.agent.token) as client:
        assert client.call("comms_send_message", order | {"subject": "Again"})["json"]["channel"] == "email"
    # Who answers a mail need not know that it is one.
    bare = providers.agent.call("POST", "messages", order)
    assert bare.status == 202 and any("subject" in warning for warning in bare.json()["warnings"]), bare
    mails = [sent.json() for sent in providers.resend.wait_sends(address, 3)]
    assert [mail["subject"] for mail in mails] == ["Your card", "Again", ""]
    assert mails[0]["html"] == "<p>It is ready.</p>"


def test_what_twilio_refuses_is_refused(providers):
    phone = fresh_phone()
    consent(providers.gateway, phone, "sms")
    providers.twilio.script(phone, providers.twilio.error(21_610))
    refused(providers.agent.send(phone, channel="sms"), 422, "provider_refused")


@pytest.mark.parametrize(("scripted", "seconds"), [
    (TwilioStub.error(20_429, 429, **{"Retry-After": "77"}), 77), (Reply(503, headers={"Retry-After": "12"}), 12),
    (Reply(503), 5)], ids=["429", "503", "nothing named"])
def test_who_is_told_to_come_later_hears_when(providers, scripted, seconds):
    agent, phone = Agent(providers.gateway), fresh_phone()
    consent(providers.gateway, phone, "sms")
    providers.twilio.script(phone, scripted, scripted)
    answer = agent.send(phone, channel="sms")
    assert refused(answer, 503, "provider_unavailable")["retryAfterSeconds"] == seconds
    assert answer.header("Retry-After") == str(seconds)
    with Streamable(providers.gateway, agent.token) as client:
        said = client.call("comms_send_message", {"channel": "sms", "to": phone, "text": "hola"})
    assert (said["json"]["code"], said["json"]["retryAfterSeconds"]) == ("provider_unavailable", seconds)
    assert len(providers.twilio.sends(phone)) == 2


def test_what_twilio_gave_up_or_did_not_say_is_not_sent(providers):
    agent, phone = Agent(providers.gateway), fresh_phone()
    consent(providers.gateway, phone, "sms")
    for status in ("failed", "undelivered", "canceled"):
        providers.twilio.script(phone, Reply(201, {"sid": "SM" + "1" * 32, "status": status, "error_code": 30_005}))
        assert "undeliverable" in refused(agent.send(phone, channel="sms"), 422, "provider_refused")["detail"]
    assert spent(providers.gateway, agent) == 0
    for body in (b"", b"<html>", {}, {"status": "queued"}, {"sid": None, "status": "queued"}):
        providers.twilio.script(phone, Reply(201, body))
        answer = agent.send(phone, channel="sms")
        assert (answer.status, answer.json()["status"]) == (202, "queued"), body
        assert "nobody knows" in answer.json()["warnings"][0]
    # Nothing went out twice, and what is perhaps on its way is paid for.
    assert len(providers.twilio.sends(phone)) == 8 and spent(providers.gateway, agent) > 0


def test_no_text_becomes_markup_in_a_call(providers):
    taken = 0
    for text in STRINGS:
        phone = fresh_phone()
        consent(providers.gateway, phone, "voice")
        answer = providers.agent.send(phone, text, "voice")
        assert answer.status in (202, 400), (text, answer)
        if answer.status == 400:
            continue
        taken += 1
        (called,) = providers.twilio.wait_sends(phone)
        spoken = said(providers.twilio.form(called))
        # XML cannot carry some octets: they are left out, everything else is said as it was written.
        left = "".join(spoken)
        assert set(left) <= set(text) | set("\n"), (text, left)
    assert taken > len(STRINGS) // 2


def test_a_call_says_no_more_than_twilio_takes(providers):
    agent, phone = Agent(providers.gateway), fresh_phone()
    consent(providers.gateway, phone, "voice")
    for text in ("x" * 4_000, "&" * 900):
        assert "4000" in refused(agent.send(phone, text, "voice"), 400, "invalid_field")["detail"]
        with Streamable(providers.gateway, agent.token) as client:
            told = client.call("comms_make_call", {"to": phone, "text": text})["json"]
        assert told["code"] == "arguments_invalid" and "4000" in told["error"]
    assert spent(providers.gateway, agent) == 0 and not providers.twilio.sends(phone)
    text = "word " * 780
    assert agent.send(phone, text, "voice").status == 202
    (called,) = providers.twilio.wait_sends(phone)
    form = providers.twilio.form(called)
    assert said(form) == [text] and len(form["Twiml"]) <= 4_000


def test_no_text_becomes_a_header_of_a_mail(providers):
    taken = 0
    for text in STRINGS:
        address = f"{fresh_id('')}@example.net"
        consent(providers.gateway, address, "email")
        answer = providers.agent.send(address, "plain", "email", subject=text[:900])
        assert answer.status in (202, 400), (text, answer)
        if answer.status == 400:
            continue
        taken += 1
        (sent,) = providers.resend.wait_sends(address)
        mail = sent.json()
        assert not any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in mail["subject"]), text
        assert set(mail["headers"]) == {"Auto-Submitted", "List-Unsubscribe"}, text
        assert set(mail) == {"from", "to", "subject", "text", "html", "headers"}, text
    assert taken > len(STRINGS) // 2


# What Twilio tells later

def spent(gateway: Gateway, agent: Agent) -> float:
    with Streamable(gateway, agent.token) as client:
        lines = client.call("comms_get_usage_dashboard")["json"]["limits"]
    (used,) = {line["used"] for line in lines if line["limit"] in ("spend_per_day", "spend_per_month")}
    return used


def course(sid: str, word: str, **more: str) -> list[tuple[str, str]]:
    return [("CallSid", sid), ("CallStatus", word), ("Direction", "outbound-api"), ("From", TWILIO_FROM),
            ("To", "+12025550123"), *more.items()]


def status(agent: Agent, key: str) -> str:
    return agent.call("GET", f"messages/{key}").json()["status"]


def test_the_course_of_a_call_moves_its_state_and_settles_its_price_once(providers):
    gateway, agent, phone = providers.gateway, Agent(providers.gateway), "+1202555" + fresh_phone()[-4:]
    consent(gateway, phone, "voice")
    sids = ["CA" + fresh_id("").rjust(32, "0")[-32:] for _ in range(2)]
    for sid in sids:
        providers.twilio.script(phone, Reply(201, {"sid": sid, "status": "queued"}))
    long, short = (agent.send(phone, "Please call your bank.", "voice").json()["key"] for _ in sids)
    # Three minutes each at 1.4 cents, told in whole cents, rounded up.
    assert spent(gateway, agent) == 0.09

    def tell(sid: str, word: str, **more: str) -> None:
        assert post(gateway, course(sid, word, **more), "/webhooks/twilio/status").status == 200

    tell(sids[0], "ringing")
    tell(sids[0], "in-progress")
    assert spent(gateway, agent) == 0.09 and status(agent, long) == "sent"
    for _ in range(3):
        tell(sids[0], "completed", CallDuration="541", Duration="10")
    # Ten minutes and three.
    assert spent(gateway, agent) == 0.19 and status(agent, long) == "delivered"
    tell(sids[1], "no-answer", CallDuration="0")
    assert spent(gateway, agent) == 0.14 and status(agent, short) == "failed"
    gateway.restart(kill=True)
    for word in ("completed", "in-progress", "failed"):
        tell(sids[0], word, CallDuration="3600")
    tell(sids[1], "busy")
    assert spent(gateway, agent) == 0.14
    assert (status(agent, long), status(agent, short)) == ("delivered", "failed")
    # Nobody's call, a forged end, a call to us: nothing of them counts.
    tell("CA" + "0" * 32, "completed", CallDuration="60")
    forged = post(gateway, course(sids[1], "completed", CallDuration="60"), "/webhooks/twilio/status", token="0" * 32)
    assert forged.status == 401 and status(agent, short) == "failed" and spent(gateway, agent) == 0.14


class HastyTwilio(TwilioStub):
    """Tells what became of a message or call before it answers the order itself."""

    def __init__(self):
        super().__init__()
        #: To the gateway, per order; what it answered.
        self.tell: Callable[[dict[str, str], dict], list] = lambda form, answer: []
        self.told: list = []

    def answer(self, request):
        reply = super().answer(request)
        self.told += self.tell(self.form(request), reply.body)
        return reply


def callback(form: dict[str, str]) -> str:
    """The path that Twilio calls, with its query."""
    url = form["StatusCallback"]
    assert url.startswith(PUBLIC_URL + "/webhooks/twilio/status?order="), url
    return url.removeprefix(PUBLIC_URL)


@pytest.mark.parametrize("answers", [True, False], ids=["answered later", "never answered"])
def test_what_twilio_tells_before_it_answers_is_not_lost(services, environment, tmp_path, answers):
    with HastyTwilio() as twilio, \
            Gateway.serve(tmp_path, environment | OPEN | twilio_environment(twilio.url)) as gateway:
        agent, failing, called = Agent(gateway), fresh_phone(), "+1202555" + fresh_phone()[-4:]
        for phone, channel in ((failing, "sms"), (called, "voice")):
            consent(gateway, phone, channel)
            if not answers:
                twilio.script(phone, Reply(raw=b"", status=201, body={"sid": "SM" + fresh_id("").rjust(32, "0")}))

        def tell(form: dict[str, str], answer: dict) -> list[Answer]:
            path, sid = callback(form), answer["sid"]
            if "Twiml" in form:
                pairs = course(sid, "completed", CallDuration="541")
            else:
                pairs = [("MessageSid", sid), ("MessageStatus", "undelivered"), ("To", form["To"])]
            return [post(gateway, pairs, path), post(gateway, pairs, path)]

        twilio.tell = tell
        failed = agent.send(failing, "Your card is ready.", "sms").json()
        assert failed["status"] == ("sent" if answers else "queued")
        assert (spent(gateway, agent), status(agent, failed["key"])) == (0, "failed")
        call = agent.send(called, "Please call your bank.", "voice").json()
        assert [answer.status for answer in twilio.told] == [200] * 4
        # Ten minutes were begun.
        assert (spent(gateway, agent), status(agent, call["key"])) == (0.14, "delivered")
        # Signed, but of another id: the order is not moved. Nor by an address that was changed after it was signed.
        twilio.tell = lambda form, answer: []
        quiet = fresh_phone()
        consent(gateway, quiet, "sms")
        key = agent.send(quiet, "Your card is ready.", "sms").json()["key"]
        (sent,) = twilio.wait_sends(quiet)
        path = callback(twilio.form(sent))
        assert key.removeprefix("out:") in path and quiet.lstrip("+") not in path
        other = [("MessageSid", "SM" + "f" * 32), ("MessageStatus", "failed"), ("To", quiet)]
        assert post(gateway, other, path).status == 200
        assert post(gateway, other, path, url=PUBLIC_URL + "/webhooks/twilio/status").status == 401
        assert status(agent, key) == "sent"


def test_a_cancelled_call_is_not_answered_and_what_has_left_is_not_taken_back(services, environment, tmp_path):
    with HastyTwilio() as twilio, \
            Gateway.serve(tmp_path, environment | OPEN | twilio_environment(twilio.url)) as gateway:
        agent, phone = Agent(gateway), fresh_phone()
        consent(gateway, phone, "sms")
        order = {"name": "comms_send_message", "arguments": {"channel": "sms", "to": phone, "text": "hola"}}
        with Streamable(gateway, agent.token) as client, Streamable(gateway, agent.token) as stranger:

            def cancel(by: Streamable, id: int) -> None:
                # While Twilio has the order and has not answered it.
                twilio.tell = lambda form, answer: [by.send(notification("notifications/cancelled", {"requestId": id}))]

            cancel(client, 7)
            answer = client.send(request("tools/call", order, 7))
            assert (answer.status_code, answer.content) == (202, b"")
            answer = client.send(request("tools/call", order | {"_meta": {"progressToken": "p"}}, 7))
            assert answer.headers["content-type"].startswith("text/event-stream")
            events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
            assert events and {event["method"] for event in events} == {"notifications/progress"}
            # Another request, and another session, cancel nothing of this one.
            for by, id in ((client, 8), (stranger, 7)):
                cancel(by, id)
                assert client.ask("tools/call", order, 7)["result"]["isError"] is False
        assert [told.status_code for told in twilio.told] == [202] * 4
        assert len(twilio.sends(phone)) == 4 and spent(gateway, agent) > 0


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
def test_a_message_that_failed_costs_nothing_until_it_arrives(services, environment, tmp_path, channel):
    """WhatsApp goes by Twilio where WhatsApp's own service is off; all statuses come to one address."""
    env = {name: value for name, value in environment.items() if name not in whatsapp_environment("")}
    with TwilioStub() as twilio, Gateway.serve(tmp_path, env | OPEN | twilio_environment(twilio.url)) as gateway:
        agent, phone = Agent(gateway), fresh_phone()
        consent(gateway, phone, channel)
        to = "whatsapp:" + phone if channel == "whatsapp" else phone
        sid = "SM" + fresh_id("").rjust(32, "0")
        twilio.script(to, Reply(201, {"sid": sid, "status": "queued"}))
        key = agent.send(phone, "Your card is ready.", channel).json()["key"]
        price = spent(gateway, agent)
        assert price > 0
        for word, cost, state in (("sent", price, "sent"), ("undelivered", 0, "failed"), ("undelivered", 0, "failed"),
                                  ("delivered", price, "delivered"), ("failed", price, "delivered")):
            told = [("MessageSid", sid), ("MessageStatus", word), ("To", to), ("From", TWILIO_FROM)]
            assert post(gateway, told, "/webhooks/twilio/status").status == 200
            assert (spent(gateway, agent), status(agent, key)) == (cost, state), word
