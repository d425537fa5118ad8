"""`lola store check` and `lola store repair` on journals written here, octet by octet, from their description."""

from __future__ import annotations

import fcntl
import json

import pytest

from lolabox.gateway import minimal_environment, run
from lolabox.journal import header, state


@pytest.fixture
def store(tmp_path):
    """A data folder whose only segment holds the octets given."""
    def make(octets: bytes):
        folder = tmp_path / "data"
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / "segment-0000000001").write_bytes(octets)
        return folder
    return make


def check(folder, *flags: str):
    return run("store", "check", "--data", str(folder), *flags)


def test_a_whole_store_is_described(store):
    folder = store(header() + state(1) + state(2))
    result = check(folder)
    assert result.returncode == 0
    assert "state: 2 (2 changes)" in result.stdout
    assert "data keys in use: 0a0b0c0d (2 values)" in result.stdout
    assert result.stdout.endswith("whole\n")
    facts = json.loads(check(folder, "--json").stdout)
    assert facts["whole"] and facts["segments"] == [1] and facts["live"]["state"] == 2
    assert facts["keys"] == {"0a0b0c0d": 2}


def test_a_torn_tail_is_no_damage_and_a_look_changes_nothing(store):
    octets = header() + state(1) + state(2)[:-3]
    folder = store(octets)
    result = check(folder)
    assert result.returncode == 0 and "the rest of an unfinished write" in result.stdout
    assert [entry.name for entry in folder.iterdir()] == ["segment-0000000001"]
    assert (folder / "segment-0000000001").read_bytes() == octets


def test_damage_is_told_kept_and_gone_after_a_repair(store):
    octets = bytearray(header() + state(1) + state(2) + state(3))
    place = len(header() + state(1))
    octets[place + 20] ^= 1
    folder = store(bytes(octets))
    result = check(folder)
    assert result.returncode == 1 and f"at {place} cannot be read" in result.stdout
    repair = run("store", "repair", "--data", str(folder))
    assert repair.returncode == 0 and "cannot be read" in repair.stdout
    kept = folder / f"quarantine-segment-0000000001-{place}"
    assert kept.read_bytes() == bytes(octets[place:place + len(state(2))])
    assert kept.stat().st_mode & 0o777 == 0o600
    result = check(folder)
    assert result.returncode == 0 and "state: 2 (2 changes)" in result.stdout
    assert not (folder / "segment-0000000001").exists()


def test_repairing_waits_for_nobody(store):
    folder = store(header() + state(1))
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = run("store", "repair", "--data", str(folder))
        assert result.returncode == 1 and "another gateway uses this data folder" in result.stderr
        # A look needs no lock.
        assert check(folder).returncode == 0


def test_a_store_of_a_later_version_is_left_alone(store):
    octets = header(version=2) + state(1)
    folder = store(octets)
    for command in ("check", "repair"):
        result = run("store", command, "--data", str(folder))
        assert result.returncode == 1 and "was written by a later Lola" in result.stderr
    assert (folder / "segment-0000000001").read_bytes() == octets


@pytest.mark.parametrize("command", ["check", "repair"])
def test_a_folder_that_is_not_there_is_not_made(command, tmp_path):
    result = run("store", command, "--data", str(tmp_path / "none"))
    assert result.returncode == 1 and "is not there" in result.stderr
    assert not (tmp_path / "none").exists()


def test_the_folder_of_the_configuration_is_used(store, tmp_path):
    folder = store(header() + state(1))
    settings = tmp_path / "lola.json5"
    settings.write_text(f'{{ data: {{ dir: "{folder}" }} }}')
    assert "state: 1 " in run("store", "check", "--config", str(settings), env={}).stdout
    assert "state: 1 " in run("store", "check", env=minimal_environment(folder)).stdout
    settings.write_text("{ data: ")
    assert run("store", "check", "--config", str(settings), env={}).returncode == 78
