"""`lola tail`: follows the stream of a gateway, goes on where it was when the stream breaks."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import threading

from lolabox.gateway import BINARY, ORCHESTRATOR_TOKEN, Gateway
from lolabox.waiting import eventually


class _Tail:
    def __init__(self, url: str, folder, *flags: str):
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [str(BINARY), "tail", "--url", url, *flags], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env={"PATH": os.environ["PATH"], "ORCHESTRATOR_SECURITY_TOKEN": ORCHESTRATOR_TOKEN})
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line)

    def __enter__(self) -> "_Tail":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(10)
        self._reader.join(5)
        self.process.stdout.close()
        self.process.stderr.close()


def _url(gateway: Gateway) -> str:
    return f"http://127.0.0.1:{gateway.management_port}"


def test_it_shows_what_was_and_what_comes(stack, tmp_path):
    phone = stack.person()
    before = stack.gateway.say(phone, "canary before")
    stack.gateway.wait_delivered(before)
    with _Tail(_url(stack.gateway), tmp_path) as tail:
        eventually(lambda: any(before in line for line in tail.lines), 20, "the message that was there")
        after = stack.gateway.say(phone, "canary after")
        eventually(lambda: any(after in line for line in tail.lines), 10, "the message that came")
        eventually(lambda: any("sender_home" in line and "done" in line for line in tail.lines), 10, "its end")
    assert "canary" not in "".join(tail.lines)


def test_json_is_one_record_a_line(stack, tmp_path):
    key = stack.gateway.say(stack.person(), "x")
    with _Tail(_url(stack.gateway), tmp_path, "--json") as tail:
        eventually(lambda: any(key in line for line in tail.lines), 20, "the record")
    assert all(json.loads(line)["key"] for line in tail.lines)


def test_a_broken_stream_is_taken_up_behind_the_last_event(tmp_path):
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(20)
    asked: list[str] = []

    def serve() -> None:
        for number in (7, 8):
            connection, _ = listener.accept()
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(4096)
            asked.append(head.split(b"\r\n")[0].decode())
            record = json.dumps({"key": f"whatsapp:{number}", "status": "accepted", "trace": []})
            event = f": hello\n\nevent: message\nid: {number}\ndata: {record}\n\n".encode()
            # Cut in the middle of the next event, without the end of the chunks.
            rest = b"event: message\nid: 99\nda"
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.sendall(b"%x\r\n%s\r\n%x\r\n%s" % (len(event), event, len(rest) + 50, rest))
            connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with _Tail(f"http://127.0.0.1:{listener.getsockname()[1]}", tmp_path, "--json") as tail:
        eventually(lambda: len(tail.lines) == 2, 20, "both records")
    listener.close()
    since = [re.search(r"since=(\d+)", line)[1] for line in asked]
    assert since == ["0", "7"] and [json.loads(line)["key"] for line in tail.lines] == ["whatsapp:7", "whatsapp:8"]


def test_a_wrong_token_or_nobody_there_ends_it(own_stack, tmp_path):
    # A gateway of its own: wrong tokens lock an address out.
    stack = own_stack()
    for url, token, words in ((_url(stack.gateway), "w" * 40, "401"), ("http://127.0.0.1:1", ORCHESTRATOR_TOKEN, "connect")):
        ended = subprocess.run(
            [str(BINARY), "tail", "--url", url], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False,
            env={"PATH": os.environ["PATH"], "ORCHESTRATOR_SECURITY_TOKEN": token})
        assert ended.returncode == 1 and words in ended.stderr
