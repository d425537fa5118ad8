"""What every error answer must look like (CONTRACT §4)."""

from __future__ import annotations

from .wire import Answer


def assert_problem(answer: Answer, status: int, code: str | None = None) -> dict:
    """`application/problem+json` with exactly the five members; returns it."""
    assert answer.status == status, answer
    assert answer.header("Content-Type") == "application/problem+json", answer
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "code", "request_id"}, problem
    assert problem["status"] == status
    assert problem["code"] and problem["code"].replace("_", "").isalnum() and problem["code"].islower()
    assert problem["request_id"] and problem["title"] and problem["type"]
    if code is not None:
        assert problem["code"] == code
    return problem


def assert_security_headers(answer: Answer, policy: str = "default-src 'none'") -> None:
    assert answer.header("X-Frame-Options") == "DENY"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("X-XSS-Protection") == "1; mode=block"
    assert answer.header("Referrer-Policy") == "strict-origin-when-cross-origin"
    assert policy in (answer.header("Content-Security-Policy") or "")
