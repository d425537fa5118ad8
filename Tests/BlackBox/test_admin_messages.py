"""The management listener: message records with their trace, the dry run, the token, metrics (CONTRACT §10)."""

from __future__ import annotations

import json
import re
import urllib.parse

import pytest

from lolabox import payloads
from lolabox.door import ask
from lolabox.payloads import fresh_phone
from lolabox.problems import assert_problem
from lolabox.widget import fresh_address
from lolabox.wire import fetch

STAGES = ["channel_access", "commands_auth", "phone_normalization", "identity", "contact_decoding"]
ADMIN = [("GET", "messages"), ("GET", "messages/whatsapp%3Awamid.X"), ("POST", "dry-run/route")]


# Records

def test_a_record_tells_the_whole_way(stack):
    phone = stack.person()
    key = stack.gateway.say(phone, "hola")
    stack.graph.wait_sends(phone)
    record = stack.gateway.wait_delivered(key)
    assert (record["key"], record["channel"]) == (key, "whatsapp")
    assert (record["agent"], record["type"]) == ("sender_home", "text")
    stages = [step["stage"] for step in record["trace"]]
    assert [stage for stage in stages if stage in STAGES] == STAGES
    for step in record["trace"]:
        assert set(step) == {"stage", "verdict", "us", "detail"}
        assert isinstance(step["us"], int) and step["us"] >= 0
    assert record["delivery"]["status"] == "sent" and record["delivery"]["attempts"] == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", record["received_at"])


def test_a_record_holds_nothing_of_the_person(stack):
    phone = stack.person(name="Canary Nombre")
    key = stack.gateway.say(phone, "canary text of the message")
    text = json.dumps(stack.gateway.wait_delivered(key))
    for word in (phone[1:], phone[-7:], "Canary", "canary text", "Visa", "heard"):
        assert word not in text, word


def test_a_stopped_message_says_where(stack):
    phone = stack.person()
    key = stack.gateway.say(phone, "/forbidden")
    stack.graph.wait_texts(phone)
    record = stack.gateway.wait_record(key, "commands_auth")
    assert record["agent"] is None
    stages = [step["stage"] for step in record["trace"]]
    assert "identity" not in stages
    assert record["trace"][stages.index("commands_auth")]["verdict"] != "next"


def test_the_list_is_newest_first_and_paged(stack):
    phone = stack.person()
    keys = [stack.gateway.say(phone, f"n{number}") for number in range(5)]
    stack.graph.wait_sends(phone, 5)
    page = stack.gateway.admin("GET", "messages?limit=3")
    assert set(page) == {"items", "next"} and len(page["items"]) == 3 and page["next"]
    assert [item["key"] for item in page["items"]] == keys[:1:-1]
    rest = stack.gateway.admin("GET", "messages?limit=2&cursor=" + urllib.parse.quote(page["next"], safe=""))
    assert [item["key"] for item in rest["items"]] == keys[1::-1]
    assert all(item["id"] for item in page["items"])


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=x", "limit=999999", "limit=1e2", "cursor=-4"])
def test_a_bad_query_is_refused(stack, query):
    answer = stack.gateway.manage("GET", f"/admin/api/messages?{query}")
    assert answer.status in (400, 422)
    assert_problem(answer, answer.status)


def test_an_unknown_key_is_404(stack):
    for key in ("whatsapp:wamid.NOBODY", "x", "%F0%9F", "whatsapp:" + "a" * 3000):
        path = "/admin/api/messages/" + (key if key.startswith("%") else urllib.parse.quote(key, safe=""))
        assert stack.gateway.manage("GET", path).status in (400, 404)


# The dry run

def test_the_dry_run_shows_the_decision(stack):
    phone = stack.person("pending")
    route = stack.gateway.route(phone.replace("+1", "1-"))
    assert set(route) == {"phone", "candidates", "agent", "stopped_by", "trace"}
    assert (route["phone"], route["candidates"], route["agent"], route["stopped_by"]) == (
        phone, [phone], "pending_cip", None)
    assert [step["stage"] for step in route["trace"] if step["stage"] in STAGES] == STAGES


