"""HTTP/1.1 on the public listener: limits, framing, order, and what every answer carries (CONTRACT §4)."""

from __future__ import annotations

import socket
import threading
import time

import h11
import pytest

from lolabox import payloads, signing
from lolabox.gateway import APP_SECRET
from lolabox.problems import assert_problem, assert_security_headers
from lolabox.vectors import load
from lolabox.wire import Closed, Wire, fetch, request

OK = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"


def head(*lines: bytes, first: bytes = b"GET /livez HTTP/1.1", host: bytes | None = b"Host: x") -> bytes:
    return b"\r\n".join([first, *([host] if host is not None else []), *lines]) + b"\r\n\r\n"


POST = b"POST /webhooks/whatsapp HTTP/1.1"

#: Name, octets, status. All of these close the connection.
FATAL = [
    ("length and transfer coding", head(b"Content-Length: 1", b"Transfer-Encoding: chunked", first=POST), 400),
    ("transfer coding and length", head(b"Transfer-Encoding: chunked", b"Content-Length: 1", first=POST), 400),
    ("two different lengths", head(b"Content-Length: 1", b"Content-Length: 2", first=POST), 400),
    ("two equal lengths", head(b"Content-Length: 1", b"Content-Length: 1", first=POST), 400),
    ("a list of lengths", head(b"Content-Length: 1, 1", first=POST), 400),
    ("negative length", head(b"Content-Length: -1", first=POST), 400),
    ("signed length", head(b"Content-Length: +1", first=POST), 400),
    ("hexadecimal length", head(b"Content-Length: 0x1", first=POST), 400),
    ("overflowing length", head(b"Content-Length: 18446744073709551617", first=POST), 400),
    ("empty length", head(b"Content-Length: ", first=POST), 400),
    ("length with a space inside", head(b"Content-Length: 1 1", first=POST), 400),
    ("two transfer codings", head(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", first=POST), 400),
    ("chunked twice", head(b"Transfer-Encoding: chunked, chunked", first=POST), 400),
    ("chunked not last", head(b"Transfer-Encoding: chunked, gzip", first=POST), 400),
    ("unknown coding", head(b"Transfer-Encoding: gzip, chunked", first=POST), 501),
    ("identity coding", head(b"Transfer-Encoding: identity", first=POST), 501),
    ("vertical tab before chunked", head(b"Transfer-Encoding: \x0bchunked", first=POST), 400),
    ("chunked in HTTP/1.0", head(b"Transfer-Encoding: chunked", first=b"POST /webhooks/whatsapp HTTP/1.0"), 400),
    ("no Host", head(host=None), 400),
    ("two Hosts", head(b"Host: x"), 400),
    ("bad Host", head(host=b"Host: a b"), 400),
    ("Host with a path", head(host=b"Host: a/b"), 400),
    ("space before the colon", head(b"X-A : b"), 400),
    ("tab before the colon", head(b"X-A\t: b"), 400),
    ("no colon", head(b"X-A"), 400),
    ("empty field name", head(b": b"), 400),
    ("folded field", head(b"X-A: b", b" c"), 400),
    ("folded first field", b"GET /livez HTTP/1.1\r\n Host: x\r\n\r\n", 400),
    ("bare line feeds", b"GET /livez HTTP/1.1\nHost: x\n\n", 400),
    ("one bare line feed", b"GET /livez HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n", 400),
    ("bare carriage return", b"GET /livez HTTP/1.1\r\nHost: x\rX-A: b\r\n\r\n", 400),
    ("NUL in a value", head(b"X-A: b\x00c"), 400),
    ("control in a value", head(b"X-A: b\x01c"), 400),
    ("separator in a name", head(b"X(A): b"), 400),
    ("octets above 127 in a name", head("X-É: b".encode()), 400),
    ("NUL in the target", head(first=b"GET /liv\x00ez HTTP/1.1"), 400),
    ("octets above 127 in the target", head(first="GET /livéz HTTP/1.1".encode()), 400),
    ("two spaces after the method", head(first=b"GET  /livez HTTP/1.1"), 400),
    ("space in the target", head(first=b"GET /li vez HTTP/1.1"), 400),
    ("no version", head(first=b"GET /livez"), 400),
    ("lower-case version", head(first=b"GET /livez http/1.1"), 400),
    ("version with two digits", head(first=b"GET /livez HTTP/1.10"), 400),
    ("HTTP/2 in a request line", head(first=b"GET /livez HTTP/2.0"), 505),
    ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ("TLS on the plain port", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64 + b"\r\n\r\n", 400),
    ("asterisk with GET", head(first=b"GET * HTTP/1.1"), 400),
    ("authority form", head(first=b"GET x:80 HTTP/1.1"), 400),
    ("relative path", head(first=b"GET livez HTTP/1.1"), 400),
    ("101 fields", head(*[b"X-%d: y" % number for number in range(100)]), 431),
    ("a head over 16 KiB", head(b"X-A: " + b"a" * 16 * 1024), 431),
    ("a target over 8 KiB", head(first=b"GET /" + b"a" * 8192 + b" HTTP/1.1"), 414),
    ("a method of 100 letters", head(first=b"A" * 100 + b" / HTTP/1.1"), 400),
    ("chunk size not hexadecimal", head(b"Transfer-Encoding: chunked", b"Content-Type: application/json", first=POST)
     + b"zz\r\n", 400),
    ("chunk size with 0x", head(b"Transfer-Encoding: chunked", b"Content-Type: application/json", first=POST)
     + b"0x1\r\n", 400),
    ("chunk size overflow", head(b"Transfer-Encoding: chunked", b"Content-Type: application/json", first=POST)
     + b"fffffffffffffffff\r\n", 400),
    ("chunk without its end", head(b"Transfer-Encoding: chunked", b"Content-Type: application/json", first=POST)
     + b"1\r\nab\r\n0\r\n\r\n", 400),
    ("chunk line ended by a bare line feed", head(
        b"Transfer-Encoding: chunked", b"Content-Type: application/json", first=POST) + b"1\na\r\n0\r\n\r\n", 400),
    ("space before the chunk size", head(
        b"Transfer-Encoding: chunked", b"Content-Type: application/json", first=POST) + b" 1\r\na\r\n0\r\n\r\n", 400),
]


@pytest.mark.parametrize(("octets", "status"),
                         [pytest.param(octets, status, id=name) for name, octets, status in FATAL])
def test_framing_errors_are_refused_and_close(stack, octets, status):
    with Wire(stack.gateway.port) as wire:
        # The request behind the bad one must never be answered.
        answer = wire.exchange(octets + OK)
        assert_problem(answer, status)
        assert answer.header("Connection") == "close"
        assert_security_headers(answer)
        assert wire.closes()


#: Name, octets, status. These leave the connection usable.
ACCEPTED = [
    ("plain", OK, 200),
    ("any case of Host", head(host=b"hOsT: x"), 200),
    ("a port in Host", head(host=b"Host: lola.example:8080"), 200),
    ("an IPv6 Host", head(host=b"Host: [::1]:8080"), 200),
    ("white space around a value", head(b"X-A: \t b \t "), 200),
    ("no white space before a value", head(b"X-A:b"), 200),
    ("an empty value", head(b"X-A:"), 200),
    ("octets above 127 in a value", head("X-A: é".encode()), 200),
    ("absolute form", head(first=b"GET http://x/livez HTTP/1.1"), 200),
    ("a query", head(first=b"GET /livez?a=b&c HTTP/1.1"), 200),
    ("an empty line first", b"\r\n" + OK, 200),
    ("100 fields", head(*[b"X-%d: y" % number for number in range(99)]), 200),
    ("a target of 8 KiB", head(first=b"GET /" + b"a" * 8191 + b" HTTP/1.1"), 404),
    ("an unknown path", head(first=b"GET /nothing HTTP/1.1"), 404),
    ("an encoded path", head(first=b"GET /%6civez HTTP/1.1"), 404),
    ("a path with dots", head(first=b"GET /webhooks/../livez HTTP/1.1"), 400),
    ("encoded dots", head(first=b"GET /webhooks/%2e%2e/livez HTTP/1.1"), 400),
    ("an encoded slash", head(first=b"GET /%2flivez HTTP/1.1"), 400),
    ("an encoded NUL", head(first=b"GET /livez%00 HTTP/1.1"), 400),
    ("broken percent encoding", head(first=b"GET /livez%zz HTTP/1.1"), 400),
    ("an unknown method", head(first=b"BREW /livez HTTP/1.1"), 501),
    ("a lower-case method", head(first=b"get /livez HTTP/1.1"), 501),
    ("another expectation", head(b"Expect: tea", b"Content-Length: 0", first=POST), 417),
]


@pytest.mark.parametrize(("octets", "status"),
                         [pytest.param(octets, status, id=name) for name, octets, status in ACCEPTED])
def test_well_formed_requests_keep_the_connection(stack, octets, status):
    with Wire(stack.gateway.port) as wire:
        for _ in range(2):
            answer = wire.exchange(octets)
            assert answer.status == status, answer
            assert_security_headers(answer)
            if status >= 400:
                assert_problem(answer, status)
                if (answer.header("Connection") or "").lower() == "close":
                    return


# Methods

@pytest.mark.parametrize(("method", "path", "allow"), [
    ("PUT", "/webhooks/whatsapp", {"GET", "POST"}),
    ("GET", "/webhooks/telegram", {"POST"}),
    ("POST", "/livez", {"GET"}),
    ("DELETE", "/readyz", {"GET"}),
    ("POST", "/.well-known/jwks.json", {"GET"}),
])
def test_405_names_what_is_allowed(stack, method, path, allow):
    answer = fetch(stack.gateway.port, method, path, body=b"" if method != "GET" else None)
    assert_problem(answer, 405)
    named = {word.strip() for word in answer.header("Allow").split(",")}
    assert named - {"HEAD", "OPTIONS"} == allow


def test_HEAD_has_no_body(stack):
    with Wire(stack.gateway.port) as wire:
        answer = wire.exchange(head(first=b"HEAD /livez HTTP/1.1"), "HEAD")
        assert (answer.status, answer.body) == (200, b"")
        # The connection is still in step.
        assert wire.exchange(OK).status == 200


@pytest.mark.parametrize(("octets", "status"), [
    (head(first=b"HEAD /livez HTTP/1.1", host=None), 400),
    (head(b"X-A : b", first=b"HEAD /livez HTTP/1.1"), 400),
    (head(first=b"HEAD  /livez HTTP/1.1"), 400),
    (head(first=b"HEAD /livez HTTP/2.0"), 505),
    (head(first=b"HEAD /" + b"a" * 8192 + b" HTTP/1.1"), 414),
    (head(b"X-A: " + b"a" * 16 * 1024, first=b"HEAD /livez HTTP/1.1"), 431),
    (b"\r\n" + head(host=None, first=b"HEAD /livez HTTP/1.1"), 400),
], ids=["no Host", "a bad field", "a bad target", "a bad version", "a long target", "a long head", "an empty line first"])
def test_a_refused_HEAD_has_no_body_either(stack, octets, status):
    with Wire(stack.gateway.port) as wire:
        answer = wire.exchange(octets, "HEAD")
        assert (answer.status, answer.body) == (status, b"")
        assert answer.header("Connection") == "close"
        # Not one octet of a body follows.
        assert wire.closes()


def test_a_POST_without_a_length_is_411_and_closes(stack):
    with Wire(stack.gateway.port) as wire:
        # What follows may be its body: it is not taken for a request.
        answer = wire.exchange(head(first=POST) + OK, "POST")
        assert_problem(answer, 411)
        assert answer.header("Connection") == "close"
        assert wire.closes()


def test_404s_differ_in_the_request_id_only(stack):
    answers = [stack.gateway.get(path) for path in ("/nothing", "/webhooks/unknown", "/admin", "/metrics", "/dev",
                                                    "/callbacks", "/admin/api/messages", "/config", "/dev/api/x")]
    shapes = set()
    for answer in answers:
        problem = assert_problem(answer, 404)
        body = answer.body.decode().replace(problem["request_id"], "*")
        names = tuple(name for name, _ in answer.headers)
        shapes.add((body, names, answer.header("Content-Length")))
    assert len(shapes) == 1, shapes
    assert len({answer.json()["request_id"] for answer in answers}) == len(answers)


# Expect: 100-continue

def test_100_continue(stack):
    phone = payloads.fresh_phone()
    body = payloads.whatsapp_text(phone, "continued")
    headers = signing.whatsapp_headers(APP_SECRET, body) | {"Expect": "100-continue"}
    whole = request("POST", "/webhooks/whatsapp", headers, body)
    with Wire(stack.gateway.port) as wire:
        wire.send(whole[:-len(body)])
        interim = wire.socket.recv(65536)
        assert interim.startswith(b"HTTP/1.1 100 ") and interim.endswith(b"\r\n\r\n")
        wire.send(body)
        assert wire.read("POST").status == 200
    stack.agents.wait_call(phone)


def test_100_continue_is_not_sent_for_a_request_that_is_refused(stack):
    with Wire(stack.gateway.port) as wire:
        wire.send(head(b"Expect: 100-continue", b"Content-Type: application/json",
                       b"Content-Length: 999999999", first=POST))
        answer = wire.read("POST")
        assert (answer.status, answer.interim) == (413, [])
        assert wire.closes()


# Order and splitting

def test_pipelined_requests_are_answered_in_order(stack):
    with Wire(stack.gateway.port) as wire:
        wire.send(OK + head(first=b"GET /nothing HTTP/1.1") + OK + head(first=b"PUT /livez HTTP/1.1",
                  host=b"Host: x\r\nContent-Length: 0") + OK)
        assert [wire.read().status for _ in range(5)] == [200, 404, 200, 405, 200]


def test_more_pipelined_requests_than_fit_are_all_answered(stack):
    with Wire(stack.gateway.port) as wire:
        sender = threading.Thread(target=wire.send, args=((OK + head(first=b"GET /nothing HTTP/1.1")) * 500,))
        sender.start()
        assert [wire.read().status for _ in range(1000)] == [200, 404] * 500
        sender.join()


def test_pipelined_webhooks_each_take_effect(stack):
    phone = payloads.fresh_phone()
    data = b""
    for text in ("one", "two", "three"):
        body = payloads.whatsapp_text(phone, text)
        data += request("POST", "/webhooks/whatsapp", signing.whatsapp_headers(APP_SECRET, body), body)
    with Wire(stack.gateway.port) as wire:
        wire.send(data)
        assert [wire.read("POST").status for _ in range(3)] == [200, 200, 200]
    calls = stack.agents.wait_calls(phone, 3)
    assert [call.json()["message"]["text"] for call in calls] == ["one", "two", "three"]


def test_a_request_octet_by_octet(stack):
    phone = payloads.fresh_phone()
    body = payloads.whatsapp_text(phone, "drip")
    with Wire(stack.gateway.port) as wire:
        wire.drip(request("POST", "/webhooks/whatsapp", signing.whatsapp_headers(APP_SECRET, body), body))
        assert wire.read("POST").status == 200
        wire.drip(OK)
        assert wire.read().status == 200
    stack.agents.wait_call(phone)


def test_a_chunked_body_is_the_same_body(stack):
    phone = payloads.fresh_phone()
    body = payloads.whatsapp_text(phone, "chunked")
    signature = signing.whatsapp_signature(APP_SECRET, body).encode()
    chunks = b"".join(b"%x;name=value\r\n%s\r\n" % (len(body[start:start + 7]), body[start:start + 7])
                      for start in range(0, len(body), 7)) + b"0\r\nX-Trailer: dropped\r\n\r\n"
    with Wire(stack.gateway.port) as wire:
        answer = wire.exchange(head(b"Content-Type: application/json", b"X-Hub-Signature-256: " + signature,
                                    b"Transfer-Encoding: chunked", first=POST) + chunks, "POST")
        assert answer.status == 200
        assert wire.exchange(OK).status == 200
    assert stack.agents.wait_call(phone).json()["message"]["text"] == "chunked"


def test_a_trailer_cannot_bring_a_signature(stack):
    body = payloads.whatsapp_text(payloads.fresh_phone(), "trailer")
    trailer = b"X-Hub-Signature-256: " + signing.whatsapp_signature(APP_SECRET, body).encode()
    chunks = b"%x\r\n%s\r\n0\r\n%s\r\n\r\n" % (len(body), body, trailer)
    with Wire(stack.gateway.port) as wire:
        answer = wire.exchange(head(b"Content-Type: application/json", b"Transfer-Encoding: chunked", first=POST)
                               + chunks, "POST")
        assert_problem(answer, 401)


def test_HTTP_1_0_is_answered_and_closed(stack):
    with Wire(stack.gateway.port) as wire:
        assert wire.exchange(b"GET /livez HTTP/1.0\r\n\r\n").status == 200
        assert wire.closes()


def test_connection_close_is_honoured(stack):
    with Wire(stack.gateway.port) as wire:
        answer = wire.exchange(head(b"Connection: close"))
        assert (answer.status, answer.header("Connection")) == (200, "close")
        assert wire.closes()


def test_a_client_that_ends_its_side_still_gets_the_answer(stack):
    with Wire(stack.gateway.port) as wire:
        wire.send(OK)
        wire.socket.shutdown(socket.SHUT_WR)
        assert wire.read().status == 200
        assert wire.closes()


# Time limits: run side by side, because each is waiting

def test_slow_peers_are_closed_in_time(stack):
    """A head must come within 10 s; a body at 512 B/s after 5 s."""
    results: dict[str, tuple[float, int]] = {}

    def silent() -> None:
        with Wire(stack.gateway.port) as wire:
            results["silent"] = (wire.closed_after(16), 0)

    def slow_head() -> None:
        with Wire(stack.gateway.port) as wire:
            started = time.monotonic()
            wire.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n")
            wire.socket.settimeout(0.5)
            while time.monotonic() - started < 16:
                wire.send(b"X-A: b\r\n")
                try:
                    data = wire.socket.recv(65536)
                except TimeoutError:
                    continue
                results["slow head"] = (time.monotonic() - started, int(data[9:12] or 0))
                return

    def slow_body() -> None:
        with Wire(stack.gateway.port) as wire:
            started = time.monotonic()
            wire.send(head(b"Content-Type: application/json", b"Content-Length: 100000", first=POST))
            wire.socket.settimeout(0.25)
            while time.monotonic() - started < 16:
                wire.send(b"x" * 25)
                try:
                    data = wire.socket.recv(65536)
                except TimeoutError:
                    continue
                results["slow body"] = (time.monotonic() - started, int(data[9:12] or 0))
                return

    threads = [threading.Thread(target=work) for work in (silent, slow_head, slow_body)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 9 <= results["silent"][0] <= 11.5, results
    assert results["slow head"][1] == 408 and 9 <= results["slow head"][0] <= 11.5, results
    assert results["slow body"][1] == 408 and 5 <= results["slow body"][0] <= 8, results


# What every answer carries

def test_security_headers_on_every_answer(stack):
    body = payloads.whatsapp_text(payloads.fresh_phone(), "x")
    answers = [
        stack.gateway.get("/livez"), stack.gateway.get("/readyz"), stack.gateway.get("/nothing"),
        stack.gateway.get("/.well-known/jwks.json"), stack.gateway.whatsapp(body), stack.gateway.whatsapp(body, "bad"),
        stack.gateway.get("/webhooks/whatsapp?hub.mode=x"), stack.gateway.telegram(payloads.telegram_text(1, "x")),
        stack.gateway.telegram(b"", "bad"), fetch(stack.gateway.port, "PUT", "/livez", body=b""),
    ]
    for answer in answers:
        assert_security_headers(answer)
        # The public URL of the test gateway is https.
        assert "max-age=" in answer.header("Strict-Transport-Security")
        assert answer.header("Server") is None or "/" not in answer.header("Server")
        assert answer.header("Date")


def test_no_transport_security_on_a_plain_public_url(own_stack):
    own = own_stack(env={"LOLA_PUBLIC_URL": "http://127.0.0.1:8080"})
    assert own.gateway.get("/livez").header("Strict-Transport-Security") is None


def test_probes(stack):
    for port in (stack.gateway.port, stack.gateway.management_port):
        for path in ("/livez", "/readyz"):
            answer = fetch(port, "GET", path)
            assert answer.status == 200
            assert answer.header("Content-Type").split(";")[0] == "application/json"
            answer.json()


# An independent parser as judge

REQUESTS = [case for case in load("llhttp_cases.json")["cases"] if case["type"].startswith("request")]
#: What a well-formed request to a path that is not there, or not allowed, may be answered with.
ROUTING = {200, 401, 404, 405, 415}


def _h11_refuses(data: bytes) -> bool:
    machine = h11.Connection(our_role=h11.SERVER)
    try:
        machine.receive_data(data)
        while True:
            event = machine.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED or isinstance(event, h11.EndOfMessage):
                return False
    except h11.RemoteProtocolError:
        return True


@pytest.mark.parametrize("case", REQUESTS, ids=lambda case: f"{case['file'].split('/')[-1]}:{case['line']}")
def test_never_laxer_than_h11(stack, case):
    """What h11 refuses must not be routed here; this gateway may refuse more."""
    data = case["input"].encode("latin-1")
    with Wire(stack.gateway.port) as wire:
        wire.send(data)
        try:
            wire.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        try:
            status = wire.read(data.split(b" ")[0].decode("latin-1").strip() or "GET").status
        except (Closed, h11.RemoteProtocolError):
            status = None
    if _h11_refuses(data):
        assert status not in ROUTING, case["name"]
    assert stack.gateway.get("/livez").status == 200
