"""Resend's API: POST /emails, and GET /emails/receiving/<id> for the text that a webhook leaves out."""

from __future__ import annotations

import itertools
import ssl

from .server import Received, Reply, StubServer


class ResendStub(StubServer):
    """Takes every mail with a fresh id; knows the mails it was told about, others are 404."""

    def __init__(self, tls: ssl.SSLContext | None = None):
        super().__init__(tls)
        self._mails: dict[str, list[Reply]] = {}
        self._scripts: dict[str, list[Reply]] = {}
        self._ids = itertools.count(1)

    def mail(self, email_id: str, *before: Reply, text: str | None = None, html: str | None = None,
             headers: dict | None = None) -> None:
        """A mail that came in; `before` are answered first."""
        content = {"object": "email", "id": email_id, "text": text, "html": html, "headers": headers or {}}
        self._mails[email_id] = [*before, Reply(200, content)]

    def script(self, address: str, *replies: Reply) -> None:
        self._scripts.setdefault(address, []).extend(replies)

    @staticmethod
    def is_send(request: Received) -> bool:
        return request.method == "POST" and request.path == "/emails"

    def wait_sends(self, address: str, count: int = 1, timeout: float = 10.0) -> list[Received]:
        return self.wait(lambda item: self.is_send(item) and item.json()["to"] == [address], count, timeout)

    def sends(self, address: str) -> list[Received]:
        return self.matching(lambda item: self.is_send(item) and item.json()["to"] == [address])

    def fetches(self, email_id: str) -> list[Received]:
        return self.matching(lambda item: item.path == f"/emails/receiving/{email_id}")

    def answer(self, request: Received) -> Reply:
        if self.is_send(request):
            script = self._scripts.get(request.json()["to"][0])
            return script.pop(0) if script else Reply(200, {"id": f"e-{next(self._ids):08x}"})
        replies = self._mails.get(request.path.rsplit("/", 1)[-1])
        if request.method != "GET" or not replies:
            return Reply(404, {"statusCode": 404, "name": "not_found", "message": "Email not found"})
        return replies.pop(0) if len(replies) > 1 else replies[0]
