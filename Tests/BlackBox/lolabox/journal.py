"""The journal's octets, written by hand."""

from __future__ import annotations

import struct
from pathlib import Path

NEVER = 2 ** 63 - 1
MAGIC = struct.pack("<H", 0x4C93)
SEALED = bytes.fromhex("0a0b0c0d") + bytes(28)


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def header(version: int = 1) -> bytes:
    head = b"LOLAJRNL" + struct.pack("<HBBQQQq", version, 1, 0, 1, 0, 0, 1_795_168_800_000)
    return head + struct.pack("<I", crc32c(head))


def record(payload: bytes) -> bytes:
    covered = struct.pack("<BBI", 1, 0, len(payload)) + payload
    return MAGIC + covered[:6] + struct.pack("<I", crc32c(covered)) + payload


def state(number: int) -> bytes:
    return record(bytes([1, 7]) + bytes([number]) * 16 + struct.pack("<qI", NEVER, len(SEALED)) + SEALED)


def written(segment: Path) -> bytes:
    """What stands in a segment without the zeros that room is reserved by, whole however a record ends."""
    octets = segment.read_bytes()
    end = len(header())
    while octets[end:end + 2] == MAGIC:
        end += 12 + struct.unpack_from("<I", octets, end + 4)[0]
    assert not any(octets[end:]), f"{segment} holds more than records and zeros"
    return octets[:end]


def segments(folder: Path) -> list[Path]:
    """Segments of a data folder that hold more than their header, oldest first."""
    return sorted(path for path in folder.glob("segment-*") if path.stat().st_size > len(header()))
