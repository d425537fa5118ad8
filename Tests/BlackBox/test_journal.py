"""The journal on disks that are full, fail, are foreign or are damaged (CONTRACT §1, §11): acknowledged means on disk."""

from __future__ import annotations

import json
import shutil
import threading
import time

import pytest

from lolabox import payloads
from lolabox.disk import DISKS, failing, without_privileges
from lolabox.gateway import Gateway, run
from lolabox.journal import header, segments, written
from lolabox.payloads import fresh_id, fresh_phone
from lolabox.problems import assert_problem
from lolabox.stubs import AgentStub, Reply
from lolabox.waiting import eventually
from lolabox.wire import fetch

#: What a test of a fault says at most before the fault must show.
MOST = 200


class Mail:
    """Messages of strangers, each with a conversation of its own, and what became of them."""

    def __init__(self, own, agents_take: float = 0.0, text: str = "hola"):
        self.own = own
        self.text = text
        self.agents_take = agents_take
        self.taken: list[tuple[str, str]] = []
        self.refused: list[tuple[str, str]] = []

    def send(self):
        """One message; the answer."""
        message = (fresh_phone(), fresh_id())
        if self.agents_take:
            self.own.agents.script(message[0], Reply(200, AgentStub.says("hola").body, delay=self.agents_take))
        answer = self.post(message)
        (self.taken if answer.status == 200 else self.refused).append(message)
        return answer

    def post(self, message: tuple[str, str]):
        return self.own.gateway.whatsapp(payloads.whatsapp_text(message[0], self.text, message[1]))

    def send_until_refused(self) -> None:
        for _ in range(MOST):
            if self.send().status != 200:
                return
        raise AssertionError(f"{MOST} messages were taken")

    def send_again(self) -> None:
        """As the provider does: first what was refused, then everything once more."""
        for message in self.refused + self.taken:
            assert self.post(message).status == 200, message
        self.taken += self.refused
        self.refused = []

    def assert_handled_once(self) -> None:
        for phone, number in self.taken:
            assert len(self.own.graph.wait_texts(phone)) == 1
            calls = self.own.agents.calls(phone)
            assert [call.header("Idempotency-Key") for call in calls] == [f"whatsapp:{number}"]


# Full disks

@pytest.fixture(params=DISKS, ids=lambda disk: disk.__name__)
def disk(request, tmp_path):
    made = request.param(tmp_path / "disk")
    yield made
    made.close()


def test_a_full_disk_and_its_end(own_stack, disk):
    own = own_stack(env={"LOLA_DATA_DIR": str(disk.folder)})
    # Long ones: the journal has reserved room for many short messages.
    gateway, mail = own.gateway, Mail(own, text="hola " * 700)
    slow = own.person()
    own.agents.script(slow, Reply(200, {"replies": [{"type": "text", "text": "finished"}]}, delay=1.5))
    gateway.say(slow, "hola")
    own.agents.wait_call(slow)
    for _ in range(5):
        assert mail.send().status == 200
    disk.fill(gateway)
    mail.send_until_refused()
    for _ in range(5):
        answer = mail.send()
        assert_problem(answer, 503)
        assert int(answer.header("Retry-After")) >= 1
    for port in (gateway.port, gateway.management_port):
        ready = fetch(port, "GET", "/readyz")
        assert (ready.status, ready.json()) == (503, {"status": "store_unavailable"})
    assert gateway.get("/livez").status == 200
    assert gateway.metric_sum("^lola_store_open ") == 0
    # What was in hand waits; it is neither lost nor answered half.
    eventually(lambda: gateway.metric_sum("^lola_store_unavailable_total ") >= 1, what="a message that waits")
    assert not own.graph.sends(slow)
    disk.free(gateway)
    freed = time.monotonic()
    eventually(lambda: gateway.get("/readyz").status == 200, 5, "/readyz 200")
    assert mail.send().status == 200
    assert time.monotonic() - freed < 2
    assert own.graph.wait_texts(slow) == ["finished"] and len(own.agents.calls(slow)) == 1
    eventually(lambda: gateway.events("journal_reopened"), what="its log line")
    assert [line["fault"] for line in gateway.events("journal_abandoned")] == ["full"]
    eventually(lambda: gateway.metric_sum("^lola_messages_waiting ") == 0, what="the end of every message")
    gateway.restart(kill=True)
    mail.send_again()
    mail.assert_handled_once()
    assert not gateway.events("journal_damaged")
    assert run("store", "check", "--data", str(gateway.data)).returncode == 0


