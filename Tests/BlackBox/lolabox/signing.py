"""Signatures of the providers, made from their documentation with Python's `hmac`."""

from __future__ import annotations

import hashlib
import hmac


def whatsapp_signature(app_secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature-256 for the raw body."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def whatsapp_headers(app_secret: str, body: bytes) -> dict[str, str]:
    return {"Content-Type": "application/json", "X-Hub-Signature-256": whatsapp_signature(app_secret, body)}


def telegram_headers(secret: str) -> dict[str, str]:
    return {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret}
