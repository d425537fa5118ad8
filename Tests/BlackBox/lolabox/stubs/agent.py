"""The bank's agents: POST /agents/<name>, one server for all five."""

from __future__ import annotations

import ssl

from .server import Received, Reply, StubServer

AGENTS = ("onboarding", "sender_home", "blocked", "pending_cip", "service_unavailable")


class AgentStub(StubServer):
    """Answers `<agent> heard: <text>` unless the sender of the conversation has scripted replies left."""

    def __init__(self, tls: ssl.SSLContext | None = None):
        super().__init__(tls)
        self._scripts: dict[str, list[Reply]] = {}

    def agent_url(self, name: str) -> str:
        return f"{self.url}/agents/{name}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point the gateway at this stub."""
        return {f"LOLA_AGENT_{name.upper()}_URL": self.agent_url(name) for name in AGENTS}

    # Scripts

    @staticmethod
    def says(*texts: str, **more: object) -> Reply:
        return Reply(200, {"replies": [{"type": "text", "text": text} for text in texts], **more})

    @staticmethod
    def replies(*items: dict, **more: object) -> Reply:
        return Reply(200, {"replies": list(items), **more})

    def script(self, sender: str | int, *replies: Reply) -> None:
        """The next answers in the conversations of a sender (digits as the channel gives them)."""
        self._scripts.setdefault(str(sender).lstrip("+"), []).extend(replies)

    def forget(self, sender: str | int) -> None:
        """Drops what is left of a script."""
        self._scripts.pop(str(sender).lstrip("+"), None)

    # What came in

    @staticmethod
    def sender_of(request: Received) -> str:
        return request.json()["conversation"].rsplit(":", 1)[-1].lstrip("+")

    @staticmethod
    def name_of(request: Received) -> str:
        return request.path.rsplit("/", 1)[-1]

    def calls(self, sender: str | int) -> list[Received]:
        wanted = str(sender).lstrip("+")
        return self.matching(lambda item: self.sender_of(item) == wanted)

    def wait_calls(self, sender: str | int, count: int = 1, timeout: float = 10.0) -> list[Received]:
        wanted = str(sender).lstrip("+")
        return self.wait(lambda item: self.sender_of(item) == wanted, count, timeout)

    def wait_call(self, sender: str | int, timeout: float = 10.0) -> Received:
        return self.wait_calls(sender, 1, timeout)[0]

    def answer(self, request: Received) -> Reply:
        script = self._scripts.get(self.sender_of(request))
        if script:
            return script.pop(0)
        return self.says(f"{self.name_of(request)} heard: {request.json()['message']['text']}")
