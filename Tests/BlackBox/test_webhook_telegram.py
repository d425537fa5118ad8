"""Telegram webhooks: the secret header, shared contacts as the only source of a phone, /start (CONTRACT §4, §11)."""

from __future__ import annotations

import json

import pytest

from lolabox import payloads
from lolabox.gateway import TELEGRAM_SECRET, Gateway
from lolabox.problems import assert_problem
from lolabox.vectors import load, named
from lolabox.wire import Wire

PATH = "/webhooks/telegram"
VECTORS = load("telegram_updates.json")
VECTOR_USER = 987654321
CONTACTS = [case for case in VECTORS["cases"] if "contact_trusted" in case["expect"]]


@pytest.fixture(scope="module")
def auth_gateway(environment, tmp_path_factory):
    (secret,) = {case["secret"] for case in VECTORS["auth"]}
    with Gateway.serve(tmp_path_factory.mktemp("auth"), environment | {"LOLA_TELEGRAM_SECRET": secret}) as gateway:
        yield gateway


@pytest.mark.parametrize("case", named(VECTORS["auth"]))
def test_secret_header(auth_gateway, case):
    body = payloads.telegram_text(payloads.fresh_user(), "hola")
    values = case["header"] if isinstance(case["header"], list) else [case["header"]]
    fields = "".join(f"X-Telegram-Bot-Api-Secret-Token: {value}\r\n" for value in values if value is not None)
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{fields}Content-Length: {len(body)}"
    with Wire(auth_gateway.port) as wire:
        answer = wire.exchange(f"{head}\r\n\r\n".encode() + body, "POST")
    if case["status"] == 200:
        assert (answer.status, answer.body, answer.header("Content-Length")) == (200, b"", "0")
    else:
        assert_problem(answer, 401)


def test_the_answer_has_no_body_that_telegram_could_execute(stack):
    answer = stack.gateway.telegram(payloads.telegram_text(payloads.fresh_user(), '{"method":"sendMessage"}'))
    assert (answer.status, answer.body, answer.header("Content-Length")) == (200, b"", "0")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"update_id":"x"}', b'{"update_id":1,"update_id":2}',
                                  b'{"message":{}}', b'{"update_id":5,"message":7}'])
def test_signed_but_not_understood_is_200(stack, body):
    answer = stack.gateway.telegram(body)
    assert (answer.status, answer.body) == (200, b"")


def test_another_content_type_is_415_and_a_large_body_413(stack):
    headers = {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM_SECRET}
    body = payloads.telegram_text(payloads.fresh_user(), "x")
    assert_problem(stack.gateway.post(PATH, body, headers | {"Content-Type": "text/plain"}), 415)
    large = body + b" " * (1024 * 1024 + 1 - len(body))
    assert_problem(stack.gateway.post(PATH, large, headers | {"Content-Type": "application/json"}), 413)


@pytest.mark.parametrize("case", named(VECTORS["cases"]))
def test_every_update_is_acknowledged(stack, case):
    answer = stack.gateway.telegram(payloads.encode(case["payload"]))
    assert (answer.status, answer.body) == (200, b"")
    assert stack.gateway.get("/livez").status == 200


def test_a_text_goes_to_onboarding_while_the_phone_is_unknown(stack):
    user = payloads.fresh_user()
    stack.gateway.telegram(payloads.telegram_text(user, "hola"))
    envelope = stack.agents.wait_call(user).json()
    assert (envelope["agent"], envelope["context_user"]) == ("onboarding", None)
    assert envelope["unavailable_service"] is False
    assert envelope["conversation"].startswith("telegram:") and envelope["conversation"].endswith(f":{user}")
    (sent,) = stack.bot.wait_sends(user)
    assert sent["text"] == "onboarding heard: hola"


def test_the_key_is_the_update_id_and_a_repeated_update_has_no_effect(stack):
    user = payloads.fresh_user()
    body = payloads.telegram_text(user, "once", update_id=990_000_001)
    assert [stack.gateway.telegram(body).status for _ in range(3)] == [200, 200, 200]
    stack.gateway.telegram(payloads.telegram_text(user, "marker"))
    calls = [call.json()["message"] for call in stack.agents.wait_calls(user, 2)]
    assert [message["text"] for message in calls] == ["once", "marker"]
    assert calls[0]["key"] == "telegram:990000001"


def _for_user(case: dict, user: int) -> bytes:
    """The vector's update with a user of this test, so that a contact remembered elsewhere does not matter."""
    text = json.dumps(case["payload"]).replace(str(VECTOR_USER), str(user))
    update = json.loads(text)
    update["update_id"] = 500_000_000 + user
    return payloads.encode(update)


