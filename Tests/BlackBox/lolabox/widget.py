"""A widget of the bank as a client: opens links, reads its session with PyJWT, seals with jwcrypto, calls back."""

from __future__ import annotations

import itertools
import json
import urllib.parse
from dataclasses import dataclass

import jwt
from jwcrypto import jwe, jwk

from .gateway import PUBLIC_URL, Gateway
from .tokens import published_keys
from .wire import Answer, Wire, fetch, request

JSON = {"Content-Type": "application/json"}

_addresses = itertools.count(1)


def fresh_address() -> str:
    """One of this machine's many loopback addresses: wrong credentials lock out the address they come from."""
    number = next(_addresses)
    return f"127.77.{number // 250}.{number % 250 + 1}"


def ask(gateway: Gateway, method: str, path: str, headers: dict[str, str] | None = None,
        body: bytes | None = None) -> Answer:
    """One exchange from an address of its own."""
    with Wire(gateway.port, source=fresh_address()) as wire:
        return wire.exchange(request(method, path, headers, body), method)


def path_of(url: str) -> str:
    """The path of one of the gateway's own URLs."""
    assert url.startswith(PUBLIC_URL + "/"), url
    return url[len(PUBLIC_URL):]


@dataclass
class Session:
    """What `POST /w/{link}/session`, or the creation of a ticket, gave."""

    gateway: Gateway
    data: dict

    @property
    def ticket_id(self) -> str:
        return self.data["ticket_id"]

    @property
    def token(self) -> str:
        return self.data["session_token"]

    def callback(self, outcome: str = "success") -> str:
        """The path of a callback."""
        return path_of(self.data["callbacks"][outcome])

    def claims(self) -> dict:
        """The claims, verified with the published keys."""
        header = jwt.get_unverified_header(self.token)
        assert header["alg"] == "ES256" and header["typ"] == "JWT" and set(header) == {"alg", "typ", "kid"}, header
        key = jwt.PyJWK(published_keys(self.gateway)[header["kid"]])
        return jwt.decode(self.token, key, algorithms=["ES256"], audience="widget", issuer=PUBLIC_URL,
                          options={"require": ["exp", "iat", "nbf", "aud", "iss", "sub", "jti"]})

    def seal(self, result: object) -> str:
        """The result sealed to the ticket's key, as a compact JWE."""
        header = {"alg": "ECDH-ES", "enc": "A256GCM"}
        sealed = jwe.JWE(json.dumps(result).encode(), json.dumps(header))
        sealed.add_recipient(jwk.JWK(**self.data["seal_key"]))
        return sealed.serialize(compact=True)

    def body(self, **members: object) -> bytes:
        return json.dumps({"ticket_id": self.ticket_id} | members).encode()

    def redeem(self, outcome: str = "success", body: bytes | None = None, path: str | None = None,
               token: str | None = "", headers: dict[str, str] | None = None) -> Answer:
        """A callback; `token` "" is the session's own, None sends none."""
        fields = JSON | (headers or {})
        if token is not None:
            fields["Authorization"] = f"Bearer {token or self.token}"
        if body is None:
            body = self.body(result={"token": "tok_1", "display": "Visa ending 1234"})
        return ask(self.gateway, "POST", path or self.callback(outcome), fields, body)


def create_ticket(gateway: Gateway, phone: str, operation: str = "cip", status: int = 201, **more: object) -> dict:
    """`POST /v1/tickets` for a conversation on WhatsApp."""
    body = {"conversation": conversation(phone), "operation": operation} | more
    answer = v1(gateway, "POST", "tickets", body)
    assert answer.status == status, answer
    return answer.json()


def conversation(phone: str) -> str:
    from .payloads import PHONE_NUMBER_ID
    return f"whatsapp:{PHONE_NUMBER_ID}:{phone.lstrip('+')}"


def v1(gateway: Gateway, method: str, path: str, body: object = None, token: str | None = "") -> Answer:
    headers = {} if token is None else {"Authorization": f"Bearer {token or gateway.token}"}
    data = None
    if body is not None:
        headers |= JSON
        data = json.dumps(body).encode()
    return ask(gateway, method, "/v1/" + path, headers, data)


def open_link(gateway: Gateway, link: str, headers: dict[str, str] | None = None) -> Session:
    """What the page behind a link does first."""
    answer = fetch(gateway.port, "POST", path_of(link) + "/session", headers, b"")
    assert answer.status == 200, answer
    return Session(gateway, answer.json())


def link_in(text: str) -> str:
    """The link in a text that went to the sender."""
    start = text.index(PUBLIC_URL + "/w/")
    link = text[start:].split()[0]
    assert urllib.parse.urlsplit(link).path.count("/") == 2, link
    return link
