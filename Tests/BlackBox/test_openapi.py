"""The REST description: OpenAPI 3.1 as its validator reads it, and the gateway as a fuzzer that believes it finds it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from openapi_spec_validator import validate

from lolabox.gateway import ORCHESTRATOR_TOKEN, PUBLIC_URL
from lolabox.mcp import Streamable
from lolabox.payloads import fresh_id, fresh_phone
from lolabox.wire import fetch


@pytest.fixture(scope="module")
def described(services, environment, tmp_path_factory):
    from lolabox.gateway import Gateway
    with Gateway.serve(tmp_path_factory.mktemp("openapi"), environment) as gateway:
        token = gateway.admin("POST", "tokens", {"agent": "rest-" + fresh_id("")}, status=201)["token"]
        yield gateway, token


def read(gateway, token: str) -> dict:
    answer = fetch(gateway.port, "GET", "/v1/openapi.json", {"Authorization": f"Bearer {token}"})
    assert answer.status == 200 and answer.header("content-type") == "application/json"
    return answer.json()


def test_the_document_is_openapi_31_and_for_every_agent_token(described):
    gateway, token = described
    document = read(gateway, token)
    validate(document)
    assert document["openapi"] == "3.1.0" and document["servers"] == [{"url": PUBLIC_URL}]
    assert {"/v1/tickets", "/v1/tickets/{id}", "/v1/messages", "/v1/messages/{key}"} <= set(document["paths"])
    for schema in ("NewTicket", "CreatedTicket", "Ticket", "Order"):
        told = document["components"]["schemas"][schema]["properties"]["conversation"]["description"]
        assert "<channel>:<own id>:<sender>" in told and "whatsapp, telegram, twilio_sms" in told, schema
    assert read(gateway, ORCHESTRATOR_TOKEN) == document
    limited = gateway.admin("POST", "tokens", {"agent": "rest-limited", "scopes": ["comms_ping"]}, status=201)["token"]
    assert read(gateway, limited) == document
    assert fetch(gateway.port, "GET", "/v1/openapi.json").status == 401


def test_a_token_limited_to_some_tools_is_limited_over_rest(described):
    gateway, _ = described
    none = gateway.admin("POST", "tokens", {"agent": "rest-scopes", "scopes": ["comms_ping"]}, status=201)["token"]
    reader = gateway.admin("POST", "tokens", {"agent": "rest-scopes", "scopes": ["lola_get_ticket"]}, status=201)["token"]
    maker = gateway.admin("POST", "tokens", {"agent": "rest-scopes", "scopes": ["lola_create_ticket"]}, status=201)["token"]
    order = json.dumps({"conversation": "whatsapp:106540352242922:15550100", "operation": "cip"}).encode()

    def ask(method: str, target: str, token: str, body: bytes | None = None):
        headers = {"Authorization": f"Bearer {token}"} | ({"Content-Type": "application/json"} if body else {})
        return fetch(gateway.port, method, target, headers, body)

    assert ask("POST", "/v1/tickets", none, order).status == ask("POST", "/v1/tickets", reader, order).status == 403
    made = ask("POST", "/v1/tickets", maker, order)
    assert made.status in (201, 400), made
    place = "/v1/tickets/" + (made.json()["ticket_id"] if made.status == 201 else "0a" * 16)
    assert ask("GET", place, none).status == ask("GET", place, maker).status == 403
    assert ask("GET", place, reader).status in (200, 404)
    assert ask("DELETE", place, none).status == ask("DELETE", place, reader).status == 403


def call(gateway, token: str, tool: str, arguments: dict | bytes | None = None):
    body = arguments if isinstance(arguments, bytes) else b"" if arguments is None else json.dumps(arguments).encode()
    return fetch(gateway.port, "POST", f"/v1/tools/{tool}", {"Authorization": f"Bearer {token}"}, body)


def test_every_tool_of_mcp_is_there_over_rest_and_says_the_same(described):
    gateway, token = described
    document = read(gateway, token)
    with Streamable(gateway, ORCHESTRATOR_TOKEN, "2025-11-25") as client:
        tools = client.ask("tools/list")["result"]["tools"]
    assert len(tools) == 16
    for tool in tools:
        operation = document["paths"][f"/v1/tools/{tool['name']}"]["post"]
        assert operation["description"] == tool["description"] and operation["operationId"] == tool["name"]
        assert document["components"]["schemas"][tool["name"] + "_input"] == tool["inputSchema"]
        assert document["components"]["schemas"][tool["name"] + "_output"] == tool["outputSchema"]
    phone = fresh_phone()
    questions = [
        ("comms_get_channel_status", {}), ("comms_get_usage_dashboard", {}), ("comms_get_waiting_messages", {}),
        ("comms_record_consent", {"contactAddress": phone, "channel": "sms"}),
        ("comms_check_consent", {"contactAddress": phone, "channel": "sms"}),
        ("lola_get_ticket", {"ticketId": "0a" * 16}), ("comms_ping", {"agentId": "somebody-else"}),
        ("comms_ping", {"nothing": 1}), ("comms_set_agent_limits", {"agentId": "a", "limits": {}}),
        ("comms_send_message", {"channel": "sms", "to": "+15550100", "text": "hola"}),
    ]
    with Streamable(gateway, token, "2025-11-25") as client:
        for tool, arguments in questions:
            told, answer = client.call(tool, arguments), call(gateway, token, tool, arguments)
            if not told["isError"]:
                assert answer.status == 200 and answer.json().keys() == told["json"].keys(), tool
                continue
            problem = answer.json()
            assert answer.header("content-type") == "application/problem+json" and answer.status == problem["status"]
            assert (problem["code"], problem["detail"]) == (told["json"]["code"], told["json"]["error"]), tool
            assert {"type", "title", "request_id"} <= problem.keys()


def test_a_tool_over_rest_asks_who_calls_and_what_he_says(described):
    gateway, token = described
    assert call(gateway, token, "comms_ping").json()["status"] == "ok"
    assert call(gateway, token, "comms_ping", {"message": "hola"}).json()["echo"] == "hola"
    assert call(gateway, "lola_at_" + "A" * 49, "comms_ping").status == 401
    assert fetch(gateway.port, "POST", "/v1/tools/comms_ping").status == 401
    assert call(gateway, token, "comms_nothing").status == 404
    for body in (b"[]", b"{", b'{"message":"a","message":"b"}', b"null", b"x=1"):
        assert call(gateway, token, "comms_ping", body).json()["code"] == "invalid_body", body
    assert call(gateway, token, "comms_send_message").json()["code"] == "arguments_invalid"
    assert fetch(gateway.port, "GET", "/v1/tools/comms_ping", {"Authorization": f"Bearer {token}"}).status == 405
    limited = gateway.admin("POST", "tokens", {"agent": "rest-one", "scopes": ["comms_ping"]}, status=201)["token"]
    assert call(gateway, limited, "comms_ping").status == 200
    assert call(gateway, limited, "comms_get_usage_dashboard").json()["code"] == "scope_missing"
    made = call(gateway, ORCHESTRATOR_TOKEN, "comms_provision_channels", {"agentId": "rest-made-" + fresh_id("")})
    assert made.status == 200 and made.json()["token"].startswith("lola_at_")
    assert call(gateway, made.json()["token"], "comms_ping").json()["agentId"] == made.json()["agentId"]
    assert call(gateway, ORCHESTRATOR_TOKEN, "comms_get_messages").json()["code"] == "agent_required"


def test_a_fuzzer_that_believes_the_document_finds_no_answer_outside_of_it(described, tmp_path):
    gateway, token = described
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(read(gateway, token)))
    # Methods that nobody knows are 501 (CONTRACT §11), which the fuzzer takes for a fault.
    (tmp_path / "schemathesis.toml").write_text('[phases.coverage]\nunexpected-methods = ["PUT", "PATCH"]\n')
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", str(document), "--url", f"http://127.0.0.1:{gateway.port}",
         "--header", f"Authorization: Bearer {token}", "--max-examples", "40", "--seed", "20261121", "--workers", "1",
         "--phases", "examples,coverage,fuzzing",
         "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"],
        capture_output=True, text=True, timeout=240, check=False, env={"PATH": os.environ["PATH"]}, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
