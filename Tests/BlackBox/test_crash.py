"""kill -9 at random points, again and again: what was acknowledged is handled, under one key, in order.

`make crash ROUNDS=200 SEED=7` runs more rounds; `make test` runs 20 with a fixed seed.
"""

from __future__ import annotations

import os

import pytest

from lolabox.crash import CrashRun

ROUNDS = int(os.environ.get("LOLA_CRASH_ROUNDS") or 20)
SEED = int(os.environ.get("LOLA_CRASH_SEED") or 20261121)


@pytest.mark.timeout(120 + 10 * ROUNDS)
def test_nothing_acknowledged_is_lost_and_nothing_finished_comes_again(tmp_path, capsys):
    with CrashRun(tmp_path / "crash", SEED) as run:
        for number in range(ROUNDS):
            run.round(number)
        run.drain()
        account = run.check()
    with capsys.disabled():
        print(f"\ncrash harness, seed {SEED}: {account.summary}")
    assert account.acknowledged > ROUNDS
