"""What agents begin by themselves goes out by Twilio and Resend as it was written, and nothing that is written becomes markup
or a header (CONTRACT §9; issue texts of TwiML and mail injection)."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from conftest import RETRY_SETTINGS, Stack
from lolabox.gateway import TWILIO_FROM, Gateway, resend_environment, twilio_environment
from lolabox.hostile import STRINGS
from lolabox.payloads import fresh_id, fresh_phone
from lolabox.stubs import ResendStub, TwilioStub
from test_outbound import Agent, consent, refused

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


def test_what_twilio_refuses_is_refused(providers):
    phone = fresh_phone()
    consent(providers.gateway, phone, "sms")
    providers.twilio.script(phone, providers.twilio.error(21_610))
    refused(providers.agent.send(phone, channel="sms"), 422, "provider_refused")


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
