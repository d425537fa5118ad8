"""MCP as a client sees it: messages, the two transports over httpx, and the official schemas as judges."""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path

import httpx
import jsonschema

from .gateway import VECTORS, Gateway

REVISIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]
LEGACY = REVISIONS[:-1]
MODERN = REVISIONS[-1]
ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
RESULTS = {"initialize": "InitializeResult", "tools/list": "ListToolsResult", "tools/call": "CallToolResult",
           "ping": "EmptyResult", "logging/setLevel": "EmptyResult", "server/discover": "DiscoverResult"}
#: Where `scripts/setup.sh` puts the public clients, beside the packages of the tests.
CLIENTS = Path(sys.prefix) / "clients"


def request(method: str, params: dict | None = None, id: object = 1) -> dict:
    message = {"jsonrpc": "2.0", "id": id, "method": method}
    return message if params is None else message | {"params": params}


def notification(method: str, params: dict | None = None) -> dict:
    message = {"jsonrpc": "2.0", "method": method}
    return message if params is None else message | {"params": params}


def initialize(revision: str, id: object = 0) -> dict:
    return request("initialize", {"protocolVersion": revision, "capabilities": {},
                                  "clientInfo": {"name": "test", "version": "1"}}, id)


def modern(method: str, params: dict | None = None, id: object = 1, version: str = MODERN) -> tuple[dict, dict]:
    """A request of the stateless revision: headers and message."""
    meta = {"io.modelcontextprotocol/protocolVersion": version, "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"}}
    message = request(method, (params or {}) | {"_meta": ((params or {}).get("_meta") or {}) | meta}, id)
    headers = {"MCP-Protocol-Version": version, "Mcp-Method": method}
    if params and "name" in params:
        headers["Mcp-Name"] = params["name"]
    return headers, message


@functools.cache
def _judge(revision: str, name: str) -> jsonschema.protocols.Validator:
    document = json.loads((VECTORS / f"mcp_schema/{revision}.json").read_text())
    kind = "$defs" if "$defs" in document else "definitions"
    document["$ref"] = f"#/{kind}/{name}"
    return jsonschema.validators.validator_for(document)(document)


def judge(revision: str, message: object, method: str | None = None) -> None:
    """Raises unless the official schema of the revision takes the message, and its result that of the method."""
    _judge(revision, "JSONRPCMessage").validate(message)
    if isinstance(message, dict) and "result" in message and method in RESULTS:
        _judge(revision, RESULTS[method]).validate(message["result"])


class Streamable:
    """One client of `/mcp`; every answer is judged."""

    def __init__(self, gateway: Gateway, token: str, revision: str = "2025-11-25"):
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{gateway.port}", timeout=20,
                                 headers=ACCEPT | {"Authorization": f"Bearer {token}"})
        self.revision = revision
        self.headers: dict[str, str] = {}
        if revision != MODERN:
            answer = self.http.post("/mcp", json=initialize(revision))
            assert answer.status_code == 200, answer.text
            judge(revision, answer.json(), "initialize")
            self.headers = {"Mcp-Session-Id": answer.headers["mcp-session-id"], "MCP-Protocol-Version": revision}
            assert self.send(notification("notifications/initialized")).status_code == 202

    def __enter__(self) -> "Streamable":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def send(self, message: object, **headers: str) -> httpx.Response:
        return self.http.post("/mcp", json=message, headers=self.headers | headers)

    def ask(self, method: str, params: dict | None = None, id: object = 1) -> dict:
        headers, message = ({}, request(method, params, id)) if self.revision != MODERN else modern(method, params, id)
        answer = self.send(message, **headers)
        assert answer.headers["content-type"] == "application/json", answer.text
        judge(self.revision, answer.json(), method)
        assert answer.json()["id"] == id and type(answer.json()["id"]) is type(id)
        return answer.json()

    def call(self, name: str, arguments: dict | None = None) -> dict:
        """The result of a tool; its JSON under `json`."""
        result = self.ask("tools/call", {"name": name, "arguments": arguments or {}})["result"]
        return result | {"json": json.loads(result["content"][0]["text"])}
