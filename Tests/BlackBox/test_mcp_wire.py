"""`/mcp` and `/sse` on the wire: recorded clients replayed, answers judged by the official schemas, bad input refused."""

from __future__ import annotations

import json
import random
import re
from contextlib import closing
from http.client import HTTPConnection

import httpx
import jsonschema
import pytest

from lolabox.gateway import ORCHESTRATOR_TOKEN, PUBLIC_URL, VECTORS
from lolabox.mcp import (ACCEPT, LEGACY, MODERN, REVISIONS, Streamable, initialize, judge, modern, notification,
                         request)
from lolabox.payloads import fresh_id
from lolabox.wire import Wire, fetch

TRACES = json.loads((VECTORS / "mcp_wire_traces.json").read_text())["traces"]
REFERENCE = json.loads((VECTORS / "mcp_reference_responses.json").read_text())["exchanges"]


@pytest.fixture(scope="module")
def gateway(services, environment, tmp_path_factory):
    from lolabox.gateway import Gateway
    with Gateway.serve(tmp_path_factory.mktemp("mcp"), environment | {"LOLA_LOOPS": "4"}) as running:
        yield running


@pytest.fixture
def token(gateway) -> str:
    return gateway.admin("POST", "tokens", {"agent": "wire-" + fresh_id("")}, status=201)["token"]


# Recorded clients

class Replay:
    """Plays what a recorded client sent: only session, token, tool and lengths are ours."""

    def __init__(self, gateway, token: str, events: list[dict]):
        self.gateway, self.token = gateway, token
        self.wires: dict[int, Wire] = {}
        self.streams: dict[int, bytes] = {}
        self.session = self.recorded = self.path = None
        self.requests = self._requests(events)
        for event in events:
            found = re.search(r"mcp-session-id: (\w+)", event.get("data", "")) if event["dir"] == "S>C" else None
            self.recorded = self.recorded or (found and found.group(1))

    @staticmethod
    def _requests(events: list[dict]) -> list[tuple[int, bytes, bytes]]:
        """(connection, head, body) in the order of their first octets."""
        pending: dict[int, bytes] = {}
        order = []
        for event in events:
            if event["dir"] != "C>S" or "data" not in event:
                continue
            data = pending.get(event["conn"], b"") + event["data"].encode("latin-1")
            while b"\r\n\r\n" in data:
                head, rest = data.split(b"\r\n\r\n", 1)
                length = re.search(rb"(?i)content-length: (\d+)", head)
                size = int(length.group(1)) if length else 0
                if len(rest) < size:
                    break
                order.append((event["conn"], head, rest[:size]))
                data = rest[size:]
            pending[event["conn"]] = data
        assert not any(pending.values())
        return order

    def _ours(self, head: bytes, body: bytes) -> bytes:
        body = body.replace(b'"name":"echo","arguments":{"text":', b'"name":"comms_ping","arguments":{"message":')
        text = head.decode("latin-1").replace("tok123", self.token).replace("mcp-name: echo", "mcp-name: comms_ping")
        if self.recorded and self.session:
            text = text.replace(self.recorded, self.session)
        if self.path:
            text = re.sub(r"/messages/\?session_id=\w+", self.path, text)
        text = re.sub(r"(?i)content-length: \d+", f"Content-Length: {len(body)}", text)
        text = re.sub(r"Host: \S+", f"Host: 127.0.0.1:{self.gateway.port}", text)
        if "authorization:" not in text.lower() and "token=" not in text and "/messages" not in text:
            text += f"\r\nAuthorization: Bearer {self.token}"
        return text.encode("latin-1") + b"\r\n\r\n" + body

    def run(self) -> list[tuple[dict, dict | None]]:
        """Every JSON-RPC message that was sent, with its answer."""
        seen = []
        for number, head, body in self.requests:
            if number not in self.wires:
                self.wires[number] = Wire(self.gateway.port)
            wire = self.wires[number]
            wire.send(self._ours(head, body))
            method = head.split(b" ", 1)[0].decode()
            if method == "GET":
                self._follow(number, wire)
                continue
            answer = wire.read(method)
            if method == "DELETE":
                assert answer.status == 204
                continue
            self.session = answer.header("mcp-session-id") or self.session
            message = json.loads(body.decode())
            if "id" not in message:
                assert answer.status == 202 and answer.body == b""
                seen.append((message, None))
            elif self.path:
                assert answer.status == 202
                seen.append((json.loads(self._ours(head, body).split(b"\r\n\r\n", 1)[1]), self._next_event()))
            else:
                assert answer.status == 200 and answer.header("content-type") == "application/json", answer
                seen.append((json.loads(self._ours(head, body).split(b"\r\n\r\n", 1)[1]), answer.json()))
        for wire in self.wires.values():
            wire.close()
        return seen

    def _follow(self, number: int, wire: Wire) -> None:
        self.stream, self.buffer = wire, b""
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += wire.socket.recv(65536)
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 200") and b"text/event-stream" in head, head
        if any(b"/sse" in request[1] for request in self.requests):
            event = self._read_event()
            assert event.startswith(b"event: endpoint\n")
            self.path = event.split(b"data: ")[1].decode()
            assert re.fullmatch(r"/messages\?sessionId=[\w-]{32}", self.path)

    def _read_event(self) -> bytes:
        """One event of a chunked stream; each of ours is a chunk of its own."""
        while True:
            size, _, rest = self.buffer.partition(b"\r\n")
            if size and len(rest) >= int(size, 16) + 2:
                event, self.buffer = rest[:int(size, 16)], rest[int(size, 16) + 2:]
                return event.rstrip(b"\n")
            self.buffer += self.stream.socket.recv(65536)

    def _next_event(self) -> dict:
        event = self._read_event()
        assert event.startswith(b"event: message\ndata: ")
        return json.loads(event.split(b"data: ", 1)[1])


