#!/usr/bin/env python3
"""Writes Sources/LolaCore/Outbound/RecordingTable.swift: area codes of the states of the USA in which one party's consent
suffices to record a call.

    .venv/bin/python scripts/generate-area-table.py            write the file
    .venv/bin/python scripts/generate-area-table.py --check    exit 1 when the committed file differs

Which state an area code lies in: phonenumbers (Apache-2.0). Which states want everybody's consent: their statutes, listed
below; Vermont has none and is counted among them.
"""
import argparse
import pathlib
import sys
import textwrap

from phonenumbers.geodata import GEOCODE_DATA

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = ROOT / "Sources/LolaCore/Outbound/RecordingTable.swift"

EVERYBODY = {
    "California", "Connecticut", "Delaware", "Florida", "Illinois", "Maryland", "Massachusetts", "Michigan", "Montana",
    "Nevada", "New Hampshire", "Oregon", "Pennsylvania", "Vermont", "Washington State",
}
ONE_PARTY = {
    "Alabama", "Alaska", "Arizona", "Arkansas", "Colorado", "Georgia", "Hawaii", "Idaho", "Indiana", "Iowa", "Kansas",
    "Kentucky", "Louisiana", "Maine", "Minnesota", "Mississippi", "Missouri", "Nebraska", "New Jersey", "New Mexico",
    "New York", "North Carolina", "North Dakota", "Ohio", "Oklahoma", "Rhode Island", "South Carolina", "South Dakota",
    "Tennessee", "Texas", "Utah", "Virginia", "Washington D.C.", "West Virginia", "Wisconsin", "Wyoming",
    "New York, NY", "San Antonio, TX",
}


def table():
    names = {number: GEOCODE_DATA.get(f"1{number}", {}).get("en") for number in range(200, 1000)}
    codes = [str(number) for number, name in names.items() if name in ONE_PARTY]
    lines = textwrap.wrap(", ".join(codes) + ",", 111)
    return "\n".join([
        "// Written by scripts/generate-area-table.py from phonenumbers 9.0.43. Do not edit.",
        "// Area codes of one-party states. Immutable, any thread; read by RecordingConsent only.",
        "", "enum RecordingTable {", "    /// Ascending.", "    static let oneParty: [UInt16] = [",
        *(f"        {line}" for line in lines), "    ]", "}", "",
    ])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        return int(TARGET.read_text() != table())
    TARGET.write_text(table())
    return 0


sys.exit(main())
