"""The WhatsApp Graph API: POST /v23.0/<phone_number_id>/messages."""

from __future__ import annotations

import itertools
import ssl

from .server import Received, Reply, StubServer


class GraphStub(StubServer):
    """Accepts every message with a fresh wamid unless the address has scripted replies left."""

    def __init__(self, tls: ssl.SSLContext | None = None):
        super().__init__(tls)
        self._scripts: dict[str, list[Reply]] = {}
        self._ids = itertools.count(1)

    @property
    def api_url(self) -> str:
        """The value of LOLA_WHATSAPP_API_URL."""
        return self.url + "/v23.0"

    @staticmethod
    def error(code: int, status: int = 400, details: str = "scripted", **headers: str) -> Reply:
        error = {"message": f"(#{code}) scripted", "type": "OAuthException", "code": code,
                 "error_data": {"messaging_product": "whatsapp", "details": details}, "fbtrace_id": "Az8or2yhqkZfEZ"}
        return Reply(status, {"error": error}, headers=dict(headers))

    def script(self, address: str, *replies: Reply) -> None:
        """The next answers for sends to `address` (digits or a business-scoped id)."""
        self._scripts.setdefault(address, []).extend(replies)

    @staticmethod
    def address_of(request: Received) -> str | None:
        body = request.json()
        address = body.get("to") or body.get("recipient")
        return address.lstrip("+") if address else None

    @staticmethod
    def is_message(request: Received) -> bool:
        """A send, as opposed to a read receipt or typing indicator."""
        return request.method == "POST" and "type" in request.json()

    def sends(self, address: str) -> list[Received]:
        """Every attempt to send to the address."""
        wanted = address.lstrip("+")
        return self.matching(lambda item: self.is_message(item) and self.address_of(item) == wanted)

    def wait_sends(self, address: str, count: int = 1, timeout: float = 10.0) -> list[dict]:
        """The bodies of at least `count` sends to the address."""
        wanted = address.lstrip("+")
        found = self.wait(lambda item: self.is_message(item) and self.address_of(item) == wanted, count, timeout)
        return [item.json() for item in found]

    def wait_texts(self, address: str, count: int = 1, timeout: float = 10.0) -> list[str]:
        return [body["text"]["body"] for body in self.wait_sends(address, count, timeout) if body["type"] == "text"]

    def answer(self, request: Received) -> Reply:
        if request.json().get("status") == "read":
            return Reply(200, {"success": True})
        address = self.address_of(request)
        script = self._scripts.get(address or "")
        if script:
            return script.pop(0)
        wamid = f"wamid.STUB{next(self._ids):06d}"
        return Reply(200, {"messaging_product": "whatsapp", "contacts": [{"input": address, "wa_id": address}],
                           "messages": [{"id": wamid}]})
