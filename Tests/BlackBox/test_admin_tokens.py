"""Agents and agent tokens over the management listener and by command (CONTRACT §2, §9-§11)."""

from __future__ import annotations

import json
import re
import string
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from lolabox.gateway import ORCHESTRATOR_TOKEN
from lolabox.mcp import Streamable
from lolabox.operator import HOSTILE, command
from lolabox.payloads import fresh_id, fresh_phone
from lolabox.problems import assert_problem
from lolabox.waiting import eventually
from lolabox.widget import conversation, v1

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def agent_id() -> str:
    return "agent-" + fresh_id("")


def checksum(text: str) -> str:
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        digits = BASE62[rest] + digits
    return digits


def mint(gateway, agent: str, **more) -> dict:
    return gateway.admin("POST", "tokens", {"agent": agent} | more, status=201)


def listed(gateway, token_id: str) -> dict:
    items = gateway.admin("GET", "tokens?limit=1000")["items"]
    (item,) = [item for item in items if item["id"] == token_id]
    return item


def in_days(text: str) -> float:
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return (moment - datetime.now(timezone.utc)) / timedelta(days=1)


# Tokens

def test_a_token_is_made_shown_once_and_listed_without_itself(stack):
    agent = agent_id()
    made = mint(stack.gateway, agent, label="staging", expires=3600, scopes=["comms_ping", "comms_send_message"])
    assert set(made) == {"id", "agent", "label", "token", "expires_at"}
    assert re.fullmatch(r"lola_at_[0-9A-Za-z]{49}", made["token"])
    assert made["token"][-6:] == checksum(made["token"][:-6])
    assert 0.04 < in_days(made["expires_at"]) < 0.05
    item = listed(stack.gateway, made["id"])
    assert item["agent"] == agent and item["label"] == "staging" and item["last_used_at"] is None
    assert item["scopes"] == ["comms_ping", "comms_send_message"] and item["revoked_at"] is None
    assert made["token"] not in json.dumps(item) and "token" not in item
    assert made["token"][8:40] not in stack.gateway.log


def test_a_token_without_wishes_is_good_for_ninety_days_and_everything(stack):
    made = mint(stack.gateway, agent_id())
    assert 89.9 < in_days(made["expires_at"]) <= 90
    assert listed(stack.gateway, made["id"])["scopes"] is None and made["label"] is None


def test_the_first_token_registers_its_agent_and_several_live_side_by_side(stack):
    agent = agent_id()
    first, second = mint(stack.gateway, agent), mint(stack.gateway, agent)
    assert first["token"] != second["token"] and first["id"] != second["id"]
    account = stack.gateway.admin("GET", f"agents/{agent}")
    assert account["id"] == agent and account["status"] == "active"
    assert_problem(stack.gateway.manage("POST", "/admin/api/agents", {"id": agent}), 409, "exists")


def test_a_revoked_token_is_listed_as_such_and_twice_is_no_error(stack):
    made = mint(stack.gateway, agent_id())
    for _ in range(2):
        answer = stack.gateway.manage("DELETE", f"/admin/api/tokens/{made['id']}")
        assert answer.status == 204 and answer.body == b""
    assert listed(stack.gateway, made["id"])["revoked_at"] is not None
    assert_problem(stack.gateway.manage("DELETE", "/admin/api/tokens/" + "0" * 32), 404)
    assert_problem(stack.gateway.manage("DELETE", "/admin/api/tokens/xyz"), 404)


def test_tokens_and_agents_are_there_after_a_restart(own_stack):
    own = own_stack()
    agent = agent_id()
    kept, gone = mint(own.gateway, agent, label="a"), mint(own.gateway, agent)
    own.gateway.admin("PUT", f"agents/{agent}/limits", {"per_minute": 3})
    assert own.gateway.manage("DELETE", f"/admin/api/tokens/{gone['id']}").status == 204
    own.gateway.restart(kill=True)
    assert listed(own.gateway, kept["id"])["label"] == "a" and listed(own.gateway, gone["id"])["revoked_at"]
    assert own.gateway.admin("GET", f"agents/{agent}/limits")["per_minute"] == 3
    data = b"".join(path.read_bytes() for path in own.gateway.data.iterdir() if path.is_file())
    assert kept["token"].encode() not in data and kept["token"][8:40].encode() not in data
    assert agent.encode() not in data, "what the store keeps is sealed"


def test_the_list_is_paged(own_stack):
    gateway = own_stack().gateway
    made = {mint(gateway, f"a{number}")["id"] for number in range(5)}
    seen, cursor = [], ""
    while True:
        page = gateway.admin("GET", "tokens?limit=2" + cursor)
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = "&cursor=" + page["next"]
    assert set(seen) == made and len(seen) == 5
    for query in ("limit=0", "limit=1001", "limit=x", "cursor=zz"):
        assert_problem(gateway.manage("GET", f"/admin/api/tokens?{query}"), 400)


