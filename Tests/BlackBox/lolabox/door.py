"""The guarded door from outside: requests of many addresses, tokens right and wrong, and what the answers say."""

from __future__ import annotations

import re

from .gateway import Gateway
from .wire import Answer, Wire, request

WRONG = {"Authorization": "Bearer wrong-token-canary-7c1e"}
LIST = "/admin/api/messages?limit=1"


def bearer(gateway: Gateway) -> dict[str, str]:
    return {"Authorization": f"Bearer {gateway.token}"}


def ask(gateway: Gateway, method: str = "GET", target: str = LIST, headers: dict[str, str] | None = None,
        source: str | None = None, body: bytes | None = None, public: bool = False) -> Answer:
    """One exchange on a connection of its own, from one of this machine's many loopback addresses."""
    with Wire(gateway.port if public else gateway.management_port, source=source) as wire:
        return wire.exchange(request(method, target, headers, body), method)


def guess(gateway: Gateway, count: int, source: str | None = None, headers: dict[str, str] | None = None) -> list[int]:
    """Wrong tokens, one after the other; the statuses."""
    return [ask(gateway, headers=WRONG | (headers or {}), source=source).status for _ in range(count)]


def quota(answer: Answer) -> tuple[str, int, int | None]:
    """Name, remaining and seconds of `RateLimit`, strictly read."""
    found = re.fullmatch(r'"(address|all)";r=(\d+)(?:;t=(\d+))?', answer.header("RateLimit") or "")
    assert found, answer.headers
    return found[1], int(found[2]), int(found[3]) if found[3] else None


def assert_retry_after(answer: Answer, low: int, high: int) -> int:
    seconds = int(answer.header("Retry-After"))
    assert low <= seconds <= high, answer.headers
    return seconds
