"""The audit trail, alerts and anomalies from outside: what is written, what proves it, what a cut looks like."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import struct
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from lolabox import payloads
from lolabox.gateway import Gateway, minimal_environment, run, whatsapp_environment
from lolabox.problems import assert_problem
from lolabox.stubs import Reply
from lolabox.stubs.server import StubServer
from lolabox.waiting import eventually
from lolabox.widget import fresh_address
from lolabox.wire import Answer

AUDIT_KEY = "5c" * 32
FAILURES = 5


def _verify(gateway: Gateway, *arguments: str, data: Path | None = None, verb: str = "verify"):
    keys = {name: gateway.env[name] for name in ("LOLA_DATA_KEY", "LOLA_AUDIT_KEY") if name in gateway.env}
    return run("audit", verb, "--data-dir", str(data or gateway.data), *arguments,
               env={"PATH": gateway.env["PATH"]} | keys, cwd=gateway.cwd)


def _trail(gateway: Gateway) -> list[dict]:
    return gateway.admin("GET", "audit?limit=1000")["items"]


def _actions(gateway: Gateway) -> list[str]:
    """Oldest first, without who looked at the trail."""
    return [item["action"] for item in reversed(_trail(gateway)) if item["action"] != "audit.read"]


def _last_segment(folder: Path) -> Path:
    return sorted((folder / "audit").glob("*.trail"))[-1]


def _refused(gateway: Gateway, path: str = "dlq") -> Answer:
    """A wrong token, from an address of its own: ten lock one out."""
    return gateway.manage("GET", f"/admin/api/{path}", token="wrong" * 8, source=fresh_address())


def _given_up(own) -> str:
    phone = own.person()
    own.agents.script(phone, *[Reply(500, {})] * FAILURES)
    key = own.gateway.say(phone, "hola")
    letters = eventually(lambda: own.gateway.admin("GET", "dlq")["items"], what="the dead letter")
    (letter,) = [letter for letter in letters if letter["key"] == key]
    eventually(lambda: own.gateway.metric_sum("^lola_messages_waiting ") == 0, what="the end of the notice")
    return letter["id"]


def test_replay_verify_cut_and_copy(own_stack, tmp_path):
    own = own_stack()
    gateway = own.gateway
    letter = _given_up(own)
    assert gateway.admin("POST", "dlq", {"id": letter, "action": "replay"})["status"] == "replayed"
    dropped = _given_up(own)
    assert gateway.manage("DELETE", f"/admin/api/dlq/{dropped}").status == 204
    assert _actions(gateway) == ["gateway.started", "dlq.replayed", "dlq.dropped"]
    replayed = next(item for item in _trail(gateway) if item["action"] == "dlq.replayed")
    assert (replayed["actor"], replayed["subject"], replayed["outcome"]) == ("orchestrator", letter, "ok")
    # While the gateway runs.
    running = _verify(gateway)
    assert running.returncode == 0 and "the chain and the head (store)" in running.stdout, running
    assert gateway.stop() == 0
    stopped = json.loads(_verify(gateway, "--json").stdout)
    assert stopped["whole"] and stopped["trust"] == "chain_and_head" and stopped["unfinished"] == 0, stopped
    (head,) = [event["head"] for event in gateway.events("audit_head")][-1:]
    assert stopped["head"] == head
    assert _verify(gateway, "--head", head).returncode == 0
    # On a copy, then with its tail cut, by a record and by an octet.
    copy = tmp_path / "copy"
    shutil.copytree(gateway.data, copy)
    assert _verify(gateway, data=copy).returncode == 0
    segment = _last_segment(copy)
    whole = segment.read_bytes()
    for cut in (whole[:-1], whole[:120], whole[: len(whole) // 2], b""):
        segment.write_bytes(cut)
        broken = _verify(gateway, "--json", data=copy)
        assert broken.returncode == 3, (len(cut), broken)
        assert json.loads(broken.stdout)["bad"]["fault"] in ("record_invalid", "shorter_than_head", "header_invalid")
    segment.unlink()
    assert _verify(gateway, data=copy).returncode == 3
    shutil.rmtree(copy / "audit")
    assert _verify(gateway, data=copy).returncode == 3
    # The gateway itself goes on.
    gateway.start()
    assert _actions(gateway)[-2:] == ["gateway.stopped", "gateway.started"]
    assert _verify(gateway).returncode == 0


def test_a_cut_tail_is_told_at_start_and_stays_told(own_stack):
    own = own_stack()
    gateway = own.gateway
    assert gateway.stop() == 0
    segment = _last_segment(gateway.data)
    segment.write_bytes(segment.read_bytes()[:-40])
    gateway.start()
    eventually(lambda: gateway.events("audit_broken"), what="the line audit_broken")
    alert = eventually(lambda: gateway.admin("GET", "alerts")["items"], what="the alert")[0]
    assert (alert["kind"], alert["severity"], alert["count"]) == ("audit_broken", "HIGH", 1)
    assert gateway.metric_sum('^lola_alerts_total{kind="audit_broken"}') == 1
    eventually(lambda: "audit.broken" in _actions(gateway), what="the record of it")
    broken = _verify(gateway)
    assert broken.returncode == 3 and "BROKEN at record 2" in broken.stdout, broken
    assert gateway.stop() == 0
    assert _verify(gateway).returncode == 3


def test_killed_gateways_leave_a_whole_trail(own_stack):
    gateway = own_stack().gateway
    for _ in range(4):
        for _ in range(3):
            assert_problem(_refused(gateway, "audit"), 401)
        gateway.restart(kill=True)
        found = _verify(gateway)
        assert found.returncode == 0, found
    assert _actions(gateway).count("gateway.started") == 5
    assert "gateway.stopped" not in _actions(gateway)


def _hkdf(secret: bytes, info: bytes, count: int = 32) -> bytes:
    key = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(key, info + b"\x01", hashlib.sha256).digest()[:count]


def _number(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def _field(text: str) -> bytes:
    return _number(len(text.encode())) + text.encode()


def _frame(record: dict) -> bytes:
    """A record as docs/OPERATING.md says that it is signed."""
    from datetime import datetime
    moment = datetime.fromisoformat(record["at"].replace("Z", "+00:00"))
    body = b"\x01" + struct.pack("<Qq", record["seq"], round(moment.timestamp() * 1000))
    body += b"".join(_field(record[name]) for name in ("action", "actor", "subject", "outcome"))
    body += _number(len(record["facts"])) + b"".join(_field(k) + _field(v) for k, v in record["facts"].items())
    return struct.pack("<I", len(body)) + body


def test_an_export_can_be_checked_by_anybody_with_the_key(own_stack):
    own = own_stack(env={"LOLA_AUDIT_KEY": AUDIT_KEY})
    gateway = own.gateway
    gateway.admin("POST", "dlq", {"id": _given_up(own), "action": "drop"})
    gateway.restart()
    # A wrong token, not a missing one: only that is a failure of authentication, and told.
    assert_problem(_refused(gateway), 401)
    assert gateway.stop() == 0
    exported = _verify(gateway, "--jsonl", verb="export")
    assert exported.returncode == 0 and "the chain and the head" in exported.stderr, exported
    lines = [json.loads(line) for line in exported.stdout.splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1)) and len(lines) >= 6
    secret = bytes.fromhex(AUDIT_KEY)
    chain, signs = _hkdf(secret, b"lola audit chain v1"), _hkdf(secret, b"lola audit header v1")
    mac = bytes(32)
    for line in lines:
        if "header" in line:
            header = bytes.fromhex(line["header"])
            assert header[40:72] == mac
            assert hmac.new(signs, header[:-32], hashlib.sha256).digest() == header[-32:]
            mac = header[-32:]
        assert line["prev"] == mac.hex()
        mac = hmac.new(chain, mac + _frame(line), hashlib.sha256).digest()
        assert line["mac"] == mac.hex(), line
    assert gateway.events("audit_head")[-1]["head"] == f"{lines[-1]['seq']}:{mac.hex()}"
    # Another key proves nothing.
    gateway.env["LOLA_AUDIT_KEY"] = "6d" * 32
    assert _verify(gateway).returncode == 3


def _refuses_the_key(gateway: Gateway) -> None:
    before = {path.name: path.read_bytes() for path in (gateway.data / "audit").iterdir()}
    code, said = gateway.refuses()
    assert code == 78 and "LOLA_AUDIT_KEY does not prove the audit trail" in said, (code, said)
    assert {path.name: path.read_bytes() for path in (gateway.data / "audit").iterdir()} == before


def test_a_wrong_key_begins_no_other_chain(own_stack):
    """It is told before anything is written; the right key goes on as if nothing had been."""
    gateway = own_stack(env={"LOLA_AUDIT_KEY": AUDIT_KEY}).gateway
    assert gateway.stop() == 0
    gateway.env["LOLA_AUDIT_KEY"] = "6d" * 32
    _refuses_the_key(gateway)
    # A key that is forgotten is a wrong one: the derived key takes its place.
    del gateway.env["LOLA_AUDIT_KEY"]
    _refuses_the_key(gateway)
    gateway.env["LOLA_AUDIT_KEY"] = f"{'6d' * 32},{AUDIT_KEY}"
    gateway.start()
    assert gateway.admin("GET", "alerts")["items"] == []
    assert _verify(gateway).returncode == 0
    assert gateway.stop() == 0
    # The old key may go once no start needs it; what it signed is not proved without it.
    gateway.env["LOLA_AUDIT_KEY"] = "6d" * 32
    gateway.start()
    broken = _verify(gateway)
    assert broken.returncode == 3 and "key_unknown" in broken.stdout, broken
    assert gateway.stop() == 0
    # A key that is lost for good: the trail is put away by hand, and that is told.
    gateway.env["LOLA_AUDIT_KEY"] = "7e" * 32
    _refuses_the_key(gateway)
    (gateway.data / "audit").rename(gateway.data / "audit-of-before")
    gateway.start()
    eventually(lambda: gateway.events("audit_head_unknown"), what="the line audit_head_unknown")
    alert = eventually(lambda: gateway.admin("GET", "alerts")["items"], what="the alert")[0]
    assert alert["kind"] == "audit_broken" and "not signed by our keys" in alert["text"]
    assert _actions(gateway) == ["gateway.started"]


def test_a_derived_key_gives_way_to_one_of_its_own(own_stack):
    gateway = own_stack().gateway
    gateway.env["LOLA_AUDIT_KEY"] = AUDIT_KEY
    gateway.restart()
    assert _verify(gateway).returncode == 0 and gateway.admin("GET", "alerts")["items"] == []


def test_verify_asks_redis_for_the_head(on_redis, redis, tmp_path):
    gateway = on_redis().gateway
    for _ in range(3):
        gateway.admin("POST", "tokens", {"agent": "roaming"}, 201)
    url = {"REDIS_URL": redis.environment["REDIS_URL"]}

    def verify(data: Path, more: dict[str, str] = url, *arguments: str):
        keys = {name: gateway.env[name] for name in ("LOLA_DATA_KEY", "LOLA_AUDIT_KEY") if name in gateway.env}
        return run("audit", "verify", "--data-dir", str(data), *arguments, cwd=tmp_path,
                   env={"PATH": gateway.env["PATH"]} | keys | more)

    # While it runs; the derived key is in Redis as well.
    running = eventually(lambda: (found := verify(gateway.data)) and "the head (Redis)" in found.stdout and found,
                         what="the head in Redis")
    assert running.returncode == 0, running
    assert gateway.stop() == 0
    beat = redis.command("GET", "lola:beat")
    head = gateway.events("audit_head")[-1]["head"]
    whole = json.loads(verify(gateway.data, url, "--json").stdout)
    assert whole["whole"] and whole["trust"] == "chain_and_head" and whole["head"] == head, whole
    assert redis.command("GET", "lola:beat") == beat, "looked at, not touched"
    # A copy; a cut shows.
    copy = tmp_path / "copy"
    shutil.copytree(gateway.data, copy)
    assert verify(copy).returncode == 0
    segment = _last_segment(copy)
    segment.write_bytes(segment.read_bytes()[:-1])
    assert verify(copy).returncode == 3
    # Without Redis the derived key is not there; with a key of its own the chain is, and what was not compared is said.
    alone = verify(gateway.data, {})
    assert alone.returncode == 78 and "no key" in alone.stderr, alone
    gateway.env["LOLA_AUDIT_KEY"] = AUDIT_KEY
    gateway.start()
    assert gateway.stop() == 0
    shutil.rmtree(gateway.data / "audit")
    gateway.start()
    assert gateway.stop() == 0
    shutil.rmtree(gateway.data / "audit")
    redis.command("FLUSHALL")
    gateway.start()
    assert gateway.stop() == 0
    chain = verify(gateway.data, {})
    assert chain.returncode == 0 and "proved: the chain\n" in chain.stdout, chain
    assert "the head in Redis was not compared: REDIS_URL is not set" in chain.stdout
    anchored = verify(gateway.data, {}, "--head", gateway.events("audit_head")[-1]["head"])
    assert anchored.returncode == 0 and "the head (given)" in anchored.stdout
    # A Redis that is named must answer, and must be one of this gateway.
    assert verify(gateway.data).returncode == 0
    redis.command("FLUSHALL")
    empty = verify(gateway.data)
    assert empty.returncode == 0 and "Redis holds no head of this gateway" in empty.stdout, empty
    (copy / "gateway-id").unlink()
    unnamed = verify(copy)
    assert unnamed.returncode == 1 and "no gateway-id" in unnamed.stderr
    redis.kill()
    away = verify(gateway.data)
    assert away.returncode == 1 and "REDIS_URL" in away.stderr, away


def test_the_trail_survives_a_rotation_of_the_data_key(own_stack):
    gateway = own_stack().gateway
    old = gateway.env["LOLA_DATA_KEY"]
    assert gateway.stop() == 0
    gateway.env["LOLA_DATA_KEY"] = "7e" * 32 + "," + old
    gateway.start()
    gateway.env["LOLA_DATA_KEY"] = "7e" * 32
    gateway.restart()
    assert _verify(gateway).returncode == 0
    assert _actions(gateway).count("gateway.started") == 3


def test_nobody_stands_in_the_trail_in_clear(own_stack):
    own = own_stack(env={"LOLA_ALLOWED_NUMBERS": "+15550199"})
    gateway = own.gateway
    phone = own.person()
    key = gateway.say(phone, "let me in")
    eventually(lambda: gateway.record(key)["status"] == "stopped", what="the end of the message")
    refused = eventually(
        lambda: [item for item in _trail(gateway) if item["action"] == "sender.refused"], what="the record of it")[0]
    assert (refused["actor"], refused["outcome"]) == ("gateway", "sender_not_allowed")
    assert refused["facts"] == {"channel": "whatsapp"} and len(refused["subject"]) == 16
    body = payloads.whatsapp_text(phone, "hola")
    assert gateway.whatsapp(body, secret="wrong").status == 401
    eventually(lambda: "authentication.refused" in _actions(gateway), what="the refused webhook")
    gateway.stop()
    octets = b"".join(path.read_bytes() for path in (gateway.data / "audit").iterdir())
    for canary in (phone[1:], "127.0.0.1", "let me in", key):
        assert canary.encode() not in octets


def test_pages_and_bounds(own_stack):
    gateway = own_stack().gateway
    # Of 40 tries from one address ten are looked at, and five of those told singly.
    source = fresh_address()
    tries = [gateway.manage("GET", "/admin/api/dlq", token="wrong" * 8, source=source).status for _ in range(40)]
    assert tries == [401] * 10 + [429] * 30
    # Who shows nothing has tried nothing, however often.
    for _ in range(20):
        assert_problem(gateway.manage("GET", "/admin/api/dlq", token=None), 401)

    def refused() -> list[str]:
        return [item["outcome"] for item in _trail(gateway) if item["action"] == "authentication.refused"]

    eventually(lambda: len(refused()) >= 5, what="the records of them")
    gateway.restart(kill=True)
    assert refused() == ["refused"] * 5
    first = gateway.admin("GET", "audit?limit=2")
    assert len(first["items"]) == 2 and first["next"] == first["items"][-1]["id"]
    seen = [item["seq"] for item in first["items"]]
    cursor = first["next"]
    while cursor:
        page = gateway.admin("GET", f"audit?limit=2&cursor={cursor}")
        seen += [item["seq"] for item in page["items"]]
        cursor = page["next"]
    assert seen == list(range(seen[0], 0, -1))
    for query in ("limit=0", "limit=1001", "limit=x", "cursor=x"):
        assert_problem(gateway.manage("GET", f"/admin/api/audit?{query}"), 400)
        assert_problem(gateway.manage("GET", f"/admin/api/alerts?{query}"), 400)
    assert_problem(gateway.manage("GET", "/admin/api/audit", token=None), 401)
    assert_problem(gateway.manage("GET", "/admin/api/alerts", token=None), 401)


def test_no_record_no_action(own_stack):
    own = own_stack()
    gateway = own.gateway
    letter = _given_up(own)
    assert gateway.stop() == 0
    folder = gateway.data / "audit"
    kept = gateway.data / "kept"
    folder.rename(kept)
    folder.write_text("in the way")
    gateway.start()
    eventually(lambda: gateway.events("audit_unwritable"), what="the line audit_unwritable")
    assert_problem(gateway.manage("POST", "/admin/api/dlq", {"id": letter, "action": "drop"}), 503)
    assert_problem(gateway.manage("DELETE", f"/admin/api/dlq/{letter}"), 503)
    assert gateway.admin("GET", f"dlq/{letter}")["id"] == letter
    assert gateway.metric_sum("^lola_audit_open ") == 0 and gateway.metric_sum("^lola_audit_refused_total ") >= 2
    kinds = [alert["kind"] for alert in gateway.admin("GET", "alerts")["items"]]
    assert kinds == ["audit_unwritable"]
    # Messages go on.
    phone = own.person()
    gateway.say(phone, "hola")
    own.graph.wait_texts(phone)
    # The way is free again: without a restart.
    folder.unlink()
    kept.rename(folder)
    eventually(lambda: gateway.metric_sum("^lola_audit_open ") == 1, what="the trail")
    assert gateway.manage("DELETE", f"/admin/api/dlq/{letter}").status == 204
    assert _verify(gateway).returncode == 0


class Hook(StubServer):
    """The operator's webhook: fails first, then takes what comes."""

    def __init__(self):
        super().__init__()
        self.failures = 1

    def answer(self, request):
        if self.failures > 0:
            self.failures -= 1
            return Reply(500)
        return Reply(204)


