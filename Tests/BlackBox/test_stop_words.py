"""STOP, START and HELP on every channel, before anything else (CONTRACT §9, §11)."""

from __future__ import annotations

import json
import urllib.parse

import pytest
from twilio.request_validator import RequestValidator

from lolabox import payloads
from lolabox.gateway import PUBLIC_URL, TWILIO_FROM, TWILIO_TOKEN, twilio_environment
from lolabox.payloads import fresh_phone
from lolabox.stubs import TwilioStub
from lolabox.waiting import eventually


def listed(gateway, phone):
    found = gateway.admin("GET", "dnc?limit=1000")["items"]
    return [entry for entry in found if entry.get("address") == phone]


def sms(gateway, phone, body, **parts):
    """A message by Twilio, with a right signature."""
    form = {"MessageSid": "SM" + payloads.fresh_id()[-32:].rjust(32, "0"), "From": phone, "To": TWILIO_FROM,
            "Body": body, "AccountSid": "AC1", "NumMedia": "0"} | parts
    path = "/webhooks/twilio/sms"
    signature = RequestValidator(TWILIO_TOKEN).compute_signature(PUBLIC_URL + path, form)
    answer = gateway.post(path, urllib.parse.urlencode(form).encode(), {
        "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature})
    assert answer.status == 200, answer


def ended(gateway, key):
    """The record once the message has come to its end."""
    def read():
        record = gateway.record(key)
        return record if record["finished_at"] else None
    return eventually(read, 10, f"the end of {key}")


@pytest.mark.parametrize("word", ["STOP", "stopall", "Unsubscribe", "cancel", "end", "quit", "revoke", "optout",
                                  "stop.", "  Stop  ", "BAJA"])
def test_each_word_stops_at_once_with_one_confirmation(stack, word):
    phone = stack.person()
    key = stack.gateway.say(phone, word)
    record = ended(stack.gateway, key)
    assert record["agent"] is None and record["status"] == "stopped"
    assert len(stack.graph.wait_texts(phone)) == 1
    assert len(listed(stack.gateway, phone)) == 1
    # The agent hears what comes next; nothing of what it says is sent.
    later = stack.gateway.say(phone, "hola")
    assert ended(stack.gateway, later)["agent"] == "sender_home"
    assert len(stack.graph.sends(phone)) == 1


def test_the_word_holds_when_its_webhook_is_acknowledged(stack):
    for number in range(25):
        phone = stack.person()
        stack.gateway.say(phone, ("STOP", "baja")[number % 2])
        assert len(listed(stack.gateway, phone)) == 1, number


def test_a_sentence_with_the_word_in_it_is_no_word(stack):
    phone = stack.person()
    key = stack.gateway.say(phone, "please stop the transfer of yesterday")
    assert ended(stack.gateway, key)["agent"] == "sender_home" and not listed(stack.gateway, phone)


def test_start_takes_the_person_off_the_list(stack):
    phone = stack.person()
    ended(stack.gateway, stack.gateway.say(phone, "stop"))
    ended(stack.gateway, stack.gateway.say(phone, "START"))
    assert not listed(stack.gateway, phone)
    key = stack.gateway.say(phone, "hola")
    assert ended(stack.gateway, key)["agent"] == "sender_home"
    assert len(stack.graph.wait_texts(phone, 3)) == 3


def test_help_is_answered_without_an_agent(stack):
    phone = stack.person()
    key = stack.gateway.say(phone, "HELP")
    assert ended(stack.gateway, key)["agent"] is None
    assert "STOP" in stack.graph.wait_texts(phone)[0]


def test_it_comes_before_the_allowlist_and_outlives_a_restart(own_stack):
    own = own_stack(env={"LOLA_ALLOWED_NUMBERS": "+15550100"})
    phone = fresh_phone()
    ended(own.gateway, own.gateway.say(phone, "stop"))
    assert len(own.graph.wait_texts(phone)) == 1
    own.gateway.restart(kill=True)
    assert len(listed(own.gateway, phone)) == 1
    audit = own.gateway.admin("GET", "audit?limit=200")["items"]
    changed = [record for record in audit if record["actor"] == "sender"]
    assert changed and phone not in json.dumps(audit)


def test_a_stop_by_sms_stops_every_channel(own_stack):
    with TwilioStub() as twilio:
        own = own_stack(env=twilio_environment(twilio.url))
        phone = own.person()
        sms(own.gateway, phone, "Stop")
        eventually(lambda: listed(own.gateway, phone), 10, "the entry")
        key = own.gateway.say(phone, "hola")
        assert ended(own.gateway, key)["agent"] == "sender_home"
        assert own.graph.sends(phone) == []


def test_a_stop_beside_a_picture_is_heard(own_stack):
    with TwilioStub() as twilio:
        own = own_stack(env=twilio_environment(twilio.url))
        phone = own.person()
        sms(own.gateway, phone, "STOP", NumMedia="1", MediaContentType0="image/jpeg",
            MediaUrl0="https://media.example/1")
        eventually(lambda: listed(own.gateway, phone), 10, "the entry")


def test_the_caption_of_a_picture_is_heard(stack):
    phone = stack.person()
    message = payloads.whatsapp_message(phone, "image", image={"id": "1", "mime_type": "image/jpeg", "caption": "Stop"})
    stack.gateway.whatsapp(payloads.encode(payloads.whatsapp_batch([message])))
    assert "START" in stack.graph.wait_texts(phone)[0]
    assert len(listed(stack.gateway, phone)) == 1
    user = payloads.fresh_user()
    photo = [{"file_id": "p", "file_unique_id": "u", "width": 1, "height": 1}]
    stack.gateway.telegram(payloads.telegram_message(user, photo=photo, caption="STOP"))
    eventually(lambda: listed(stack.gateway, f"telegram:{user}"), 10, "the entry")


def test_a_number_shared_after_the_stop_is_stopped_too(stack):
    user, phone = payloads.fresh_user(), fresh_phone()
    stack.gateway.telegram(payloads.telegram_text(user, "STOP"))
    eventually(lambda: listed(stack.gateway, f"telegram:{user}"), 10, "the entry")
    stack.gateway.telegram(payloads.telegram_contact(user, phone))
    eventually(lambda: listed(stack.gateway, phone), 10, "the entry of the number")
    assert listed(stack.gateway, phone)[0]["reason"] == "stop"
