"""TLS on both sides: the native listener, and services whose certificate must be right (issue 2, CONTRACT §3)."""

from __future__ import annotations

import socket
import ssl

import pytest

from conftest import RETRY_SETTINGS, Stack
from lolabox import payloads, signing
from lolabox.gateway import APP_SECRET, Gateway
from lolabox.payloads import fresh_phone
from lolabox.stubs import AgentStub, GraphStub, IdentityStub, RawStub, TelegramStub
from lolabox.stubs.raw import BEHAVIOURS, GOOD_BODY
from lolabox.tls import TestCA
from lolabox.waiting import eventually
from lolabox.wire import Wire, request

LIVEZ = request("GET", "/livez")


# The native listener

class TLSGateway(Gateway):
    """A gateway whose public listener speaks TLS; its probe does too."""

    trust: TestCA

    def context(self, **options: object) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.trust.file))
        for name, value in options.items():
            setattr(context, name, value)
        return context

    def _is_ready(self) -> bool:
        with Wire(self.port, tls=self.context()) as wire:
            return wire.exchange(request("GET", "/readyz")).status == 200


@pytest.fixture(scope="module")
def tls_gateway(environment, ca, tmp_path_factory):
    leaf = ca.leaf("listener")
    env = environment | {"LOLA_TLS_CERTIFICATE_FILE": str(leaf.certificate_file),
                         "LOLA_TLS_KEY_FILE": str(leaf.key_file)}
    TLSGateway.trust = ca
    with TLSGateway.serve(tmp_path_factory.mktemp("tls"), env) as gateway:
        yield gateway


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_are_served(tls_gateway, version):
    context = tls_gateway.context(minimum_version=version, maximum_version=version)
    with Wire(tls_gateway.port, tls=context) as wire:
        assert wire.exchange(LIVEZ).status == 200
        assert wire.exchange(LIVEZ).status == 200
        assert wire.socket.version() == version.name.replace("_", ".")


def test_old_versions_are_refused(tls_gateway):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        Wire(tls_gateway.port, tls=context)


def test_a_large_pipelined_webhook_over_tls(tls_gateway, stack):
    phone = fresh_phone()
    body = payloads.whatsapp_text(phone, "tls")
    body += b" " * (1_000_000 - len(body))
    data = request("POST", "/webhooks/whatsapp", signing.whatsapp_headers(APP_SECRET, body), body)
    with Wire(tls_gateway.port, tls=tls_gateway.context()) as wire:
        wire.send(data + LIVEZ)
        assert [wire.read("POST").status, wire.read().status] == [200, 200]
    stack.agents.wait_call(phone)


def test_octet_by_octet_over_tls(tls_gateway):
    with Wire(tls_gateway.port, tls=tls_gateway.context()) as wire:
        wire.drip(LIVEZ)
        assert wire.read().status == 200


def test_resumption(tls_gateway):
    context = tls_gateway.context(maximum_version=ssl.TLSVersion.TLSv1_2)
    first = context.wrap_socket(socket.create_connection(("127.0.0.1", tls_gateway.port)), server_hostname="localhost")
    session = first.session
    first.close()
    second = context.wrap_socket(socket.create_connection(("127.0.0.1", tls_gateway.port)), server_hostname="localhost",
                                 session=session)
    with second:
        second.sendall(LIVEZ)
        assert second.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize("octets", [LIVEZ, b"\x16\x03\x01\xff\xff" + b"\x00" * 64, b"\x16\x03\x01\x00\x05hello",
                                    b"\x80\x2e\x01\x00\x02" + b"\x00" * 60, b"\x00" * 300],
                         ids=["plain HTTP", "oversized record", "garbage record", "SSLv2", "zeros"])
def test_what_is_not_tls_is_closed(tls_gateway, octets):
    with Wire(tls_gateway.port) as wire:
        wire.send(octets)
        assert wire.closed_after(12) < 12
    with Wire(tls_gateway.port, tls=tls_gateway.context()) as wire:
        assert wire.exchange(LIVEZ).status == 200


# Services over TLS

@pytest.fixture(scope="module")
def tls_services(ca):
    leaf = ca.leaf("services")
    with (IdentityStub(leaf.server_context()) as identity, GraphStub(leaf.server_context()) as graph,
          TelegramStub(leaf.server_context()) as bot, AgentStub(leaf.server_context()) as agents):
        yield identity, graph, bot, agents


@pytest.fixture(scope="module")
def tls_stack(tls_services, environment, ca, tmp_path_factory):
    """All services over TLS, under an authority the gateway was told of by OpenSSL's own variable."""
    identity, graph, bot, agents = tls_services
    env = environment | {"LOLA_IDENTITY_URL": identity.template, "LOLA_WHATSAPP_API_URL": graph.api_url,
                         "LOLA_TELEGRAM_API_URL": bot.url, **agents.environment, "SSL_CERT_FILE": str(ca.file)}
    with Gateway.serve(tmp_path_factory.mktemp("tlsout"), env, RETRY_SETTINGS) as gateway:
        yield Stack(gateway, *tls_services)


def test_the_whole_way_over_tls(tls_stack):
    phone = tls_stack.person()
    tls_stack.gateway.say(phone, "hola")
    assert tls_stack.graph.wait_texts(phone) == ["sender_home heard: hola"]
    user = payloads.fresh_user()
    tls_stack.gateway.telegram(payloads.telegram_text(user, "hola"))
    assert tls_stack.bot.wait_sends(user)[0]["text"] == "onboarding heard: hola"


