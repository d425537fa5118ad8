"""Free TCP ports on loopback."""

from __future__ import annotations

import itertools
import os
import socket

#: Below what the kernel gives to outgoing connections (`ip_local_port_range`, from 32768), so none of them takes a
#: port between the moment it is chosen and the moment somebody listens on it.
FIRST, COUNT = 15_000, 17_000

#: Each process begins elsewhere and goes round: the same port comes again after all the others only.
_turns = itertools.count(os.getpid() * 1_021)


def free_port() -> int:
    """A port nobody listens on and that this process was not given lately; SO_REUSEADDR, as the gateway binds it."""
    for _ in range(COUNT):
        port = FIRST + next(_turns) % COUNT
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no free port from {FIRST} to {FIRST + COUNT - 1}")
