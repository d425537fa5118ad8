"""The gateway as a process: environment, start, readiness, logs, calls to its listeners, stop."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import threading
import urllib.parse
from pathlib import Path

from . import payloads, signing
from .ports import free_port
from .tls import new_private_pem
from .waiting import eventually
from .wire import Answer, fetch

ROOT = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("LOLA_BINARY") or ROOT / ".build/release/lola")
VECTORS = ROOT.parent / "shared/vectors"

#: Secrets of the test gateway. All are canaries: none may appear in a log, a metric or an error.
APP_SECRET = "whatsapp-app-secret-canary-5f2a"
VERIFY_TOKEN = "verify-token-canary-81c0"
WHATSAPP_TOKEN = "EAAG-whatsapp-token-canary-90aa"
TELEGRAM_TOKEN = "7000000001:AAHtelegram-token-canary_31bd4c7788"
TELEGRAM_SECRET = "S3cret-Token_123-canary"
TWILIO_SID = "AC0123456789abcdef0123456789abcdef"
TWILIO_TOKEN = "twilio-token-canary-6ad1"
TWILIO_FROM = "+14155238886"
RESEND_KEY = "re_key-canary-c0de"
RESEND_SECRET = "whsec_" + "cmVzZW5kLXNlY3JldC1jYW5hcnkh"
ORCHESTRATOR_TOKEN = "orchestrator-token-canary-" + "4e7b" * 8
PUBLIC_URL = "https://lola.example.test"
#: Tests ask the administration far more often than an operator does. Who tests the limits sets his own.
HIGH_LIMITS = {"HTTP_RATE_LIMIT_PER_IP": "1000000", "HTTP_RATE_LIMIT_GLOBAL": "1000000",
               "LOLA_WIDGET_RATE_LIMIT_PER_IP": "1000000"}


def minimal_environment(data: Path) -> dict[str, str]:
    """Everything `serve` requires and not one variable more; no channel is on."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(data),
        "LOLA_PUBLIC_URL": PUBLIC_URL,
        "LOLA_DATA_DIR": str(data),
        "LOLA_DATA_KEY": secrets.token_hex(32),
        "LOLA_IDENTITY_URL": "http://127.0.0.1:9/senders/{phone}",
        "LOLA_CALLBACK_ENCRYPTION_KEYS": f"e1:{secrets.token_hex(32)}",
        "LOLA_CALLBACK_SIGNING_KEYS": f"s1:{secrets.token_hex(32)}",
        "LOLA_JWT_PRIVATE_KEY": new_private_pem(),
        "ORCHESTRATOR_SECURITY_TOKEN": ORCHESTRATOR_TOKEN,
    }


def whatsapp_environment(api_url: str) -> dict[str, str]:
    return {
        "TOKEN_WHATSAPP": WHATSAPP_TOKEN,
        "PHONE_NUMBER_ID": payloads.PHONE_NUMBER_ID,
        "VERIFY_TOKEN_WHATSAPP": VERIFY_TOKEN,
        "LOLA_WHATSAPP_APP_SECRET": APP_SECRET,
        "LOLA_WHATSAPP_API_URL": api_url,
    }


def telegram_environment(api_url: str) -> dict[str, str]:
    return {
        "TELEGRAM_TOKEN": TELEGRAM_TOKEN,
        "LOLA_TELEGRAM_SECRET": TELEGRAM_SECRET,
        "LOLA_TELEGRAM_API_URL": api_url,
    }


def twilio_environment(api_url: str) -> dict[str, str]:
    return {
        "TWILIO_ACCOUNT_SID": TWILIO_SID,
        "TWILIO_AUTH_TOKEN": TWILIO_TOKEN,
        "TWILIO_FROM": TWILIO_FROM,
        "LOLA_TWILIO_API_URL": api_url,
    }


def resend_environment(api_url: str) -> dict[str, str]:
    return {
        "RESEND_API_KEY": RESEND_KEY,
        "RESEND_WEBHOOK_SECRET": RESEND_SECRET,
        "RESEND_FROM": "Lola <lola@bank.example>",
        "LOLA_RESEND_API_URL": api_url,
    }