def test_a_start_on_a_full_disk_says_so(environment, tmp_path):
    gateway = Gateway.serve(tmp_path, environment, prefix=["prlimit", "--fsize=0"])
    code, said = gateway.refuses()
    assert code == 73 and "no space is left" in said and "data.dir" in said


# Syncs and writes that fail

@pytest.mark.parametrize("rule", [
    "fdatasync:error=EIO:when=4", "fdatasync:error=EIO:when=6", "fdatasync:error=ENOSPC:when=5..7",
    "pwrite64:error=EIO:when=5",
])
def test_a_failed_call_loses_nothing_acknowledged(own_stack, rule):
    """Each answer is 200 or 503; the segment is left alone, a new one takes over; after a kill all of it is there."""
    own = own_stack(prefix=failing(rule, calls="fdatasync,pwrite64"))
    gateway, mail = own.gateway, Mail(own)
    for _ in range(12):
        assert mail.send().status in (200, 503)
    eventually(lambda: gateway.events("journal_reopened"), what="the new segment")
    (abandoned,) = gateway.events("journal_abandoned")
    assert abandoned["fault"] == ("full" if "ENOSPC" in rule else "io")
    assert mail.send().status == 200
    gateway.kill()
    gateway.arguments = gateway.arguments[gateway.arguments.index("serve") - 1:]
    gateway.start()
    mail.send_again()
    for phone, number in mail.taken:
        own.graph.wait_texts(phone, timeout=15)
        assert {call.header("Idempotency-Key") for call in own.agents.calls(phone)} == {f"whatsapp:{number}"}
    assert not gateway.events("journal_damaged")


@pytest.mark.parametrize("sync", [5, 6, 7])
def test_a_failed_sync_is_a_503(own_stack, sync):
    """While agents take their time every sync of the journal's thread is a webhook's: one of them fails.

    The third is still one of the start, and no webhook sees it fail."""
    own = own_stack(prefix=failing(f"fdatasync:error=EIO:when={sync}"))
    mail = Mail(own, agents_take=1.0)
    before = len(list(own.gateway.data.glob("segment-*")))
    for _ in range(sync):
        if mail.send().status == 503:
            break
    assert len(mail.refused) == 1, mail.taken
    eventually(lambda: own.gateway.get("/readyz").status == 200, 2, "/readyz 200")
    # The file is left alone for good; a new one has taken over.
    assert len(list(own.gateway.data.glob("segment-*"))) == before + 1
    mail.send_again()
    mail.assert_handled_once()


def test_an_acknowledgement_waits_for_the_disk(own_stack):
    """Syncs take 200 ms: no answer comes sooner, and many messages share one."""
    own = own_stack(prefix=failing("fdatasync:delay_enter=200000"))
    mail = Mail(own)
    for _ in range(3):
        started = time.monotonic()
        assert mail.send().status == 200
        assert time.monotonic() - started >= 0.2
    took = []
    started = time.monotonic()
    threads = [threading.Thread(target=lambda: took.append((mail.send().status, time.monotonic() - started)))
               for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status, _ in took] == [200] * 32
    assert max(seconds for _, seconds in took) < 3, took


def test_a_device_that_fails_at_the_start(environment, tmp_path):
    gateway = Gateway.serve(tmp_path, environment, prefix=failing("fdatasync:error=EIO:when=1+"))
    code, said = gateway.refuses()
    assert code == 74 and "the device fails" in said


# A data folder that is not ours to use

def test_a_folder_that_may_not_be_written(environment, tmp_path):
    gateway = Gateway.serve(tmp_path, environment, prefix=without_privileges())
    gateway.data.mkdir(mode=0o500)
    code, said = gateway.refuses()
    assert code == 73 and "no permission" in said and "data.dir" in said


