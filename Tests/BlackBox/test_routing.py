"""From a verified message to its agent: allowlist, commands, phone, identity, ContextUser, router (CONTRACT §5)."""

from __future__ import annotations

import gzip
import re

import pytest

from lolabox import payloads
from lolabox.payloads import fresh_phone
from lolabox.ports import free_port
from lolabox.stubs import RawStub, Reply
from lolabox.stubs.raw import BEHAVIOURS, GOOD_BODY

CARD = "4111111111111111"
CONTEXT_FIELDS = {"id", "name", "phone", "country", "verdict", "is_blocked", "cards", "payment_methods"}


# The five agents

@pytest.mark.parametrize(("sender", "agent"), [
    ({"verdict": "passed", "is_blocked": False}, "sender_home"),
    ({"verdict": "pending", "is_blocked": False}, "pending_cip"),
    ({"verdict": "blocked", "is_blocked": True}, "blocked"),
    ({"verdict": "blocked", "is_blocked": False}, "blocked"),
    ({"verdict": "passed", "is_blocked": True}, "blocked"),
    ({"verdict": "pending", "is_blocked": True}, "blocked"),
    ({"verdict": "manual_review", "is_blocked": False}, "pending_cip"),
    ({"verdict": "PASSED", "is_blocked": False}, "pending_cip"),
], ids=str)
def test_identity_decides_the_agent(stack, sender, agent):
    phone = stack.person(**sender)
    stack.gateway.say(phone, "hola")
    envelope = stack.agents.wait_call(phone).json()
    assert envelope["agent"] == agent
    assert envelope["unavailable_service"] is False
    assert envelope["context_user"]["phone"] == phone
    assert stack.graph.wait_texts(phone) == [f"{agent} heard: hola"]


def test_an_unknown_sender_is_onboarded(stack):
    phone = fresh_phone()
    stack.gateway.say(phone, "hola")
    envelope = stack.agents.wait_call(phone).json()
    assert (envelope["agent"], envelope["context_user"], envelope["unavailable_service"]) == ("onboarding", None, False)


def test_a_sender_without_a_number_is_onboarded_and_nobody_is_asked(stack):
    user = payloads.fresh_id("US.1349")
    message = payloads.whatsapp_message(None, "text", from_user_id=user, text={"body": "hola"})
    batch = payloads.whatsapp_batch([message])
    batch["entry"][0]["changes"][0]["value"]["contacts"] = [{"profile": {"name": "Ana"}, "user_id": user}]
    asked = len(stack.identity.requests)
    assert stack.gateway.whatsapp(payloads.encode(batch)).status == 200
    envelope = stack.agents.wait_call(user).json()
    assert (envelope["agent"], envelope["context_user"]) == ("onboarding", None)
    assert len(stack.identity.requests) == asked
    # The reply goes to the same address, as a business-scoped recipient.
    (sent,) = stack.graph.wait_sends(user)
    assert sent.get("recipient") == user and "to" not in sent


def test_the_request_to_the_identity_service(stack):
    phone = stack.person()
    stack.gateway.say(phone, "hola")
    stack.agents.wait_call(phone)
    (asked,) = stack.identity.asked(phone)
    assert asked.method == "GET"
    assert asked.path == f"/senders/%2B{phone[1:]}"
    assert asked.header("Authorization") == f"Bearer {stack.identity.TOKEN}"
    assert asked.header("Host") == f"localhost:{stack.identity.port}"
    assert asked.body == b""


def test_every_message_asks_again(stack):
    phone = stack.person("pending")
    stack.gateway.say(phone, "before")
    stack.agents.wait_call(phone)
    stack.identity.person(phone, "passed")
    stack.gateway.say(phone, "after")
    calls = stack.agents.wait_calls(phone, 2)
    assert [call.json()["agent"] for call in calls] == ["pending_cip", "sender_home"]


# When the identity service fails

def good(phone: str) -> dict:
    return {"id": "snd_1", "name": "Ana", "phone": phone, "country": "US", "verdict": "passed", "is_blocked": False,
            "cards": [], "payment_methods": []}