@pytest.mark.parametrize("body", [
    {}, {"agent": 1}, {"agent": None}, {"agent": ["a"]}, {"agent": "a", "expires": "90d"}, {"agent": "a", "expires": 0},
    {"agent": "a", "expires": -1}, {"agent": "a", "expires": 1.5}, {"agent": "a", "expires": 10**12},
    {"agent": "a", "scopes": "comms_ping"}, {"agent": "a", "scopes": []}, {"agent": "a", "scopes": ["all"]},
    {"agent": "a", "scopes": ["comms_ping", "comms_ping"]}, {"agent": "a", "scopes": ["comms_set_agent_limits"]},
    {"agent": "a", "label": 7}, {"agent": "a", "label": ""}, {"agent": "a", "admin": True}, [], "a", 1, None,
])
def test_a_field_of_another_kind_is_refused(stack, body):
    before = len(stack.gateway.admin("GET", "tokens?limit=1000")["items"])
    assert_problem(stack.gateway.manage("POST", "/admin/api/tokens", body), 411 if body is None else 400)
    assert len(stack.gateway.admin("GET", "tokens?limit=1000")["items"]) == before


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_refused_as_a_name_and_inert_as_a_label(stack, text):
    for body in ({"agent": text}, {"agent": "a", "scopes": [text]}):
        assert_problem(stack.gateway.manage("POST", "/admin/api/tokens", body), 400)
    assert_problem(stack.gateway.manage("POST", "/admin/api/agents", {"id": text}), 400)
    answer = stack.gateway.manage("POST", "/admin/api/tokens", {"agent": agent_id(), "label": text})
    assert answer.status in (201, 400), answer
    if answer.status == 201:
        item = listed(stack.gateway, answer.json()["id"])
        assert item["label"] == text
    else:
        assert_problem(answer, 400, "invalid_field")


def test_nothing_is_open_without_the_right_token(own_stack):
    # A gateway of its own: wrong tokens lock an address out.
    stack = own_stack()
    for method, path in [("GET", "tokens"), ("POST", "tokens"), ("DELETE", "tokens/" + "0" * 32), ("GET", "agents"),
                         ("PUT", "agents/a/limits"), ("GET", "dnc"), ("POST", "consent"), ("POST", "erasures"),
                         ("GET", "credentials")]:
        assert_problem(stack.gateway.manage(method, "/admin/api/" + path, {}, token="wrong"), 401, "unauthorized")
        # The public listener knows nothing of it.
        assert stack.gateway.get("/admin/api/" + path).status == 404


# Agents

def test_an_agent_is_registered_listed_changed_and_switched_off(stack):
    agent = agent_id()
    made = stack.gateway.admin("POST", "agents", {"id": agent, "name": "Concierge", "channels": ["sms", "email"]}, 201)
    assert made["channels"] == ["sms", "email"] and made["status"] == "active" and made["name"] == "Concierge"
    changed = stack.gateway.admin("PUT", f"agents/{agent}", {"status": "inactive"})
    assert changed == made | {"status": "inactive"} == stack.gateway.admin("GET", f"agents/{agent}")
    assert agent in [item["id"] for item in stack.gateway.admin("GET", "agents?limit=1000")["items"]]
    for body in ({"status": "off"}, {"channels": ["fax"]}, {"channels": []}, {"name": 1}, {"id": "x"}):
        assert_problem(stack.gateway.manage("PUT", f"/admin/api/agents/{agent}", body), 400)
    assert_problem(stack.gateway.manage("PUT", "/admin/api/agents/unknown-one", {"status": "active"}), 404)


def test_of_a_crowd_that_registers_one_agent_one_has(stack):
    for _ in range(5):
        agent, barrier = agent_id(), threading.Barrier(20)

        def register(number: int, agent: str = agent, barrier: threading.Barrier = barrier) -> int:
            barrier.wait()
            body = {"id": agent, "name": f"N{number}"}
            return stack.gateway.manage("POST", "/admin/api/agents", body).status

        with ThreadPoolExecutor(20) as pool:
            statuses = list(pool.map(register, range(20)))
        assert sorted(statuses) == [201] + [409] * 19
        made = stack.gateway.admin("GET", f"agents/{agent}")
        assert made["name"] == f"N{statuses.index(201)}"


