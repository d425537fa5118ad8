"""Disks that are full or fail, without a special machine.

A full disk is made in two ways: a small tmpfs where one can be mounted (root), and the file size limit of the process,
which needs no privilege and refuses every further octet just so (EFBIG). What a test says must hold on each way there is.
"""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
from pathlib import Path
from typing import Callable

from .gateway import Gateway


def _can_mount() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "lola-test", folder],
                                 capture_output=True, check=False)
        if mounted.returncode == 0:
            subprocess.run(["umount", folder], check=True)
        return mounted.returncode == 0


class SmallDisk:
    """A tmpfs of 1 MiB; `folder` is on it."""

    def __init__(self, place: Path):
        self.place = place
        place.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "lola-test", str(place)], check=True)
        self.folder = place / "data"

    def fill(self, _: Gateway) -> None:
        with open(self.place / "filler", "wb", buffering=0) as filler:
            for size in (65536, 4096, 1):
                try:
                    while filler.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    def free(self, _: Gateway) -> None:
        (self.place / "filler").unlink()

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.place)], check=True)


class SizeLimit:
    """An ordinary folder; the process is forbidden to make files longer."""

    def __init__(self, place: Path):
        place.mkdir(parents=True)
        self.folder = place / "data"

    def fill(self, gateway: Gateway) -> None:
        self._limit(gateway, 0)

    def free(self, gateway: Gateway) -> None:
        self._limit(gateway, resource.RLIM_INFINITY)

    @staticmethod
    def _limit(gateway: Gateway, octets: int) -> None:
        hard = resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE)[1]
        wanted = hard if octets == resource.RLIM_INFINITY else octets
        resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE, (wanted, hard))

    def close(self) -> None:
        pass


#: Every way to fill a disk that works here.
DISKS: list[Callable[[Path], SmallDisk | SizeLimit]] = [SizeLimit, *([SmallDisk] if _can_mount() else [])]


def failing(*rules: str, calls: str = "fdatasync") -> list[str]:
    """A prefix that makes system calls of the gateway fail; the gateway stays the child of the test.

    A rule is an `inject` expression of strace; calls are counted in each thread on its own. The first thread syncs while
    the gateway starts, the journal's own thread from then on.
    """
    prefix = ["strace", "-D", "-f", "--seccomp-bpf", "-qqq", "-o", "/dev/null", "-e", f"trace={calls}"]
    for rule in rules:
        prefix += ["-e", f"inject={rule}"]
    return prefix


def without_privileges() -> list[str]:
    """A prefix under which permissions of files hold, for root too."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