def run(*arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None,
        timeout: float = 30, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """One command of the binary to its end; output as text. Without `env` only PATH is passed on."""
    environment = env if env is not None else {"PATH": os.environ["PATH"]}
    return subprocess.run([str(BINARY), *arguments], env=environment, cwd=cwd, input=stdin, text=True,
                          capture_output=True, timeout=timeout, check=False)


class Gateway:
    """A running `lola serve` or `lola dev`. Use as a context manager."""

    def __init__(self, arguments: list[str], env: dict[str, str], cwd: Path, port: int, management_port: int,
                 prefix: list[str] | None = None, token: str = ORCHESTRATOR_TOKEN):
        self.arguments = [*(prefix or []), str(BINARY), *arguments]
        self.env = env
        self.cwd = cwd
        self.port = port
        self.management_port = management_port
        self.token = token
        self.process: subprocess.Popen[bytes] | None = None
        self._output: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        self._readers: list[threading.Thread] = []

    # Construction

    @classmethod
    def serve(cls, data: Path, env: dict[str, str], config: str | None = None,
              prefix: list[str] | None = None) -> "Gateway":
        """`lola serve` on free ports; `env` is laid over the minimal environment, `config` is the settings file."""
        data.mkdir(parents=True, exist_ok=True)
        port, management = free_port(), free_port()
        environment = minimal_environment(data / "data") | {
            "LOLA_LISTEN": f"127.0.0.1:{port}",
            "LOLA_MANAGEMENT_LISTEN": f"127.0.0.1:{management}",
        } | HIGH_LIMITS | env
        arguments = ["serve"]
        if config is not None:
            (data / "lola.json5").write_text(config)
            arguments += ["--config", str(data / "lola.json5")]
        return cls(arguments, environment, data, port, management, prefix)

    @classmethod
    def dev(cls, folder: Path, env: dict[str, str] | None = None, prefix: list[str] | None = None) -> "Gateway":
        """`lola dev` in a folder of its own, with no setting but the ports."""
        folder.mkdir(parents=True, exist_ok=True)
        port, management = free_port(), free_port()
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder),
                       "LOLA_MANAGEMENT_LISTEN": f"127.0.0.1:{management}"} | HIGH_LIMITS | (env or {})
        return cls(["dev", "--port", str(port)], environment, folder, port, management, prefix)

    # Life cycle

    def __enter__(self) -> "Gateway":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, timeout: float = 15.0) -> "Gateway":
        self.launch()
        try:
            eventually(lambda: self.process.poll() is not None or self._is_ready(), timeout, "/readyz 200")
        except AssertionError as error:
            self.stop()
            raise AssertionError(f"{error}; the gateway said:\n{self.log}") from None
        if self.process.poll() is not None:
            code = self.stop()
            raise AssertionError(f"the gateway ended with {code}; it said:\n{self.log}")
        return self

    def launch(self) -> None:
        """Starts the process without waiting for anything."""
        self.process = subprocess.Popen(self.arguments, env=self.env, cwd=self.cwd, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._readers = []
        for name in ("stdout", "stderr"):
            reader = threading.Thread(target=self._read, args=(name,), daemon=True)
            reader.start()
            self._readers.append(reader)

    def refuses(self, timeout: float = 15.0) -> tuple[int, str]:
        """Starts a gateway that must not start: its exit code, and what it said on standard error."""
        said = len(self._output["stderr"])
        self.launch()
        code = self.wait_end(timeout)
        return code, self._output["stderr"][said:].decode()

    def restart(self, kill: bool = False) -> "Gateway":
        """Ends it, orderly or not, and starts it again on the same data."""
        if kill:
            self.kill()
        else:
            assert self.stop() == 0, self.log
        return self.start()

    def stop(self, timeout: float = 30.0) -> int:
        """SIGTERM, then waits; the exit code. A gateway that does not end is killed and fails the test."""
        process = self.process
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        return self.wait_end(timeout)

    def wait_end(self, timeout: float = 30.0) -> int:
        """Waits for the end of a gateway that has been told to end; its exit code."""
        process = self.process
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"SIGTERM did not end the gateway within {timeout} s:\n{self.log}") from None
        self._end()
        return code

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self._end()

    def _end(self) -> None:
        """Takes what is left of the output and lets go of the ended process."""
        for reader in self._readers:
            reader.join(5)
        self.process.stdout.close()
        self.process.stderr.close()
        self.process = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def cpu_seconds(self) -> float:
        """User and system time of the process so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def stdout(self) -> str:
        return self._output["stdout"].decode(errors="replace")

    @property
    def log(self) -> str:
        """Everything the process wrote, both streams."""
        return self.stdout + self._output["stderr"].decode(errors="replace")

    @property
    def data(self) -> Path:
        """Its data folder."""
        return Path(self.env["LOLA_DATA_DIR"])

    def events(self, name: str) -> list[dict]:
        """The log lines of an event, of all its runs; a line that a kill cut off is left out."""
        lines = [line for line in self.stdout.splitlines() if line.endswith("}")]
        return [entry for entry in map(json.loads, lines) if entry["event"] == name]

    def _read(self, name: str) -> None:
        stream = getattr(self.process, name)
        while data := stream.read1(65536):
            self._output[name] += data

    def _is_ready(self) -> bool:
        return fetch(self.port, "GET", "/readyz").status == 200

    # The public listener

    def get(self, target: str, headers: dict[str, str] | None = None) -> Answer:
        return fetch(self.port, "GET", target, headers)

    def post(self, target: str, body: bytes, headers: dict[str, str]) -> Answer:
        return fetch(self.port, "POST", target, headers, body)

    def whatsapp(self, body: bytes, secret: str = APP_SECRET, headers: dict[str, str] | None = None) -> Answer:
        """A correctly signed WhatsApp webhook."""
        return self.post("/webhooks/whatsapp", body, signing.whatsapp_headers(secret, body) | (headers or {}))

    def telegram(self, body: bytes, secret: str = TELEGRAM_SECRET) -> Answer:
        return self.post("/webhooks/telegram", body, signing.telegram_headers(secret))

    def say(self, sender: str, text: str, message_id: str | None = None) -> str:
        """A WhatsApp text of a sender; acknowledged, and the message key is returned."""
        message_id = message_id or payloads.fresh_id()
        answer = self.whatsapp(payloads.whatsapp_text(sender, text, message_id))
        assert answer.status == 200, answer
        return f"whatsapp:{message_id}"

    # The management listener

    def manage(self, method: str, path: str, body: object = None, token: str | None = "",
               source: str | None = None) -> Answer:
        """A call to the management listener; `token` "" is the right one, None sends none. Wrong ones lock out the
        address they come from, `source`."""
        headers = {} if token is None else {"Authorization": f"Bearer {token or self.token}"}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        return fetch(self.management_port, method, path, headers, data, source)

    def admin(self, method: str, path: str, body: object = None, status: int = 200) -> dict:
        answer = self.manage(method, "/admin/api/" + path, body)
        assert answer.status == status, answer
        return answer.json()

    def record(self, key: str) -> dict:
        """The message record with its trace."""
        return self.admin("GET", "messages/" + urllib.parse.quote(key, safe=""))

    def wait_record(self, key: str, stage: str, timeout: float = 10.0) -> dict:
        """The record once its trace has reached a stage."""
        def read() -> dict | None:
            record = self.record(key)
            return record if stage in [step["stage"] for step in record["trace"]] else None
        return eventually(read, timeout, f"stage {stage} of {key}")

    def wait_delivered(self, key: str, timeout: float = 10.0) -> dict:
        """The record once every reply has been taken by the channel."""
        def read() -> dict | None:
            record = self.record(key)
            return record if record["delivery"]["status"] == "sent" else None
        return eventually(read, timeout, f"the delivery of {key}")

    def route(self, sender: str, text: str = "hola", channel: str = "whatsapp") -> dict:
        """The dry run of the middleware chain."""
        return self.admin("POST", "dry-run/route", {"channel": channel, "from": sender, "text": text})

    def metrics(self) -> str:
        answer = fetch(self.management_port, "GET", "/metrics")
        assert answer.status == 200, answer
        return answer.body.decode()

    def metric_sum(self, pattern: str) -> float:
        """The sum of all samples whose name and labels match the pattern."""
        total = 0.0
        for line in self.metrics().splitlines():
            if not line.startswith("#") and re.search(pattern, line):
                total += float(line.rsplit(" ", 1)[1])
        return total


def wait_gone(port: int, timeout: float = 10.0) -> None:
    """Waits until nobody listens on the port."""
    def refused() -> bool:
        try:
            fetch(port, "GET", "/livez")
            return False
        except OSError:
            return True
    eventually(refused, timeout, f"port {port} closed")