def test_a_folder_is_made_for_the_gateway_alone(own_stack, tmp_path):
    own = own_stack(env={"LOLA_DATA_DIR": str(tmp_path / "new/data")})
    for path in (own.gateway.data.parent, own.gateway.data, *own.gateway.data.iterdir()):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_file_in_place_of_the_folder(environment, tmp_path):
    (tmp_path / "file").write_text("not ours")
    for place in ("file", "file/data"):
        gateway = Gateway.serve(tmp_path, environment | {"LOLA_DATA_DIR": str(tmp_path / place)})
        code, said = gateway.refuses()
        assert code in (73, 74) and "data.dir" in said, said
    assert (tmp_path / "file").read_text() == "not ours"


def test_a_folder_that_another_gateway_uses(own_stack, environment, tmp_path):
    own = own_stack()
    second = Gateway.serve(tmp_path / "second", environment | {"LOLA_DATA_DIR": str(own.gateway.data)})
    code, said = second.refuses()
    assert code == 73 and "another gateway uses this data folder" in said
    # The first one has not noticed.
    phone = own.person()
    own.gateway.say(phone, "hola")
    own.graph.wait_texts(phone)


def test_a_journal_of_a_later_version(environment, tmp_path):
    gateway = Gateway.serve(tmp_path, environment)
    gateway.data.mkdir(mode=0o700)
    segment = gateway.data / "segment-0000000001"
    segment.write_bytes(header(version=2))
    code, said = gateway.refuses()
    assert code == 78 and "was written by a later Lola" in said
    assert segment.read_bytes() == header(version=2)


# Data keys

def test_a_wrong_data_key_changes_nothing(own_stack):
    own = own_stack()
    gateway = own.gateway
    right = gateway.env["LOLA_DATA_KEY"]
    phone = own.person()
    own.agents.script(phone, AgentStub.says("noted", state={"step": 1}))
    gateway.say(phone, "hola")
    own.graph.wait_texts(phone)
    assert gateway.stop() == 0
    gateway.env["LOLA_DATA_KEY"] = "5a" * 32
    code, said = gateway.refuses()
    assert code == 78 and "LOLA_DATA_KEY does not open the store" in said
    assert "5a5a" not in said and right not in said
    gateway.env["LOLA_DATA_KEY"] = right
    gateway.start()
    gateway.say(phone, "otra")
    assert own.agents.wait_calls(phone, 2)[1].json()["state"] == {"step": 1}


def test_a_data_key_is_changed_in_two_starts(own_stack):
    own = own_stack()
    gateway = own.gateway
    old, new = gateway.env["LOLA_DATA_KEY"], "7b" * 32
    phone, failing_one = own.person(), own.person()
    own.agents.script(phone, AgentStub.says("noted", state={"step": 1}))
    first = gateway.say(phone, "hola").removeprefix("whatsapp:")
    own.graph.wait_texts(phone)
    own.agents.script(failing_one, Reply(400, {}))
    gateway.say(failing_one, "hola")
    own.graph.wait_texts(failing_one)
    keys = set()
    for value in (f"{new},{old}", new):
        keys.add(frozenset(_keys_in_use(gateway)))
        gateway.env["LOLA_DATA_KEY"] = value
        gateway.restart()
        # Neither state nor what was seen is forgotten, and nothing waits.
        assert gateway.whatsapp(payloads.whatsapp_text(phone, "hola", first)).status == 200
        count = len(own.agents.calls(phone))
        gateway.say(phone, "marker")
        call = own.agents.wait_calls(phone, count + 1)[count]
        assert (call.json()["message"]["text"], call.json()["state"]) == ("marker", {"step": 1})
        assert len(gateway.admin("GET", "dlq")["items"]) == 1
    assert len(keys) == 2 and all(len(found) == 1 for found in keys), keys
    assert gateway.metric_sum("^lola_store_unopened_total ") == 0
    (letter,) = gateway.admin("GET", "dlq")["items"]
    gateway.admin("POST", "dlq", {"id": letter["id"], "action": "replay"})
    assert own.graph.wait_texts(failing_one, 2)[1] == "sender_home heard: hola"


def _keys_in_use(gateway: Gateway) -> set[str]:
    result = run("store", "check", "--data", str(gateway.data), "--json")
    assert result.returncode == 0, result
    return set(json.loads(result.stdout)["keys"])


# Journals that are damaged

