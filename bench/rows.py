"""What a measurement gives the report, and the client processes that measurements start."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

from lab import ROOT


@dataclass
class Row:
    what: str
    goal: str
    figure: str
    #: None when there is nothing to judge: a figure for information, or one that was not measured.
    met: bool | None

    @property
    def verdict(self) -> str:
        return {True: "met", False: "**missed**", None: "–"}[self.met]


def say(text: str) -> None:
    print(f"bench: {text}", flush=True)


def client(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, ROOT / "bench/clients.py", *map(str, arguments)], text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def outcome(process: subprocess.Popen[str]) -> dict:
    output, _ = process.communicate()
    return json.loads(output.strip().splitlines()[-1])
