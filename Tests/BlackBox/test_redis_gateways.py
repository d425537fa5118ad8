"""Several gateways on one Redis: shared work, failover, drain; and a Redis that is killed again and again under load.

`LOLA_REDIS_KILLS=50` kills the server more often (`make crash` does); `make test` does so 10 times.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import time

import pytest

from lolabox import payloads
from lolabox.gateway import Gateway
from lolabox.load import Load
from lolabox.stubs import AgentStub
from lolabox.waiting import eventually, never
from lolabox.widget import create_ticket, v1
from test_redis import events

KILLS = int(os.environ.get("LOLA_REDIS_KILLS") or 10)
SEED = int(os.environ.get("LOLA_CRASH_SEED") or 20261121)
LANES = 64
#: Octets of a key's name in a token.
KEY_ID = 4
#: How long a lane stays with a gateway that says nothing.
LEASE = 10.0
#: A dead gateway is noticed after its lease of 10 s; everything it had taken is handled by others within this.
FAILOVER = 30.0
#: A gateway that is told to stop hands its lanes over at once.
HANDOVER = 3.0


def two_gateways(on_redis, redis, agents_timeout: str) -> list[Gateway]:
    """With two loops each; they share the lanes evenly."""
    config = f'{{ server: {{ loops: 2 }}, agents: {{ timeout: "{agents_timeout}" }} }}'
    both = [on_redis(config=config).gateway for _ in range(2)]
    wait_shared(redis, 4)
    return both


@pytest.fixture
def pair(on_redis, redis):
    return two_gateways(on_redis, redis, "2s")


@pytest.fixture
def patient_pair(on_redis, redis):
    """Two that wait for slow agents."""
    return two_gateways(on_redis, redis, "10s")


def wait_shared(redis, loops: int, timeout: float = 15.0) -> None:
    redis.wait_holders(lambda held: sorted(held.values()) == [LANES // loops] * loops, timeout,
                       f"lanes shared by {loops} loops")


def settle(load: Load, agents: AgentStub, redis, timeout: float = FAILOVER) -> None:
    """Until everything is handled and the queue is empty."""
    eventually(lambda: load.is_handled(agents), timeout, "the handling of everything acknowledged")
    eventually(lambda: redis.waiting() == 0 and redis.in_hand() == {}, 10, "an empty queue")


def test_two_gateways_share_the_work(pair, redis, services):
    agents = services[3]
    with Load(pair, SEED) as load:
        load.wait_more(600)
        load.finish()
    settle(load, agents, redis)
    assert load.check(agents) == [] and load.repeated > 0
    load.check_replies(services[1])
    for gateway in pair:
        assert gateway.metric_sum('^lola_messages_total{outcome="done"}') > load.acknowledged / 10
        assert gateway.metric_sum('^lola_webhook_parts_total{kind="message"}') > load.acknowledged / 10
    done = sum(gateway.metric_sum('^lola_messages_total{outcome="done"}') for gateway in pair)
    assert done == load.acknowledged


def test_what_a_killed_gateway_had_taken_is_handled_by_the_other(pair, redis, services):
    agents = services[3]
    killed, other = pair
    with Load(pair, SEED + 1) as load:
        load.wait_more(200)
        at = time.monotonic()
        killed.kill()
        load.wait_more(200)
        load.finish()
        before = [talk for talk in load.talks if talk.acknowledged]
        assert before
        settle(load, agents, redis, FAILOVER - (time.monotonic() - at))
    redis.wait_holders(lambda held: sum(held.values()) == LANES and len(held) == 2, 15, "all lanes with the survivor")
    for earlier, later in load.check(agents):
        # Only what was in hand when the process died comes twice, from the other gateway.
        assert earlier.at <= at + 0.1 and later.at - earlier.at > 1, (earlier, later, at)
    # Back again it takes its share, and handles messages.
    killed.start()
    wait_shared(redis, 4)
    with Load(pair, SEED + 2) as load:
        load.wait_more(200)
        load.finish()
    settle(load, agents, redis)
    assert load.check(agents) == []
    assert killed.metric_sum('^lola_messages_total{outcome="done"}') > 0
    assert killed.metric_sum('^lola_redis_lanes_total{outcome="taken"}') >= LANES // 2


def test_what_a_killed_gateway_had_in_hand_goes_on_at_the_other(patient_pair, redis, services):
    agents, graph = services[3], services[1]
    killed, other = patient_pair
    phones = [payloads.fresh_phone() for _ in range(12)]
    keys = {}
    for phone in phones:
        slow = AgentStub.says("too late")
        slow.delay = 4.0
        agents.script(phone, slow)
        keys[phone] = [other.say(phone, text) for text in ("first", "second")]
    for phone in phones:
        agents.wait_call(phone)
    eventually(lambda: sum(redis.in_hand().values()) == 2 * len(phones), 3, "both messages of each in hand")
    assert len(redis.in_hand()) > 1
    killed.kill()
    at = time.monotonic()
    for phone in phones:
        agents.wait(lambda item, phone=phone: agents.sender_of(item) == phone[1:]
                    and item.json()["message"]["text"] == "second", timeout=FAILOVER - (time.monotonic() - at))
    taken_over = 0
    for phone in phones:
        calls = agents.calls(phone)
        texts = [call.json()["message"]["text"] for call in calls]
        assert texts in (["first", "second"], ["first", "first", "second"]), texts
        taken_over += len(texts) - 2
        for call in calls:
            wanted = keys[phone][call.json()["message"]["text"] == "second"]
            assert call.header("Idempotency-Key") == wanted
        # The answer of the dead one was never kept, so the sender sees one answer to each message.
        assert len(graph.wait_texts(phone, 2)) == 2
    assert 0 < taken_over < len(phones)
    # What the dead one had in hand was taken over in the group, and it is no member of it any more.
    eventually(lambda: redis.in_hand() == {} and len(redis.holders()) == 2, 5, "nothing in hand")
    never(lambda: any(len(graph.sends(phone)) > 2 for phone in phones), 0.5, "an answer sent twice")


def test_a_gateway_that_stops_hands_its_lanes_over(pair, redis, services):
    agents = services[3]
    leaving, staying = pair
    mine = {event["held"] for event in events(staying, "redis_lanes")}
    assert mine
    with Load(pair, SEED + 3) as load:
        load.wait_more(200)
        leaving.process.terminate()
        took = redis.wait_holders(lambda held: sum(held.values()) == LANES and len(held) == 2, HANDOVER + 5,
                                  "all lanes with the one that stays")
        assert took < HANDOVER
        assert leaving.wait_end() == 0
        load.wait_more(200)
        load.finish()
    settle(load, agents, redis)
    assert load.check(agents) == [], "the drain doubled a message"
    load.check_replies(services[1])
    assert events(leaving, "stopped")[-1]["waiting"] == "0"
    assert len(redis.members()) == 2


def test_a_gateway_that_stops_while_an_agent_is_slow_loses_nothing(patient_pair, redis, services):
    """What is in hand is finished by the one that has it; what waits behind it goes on at the other."""
    agents = services[3]
    leaving, staying = patient_pair
    phones = [payloads.fresh_phone() for _ in range(8)]
    for phone in phones:
        slow = AgentStub.says("slow")
        slow.delay = 3.0
        agents.script(phone, slow)
        for text in ("first", "second", "third"):
            leaving.say(phone, text)
    for phone in phones:
        agents.wait_call(phone)
    leaving.process.terminate()
    assert leaving.wait_end() == 0
    for phone in phones:
        calls = agents.wait_calls(phone, 3)
        assert [call.json()["message"]["text"] for call in calls] == ["first", "second", "third"]


@pytest.mark.timeout(120 + 10 * KILLS)
def test_a_redis_killed_again_and_again_loses_and_doubles_nothing(pair, redis, services, capsys):
    agents = services[3]
    chosen = random.Random(SEED)
    slowest = 0.0
    with Load(pair, SEED + 4) as load:
        for _ in range(KILLS):
            load.wait_more(chosen.randrange(1, 120))
            redis.kill()
            time.sleep(chosen.uniform(0, 0.4))
            redis.start()
            began = time.monotonic()
            load.wait_more(1)
            slowest = max(slowest, time.monotonic() - began)
        load.finish()
    settle(load, agents, redis)
    assert load.check(agents) == [], "a message was handled twice"
    load.check_replies(services[1])
    with capsys.disabled():
        print(f"\nredis killed {KILLS} times: {load.acknowledged} acknowledged, {load.refused} refused, "
              f"{load.repeated} repeated, taken again after {slowest:.2f} s at most")
    assert slowest < 2.0 and load.refused > 0
    for gateway in pair:
        assert not events(gateway, "store_epoch_changed"), "a loss was seen where there was none"
        assert not events(gateway, "message_quarantined") + events(gateway, "dead_letter")


def test_a_stall_longer_than_a_lease(pair, redis, services):
    """Nobody knows any more who has which lane; what was in hand may be asked again, under its key and in order."""
    agents = services[3]
    with Load(pair, SEED + 8) as load:
        load.wait_more(100)
        began = time.monotonic()
        redis.stall()
        time.sleep(12)
        redis.resume()
        # Redis first carries out what was sent before it stalled, in the name of gateways that gave up on it: a lane
        # so taken is nobody's for one more lease.
        settled = time.monotonic() + LEASE
        load.wait_more(100)
        load.finish()
    settle(load, agents, redis)
    for earlier, later in load.check(agents):
        assert began - 2 < earlier.at < settled and later.at - earlier.at > 1, (earlier, later)
    for gateway in pair:
        assert not events(gateway, "store_epoch_changed")
    wait_shared(redis, 4)


# A Redis that loses everything


def test_a_flushed_redis_is_noticed_and_the_gateways_go_on(pair, redis, services):
    agents = services[3]
    with Load(pair, SEED + 5) as load:
        load.wait_more(100)
        load.finish()
    settle(load, agents, redis)
    redis.command("FLUSHALL")
    with Load(pair, SEED + 6) as load:
        load.wait_more(200)
        load.finish()
    settle(load, agents, redis)
    # Messages that were taken between the flush and its discovery by the other gateway are kept like all others.
    assert load.check(agents) == []
    for gateway in pair:
        eventually(lambda gateway=gateway: events(gateway, "store_epoch_changed"), 5, "store_epoch_changed")
        assert gateway.metric_sum('^lola_redis_faults_total{kind="store_changed"}') > 0
        # Each has told its operators; all of them see what the store keeps.
        # It was told while the store was not there, and is kept now.
        eventually(lambda gateway=gateway: {alert["kind"] for alert in gateway.admin("GET", "alerts")["items"]}
                   == {"store_epoch"}, 15, "the alert")
    wait_shared(redis, 4)


def test_a_gateway_that_starts_after_a_flush_agrees_with_those_before_it(on_redis, redis, services):
    """The key of the record hashes is put back: otherwise the two would not know each other's messages."""
    agents = services[3]
    first = on_redis().gateway
    first.wait_delivered(first.say(payloads.fresh_phone(), "before"))
    redis.command("FLUSHALL")
    eventually(lambda: events(first, "store_epoch_changed"), 5, "store_epoch_changed")
    eventually(lambda: first.get("/readyz").status == 200, 5, "/readyz 200")
    second = on_redis().gateway
    with Load([first, second], SEED + 7) as load:
        load.wait_more(200)
        load.finish()
    settle(load, agents, redis)
    assert load.check(agents) == []
    phone, message = payloads.fresh_phone(), payloads.fresh_id()
    for gateway in (first, second):
        gateway.say(phone, "once", message)
    agents.wait_call(phone)
    never(lambda: len(agents.calls(phone)) > 1, 1.0, "handled by both")
    for gateway in (first, second):
        assert not events(gateway, "message_quarantined")


