"""Start, drain, running out of descriptors, many connections (CONTRACT §11, issue 2)."""

from __future__ import annotations

import os
import signal
import socket
import time

import pytest

from lolabox import payloads
from lolabox.gateway import Gateway
from lolabox.stubs import Reply
from lolabox.waiting import eventually, never
from lolabox.wire import Wire, fetch, request

LIVEZ = request("GET", "/livez")


def test_it_is_ready_soon_after_the_start(environment, tmp_path):
    gateway = Gateway.serve(tmp_path / "start", environment)
    started = time.monotonic()
    with gateway:
        took = time.monotonic() - started
    # The goal of 50 ms is measured by the benchmark on a quiet machine; here only that nothing waits for a timeout.
    assert took < 3, took


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_gateway_ends_with_0(own_stack, signal_number):
    own = own_stack()
    with Wire(own.gateway.port) as idle:
        assert idle.exchange(LIVEZ).status == 200
        own.gateway.process.send_signal(signal_number)
        started = time.monotonic()
        assert own.gateway.wait_end() == 0
        assert time.monotonic() - started < 10


def _refuses(port):
    try:
        Wire(port).close()
    except OSError:
        return True
    return False


def test_drain_finishes_what_is_in_flight(own_stack):
    own = own_stack()
    gateway = own.gateway
    phone = own.person()
    own.agents.script(phone, Reply(200, {"replies": [{"type": "text", "text": "finished"}]}, delay=1.5))
    half = request("POST", "/webhooks/telegram", {}, b"x")
    with Wire(gateway.port) as idle, Wire(gateway.port) as sending:
        assert idle.exchange(LIVEZ).status == 200
        sending.send(half[:-1])
        gateway.say(phone, "hola")
        own.agents.wait_call(phone)
        gateway.process.send_signal(signal.SIGTERM)
        # The probe on the management listener tells the load balancer.
        eventually(lambda: fetch(gateway.management_port, "GET", "/readyz").status == 503, 5, "/readyz 503")
        # Each loop closes its own listener.
        eventually(lambda: _refuses(gateway.port), 5, "closed listeners")
        # A request that had begun is answered, and told to go.
        sending.send(half[-1:])
        answer = sending.read("POST")
        assert answer.status == 401 and answer.header("Connection") == "close"
        assert idle.closes(within=5)
        assert gateway.wait_end() == 0
    assert own.graph.wait_texts(phone) == ["finished"]


def test_another_signal_does_not_disturb_the_drain(own_stack):
    own = own_stack()
    phone = own.person()
    own.agents.script(phone, Reply(200, {"replies": [{"type": "text", "text": "finished"}]}, delay=1.0))
    own.gateway.say(phone, "hola")
    own.agents.wait_call(phone)
    own.gateway.process.send_signal(signal.SIGTERM)
    own.gateway.process.send_signal(signal.SIGHUP)
    assert own.gateway.wait_end() == 0
    assert own.graph.wait_texts(phone) == ["finished"]


def test_a_second_SIGTERM_ends_the_drain_at_once(own_stack):
    own = own_stack()
    phone = own.person()
    own.agents.script(phone, Reply(silent=True))
    own.gateway.say(phone, "hola")
    own.agents.wait_call(phone)
    own.gateway.process.send_signal(signal.SIGTERM)
    eventually(lambda: fetch(own.gateway.management_port, "GET", "/readyz").status == 503, 5, "/readyz 503")
    started = time.monotonic()
    own.gateway.stop()
    assert time.monotonic() - started < 1


def test_the_port_is_free_again_at_once(environment, tmp_path):
    gateway = Gateway.serve(tmp_path / "again", environment)
    for _ in range(3):
        with gateway:
            assert gateway.get("/livez").status == 200


def test_running_out_of_descriptors_degrades_and_recovers(own_stack):
    own = own_stack(prefix=["prlimit", "--nofile=96:96"], env={"LOLA_LOOPS": "1"})
    gateway = own.gateway
    held: list[socket.socket] = []
    try:
        # Far more connections than descriptors: the surplus is refused or waits in the kernel's queue.
        for _ in range(300):
            connection = socket.socket()
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", gateway.port))
            held.append(connection)
        eventually(lambda: _descriptors(gateway.pid) >= 90 or _refused(held) > 50, what="exhaustion")
        before = gateway.cpu_seconds()
        never(lambda: gateway.process.poll() is not None, during=2.0, what="the process ended")
        assert gateway.cpu_seconds() - before < 0.5, "spinning without descriptors"
    finally:
        for connection in held:
            connection.close()
    eventually(lambda: fetch(gateway.port, "GET", "/livez").status == 200, what="/livez after the flood")
    phone = own.person()
    gateway.say(phone, "hola")
    own.graph.wait_texts(phone)


def _descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def _refused(connections: list[socket.socket]) -> int:
    """How many of the connections the other side has ended."""
    ended = 0
    for connection in connections:
        try:
            ended += connection.recv(1) == b""
        except BlockingIOError:
            pass
        except OSError:
            ended += 1
    return ended


def test_idle_connections_cost_no_processor_time(own_stack):
    own = own_stack()
    wires = [Wire(own.gateway.port) for _ in range(400)]
    try:
        for wire in wires:
            assert wire.exchange(LIVEZ).status == 200
        before = own.gateway.cpu_seconds()
        never(lambda: own.gateway.process.poll() is not None, during=2.0, what="the process ended")
        assert own.gateway.cpu_seconds() - before <= 0.1
        for wire in wires:
            assert wire.exchange(LIVEZ).status == 200
    finally:
        for wire in wires:
            wire.close()


def test_clients_that_vanish_leave_nothing_behind(own_stack):
    own = own_stack()
    before = _descriptors(own.gateway.pid)
    for number in range(200):
        wire = Wire(own.gateway.port)
        wire.send((LIVEZ, LIVEZ[:10], b"", request("POST", "/webhooks/whatsapp", {}, b"x" * 100)[:-50])[number % 4])
        if number % 2:
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        wire.close()
    eventually(lambda: _descriptors(own.gateway.pid) <= before + 2, what="closed descriptors")


def test_a_reader_that_does_not_read_is_not_buffered_without_bound(own_stack):
    own = own_stack()
    with Wire(own.gateway.port) as wire:
        wire.socket.settimeout(0.5)
        sent = 0
        try:
            while sent < 64 * 1024 * 1024:
                sent += wire.socket.send(LIVEZ * 200)
        except OSError:
            pass
        with open(f"/proc/{own.gateway.pid}/status") as status:
            resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        assert resident < 64 * 1024, f"{resident} KiB after {sent} octets of unread answers"
    assert own.gateway.get("/livez").status == 200


def test_a_killed_gateway_starts_again_on_the_same_data(own_stack):
    own = own_stack()
    own.gateway.say(payloads.fresh_phone(), "hola")
    own.gateway.kill()
    own.gateway.start()
    phone = own.person()
    own.gateway.say(phone, "hola")
    own.graph.wait_texts(phone)