@pytest.mark.parametrize("name", TRACES)
def test_a_recorded_client_is_answered(gateway, token, name):
    seen = Replay(gateway, token, TRACES[name]).run()
    revision = MODERN if any("_meta" in message.get("params", {}) for message, _ in seen) and all(
        message["method"] != "initialize" for message, _ in seen) else "2025-11-25"
    assert len(seen) >= 4
    for message, answer in seen:
        if answer is None:
            continue
        judge(revision, answer, message["method"])
        assert answer["id"] == message["id"] and type(answer["id"]) is type(message["id"])
        called = message.get("params", {}).get("name")
        if called == "comms_ping":
            assert answer["result"]["isError"] is False and answer["result"]["structuredContent"]["echo"] == "h\u00e9"
        elif called:
            assert answer["error"]["code"] == -32602
        elif message["method"] != "server/discover" or revision == MODERN:
            assert "result" in answer


# The schemas

@pytest.mark.parametrize("revision", REVISIONS)
def test_every_answer_fits_the_schema_of_its_revision(gateway, token, revision):
    with Streamable(gateway, token, revision) as client:
        tools = client.ask("tools/list")["result"]["tools"]
        for tool in tools:
            jsonschema.Draft202012Validator.check_schema(tool["inputSchema"])
            jsonschema.Draft202012Validator.check_schema(tool.get("outputSchema", {}))
            assert ("outputSchema" in tool) == (revision >= "2025-06-18")
        schemas = {tool["name"]: tool.get("outputSchema") for tool in tools}
        for name, arguments in [("comms_ping", {}), ("comms_ping", {"message": "\u00fc\u2028"}), ("comms_get_channel_status", {}),
                                ("comms_check_consent", {"contactAddress": "+15550100", "channel": "sms"})]:
            result = client.call(name, arguments)
            assert result["isError"] is False and ("structuredContent" in result) == (revision >= "2025-06-18")
            if schemas[name]:
                jsonschema.Draft202012Validator(schemas[name]).validate(result["structuredContent"])
        assert client.call("comms_ping", {"agentId": "other"})["isError"] is True
        assert client.ask("tools/call", {"name": "nope"})["error"]["code"] == -32602
        assert client.ask("no/such", id="x")["error"]["code"] == -32601
        assert client.ask("resources/list")["error"]["code"] == -32601
        assert client.ask("prompts/list")["error"]["code"] == -32601
        assert client.ask("tools/list", {"cursor": "zzz"})["error"]["code"] == -32602
        if revision != MODERN:
            client.ask("ping", id=0)
            client.ask("logging/setLevel", {"level": "warning"})
        bad = client.ask("tools/call", {"name": "comms_ping", "arguments": {"x": 1}})
        assert bad["result"]["isError"] if revision >= "2025-11-25" else bad["error"]["code"] == -32602


