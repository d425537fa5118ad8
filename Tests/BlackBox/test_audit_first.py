"""Every privileged change leaves a record, and where no record can be written nothing is changed: one row a route
(CONTRACT §10)."""

from __future__ import annotations

import json
from typing import Callable

from conftest import Stack
from lolabox.door import guess
from lolabox.gateway import Gateway, run
from lolabox.payloads import fresh_phone
from lolabox.problems import assert_problem
from lolabox.stubs import Reply
from lolabox.waiting import eventually
from lolabox.widget import Session, conversation, create_ticket, v1
from lolabox.wire import Answer, fetch

FAILURES = 5
ATTACKER = "127.0.55.1"


def _given_up(own: Stack) -> str:
    phone = own.person()
    own.agents.script(phone, *[Reply(500, {})] * FAILURES)
    key = own.gateway.say(phone, "hola")
    letters = eventually(lambda: [one for one in own.gateway.admin("GET", "dlq")["items"] if one["key"] == key],
                         what="the dead letter")
    eventually(lambda: own.gateway.metric_sum("^lola_messages_waiting ") == 0, what="the end of the notice")
    return letters[0]["id"]


class Privileges:
    """Something of each kind to change, and everybody who may change it."""

    def __init__(self, own: Stack):
        self.gateway = gateway = own.gateway
        admin = gateway.admin
        self.agent = admin("POST", "tokens", {"agent": "shop"}, 201)
        self.other = admin("POST", "tokens", {"agent": "shop"}, 201)["id"]
        self.suppressed = admin("POST", "dnc", {"address": "+15550171"}, 201)["id"]
        self.secret = admin("POST", "credentials", {"provider": "twilio", "name": "token", "value": "x" * 8}, 201)["id"]
        self.letters = [_given_up(own) for _ in range(2)]
        self.phones = [own.person("pending") for _ in range(3)]
        self.revocable = create_ticket(gateway, self.phones[0])["ticket_id"]
        self.session = Session(gateway, create_ticket(gateway, self.phones[1]))
        self.consented = own.person()
        admin("POST", "consent", self._consent(self.consented), 201)
        assert guess(gateway, 10, ATTACKER) == [401] * 10
        (lockout,) = admin("GET", "lockouts")["items"]
        self.lockout = lockout["id"]
        # A new key is the first one now: there is something to seal anew.
        gateway.env["CREDENTIALS_ENCRYPTION_KEY"] = f"{'8f' * 32},{gateway.env['CREDENTIALS_ENCRYPTION_KEY']}"
        gateway.restart()

    @staticmethod
    def _consent(phone: str) -> dict:
        return {"address": phone, "channel": "whatsapp", "type": "express", "status": "granted"}

    def _manage(self, method: str, path: str, body: object = None) -> Callable[[], Answer]:
        return lambda: self.gateway.manage(method, "/admin/api/" + path, body)

    def _v1(self, method: str, path: str, body: object = None) -> Callable[[], Answer]:
        return lambda: v1(self.gateway, method, path, body, self.agent["token"])

    def actions(self) -> list[tuple[str, Callable[[], Answer], int]]:
        """The word in the trail, what is asked, and how it ends when a record can be written."""
        order = {"conversation": conversation(self.phones[2]), "operation": "cip"}
        message = {"channel": "whatsapp", "to": self.consented, "text": "Your card is ready."}
        tool = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                "params": {"name": "lola_create_ticket", "arguments": order}}
        return [
            ("token.minted", self._manage("POST", "tokens", {"agent": "desk"}), 201),
            ("token.revoked", self._manage("DELETE", f"tokens/{self.other}"), 204),
            ("agent.changed", self._manage("POST", "agents", {"id": "fresh"}), 201),
            ("agent.changed", self._manage("PUT", "agents/shop", {"name": "The shop"}), 200),
            ("limits.changed", self._manage("PUT", "agents/shop/limits", {"per_day": 7}), 200),
            ("lockout.lifted", self._manage("DELETE", f"lockouts/{self.lockout}"), 204),
            ("dnc.changed", self._manage("POST", "dnc", {"address": "+15550172"}), 201),
            ("dnc.changed", self._manage("DELETE", f"dnc/{self.suppressed}"), 204),
            ("consent.changed", self._manage("POST", "consent", self._consent("+15550173")), 201),
            ("credential.changed", self._manage("POST", "credentials", {
                "provider": "resend", "name": "key", "value": "y" * 8}), 201),
            ("credential.changed", self._manage("POST", "credentials/rotate", {}), 200),
            ("credential.changed", self._manage("DELETE", f"credentials/{self.secret}"), 204),
            ("dlq.replayed", self._manage("POST", "dlq", {"id": self.letters[0], "action": "replay"}), 200),
            ("dlq.dropped", self._manage("DELETE", f"dlq/{self.letters[1]}"), 204),
            ("ticket.created", self._v1("POST", "tickets", order), 201),
            ("ticket.created", lambda: self._tool(tool), 200),
            ("ticket.revoked", lambda: v1(self.gateway, "DELETE", f"tickets/{self.revocable}"), 204),
            ("callback.redeemed", lambda: self.session.redeem(), 200),
            ("outbound.allowed", self._v1("POST", "messages", message), 202),
            ("erased", self._manage("POST", "erasures", {"subject": "+15550174"}), 201),
        ]

    def _tool(self, call: dict) -> Answer:
        headers = {"Authorization": f"Bearer {self.agent['token']}", "Content-Type": "application/json",
                   "Accept": "application/json, text/event-stream"}
        first = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}
        begun = fetch(self.gateway.port, "POST", "/mcp", headers, json.dumps(first).encode())
        assert begun.status == 200, begun
        headers["Mcp-Session-Id"] = begun.header("Mcp-Session-Id")
        return fetch(self.gateway.port, "POST", "/mcp", headers, json.dumps(call).encode())

    def everything(self) -> dict[str, list[dict]]:
        """All that can be changed, as operators see it."""
        names = ("tokens", "agents", "dnc", "consent", "credentials", "dlq", "tickets", "lockouts")
        shown = {name: self.gateway.admin("GET", f"{name}?limit=1000")["items"] for name in names}
        for token in shown["tokens"]:
            token.pop("last_used_at", None)
        limits = self.gateway.admin("GET", "agents/shop/limits")
        limits.pop("used")
        return shown | {"limits": [limits], "ticket": [v1(
            self.gateway, "GET", f"tickets/{self.session.ticket_id}").json()["status"]]}


