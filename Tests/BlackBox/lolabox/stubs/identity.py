"""The bank's identity service: GET /senders/<percent-encoded E.164>, answers scripted per phone."""

from __future__ import annotations

import ssl
import urllib.parse

from .server import Received, Reply, StubServer


class IdentityStub(StubServer):
    """Phones it was not told about are unknown: 200 {"sender": null}."""

    TOKEN = "identity-token-canary-7731"

    def __init__(self, tls: ssl.SSLContext | None = None):
        super().__init__(tls)
        self._replies: dict[str, Reply] = {}

    @property
    def template(self) -> str:
        """The value of LOLA_IDENTITY_URL."""
        return self.url + "/senders/{phone}"

    # Scripts

    def person(self, phone: str, verdict: str = "passed", **more: object) -> dict:
        """Makes `phone` known and returns the sender object."""
        sender = {
            "id": "snd_" + phone.lstrip("+"),
            "name": "Ana Prueba",
            "phone": phone,
            "country": "US",
            "verdict": verdict,
            "is_blocked": verdict == "blocked",
            "cards": ["Visa ending 1234"],
            "payment_methods": [{"type": "card", "display": "Visa ending 1234"}],
            **more,
        }
        self.reply(phone, Reply(200, {"sender": sender}))
        return sender

    def reply(self, phone: str, reply: Reply) -> None:
        self._replies[phone] = reply

    def asked(self, phone: str) -> list[Received]:
        return self.matching(lambda request: self.phone_of(request) == phone)

    def order(self, phones: set[str]) -> list[str]:
        """In which order these phones were asked for."""
        return [phone for phone in map(self.phone_of, list(self.requests)) if phone in phones]

    @staticmethod
    def phone_of(request: Received) -> str:
        return urllib.parse.unquote(request.path.rsplit("/", 1)[-1])

    def answer(self, request: Received) -> Reply:
        return self._replies.get(self.phone_of(request), Reply(200, {"sender": None}))
