"""WhatsApp webhooks: the handshake, the signature, what is accepted, what reaches an agent (CONTRACT §4, §5)."""

from __future__ import annotations

import base64
import urllib.parse

import pytest

from conftest import RETRY_SETTINGS, Stack
from lolabox import payloads, signing
from lolabox.gateway import APP_SECRET, VERIFY_TOKEN, Gateway
from lolabox.problems import assert_problem
from lolabox.vectors import load, named
from lolabox.waiting import eventually
from lolabox.wire import Wire, fetch, request

PATH = "/webhooks/whatsapp"
SIGNATURES = load("meta_hub_signature.json")
PAYLOADS = load("whatsapp_payloads.json")["cases"]
MEDIA = {"image", "video", "audio", "document", "sticker"}
#: Types whose text an agent answers.
TEXTUAL = {"text", "button", "interactive"}


# The handshake

HANDSHAKES = [case for case in SIGNATURES["verify_get"] if case["token"] == "tok"]


@pytest.mark.parametrize("case", HANDSHAKES, ids=lambda case: case["query"])
def test_handshake(stack, case):
    query = case["query"].replace("verify_token=tok", f"verify_token={VERIFY_TOKEN}")
    answer = stack.gateway.get(f"{PATH}?{query}")
    if case["status"] == 200:
        assert (answer.status, answer.body) == (200, case["body"].encode())
        assert answer.header("Content-Type").split(";")[0] == "text/plain"
        assert answer.header("X-Content-Type-Options") == "nosniff"
    else:
        assert_problem(answer, 403 if case["status"] == 403 else answer.status)
        # A missing challenge is 400 in Meta's terms and 403 in ours; either way there is nothing to echo.
        assert answer.status in (400, 403)


def test_an_empty_verify_token_never_matches(stack):
    assert_problem(stack.gateway.get(f"{PATH}?hub.mode=subscribe&hub.verify_token=&hub.challenge=1"), 403)


def test_the_handshake_is_form_decoded_and_echoed_verbatim(own_stack):
    own = own_stack(env={"VERIFY_TOKEN_WHATSAPP": "t+k&n=%41"})
    query = "hub%2Emode=subscribe&hub%2Everify_token=t%2Bk%26n%3D%2541&hub%2Echallenge=%3Cscript%3E+1"
    answer = own.gateway.get(f"{PATH}?{query}")
    assert (answer.status, answer.body) == (200, b"<script> 1")
    assert answer.header("Content-Type").split(";")[0] == "text/plain"


# The signature

#: A secret with spaces, as in GitHub's published vector, is no app secret of Meta's; the settings refuse it.
META_CASES = [case for case in SIGNATURES["cases"] if " " not in case["app_secret"]]
PREVIOUS_SECRET = "previous-app-secret-canary"


@pytest.fixture(scope="module")
def signed_stack(services, environment, tmp_path_factory):
    """A gateway whose app secret is that of the vectors, in the middle of a rotation."""
    (secret,) = {case["app_secret"] for case in META_CASES}
    own = {"LOLA_WHATSAPP_APP_SECRET": secret, "LOLA_WHATSAPP_APP_SECRET_PREVIOUS": PREVIOUS_SECRET}
    with Gateway.serve(tmp_path_factory.mktemp("signed"), environment | own) as gateway:
        yield gateway


@pytest.mark.parametrize("case", named(META_CASES))
def test_signature(signed_stack, case):
    body = base64.b64decode(case["body_base64"])
    answer = signed_stack.post(PATH, body, {"Content-Type": "application/json", **case["headers"]})
    if case["expect"]:
        assert (answer.status, answer.body) == (200, b"")
    else:
        assert_problem(answer, 401)


def test_the_previous_secret_is_accepted_during_a_rotation(signed_stack):
    body = payloads.whatsapp_text(payloads.fresh_phone(), "rotation")
    assert signed_stack.whatsapp(body, secret=PREVIOUS_SECRET).status == 200
    assert signed_stack.whatsapp(body, secret=PREVIOUS_SECRET + "x").status == 401


