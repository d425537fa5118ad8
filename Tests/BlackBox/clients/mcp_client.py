"""One script for the public MCP clients of both majors: run as a program with the client's folder on the path.

    python mcp_client.py 1|2 sse|http BASE TOKEN [legacy|auto|2026-07-28] [inbound]

Prints one JSON object of what the client saw. With `inbound` it says `ready` on a line, waits until it is told of a message
of a person, and takes it.
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


class Inbound:
    """Waits for what a person writes, on the open stream; then reads, takes and reads again."""

    def __init__(self):
        self.told: list = []
        self.event = asyncio.Event()

    async def log(self, params) -> None:
        self.told.append({"level": params.level, "logger": params.logger, "data": params.data})
        self.event.set()

    async def script(self, call, tools, ping) -> dict:
        async def ask(name: str, arguments: dict) -> dict:
            return json.loads((await call(name, arguments)).content[0].text)

        before = await ask("comms_get_waiting_messages", {})
        print("ready", flush=True)
        await asyncio.wait_for(self.event.wait(), 30)
        waiting = await ask("comms_get_waiting_messages", {})
        ids = [message["id"] for message in waiting["messages"]]
        taken = await ask("comms_get_waiting_messages", {"acknowledge": ids})
        return {"before": before, "told": self.told, "waiting": waiting, "taken": taken,
                "after": await ask("comms_get_waiting_messages", {}), "all": await ask("comms_get_messages", {})}


async def first(transport: str, base: str, token: str, inbound: Inbound | None) -> dict:
    from mcp import ClientSession
    from mcp.client.sse import sse_client
    from mcp.client.streamable_http import streamablehttp_client

    headers = {"Authorization": f"Bearer {token}"}
    client = sse_client(f"{base}/sse?token={token}") if transport == "sse" else streamablehttp_client(
        f"{base}/mcp", headers=headers)
    log = inbound.log if inbound else None
    work = inbound.script if inbound else script
    async with client as streams, ClientSession(streams[0], streams[1], logging_callback=log) as session:
        made = await session.initialize()
        seen = await work(session.call_tool, session.list_tools, session.send_ping)
        return seen | {"version": made.protocolVersion}


async def second(transport: str, base: str, token: str, mode: str, inbound: Inbound | None) -> dict:
    import httpx2
    from mcp import Client
    from mcp.client.sse import sse_client
    from mcp.client.streamable_http import streamable_http_client

    async def run(connection) -> dict:
        log = inbound.log if inbound else None
        work = inbound.script if inbound else script
        async with Client(connection, mode=mode, read_timeout_seconds=10, logging_callback=log) as client:
            ping = client.send_ping if mode == "legacy" else None
            seen = await work(client.call_tool, client.list_tools, ping)
            return seen | {"version": client.protocol_version}

    if transport == "sse":
        return await run(sse_client(f"{base}/sse", headers={"Authorization": f"Bearer {token}"}))
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http:
        return await run(streamable_http_client(f"{base}/mcp", http_client=http))


def main() -> None:
    major, transport, base, token, *mode = sys.argv[1:]
    inbound = Inbound() if "inbound" in mode else None
    named = ([word for word in mode if word != "inbound"] or ["auto"])[0]
    work = first(transport, base, token, inbound) if major == "1" else second(transport, base, token, named, inbound)
    print(json.dumps(asyncio.run(work)))


if __name__ == "__main__":
    main()