def test_the_orchestrator_sees_all_tools_and_provisions(gateway):
    agent = "made-" + fresh_id("")
    with Streamable(gateway, ORCHESTRATOR_TOKEN) as client:
        names = [tool["name"] for tool in client.ask("tools/list")["result"]["tools"]]
        assert len(names) == 16 and names[-1] == "comms_set_agent_limits"
        made = client.call("comms_provision_channels", {"agentId": agent, "channels": ["sms"], "limits": {"per_day": 7}})
        assert made["isError"] is False and made["json"]["limits"]["per_day"] == 7
        with Streamable(gateway, made["json"]["token"]) as own:
            assert own.call("comms_get_channel_status")["json"]["channels"]["email"]["allowed"] is False
        limits = client.call("comms_set_agent_limits", {"agentId": agent, "limits": {"spend_per_day": 1.25}})
        assert limits["json"]["limits"]["spend_per_day"] == 1.25
        assert gateway.admin("GET", f"agents/{agent}/limits")["spend_per_day"] == 1.25
        assert client.call("comms_send_message", {"text": "a", "channel": "sms", "to": "+15550100"})["json"]["code"] == (
            "agent_required")
        off = client.call("comms_deprovision_channels", {"agentId": agent})
        assert off["json"] == {"agentId": agent, "status": "inactive", "tokensRevoked": 1}
    assert fetch(gateway.port, "GET", "/v1/openapi.json",
                 {"Authorization": f"Bearer {made['json']['token']}"}).status == 401


def test_the_orchestrator_acts_in_the_name_of_agents_there_are_only(gateway):
    agent, who = "never-" + fresh_id(""), {"contactAddress": "+15550177", "channel": "sms"}
    ticket = {"conversation": "whatsapp:106540352242922:15550177", "operation": "cip"}
    with Streamable(gateway, ORCHESTRATOR_TOKEN) as client:
        for name, arguments in [("lola_create_ticket", ticket), ("comms_record_consent", who), ("comms_revoke_consent", who),
                                ("comms_check_consent", who), ("comms_get_messages", {}), ("comms_get_waiting_messages", {}),
                                ("comms_send_message", {"channel": "sms", "to": "+15550177", "text": "a"})]:
            said = client.call(name, arguments | {"agentId": agent})
            assert said["isError"] is True and said["json"]["code"] == "agent_unknown", (name, said)
    # Over REST a ticket of the orchestrator belongs to no agent, and none can be named.
    headers = {"Authorization": f"Bearer {ORCHESTRATOR_TOKEN}", "Content-Type": "application/json"}
    named = json.dumps(ticket | {"agentId": agent}).encode()
    assert fetch(gateway.port, "POST", "/v1/tickets", headers, named).status == 400
    assert gateway.admin("GET", "consent?address=%2B15550177")["items"] == []


def test_progress_comes_by_events_before_the_answer(gateway, token):
    for revision in ("2025-06-18", MODERN):
        with Streamable(gateway, token, revision) as client:
            params = {"name": "comms_ping", "_meta": {"progressToken": "p1"}}
            headers, message = ({}, request("tools/call", params)) if revision != MODERN else modern("tools/call", params)
            answer = client.send(message, **headers)
            assert answer.headers["content-type"] == "text/event-stream"
            told = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
            assert told[0]["method"] == "notifications/progress" and told[0]["params"]["progressToken"] == "p1"
            assert told[-1]["id"] == 1 and told[-1]["result"]["isError"] is False
            for one in told:
                judge(revision, one, "tools/call")
            plain = client.send(message, **headers, Accept="application/json")
            assert plain.headers["content-type"] == "application/json"