@pytest.mark.parametrize("case", named(CONTACTS))
def test_contact_sharing(stack, case):
    """Only the sender's own contact, in a private chat and not forwarded, is a phone; it lasts for later messages."""
    user = payloads.fresh_user()
    phone = case["expect"]["e164"]
    shared = case["payload"]["message"]["contact"]["phone_number"]
    if phone:
        stack.identity.person(phone, "passed", name="Telegram Owner")
    else:
        # Were the card trusted by mistake, the sender would become this person.
        stack.identity.person(shared if shared.startswith("+") else f"+{shared}", "passed", name="Somebody Else")
    asked = len(stack.identity.requests)
    assert stack.gateway.telegram(_for_user(case, user)).status == 200
    stack.gateway.telegram(payloads.telegram_text(user, "who am I"))
    # The answer to the contact itself may come from an agent too; the question is what the later text meets.
    (call,) = stack.agents.wait(lambda item: stack.agents.sender_of(item) == str(user)
                                and item.json()["message"]["text"] == "who am I")
    envelope = call.json()
    if phone:
        assert envelope["agent"] == "sender_home"
        assert envelope["context_user"]["phone"] == phone
        assert stack.identity.asked(phone)
    else:
        assert (envelope["agent"], envelope["context_user"]) == ("onboarding", None)
        assert len(stack.identity.requests) == asked


def test_a_contact_of_another_user_does_not_replace_the_own_one(stack):
    user, own, other = payloads.fresh_user(), stack.person(), stack.person()
    stack.gateway.telegram(payloads.telegram_contact(user, own))
    stack.gateway.telegram(payloads.telegram_contact(user, other, owner=user + 1))
    stack.gateway.telegram(payloads.telegram_text(user, "who am I"))
    (call,) = stack.agents.wait(lambda item: stack.agents.sender_of(item) == str(user)
                                and item.json()["message"]["text"] == "who am I")
    assert call.json()["context_user"]["phone"] == own


@pytest.mark.parametrize(("text", "payload"), [("/start", ""), ("/start abc_DEF-123", "abc_DEF-123")])
def test_start_is_the_beginning_of_a_chat_not_a_command(stack, text, payload):
    user = payloads.fresh_user()
    stack.gateway.telegram(payloads.telegram_text(user, text))
    message = stack.agents.wait_call(user).json()["message"]
    assert (message["text"], message["command"], message["start"] or "") == ("", None, payload)


def test_a_pressed_button_is_answered_and_reaches_the_agent(stack):
    user = payloads.fresh_user()
    body = payloads.telegram_callback(user, "yes:01J")
    query = json.loads(body)["callback_query"]["id"]
    stack.gateway.telegram(body)
    stack.agents.wait_call(user)
    stack.bot.wait(lambda item: stack.bot.method_of(item) == "answerCallbackQuery"
                   and item.json()["callback_query_id"] == query)


def test_messages_of_bots_are_ignored(stack):
    user = payloads.fresh_user()
    update = json.loads(payloads.telegram_text(user, "loop"))
    update["message"]["from"]["is_bot"] = True
    assert stack.gateway.telegram(payloads.encode(update)).status == 200
    stack.gateway.telegram(payloads.telegram_text(user, "person"))
    assert [call.json()["message"]["text"] for call in stack.agents.wait_calls(user)] == ["person"]


def test_a_photo_gets_one_text_only_notice_and_no_agent(stack):
    user = payloads.fresh_user()
    photo = [{"file_id": "AgAC", "file_unique_id": "AQ", "width": 90, "height": 90}]
    stack.gateway.telegram(payloads.telegram_message(user, photo=photo, caption="look"))
    (notice,) = stack.bot.wait_sends(user)
    assert notice["text"]
    stack.gateway.telegram(payloads.telegram_text(user, "hola"))
    stack.bot.wait_sends(user, 2)
    assert [call.json()["message"]["text"] for call in stack.agents.calls(user)] == ["hola"]


def test_chat_ids_of_64_bits_survive(stack):
    user = 4_503_599_627_370_495
    stack.gateway.telegram(payloads.telegram_text(user, "big"))
    (sent,) = stack.bot.wait_sends(user)
    assert int(sent["chat_id"]) == user


def test_an_off_channel_is_404(own_stack):
    own = own_stack(without=("TELEGRAM_TOKEN", "LOLA_TELEGRAM_SECRET", "LOLA_TELEGRAM_API_URL"))
    assert_problem(own.gateway.telegram(payloads.telegram_text(1, "x")), 404)
