"""The image without an engine: the runtime folder, an unprivileged user, a read-only root (issue 2, item 12)."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from lolabox.gateway import BINARY, ROOT, Gateway, telegram_environment, whatsapp_environment
from lolabox.wire import fetch

USER = "65532:65532"
DATA = "var/lib/lola"

#: New mount namespace, the folder bound on itself and made read-only except for the data, no way to new privileges.
ENTER = """
set -e
mount --bind "$1" "$1"
mount --bind "$1/{data}" "$1/{data}"
mount -o remount,bind,ro "$1"
mount --bind /proc "$1/proc"
image=$1
shift
exec setpriv --no-new-privs chroot --userspec={user} --groups= "$image" /usr/local/bin/lola "$@"
"""


@pytest.fixture(scope="module")
def rootfs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("image") / "rootfs"
    subprocess.run([ROOT / "scripts/rootfs.sh", BINARY, folder], check=True)
    folder.parent.chmod(0o755)
    return folder


def _inside(rootfs: Path, *arguments: str) -> list[str]:
    script = ENTER.format(data=DATA, user=USER)
    root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *root, "--mount", "sh", "-c", script, "sh", str(rootfs), *arguments]


def _run(rootfs: Path, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(_inside(rootfs, *arguments), env={"PATH": os.environ["PATH"]} | (env or {}), text=True,
                          capture_output=True, timeout=30, check=False)


def test_the_binary_runs_with_what_is_in_the_folder(rootfs):
    result = _run(rootfs, "version")
    assert result.returncode == 0, result


def test_the_folder_holds_nothing_else(rootfs):
    names = {str(path.relative_to(rootfs)) for path in rootfs.rglob("*") if path.is_file()}
    assert not [name for name in names if re.search(r"(^|/)(sh|bash|apt|dpkg|python.*|swift.*)$", name)]
    assert "etc/ssl/certs/ca-certificates.crt" in names and "usr/local/bin/lola" in names
    size = sum(path.stat().st_size for path in rootfs.rglob("*") if path.is_file())
    assert size < 48 * 1024 * 1024, size
    assert (rootfs / "usr/local/bin/lola").stat().st_size <= 16 * 1024 * 1024


def test_serve_as_an_unprivileged_user_on_a_read_only_root(rootfs, services, environment):
    identity, graph, bot, _ = services
    env = environment | whatsapp_environment(graph.api_url) | telegram_environment(bot.url)
    gateway = Gateway.serve(rootfs.parent / "serve", env | {"LOLA_DATA_DIR": f"/{DATA}"})
    gateway.env["PATH"] = os.environ["PATH"]
    gateway.arguments = _inside(rootfs, "serve")
    before = _listing(rootfs)
    with gateway:
        status = Path(f"/proc/{gateway.pid}/status").read_text()
        assert re.search(r"^Uid:\t65532\t65532\t65532\t65532$", status, re.M), status
        assert re.search(r"^CapEff:\t0+$", status, re.M) and re.search(r"^NoNewPrivs:\t1$", status, re.M)
        phone = "+12025550042"
        identity.person(phone)
        gateway.say(phone, "hola")
        graph.wait_texts(phone)
        probe = _run(rootfs, "healthcheck", env={
            "LOLA_LISTEN": gateway.env["LOLA_LISTEN"], "LOLA_MANAGEMENT_LISTEN": gateway.env["LOLA_MANAGEMENT_LISTEN"]})
        assert probe.returncode == 0, probe
        assert fetch(gateway.management_port, "GET", "/readyz").status == 200
    assert _listing(rootfs) == before


def _listing(rootfs: Path) -> set[str]:
    return {str(path.relative_to(rootfs)) for path in rootfs.rglob("*")
            if not str(path.relative_to(rootfs)).startswith(DATA + "/")}


def test_the_dockerfile_agrees_with_the_folder():
    text = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^USER appuser$", text, re.M)
    assert re.search(r"^HEALTHCHECK .*CMD \[\"/usr/local/bin/lola\", \"healthcheck\"\]$", text, re.M)
    assert re.search(r"^ENTRYPOINT \[\"/usr/local/bin/lola\"\]$", text, re.M)
    assert text.count("\nFROM ") + text.startswith("FROM ") == 2
    assert "--static-swift-stdlib" in text and "65532" in text and f"/{DATA}" in text
    # No secret is baked in.
    assert not re.search(r"^(ARG|ENV) .*(TOKEN|SECRET|KEY|PASSWORD)", text, re.M)
    assert "65532" in (ROOT / "scripts/rootfs.sh").read_text()
