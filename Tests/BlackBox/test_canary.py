"""Ten thousand people with hostile tongues write, mistype tokens and hand in widgets; then everything the gateway wrote
anywhere is searched for any of them (CONTRACT §1, §11; the words of the issue: 0 hits)."""

from __future__ import annotations

import base64
import binascii
import json
import re
import shutil
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lolabox import birds, payloads
from lolabox.birds import Bird
from lolabox.gateway import (APP_SECRET, TELEGRAM_SECRET, Gateway, run, telegram_environment, whatsapp_environment)
from lolabox.hostile import STRINGS
from lolabox.line import Line, escaped
from lolabox.signing import telegram_headers, whatsapp_headers
from lolabox.stubs.quick import QuickStub
from lolabox.waiting import eventually
from lolabox.widget import fresh_address, path_of

#: The first test pays for all requests; under load that takes its time.
pytestmark = pytest.mark.timeout(300)
COUNT = 10_000
#: Of them so many write by Telegram; a webhook of WhatsApp carries so many messages.
ON_TELEGRAM = 1_000
BATCH = 25
CONFIG = '{ agents: { retry: ["50ms"] } }'


@dataclass
class Said:
    """Everything the gateway let out, but what it owes to channels, agents and the owner of the token."""

    sources: dict[str, bytes] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    messages: float = 0
    letters: float = 0
    calls: int = 0


def _identity(method: str, path: str, body: bytes) -> tuple[int, bytes]:
    digits = urllib.parse.unquote(path).rsplit("/", 1)[1].lstrip("+")
    bird = Bird(int(digits[-4:]))
    if bird.number % 50 == 3:
        return 500, json.dumps({"error": bird.text}).encode()
    cards = [{"type": bird.card, "display": f"Visa ending {bird.card[-4:]}"}]
    sender = {"id": bird.secret, "name": bird.name, "phone": "+" + bird.phone, "country": "US", "verdict": "passed",
              "is_blocked": False, "cards": [f"Visa ending {bird.card[-4:]}"], "payment_methods": cards, "more": bird.text}
    return 200, json.dumps({"sender": sender}).encode()


