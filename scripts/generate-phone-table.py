#!/usr/bin/env python3
"""Writes Sources/LolaCore/Gateway/PhoneTable.swift from the phone_table.json test vector.

    scripts/generate-phone-table.py            write the file
    scripts/generate-phone-table.py --check    exit 1 when the committed file differs

The output depends on the vector and on this script only: no clock, no environment, sorted order.
"""
import argparse
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
VECTOR = ROOT.parent / "shared" / "vectors" / "phone_table.json"
TARGET = ROOT / "Sources" / "LolaCore" / "Gateway" / "PhoneTable.swift"

# The longest national number that still fits 15 digits behind a one-digit calling code.
LONGEST_NATIONAL = 14

# Trunk rules, by the raw values of PhoneTrunk.
NONE, ZERO, ZERO_BEFORE_NONZERO, ZERO_SIX, EIGHT, ONE, ZERO_OR_EIGHT, BELARUS, ARGENTINA, ZERO_IF_NEEDED = range(10)

# Codes whose parsing rule is more than one trunk prefix: Gabon's old zero, Lithuania's two prefixes,
# the two-digit 80 of Belarus, the mobile 15 of Argentina.
OWN_RULES = {"241": ZERO_IF_NEEDED, "370": ZERO_OR_EIGHT, "375": BELARUS, "54": ARGENTINA}

# Leading digits the vector does not hold: regions that share a calling code without a rule of their own.
OWN_LEADS = {
    "CA": """204 226 236 249 250 257 263 273 289 306 343 354 365 367 368 382 403 416 418 428 431 437 438 450 468 474
             506 514 519 548 579 581 584 587 604 613 639 647 672 683 705 709 742 753 778 780 782 807 819 825 867 873
             879 902 905 942""".split(),
    "GG": ["1481", "7781", "7839", "7911"],
    "JE": ["1534", "7509", "7797", "7829", "7937"],
    "CC": ["89162"],
    "CX": ["89164"],
    "EH": ["5288", "5289"],
    "YT": ["269", "639"],
}


def expand(pattern):
    """Every string a finite pattern of literals, [..], \\d, (..), | and ? can match, in pattern order."""
    strings, rest = _alternatives(pattern)
    if rest:
        raise ValueError(f"cannot expand {pattern!r}: {rest!r} is left")
    return strings


def _alternatives(text):
    found = []
    current = [""]
    while text and text[0] != ")":
        if text[0] == "|":
            found += current
            current = [""]
            text = text[1:]
            continue
        choices, text = _atom(text)
        if text.startswith("?"):
            choices = choices + [""]
            text = text[1:]
        current = [head + tail for head in current for tail in choices]
    return found + current, text


def _atom(text):
    if text.startswith("("):
        inner, rest = _alternatives(text[3:] if text.startswith("(?:") else text[1:])
        if not rest.startswith(")"):
            raise ValueError("an open group")
        return inner, rest[1:]
    if text.startswith("["):
        end = text.index("]")
        return _class(text[1:end]), text[end + 1:]
    if text.startswith("\\d"):
        return list("0123456789"), text[2:]
    if text[0].isdigit():
        return [text[0]], text[1:]
    raise ValueError(f"unknown syntax {text!r}")


def _class(body):
    members = []
    while body:
        if body[1:2] == "-":
            members += [chr(code) for code in range(ord(body[0]), ord(body[2]) + 1)]
            body = body[3:]
        else:
            members.append(body[0])
            body = body[1:]
    return members


def trunk_rule(code):
    if code["cc"] in OWN_RULES:
        return OWN_RULES[code["cc"]]
    trunk = code.get("trunk")
    if trunk == "0":
        return ZERO_BEFORE_NONZERO if code.get("lead0") else ZERO
    return {None: NONE, "06": ZERO_SIX, "8": EIGHT, "1": ONE}[trunk]


def leads(table):
    found = {}
    for code in table["calling_codes"]:
        if len(code["regions"]) == 1:
            continue
        for region in code["regions"]:
            pattern = table["regions"][region].get("leading")
            prefixes = (expand(pattern) if pattern else []) + OWN_LEADS.get(region, [])
            for prefix in prefixes:
                if found.setdefault(int(code["cc"] + prefix), region) != region:
                    raise ValueError(f"+{code['cc']}{prefix} belongs to two regions")
    return sorted(found.items())


def argentine_areas(table):
    pattern = table["regions"]["AR"]["npp"]
    head, tail = "0?(?:(", ")15)?"
    if not (pattern.startswith(head) and pattern.endswith(tail)):
        raise ValueError("the Argentine parsing rule changed its shape")
    return sorted(int(area) for area in set(expand(pattern[len(head):-len(tail)])))


def wrapped(items, indent=8, width=118):
    lines, line = [], " " * indent
    for item in items:
        if len(line) + len(item) + 1 > width:
            lines.append(line.rstrip())
            line = " " * indent
        line += item + " "
    return "\n".join(lines + [line.rstrip()])


def text_literal(parts, width=96):
    """A multi-line string literal without line breaks in its value."""
    joined = "".join(parts)
    lines = [joined[start:start + width] for start in range(0, len(joined), width)]
    return '"""\n' + "\n".join("        " + line + "\\" for line in lines)[:-1] + '\n        """'


def render(table):
    codes = sorted(table["calling_codes"], key=lambda code: int(code["cc"]))
    rows, mains = [], []
    for code in codes:
        mask = sum(1 << length for length in code["len"] if length <= LONGEST_NATIONAL)
        rows.append(f"0x{int(code['cc']):03d}_{trunk_rule(code)}_{mask:04X},")
        mains.append("--" if code["main"] == "001" else code["main"])
    prefixes = leads(table)
    return f"""\
// Written by scripts/generate-phone-table.py from the phone_table.json vector ({table['source'].split('(')[0].strip()
    .removeprefix('generated from PyPI ')}). Do not edit.
// Numbering facts of every calling code, as literal arrays that compile fast and are searched in place.
// Immutable, any thread; read by PhonePlan only.

enum PhoneTable {{
    /// One row a calling code, ascending: `0xCCC_R_MMMM`. CCC is the calling code in decimal digits, R the raw
    /// value of its `PhoneTrunk`, bit n of MMMM is set when a national number may have n digits.
    static let rows: [UInt32] = [
{wrapped(rows)}
    ]

    /// The main region of each row, two letters each; `--` for codes that belong to no country.
    static let mainRegions = [UInt8](
        text: {text_literal(mains)})

    /// Calling code and leading digits that decide the region of a shared calling code, ascending.
    static let leads: [UInt32] = [
{wrapped(f"{prefix}," for prefix, _ in prefixes)}
    ]

    /// The region of each entry of `leads`, two letters each.
    static let leadRegions = [UInt8](
        text: {text_literal(region for _, region in prefixes)})

    /// Argentine area codes behind which a written `15` marks a mobile number, ascending.
    static let argentineAreas: [UInt16] = [
{wrapped(f"{area}," for area in argentine_areas(table))}
    ]
}}
"""


def main():
    parser = argparse.ArgumentParser(description="Generate the phone table of the gateway.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--table", type=pathlib.Path, default=VECTOR, help="the phone_table.json vector")
    arguments = parser.parse_args()
    text = render(json.loads(arguments.table.read_text(encoding="utf-8")))
    if not arguments.check:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    print(f"{TARGET.name} is not what the vector gives; run scripts/generate-phone-table.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