def test_an_agent_that_is_switched_off_begins_nothing(stack):
    agent = agent_id()
    token = mint(stack.gateway, agent)["token"]
    order = {"conversation": conversation(fresh_phone()), "operation": "cip"}

    def asked(what: str, path: str = "tickets", body: dict | None = order) -> int:
        return v1(stack.gateway, what, path, body, token=token).status

    made = v1(stack.gateway, "POST", "tickets", order, token=token).json()["ticket_id"]
    for status, allowed in (("inactive", 403), ("active", 201)):
        stack.gateway.admin("PUT", f"agents/{agent}", {"status": status})
        eventually(lambda: asked("POST") == allowed, 2, f"{status} to take effect")
        assert asked("GET", f"tickets/{made}", None) == 200
    stack.gateway.admin("PUT", f"agents/{agent}", {"status": "inactive"})
    stack.gateway.admin("PUT", f"agents/{agent}", {"status": "inactive"})
    assert asked("POST") == 403
    # Nor by a tool, in whosever hands.
    who = {"contactAddress": fresh_phone(), "channel": "sms"}
    acts = [("lola_create_ticket", order), ("comms_record_consent", who), ("comms_revoke_consent", who),
            ("comms_send_message", {"channel": "sms", "to": fresh_phone(), "text": "a"}),
            ("comms_get_messages", {}), ("comms_get_waiting_messages", {})]
    for shown, named in ((token, {}), (ORCHESTRATOR_TOKEN, {"agentId": agent})):
        with Streamable(stack.gateway, shown) as client:
            for name, arguments in acts:
                said = client.call(name, arguments | named)
                assert said["isError"] and said["json"]["code"] == "agent_inactive", (name, said)
            assert client.call("comms_check_consent", who | named)["json"]["status"] == "none"
            assert client.call("lola_get_ticket", {"ticketId": made} | named)["json"]["ticket_id"] == made
            assert client.call("comms_get_channel_status", named)["json"]["status"] == "inactive"


def test_limits_are_everybodys_until_they_are_the_agents_own(stack):
    agent = agent_id()
    stack.gateway.admin("POST", "agents", {"id": agent}, 201)
    everybody = stack.gateway.admin("GET", f"agents/{agent}/limits")
    assert everybody == {"id": agent, "per_minute": 10, "per_hour": 100, "per_day": 500, "calls_per_day_same_number": 2,
                         "spend_per_day": 10, "spend_per_month": 100, "own": [],
                         "used": dict.fromkeys(("per_minute", "per_hour", "per_day", "spend_per_day", "spend_per_month"), 0)}
    own = stack.gateway.admin("PUT", f"agents/{agent}/limits", {"per_minute": 0, "spend_per_day": 2.5})
    assert own == everybody | {"per_minute": 0, "spend_per_day": 2.5, "own": ["per_minute", "spend_per_day"]}
    assert own == stack.gateway.admin("GET", f"agents/{agent}/limits")
    back = stack.gateway.admin("PUT", f"agents/{agent}/limits", {"per_minute": None})
    assert back["per_minute"] == 10 and back["own"] == ["spend_per_day"]
    for name in everybody.keys() - {"id", "own", "used"}:
        for value in ("10", -1, 1.005, 10**9, [], {}, True, "x" * 100):
            assert_problem(stack.gateway.manage("PUT", f"/admin/api/agents/{agent}/limits", {name: value}), 400)
    assert_problem(stack.gateway.manage("PUT", f"/admin/api/agents/{agent}/limits", {"per_week": 1}), 400)
    assert_problem(stack.gateway.manage("GET", "/admin/api/agents/unknown-one/limits"), 404)
    assert stack.gateway.admin("GET", f"agents/{agent}/limits") == back


# Commands

def test_the_commands_mint_list_and_revoke(stack):
    agent = agent_id()
    made = command(stack.gateway, "token", "mint", "--agent", agent, "--expires", "2d", "--label", "cli",
                   "--scopes", "comms_ping,lola_get_ticket")
    assert made.returncode == 0 and re.fullmatch(r"lola_at_[0-9A-Za-z]{49}\n", made.stdout)
    rows = [json.loads(line) for line in command(stack.gateway, "token", "list", "--json").stdout.splitlines()]
    (row,) = [row for row in rows if row["agent"] == agent]
    assert row["label"] == "cli" and row["scopes"] == ["comms_ping", "lola_get_ticket"]
    assert 1.9 < in_days(row["expires_at"]) <= 2
    assert made.stdout.strip() not in command(stack.gateway, "token", "list").stdout
    assert command(stack.gateway, "token", "revoke", row["id"]).returncode == 0
    assert listed(stack.gateway, row["id"])["revoked_at"]
    shown = json.loads(command(stack.gateway, "token", "mint", "--agent", agent, "--json").stdout)
    assert set(shown) == {"id", "agent", "label", "token", "expires_at"}


def test_the_commands_say_what_is_wrong(stack):
    for arguments in (["mint"], ["mint", "--agent", "a b"], ["mint", "--agent", "a", "--expires", "1y"],
                      ["mint", "--agent", "a", "--expires", "367d"], ["mint", "--agent", "a", "--scopes", "all"], ["revoke"]):
        assert command(stack.gateway, "token", *arguments).returncode == 2, arguments
    missing = command(stack.gateway, "token", "revoke", "0" * 32)
    assert missing.returncode == 1 and "no such token" in missing.stderr
    assert command(stack.gateway, "token", "revoke", "../../x").returncode == 1
