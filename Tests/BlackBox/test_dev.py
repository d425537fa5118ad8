"""`lola dev`: the whole system from nothing, and the first message in it (CONTRACT §2, §11)."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import threading

import pytest

from lolabox.gateway import BINARY, ROOT, Gateway, run
from lolabox.ports import free_port
from lolabox.waiting import eventually
from lolabox.wire import fetch

#: Senders of the sandbox identity service are chosen on the console page; +15550100 is the documented one.
FIRST = "+15550100"


def _command(dev: Gateway, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command started in the folder of the running `lola dev`, as a newcomer would."""
    return run(*arguments, cwd=dev.cwd)


def test_it_says_what_to_open_and_what_to_type(dev):
    said = eventually(lambda: dev.log if "trigger" in dev.log else None, what="the next command")
    assert f"http://127.0.0.1:{dev.port}/dev" in said
    assert "lola trigger whatsapp.text" in said


def test_the_first_message(dev):
    result = _command(dev, "trigger", "whatsapp.text", "--from", FIRST, "--text", "hola", "--json")
    assert result.returncode == 0, result
    document = json.loads(result.stdout)
    assert document["status"] == 200 and document["key"].startswith("whatsapp:")


def test_the_reply_is_seen_in_tail(dev):
    process = subprocess.Popen([str(BINARY), "tail"], cwd=dev.cwd, env={"PATH": os.environ["PATH"]},
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    lines: list[bytes] = []
    reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, b"")), daemon=True)
    reader.start()
    try:
        def seen() -> bool:
            if any(b"sender_home" in line or b"onboarding" in line for line in lines):
                return True
            assert _command(dev, "trigger", "whatsapp.text", "--from", FIRST, "--text", "hola").returncode == 0
            return False
        eventually(seen, timeout=20, what="the message in the tail")
    finally:
        process.terminate()
        process.wait(10)
        reader.join(5)
        process.stdout.close()


@pytest.mark.parametrize("kind", ["whatsapp.text", "whatsapp.button", "whatsapp.image", "telegram.text",
                                  "telegram.contact", "twilio.sms", "resend.email"])
def test_every_trigger_is_accepted(dev, kind):
    assert _command(dev, "trigger", kind).returncode == 0


def test_its_folder_is_private_and_ignored_by_git(dev):
    folder = dev.cwd / ".lola"
    assert folder.is_dir()
    for path in folder.rglob("*"):
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0
    assert ".lola/" in (ROOT / ".gitignore").read_text().split()
    assert sorted(entry.name for entry in dev.cwd.iterdir()) == [".lola"]


def test_keys_survive_a_restart(tmp_path):
    keys = []
    for _ in range(2):
        with Gateway.dev(tmp_path / "again") as gateway:
            keys.append(gateway.get("/.well-known/jwks.json").body)
    assert keys[0] == keys[1]