def _start(own_stack) -> Stack:
    return own_stack(env={"CREDENTIALS_ENCRYPTION_KEY": "7e" * 32, "LOLA_AUDIT_KEY": "5c" * 32})


def _trail(gateway: Gateway) -> list[dict]:
    return list(reversed(gateway.admin("GET", "audit?limit=1000")["items"]))


def _is_error(answer: Answer) -> bool:
    return answer.status == 200 and "error" in answer.body.decode() and '"isError":true' in answer.body.decode()


def test_every_privileged_change_leaves_a_record(own_stack):
    own = _start(own_stack)
    privileges = Privileges(own)
    gateway = own.gateway
    for word, ask, status in privileges.actions():
        before = int(_trail(gateway)[-1]["id"])
        answer = ask()
        assert answer.status == status and not _is_error(answer), (word, answer)

        def told() -> list[dict]:
            return [item for item in _trail(gateway) if int(item["id"]) > before and item["action"] == word]

        # The first one was there before the change; that it took effect may be written a moment after the answer.
        assert told(), word
        eventually(lambda: told()[-1]["outcome"] == "ok", what=f"the end of {word}")
        assert {item["actor"] for item in told()} <= {"orchestrator", "agent:shop", "widget"}, told()
    words = {item["action"] for item in _trail(gateway)}
    assert {"gateway.started", "authentication.refused", "lockout.began", "audit.read"} <= words
    # And nobody is named in any of it.
    text = json.dumps(_trail(gateway))
    for secret in (*privileges.phones, privileges.consented, "+1555017", ATTACKER, privileges.agent["token"]):
        assert secret.lstrip("+") not in text, secret
    assert gateway.stop() == 0
    keys = {name: gateway.env[name] for name in ("LOLA_DATA_KEY", "LOLA_AUDIT_KEY")}
    proved = run("audit", "verify", "--data-dir", str(gateway.data), env={"PATH": gateway.env["PATH"]} | keys)
    assert proved.returncode == 0, proved.stderr


def test_where_no_record_can_be_written_nothing_is_changed(own_stack):
    own = _start(own_stack)
    privileges = Privileges(own)
    gateway = own.gateway
    assert gateway.stop() == 0
    folder, kept = gateway.data / "audit", gateway.data / "kept"
    folder.rename(kept)
    folder.write_text("in the way")
    gateway.start()
    eventually(lambda: gateway.events("audit_unwritable"), what="the line audit_unwritable")
    before = privileges.everything()
    asked = len(own.agents.calls(privileges.phones[1]))
    sent = len(own.graph.requests)
    for word, ask, _ in privileges.actions():
        answer = ask()
        assert _is_error(answer) or (answer.status, answer.json()["code"]) == (503, "unavailable"), (word, answer)
    assert privileges.everything() == before
    assert len(own.agents.calls(privileges.phones[1])) == asked and len(own.graph.requests) == sent
    # The way is free again: everything can be done, without a restart.
    folder.unlink()
    kept.rename(folder)
    eventually(lambda: gateway.metric_sum("^lola_audit_open ") == 1, what="the trail")
    for word, ask, status in privileges.actions():
        answer = ask()
        assert answer.status == status and not _is_error(answer), (word, answer)
    assert privileges.everything() != before


def test_the_trail_tells_of_a_ticket_from_its_order_to_its_end(own_stack):
    gateway = own_stack().gateway
    session = Session(gateway, create_ticket(gateway, fresh_phone()))
    assert session.redeem().status == 200
    assert_problem(session.redeem(), 410, "gone")
    told = [("ticket.created", "begun"), ("ticket.created", "ok"), ("callback.redeemed", "begun"),
            ("callback.redeemed", "ok"), ("callback.refused", "ticket_closed")]
    eventually(lambda: [(item["action"], item["outcome"]) for item in _trail(gateway)
                        if item["subject"] == session.ticket_id] == told, what="the five records")
