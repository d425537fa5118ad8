"""Address filters, proxies, demo mode, headers, and the table of all routes and callers, over real sockets."""

from __future__ import annotations

import random

import pytest

from lolabox.door import LIST, WRONG, ask, bearer, guess
from lolabox.gateway import Gateway
from lolabox.problems import assert_problem, assert_security_headers
from lolabox.wire import Wire

#: Method, path, listener is the public one, whether a token is asked for.
ROUTES = [
    ("GET", "/livez", True, False), ("GET", "/readyz", True, False), ("GET", "/livez", False, False),
    ("GET", "/readyz", False, False), ("GET", "/.well-known/jwks.json", True, False),
    ("GET", "/metrics", False, False), ("GET", LIST, False, True), ("HEAD", LIST, False, True),
    ("GET", "/admin/api/messages/whatsapp%3Ax", False, True), ("POST", "/admin/api/dry-run/route", False, True),
    ("GET", "/admin/api/dlq", False, True), ("POST", "/admin/api/dlq", False, True),
    ("GET", "/admin/api/dlq/" + "0" * 32, False, True), ("DELETE", "/admin/api/dlq/" + "0" * 32, False, True),
    ("GET", "/admin/api/quarantine", False, True), ("GET", "/admin/api/lockouts", False, True),
    ("DELETE", "/admin/api/lockouts/" + "0" * 32, False, True),
]


@pytest.fixture(scope="module")
def plain(environment, tmp_path_factory):
    with Gateway.serve(tmp_path_factory.mktemp("door"), environment) as gateway:
        yield gateway


@pytest.mark.parametrize(("method", "path", "public", "guarded"), ROUTES)
def test_every_route_asks_for_what_it_must(plain, method, path, public, guarded):
    body = b"{}" if method == "POST" else None
    number = ROUTES.index((method, path, public, guarded)) + 1
    source = f"127.1.{number}.1"
    none = ask(plain, method, path, source=source, body=body, public=public)
    wrong = ask(plain, method, path, WRONG, source, body, public)
    right = ask(plain, method, path, bearer(plain), source, body, public)
    twice = ask(plain, method, path, {"Authorization": f"Bearer {plain.token}", "authorization": "Bearer x"}, source,
                body, public)
    if guarded:
        assert [none.status, wrong.status, twice.status] == [401] * 3
        assert right.status not in (401, 403, 429)
    else:
        assert [none.status, wrong.status, right.status, twice.status] == [200] * 4
    for answer in (none, wrong, right, twice):
        assert_security_headers(answer)
        assert answer.header("X-Lola-Demo") is None


def test_a_denied_address_gets_403_on_every_route_and_nothing_is_read_beyond_the_head(environment, tmp_path):
    env = environment | {"IP_DENYLIST": "127.2.0.0/16,2001:db8::/32"}
    with Gateway.serve(tmp_path, env) as gateway:
        for method, path, public, _ in ROUTES + [("GET", "/nothing", True, False), ("POST", "/webhooks/whatsapp", True, False),
                                                 ("BREW", "/x", True, False), ("GET", "/%zz", False, False)]:
            answer = ask(gateway, method, path, bearer(gateway), "127.2.3.4", public=public)
            if method != "HEAD":
                assert_problem(answer, 403, "forbidden")
            assert answer.status == 403 and answer.header("Connection") == "close"
            assert_security_headers(answer)
        with Wire(gateway.port, source="127.2.0.1") as wire:
            wire.send(b"POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\nabc")
            assert wire.read("POST").status == 403
            assert wire.closes()
        assert ask(gateway, target="/livez", source="127.3.0.1").status == 200
        assert ask(gateway, target="/livez").status == 200
        assert gateway.metric_sum('^lola_requests_refused_total{reason="address"}') == len(ROUTES) + 5


def test_the_admin_allowlist_keeps_the_whole_management_listener_but_its_probes(environment, tmp_path):
    with Gateway.serve(tmp_path, environment | {"ADMIN_IP_ALLOWLIST": "127.4.0.0/24"}) as gateway:
        for path in [LIST, "/metrics", "/admin", "/nothing", "/admin/api/lockouts"]:
            assert_problem(ask(gateway, target=path, headers=bearer(gateway), source="127.4.1.1"), 403, "forbidden")
            assert ask(gateway, target=path, headers=bearer(gateway), source="127.4.0.9").status != 403
        for path in ["/livez", "/readyz"]:
            assert ask(gateway, target=path, source="127.4.1.1").status == 200
            assert ask(gateway, target=path, source="127.4.1.1", public=True).status == 200
        # The right address guesses no better.
        assert guess(gateway, 11, "127.4.0.9") == [401] * 10 + [429]