def test_two_signature_headers_are_refused_even_when_one_is_right(stack):
    body = payloads.whatsapp_text(payloads.fresh_phone(), "twice")
    good = signing.whatsapp_signature(APP_SECRET, body)
    for first, second in ((good, good), (good, "sha256=" + "0" * 64), ("sha256=" + "0" * 64, good)):
        head = (f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Hub-Signature-256: {first}\r\n"
                f"X-Hub-Signature-256: {second}\r\nContent-Length: {len(body)}\r\n\r\n")
        with Wire(stack.gateway.port) as wire:
            assert_problem(wire.exchange(head.encode() + body, "POST"), 401)


def test_every_flipped_octet_of_the_signature_is_refused(stack):
    body = payloads.whatsapp_text(payloads.fresh_phone(), "flip")
    good = signing.whatsapp_signature(APP_SECRET, body)
    with Wire(stack.gateway.port) as wire:
        for index in range(len("sha256="), len(good)):
            bad = good[:index] + ("0" if good[index] != "0" else "1") + good[index + 1:]
            data = request("POST", PATH, {"Content-Type": "application/json", "X-Hub-Signature-256": bad}, body)
            assert wire.exchange(data, "POST").status == 401, index


def test_a_refused_message_leaves_no_record(stack):
    phone = payloads.fresh_phone()
    message_id = payloads.fresh_id()
    body = payloads.whatsapp_text(phone, "forged", message_id)
    assert stack.gateway.whatsapp(body, secret="not the secret").status == 401
    path = "/admin/api/messages/" + urllib.parse.quote(f"whatsapp:{message_id}", safe="")
    assert_problem(stack.gateway.manage("GET", path), 404)
    # A later, right message of the same sender is the first that the agent sees.
    stack.gateway.say(phone, "genuine")
    assert stack.agents.wait_call(phone).json()["message"]["text"] == "genuine"


# The shape of the request

@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx",
                                          "application/json-patch+json"])
def test_another_content_type_is_415(stack, content_type):
    body = payloads.whatsapp_text(payloads.fresh_phone(), "x")
    headers = {"X-Hub-Signature-256": signing.whatsapp_signature(APP_SECRET, body)}
    if content_type:
        headers["Content-Type"] = content_type
    assert_problem(stack.gateway.post(PATH, body, headers), 415)


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON",
                                          "application/json;charset=UTF-8"])
def test_json_content_types(stack, content_type):
    phone = payloads.fresh_phone()
    answer = stack.gateway.whatsapp(payloads.whatsapp_text(phone, "x"), headers={"Content-Type": content_type})
    assert answer.status == 200
    stack.agents.wait_call(phone)


def test_a_declared_body_over_4_MiB_is_413_before_it_is_sent(stack):
    with Wire(stack.gateway.port) as wire:
        wire.send(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                  f"Content-Length: {4 * 1024 * 1024 + 1}\r\n\r\n".encode())
        assert_problem(wire.read("POST"), 413)
        assert wire.closes()


def test_a_chunked_body_over_4_MiB_is_413(stack):
    with Wire(stack.gateway.port) as wire:
        wire.send(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(65):
            wire.send(b"10000\r\n" + b" " * 65536 + b"\r\n")
        assert_problem(wire.read("POST"), 413)


def test_a_body_of_exactly_4_MiB_is_accepted(stack):
    phone = payloads.fresh_phone()
    body = payloads.whatsapp_text(phone, "large")
    body += b" " * (4 * 1024 * 1024 - len(body))
    assert stack.gateway.whatsapp(body).status == 200
    stack.agents.wait_call(phone)


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"null", b"42", b'"text"', b"{}", b'{"object":"whatsapp_business_account"}',
    b'{"object":"whatsapp_business_account","object":"page","entry":[]}', b"\xef\xbb\xbf{}", b"{}{}", b'{"a":1,}',
    b"\xff\xfe{\x00}\x00", b'{"entry":' + b"[" * 5000 + b"]" * 5000 + b"}", b'{"entry":[{"changes":[{"value":"x"}]}]}',
    b'{"object":"whatsapp_business_account","entry":{"0":1}}', b'{"text":"\\ud800"}',
], ids=lambda body: body[:40].decode("latin-1"))
def test_signed_but_not_understood_is_200(stack, body):
    answer = stack.gateway.whatsapp(body)
    assert (answer.status, answer.body) == (200, b"")


