"""Waiting on conditions with a deadline; tests never sleep for a fixed time."""

from __future__ import annotations

import time
from typing import Callable, TypeVar

Value = TypeVar("Value")

POLL_SECONDS = 0.01


def eventually(read: Callable[[], Value], timeout: float = 10.0, what: str = "the condition") -> Value:
    """Calls `read` until it returns something true and returns that; fails after `timeout` seconds.

    An exception of `read` counts as "not yet" and is shown when time is up.
    """
    deadline = time.monotonic() + timeout
    last: object = None
    while True:
        try:
            value = read()
            if value:
                return value
            last = value
        except Exception as error:  # noqa: BLE001 - shown below when it stays
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {timeout} s; last: {last!r}")
        time.sleep(POLL_SECONDS)


def never(read: Callable[[], object], during: float, what: str) -> None:
    """Watches for `during` seconds that `read` stays false: only for effects that must not happen."""
    deadline = time.monotonic() + during
    while time.monotonic() < deadline:
        value = read()
        assert not value, f"{what}: {value!r}"
        time.sleep(POLL_SECONDS)
