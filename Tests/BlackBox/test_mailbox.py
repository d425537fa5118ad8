"""What people write reaches the agent that the channel was provisioned to (issue texts of inbound; docs/MCP.md)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager

import pytest

from conftest import Stack
from lolabox import payloads
from lolabox.gateway import ORCHESTRATOR_TOKEN, Gateway
from lolabox.mcp import CLIENTS, Streamable, judge
from lolabox.payloads import fresh_id, fresh_user
from lolabox.waiting import eventually
from test_mcp_clients import SCRIPT
from test_mcp_streams import following, stream


@pytest.fixture(scope="module")
def loops(services, environment, tmp_path_factory):
    with Gateway.serve(tmp_path_factory.mktemp("mailbox"), environment | {"LOLA_LOOPS": "4"}) as gateway:
        yield Stack(gateway, *services)


def call(gateway: Gateway, token: str, name: str, arguments: dict | None = None) -> dict:
    with Streamable(gateway, token) as client:
        result = client.call(name, arguments)
        return result["json"] | {"isError": result["isError"]}


def waiting(gateway: Gateway, token: str, **arguments: object) -> dict:
    return call(gateway, token, "comms_get_waiting_messages", arguments)


@contextmanager
def provisioned(gateway: Gateway, channels: list[str]):
    """An agent that holds these channels until the block ends; its token."""
    agent = "post-" + fresh_id("")
    made = call(gateway, ORCHESTRATOR_TOKEN, "comms_provision_channels", {"agentId": agent, "channels": channels})
    assert made["status"] == "active", made
    try:
        yield made["token"]
    finally:
        call(gateway, ORCHESTRATOR_TOKEN, "comms_deprovision_channels", {"agentId": agent})


def told(events) -> list[dict]:
    return [one for one in events.messages() if one.get("method") == "notifications/message"]


def test_a_message_is_told_read_taken_and_gone(loops):
    gateway, phone = loops.gateway, loops.person()
    with provisioned(gateway, ["whatsapp"]) as token, provisioned(gateway, ["telegram"]) as foreign:
        with (Streamable(gateway, token) as client, following(gateway, client) as events,
              Streamable(gateway, foreign) as other, following(gateway, other) as silent):
            key = gateway.say(phone, "card 4111 1111 1111 1111")
            (notice,) = eventually(lambda: told(events), 5, "the notice")
            judge("2025-11-25", notice)
            assert notice["params"]["level"] == "info" and notice["params"]["logger"] == "lola.mailbox"
            assert told(silent) == []
        assert waiting(gateway, foreign)["count"] == 0
        (message,) = waiting(gateway, token)["messages"]
        assert message == notice["params"]["data"]
        assert message["from"] == phone and message["channel"] == "whatsapp" and message["identity"] == "passed"
        assert "4111 1111" not in message["text"] and message["text"].endswith("1111")
        # Nobody else takes it, by whatever name.
        assert waiting(gateway, foreign, acknowledge=[message["id"]])["acknowledged"] == 0
        assert waiting(gateway, token, acknowledge=["1", "x-y", message["id"][:-1]])["acknowledged"] == 0
        taken = waiting(gateway, token, acknowledge=[message["id"], message["id"]])
        assert taken["acknowledged"] == 1 and taken["messages"] == []
        assert waiting(gateway, token, acknowledge=[message["id"]])["acknowledged"] == 0
        assert call(gateway, token, "comms_get_messages")["messages"] == [message]
        # The agent that the router chose answers all the same.
        loops.graph.wait_texts(phone)
        steps = [step["stage"] for step in gateway.wait_delivered(key)["trace"]]
        assert steps.index("mailbox") < steps.index("agent")


def test_only_what_is_proven_and_checked_is_kept(loops):
    gateway = loops.gateway
    with provisioned(gateway, ["whatsapp", "telegram"]) as token:
        phone, blocked, user = loops.person(), loops.person(is_blocked=True), fresh_user()
        assert gateway.whatsapp(payloads.whatsapp_text(phone, "forged"), secret="wrong").status == 401
        assert gateway.telegram(payloads.telegram_text(user, "forged"), secret="wrong").status == 401
        for sender, text in ((blocked, "hola"), (phone, "STOP"), (phone, "START"), (phone, "/forbidden")):
            gateway.wait_delivered(gateway.say(sender, text))
        twice = payloads.whatsapp_text(phone, "once")
        assert [gateway.whatsapp(twice).status for _ in range(3)] == [200, 200, 200]
        assert gateway.telegram(payloads.telegram_text(user, "new here")).status == 200
        found = eventually(lambda: (seen := waiting(gateway, token))["count"] >= 2 and seen["messages"], 5, "both messages")
        assert {(one["text"], one["identity"]) for one in found} == {("once", "passed"), ("new here", "unknown")}
        assert len(found) == 2 and waiting(gateway, token, channel="telegram")["count"] == 1
        agent = call(gateway, token, "comms_ping")["agentId"]
    # Its tokens are revoked; who has the orchestrator's reads no mailbox of an agent that is off.
    assert waiting(gateway, ORCHESTRATOR_TOKEN, agentId=agent)["isError"] is True


def test_a_token_without_the_scope_neither_reads_nor_hears(loops):
    gateway, phone = loops.gateway, loops.person()
    with provisioned(gateway, ["whatsapp"]) as token:
        agent = call(gateway, token, "comms_ping")["agentId"]
        made = gateway.admin("POST", "tokens", {"agent": agent, "scopes": ["comms_ping"]}, status=201)
        with stream(gateway, token) as all_of_it, Streamable(gateway, made["token"]) as client, \
                following(gateway, client) as deaf:
            assert waiting(gateway, made["token"])["code"] == "scope_missing"
            gateway.wait_delivered(gateway.say(phone, "hola"))
            eventually(lambda: waiting(gateway, token)["count"] == 1, 5, "the message")
            # A stream of `/sse` whose session has not begun hears nothing either.
            assert told(deaf) == [] and told(all_of_it) == []


@pytest.mark.parametrize("kill", [False, True], ids=["SIGTERM", "SIGKILL"])
def test_a_mailbox_outlives_the_process_and_an_erasure_empties_it(own_stack, kill):
    own = own_stack()
    gateway, phone, other = own.gateway, own.person(), own.person()
    with provisioned(gateway, ["whatsapp"]) as token:
        for sender, text in ((phone, "first canary"), (phone, "second canary"), (other, "another canary")):
            gateway.wait_delivered(gateway.say(sender, text))
        first = waiting(gateway, token)["messages"][0]
        assert waiting(gateway, token, acknowledge=[first["id"]])["acknowledged"] == 1
        gateway.restart(kill)
        assert [one["text"] for one in waiting(gateway, token)["messages"]] == ["second canary", "another canary"]
        assert call(gateway, token, "comms_get_messages")["count"] == 3
        kept = b"".join(path.read_bytes() for path in gateway.data.rglob("*") if path.is_file())
        assert b"canary" not in kept and phone[1:].encode() not in kept and "canary" not in gateway.log
        receipt = gateway.admin("POST", "erasures", {"subject": phone}, 201)
        assert receipt["removed"]["mailbox"] == 2
        for _ in range(2):
            assert [one["text"] for one in call(gateway, token, "comms_get_messages")["messages"]] == ["another canary"]
            assert waiting(gateway, token)["count"] == 1
            gateway.restart(kill)
        gateway.wait_delivered(gateway.say(phone, "again"))
        assert [one["text"] for one in waiting(gateway, token)["messages"]] == ["another canary", "again"]


def test_a_mailbox_on_redis_is_one_for_all_gateways(on_redis):
    own = on_redis()
    gateway, phone = own.gateway, own.person()
    with provisioned(gateway, ["whatsapp"]) as token:
        for number in range(5):
            gateway.wait_delivered(gateway.say(phone, f"t{number}"))
        first, *rest = waiting(gateway, token)["messages"]
        assert [one["text"] for one in [first, *rest]] == [f"t{number}" for number in range(5)]
        other = on_redis().gateway
        assert waiting(other, token, acknowledge=[rest[0]["id"]])["acknowledged"] == 1
        for own_or_other in (gateway, other):
            assert [one["text"] for one in waiting(own_or_other, token)["messages"]] == ["t0", "t2", "t3", "t4"]
        receipt = other.admin("POST", "erasures", {"subject": phone}, 201)
        assert receipt["removed"]["mailbox"] == 5 and waiting(gateway, token)["count"] == 0
        gateway.restart(kill=True)
        assert call(gateway, token, "comms_get_messages")["count"] == 0


def test_who_wrote_last_gets_the_answer(loops):
    gateway, phone = loops.gateway, loops.person()
    with provisioned(gateway, ["whatsapp"]) as early, provisioned(gateway, ["whatsapp"]) as late:
        gateway.wait_delivered(gateway.say(phone, "before"))
        sent = call(gateway, late, "comms_send_message", {"channel": "whatsapp", "to": phone, "text": "we call you"})
        assert sent["isError"] is False, sent
        gateway.wait_delivered(gateway.say(phone, "after"))
        assert [one["text"] for one in waiting(gateway, early)["messages"]] == ["before"]
        assert [one["text"] for one in waiting(gateway, late)["messages"]] == ["after"]


def test_an_agent_without_a_list_hears_who_it_wrote_to(loops):
    gateway, phone, stranger = loops.gateway, loops.person(), loops.person()
    agent = "rover-" + fresh_id("")
    token = gateway.admin("POST", "tokens", {"agent": agent}, status=201)["token"]
    try:
        gateway.wait_delivered(gateway.say(phone, "before"))
        sent = call(gateway, token, "comms_send_message", {"channel": "whatsapp", "to": phone, "text": "we call you"})
        assert sent["isError"] is False, sent
        for person, text in ((phone, "after"), (stranger, "elsewhere")):
            gateway.wait_delivered(gateway.say(person, text))
        assert [one["text"] for one in waiting(gateway, token)["messages"]] == ["after"]
    finally:
        call(gateway, ORCHESTRATOR_TOKEN, "comms_deprovision_channels", {"agentId": agent})


@pytest.mark.parametrize(("major", "transport", "mode"), [
    ("1", "sse", None), ("1", "http", None), ("2", "sse", "legacy"), ("2", "http", "legacy")])
def test_a_public_client_hears_reads_and_takes(loops, major, transport, mode):
    gateway, phone = loops.gateway, loops.person()
    with provisioned(gateway, ["whatsapp"]) as token:
        before = gateway.metric_sum("^lola_streams ")
        arguments = [sys.executable, "-W", "ignore", str(SCRIPT), major, transport,
                     f"http://127.0.0.1:{gateway.port}", token, *([mode] if mode else []), "inbound"]
        with subprocess.Popen(
                arguments, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(CLIENTS / f"mcp{major}")},
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as client:
            assert client.stdout.readline() == "ready\n", client.stderr.read()
            eventually(lambda: gateway.metric_sum("^lola_streams ") > before, 5, "the stream of the client")
            gateway.say(phone, "hola agente")
            out, errors = client.communicate(timeout=60)
        assert client.returncode == 0, errors
        seen = json.loads(out)
    (notice,) = seen["told"]
    assert notice["level"] == "info" and notice["logger"] == "lola.mailbox"
    assert notice["data"]["text"] == "hola agente" and notice["data"]["from"] == phone
    assert seen["before"]["count"] == 0 and seen["waiting"]["messages"] == [notice["data"]]
    assert seen["taken"]["acknowledged"] == 1 and seen["taken"]["count"] == 0 and seen["after"]["count"] == 0
    assert seen["all"]["messages"] == [notice["data"]]