def test_forged_headers_change_nothing_and_real_proxies_do(environment, tmp_path):
    env = environment | {"LOLA_TRUSTED_PROXIES": "127.5.0.0/24", "IP_DENYLIST": "203.0.113.0/24",
                         "HTTP_RATE_LIMIT_PER_IP": "100000"}
    chance = random.Random(20261121)
    pieces = ["203.0.113.7", "127.5.0.1", "127.0.0.1", "10.0.0.1", "::1", "unknown", "", "for=203.0.113.7",
              "::ffff:203.0.113.9", "1.2.3.4:80", "0"]
    names = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "x-forwarded-for", "X-Client-IP", "True-Client-IP"]

    def forged() -> bytes:
        lines = [f"{chance.choice(names)}: {', '.join(chance.choices(pieces, k=chance.randint(1, 5)))}"
                 for _ in range(chance.randint(1, 4))]
        return "".join(line + "\r\n" for line in lines).encode()

    with Gateway.serve(tmp_path, env) as gateway:
        head = f"GET {LIST} HTTP/1.1\r\nHost: x\r\n"
        right = f"Authorization: Bearer {gateway.token}\r\n".encode()
        with Wire(gateway.management_port, source="127.6.0.1") as wire, \
                Wire(gateway.management_port, source="127.5.0.2") as proxy:
            for _ in range(500):
                assert wire.exchange(head.encode() + forged() + right + b"\r\n").status == 200
                # What the proxy appends stands rightmost and decides.
                real = b"X-Forwarded-For: 198.51.100.4\r\n"
                assert proxy.exchange(head.encode() + forged() + real + right + b"\r\n").status == 200
        denied = {"X-Forwarded-For": "198.51.100.4, 203.0.113.7"}
        assert ask(gateway, headers=bearer(gateway) | denied, source="127.5.0.2").status == 403
        assert ask(gateway, headers=bearer(gateway) | denied, source="127.6.0.2").status == 200
        # A lock-out through the proxy is one of the caller behind it, whatever he forges.
        for number in range(10):
            via = {"X-Forwarded-For": f"10.9.8.{number}, 198.51.100.9"}
            assert guess(gateway, 1, "127.5.0.2", via) == [401]
        via = {"X-Forwarded-For": "10.9.8.99, 198.51.100.9, 127.5.0.7"}
        assert ask(gateway, headers=bearer(gateway) | via, source="127.5.0.3").status == 429
        assert ask(gateway, headers=bearer(gateway) | {"X-Forwarded-For": "198.51.100.10"}, source="127.5.0.2").status == 200
        answer = ask(gateway, target="/admin/api/lockouts", headers=bearer(gateway))
        assert [item["address"] for item in answer.json()["items"]] == ["198.51.100.9"]
        assert "198.51.100" not in gateway.log


@pytest.mark.parametrize("variable", ["LOLA_LISTEN", "LOLA_MANAGEMENT_LISTEN"])
def test_demo_mode_does_not_start_where_others_can_reach_it(tmp_path, variable):
    gateway = Gateway.serve(tmp_path, {"DEMO_MODE": "true"})
    gateway.env[variable] = "0.0.0.0" + gateway.env[variable].removeprefix("127.0.0.1")
    code, said = gateway.refuses()
    assert code == 78 and "DEMO_MODE" in said


def test_demo_mode_asks_nobody_and_says_so_everywhere(environment, tmp_path):
    with Gateway.serve(tmp_path, environment | {"DEMO_MODE": "true"}) as gateway:
        assert "DEMO_MODE IS ON" in gateway.log and gateway.events("demo_mode")[0]["level"] == "error"
        for headers in ({}, WRONG, bearer(gateway)):
            answer = ask(gateway, headers=headers)
            assert answer.status == 200 and answer.header("X-Lola-Demo") == "true"
        assert ask(gateway, target="/nothing", public=True).header("X-Lola-Demo") == "true"
        with Wire(gateway.port) as wire:
            answer = wire.exchange(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n")
            assert answer.status == 400 and answer.header("X-Lola-Demo") == "true"
        # A page of another site that uses the browser of this machine is somebody else.
        assert ask(gateway, headers={"Sec-Fetch-Site": "cross-site"}).status == 401
        assert ask(gateway, headers={"Host": "evil.example"}).status == 401
        page = {"Origin": "https://evil.example", "Content-Type": "text/plain"}
        assert_problem(ask(gateway, "POST", "/admin/api/agents", page, body=b'{"id":"evil"}'), 401)
        assert_problem(gateway.manage("GET", "/admin/api/agents/evil"), 404)


def test_answers_made_before_routing_carry_the_headers_too(plain):
    for octets, status in [
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 17000 + b"\r\n\r\n", 431), (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414), (b"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505),
        (b"HEAD /livez HTTP/1.1\r\nHost: x\r\n\r\n", 200), (b"HEAD /nothing HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405),
    ]:
        for port in (plain.port, plain.management_port):
            with Wire(port) as wire:
                answer = wire.exchange(octets, "HEAD" if octets.startswith(b"HEAD") else "GET")
                assert answer.status == status
                assert_security_headers(answer)
                assert answer.header("Strict-Transport-Security") == "max-age=31536000; includeSubDomains"
