"""One gateway on a real Redis: what is kept there, what happens without it, and which Redis is good enough
(CONTRACT §3, §11)."""

from __future__ import annotations

import json
import re
import time

import pytest

from conftest import Stack
from lolabox import payloads
from lolabox.gateway import ORCHESTRATOR_TOKEN, Gateway, run
from lolabox.redis import RedisServer
from lolabox.stubs import AgentStub, Reply
from lolabox.waiting import eventually, never

TEXT = "canarytext-pregunta"
NAME = "Canaryname"
REPLY = "canaryreply"
STATE = "canarystate"
#: A stalled or missing Redis gives 503 within 5 s (CONTRACT §11); back is back soon.
REFUSED_WITHIN = 5.0
BACK_WITHIN = 2.0


def events(gateway: Gateway, name: str) -> list[dict]:
    lines = [json.loads(line) for line in gateway.stdout.splitlines() if line.endswith("}")]
    return [line for line in lines if line["event"] == name]


def again(gateway: Gateway) -> None:
    assert gateway.stop() == 0
    gateway.start()


def dlq(gateway: Gateway, *arguments: str):
    return run("dlq", *arguments, "--url", f"http://127.0.0.1:{gateway.management_port}",
               env=gateway.env | {"ORCHESTRATOR_SECURITY_TOKEN": ORCHESTRATOR_TOKEN})


# What is kept


def test_a_message_is_answered_and_known_after_a_restart(on_redis, redis):
    own = on_redis()
    phone, message = own.person(), payloads.fresh_id()
    key = own.gateway.say(phone, "hola", message)
    own.gateway.wait_delivered(key)
    assert own.graph.wait_texts(phone) == ["sender_home heard: hola"]
    again(own.gateway)
    own.gateway.say(phone, "hola", message)
    assert own.gateway.metric_sum('^lola_webhook_parts_total{kind="duplicate"}') == 1
    own.gateway.say(phone, "and then")
    calls = own.agents.wait_calls(phone, 2)
    assert [call.json()["message"]["text"] for call in calls] == ["hola", "and then"]
    eventually(lambda: redis.waiting() == 0, 5, "an empty queue")


def test_state_and_contact_book_survive_a_restart(on_redis):
    own = on_redis()
    phone, user = own.person(), payloads.fresh_user()
    own.agents.script(phone, AgentStub.says("one", state={"step": 7}))
    own.gateway.wait_delivered(own.gateway.say(phone, "begin"))
    known = own.person()
    assert own.gateway.telegram(payloads.telegram_contact(user, known)).status == 200
    own.bot.wait_sends(user)
    again(own.gateway)
    own.gateway.say(phone, "go on")
    assert own.agents.wait_calls(phone, 2)[1].json()["state"] == {"step": 7}
    own.gateway.telegram(payloads.telegram_text(user, "who am I"))
    (call,) = own.agents.wait(lambda item: own.agents.sender_of(item) == str(user)
                              and item.json()["message"]["text"] == "who am I")
    assert call.json()["context_user"]["phone"] == known


def test_nothing_of_a_sender_is_in_clear(on_redis, redis):
    own = on_redis()
    done, dead, waiting = (own.person(name=NAME) for _ in range(3))
    user, known = payloads.fresh_user(), own.person(name=NAME)
    ids = [payloads.fresh_id("wamid.CANARY") for _ in range(3)]
    own.agents.script(done, AgentStub.says(REPLY, state={"secret": STATE}))
    own.agents.script(dead, Reply(400, {}))
    own.agents.script(waiting, Reply(200, silent=True))
    own.gateway.telegram(payloads.telegram_contact(user, known))
    own.gateway.telegram(payloads.telegram_text(user, TEXT))
    own.bot.wait_sends(user, 2)
    for phone, message in zip((done, dead, waiting), ids, strict=True):
        own.gateway.say(phone, TEXT, message)
    own.gateway.wait_delivered(f"whatsapp:{ids[0]}")
    eventually(lambda: own.gateway.record(f"whatsapp:{ids[1]}")["finished_at"], 10, "the dead letter")
    own.agents.wait_call(waiting)
    assert redis.keys("lola:inbound:*") and redis.keys("lola:dead:*") and redis.keys("lola:state:*")
    kept = redis.everything()
    assert b"lola:epoch" in kept and b"XADD" in kept
    words = [TEXT, NAME, REPLY, STATE, "canary", "wamid", str(user), *ids]
    for phone in (done, dead, waiting, known):
        words += [phone[1:], phone[-7:]]
    for word in words:
        assert word.encode() not in kept, word
    own.agents.forget(waiting)


def test_dead_letters_are_listed_and_replayed(on_redis):
    own = on_redis()
    phone = own.person()
    own.agents.script(phone, Reply(400, {}))
    key = own.gateway.say(phone, "hard")
    eventually(lambda: own.gateway.record(key)["finished_at"], 10, "the dead letter")
    again(own.gateway)
    listed = dlq(own.gateway, "list", "--json")
    assert listed.returncode == 0, listed
    (letter,) = [json.loads(line) for line in listed.stdout.splitlines()]
    assert letter["stage"] == "agent"
    assert dlq(own.gateway, "replay", letter["id"]).returncode == 0
    calls = own.agents.wait_calls(phone, 2)
    assert {call.header("Idempotency-Key") for call in calls} == {key}
    own.gateway.wait_delivered(key)
    eventually(lambda: "nothing was given up" in dlq(own.gateway, "list").stderr, 5, "no dead letter")


