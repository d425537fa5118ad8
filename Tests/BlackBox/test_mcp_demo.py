"""MCP in demo mode: nobody is asked who he is, nothing goes out, and every answer says so (CONTRACT §3)."""

from __future__ import annotations

import httpx
import pytest

from lolabox.mcp import ACCEPT, MODERN, Streamable, initialize, modern, request
from lolabox.payloads import fresh_id, fresh_phone
from lolabox.wire import fetch
from test_mcp_streams import Events, write


@pytest.fixture
def demo(own_stack):
    return own_stack(env={"DEMO_MODE": "true"})


def test_every_answer_says_so_and_none_needs_a_token(demo):
    gateway = demo.gateway
    with httpx.Client(base_url=f"http://127.0.0.1:{gateway.port}", headers=ACCEPT) as http:
        made = http.post("/mcp", json=initialize("2025-11-25"))
        assert made.status_code == 200 and made.headers["x-lola-demo"] == "true"
        session = {"Mcp-Session-Id": made.headers["mcp-session-id"]}
        headers, message = modern("tools/list")
        answers = [
            http.post("/mcp", json=request("ping"), headers=session),
            http.post("/mcp", json=message, headers=headers),
            http.post("/mcp", content=b"{"),
            http.post("/mcp", json=request("ping"), headers={"Mcp-Session-Id": "A" * 32}),
            http.post("/mcp", json=request("ping"), headers={"Authorization": "Bearer lola_at_wrong"}),
            http.delete("/mcp", headers=session),
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 400, 404, 400, 204]
        assert all(answer.headers["x-lola-demo"] == "true" for answer in answers)
        # A page of another site in the browser of this machine is somebody else.
        for foreign in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Host": "evil.example"}):
            refused = http.post("/mcp", json=initialize("2025-11-25"), headers=foreign)
            assert refused.status_code in (401, 403, 421) and refused.headers["x-lola-demo"] == "true"
    events = Events(gateway, "/sse", {})
    try:
        assert events.status == 200 and b"X-Lola-Demo: true" in events.text
        assert write(gateway, events.path, initialize("2025-11-25", id=1)).status == 202
        assert events.answer(1)["result"]["protocolVersion"] == "2025-11-25"
    finally:
        events.close()
    assert fetch(gateway.port, "GET", "/v1/openapi.json").header("X-Lola-Demo") == "true"


@pytest.mark.parametrize("revision", ["2025-11-25", MODERN])
def test_an_agent_is_made_and_sends_to_a_mock(demo, revision):
    gateway, phone, agent = demo.gateway, fresh_phone(), "demo-" + fresh_id("")
    sent = len(demo.graph.requests)
    with Streamable(gateway, "nothing", revision) as client:
        assert len(client.ask("tools/list")["result"]["tools"]) == 16
        made = client.call("comms_provision_channels", {"agentId": agent, "channels": ["whatsapp", "voice"]})["json"]
        assert made["status"] == "active"
        asked = {"agentId": agent, "channel": "whatsapp", "to": phone, "text": "hola"}
        assert client.call("comms_send_message", asked)["json"]["code"] == "consent_required"
        client.call("comms_record_consent", {"agentId": agent, "contactAddress": phone, "channel": "whatsapp"})
        answer = client.call("comms_send_message", asked)
        assert answer["isError"] is False and answer["json"]["status"] == "sent", answer
        # The gate is the gate: only the provider is a mock.
        gateway.admin("POST", "dnc", {"address": phone}, 201)
        assert client.call("comms_send_message", asked)["json"]["code"] == "do_not_contact"
        assert client.call("comms_ping")["json"]
    assert len(demo.graph.requests) == sent