def _agent(method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """Repeats what it was told; breaks at some, keeps a state."""
    asked = json.loads(body)
    number = int(re.search(r"kanariezinnetje (\d+)", json.dumps(asked["message"].get("text") or "") + " kanariezinnetje 0")[1])
    if number % 100 == 7:
        return 400, json.dumps({"error": Bird(number).text}).encode()
    reply = {"type": "text", "text": f"eco: {Bird(number).text}"}
    return 200, json.dumps({"replies": [reply], "state": {"of": Bird(number).text}}).encode()


def _channel(method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """The Graph and the Bot API in one; it refuses some, and says whom."""
    found = re.search(rb"kanariezinnetje (\d+)", body)
    number = int(found[1]) if found else 0
    if "/bot" in path:
        return 200, b'{"ok":true,"result":{"message_id":1}}'
    if number % 100 == 9:
        return 400, json.dumps({"error": {"code": 131_047, "message": Bird(number).text, "error_data": {
            "details": Bird(number).text}}}).encode()
    return 200, b'{"messages":[{"id":"wamid.ok"}]}'


def _write(gateway: Gateway, line: Line) -> None:
    """All of them write, each with a hostile string of the table behind the own words."""
    for start in range(0, COUNT - ON_TELEGRAM, BATCH):
        flock = [Bird(number) for number in range(start, start + BATCH)]
        batch = payloads.whatsapp_batch([
            payloads.whatsapp_text_message(bird.phone, bird.text + STRINGS[bird.number % len(STRINGS)][:900], bird.native_id)
            for bird in flock])
        value = batch["entry"][0]["changes"][0]["value"]
        value["contacts"] = [
            {"profile": {"name": bird.name + STRINGS[bird.number % len(STRINGS)][:200]}, "wa_id": bird.phone} for bird in flock]
        body = payloads.encode(batch)
        fields = [(name, value.encode()) for name, value in whatsapp_headers(APP_SECRET, body).items()]
        status, _, answer = line.ask("POST", "/webhooks/whatsapp", body, fields)
        assert (status, answer) == (200, b""), (status, answer)
    for number in range(COUNT - ON_TELEGRAM, COUNT):
        bird, user = Bird(number), 90_000_000 + number
        name = {"id": user, "is_bot": False, "first_name": bird.name, "username": "kanarievogelnaam", "language_code": "es"}
        body = payloads.telegram_message(user, text=bird.text + STRINGS[number % len(STRINGS)][:900], **{"from": name})
        if number % 4 == 0:
            body = payloads.telegram_contact(user, bird.phone, **{"from": name})
        fields = [(name, value.encode()) for name, value in telegram_headers(TELEGRAM_SECRET).items()]
        status, _, answer = line.ask("POST", "/webhooks/telegram", body, fields)
        assert (status, answer) == (200, b""), (status, answer)


def _mistakes(gateway: Gateway) -> list[bytes]:
    """Wrong tokens, signatures, paths, bodies and links made of canaries; what they are answered."""
    told = []
    for number in range(0, 100):
        bird = Bird(number)
        part, secret = escaped(bird.text), bird.secret.encode()
        with Line(gateway.port, fresh_address()) as line:
            body = payloads.whatsapp_text(bird.phone, bird.text)
            told += [
                line.ask("POST", "/webhooks/whatsapp", body, [("X-Hub-Signature-256", b"sha256=" + secret),
                                                             ("Content-Type", b"application/json")]),
                line.ask("POST", "/webhooks/telegram", body, [("X-Telegram-Bot-Api-Secret-Token", secret)]),
                line.ask("GET", f"/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token={bird.secret}&hub.challenge={part}"),
                line.ask("GET", "/" + part), line.ask("GET", "/w/" + bird.secret), line.ask("GET", "/w/" + part),
                line.ask("POST", f"/w/{bird.secret}/session", b""),
                line.ask("POST", "/callbacks/" + bird.secret, json.dumps({"result": bird.text}).encode(),
                         [("Authorization", b"Bearer " + secret), ("Content-Type", b"application/json")]),
                line.ask("GET", f"/v1/tickets/{ '0' * 32 }?{part}", None, [("Authorization", b"Bearer lola_at_" + secret)]),
                line.ask("POST", "/v1/tickets", bird.text.encode(), [("Authorization", b"Bearer " + secret)]),
                line.ask("GET", "/livez", None, [("X " + bird.secret, secret)]),
            ]
        with Line(gateway.management_port, fresh_address()) as line:
            own = [("Authorization", b"Bearer " + gateway.token.encode())]
            told += [
                line.ask("GET", "/admin/api/messages", None, [("Authorization", b"Bearer " + secret)]),
                line.ask("GET", "/admin/api/messages/" + part, None, own),
                line.ask("GET", "/admin/api/tokens?cursor=" + part, None, own),
                line.ask("POST", "/admin/api/dnc", json.dumps({"address": bird.text}).encode(), own),
                line.ask("POST", "/admin/api/dnc", bird.text.encode(), own),
                line.ask("POST", "/admin/api/agents", json.dumps({"id": bird.name}).encode(), own),
                line.ask("POST", "/admin/api/credentials", json.dumps({"provider": bird.secret}).encode(), own),
                line.ask("PUT", "/admin/api/agents/nobody/limits", json.dumps({bird.secret: bird.text}).encode(), own),
            ]
    assert {status for status, _, _ in told} <= {400, 401, 403, 404, 409}, {status for status, _, _ in told}
    return [head + b"\r\n" + body for _, head, body in told]


def _widgets(gateway: Gateway, line: Line) -> list[bytes]:
    """Tickets of canaries, handed in with and without card numbers."""
    told = []
    own = [("Authorization", b"Bearer " + gateway.token.encode()), ("Content-Type", b"application/json")]
    for number in range(200):
        bird = Bird(number)
        order = {"conversation": f"whatsapp:{payloads.PHONE_NUMBER_ID}:{bird.phone}", "operation": "card"}
        status, _, made = line.ask("POST", "/v1/tickets", json.dumps(order).encode(), own)
        assert status == 201, made
        ticket = json.loads(made)
        session = [("Authorization", b"Bearer " + ticket["session_token"].encode()), ("Content-Type", b"application/json")]
        wrong = {"ticket_id": ticket["ticket_id"], "result": {"number": bird.card}}
        path = path_of(ticket["callbacks"]["success"])
        refused = line.ask("POST", path, json.dumps(wrong).encode(), session)
        assert refused[0] == 422 and b"card_data_refused" in refused[2], refused
        right = {"ticket_id": ticket["ticket_id"], "result": {
            "name": bird.name, "phone": bird.phone, "token": bird.secret, "see": bird.link}}
        taken = line.ask("POST", path, json.dumps(right).encode(), session)
        assert taken[0] == 200, taken
        told += [head + b"\r\n" + body for _, head, body in (refused, taken, line.ask(
            "POST", path, json.dumps(right).encode(), session))]
    return told


def _operators(gateway: Gateway) -> None:
    """Canaries in what operators write."""
    for number in range(50):
        bird = Bird(number)
        phone = "+" + bird.phone
        gateway.admin("POST", "dnc", {"address": phone, "reason": bird.secret}, 201)
        gateway.admin("POST", "consent", {"address": phone, "channel": "sms", "type": "express", "status": "granted"}, 201)
        gateway.admin("POST", "credentials", {"provider": "twilio", "name": f"n{number}", "value": bird.secret}, 201)
        gateway.admin("POST", "tokens", {"agent": f"agent-{number}", "label": bird.name}, 201)
        gateway.admin("POST", "dry-run/route", {"channel": "whatsapp", "from": phone, "text": bird.text})
    for number in range(5):
        gateway.admin("POST", "erasures", {"subject": "+" + Bird(number).phone}, 201)


def _files(folder: Path) -> bytes:
    return b"\n".join(path.name.encode() + b"\n" + path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> Said:
    said = Said()
    with QuickStub(_identity) as identity, QuickStub(_agent) as agent, QuickStub(_channel) as channel:
        settings = {
            "LOLA_IDENTITY_URL": identity.url + "/senders/{phone}", "CREDENTIALS_ENCRYPTION_KEY": "3d" * 32,
            **{f"LOLA_AGENT_{name}_URL": agent.url + "/" for name in ("ONBOARDING", "SENDER_HOME")},
            **whatsapp_environment(channel.url + "/v23.0"), **telegram_environment(channel.url),
        }
        with Gateway.serve(tmp_path_factory.mktemp("flock"), settings, CONFIG) as gateway:
            with Line(gateway.port) as line:
                _write(gateway, line)
                errors = _mistakes(gateway) + _widgets(gateway, line)
            eventually(lambda: gateway.metric_sum("^lola_messages_waiting ") == 0, 60, "the end of all messages")
            _operators(gateway)
            said.messages = gateway.metric_sum("^lola_messages_total")
            said.letters = gateway.metric_sum('^lola_messages_total{outcome="dead_letter"}')
            shown = [gateway.admin("GET", name + "?limit=1000")["items"] for name in (
                "messages", "quarantine", "alerts", "audit", "tickets", "lockouts")]
            # The key of a message is the provider's.
            said.sources = {
                "metrics": gateway.metrics().encode(), "errors": b"\n".join(errors), "running data": _files(gateway.data),
                "lists": json.dumps([item | {"key": "", "id": ""} for items in shown for item in items]).encode()}
            gateway.stop()
            keys = {name: gateway.env[name] for name in ("LOLA_DATA_KEY",)}
            exported = run("audit", "export", "--jsonl", "--data-dir", str(gateway.data), env={"PATH": gateway.env["PATH"]} | keys)
            assert exported.returncode == 0, exported.stderr
            said.sources |= {"log": gateway.log.encode(), "data": _files(gateway.data), "audit": exported.stdout.encode()}
            said.lines = gateway.stdout.splitlines()
            said.calls = identity.calls
    return said


SOURCES = ["log", "metrics", "errors", "lists", "audit", "running data", "data"]


def test_the_search_finds_what_is_there():
    bird = Bird(4711)
    noise = bytes(range(256)) * 4
    for value in (bird.name, bird.phone, bird.card, bird.secret, bird.link, bird.native_id):
        octets = value.encode()
        dresses = [octets, octets.upper(), octets.lower(), octets.swapcase(), octets[::-1], binascii.hexlify(octets),
                   binascii.hexlify(octets).upper(), urllib.parse.quote(value, safe="").encode(),
                   "".join(f"%{octet:02x}" for octet in octets).encode(), value.encode("utf-16-le"), value.encode("utf-16-be")]
        for before in range(3):
            dresses += [base64.b64encode(b"\xfb" * before + octets), base64.urlsafe_b64encode(b"\xfb" * before + octets + b"\xff")]
        for dress in dresses:
            assert birds.search(noise + dress + noise), (value, dress)
    spaced = "-".join(bird.card[at:at + 4] for at in range(0, 16, 4))
    assert birds.search(spaced.encode()) and birds.search(b"+1 (204) 555-4711")
    assert not birds.search(noise + b"1204555 424242 kanarie 0123456789abcdef" * 50)


def test_ten_thousand_wrote_and_every_end_was_met(said):
    assert said.messages >= COUNT and said.letters >= 150 and said.calls >= COUNT * 0.9
    assert len(said.lines) > COUNT and len(said.sources["data"]) > 1 << 20
    assert set(said.sources) == set(SOURCES)


@pytest.mark.parametrize("source", SOURCES)
def test_nobody_and_nothing_of_them_is_found(said, source):
    assert birds.search(said.sources[source]) == []


@pytest.mark.parametrize("source", SOURCES)
def test_no_secret_of_the_gateway_is_found(said, source):
    """All of them say canary; so do the secrets of the identity service and the orchestrator."""
    data = said.sources[source]
    assert not re.search(rb"(?i)canary", data) and not re.search(rb"(?i)canary", data[::-1])
    assert not re.search(rb"BEGIN [A-Z ]*PRIVATE KEY|lola_at_[0-9A-Za-z]{40}|whsec_|EAAG", data)


def test_every_line_is_one_object_after_ten_thousand_hostile_inputs(said):
    for line in said.lines:
        pairs = json.loads(line, object_pairs_hook=lambda pairs: pairs)
        keys = [key for key, _ in pairs]
        assert keys[:3] == ["time", "level", "event"] and len(keys) == len(set(keys)), line
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", line), line
    finished = [line for line in said.lines if '"event":"message_done"' in line]
    assert len(finished) >= COUNT
