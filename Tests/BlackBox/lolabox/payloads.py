"""Bodies of provider webhooks, and fresh ids so that tests sharing one gateway never meet."""

from __future__ import annotations

import itertools
import json
import time

PHONE_NUMBER_ID = "106540352242922"

_numbers = itertools.count(1)


def fresh_phone() -> str:
    """A North American number nobody else in this run uses, in E.164."""
    return f"+1202{5550000 + next(_numbers)}"


def fresh_id(prefix: str = "wamid.BB") -> str:
    return f"{prefix}{next(_numbers):06d}"


def fresh_user() -> int:
    """A Telegram user id."""
    return 70_000_000 + next(_numbers)


def encode(body: object) -> bytes:
    """JSON the way Meta writes it: ASCII with escapes, so that re-serialising breaks a signature."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


def whatsapp_message(sender: str | None, kind: str = "text", message_id: str | None = None, **parts: object) -> dict:
    """One element of `messages`; `sender` in E.164 or None for a sender without a number."""
    message: dict = {"id": message_id or fresh_id(), "timestamp": str(int(time.time())), "type": kind, **parts}
    if sender is not None:
        message["from"] = sender.lstrip("+")
    return message


def whatsapp_text_message(sender: str, text: str, message_id: str | None = None) -> dict:
    return whatsapp_message(sender, "text", message_id, text={"body": text})


def whatsapp_batch(messages: list[dict], name: str = "Ana", phone_number_id: str = PHONE_NUMBER_ID) -> dict:
    """The envelope around messages: one change, one contact for every sender."""
    contacts = []
    for sender in {message["from"] for message in messages if "from" in message}:
        contacts.append({"profile": {"name": name}, "wa_id": sender})
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": phone_number_id},
        "contacts": contacts,
        "messages": messages,
    }
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "102290129340398", "changes": [{"value": value, "field": "messages"}]}],
    }


def whatsapp_text(sender: str, text: str, message_id: str | None = None) -> bytes:
    return encode(whatsapp_batch([whatsapp_text_message(sender, text, message_id)]))


def telegram_user(user: int, name: str = "Ana") -> dict:
    return {"id": user, "is_bot": False, "first_name": name, "language_code": "es"}


def telegram_message(user: int, update_id: int | None = None, **parts: object) -> bytes:
    """An update with a message in the private chat of `user`."""
    message = {
        "message_id": next(_numbers),
        "from": telegram_user(user),
        "chat": {"id": user, "first_name": "Ana", "type": "private"},
        "date": int(time.time()),
        **parts,
    }
    return encode({"update_id": update_id or 400_000_000 + next(_numbers), "message": message})


def telegram_text(user: int, text: str, update_id: int | None = None) -> bytes:
    return telegram_message(user, update_id, text=text)


def telegram_contact(user: int, phone: str, owner: int | None = None, **parts: object) -> bytes:
    """`user` shares a contact card; `owner` is whose card it is (their own when None)."""
    contact = {"phone_number": phone, "first_name": "Ana", "user_id": user if owner is None else owner}
    return telegram_message(user, contact=contact, **parts)


def telegram_callback(user: int, data: str, update_id: int | None = None) -> bytes:
    query = {
        "id": str(4_000_000_000 + next(_numbers)),
        "from": telegram_user(user),
        "chat_instance": "-3543",
        "message": {
            "message_id": next(_numbers),
            "from": {"id": 1, "is_bot": True, "first_name": "Lola"},
            "chat": {"id": user, "first_name": "Ana", "type": "private"},
            "date": int(time.time()),
            "text": "Choose",
        },
        "data": data,
    }
    return encode({"update_id": update_id or 400_000_000 + next(_numbers), "callback_query": query})
