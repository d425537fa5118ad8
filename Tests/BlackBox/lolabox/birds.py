"""Canaries: people, cards, secrets and links that exist nowhere else, and a search for them in whatever dress."""

from __future__ import annotations

import base64
import binascii
import re
import urllib.parse
from dataclasses import dataclass

#: Every name, text, secret, link and id of a canary holds one of these; numbers begin with theirs.
WORDS = ("kanarievogelnaam", "kanariegeheimwoord", "kanariekoppeling", "kanariezinnetje", "kanarieberichtnummer")
PHONES = "1204555"
CARDS = "424242"

_WORD = re.compile(("|".join(WORDS)).encode(), re.IGNORECASE)
_PHONE = re.compile(rb"1[ .\-(]{0,2}204[ .\-)]{0,2}555[ .\-]?\d{4}(?!\d)")
_CARD = re.compile(rb"4242[ .\-]?42\d\d[ .\-]?\d{4}[ .\-]?\d{4}")
_RUN64 = re.compile(rb"[A-Za-z0-9+/_\-]{12,}")
_RUN16 = re.compile(rb"[0-9A-Fa-f]{16,}")


def luhn(digits: str) -> str:
    """The digits with their check digit."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


@dataclass(frozen=True)
class Bird:
    """One person of 10,000, with everything that must stay between the channel and the agent."""

    number: int

    @property
    def phone(self) -> str:
        return f"{PHONES}{self.number:04d}"

    @property
    def name(self) -> str:
        return f"Kanarievogelnaam {self.number:04d} Apellido"

    @property
    def card(self) -> str:
        return luhn(f"{CARDS}{self.number:09d}")

    @property
    def secret(self) -> str:
        return f"sk_live_kanarieGeheimWoord{self.number:04d}xQ7"

    @property
    def link(self) -> str:
        return f"https://kanariekoppeling.example/{self.number:04d}?token={self.number:04d}"

    @property
    def native_id(self) -> str:
        return f"wamid.kanarieberichtnummer{self.number:04d}"

    @property
    def text(self) -> str:
        card = self.card
        spaced = " ".join(card[at:at + 4] for at in range(0, 16, 4))
        return (f"kanariezinnetje {self.number}: soy {self.name}, +{self.phone}, tarjeta {card} / {spaced}, "
                f"clave {self.secret}, {self.link}")


def _plain(data: bytes) -> list[bytes]:
    return [found for pattern in (_WORD, _PHONE, _CARD) for found in pattern.findall(data)]


def _decoded(data: bytes):
    """What runs of hex digits and of base64 stand for, wherever in them it begins."""
    for run in _RUN16.findall(data):
        for start in (0, 1):
            part = run[start:]
            yield binascii.unhexlify(part[:len(part) & ~1])
    for run in _RUN64.findall(data):
        run = run.replace(b"-", b"+").replace(b"_", b"/")
        for start in range(4):
            part = run[start:]
            yield base64.b64decode(part + b"A" * (-len(part) % 4)) if len(part) % 4 != 1 else base64.b64decode(part[:-1])


def search(data: bytes) -> list[bytes]:
    """All that is found of any canary: as it is, in another case, from behind, as hex, as base64 of both kinds and any
    alignment, percent-encoded, with zeros between the octets."""
    found = _plain(data) + _plain(data[::-1])
    if b"%" in data:
        found += _plain(urllib.parse.unquote_to_bytes(data))
    if b"\x00" in data:
        found += _plain(data.replace(b"\x00", b""))
    found += _plain(b"\n".join(_decoded(data)))
    return found