def test_signed_but_not_understood_is_quarantined(stack):
    before = stack.gateway.metric_sum("quarantine")
    assert stack.gateway.whatsapp(b'{"entry":').status == 200
    eventually(lambda: stack.gateway.metric_sum("quarantine") == before + 1, what="one quarantined body")


# Effects

def test_a_duplicate_is_acknowledged_without_effect(stack):
    phone = payloads.fresh_phone()
    message_id = payloads.fresh_id()
    body = payloads.whatsapp_text(phone, "once", message_id)
    for _ in range(3):
        answer = stack.gateway.whatsapp(body)
        assert (answer.status, answer.body) == (200, b"")
    # One conversation is in order: when the marker is there, a second copy would have been before it.
    stack.gateway.say(phone, "marker")
    calls = stack.agents.wait_calls(phone, 2)
    assert [call.json()["message"]["text"] for call in calls] == ["once", "marker"]


def test_a_duplicate_inside_one_batch_counts_once(stack):
    phone = payloads.fresh_phone()
    message = payloads.whatsapp_text_message(phone, "once")
    assert stack.gateway.whatsapp(payloads.encode(payloads.whatsapp_batch([message, message]))).status == 200
    stack.gateway.say(phone, "marker")
    calls = stack.agents.wait_calls(phone, 2)
    assert [call.json()["message"]["text"] for call in calls] == ["once", "marker"]


def test_each_message_of_a_batch_stands_alone(stack):
    first, second = payloads.fresh_phone(), payloads.fresh_phone()
    messages = [
        payloads.whatsapp_text_message(first, "one"),
        {"id": 7, "type": ["not", "text"]},
        payloads.whatsapp_text_message(second, "two"),
        payloads.whatsapp_text_message(first, "three"),
    ]
    batch = payloads.whatsapp_batch([message for message in messages if "from" in message])
    batch["entry"][0]["changes"][0]["value"]["messages"] = messages
    assert stack.gateway.whatsapp(payloads.encode(batch)).status == 200
    texts = [call.json()["message"]["text"] for call in stack.agents.wait_calls(first, 2)]
    assert texts == ["one", "three"]
    assert stack.agents.wait_call(second).json()["message"]["text"] == "two"


def test_a_hundred_messages_of_one_sender_stay_in_order(stack):
    phone = payloads.fresh_phone()
    messages = [payloads.whatsapp_text_message(phone, f"n{number}") for number in range(100)]
    assert stack.gateway.whatsapp(payloads.encode(payloads.whatsapp_batch(messages))).status == 200
    calls = stack.agents.wait_calls(phone, 100, timeout=30)
    assert [call.json()["message"]["text"] for call in calls] == [f"n{number}" for number in range(100)]


# The shapes that exist

@pytest.fixture(scope="module")
def shapes_stack(services, environment, tmp_path_factory):
    """A gateway of its own, so that the ids of the vectors are new to it."""
    with Gateway.serve(tmp_path_factory.mktemp("shapes"), environment, RETRY_SETTINGS) as gateway:
        yield Stack(gateway, *services)


