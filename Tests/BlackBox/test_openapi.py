"""The REST description: OpenAPI 3.1 as its validator reads it, and the gateway as a fuzzer that believes it finds it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from openapi_spec_validator import validate

from lolabox.gateway import ORCHESTRATOR_TOKEN, PUBLIC_URL
from lolabox.payloads import fresh_id
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
    assert {"/v1/tickets", "/v1/tickets/{id}"} <= set(document["paths"])
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