def test_a_gateway_that_slept_through_a_new_beginning_ends_to_begin_anew(on_redis, redis):
    """Flushed while nobody looked, and a new gateway made another key: the old one must not go on under its own."""
    old = on_redis().gateway
    old.process.send_signal(signal.SIGSTOP)
    redis.command("FLUSHALL")
    new = on_redis()
    old.process.send_signal(signal.SIGCONT)
    assert old.wait_end() == 74, old.log
    assert len(events(old, "index_key_replaced")) == 1
    old.start()
    phone, message = new.person(), payloads.fresh_id()
    for gateway in (old, new.gateway):
        gateway.say(phone, "once", message)
    new.agents.wait_call(phone)
    never(lambda: len(new.agents.calls(phone)) > 1, 1.0, "handled by both")


def test_a_callback_key_that_is_nearly_used_up_is_an_alert_and_at_its_end_makes_no_token(on_redis, redis):
    own = on_redis()
    key_id = hashlib.sha256(b"lola key id v1 e1").digest()[:KEY_ID]
    name = hashlib.sha256(b"lola callback encryption use v1" + key_id).hexdigest()[:32]
    phone = own.person()
    create_ticket(own.gateway, phone)
    assert 0 < int(redis.command("GET", f"lola:meta:{name}")) < 1 << 20
    for uses, status in ((1 << 30, 201), (1 << 32, 503)):
        assert own.gateway.admin("GET", "alerts")["items"] == [] or uses > 1 << 30
        assert own.gateway.stop() == 0
        # As so many tokens would have left it.
        redis.command("INCRBY", f"lola:meta:{name}", uses - int(redis.command("GET", f"lola:meta:{name}")))
        own.gateway.start()
        create_ticket(own.gateway, phone, status=status)
        (alert,) = eventually(lambda: own.gateway.admin("GET", "alerts")["items"], what="the alert")[:1]
        assert (alert["kind"], alert["severity"]) == ("callback_key_use", "MEDIUM") and "rotate" in alert["text"]


