#!/usr/bin/env python3
"""Writes the clocks of telephone numbers: Sources/LolaCore/Outbound/ZoneTable.swift, and what a test holds it against,
Tests/BlackBox/zone_oracle.txt.

    .venv/bin/python scripts/generate-zone-table.py            write both
    .venv/bin/python scripts/generate-zone-table.py --check    exit 1 when a committed file differs

Which prefixes lie in which zones: phonenumbers (Apache-2.0). Rules of the zones: the footers of PyPI tzdata (IANA, public
domain). The oracle is Python's zoneinfo over the same data: every change of offset from 2025 to 2049.
"""
import argparse
import datetime
import importlib.resources
import pathlib
import re
import sys
import textwrap
import zoneinfo

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
from phonenumbers.tzdata import TIMEZONE_DATA

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "Sources/LolaCore/Outbound/ZoneTable.swift"
ORACLE = ROOT / "Tests/BlackBox/zone_oracle.txt"

# phonenumbers puts Morocco and Western Sahara with the Canaries. Their clocks go back for Ramadan, by a calendar that no
# rule can tell: both offsets count, always.
OWN_ZONES = {"212": ("Africa/Casablanca",)}
TWO_OFFSETS = {"Africa/Casablanca": (0, 60)}
FROM, TO = 2025, 2050


def prefixes():
    """Area codes behind +1; elsewhere a mobile number does not tell its place, so a calling code has all its zones."""
    named = {prefix: set(zones) for prefix, zones in TIMEZONE_DATA.items() if prefix.startswith("1")}
    for code in map(str, COUNTRY_CODE_TO_REGION_CODE):
        zones = {zone for prefix, zones in TIMEZONE_DATA.items() if prefix.startswith(code) for zone in zones}
        if code != "1" and zones:
            named[code] = zones
    return {prefix: tuple(sorted(zones)) for prefix, zones in (named | OWN_ZONES).items()}


FOOTER = re.compile(r"^(?:<[^>]+>|[A-Za-z]+)([-+]?[\d:]+)(?:(?:<[^>]+>|[A-Za-z]+)([-+]?[\d:]+)?,(.+),(.+))?$")


def minutes(text):
    sign = -1 if text.startswith("-") else 1
    parts = [int(part) for part in text.lstrip("+-").split(":")]
    return sign * (parts[0] * 60 + (parts[1] if len(parts) > 1 else 0))


def footer(name):
    raw = importlib.resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).read_bytes()
    return raw.rsplit(b"\n", 2)[1].decode()


def change(text):
    """`M3.2.0/2` as month, week (5 is the last), weekday (0 is Sunday), minute of the day in local time."""
    date, _, time = text.partition("/")
    month, week, day = (int(part) for part in date[1:].split("."))
    return month, week, day, minutes(time) if time else 120


def rule(name):
    """Standard offset, other offset, change to it, change back; minutes east of UTC. Without changes: one offset."""
    if name in TWO_OFFSETS:
        low, high = TWO_OFFSETS[name]
        return (low, high, None, None)
    standard, other, begin, end = FOOTER.match(footer(name)).groups()
    low = -minutes(standard)
    if begin is None:
        return (low, low, None, None)
    high = -minutes(other) if other else low + 60
    return (low, high, change(begin), change(end))


def compact(sets):
    """Leaves out what the next shorter prefix says already."""
    kept = {}
    for prefix in sorted(sets, key=lambda text: (len(text), text)):
        shorter = next((prefix[:n] for n in range(len(prefix) - 1, 0, -1) if prefix[:n] in kept), None)
        if shorter is None or kept[shorter] != sets[prefix]:
            kept[prefix] = sets[prefix]
    return kept


def lines(items):
    """The items as they fit into 120 columns."""
    solid = ", ".join(item.replace(" ", "~") for item in items) + ","
    wrapped = textwrap.wrap(solid, 111, break_long_words=False, break_on_hyphens=False)
    return "".join(f"        {line}\n" for line in wrapped).replace("~", " ")