def test_a_batch_is_answered_by_a_batch_where_the_revision_has_them(gateway, token):
    batch = [request("ping", id=1), notification("notifications/initialized"),
             request("tools/call", {"name": "comms_ping"}, id="b"), request("no/such", id=3)]
    for revision in LEGACY:
        with Streamable(gateway, token, revision) as client:
            answer = client.send(batch)
            if revision != "2025-03-26":
                assert answer.status_code == 400 and answer.json()["error"]["code"] == -32600
                continue
            judge(revision, answer.json())
            assert [one["id"] for one in answer.json()] == [1, "b", 3]
            assert client.send([notification("x")]).status_code == 202
            assert client.send([]).json()["error"]["code"] == -32600


# The transport

def test_sessions_are_bound_to_their_token(gateway, token):
    other = gateway.admin("POST", "tokens", {"agent": "other-" + fresh_id("")}, status=201)["token"]
    with Streamable(gateway, token) as client, Streamable(gateway, other) as stranger:
        assert re.fullmatch(r"[\w-]{32}", client.headers["Mcp-Session-Id"])
        foreign = stranger.http.post("/mcp", json=request("ping"), headers=client.headers)
        assert foreign.status_code == 404
        assert stranger.http.delete("/mcp", headers=client.headers).status_code == 404
        assert client.ask("ping")["result"] == {}
        for wrong in ("A" * 32, "x", "..%2f", "A" * 33):
            assert client.send(request("ping"), **{"Mcp-Session-Id": wrong}).status_code == 404
        missing = client.http.post("/mcp", json=request("ping"))
        assert missing.status_code == 400 and missing.json()["error"]["code"] == -32600
        assert client.http.delete("/mcp", headers=client.headers).status_code == 204
        assert client.send(request("ping")).status_code == 404


