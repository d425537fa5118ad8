"""The crash harness: traffic over several conversations and both channels, kills at random points, and the account.

Everything that is decided by chance comes from the seed; when a kill meets the process is up to the machine.
What a message is answered with follows from its place alone, so that a repeated call gets the same answer.
"""

from __future__ import annotations

import json
import random
import threading
import time
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import h11

from . import payloads, signing
from .gateway import APP_SECRET, TELEGRAM_SECRET, Gateway, run, telegram_environment, whatsapp_environment
from .payloads import encode, fresh_id, fresh_phone, fresh_user
from .stubs import AgentStub, GraphStub, IdentityStub, Reply, TelegramStub
from .stubs.agent import AGENTS
from .stubs.server import Received
from .wire import Closed, Wire, request

#: Short, so that retries happen within a round.
SETTINGS = '{ agents: { retry: ["50ms", "50ms", "50ms", "50ms"], timeout: "2s" } }'
#: Connections that send at the same time; each has conversations of its own.
SENDERS = 6
CONVERSATIONS = 5
#: A sender waits with new messages of a conversation while so many wait for their agent.
AHEAD = 15
#: Kills meet a gateway after so many seconds of traffic, or, one time in eight, while it starts.
TRAFFIC = (0.05, 0.8)
STARTING = (0.0, 0.06)


def chance(text: str, ordinal: str) -> int:
    """0 to 999, always the same for a message and a question about it."""
    return zlib.crc32(f"{ordinal} {text}".encode()) % 1000


def reply_texts(text: str) -> list[str]:
    """What the agent says to a message: nothing, or up to three replies."""
    count = 0 if chance(text, "silent") < 50 else 1 + chance(text, "count") % 3
    return [f"{text} answer {number}" for number in range(count)]


def keeps_state(text: str) -> bool:
    return chance(text, "state") < 700


@dataclass(frozen=True)
class Event:
    """One call that reached a stub: in whose conversation, for which message, and whether it was accepted."""

    conversation: str
    index: int
    #: Of a reply its number, of a call to the agent 0.
    part: int
    accepted: bool
    request: Received

    @property
    def life(self) -> int:
        """The run of the gateway that made the call. It stands in the path: a stub may read late what a killed one sent."""
        return int(self.request.path.split("/")[1].removeprefix("life-"))

    def __str__(self) -> str:
        return f"{self.conversation} {self.index}.{self.part} of life {self.life} at {self.request.at:.3f}"