def table():
    named = prefixes()
    rules = sorted({rule(zone) for zones in named.values() for zone in zones}, key=repr)
    number = {value: place for place, value in enumerate(rules)}
    sets = {prefix: tuple(sorted({number[rule(zone)] for zone in zones})) for prefix, zones in named.items()}
    kept = compact(sets)
    groups = sorted(set(kept.values()))
    group = {value: place for place, value in enumerate(groups)}
    assert len(groups) < 256 and len(rules) < 256
    ordered = sorted(kept, key=lambda text: (len(text), text))
    rows = []
    for low, high, begin, end in rules:
        if begin is None:
            rows.append(f"ZoneRule({low}, {high})")
        else:
            rows.append(f"ZoneRule({low}, {high}, {begin}, {end})")
    starts, members = [], []
    for value in groups:
        starts.append(str(len(members)))
        members += [str(place) for place in value]
    starts.append(str(len(members)))
    out = [
        "// Written by scripts/generate-zone-table.py from phonenumbers 9.0.43 and tzdata. Do not edit.",
        "// Which clocks a telephone number may live by, as literal arrays. Immutable, any thread; read by PhoneClock only.",
        "", "enum ZoneTable {",
        "    /// Every different clock. Offsets in minutes east of UTC; changes as month, week, weekday, local minute.",
        "    static let rules: [ZoneRule] = [",
        lines(rows).rstrip("\n"), "    ]", "",
        "    /// Sets of clocks: those of set n are `members[starts[n]..<starts[n + 1]]`.",
        "    static let starts: [UInt16] = [", lines(starts).rstrip("\n"), "    ]", "",
        "    static let members: [UInt8] = [", lines(members).rstrip("\n"), "    ]", "",
        "    /// Leading digits of a number behind its plus, the shorter first, then ascending; `sets` beside it.",
        "    static let prefixes: [UInt32] = [", lines(ordered).rstrip("\n"), "    ]", "",
        "    static let sets: [UInt8] = [", lines([str(group[kept[p]]) for p in ordered]).rstrip("\n"), "    ]",
        "}", "",
    ]
    return "\n".join(out)


def oracle():
    """A line a zone: name, a number that lives by it alone, offset at the start, then `second:offset` of each change."""
    start = datetime.datetime(FROM, 1, 1, tzinfo=datetime.UTC)
    alone = {}
    named = prefixes()
    for prefix in sorted(named, key=lambda text: (len(text), text)):
        zones = named[prefix]
        longer = any(other != prefix and other.startswith(prefix) for other in named)
        if len(zones) == 1 and not longer and zones[0] not in TWO_OFFSETS:
            alone.setdefault(zones[0], prefix)
    out = []
    for name, prefix in sorted(alone.items()):
        zone = zoneinfo.ZoneInfo(name)

        def offset(at):
            return int(at.astimezone(zone).utcoffset().total_seconds() // 60)

        changes = []
        at, now = start, offset(start)
        while at.year < TO:
            step = at + datetime.timedelta(days=1)
            if offset(step) != now:
                low, high = at, step
                while high - low > datetime.timedelta(minutes=1):
                    middle = low + (high - low) // 2
                    middle -= datetime.timedelta(seconds=middle.second, microseconds=middle.microsecond)
                    if middle <= low:
                        middle = low + datetime.timedelta(minutes=1)
                    low, high = (middle, high) if offset(middle) == now else (low, middle)
                now = offset(step)
                changes.append(f"{int(high.timestamp())}:{now}")
            at = step
        out.append(" ".join([name, prefix, str(offset(start)), *changes]))
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    zoneinfo.reset_tzpath(())
    status = 0
    for path, text in ((TABLE, table()), (ORACLE, oracle())):
        if check:
            if path.read_text() != text:
                print(f"{path.relative_to(ROOT)} is not what the generator writes", file=sys.stderr)
                status = 1
        else:
            path.write_text(text)
    return status


sys.exit(main())
