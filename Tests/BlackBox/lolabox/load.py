"""Traffic over many conversations to several gateways at once, and the account of what became of it."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field

import h11

from . import payloads, signing
from .gateway import APP_SECRET, Gateway
from .payloads import fresh_id, fresh_phone
from .stubs.agent import AgentStub
from .stubs.graph import GraphStub
from .stubs.server import Received
from .waiting import eventually
from .wire import Closed, fetch

#: What a connection to a killed gateway does.
GONE = (OSError, Closed, h11.ProtocolError)


@dataclass
class Talk:
    """One conversation as its sender knows it."""

    phone: str
    ids: list[str] = field(default_factory=list)
    #: So many messages were acknowledged; the next one, if any, is sent until it is.
    acknowledged: int = 0
    #: When the last of them was.
    at: float = 0.0


@dataclass(frozen=True)
class Call:
    """One call to the agent that it answered."""

    at: float
    index: int
    key: str


class Load:
    """Sends as a provider does: the next message of a conversation after the one before was acknowledged, what was not
    acknowledged again with the same id, and now and then one that was. Every attempt goes to another gateway."""

    def __init__(self, gateways: list[Gateway], seed: int, conversations: int = 24, senders: int = 4,
                 pause: float = 0.005):
        self.gateways = list(gateways)
        self.talks = [Talk(fresh_phone()) for _ in range(conversations)]
        self.refused = 0
        self.repeated = 0
        self._pause = pause
        self._until = threading.Event()
        self._failures: list[BaseException] = []
        chosen = random.Random(seed)
        self._threads = [
            threading.Thread(target=self._run, daemon=True,
                             args=(self.talks[number::senders], random.Random(chosen.random()), number))
            for number in range(senders)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @property
    def acknowledged(self) -> int:
        return sum(talk.acknowledged for talk in self.talks)

    def wait_more(self, count: int, timeout: float = 30.0) -> None:
        """Until so many more messages were acknowledged."""
        wanted = self.acknowledged + count
        eventually(lambda: self._failures or self.acknowledged >= wanted, timeout, f"{count} more messages")

    def finish(self, timeout: float = 30.0) -> None:
        """Sends what is open until it is taken, and nothing new."""
        self._end()
        deadline = time.monotonic() + timeout
        for talk in self.talks:
            attempt = 0
            while talk.acknowledged < len(talk.ids):
                assert time.monotonic() < deadline, f"{talk} is not taken"
                self._send(talk, talk.acknowledged, attempt)
                attempt += 1

    def _end(self) -> None:
        self._until.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()
        if self._failures:
            raise self._failures[0]

    def _run(self, talks: list[Talk], chosen: random.Random, attempt: int) -> None:
        try:
            while not self._until.is_set():
                attempt += 1
                talk = chosen.choice(talks)
                if chosen.random() < 0.1 and talk.acknowledged:
                    self.repeated += 1
                    self._send(talk, chosen.randrange(talk.acknowledged), attempt)
                else:
                    if talk.acknowledged == len(talk.ids):
                        talk.ids.append(fresh_id("wamid.LOAD"))
                    self._send(talk, talk.acknowledged, attempt)
                self._until.wait(self._pause)
        except BaseException as error:  # noqa: BLE001 - told at the end
            self._failures.append(error)

    def _send(self, talk: Talk, index: int, attempt: int) -> None:
        gateway = self.gateways[attempt % len(self.gateways)]
        body = payloads.whatsapp_text(talk.phone, f"message {index}", talk.ids[index])
        try:
            answer = fetch(gateway.port, "POST", "/webhooks/whatsapp", signing.whatsapp_headers(APP_SECRET, body),
                           body)
        except GONE:
            return
        assert answer.status in (200, 503), answer
        if answer.status == 503:
            self.refused += 1
            self._until.wait(0.02)
        elif index == talk.acknowledged:
            talk.at = time.monotonic()
            talk.acknowledged += 1

    # The account

    @staticmethod
    def _call(request: Received) -> Call:
        index = int(request.json()["message"]["text"].split(" ")[1])
        return Call(request.at, index, request.header("Idempotency-Key"))

    def calls(self, agents: AgentStub) -> dict[str, list[Call]]:
        """The calls of each conversation, in order."""
        found: dict[str, list[Call]] = defaultdict(list)
        wanted = {talk.phone[1:] for talk in self.talks}
        for request in agents.matching(lambda item: agents.sender_of(item) in wanted):
            found["+" + agents.sender_of(request)].append(self._call(request))
        return found

    def check_replies(self, graph: GraphStub) -> None:
        """Every message was answered once, in order. Only where no gateway was killed."""
        for talk in self.talks:
            texts = [item.json()["text"]["body"] for item in graph.sends(talk.phone)]
            assert texts == [f"onboarding heard: message {index}" for index in range(talk.acknowledged)], talk

    def is_handled(self, agents: AgentStub) -> bool:
        calls = self.calls(agents)
        return all({call.index for call in calls[talk.phone]} >= set(range(talk.acknowledged)) for talk in self.talks)

    def check(self, agents: AgentStub) -> list[tuple[Call, Call]]:
        """Everything acknowledged was handled, in order, under its own key. What was handled more than once comes
        back, as pairs of calls, for the test to judge."""
        calls = self.calls(agents)
        twice: list[tuple[Call, Call]] = []
        for talk in self.talks:
            found = calls[talk.phone]
            lost = set(range(talk.acknowledged)) - {call.index for call in found}
            assert not lost, (talk, "lost", lost)
            for call in found:
                assert call.key == f"whatsapp:{talk.ids[call.index]}", (talk, call)
            for before, call in zip(found, found[1:]):
                assert call.index in (before.index, before.index + 1), (talk, "out of order", before, call)
                if call.index == before.index:
                    twice.append((before, call))
        return twice