# Without Redis


def refused(own: Stack, phone: str, message: str) -> None:
    began = time.monotonic()
    answer = own.gateway.whatsapp(payloads.whatsapp_text(phone, "while away", message))
    assert answer.status == 503 and int(answer.header("Retry-After")) >= 1, answer
    assert answer.json()["code"] == "unavailable"
    assert time.monotonic() - began < REFUSED_WITHIN


def unready(gateway: Gateway) -> bool:
    answer = gateway.get("/readyz")
    return answer.status == 503 and answer.json() == {"status": "store_unavailable"}


@pytest.mark.parametrize("way", ["stalled", "killed"])
def test_without_redis_nothing_is_taken_and_nothing_is_kept_here(on_redis, redis, way):
    own = on_redis()
    phone, message = own.person(), payloads.fresh_id()
    own.gateway.wait_delivered(own.gateway.say(phone, "before"))
    redis.stall() if way == "stalled" else redis.kill()
    try:
        for _ in range(4):
            refused(own, phone, message)
        eventually(lambda: unready(own.gateway), 1, "/readyz 503")
        assert own.gateway.get("/livez").status == 200
        never(lambda: len(own.agents.calls(phone)) > 1, 1.0, "a message was handled that nobody keeps")
    finally:
        redis.resume() if way == "stalled" else redis.start()
    eventually(lambda: own.gateway.get("/readyz").status == 200, BACK_WITHIN, "/readyz 200")
    own.gateway.say(phone, "while away", message)
    own.gateway.say(phone, "after")
    calls = own.agents.wait_calls(phone, 3)
    assert [call.json()["message"]["text"] for call in calls] == ["before", "while away", "after"]
    assert events(own.gateway, "redis_away") and len(events(own.gateway, "redis_connected")) >= 2
    assert own.gateway.metric_sum("^lola_redis_faults_total") > 0


def test_a_message_in_hand_waits_for_redis(on_redis, redis):
    """The agent is asked once: its answer is recorded, and sent, when Redis is back."""
    own = on_redis()
    phone = own.person()
    reply = AgentStub.says("patience")
    reply.delay = 1.5
    own.agents.script(phone, reply)
    key = own.gateway.say(phone, "slow")
    own.agents.wait_call(phone)
    redis.kill()
    never(lambda: own.graph.sends(phone), 2.5, "an answer was sent that nobody keeps")
    redis.start()
    own.gateway.wait_delivered(key)
    assert own.graph.wait_texts(phone) == ["patience"]
    assert len(own.agents.calls(phone)) == 1


def test_redis_that_loads_its_files(on_redis, redis):
    own = on_redis()
    phone = own.person()
    own.gateway.wait_delivered(own.gateway.say(phone, "before"))
    # It answers every command with -LOADING after each 1,024 of these, until the delay is taken away.
    redis.command("EVAL", "for number = 1, 100000 do redis.call('SET', 'other:' .. number, 'x') end", 0)
    redis.kill()
    redis.launch(key_load_delay="100")
    message = payloads.fresh_id()
    refused(own, phone, message)
    eventually(lambda: any(event["fault"] == "loading" for event in events(own.gateway, "redis_away")), 10,
               "redis_away: loading")
    refused(own, phone, message)
    assert redis.command("CONFIG", "SET", "key-load-delay", "0") == b"OK"
    eventually(lambda: own.gateway.get("/readyz").status == 200, 20, "the end of loading")
    own.gateway.say(phone, "while away", message)
    assert len(own.agents.wait_calls(phone, 2)) == 2


def test_a_full_redis_refuses_until_there_is_room(on_redis, redis):
    own = on_redis()
    phone, message = own.person(), payloads.fresh_id()
    in_hand = own.person()
    reply = AgentStub.says("done all the same")
    reply.delay = 1.5
    own.agents.script(in_hand, reply)
    own.gateway.wait_delivered(own.gateway.say(phone, "before"))
    own.gateway.say(in_hand, "slow")
    own.agents.wait_call(in_hand)
    redis.command("CONFIG", "SET", "maxmemory", "1mb")
    for _ in range(3):
        refused(own, phone, message)
    eventually(lambda: any(event["fault"] == "out_of_memory" for event in events(own.gateway, "redis_refused")), 5,
               "redis_refused: out_of_memory")
    # Probes keep work away for as long as nothing can be kept.
    eventually(lambda: own.gateway.get("/readyz").status == 503, 15, "/readyz 503")
    never(lambda: own.gateway.get("/readyz").status == 200, 3.0, "ready without room")
    never(lambda: len(own.agents.calls(phone)) > 1, 1.0, "a message was handled that nobody keeps")
    redis.command("CONFIG", "SET", "maxmemory", "0")
    eventually(lambda: own.gateway.whatsapp(payloads.whatsapp_text(phone, "while away", message)).status == 200,
               BACK_WITHIN, "a webhook taken")
    eventually(lambda: own.gateway.get("/readyz").status == 200, 15, "/readyz 200")
    assert len(own.agents.wait_calls(phone, 2)) == 2
    assert own.graph.wait_texts(in_hand) == ["done all the same"]
    assert len(own.agents.calls(in_hand)) == 1


