"""Twilio's Messages API: POST /2010-04-01/Accounts/<SID>/Messages.json."""

from __future__ import annotations

import itertools
import ssl
import urllib.parse

from .server import Received, Reply, StubServer


class TwilioStub(StubServer):
    """Accepts every message with a fresh SID unless the address has scripted replies left."""

    def __init__(self, tls: ssl.SSLContext | None = None):
        super().__init__(tls)
        self._scripts: dict[str, list[Reply]] = {}
        self._ids = itertools.count(1)

    @staticmethod
    def error(code: int, status: int = 400, **headers: str) -> Reply:
        return Reply(status, {"code": code, "message": "scripted", "more_info": "", "status": status},
                     headers=dict(headers))

    def script(self, address: str, *replies: Reply) -> None:
        """The next answers for messages to `address`, as it stands in `To`."""
        self._scripts.setdefault(address, []).extend(replies)

    @staticmethod
    def form(request: Received) -> dict[str, str]:
        pairs = urllib.parse.parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True)
        assert len(dict(pairs)) == len(pairs), pairs
        return dict(pairs)

    def wait_sends(self, address: str, count: int = 1, timeout: float = 10.0) -> list[Received]:
        """At least `count` attempts to send to the address."""
        return self.wait(lambda item: self.form(item).get("To") == address, count, timeout)

    def sends(self, address: str) -> list[Received]:
        return self.matching(lambda item: self.form(item).get("To") == address)

    def answer(self, request: Received) -> Reply:
        script = self._scripts.get(self.form(request).get("To", ""))
        if script:
            return script.pop(0)
        return Reply(201, {"sid": f"SM{next(self._ids):032x}", "status": "queued"})
