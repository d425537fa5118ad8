"""MCP clients that nobody here wrote, both majors, over both transports, against several loops (CONTRACT §9)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lolabox.mcp import CLIENTS
from lolabox.payloads import fresh_id

SCRIPT = Path(__file__).parent / "clients/mcp_client.py"
AGENT_TOOLS = [
    "comms_ping", "comms_send_message", "comms_make_call", "comms_get_messages", "comms_get_waiting_messages",
    "comms_get_channel_status", "comms_get_usage_dashboard", "comms_record_consent", "comms_revoke_consent",
    "comms_check_consent", "lola_create_ticket", "lola_get_ticket"]


@pytest.fixture(scope="module")
def loops(services, environment, tmp_path_factory):
    from lolabox.gateway import Gateway
    with Gateway.serve(tmp_path_factory.mktemp("mcp"), environment | {"LOLA_LOOPS": "4"}) as gateway:
        yield gateway


def run_client(gateway, major: str, transport: str, token: str, *mode: str) -> dict:
    folder = CLIENTS / f"mcp{major}"
    assert folder.is_dir(), f"{folder} is missing: run scripts/setup.sh test"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(SCRIPT), major, transport, f"http://127.0.0.1:{gateway.port}", token, *mode],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder)}, capture_output=True, text=True, timeout=120,
        check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("major", "transport", "mode", "version"), [
    ("1", "sse", None, "2025-11-25"), ("1", "http", None, "2025-11-25"),
    ("2", "sse", "legacy", "2025-11-25"), ("2", "sse", "auto", "2025-11-25"),
    ("2", "http", "legacy", "2025-11-25"), ("2", "http", "auto", "2026-07-28"), ("2", "http", "2026-07-28", "2026-07-28"),
])
def test_a_public_client_does_its_script(loops, services, major, transport, mode, version):
    agent = "mcp-" + fresh_id("")
    made = loops.admin("POST", "tokens", {"agent": agent}, status=201)
    seen = run_client(loops, major, transport, made["token"], *([mode] if mode else []))
    assert seen["version"] == version and seen["tools"] == AGENT_TOOLS
    for name in ("ping", "record", "check", "revoke", "status", "agreed", "send", "usage"):
        assert not seen[name]["error"] and seen[name]["structured"] == seen[name]["text"], seen[name]
    assert seen["ping"]["text"]["echo"] == "h\u00e9 \U0001f44b" and seen["ping"]["text"]["agentId"] == agent
    assert seen["check"]["text"]["hasConsent"] is True and seen["revoke"]["text"]["hasConsent"] is False
    assert seen["send"]["text"]["remaining"]["per_minute"] == 9 and seen["send"]["text"]["key"].startswith("out:")
    assert "hola de un agente" in services[1].wait_texts("15550142")
    assert seen["refused"]["error"] and seen["refused"]["text"]["code"] == "consent_required"
    assert seen["off"]["error"] and seen["off"]["text"]["code"] == "channel_off"
    limits = {line["limit"]: line for line in seen["usage"]["text"]["limits"]}
    assert limits["per_minute"]["used"] == 1 and limits["per_minute"]["max"] == 10
    assert seen["foreign"]["error"] and seen["foreign"]["text"]["error"] == (
        f'Token for agent "{agent}" cannot access agent "somebody-else"')
    assert seen["admin"]["text"]["error"] == "Admin access required. Agent tokens cannot perform this action."
    assert "Unknown tool" in seen["unknown"]
    assert made["token"] not in loops.log and made["token"][8:40] not in loops.log