def test_settings_filed_in_its_folder_are_a_banks_and_not_for_it(tmp_path):
    """As in a checkout: what is in config/ names the real services and the usual ports."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "config/lola.json5").write_text((ROOT / "config/lola.json5").read_text().replace("9090", "1"))
    with Gateway.dev(tmp_path, env={"LOLA_MANAGEMENT_LISTEN": f"127.0.0.1:{free_port()}"}) as gateway:
        result = _command(gateway, "trigger", "whatsapp.text", "--from", FIRST, "--text", "hola", "--json")
        key = json.loads(result.stdout)["key"]
        known = dict(line.split("=", 1) for line in (tmp_path / ".lola/gateway.env").read_text().splitlines())
        bearer = {"Authorization": "Bearer " + known["ORCHESTRATOR_SECURITY_TOKEN"]}
        management = int(known["LOLA_MANAGEMENT_LISTEN"].rsplit(":", 1)[1])

        def record() -> dict:
            return fetch(management, "GET", f"/admin/api/messages/{key}", bearer).json()
        eventually(lambda: record()["delivery"]["status"] == "sent", what="the reply in the sandbox")
        assert not (tmp_path / "data").exists()


def test_a_second_one_in_the_folder_says_who_is_spoken_to(tmp_path):
    folder = tmp_path / "shared"
    with Gateway.dev(folder) as first:
        assert "Warning" not in first.log
        with Gateway.dev(folder) as second:
            said = eventually(lambda: second.log if "Warning" in second.log else None, what="the warning")
            (line,) = [line for line in said.splitlines() if line.startswith("Warning")]
            assert f"http://127.0.0.1:{first.port} " in line.replace(". ", " ")
            assert f"http://127.0.0.1:{second.port}" in line and "--url" in line
            assert f"data in ./.lola/data-{second.port}." in line
            assert line not in second.stdout
            assert "lola trigger" in second.log
            assert _command(second, "trigger", "whatsapp.text").returncode == 0
            assert (folder / f".lola/data-{second.port}/lock").exists() and (folder / ".lola/data/lock").exists()
        # The first one still has the usual place, although the last one that was written down is gone.
        with Gateway.dev(folder) as third:
            said = eventually(lambda: third.log if "Warning" in third.log else None, what="the warning")
            (line,) = [line for line in said.splitlines() if line.startswith("Warning")]
            assert f"data in ./.lola/data-{third.port}." in line and "--url" not in line
    # Nobody lives behind what the last one wrote down: there is nothing to warn of.
    with Gateway.dev(folder) as last:
        eventually(lambda: "lola trigger" in last.log, what="the next command")
        assert _command(last, "trigger", "whatsapp.text").returncode == 0
        assert "Warning" not in last.log


def test_a_stranger_at_the_old_address_is_no_gateway_of_the_folder(tmp_path):
    folder = tmp_path / "shared"
    with Gateway.dev(folder) as first:
        port = first.port
    with Gateway.dev(tmp_path / "elsewhere") as stranger:
        written = (folder / ".lola/gateway.env").read_text()
        changed = written.replace(f":{port}\n", f":{stranger.port}\n")
        assert f"LOLA_PUBLIC_URL=http://127.0.0.1:{stranger.port}\n" in changed
        (folder / ".lola/gateway.env").write_text(changed)
        with Gateway.dev(folder) as second:
            eventually(lambda: "lola trigger" in second.log, what="the next command")
            assert _command(second, "trigger", "whatsapp.text").returncode == 0
            assert "Warning" not in second.log


def test_it_answers_only_on_loopback_and_calls_nobody(dev):
    sockets = subprocess.run(["ss", "-Htnlp"], capture_output=True, text=True, check=True).stdout
    own = [line.split() for line in sockets.splitlines() if f"pid={dev.pid}," in line]
    assert own
    for fields in own:
        assert fields[3].rsplit(":", 1)[0] in ("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"), fields


def test_the_console_is_loopback_only_even_by_name(dev):
    """A page of another site must not reach the console through a name that points to this machine."""
    for host in ("evil.example", "127.0.0.1.evil.example"):
        answer = fetch(dev.port, "GET", "/dev", {"Host": host})
        assert answer.status in (400, 403, 404, 421), answer.status
    assert fetch(dev.port, "GET", "/dev", {"Host": f"127.0.0.1:{dev.port}"}).status == 200


def test_the_console_is_one_page_without_third_parties(dev):
    answer = dev.get("/dev", {"Host": f"127.0.0.1:{dev.port}"})
    assert answer.status == 200 and answer.header("Content-Type").startswith("text/html")
    policy = answer.header("Content-Security-Policy")
    assert "'unsafe-inline'" not in policy and "http" not in policy.replace("http-equiv", "")
    page = answer.body.decode()
    for name in ("dev-sender", "dev-text", "dev-send", "dev-chat", "dev-trace"):
        assert f'data-testid="{name}"' in page
    assert "://" not in page.replace("http://www.w3.org/2000/svg", "")


def test_SIGTERM_ends_it(tmp_path):
    with Gateway.dev(tmp_path / "ends") as gateway:
        assert gateway.stop() == 0
