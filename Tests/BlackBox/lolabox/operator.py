"""The commands of operators against a running gateway, and strings that mean something to somebody else."""

from __future__ import annotations

import os
import subprocess

from .gateway import Gateway, run

#: What must be refused as an id, an address or a word, and stored inert where text is taken.
HOSTILE = [
    "'; DROP TABLE tokens; --", "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "a\r\nSet-Cookie: x=1",
    "a\nb", "\x00", "a\x00b", "../../etc/passwd", "..", "%2e%2e%2f", "$(id)", "`id`", "; cat /etc/passwd", "| id", "&& id",
    "${jndi:ldap://x}", "{{7*7}}", "\u202egnp.exe", "\u2028", "\ufeffa", "a" * 5_000, " ", "", "*", "\\", "\x1b[31m",
]


def command(gateway: Gateway, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """A command that talks to the gateway's management listener."""
    return run(*arguments, "--url", f"http://127.0.0.1:{gateway.management_port}", stdin=stdin,
               env={"PATH": os.environ["PATH"], "ORCHESTRATOR_SECURITY_TOKEN": gateway.token})
