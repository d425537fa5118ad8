"""`lola tail` against a gateway that has much to tell."""

from __future__ import annotations

import os
import subprocess
import urllib.parse

from lolabox.gateway import BINARY, ORCHESTRATOR_TOKEN
from lolabox.stubs.server import Received, Reply, StubServer

PAGES = 40


class _History(StubServer):
    """The message records of a gateway, in full pages until they are told."""

    def answer(self, request: Received) -> Reply:
        query = urllib.parse.parse_qs(urllib.parse.urlparse(request.path).query)
        since, limit = int(query["since"][0]), int(query["limit"][0])
        end = min(since + limit, PAGES * limit)
        items = [{"key": f"whatsapp:{number}", "status": "accepted", "trace": []} for number in range(since, end)]
        return Reply(200, {"items": items, "next": str(end)})


def test_full_pages_are_read_without_a_pause_and_then_it_waits(tmp_path):
    with _History() as history:
        process = subprocess.Popen(
            [str(BINARY), "tail", "--url", history.url], cwd=tmp_path, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "ORCHESTRATOR_SECURITY_TOKEN": ORCHESTRATOR_TOKEN})
        try:
            requests = history.wait(lambda request: True, PAGES + 4, timeout=30)
        finally:
            process.terminate()
            process.wait(10)
    times = [request.at for request in requests]
    # With a pause of a quarter of a second after each page it would be ten seconds.
    assert times[PAGES - 1] - times[0] < PAGES * 0.25 / 2
    assert times[PAGES + 3] - times[PAGES + 1] > 0.4