def _unavailable(own, phone: str) -> None:
    own.gateway.say(phone, "hola")
    envelope = own.agents.wait_call(phone).json()
    assert (envelope["agent"], envelope["unavailable_service"]) == ("service_unavailable", True)


CERTIFICATES = {
    "expired": lambda ca, foreign: ca.leaf("expired", expired=True),
    "another name": lambda ca, foreign: ca.leaf("another", names=("other.example",)),
    "wildcard too wide": lambda ca, foreign: ca.leaf("wildcard", names=("*",)),
    "foreign authority": lambda ca, foreign: foreign.leaf("foreign"),
}


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in CERTIFICATES.items()])
def test_a_wrong_certificate_is_a_failure_never_trust(own_stack, ca, foreign_ca, make):
    leaf = make(ca, foreign_ca)
    with IdentityStub(leaf.server_context()) as identity:
        own = own_stack(env={"LOLA_IDENTITY_URL": identity.template, "SSL_CERT_FILE": str(ca.file)})
        phone = fresh_phone()
        identity.person(phone)
        _unavailable(own, phone)
        # Not a word was said to the stranger.
        assert not identity.requests


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in CERTIFICATES.items()])
def test_no_credential_and_no_message_reaches_a_stranger(own_stack, ca, foreign_ca, make):
    leaf = make(ca, foreign_ca)
    with GraphStub(leaf.server_context()) as graph, AgentStub(leaf.server_context()) as agents:
        own = own_stack(env={"LOLA_WHATSAPP_API_URL": graph.api_url, "SSL_CERT_FILE": str(ca.file),
                             "LOLA_AGENT_SENDER_HOME_URL": agents.agent_url("sender_home")})
        known, unknown = own.person(), fresh_phone()
        keys = [own.gateway.say(known, "hola"), own.gateway.say(unknown, "hola")]
        for key in keys:
            eventually(lambda key=key: own.gateway.record(key)["status"] == "dead_letter"
                       or own.gateway.record(key)["delivery"]["status"] == "failed", 20, f"the failure of {key}")
        assert not graph.requests and not agents.requests


def test_without_the_authority_the_same_service_is_not_trusted(own_stack, ca):
    with IdentityStub(ca.leaf("untold").server_context()) as identity:
        own = own_stack(env={"LOLA_IDENTITY_URL": identity.template})
        phone = fresh_phone()
        identity.person(phone)
        _unavailable(own, phone)
        assert not identity.requests


def test_without_any_authority_the_gateway_says_so_and_serves(own_stack, ca, tmp_path):
    """A bundle that is missing is no reason to trust, and none to be silent."""
    nowhere = {"SSL_CERT_FILE": str(tmp_path / "missing.pem"), "SSL_CERT_DIR": str(tmp_path / "missing")}
    with IdentityStub(ca.leaf("nobody").server_context()) as identity:
        own = own_stack(env={"LOLA_IDENTITY_URL": identity.template, **nowhere})
        lines = eventually(lambda: [line for line in own.gateway.stdout.splitlines() if "https_unavailable" in line],
                           10, "the line https_unavailable")
        assert '"error"' in lines[0] and "no_authorities" in lines[0]
        phone = fresh_phone()
        identity.person(phone)
        _unavailable(own, phone)
        assert not identity.requests


def test_a_handshake_that_stops_in_the_middle_is_a_failure(own_stack, ca):
    with RawStub(None) as stub:
        own = own_stack(env={"LOLA_IDENTITY_URL": stub.url + "/senders/{phone}", "SSL_CERT_FILE": str(ca.file),
                             "LOLA_IDENTITY_TIMEOUT": "700ms"})
        _unavailable(own, fresh_phone())
        assert stub.connections


def test_a_plain_service_where_tls_is_expected_is_a_failure(own_stack, ca):
    with IdentityStub() as plain:
        own = own_stack(env={"LOLA_IDENTITY_URL": plain.template.replace("http:", "https:"),
                             "SSL_CERT_FILE": str(ca.file)})
        _unavailable(own, fresh_phone())


@pytest.mark.parametrize("name", ["close in the body", "length too short", "endless body", "huge head", "reset",
                                  "silent"])
def test_a_lying_socket_over_tls(own_stack, ca, name):
    with RawStub(BEHAVIOURS[name], ca.leaf("liar").server_context()) as liar:
        own = own_stack(env={"LOLA_IDENTITY_URL": liar.url + "/senders/{phone}", "SSL_CERT_FILE": str(ca.file),
                             "LOLA_IDENTITY_TIMEOUT": "700ms"})
        _unavailable(own, fresh_phone())


def test_a_body_cut_by_the_end_of_the_connection_is_not_believed(own_stack, ca):
    """Without a length only close_notify ends a body; a bare end of the TCP stream is a truncation attack."""
    def cut(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + GOOD_BODY)
        # Ends TCP without TLS's closing alert.
        socket.socket(fileno=connection.detach()).close()
    with RawStub(cut, ca.leaf("cut").server_context()) as liar:
        own = own_stack(env={"LOLA_IDENTITY_URL": liar.url + "/senders/{phone}", "SSL_CERT_FILE": str(ca.file)})
        _unavailable(own, fresh_phone())
