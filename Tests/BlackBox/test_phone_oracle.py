"""Phone normalisation of the running gateway against the phone-number library of PyPI."""

from __future__ import annotations

import json
import subprocess
import sys

import phone_oracle
from lolabox.wire import Wire, request

#: The identity service is asked for each number, so a seeded part of the list is enough here; the Swift test reads all.
EVERY = 7


def test_the_committed_list_is_what_the_library_says():
    result = subprocess.run([sys.executable, phone_oracle.__file__, "--check"], capture_output=True, text=True,
                            check=False)
    assert result.returncode == 0, result


def test_the_running_gateway_reads_the_same_numbers(stack):
    rows = [line.split("\t") for line in phone_oracle.TARGET.read_text().splitlines() if not line.startswith("#")]
    assert len(rows) >= 3000
    refused, different = 0, []
    with Wire(stack.gateway.management_port) as wire:
        for spelling, expected in rows[::EVERY]:
            body = json.dumps({"channel": "whatsapp", "from": spelling, "text": "hola"}).encode()
            headers = {"Authorization": f"Bearer {stack.gateway.token}", "Content-Type": "application/json"}
            answer = wire.exchange(request("POST", "/admin/api/dry-run/route", headers, body), "POST")
            if answer.status != 200:
                refused += 1
                continue
            phone = answer.json()["phone"]
            if expected != phone_oracle.REFUSED and phone is not None and phone != expected:
                different.append((spelling, expected, phone))
    # Differences are listed by rule in docs/PHONE.md and counted by the Swift test.
    assert len(different) <= len(rows[::EVERY]) // 100, different[:20]
    assert refused <= len(rows[::EVERY]) // 50