@pytest.mark.parametrize("case", named(PAYLOADS))
def test_payload(shapes_stack, case):
    stack = shapes_stack
    known = {call.json()["message"]["key"] for call in stack.agents.requests}
    answer = stack.gateway.whatsapp(payloads.encode(case["payload"]))
    assert (answer.status, answer.body) == (200, b"")
    # Nothing of the payload may come after the marker, because every sender of the vectors shares its conversation.
    for expected in case["expect"]:
        if expected.get("group_id"):
            # A group has no single sender to prove: acknowledged, and nothing private is said into it.
            assert not stack.agents.matching(lambda call: expected["text"] == call.json()["message"]["text"])
        elif expected["kind"] == "message" and expected["type"] in TEXTUAL and expected.get("text"):
            _assert_reaches_an_agent(stack, expected)
        elif expected["kind"] == "message" and expected["type"] in MEDIA:
            _assert_media_notice(stack, expected)
        elif expected["kind"] == "message":
            # Whatever becomes of it, it must be over before the next case looks at what is new.
            key = f"whatsapp:{expected['id']}"
            eventually(lambda key=key: stack.gateway.record(key)["finished_at"], what=f"the end of {key}")
    if not any(expected["kind"] == "message" for expected in case["expect"]):
        marker = payloads.fresh_id()
        stack.gateway.whatsapp(payloads.whatsapp_text("+16505551234", "marker", marker))
        stack.agents.wait(lambda call: call.json()["message"]["key"] == f"whatsapp:{marker}")
        new = {call.json()["message"]["key"] for call in stack.agents.requests} - known
        assert new == {f"whatsapp:{marker}"}
    assert stack.gateway.get("/livez").status == 200


def _assert_reaches_an_agent(stack, expected: dict) -> None:
    key = f"whatsapp:{expected['id']}"
    envelope = stack.agents.wait(lambda call: call.json()["message"]["key"] == key)[0].json()
    assert envelope["message"]["text"] == expected["text"]
    address = expected["wa_id"] or expected["user_id"]
    assert envelope["conversation"] == f"whatsapp:{payloads.PHONE_NUMBER_ID}:{address}"
    if expected["e164"] is None:
        assert (envelope["agent"], envelope["context_user"]) == ("onboarding", None)
    else:
        assert stack.identity.asked(expected["e164"])


def _assert_media_notice(stack, expected: dict) -> None:
    key = f"whatsapp:{expected['id']}"
    record = eventually(lambda: stack.gateway.record(key), what=f"the record of {key}")
    assert record["type"] in (expected["type"], "voice")
    stack.graph.wait_texts(expected["wa_id"])
    assert not stack.agents.matching(lambda call: call.json()["message"]["key"] == key)


def test_a_file_gets_one_text_only_notice_and_no_agent(stack):
    phone = stack.person()
    image = payloads.whatsapp_message(phone, "image", image={"id": "1003", "mime_type": "image/jpeg", "sha256": "x="})
    assert stack.gateway.whatsapp(payloads.encode(payloads.whatsapp_batch([image]))).status == 200
    assert len(stack.graph.wait_texts(phone)) == 1
    stack.gateway.say(phone, "hola")
    stack.graph.wait_texts(phone, 2)
    (call,) = stack.agents.calls(phone)
    assert call.json()["message"]["text"] == "hola"


def test_an_off_channel_is_404(own_stack):
    names = ("TOKEN_WHATSAPP", "PHONE_NUMBER_ID", "VERIFY_TOKEN_WHATSAPP", "LOLA_WHATSAPP_APP_SECRET",
             "LOLA_WHATSAPP_API_URL")
    own = own_stack(without=names)
    body = payloads.whatsapp_text(payloads.fresh_phone(), "x")
    assert_problem(own.gateway.whatsapp(body), 404)
    assert_problem(own.gateway.get(f"{PATH}?hub.mode=subscribe&hub.verify_token=x&hub.challenge=1"), 404)
    assert fetch(own.gateway.port, "GET", "/readyz").status == 200