# Which Redis is good enough


def end(gateway: Gateway, timeout: float = 20) -> int:
    gateway.launch()
    return gateway.wait_end(timeout)


@pytest.fixture
def starting(tmp_path, environment):
    """A gateway that is not started yet."""
    made: list[Gateway] = []

    def make(env: dict[str, str], config: str | None = None) -> Gateway:
        made.append(Gateway.serve(tmp_path / f"starting{len(made)}", environment | env, config))
        return made[-1]

    yield make
    for gateway in made:
        gateway.stop()


LOSSES = {
    "no persistence": ({"appendonly": "no"}, "appendonly is off"),
    "a second may be lost": ({"appendfsync": "everysec"}, "appendfsync is everysec"),
    "never synced": ({"appendfsync": "no"}, "appendfsync is no"),
    "evicts": ({"maxmemory-policy": "allkeys-lru"}, "maxmemory-policy is allkeys-lru"),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_redis_that_may_lose_is_refused_unless_the_loss_is_accepted(tmp_path, starting, name):
    options, words = LOSSES[name]
    with RedisServer(tmp_path / "redis", options) as server:
        gateway = starting(server.environment)
        assert end(gateway) == 78, gateway.log
        assert words in gateway.log and "store.redis.accept_loss" in gateway.log
        gateway = starting(server.environment, "{ store: { redis: { accept_loss: true } } }").start()
        (warning,) = events(gateway, "redis_may_lose")
        assert warning["level"] == "warn" and words in warning["reason"]
        gateway.stop()


def test_a_password_must_be_right_and_is_never_shown(tmp_path, starting):
    with RedisServer(tmp_path / "redis", password="redis-canary-right") as server:
        for password in ("redis-canary-wrong", None):
            gateway = starting({"LOLA_STORE": "redis", "REDIS_URL": server.url(password)})
            began = time.monotonic()
            assert end(gateway) == 78, gateway.log
            assert time.monotonic() - began < 5
            assert "user and password" in gateway.log and "canary-" not in gateway.log
        gateway = starting(server.environment).start()
        assert "canary-" not in gateway.log
        gateway.stop()


def test_a_redis_that_is_not_there_ends_the_start(tmp_path, starting):
    server = RedisServer(tmp_path / "redis")
    gateway = starting(server.environment)
    began = time.monotonic()
    assert end(gateway) == 74, gateway.log
    assert time.monotonic() - began < 12
    assert re.search(rf"127\.0\.0\.1:{server.port} cannot be used now \(unreachable\)", gateway.log), gateway.log


def test_a_redis_that_stalls_ends_the_start(redis, starting):
    redis.stall()
    gateway = starting(redis.environment)
    began = time.monotonic()
    assert end(gateway) == 74, gateway.log
    assert time.monotonic() - began < 15
    assert "(timeout)" in gateway.log


def test_a_start_waits_for_a_redis_that_starts_too(tmp_path, starting):
    server = RedisServer(tmp_path / "redis")
    gateway = starting(server.environment)
    gateway.launch()
    never(lambda: gateway.process.poll() is not None, 1.0, "the gateway gave up at once")
    with server:
        eventually(lambda: gateway.get("/readyz").status == 200, 10, "/readyz 200")
        gateway.stop()


def test_a_replica_is_refused(tmp_path, redis, starting):
    with RedisServer(tmp_path / "replica", {"replicaof": f"127.0.0.1 {redis.port}"}) as replica:
        gateway = starting(replica.environment)
        assert end(gateway) == 78 and "replica" in gateway.log, gateway.log


def test_tls_to_redis(tmp_path, starting, own_stack, ca, foreign_ca):
    with RedisServer(tmp_path / "redis", password="redis-canary-right", tls=(ca, ca.leaf("redis"))) as server:
        own = own_stack(env=server.environment | {"SSL_CERT_FILE": str(ca.file)})
        phone = own.person()
        own.gateway.wait_delivered(own.gateway.say(phone, "hola"))
        own.gateway.stop()
        # An authority nobody told us of is not believed, and the password is not sent.
        gateway = starting(server.environment | {"SSL_CERT_FILE": str(foreign_ca.file)})
        assert end(gateway) == 74 and "(tls)" in gateway.log, gateway.log
        assert "canary-" not in gateway.log


def test_a_certificate_for_another_name_is_refused(tmp_path, starting, ca):
    leaf = ca.leaf("redis-elsewhere", ("redis.elsewhere.test",))
    server = RedisServer(tmp_path / "redis", tls=(ca, leaf))
    server.launch()
    gateway = starting(server.environment | {"SSL_CERT_FILE": str(ca.file)})
    try:
        assert end(gateway) == 74 and "(tls)" in gateway.log, gateway.log
    finally:
        server.kill()
