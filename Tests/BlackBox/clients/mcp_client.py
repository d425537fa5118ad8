"""One script for the public MCP clients of both majors: run as a program with the client's folder on the path.

    python mcp_client.py 1|2 sse|http BASE TOKEN [legacy|auto|2026-07-28]

Prints one JSON object of what the client saw.
"""

from __future__ import annotations

import asyncio
import json
import sys

ADDRESS = "+15550142"


async def script(call, tools, ping) -> dict:
    """What every client does, whatever it is called with."""
    seen: dict = {"tools": [tool.name for tool in (await tools()).tools]}
    if ping:
        await ping()
    answers = {
        "ping": await call("comms_ping", {"message": "h\u00e9 \U0001f44b"}),
        "record": await call("comms_record_consent", {"contactAddress": ADDRESS, "channel": "sms"}),
        "check": await call("comms_check_consent", {"contactAddress": "+1 555-0142", "channel": "sms"}),
        "revoke": await call("comms_revoke_consent", {"contactAddress": ADDRESS, "channel": "sms"}),
        "status": await call("comms_get_channel_status", {}),
        "agreed": await call("comms_record_consent", {"contactAddress": ADDRESS, "channel": "whatsapp"}),
        "send": await call("comms_send_message", {"channel": "whatsapp", "to": ADDRESS, "text": "hola de un agente"}),
        "refused": await call("comms_send_message", {"channel": "telegram", "to": "424242", "text": "hola"}),
        "off": await call("comms_make_call", {"to": ADDRESS, "text": "hola"}),
        "usage": await call("comms_get_usage_dashboard", {}),
        "foreign": await call("comms_ping", {"agentId": "somebody-else"}),
        "admin": await call("comms_set_agent_limits", {"agentId": "x", "limits": {}}),
    }
    for name, answer in answers.items():
        structured = getattr(answer, "structured_content", None) or getattr(answer, "structuredContent", None)
        is_error = answer.is_error if hasattr(answer, "is_error") else answer.isError
        seen[name] = {"text": json.loads(answer.content[0].text), "structured": structured, "error": bool(is_error)}
    try:
        await call("no_such_tool", {})
        seen["unknown"] = "answered"
    except Exception as error:  # noqa: BLE001 - each major has its own class
        seen["unknown"] = str(error)
    return seen


async def first(transport: str, base: str, token: str) -> dict:
    from mcp import ClientSession
    from mcp.client.sse import sse_client
    from mcp.client.streamable_http import streamablehttp_client

    headers = {"Authorization": f"Bearer {token}"}
    client = sse_client(f"{base}/sse?token={token}") if transport == "sse" else streamablehttp_client(
        f"{base}/mcp", headers=headers)
    async with client as streams, ClientSession(streams[0], streams[1]) as session:
        made = await session.initialize()
        seen = await script(session.call_tool, session.list_tools, session.send_ping)
        return seen | {"version": made.protocolVersion}


async def second(transport: str, base: str, token: str, mode: str) -> dict:
    import httpx2
    from mcp import Client
    from mcp.client.sse import sse_client
    from mcp.client.streamable_http import streamable_http_client

    async def run(connection) -> dict:
        async with Client(connection, mode=mode, read_timeout_seconds=10) as client:
            ping = client.send_ping if mode == "legacy" else None
            seen = await script(client.call_tool, client.list_tools, ping)
            return seen | {"version": client.protocol_version}

    if transport == "sse":
        return await run(sse_client(f"{base}/sse", headers={"Authorization": f"Bearer {token}"}))
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http:
        return await run(streamable_http_client(f"{base}/mcp", http_client=http))


def main() -> None:
    major, transport, base, token, *mode = sys.argv[1:]
    work = first(transport, base, token) if major == "1" else second(transport, base, token, (mode or ["auto"])[0])
    print(json.dumps(asyncio.run(work)))


if __name__ == "__main__":
    main()
