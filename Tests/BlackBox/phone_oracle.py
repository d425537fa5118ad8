#!/usr/bin/env python3
"""Spellings of telephone numbers with the E.164 form that an independent library reads in them.

    python Tests/BlackBox/phone_oracle.py            write phone_oracle.txt beside this script
    python Tests/BlackBox/phone_oracle.py --check    exit 1 when the committed file differs

Needs `phonenumbers==9.0.43`, the version the phone table was made from. The file has one spelling a line, a
tab, and the answer of the library: E.164, or `-` where it refuses. The Swift test reads the file; `spellings()`
is also the source for a test that asks a running gateway (`POST /admin/api/dry-run/route`).
"""
import argparse
import pathlib
import random
import sys

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

TARGET = pathlib.Path(__file__).resolve().with_suffix(".txt")
SEED = 20261120
TYPES = [PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE, PhoneNumberType.VOIP]
NONGEOGRAPHIC = [800, 808, 870, 878, 881, 882, 883, 888, 979]
SCRIPTS = {"full-width": 0xFF10, "arabic": 0x660, "persian": 0x6F0, "devanagari": 0x966, "bengali": 0x9E6}
REFUSED = "-"


def in_script(text, zero):
    return "".join(chr(zero + ord(char) - 48) if char.isascii() and char.isdigit() else char for char in text)


def grouped(digits, generator, separators):
    """The digits in groups of two to four, divided by separators drawn from the list."""
    parts = []
    while digits:
        size = generator.randint(2, 4)
        parts.append(digits[:size])
        digits = digits[size:]
    text = parts[0]
    for part in parts[1:]:
        text += generator.choice(separators) + part
    return text


def read(text, region=None):
    """What the library reads; a refusal, and a number with an extension, are `-`."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return REFUSED
    if number.extension:
        return REFUSED
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def examples():
    seen = set()
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in TYPES:
            number = phonenumbers.example_number_for_type(region, kind)
            if number and phonenumbers.is_possible_number(number):
                e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
                if e164 not in seen:
                    seen.add(e164)
                    yield region, number, e164
    for code in NONGEOGRAPHIC:
        number = phonenumbers.example_number_for_non_geo_entity(code)
        yield None, number, phonenumbers.format_number(number, PhoneNumberFormat.E164)


def spellings_of(region, number, e164, generator):
    """Pairs of a spelling and the text (and dialling region) under which the library is asked for it."""
    digits = e164[1:]
    code = str(number.country_code)
    national = digits[len(code):]
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    yield international, international, None
    uri = phonenumbers.format_number(number, PhoneNumberFormat.RFC3966)
    yield uri, uri, None
    yield digits, e164, None
    choice = generator.randrange(8)
    if choice == 0:
        yield "00" + digits, "00" + digits, "GB"
    elif choice == 1:
        text = "011 " + grouped(digits, generator, [" ", "-"])
        yield text, text, "US"
    elif choice == 2:
        text = "+" + code + grouped(national, generator, [" ", "-", ".", "/", "\u2011", "\u00a0", "\uff0d"])
        yield text, text, None
    elif choice == 3:
        text = f"+{code} ({national[:2]}) {national[2:]}"
        yield text, text, None
    elif choice == 4:
        text = in_script("+" + grouped(digits, generator, [" ", "-"]), generator.choice(sorted(SCRIPTS.values())))
        yield text, text, None
    elif choice == 5:
        yield "whatsapp:" + e164, e164, None
    elif choice == 6:
        text = e164 + generator.choice([" x12", " ext. 5", ";ext=77", "#9"])
        yield text, text, None
    else:
        yield "\u202a" + international + "\u202c", international, None
    if region and generator.randrange(3) == 0:
        trunk = phonenumbers.ndd_prefix_for_region(region, True)
        if trunk:
            domestic = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
            for text in (f"+{code}{trunk}{national}", f"+{code} ({trunk}){national}", f"+{code} {domestic}"):
                yield text, text, None


def random_numbers(generator):
    """Any digits of a length that the numbering plan of the calling code knows, with and without a trunk prefix."""
    for code in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE):
        region = phonenumbers.region_code_for_country_code(code)
        if region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY:
            description = phonenumbers.PhoneMetadata.metadata_for_nongeo_region(code).general_desc
        else:
            description = phonenumbers.PhoneMetadata.metadata_for_region(region).general_desc
        lengths = [length for length in description.possible_length if len(str(code)) + length <= 15]
        trunk = phonenumbers.ndd_prefix_for_region(region, True) or ""
        for prefix in ["", "", "", trunk]:
            national = "".join(generator.choice("0123456789") for _ in range(generator.choice(lengths)))
            yield f"+{code}{prefix}{national}"


def spellings():
    generator = random.Random(SEED)
    seen = set()
    for region, number, e164 in examples():
        for text, asked, dialling in spellings_of(region, number, e164, generator):
            if text not in seen and "\t" not in text:
                seen.add(text)
                yield text, read(asked, dialling)
    for text in random_numbers(generator):
        if text not in seen:
            seen.add(text)
            yield text, read(text)


def render():
    lines = [
        f"# Spellings and what phonenumbers {phonenumbers.__version__} reads in them (E.164, or - for a refusal).",
        "# Written by Tests/BlackBox/phone_oracle.py; do not edit.",
    ]
    lines += [f"{text}\t{expected}" for text, expected in spellings()]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description="Generate the phone oracle.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    arguments = parser.parse_args()
    text = render()
    if not arguments.check:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    print(f"{TARGET.name} differs; run Tests/BlackBox/phone_oracle.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