FAILURES = {
    "404": Reply(404, {"error": "not found"}),
    "404 with a sender": Reply(404, {"sender": {"id": "x", "verdict": "passed", "is_blocked": False}}),
    "400": Reply(400, {}),
    "401": Reply(401, {}),
    "403": Reply(403, {"sender": None}),
    "429": Reply(429, {}, {"Retry-After": "1"}),
    "500": Reply(500, {}),
    "502 page": Reply(502, b"<html>Bad Gateway</html>", {"Content-Type": "text/html"}),
    "503": Reply(503, {}),
    "201 with a sender": Reply(201, {"sender": None}),
    "204": Reply(raw=b"HTTP/1.1 204 No Content\r\n\r\n"),
    "304": Reply(raw=b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "redirect": Reply(302, b"", {"Location": "http://169.254.169.254/latest/meta-data/"}),
    "redirect to itself": Reply(301, b"", {"Location": "/senders/other"}),
    "empty": Reply(200, b""),
    "not JSON": Reply(200, b"sender: null"),
    "truncated": Reply(200, b'{"sender":{"id":"1","verdict":"passed"'),
    "trailing garbage": Reply(200, b'{"sender":null} x'),
    "trailing comma": Reply(200, b'{"sender":null,}'),
    "byte order mark": Reply(200, b'\xef\xbb\xbf{"sender":null}'),
    "duplicate sender": Reply(200, b'{"sender":null,"sender":{"id":"1","verdict":"passed","is_blocked":false}}'),
    "duplicate verdict": Reply(200, b'{"sender":{"id":"1","verdict":"pending","verdict":"passed"}}'),
    "invalid UTF-8": Reply(200, b'{"sender":{"id":"\xff","verdict":"passed","is_blocked":false}}'),
    "too deep": Reply(200, b'{"sender":' + b"[" * 1000 + b"]" * 1000 + b"}"),
    "array": Reply(200, b"[]"),
    "no sender member": Reply(200, {"user": None}),
    "sender is text": Reply(200, {"sender": "Ana"}),
    "sender is a list": Reply(200, {"sender": []}),
    "sender is false": Reply(200, {"sender": False}),
    "sender without id": Reply(200, {"sender": {"verdict": "passed", "is_blocked": False}}),
    "sender without verdict": Reply(200, {"sender": {"id": "1", "is_blocked": False}}),
    "id is a list": Reply(200, {"sender": {"id": ["1"], "verdict": "passed", "is_blocked": False}}),
    "verdict is true": Reply(200, {"sender": {"id": "1", "verdict": True, "is_blocked": False}}),
    "is_blocked is text": Reply(200, {"sender": {"id": "1", "verdict": "passed", "is_blocked": "false"}}),
    "verdict is empty": Reply(200, {"sender": {"id": "1", "verdict": "", "is_blocked": False}}),
    "said to be gzip": Reply(200, {"sender": None}, {"Content-Encoding": "gzip"}),
    "gzip": Reply(200, gzip.compress(GOOD_BODY), {"Content-Type": "application/json", "Content-Encoding": "gzip"}),
    "oversized": Reply(200, b'{"sender":null,"pad":"' + b"x" * 70_000 + b'"}'),
    "slow": Reply(200, {"sender": None}, delay=4),
    "silent": Reply(silent=True),
}


def _assert_unavailable(stack, phone: str) -> None:
    envelope = stack.agents.wait_call(phone).json()
    assert (envelope["agent"], envelope["context_user"], envelope["unavailable_service"]) == (
        "service_unavailable", None, True)
    assert stack.graph.wait_texts(phone) == ["service_unavailable heard: hola"]


@pytest.mark.parametrize("reply", [pytest.param(reply, id=name) for name, reply in FAILURES.items()])
def test_a_failed_lookup_never_blocks_and_never_means_anonymous(stack, reply):
    phone = fresh_phone()
    stack.identity.reply(phone, reply)
    stack.gateway.say(phone, "hola")
    _assert_unavailable(stack, phone)


@pytest.mark.parametrize("behaviour", [pytest.param(behaviour, id=name) for name, behaviour in BEHAVIOURS.items()])
def test_a_lying_socket_is_an_unavailable_service(own_stack, behaviour):
    with RawStub(behaviour) as liar:
        own = own_stack(env={"LOLA_IDENTITY_URL": liar.url + "/senders/{phone}", "LOLA_IDENTITY_TIMEOUT": "700ms"})
        phone = fresh_phone()
        own.gateway.say(phone, "hola")
        _assert_unavailable(own, phone)
        # It held: memory did not grow with what was sent, and the gateway still answers.
        assert _resident_kib(own.gateway.pid) < 64 * 1024
        assert own.gateway.get("/readyz").status == 200


def _resident_kib(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def test_the_liar_is_believed_when_it_is_honest(own_stack):
    """The harness of the test above can also succeed: same socket, a right answer."""
    def honest(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                           b"Content-Length: %d\r\n\r\n%s" % (len(GOOD_BODY), GOOD_BODY))
    with RawStub(honest) as stub:
        own = own_stack(env={"LOLA_IDENTITY_URL": stub.url + "/senders/{phone}"})
        phone = fresh_phone()
        own.gateway.say(phone, "hola")
        assert own.agents.wait_call(phone).json()["agent"] == "onboarding"


def test_a_refused_connection_is_an_unavailable_service(own_stack):
    own = own_stack(env={"LOLA_IDENTITY_URL": f"http://127.0.0.1:{free_port()}/senders/{{phone}}"})
    phone = fresh_phone()
    own.gateway.say(phone, "hola")
    _assert_unavailable(own, phone)


def test_an_unresolvable_name_is_an_unavailable_service(own_stack):
    own = own_stack(env={"LOLA_IDENTITY_URL": "https://identity.invalid/senders/{phone}"})
    phone = fresh_phone()
    own.gateway.say(phone, "hola")
    _assert_unavailable(own, phone)


def test_the_404_policy_can_be_onboarding(own_stack):
    own = own_stack(env={"LOLA_IDENTITY_NOT_FOUND": "onboarding"})
    phone = fresh_phone()
    own.identity.reply(phone, Reply(404, {}))
    own.gateway.say(phone, "hola")
    envelope = own.agents.wait_call(phone).json()
    assert (envelope["agent"], envelope["unavailable_service"]) == ("onboarding", False)


def test_one_silent_lookup_does_not_delay_another_sender(stack):
    slow, quick = fresh_phone(), stack.person()
    stack.identity.reply(slow, Reply(silent=True))
    stack.gateway.say(slow, "hola")
    stack.gateway.say(quick, "hola")
    stack.graph.wait_texts(quick)
    assert not stack.agents.calls(slow)
    _assert_unavailable(stack, slow)


# Spellings and candidates

@pytest.mark.parametrize("spelling", ["+1-555-0100", "15550100", "+15550100", "tel:+1-555-0100", "+1 (555) 0100",
                                      "01115550100", "0015550100",
                                      "＋１５５５０１００", "+1.555.0100", "\u200e+1 555 0100\u200f"])
def test_every_spelling_is_one_number(stack, spelling):
    assert stack.gateway.route(spelling)["phone"] == "+15550100"


@pytest.mark.parametrize("spelling", ["+1-555-0100 ext. 5", "+1-555-0100;ext=5", "1-800-FLOWERS", "+1555010x",
                                      "+", "not a number", "+15550100,+15550101", "+0015550100", "1" * 200,
                                      "+999123456789"])
def test_what_is_not_a_number_is_no_number(stack, spelling):
    route = stack.gateway.route(spelling)
    assert (route["phone"], route["candidates"], route["agent"]) == (None, [], "onboarding")


#: wa_id as received → the numbers to ask for, in order: canonical, as received, legacy form.
CANDIDATES = [
    ("5215512340001", ["+525512340001", "+5215512340001"]),
    ("525512340002", ["+525512340002", "+5215512340002"]),
    ("5491123450003", ["+5491123450003", "+541123450003"]),
    ("554188880004", ["+5541988880004", "+554188880004"]),
    ("5541988880005", ["+5541988880005", "+554188880005"]),
    ("551133330006", ["+551133330006"]),
    ("390612340007", ["+390612340007"]),
    ("2250707120008", ["+2250707120008"]),
    ("16505550009", ["+16505550009"]),
]


@pytest.mark.parametrize(("received", "order"), CANDIDATES, ids=lambda value: value if isinstance(value, str) else "")
def test_candidates_are_asked_in_order(stack, received, order):
    before = len(stack.identity.requests)
    stack.gateway.say("+" + received, "hola")
    assert stack.agents.wait_call(received).json()["agent"] == "onboarding"
    # In this order, and nothing else: no number was made up.
    assert [stack.identity.phone_of(item) for item in stack.identity.requests[before:]] == order
    # The reply goes to the address as the channel gave it.
    (sent,) = stack.graph.wait_sends(received)
    assert sent["to"].lstrip("+") == received


@pytest.mark.parametrize("first", [Reply(200, {"sender": None}), Reply(404, {})], ids=["null", "404"])
def test_the_next_candidate_can_be_the_person(stack, first):
    number = f"55123{5000 + len(stack.identity.requests):05d}"
    received, canonical, alias = f"521{number}", f"+52{number}", f"+521{number}"
    stack.identity.reply(canonical, first)
    stack.identity.person(alias)
    stack.gateway.say("+" + received, "hola")
    envelope = stack.agents.wait_call(received).json()
    assert (envelope["agent"], envelope["context_user"]["id"]) == ("sender_home", f"snd_{alias[1:]}")


def test_an_error_on_a_candidate_ends_in_unavailable(stack):
    number = f"55124{5000 + len(stack.identity.requests):05d}"
    received = f"521{number}"
    stack.identity.reply(f"+52{number}", Reply(500, {}))
    stack.identity.person(f"+521{number}")
    stack.gateway.say("+" + received, "hola")
    _assert_unavailable(stack, "+" + received)
    assert stack.identity.order({f"+52{number}", f"+521{number}"}) == [f"+52{number}"]


# Commands

def test_an_allowed_command_reaches_the_agent(stack):
    phone = stack.person()
    stack.gateway.say(phone, "/info")
    stack.gateway.say(phone, "/new  a b ")
    calls = [call.json()["message"] for call in stack.agents.wait_calls(phone, 2)]
    assert calls[0]["command"] == {"name": "/info", "arguments": ""}
    assert calls[1]["command"]["name"] == "/new"
    assert calls[1]["command"]["arguments"].strip() == "a b"


def test_a_text_is_no_command(stack):
    phone = stack.person()
    stack.gateway.say(phone, "what is /info")
    assert stack.agents.wait_call(phone).json()["message"]["command"] is None


@pytest.mark.parametrize("text", ["/phone +15550100", "/admin", "/", "/infox", "/INFO2", "/ info"])
def test_another_command_is_refused_before_anything_is_asked(stack, text):
    phone = stack.person()
    stack.gateway.say(phone, text)
    assert stack.graph.wait_texts(phone) == ["Command not allowed"]
    assert not stack.agents.calls(phone)
    assert not stack.identity.asked(phone)


def test_commands_can_be_off(own_stack):
    own = own_stack(env={"ACTIVE_COMMANDS": "false"})
    phone = own.person()
    for text in ("/info", "/anything"):
        own.gateway.say(phone, text)
    assert own.graph.wait_texts(phone, 2) == ["Commands are disabled"] * 2
    own.gateway.say(phone, "hola")
    assert own.agents.wait_call(phone).json()["message"]["text"] == "hola"


def test_the_allowed_commands_are_a_setting(own_stack):
    own = own_stack(env={"LOLA_COMMANDS_ALLOWED": "/balance"})
    phone = own.person()
    own.gateway.say(phone, "/balance now")
    own.gateway.say(phone, "/info")
    assert own.agents.wait_call(phone).json()["message"]["command"] == {"name": "/balance", "arguments": "now"}
    assert "Command not allowed" in own.graph.wait_texts(phone, 2)


# The allowlist

@pytest.mark.parametrize("variable", ["ALLOWED_NUMBERS_WHATSAPP", "LOLA_ALLOWED_NUMBERS"])
def test_a_sender_outside_the_allowlist_is_stopped_in_silence(own_stack, variable):
    inside, outside = fresh_phone(), fresh_phone()
    spelling = f"{inside[:2]}-{inside[2:5]}-{inside[5:]}"
    own = own_stack(env={variable: f"{spelling},+4915112345678"})
    stopped = own.gateway.say(outside, "hola")
    own.gateway.say(inside, "hola")
    own.graph.wait_texts(inside)
    record = own.gateway.wait_record(stopped, "channel_access")
    assert (record["agent"], record["status"]) == (None, "stopped")
    assert own.gateway.metric_sum(r'^lola_messages_total\{outcome="stopped"') == 1
    assert own.gateway.route(outside)["stopped_by"] == "channel_access"
    assert not own.agents.calls(outside)
    assert not own.graph.sends(outside)
    assert not own.identity.asked(outside)


def test_a_sender_without_a_number_does_not_pass_an_allowlist_but_a_contact_does(own_stack):
    inside = fresh_phone()
    own = own_stack(env={"LOLA_ALLOWED_NUMBERS": inside})
    own.identity.person(inside)
    stranger, member = payloads.fresh_user(), payloads.fresh_user()
    own.gateway.telegram(payloads.telegram_text(stranger, "hola"))
    own.gateway.telegram(payloads.telegram_contact(stranger, fresh_phone()))
    own.gateway.telegram(payloads.telegram_text(stranger, "again"))
    own.gateway.telegram(payloads.telegram_contact(member, inside))
    own.gateway.telegram(payloads.telegram_text(member, "hola"))
    own.agents.wait(lambda call: own.agents.sender_of(call) == str(member)
                    and call.json()["message"]["text"] == "hola" and call.json()["agent"] == "sender_home")
    assert not own.agents.calls(stranger)
    assert not own.bot.sends(stranger)


def test_a_newer_contact_outside_the_allowlist_ends_the_older_one(own_stack):
    inside = fresh_phone()
    own = own_stack(env={"LOLA_ALLOWED_NUMBERS": inside})
    own.identity.person(inside)
    for shared in (fresh_phone(), "n/a", ""):
        user = payloads.fresh_user()
        own.gateway.telegram(payloads.telegram_contact(user, inside))
        own.gateway.telegram(payloads.telegram_text(user, "let in"))
        own.gateway.telegram(payloads.telegram_contact(user, shared))
        own.gateway.telegram(payloads.telegram_text(user, "not any more"))
        own.gateway.telegram(payloads.telegram_contact(user, inside))
        own.gateway.telegram(payloads.telegram_text(user, "again"))
        # The messages of one conversation are handled in order: what was stopped would have come before the last.
        texts = [call.json()["message"]["text"] for call in own.agents.wait_calls(user, 4)]
        assert texts == ["", "let in", "", "again"], shared


def test_the_order_of_the_middlewares_is_a_setting(own_stack):
    order = "commands_auth,channel_access,phone_normalization,identity,contact_decoding"
    own = own_stack(env={"LOLA_PIPELINE_MIDDLEWARE": order, "LOLA_ALLOWED_NUMBERS": fresh_phone()})
    outside = fresh_phone()
    # Commands are judged first now: the refusal is spoken although the sender is not on the list.
    own.gateway.say(outside, "/forbidden")
    assert own.graph.wait_texts(outside) == ["Command not allowed"]
    stages = [step["stage"] for step in own.gateway.route(own.person(), "hola")["trace"]]
    assert stages.index("commands_auth") < stages.index("channel_access")


# Cards

@pytest.mark.parametrize("text", [f"my card is {CARD}", "4111 1111 1111 1111", "4111-1111-1111-1111 ok?",
                                  "x4111.1111.1111.1111x", "378282246310005", "6304000000000000 and 4012888888881881",
                                  "card:４１１１１１１１１１１１１１１１", "4111*1111*1111*1111", "4111_1111_1111_1111",
                                  "4111/1111/1111/1111", "+378282246310005", "4222222222222 12/26"])
def test_card_numbers_in_chat_are_masked(stack, text):
    phone = stack.person()
    key = stack.gateway.say(phone, text)
    seen = stack.agents.wait_call(phone).json()["message"]["text"]
    assert not re.search(r"(?:\d[ .-]?){12,}", _ascii_digits(seen)), seen
    record = str(stack.gateway.record(key))
    assert CARD not in record and CARD[:12] not in record


def _ascii_digits(text: str) -> str:
    return text.translate({ord("０") + digit: str(digit) for digit in range(10)})


@pytest.mark.parametrize("text", ["4111111111111112", "call me at +12025550123", "order 1234567890", "12 000 000",
                                  "+5215512345678", "+44 (0)20 7946 0958", "20/11/2026 10:30 - 21/11/2026 11:45"])
def test_other_numbers_stay(stack, text):
    phone = stack.person()
    stack.gateway.say(phone, text)
    assert stack.agents.wait_call(phone).json()["message"]["text"] == text


def test_a_card_number_does_not_go_back_to_the_sender(stack):
    phone = stack.person()
    replies = [{"type": "text", "text": f"You wrote {CARD}."},
               {"type": "text", "text": "CLABE 002010077777777771, +5215512345678"}]
    stack.agents.script(phone, Reply(200, {"replies": replies}))
    stack.gateway.say(phone, "hola")
    assert stack.graph.wait_texts(phone, 2) == [
        f"You wrote {'*' * 12}{CARD[-4:]}.", "CLABE 002010077777777771, +5215512345678"]


# ContextUser

def test_context_user_is_closed(stack):
    phone = fresh_phone()
    stack.identity.person(
        phone, name="Ana", ssn="078-05-1120", pan=CARD, notes="vip", role="admin", unavailable_service=False,
        cards=["Visa ending 1234", f"Visa {CARD}", "Master 5555 5555 5555 4444"],
        payment_methods=[{"type": "card", "display": f"Visa {CARD}", "token": "tok_secret", "cvv": "123"},
                         {"type": "bank", "display": "Bank ending 99"}])
    stack.gateway.say(phone, "hola")
    request = stack.agents.wait_call(phone)
    user = request.json()["context_user"]
    assert set(user) == CONTEXT_FIELDS
    assert user["id"] == f"snd_{phone[1:]}" and user["name"] == "Ana" and user["country"] == "US"
    assert (user["verdict"], user["is_blocked"]) == ("passed", False)
    assert user["cards"][0] == "Visa ending 1234" and len(user["cards"]) == 3
    assert user["cards"][1].endswith("1111") and user["cards"][2].endswith("4444")
    assert [set(method) for method in user["payment_methods"]] == [{"type", "display"}] * 2
    assert user["payment_methods"][1] == {"type": "bank", "display": "Bank ending 99"}
    for secret in (CARD, "5555 5555", "tok_secret", "078-05", "vip"):
        assert secret.encode() not in request.body


def test_an_answer_about_another_number_is_not_believed(stack):
    phone = fresh_phone()
    stack.identity.reply(phone, Reply(200, {"sender": good("+19995550000")}))
    stack.gateway.say(phone, "hola")
    _assert_unavailable(stack, phone)


# Conversations

def test_a_slow_agent_keeps_its_own_conversation_in_order_and_no_other(stack):
    slow, quick = stack.person(), stack.person()
    stack.agents.script(slow, Reply(200, {"replies": [{"type": "text", "text": "first"}]}, delay=1.5))
    stack.gateway.say(slow, "one")
    stack.gateway.say(slow, "two")
    stack.gateway.say(quick, "hola")
    stack.graph.wait_texts(quick)
    assert len(stack.agents.calls(slow)) == 1, "the second message overtook the first"
    assert stack.graph.wait_texts(slow, 2) == ["first", "sender_home heard: two"]
