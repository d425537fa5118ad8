"""One of each thing that can happen to a message: nothing of a person and no secret in logs, metrics, records or errors
(CONTRACT §1, STYLE). What happens to many, and the files, are searched in test_canary.py."""

from __future__ import annotations

import json
import re

import pytest

from conftest import RETRY_SETTINGS, Stack
from lolabox import payloads
from lolabox.gateway import (APP_SECRET, ORCHESTRATOR_TOKEN, TELEGRAM_SECRET, TELEGRAM_TOKEN, VERIFY_TOKEN,
                             WHATSAPP_TOKEN, Gateway)
from lolabox.payloads import fresh_phone
from lolabox.stubs import AgentStub, Reply
from lolabox.waiting import eventually

CARD = "4242424242424242"
TEXT = "canarytext-pregunta"
NAME = "Canaryname Apellido"
REPLY = "canaryreply-respuesta"
STATE = "canarystate"
CALLBACK_ID = "canary-button-id"


@pytest.fixture(scope="module")
def told(services, environment, tmp_path_factory):
    """Everything a gateway may let slip after one of each thing has happened to it, by source."""
    gateway = Gateway.serve(tmp_path_factory.mktemp("privacy"), environment, RETRY_SETTINGS)
    errors: list[bytes] = []
    with gateway:
        own = Stack(gateway, *services)
        passed, failing, stopped = own.person(name=NAME), own.person(name=NAME), own.person(name=NAME)
        undelivered, unavailable = own.person(name=NAME), fresh_phone()
        own.agents.script(passed, AgentStub.says(REPLY, state={"secret": STATE}))
        own.agents.script(failing, *[Reply(500, {"error": REPLY})] * 5)
        own.graph.script(undelivered[1:], *[own.graph.error(131047, details=TEXT)])
        own.identity.reply(unavailable, Reply(500, {"sender": {"name": NAME}}))
        keys = [own.gateway.say(phone, f"{TEXT} {CARD}") for phone in (passed, failing, undelivered, unavailable)]
        own.gateway.say(stopped, f"/{TEXT}")
        user = payloads.fresh_user()
        own.gateway.telegram(payloads.telegram_contact(user, own.person(name=NAME)))
        own.gateway.telegram(payloads.telegram_text(user, f"{TEXT} {CARD}"))
        own.gateway.telegram(payloads.telegram_callback(user, CALLBACK_ID))
        own.gateway.whatsapp(b'{"' + TEXT.encode())
        for key in keys:
            eventually(lambda key=key: gateway.record(key)["finished_at"], 20, f"the end of {key}")
        own.bot.wait_sends(user, 2)
        phones = [passed, failing, stopped, undelivered, unavailable]
        errors += [
            own.gateway.whatsapp(payloads.whatsapp_text(passed, TEXT), secret="wrong").body,
            own.gateway.telegram(payloads.telegram_text(user, TEXT), secret="wrong-" + TEXT).body,
            gateway.get(f"/{TEXT}/{CARD}").body,
            gateway.get(f"/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token={TEXT}&hub.challenge=1").body,
            gateway.manage("GET", "/admin/api/messages", token="wrong-" + TEXT).body,
            gateway.manage("GET", f"/admin/api/messages/{TEXT}").body,
        ]
        shown = json.dumps(gateway.admin("GET", "messages?limit=1000"))
        records = "".join(json.dumps(gateway.record(key)) for key in keys)
        metrics = gateway.metrics()
    return {"log": gateway.log, "stdout": gateway.stdout, "metrics": metrics, "list": shown, "records": records,
            "errors": b"".join(errors).decode()}, phones, str(user)


SOURCES = ["log", "metrics", "list", "records", "errors"]
SECRETS = [APP_SECRET, VERIFY_TOKEN, WHATSAPP_TOKEN, TELEGRAM_TOKEN, TELEGRAM_TOKEN.split(":")[1], TELEGRAM_SECRET,
           ORCHESTRATOR_TOKEN, "identity-token-canary-7731", "canary-"]


@pytest.mark.parametrize("source", SOURCES)
def test_no_secret(told, source):
    said, _, _ = told
    for secret in SECRETS:
        assert secret not in said[source]


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_of_a_person(told, source):
    said, phones, user = told
    for word in (TEXT, NAME.split()[0], REPLY, STATE, CALLBACK_ID, "Visa ending", CARD, CARD[:12], user):
        assert word not in said[source], word
    for phone in phones:
        assert phone[1:] not in said[source] and phone[-7:] not in said[source]


def test_no_bearer_token_or_key_in_the_log(told):
    log = told[0]["log"]
    assert not re.search(r"eyJ[A-Za-z0-9_-]{10,}|Bearer |BEGIN [A-Z ]*KEY|lola_at_|sha256=[0-9a-f]", log)


def test_the_log_is_json_lines_with_fixed_keys(told):
    lines = told[0]["stdout"].splitlines()
    assert lines
    for line in lines:
        entry = json.loads(line)
        assert list(entry)[:3] == ["time", "level", "event"], line
        assert entry["level"] in ("debug", "info", "warn", "error")
        assert re.fullmatch(r"[a-z][a-z0-9_]*", entry["event"])
    assert {"message_done", "dead_letter"} <= {json.loads(line)["event"] for line in lines}


def test_the_same_person_has_the_same_pseudonym(told, stack):
    phone = stack.person()
    keys = [stack.gateway.say(phone, "one"), stack.gateway.say(phone, "two"), stack.gateway.say(stack.person(), "one")]
    senders = [stack.gateway.wait_delivered(key)["sender"] for key in keys]
    assert senders[0] == senders[1] != senders[2]