def test_what_is_asked_of_a_request(gateway, token):
    auth = {"Authorization": f"Bearer {token}"}
    body = json.dumps(initialize("2025-11-25")).encode()

    def post(data: bytes = body, **more: str | None) -> httpx.Response:
        headers = {name: value for name, value in (ACCEPT | auth | more).items() if value is not None}
        return httpx.post(f"http://127.0.0.1:{gateway.port}/mcp", content=data, headers=headers)

    assert post().status_code == 200
    assert post(Accept="*/*").status_code == 200 and post(Accept="application/*;q=0.5").status_code == 200
    for accept in ("text/html", "text/event-stream", "application/json;q=0", ""):
        assert post(Accept=accept).status_code == 406, accept
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx"):
        assert post(**{"Content-Type": kind}).status_code == 415, kind
    assert post(**{"Content-Type": "application/json; charset=utf-8"}).status_code == 200
    for origin in ("https://evil.example", "null", PUBLIC_URL + ".evil.example", "http://lola.example.test"):
        assert post(Origin=origin).status_code == 403, origin
    assert post(Origin=PUBLIC_URL).status_code == 200
    assert post(Host="evil.example").status_code == 421 and post(Host="evil.example:80").status_code == 421
    assert post(Host="lola.example.test").status_code == 200 and post(Host="localhost:1").status_code == 200
    # The port that https has anyway, and no other.
    assert post(Host="lola.example.test:443").status_code == 200
    assert post(Host="lola.example.test:80").status_code == 421 and post(Host="lola.example.test:8443").status_code == 421
    assert post(**{"MCP-Protocol-Version": "1999-01-01"}).status_code == 400
    assert post(**{"Authorization": None}).status_code == 401
    bad = post(b"{")
    assert bad.status_code == 400 and bad.json() == {"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}}
    judge("2025-11-25", bad.json())
    assert post(b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}').json()["error"]["code"] == -32700
    assert post(b" " * (2 << 20) + body).status_code == 413
    for method in ("GET", "DELETE"):
        stateless = httpx.request(method, f"http://127.0.0.1:{gateway.port}/mcp",
                                  headers=ACCEPT | auth | {"MCP-Protocol-Version": MODERN})
        assert stateless.status_code == 405 and stateless.headers["allow"] == "POST"
    assert httpx.get(f"http://127.0.0.1:{gateway.port}/mcp", headers=auth | {"Accept": "text/html"}).status_code == 406
    assert httpx.get(f"http://127.0.0.1:{gateway.port}/mcp", headers=ACCEPT | auth).status_code == 400
    assert httpx.put(f"http://127.0.0.1:{gateway.port}/mcp", headers=ACCEPT | auth).status_code == 405


@pytest.mark.parametrize("exchange", [one for one in REFERENCE if one["request"]["headers"].get("Mcp-Method")],
                         ids=lambda one: one["name"])
def test_the_stateless_revision_answers_as_the_reference_does(gateway, token, exchange):
    asked, wanted = exchange["request"], exchange["response"]
    body = asked["body"].replace('"name": "echo", "arguments": {"text": "x"}', '"name": "comms_ping", "arguments": {}')
    headers = {name: "=?base64?Y29tbXNfcGluZw==?=" if value == "=?base64?ZWNobw==?=" else
               "comms_ping" if value == "echo" else value for name, value in asked["headers"].items()}
    answer = httpx.request(asked["method"], f"http://127.0.0.1:{gateway.port}/mcp", content=body,
                           headers=headers | {"Authorization": f"Bearer {token}"})
    if exchange["name"] == "modern header/body version mismatch":
        assert answer.status_code == 400 and answer.json()["error"]["code"] == -32020
        return
    assert answer.status_code == wanted["status"], answer.text
    if wanted["body"]:
        theirs = json.loads(wanted["body"])
        assert answer.json().get("error", {}).get("code") == theirs.get("error", {}).get("code")
        judge(MODERN, answer.json(), json.loads(asked["body"])["method"])


def test_ten_thousand_mutated_messages_are_answered_in_the_form_of_the_schema(gateway, token):
    chance = random.Random(20261121)
    seeds = [initialize("2025-11-25"), request("ping"), request("tools/list", {"cursor": "a"}),
             request("tools/call", {"name": "comms_ping", "arguments": {"message": "a"}, "_meta": {"progressToken": 1}}),
             request("tools/call", {"name": "comms_check_consent", "arguments": {"contactAddress": "+15550100", "channel": "sms"}}),
             request("logging/setLevel", {"level": "info"}), notification("notifications/cancelled", {"requestId": 1}),
             [request("ping"), request("ping", id=2)], modern("tools/list")[1]]
    words = [b"null", b"true", b"-1", b"1e9", b'""', b"{}", b"[]", b'"2.0"', b"\\u0000", b'"id"', b"\xff", b"\xf0\x9f", b",", b":",
             b"[" * 70, b'"method"', b"99999999999999999999"]
    answered = 0
    with Streamable(gateway, token) as client, closing(HTTPConnection("127.0.0.1", gateway.port, timeout=20)) as line:
        headers = client.headers | ACCEPT | {"Accept": "application/json", "Authorization": f"Bearer {token}"}
        for _ in range(10_000):
            data = bytearray(json.dumps(chance.choice(seeds)).encode())
            for _ in range(chance.randint(0, 4)):
                place = chance.randrange(len(data) + 1)
                match chance.randrange(4):
                    case 0: data[place:place + 1] = bytes([chance.randrange(256)])
                    case 1: data[place:place + chance.randint(1, 8)] = b""
                    case 2: data[place:place] = chance.choice(words)
                    case _: data[place:place + 1] = chance.choice(words)
            line.request("POST", "/mcp", bytes(data), headers)
            answer = line.getresponse()
            body = answer.read()
            assert answer.status in (200, 202, 400, 404), (answer.status, bytes(data))
            if answer.status == 202:
                assert body == b""
            else:
                judge("2025-11-25", json.loads(body))
                answered += 1
        assert client.ask("ping")["result"] == {}
    assert answered > 5_000