# Tokens


def test_a_token_revoked_at_one_gateway_is_refused_by_the_other_within_a_second(on_redis):
    here, there = (on_redis().gateway for _ in range(2))
    path = "tickets/" + "0" * 32
    for round_number in range(3):
        # In both directions: who revokes is not who minted.
        one, other = (here, there) if round_number % 2 == 0 else (there, here)
        made = one.admin("POST", "tokens", {"agent": "roaming"}, 201)
        began = time.monotonic()
        for gateway in (one, other):
            eventually(lambda: v1(gateway, "GET", path, token=made["token"]).status == 404, 5, "a token that lets in")
        assert time.monotonic() - began < 1.5, "minted for both"
        assert other.manage("DELETE", f"/admin/api/tokens/{made['id']}").status == 204
        began = time.monotonic()
        # Where it was revoked, at once.
        assert v1(other, "GET", path, token=made["token"]).status == 401
        eventually(lambda: v1(one, "GET", path, token=made["token"]).status == 401, 5, "a token that is refused")
        assert time.monotonic() - began < 1.0
        # And for good, also of an agent that has another token.
        spare = one.admin("POST", "tokens", {"agent": "roaming"}, 201)
        for gateway in (one, other):
            eventually(lambda: v1(gateway, "GET", path, token=spare["token"]).status == 404, 5, "the other token")
            assert v1(gateway, "GET", path, token=made["token"]).status == 401
    # A gateway that starts later knows it too, and Redis has no word of it in clear.
    late = on_redis().gateway
    eventually(lambda: v1(late, "GET", path, token=spare["token"]).status == 404, 5, "the late gateway")
    assert v1(late, "GET", path, token=made["token"]).status == 401


def test_a_token_that_runs_out_is_refused_everywhere_at_its_time(on_redis):
    here, there = (on_redis().gateway for _ in range(2))
    path = "tickets/" + "0" * 32
    made = here.admin("POST", "tokens", {"agent": "brief", "expires": 2}, 201)
    began = time.monotonic()
    eventually(lambda: v1(there, "GET", path, token=made["token"]).status == 404, 1.5, "a token that lets in")
    for gateway in (here, there):
        eventually(lambda: v1(gateway, "GET", path, token=made["token"]).status == 401, 5, "a token that is refused")
    # Times are whole seconds.
    assert 0.9 < time.monotonic() - began < 4
