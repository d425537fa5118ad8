"""Phone normalisation against the phone-number library of PyPI: 3,000 generated spellings of one seed."""

from __future__ import annotations

import json
import random

import phonenumbers
from phonenumbers import PhoneNumberFormat as Format

from lolabox.wire import Wire, request

SPELLINGS = 3000


def _spellings(generator: random.Random) -> list[tuple[str, str]]:
    """Pairs of a spelling and the E.164 that the library reads in it."""
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    pairs = []
    while len(pairs) < SPELLINGS:
        number = phonenumbers.example_number_for_type(generator.choice(regions), phonenumbers.PhoneNumberType.MOBILE)
        if number is None:
            continue
        # Other digits at the end: possible, whether or not they are assigned.
        national = number.national_number - number.national_number % 1000 + generator.randrange(1000)
        number = phonenumbers.PhoneNumber(country_code=number.country_code, national_number=national,
                                          italian_leading_zero=number.italian_leading_zero)
        if not phonenumbers.is_possible_number(number):
            continue
        e164 = phonenumbers.format_number(number, Format.E164)
        spelled = generator.choice([
            e164, phonenumbers.format_number(number, Format.INTERNATIONAL),
            phonenumbers.format_number(number, Format.RFC3966), e164[1:], "00" + e164[1:], "011" + e164[1:],
            e164.translate({ord(str(digit)): 0xFF10 + digit for digit in range(10)}),
            "-".join([e164[:3], e164[3:6], e164[6:]]),
        ])
        pairs.append((spelled, e164))
    return pairs


def test_agreement_with_the_phone_number_library(stack):
    disagreements = []
    with Wire(stack.gateway.management_port) as wire:
        for spelled, e164 in _spellings(random.Random(20261120)):
            body = json.dumps({"channel": "whatsapp", "from": spelled, "text": "hola"}).encode()
            headers = {"Authorization": f"Bearer {stack.gateway.token}", "Content-Type": "application/json"}
            answer = wire.exchange(request("POST", "/admin/api/dry-run/route", headers, body), "POST")
            assert answer.status == 200, answer
            phone = answer.json()["phone"]
            if phone != e164 and not _explained(phone, e164):
                disagreements.append((spelled, e164, phone))
    assert not disagreements, disagreements[:20]


def _explained(phone: str | None, e164: str) -> bool:
    """WhatsApp writes some mobile numbers in an older form; the canonical one is what banks know (CONTRACT §5)."""
    old_mexico = e164.startswith("+521") and len(e164) == 14
    old_brazil = e164.startswith("+55") and len(e164) == 13 and phone == f"{e164[:5]}9{e164[5:]}"
    return old_mexico or old_brazil