def _some_mail(own) -> Mail:
    mail = Mail(own)
    for _ in range(20):
        assert mail.send().status == 200
    eventually(lambda: own.gateway.metric_sum("^lola_messages_waiting ") == 0, what="the end of every message")
    return mail


def test_a_torn_tail_is_cut_and_told(own_stack):
    own = own_stack()
    gateway = own.gateway
    mail = _some_mail(own)
    gateway.kill()
    segment = segments(gateway.data)[-1]
    whole = written(segment)
    reserve = segment.stat().st_size - len(whole) - 12
    assert reserve > 0
    # It ends with an octet that is no zero, or it could not be told from the reserve.
    segment.write_bytes(whole + whole[48:59] + b"\x01" + bytes(reserve))
    gateway.start()
    (line,) = gateway.events("journal_tail_cut")
    assert (line["file"], line["octets"], line["level"]) == (segment.name, "12", "warn")
    assert not gateway.events("journal_damaged")
    mail.send_again()
    mail.send()
    mail.assert_handled_once()
    # It was cut: the next start has nothing to tell.
    gateway.restart()
    assert len(gateway.events("journal_tail_cut")) == 1


def test_no_damaged_record_takes_the_others_with_it(own_stack):
    """Not that of the index key either, under whose hashes all others are kept: wherever the bit flips, one is lost."""
    own = own_stack()
    gateway, mail = own.gateway, Mail(own, agents_take=30.0)
    for _ in range(8):
        assert mail.send().status == 200
    gateway.kill()
    kept = gateway.data.with_name("kept")
    shutil.copytree(gateway.data, kept)
    restored = 0
    for offset in range(len(header()) + 8, 420, 24):
        shutil.rmtree(gateway.data)
        shutil.copytree(kept, gateway.data)
        (segment,) = segments(gateway.data)
        octets = bytearray(segment.read_bytes())
        octets[offset] ^= 1
        segment.write_bytes(octets)
        gateway.start()
        eventually(lambda: gateway.metric_sum("^lola_messages_recovered_total ") >= len(mail.taken) - 1,
                   what=f"all but one after a flip at {offset}")
        assert not gateway.events("message_quarantined") and gateway.events("journal_damaged"), offset
        restored += len(gateway.events("index_key_restored"))
        verified = run("audit", "verify", "--data-dir", str(gateway.data), env=gateway.env)
        assert verified.returncode == 0, verified
        gateway.kill()
    assert restored > 0


def test_damage_before_the_tail_is_put_aside_and_told(own_stack):
    own = own_stack()
    gateway = own.gateway
    _some_mail(own)
    gateway.kill()
    segment = segments(gateway.data)[-1]
    octets = bytearray(segment.read_bytes())
    octets[len(written(segment)) // 2] ^= 0x10
    segment.write_bytes(octets)
    gateway.start()
    (line,) = gateway.events("journal_damaged")
    assert (line["level"], line["file"], line["kind"]) == ("error", segment.name, "records")
    assert "lola store check" in line["hint"]
    # What was acknowledged is gone: links of before may have been used, and nobody knows.
    alerts = eventually(lambda: {one["kind"]: one for one in gateway.admin("GET", "alerts")["items"]}, what="the alerts")
    assert set(alerts) == {"journal_damaged", "store_epoch"} and alerts["store_epoch"]["severity"] == "HIGH"
    assert len(gateway.events("store_epoch_changed")) == 1
    kept = gateway.data / line["kept"]
    start, count = int(line["offset"]), int(line["octets"])
    assert kept.read_bytes() == bytes(octets[start:start + count]) and 0 < count < len(octets)
    phone = own.person()
    gateway.say(phone, "hola")
    own.graph.wait_texts(phone)
    assert run("store", "check", "--data", str(gateway.data)).returncode == 1
    assert gateway.stop() == 0
    repaired = run("store", "repair", "--data", str(gateway.data))
    assert repaired.returncode == 0, repaired
    assert run("store", "check", "--data", str(gateway.data)).returncode == 0
    gateway.start()
    assert len(gateway.events("journal_damaged")) == 1 and len(gateway.events("store_epoch_changed")) == 1
    assert kept.exists()
    gateway.say(phone, "otra")
    own.graph.wait_texts(phone, 2)