def test_the_dry_run_has_no_effect_but_the_lookup(stack):
    phone = stack.person()
    sends = len(stack.graph.requests)
    before = stack.gateway.admin("GET", "messages?limit=1")["items"]
    assert stack.gateway.route(phone, "/forbidden")["stopped_by"] == "commands_auth"
    assert not stack.identity.asked(phone)
    assert stack.gateway.route(phone, "hola")["agent"] == "sender_home"
    assert len(stack.identity.asked(phone)) == 1
    assert stack.gateway.admin("GET", "messages?limit=1")["items"] == before
    assert not stack.agents.calls(phone) and len(stack.graph.requests) == sends


@pytest.mark.parametrize("body", [None, [], {}, {"channel": "whatsapp"},
                                  {"channel": "pigeon", "from": "1", "text": "x"},
                                  {"channel": "whatsapp", "from": 15550100, "text": "x"},
                                  {"channel": "whatsapp", "from": "+15550100", "text": 7},
                                  {"channel": "whatsapp", "from": "", "text": "x"},
                                  {"channel": "whatsapp", "from": "1" * 300, "text": "x"}],
                         ids=lambda body: json.dumps(body)[:60])
def test_a_bad_dry_run_is_refused(stack, body):
    answer = stack.gateway.manage("POST", "/admin/api/dry-run/route", body if body is not None else [None])
    assert answer.status in (400, 422)
    assert_problem(answer, answer.status)


# The token

@pytest.mark.parametrize(("method", "path"), ADMIN)
@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic {token}", "{token}",
                                           "Bearer {token}x", "Bearer {token} x", "Bearer {upper}", "Token {token}"])
def test_without_the_orchestrator_token_it_is_401(stack, method, path, authorization):
    headers = {"Content-Type": "application/json"}
    if authorization is not None:
        token = stack.gateway.token
        headers["Authorization"] = authorization.format(token=token, upper=token.upper())
    body = b'{"channel":"whatsapp","from":"+15550100","text":"x"}' if method == "POST" else None
    # From an address of its own: wrong tokens lock an address out.
    answer = ask(stack.gateway, method, "/admin/api/" + path, headers, source=fresh_address(), body=body)
    problem = assert_problem(answer, 401)
    # One error for every way to fail.
    assert "token" not in problem["title"].lower() and "missing" not in problem["title"].lower()


def test_the_scheme_may_be_written_in_any_case(stack):
    headers = {"Authorization": f"bearer {stack.gateway.token}"}
    assert fetch(stack.gateway.management_port, "GET", "/admin/api/messages", headers).status == 200


def test_the_management_surface_is_not_on_the_public_listener(stack):
    headers = {"Authorization": f"Bearer {stack.gateway.token}"}
    for path in ("/metrics", "/admin", "/admin/api/messages"):
        assert_problem(stack.gateway.get(path, headers), 404)
    for path in ("/webhooks/whatsapp", "/webhooks/telegram", "/.well-known/jwks.json", "/dev"):
        assert_problem(stack.gateway.manage("GET", path), 404)


# Metrics

SAMPLE = re.compile(r'([a-z_]+)(\{[a-z_]+="[^"\\]*"(,[a-z_]+="[^"\\]*")*\})? (\S+)')


def test_metrics_are_prometheus_text(stack):
    answer = fetch(stack.gateway.management_port, "GET", "/metrics")
    assert answer.header("Content-Type").startswith("text/plain; version=0.0.4")
    text = answer.body.decode()
    assert text.endswith("\n")
    typed: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in typed and kind in ("counter", "gauge", "histogram", "summary")
            typed[name] = kind
        elif not line.startswith("#"):
            match = SAMPLE.fullmatch(line)
            assert match, line
            float(match[4])
            name = match[1]
            assert name in typed or re.sub(r"_(bucket|sum|count)$", "", name) in typed, name
            assert name.startswith(("lola_", "process_"))
    assert any(kind == "counter" for kind in typed.values())


def test_counters_count(stack):
    before = stack.gateway.metric_sum("^lola_webhooks_total")
    for _ in range(3):
        stack.gateway.say(stack.person(), "hola")
    stack.gateway.whatsapp(payloads.whatsapp_text(fresh_phone(), "x"), secret="wrong")
    assert stack.gateway.metric_sum("^lola_webhooks_total") == before + 4


def test_labels_do_not_grow_with_traffic(stack):
    def series() -> set[str]:
        return {line.rsplit(" ", 1)[0] for line in stack.gateway.metrics().splitlines() if not line.startswith("#")}
    before = series()
    for number in range(20):
        stack.gateway.get(f"/path-{number}")
        stack.gateway.say(fresh_phone(), f"text {number}")
    assert series() == before