class CrashAgent(AgentStub):
    """Remembers calls in order of arrival; fails some, and takes its time over others."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        #: The last message of each conversation that came here.
        self.reached: dict[str, int] = {}
        self._asked: Counter[str] = Counter()

    def answer(self, request: Received) -> Reply:
        text = request.json()["message"]["text"]
        _, conversation, index = text.split(" ")
        self._asked[text] += 1
        fails = self._asked[text] == 1 and chance(text, "fails") < 60
        self.events.append(Event(conversation, int(index), 0, not fails, request))
        self.reached[conversation] = int(index)
        if fails:
            return Reply(500, {})
        more = {"state": {"last": int(index)}} if keeps_state(text) else {}
        reply = self.says(*reply_texts(text), **more)
        reply.delay = (0, 0, 0.002, 0.02, 0.1)[chance(text, "delay") % 5]
        return reply


class _Replies:
    """What both channel stubs do with a send."""

    def _begin(self) -> None:
        self.events: list[Event] = []
        self._sent: Counter[str] = Counter()

    def _fails(self, text: str, request: Received) -> bool:
        self._sent[text] += 1
        fails = self._sent[text] == 1 and chance(text, "fails") < 40
        _, conversation, index, _, number = text.split(" ")
        self.events.append(Event(conversation, int(index), int(number), not fails, request))
        return fails


class CrashGraph(_Replies, GraphStub):
    def __init__(self) -> None:
        super().__init__()
        self._begin()

    def answer(self, request: Received) -> Reply:
        if not self.is_message(request):
            return super().answer(request)
        text = request.json()["text"]["body"]
        if self._fails(text, request):
            return Reply(503, {})
        reply = super().answer(request)
        reply.delay = (0, 0, 0.01, 0.05)[chance(text, "delay") % 4]
        return reply


class CrashBot(_Replies, TelegramStub):
    def __init__(self) -> None:
        super().__init__()
        self._begin()

    def answer(self, request: Received) -> Reply:
        if self.method_of(request) != "sendMessage":
            return super().answer(request)
        if self._fails(request.json()["text"], request):
            return Reply(500, {"ok": False, "error_code": 500, "description": "Internal Server Error"})
        return super().answer(request)


@dataclass
class Talk:
    """One conversation as its sender knows it."""

    name: str
    #: A phone on WhatsApp, a user id on Telegram.
    sender: str | int
    #: Native ids of the messages sent so far, in order.
    ids: list[str | int] = field(default_factory=list)
    #: So many of them were acknowledged; the next one, if any, is sent until it is.
    acknowledged: int = 0

    @property
    def is_whatsapp(self) -> bool:
        return isinstance(self.sender, str)

    def text(self, index: int) -> str:
        return f"message {self.name} {index}"

    def key(self, index: int) -> str:
        return f"{'whatsapp' if self.is_whatsapp else 'telegram'}:{self.ids[index]}"

    def add(self) -> int:
        """One more message; its place."""
        if self.is_whatsapp:
            self.ids.append(fresh_id("wamid.CRASH"))
        else:
            self.ids.append(500_000_000 + int(fresh_id("")))
        return len(self.ids) - 1

    def message(self, index: int) -> dict:
        return payloads.whatsapp_text_message(self.sender, self.text(index), self.ids[index])

    def webhook(self, index: int) -> tuple[str, bytes]:
        if self.is_whatsapp:
            return "whatsapp", encode(payloads.whatsapp_batch([self.message(index)]))
        return "telegram", payloads.telegram_text(self.sender, self.text(index), self.ids[index])


def post(channel: str, body: bytes) -> bytes:
    headers = (signing.whatsapp_headers(APP_SECRET, body) if channel == "whatsapp"
               else signing.telegram_headers(TELEGRAM_SECRET))
    return request("POST", f"/webhooks/{channel}", headers, body)


class Sender(threading.Thread):
    """Sends as a provider does: the next message of a conversation only after the one before was acknowledged, and
    what was not acknowledged again, with the same id."""

    #: What a connection to a killed gateway does.
    GONE = (OSError, Closed, h11.ProtocolError)

    def __init__(self, port: int, reached: dict[str, int], talks: list[Talk], chosen: random.Random,
                 until: threading.Event, only_open: bool = False):
        super().__init__(daemon=True)
        self.port = port
        self.reached = reached
        self.talks = talks
        self.random = chosen
        self.until = until
        #: At the end: what is still open, and nothing new.
        self.only_open = only_open
        self.refused = 0
        self.duplicates = 0
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.until.is_set():
                try:
                    with Wire(self.port) as wire, Wire(self.port) as second:
                        while not self.until.is_set():
                            if not self._step(wire, second):
                                return
                except self.GONE:
                    # The kill, or a start: the next attempt is on a fresh connection.
                    self.until.wait(0.005)
        except BaseException as error:  # noqa: BLE001 - told by the harness
            self.failure = error

    def _step(self, wire: Wire, second: Wire) -> bool:
        if self.only_open:
            open_talks = [talk for talk in self.talks if talk.acknowledged < len(talk.ids)]
            if not open_talks:
                return False
            self._send(wire, [open_talks[0]])
            return True
        talk = self.random.choice(self.talks)
        dice = self.random.random()
        if talk.acknowledged and (dice < 0.12 or not self._may_send(talk)):
            self._repeat(wire, talk, self.random.randrange(talk.acknowledged))
            self.until.wait(0.002)
        elif dice < 0.2:
            self._twice(wire, second, talk)
        elif dice < 0.3 and talk.is_whatsapp:
            others = [other for other in self.talks
                      if other.is_whatsapp and other is not talk and self._may_send(other)]
            self._send(wire, [talk, *others[:2]])
        else:
            self._send(wire, [talk])
        return True

    def _may_send(self, talk: Talk) -> bool:
        return len(talk.ids) - self.reached.get(talk.name, -1) <= AHEAD

    @staticmethod
    def _next(talk: Talk) -> int:
        return talk.acknowledged if talk.acknowledged < len(talk.ids) else talk.add()

    def _send(self, wire: Wire, talks: list[Talk]) -> None:
        """The next message of each conversation, in one webhook."""
        places = [self._next(talk) for talk in talks]
        if len(talks) == 1:
            channel, body = talks[0].webhook(places[0])
        else:
            batch = [talk.message(place) for talk, place in zip(talks, places, strict=True)]
            channel, body = "whatsapp", encode(payloads.whatsapp_batch(batch))
        if self._status(wire.exchange(post(channel, body), "POST").status):
            for talk in talks:
                talk.acknowledged += 1

    def _twice(self, wire: Wire, second: Wire, talk: Talk) -> None:
        """The same message on two connections at once."""
        data = post(*talk.webhook(self._next(talk)))
        wire.send(data)
        second.send(data)
        answers = [wire.read("POST"), second.read("POST")]
        self.duplicates += 1
        if any([self._status(answer.status) for answer in answers]):
            talk.acknowledged += 1

    def _repeat(self, wire: Wire, talk: Talk, place: int) -> None:
        self.duplicates += 1
        self._status(wire.exchange(post(*talk.webhook(place)), "POST").status)

    def _status(self, status: int) -> bool:
        assert status in (200, 503), status
        if status == 503:
            self.refused += 1
            self.until.wait(0.01)
        return status == 200


class CrashRun:
    """The whole run; `report` is what came of it. Use as a context manager."""

    def __init__(self, folder: Path, seed: int, environment: dict[str, str] | None = None):
        self.random = random.Random(seed)
        self.identity, self.agent, self.graph, self.bot = IdentityStub(), CrashAgent(), CrashGraph(), CrashBot()
        self.stubs = (self.identity, self.agent, self.graph, self.bot)
        self.gateway = Gateway.serve(folder, {
            "LOLA_IDENTITY_URL": self.identity.template,
            **(environment or {}),
        }, SETTINGS)
        self.talks: list[Talk] = []
        self.shares: list[list[Talk]] = [[] for _ in range(SENDERS)]
        #: What each run of the gateway logged.
        self.lives: list[list[dict]] = []
        self.duplicates = 0
        self.refused = 0
        #: Texts of replies that the channel reported after the last start.
        self.receipted: set[str] = set()
        for number in range(SENDERS * CONVERSATIONS):
            self._add_talk(number % SENDERS)

    def __enter__(self) -> "CrashRun":
        for stub in self.stubs:
            stub.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.gateway.process is not None:
            self.gateway.kill()
        for stub in self.stubs:
            stub.stop()

    def _add_talk(self, share: int) -> None:
        name = f"c{len(self.talks)}"
        sender: str | int = fresh_phone() if len(self.talks) % 3 else fresh_user()
        if isinstance(sender, str) and len(self.talks) % 2:
            self.identity.person(sender)
        talk = Talk(name, sender)
        self.talks.append(talk)
        self.shares[share].append(talk)

    # Lives

    def _begin(self) -> None:
        """The next life, whose number stands in every call it makes."""
        place = f"/life-{len(self.lives)}"
        self.lives.append([])
        self._output = len(self.gateway.stdout)
        self.gateway.env |= {
            **whatsapp_environment(f"{self.graph.url}{place}/v23.0"),
            **telegram_environment(self.bot.url + place),
            **{f"LOLA_AGENT_{name.upper()}_URL": f"{self.agent.url}{place}/{name}" for name in AGENTS},
        }

    def _start(self) -> None:
        self._begin()
        self.gateway.start(timeout=30)

    def _ended(self) -> None:
        """Takes what the last life logged; a line that the kill cut off is left out."""
        for line in self.gateway.stdout[self._output:].split("\n")[:-1]:
            self.lives[-1].append(json.loads(line))

    def kill_while_starting(self) -> None:
        self._begin()
        self.gateway.launch()
        time.sleep(self.random.uniform(*STARTING))
        self.gateway.kill()
        self._ended()

    def round(self, number: int) -> None:
        """One life with traffic that ends in a kill."""
        if self.random.random() < 0.125:
            self.kill_while_starting()
        # Conversations whose reply is in doubt wait for their receipt: others take their place now and then.
        self._add_talk(number % SENDERS)
        self._start()
        until = threading.Event()
        senders = [Sender(self.gateway.port, self.agent.reached, share, random.Random(self.random.random()), until)
                   for share in self.shares]
        for sender in senders:
            sender.start()
        deadline = time.monotonic() + self.random.uniform(*TRAFFIC)
        for state in ("sent", "delivered"):
            self._receipts(state, share=0.8)
            time.sleep(max(0.0, (deadline - time.monotonic()) / 2))
        time.sleep(max(0.0, deadline - time.monotonic()))
        self.gateway.kill()
        until.set()
        self._join(senders)
        self._ended()

    def _join(self, senders: list[Sender]) -> None:
        for sender in senders:
            sender.join(30)
            if sender.failure is not None:
                raise sender.failure
            self.duplicates += sender.duplicates
            self.refused += sender.refused

    def _receipts(self, state: str, share: float) -> int:
        """Statuses of what WhatsApp took last in each conversation before this life: what may be in doubt."""
        last: dict[str, Event] = {}
        for event in list(self.graph.events):
            if event.life < len(self.lives) - 1 and event.accepted:
                last[event.conversation] = event
        statuses = []
        for event in last.values():
            body = event.request.json()
            if self.random.random() < share:
                self.receipted.add(body["text"]["body"])
                statuses.append({
                    "id": f"wamid.{event.conversation}.{event.index}.{event.part}", "status": state,
                    "timestamp": str(int(time.time())), "recipient_id": body["to"],
                    "biz_opaque_callback_data": body["biz_opaque_callback_data"]})
        if statuses:
            batch = payloads.whatsapp_batch([])
            value = batch["entry"][0]["changes"][0]["value"]
            del value["messages"], value["contacts"]
            value["statuses"] = statuses
            try:
                assert self.gateway.whatsapp(encode(batch)).status == 200
            except Sender.GONE:
                pass
        return len(statuses)

    def drain(self, patience: float = 40) -> None:
        """The last life: what is open is sent again, what is in doubt is settled, everything comes to its end. As long as
        it gets on it may take its time."""
        self._start()
        self.receipted.clear()
        self._receipts("sent", share=1.0)
        until = threading.Event()
        senders = [Sender(self.gateway.port, self.agent.reached, share, random.Random(0), until, only_open=True)
                   for share in self.shares]
        for sender in senders:
            sender.start()
        progress, since = -1, time.monotonic()
        while True:
            waiting = self.gateway.metric_sum("^lola_messages_waiting ")
            if waiting == 0 and not any(sender.is_alive() for sender in senders):
                break
            done = sum(len(stub.events) for stub in (self.agent, self.graph, self.bot))
            if done != progress:
                progress, since = done, time.monotonic()
            assert time.monotonic() - since < patience, f"{waiting} messages do not get on"
            self._receipts("read", share=1.0)
            until.wait(0.5)
        self._join(senders)
        given_up = self.gateway.admin("GET", "dlq")["items"] + self.gateway.admin("GET", "quarantine")["items"]
        assert not given_up, given_up
        assert self.gateway.stop() == 0
        self._ended()

    # The account

    def check(self) -> "Account":
        account = Account(self)
        account.check()
        return account


class Account:
    """What came of it all. Every assertion names the message it is about."""

    def __init__(self, run: CrashRun):
        self.run = run
        self._ended_in: dict[str, int] = {}
        for number, lines in enumerate(run.lives):
            for line in lines:
                if line["event"] == "message_done":
                    self._ended_in.setdefault(line["message"], number)
        self.acknowledged = sum(talk.acknowledged for talk in run.talks)
        self.handled = 0
        self.repeated_calls = 0
        self.repeated_replies = 0

    @property
    def summary(self) -> str:
        run = self.run
        return (f"{len(run.lives) - 1} kills, {self.acknowledged} acknowledged, {self.handled} handled, "
                f"{self.repeated_calls} repeated calls, {self.repeated_replies} repeated replies, "
                f"{run.duplicates} duplicates sent, {run.refused} refused")

    def check(self) -> None:
        calls = self._by_conversation(self.run.agent.events)
        replies = self._by_conversation(self.run.graph.events + self.run.bot.events)
        for talk in self.run.talks:
            assert talk.acknowledged == len(talk.ids), talk
            self._check_calls(talk, calls[talk.name])
            self._check_replies(talk, replies[talk.name], calls[talk.name])
        self._check_logs()
        self._check_store()

    @staticmethod
    def _by_conversation(events: list[Event]) -> dict[str, list[Event]]:
        found: dict[str, list[Event]] = defaultdict(list)
        # Within a life in order of arrival.
        for event in sorted(events, key=lambda event: event.life):
            found[event.conversation].append(event)
        return found

    def _check_calls(self, talk: Talk, calls: list[Event]) -> None:
        seen = {event.index for event in calls if event.accepted}
        assert seen == set(range(talk.acknowledged)), (talk.name, "lost", set(range(talk.acknowledged)) - seen)
        self.handled += len(seen)
        keys = defaultdict(set)
        for event in calls:
            keys[event.index].add(event.request.header("Idempotency-Key"))
            assert event.request.json()["message"]["text"] == talk.text(event.index)
        for index, found in keys.items():
            assert found == {talk.key(index)}, (talk.text(index), found)
        self.repeated_calls += self._check_repetitions(calls)
        self._check_state(talk, calls)

    @staticmethod
    def _check_repetitions(events: list[Event]) -> int:
        """In order; again only after a refusal, or in a later life what was in hand when the earlier one ended."""
        repeated = 0
        for before, event in zip(events, events[1:]):
            # One at a time and in order: nothing comes again once its successor has begun.
            assert (event.index, event.part) >= (before.index, before.part), f"{event} after {before}"
            if (event.index, event.part) != (before.index, before.part) or not before.accepted:
                continue
            assert event.life > before.life, f"{event} again after {before}"
            repeated += 1
        return repeated

    def _check_state(self, talk: Talk, calls: list[Event]) -> None:
        """The state an agent gave with an answer comes with the next message, across every kill."""
        expected: dict | None = None
        last = -1
        for event in calls:
            if event.index != last and last >= 0 and keeps_state(talk.text(last)):
                expected = {"last": last}
            last = event.index
            assert event.request.json()["state"] == expected, (talk.text(event.index), expected)

    def _check_replies(self, talk: Talk, sends: list[Event], calls: list[Event]) -> None:
        expected = {(index, part) for index in range(talk.acknowledged)
                    for part in range(len(reply_texts(talk.text(index))))}
        sent = {(event.index, event.part) for event in sends if event.accepted}
        assert sent == expected, (talk.name, "missing", expected - sent, "unasked", sent - expected)
        self.repeated_replies += self._check_repetitions(sends)
        references = {event.index: event.request.header("traceparent").split("-")[1][:16] for event in calls}
        for event in calls + sends:
            # What the log calls done is on disk: nothing of it is ever repeated.
            ended = self._ended_in.get(references[event.index])
            assert ended is None or event.life <= ended, f"{event}, but done in life {ended}"
        if talk.is_whatsapp:
            self._check_receipts(sends)

    def _check_receipts(self, sends: list[Event]) -> None:
        """A reply that was in doubt at the last start and that the channel then reported is not sent again."""
        for event in sends:
            text = event.request.json()["text"]["body"]
            if event.life == len(self.run.lives) - 1 and text in self.run.receipted:
                before = [other for other in sends if (other.index, other.part) == (event.index, event.part)
                          and other.accepted and other.life < event.life]
                assert not before, f"{event} in spite of its receipt"

    def _check_logs(self) -> None:
        for lines in self.run.lives:
            for line in lines:
                assert line["event"] not in ("journal_damaged", "journal_abandoned", "message_quarantined",
                                             "dead_letter"), line

    def _check_store(self) -> None:
        checked = run("store", "check", "--data", str(self.run.gateway.data), "--json")
        assert checked.returncode == 0, checked
        live = json.loads(checked.stdout)["live"]
        for room in ("inbound", "outbox", "progress", "dead", "quarantine"):
            assert not live.get(room), (room, live)
