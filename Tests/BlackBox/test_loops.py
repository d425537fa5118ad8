"""Several loops in one process: a conversation keeps the order in which its messages were acknowledged, whichever loop
took them."""

from __future__ import annotations

import random
import threading

from lolabox import payloads, signing
from lolabox.gateway import APP_SECRET
from lolabox.payloads import fresh_id, fresh_phone
from lolabox.waiting import eventually
from lolabox.wire import Wire, request

SENDERS = 4
#: Of each sender; the kernel spreads them over the loops.
CONNECTIONS = 6
CONVERSATIONS = 5
MESSAGES = 60


def _message(phone: str, number: int) -> bytes:
    body = payloads.whatsapp_text(phone, f"message {number}", fresh_id("wamid.LOOPS"))
    return request("POST", "/webhooks/whatsapp", signing.whatsapp_headers(APP_SECRET, body), body)


def _send(port: int, phones: list[str], chosen: random.Random, failures: list[BaseException]) -> None:
    """The next message of a conversation as soon as the one before is acknowledged, over another connection."""
    try:
        wires = [Wire(port) for _ in range(CONNECTIONS)]
        ready = {phone: [_message(phone, number) for number in range(MESSAGES)] for phone in phones}
        for number in range(MESSAGES):
            for phone in phones:
                answer = chosen.choice(wires).exchange(ready[phone][number], "POST")
                assert answer.status == 200, answer
        for wire in wires:
            wire.close()
    except BaseException as error:  # noqa: BLE001 - told at the end
        failures.append(error)


def test_what_two_loops_take_in_turn_is_handled_in_the_order_of_acknowledgement(own_stack):
    own = own_stack(config="{ server: { loops: 2 } }")
    phones = [[fresh_phone() for _ in range(CONVERSATIONS)] for _ in range(SENDERS)]
    failures: list[BaseException] = []
    threads = [threading.Thread(target=_send, args=(own.gateway.port, some, random.Random(number), failures))
               for number, some in enumerate(phones)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failures, failures
    everybody = {phone for some in phones for phone in some}

    def heard() -> dict[str, list[str]]:
        calls = own.agents.matching(lambda item: "+" + own.agents.sender_of(item) in everybody)
        texts: dict[str, list[str]] = {}
        for call in calls:
            texts.setdefault("+" + own.agents.sender_of(call), []).append(call.json()["message"]["text"])
        return texts

    eventually(lambda: sum(map(len, heard().values())) >= len(everybody) * MESSAGES, 60, "every message handled")
    assert heard() == {phone: [f"message {number}" for number in range(MESSAGES)] for phone in everybody}
