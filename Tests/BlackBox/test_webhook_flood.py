"""Floods of refused webhooks: slowed per address, never a lock-out, and one bounded line in the log (CONTRACT §11)."""

from __future__ import annotations

import json
import re
import threading
import time

import pytest

from lolabox import payloads, signing
from lolabox.gateway import APP_SECRET, VERIFY_TOKEN, Gateway
from lolabox.payloads import fresh_phone
from lolabox.problems import assert_problem
from lolabox.waiting import eventually
from lolabox.wire import Wire, request

PATH = "/webhooks/whatsapp"
TEXT = "canarytext-flood"
#: Above the threshold of a loop (docs/OPERATING.md).
FLOOD = 130


def _webhook(secret: str | None) -> bytes:
    body = payloads.whatsapp_text(fresh_phone(), TEXT)
    headers = signing.whatsapp_headers(secret, body) if secret else {"Content-Type": "application/json"}
    return request("POST", PATH, headers, body)


def _flood(wire: Wire) -> None:
    for _ in range(FLOOD):
        assert_problem(wire.exchange(_webhook("forged"), "POST"), 401)


@pytest.fixture(scope="module")
def gateway(environment, tmp_path_factory):
    with Gateway.serve(tmp_path_factory.mktemp("flood"), environment | {"LOLA_LOOPS": "1"}) as gateway:
        yield gateway


def _slowed(gateway: Gateway) -> float:
    return gateway.metric_sum("^lola_webhooks_slowed_total")


def test_a_flood_is_slowed_and_an_honest_provider_gets_through(gateway):
    with Wire(gateway.port) as wire:
        _flood(wire)
        started = time.monotonic()
        for _ in range(30):
            assert_problem(wire.exchange(_webhook("forged"), "POST"), 401)
        # One every 50 ms, the first one at once.
        assert time.monotonic() - started > 1.0
        before = _slowed(gateway)
        assert before >= 29
        wires = [Wire(gateway.port) for _ in range(40)]
        try:
            for other in wires:
                other.send(_webhook("forged"))
            started = time.monotonic()
            assert wire.exchange(_webhook(APP_SECRET), "POST").status == 200
            assert time.monotonic() - started < 5
            assert [other.read("POST").status for other in wires] == [401] * 40
        finally:
            for other in wires:
                other.close()
        assert _slowed(gateway) > before


def test_who_is_elsewhere_or_shows_no_proof_does_not_wait(gateway):
    with Wire(gateway.port) as wire, Wire(gateway.port, source="127.0.0.2") as elsewhere:
        _flood(wire)
        before = _slowed(gateway)
        for _ in range(20):
            assert_problem(wire.exchange(_webhook(None), "POST"), 401)
            assert_problem(elsewhere.exchange(_webhook("forged"), "POST"), 401)
            assert elsewhere.exchange(_webhook(APP_SECRET), "POST").status == 200
        assert _slowed(gateway) == before


def test_waiting_requests_are_answered_during_a_drain(environment, tmp_path):
    with Gateway.serve(tmp_path, environment | {"LOLA_LOOPS": "1"}) as gateway, Wire(gateway.port) as wire:
        _flood(wire)
        wires = [Wire(gateway.port) for _ in range(30)]
        statuses: list[int] = []
        for other in wires:
            other.send(_webhook("forged"))
        eventually(lambda: _slowed(gateway) >= 20, what="webhooks that wait")
        readers = [threading.Thread(target=lambda other=other: statuses.append(other.read("POST").status))
                   for other in wires]
        for reader in readers:
            reader.start()
        assert gateway.stop() == 0
        for reader in readers:
            reader.join(10)
        for other in wires:
            other.close()
        assert statuses == [401] * 30


def test_a_refused_webhook_leaves_one_line_without_its_content(environment, tmp_path):
    with Gateway.serve(tmp_path, environment | {"LOLA_LOOPS": "1"}) as gateway:
        answers = [
            (gateway.whatsapp(payloads.whatsapp_text(fresh_phone(), TEXT), secret="forged-" + TEXT), "signature_invalid"),
            (gateway.post(f"{PATH}?{TEXT}", TEXT.encode(), {"Content-Type": "application/json"}), "signature_missing"),
            (gateway.whatsapp(TEXT.encode(), headers={"Content-Type": "text/plain"}), "content_type_wrong"),
            (gateway.whatsapp(TEXT.encode(), headers={"Content-Encoding": "gzip"}), "content_encoded"),
            (gateway.get(f"{PATH}?hub.mode=subscribe&hub.verify_token={TEXT}&hub.challenge=1"), "challenge_invalid"),
            (gateway.telegram(TEXT.encode(), secret=TEXT), "signature_invalid"),
        ]
        assert gateway.get(f"{PATH}?hub.mode=subscribe&hub.verify_token={VERIFY_TOKEN}&hub.challenge=1").status == 200
        assert gateway.stop() == 0
        log = gateway.stdout
    entries = [json.loads(line) for line in log.splitlines()]
    refused = [entry for entry in entries if entry["event"] == "webhook_refused"]
    assert [(entry["reason"], entry["request_id"]) for entry in refused] == [
        (reason, answer.json()["request_id"]) for answer, reason in answers]
    assert [entry["channel"] for entry in refused] == ["whatsapp"] * 5 + ["telegram"]
    for entry in refused:
        assert list(entry) == ["time", "level", "event", "reason", "channel", "address", "request_id"]
        assert entry["level"] == "warn" and re.fullmatch("[0-9a-f]{16}", entry["address"])
    assert len({entry["address"] for entry in refused}) == 1
    assert TEXT not in log and "127.0.0.1" not in log and "sha256=" not in log


def test_a_flood_does_not_fill_the_log(environment, tmp_path):
    with Gateway.serve(tmp_path, environment | {"LOLA_LOOPS": "1"}) as gateway, Wire(gateway.port) as wire:
        started = time.monotonic()
        _flood(wire)
        # The rest of a second is told once it is over.
        def told() -> list[dict]:
            wire.exchange(_webhook(APP_SECRET), "POST")
            events = [json.loads(line) for line in gateway.stdout.splitlines()]
            return [entry for entry in events if entry["event"] == "webhooks_refused_more"]
        eventually(told, what="the number of lines that were not written")
        seconds = time.monotonic() - started
        lines = gateway.stdout.count('"webhook_refused"')
        assert 10 <= lines <= 10 * (seconds + 1)
        assert lines + sum(int(entry["count"]) for entry in told()) <= FLOOD