@pytest.mark.timeout(120)
def test_failed_authentications_raise_an_alert_that_is_signed(own_stack):
    secret = base64.b64encode(b"0123456789abcdef01234567").decode()
    with Hook() as hook:
        gateway = own_stack(env={
            "LOLA_ALERT_WEBHOOK_URL": f"{hook.url}/alerts?from=lola",
            "LOLA_ALERT_WEBHOOK_SECRET": f"whsec_{secret}",
        }).gateway
        for _ in range(6):
            assert_problem(gateway.manage("GET", "/admin/api/dlq", token="wrong" * 8), 401)
        body = payloads.whatsapp_text("15550123", "hola")
        for _ in range(5):
            assert gateway.whatsapp(body, secret="wrong").status == 401
        (alert,) = eventually(lambda: gateway.admin("GET", "alerts")["items"], 75, "the alert")
        # A minute has gone by: the head of the trail stands in the log, so that a cut tail shows.
        eventually(lambda: gateway.events("audit_head"), 15, "the line audit_head")
        assert (alert["kind"], alert["severity"], alert["count"]) == ("failed_authentication", "HIGH", 1)
        assert "127.0.0.1" not in json.dumps(alert) and alert["text"].startswith("11 failed")
        # The line may come a moment after the answer.
        eventually(lambda: gateway.events("alert"), what="the line alert")
        assert [line["kind"] for line in gateway.events("alert")] == ["failed_authentication"]
        assert gateway.metric_sum('^lola_alerts_total{kind="failed_authentication"}') == 1
        eventually(lambda: len(hook.requests) >= 2, 15, "the second try")
        first, second = hook.requests[:2]
        assert first.header("webhook-id") == second.header("webhook-id") == f"alert_{alert['id']}"
        assert second.path == "/alerts?from=lola" and second.header("content-type") == "application/json"
        told = Webhook(f"whsec_{secret}").verify(second.body, dict(second.headers))
        with pytest.raises(WebhookVerificationError):
            Webhook(f"whsec_{secret}").verify(second.body + b" ", dict(second.headers))
        assert told["type"] == "alert.raised" and told["data"]["id"] == alert["id"]
        assert told["data"]["kind"] == "failed_authentication"


def test_without_keys_nothing_is_proved(tmp_path):
    (tmp_path / "data").mkdir()
    found = run("audit", "verify", "--data-dir", str(tmp_path / "data"), cwd=tmp_path)
    assert found.returncode == 78 and "LOLA_AUDIT_KEY" in found.stderr
    wrong = run("audit", "verify", "--head", "12", cwd=tmp_path)
    assert wrong.returncode == 2
