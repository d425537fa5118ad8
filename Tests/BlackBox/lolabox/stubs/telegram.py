"""The Telegram Bot API: POST /bot<token>/<method>."""

from __future__ import annotations

import itertools
import ssl

from .server import Received, Reply, StubServer


class TelegramStub(StubServer):
    def __init__(self, tls: ssl.SSLContext | None = None):
        super().__init__(tls)
        self._scripts: dict[int, list[Reply]] = {}
        self._ids = itertools.count(1)

    @staticmethod
    def error(code: int, description: str, retry_after: int | None = None) -> Reply:
        body: dict = {"ok": False, "error_code": code, "description": description}
        if retry_after is not None:
            body["parameters"] = {"retry_after": retry_after}
        return Reply(code, body)

    def script(self, chat: int, *replies: Reply) -> None:
        self._scripts.setdefault(chat, []).extend(replies)

    @staticmethod
    def method_of(request: Received) -> str:
        return request.path.rsplit("/", 1)[-1]

    def _is_send(self, request: Received, chat: int) -> bool:
        return self.method_of(request) == "sendMessage" and int(request.json().get("chat_id", 0)) == chat

    def sends(self, chat: int) -> list[Received]:
        return self.matching(lambda item: self._is_send(item, chat))

    def wait_sends(self, chat: int, count: int = 1, timeout: float = 10.0) -> list[dict]:
        return [item.json() for item in self.wait(lambda item: self._is_send(item, chat), count, timeout)]

    def answer(self, request: Received) -> Reply:
        method = self.method_of(request)
        if method == "sendMessage":
            body = request.json()
            chat = int(body["chat_id"])
            script = self._scripts.get(chat)
            if script:
                return script.pop(0)
            result = {"message_id": next(self._ids), "date": 1, "chat": {"id": chat, "type": "private"},
                      "text": body["text"]}
            return Reply(200, {"ok": True, "result": result})
        if method in ("answerCallbackQuery", "sendChatAction", "setWebhook"):
            return Reply(200, {"ok": True, "result": True})
        return self.error(404, "Not Found")
