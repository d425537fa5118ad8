"""The commands and their exit codes; every configuration error at once (CONTRACT §2, §3)."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import subprocess
import threading

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from conftest import Stack
from lolabox import payloads, signing
from lolabox.gateway import (APP_SECRET, BINARY, ORCHESTRATOR_TOKEN, ROOT, TELEGRAM_SECRET, TELEGRAM_TOKEN,
                             Gateway, minimal_environment, run, telegram_environment, whatsapp_environment)
from lolabox.ports import free_port
from lolabox.tokens import thumbprint
from lolabox.waiting import eventually
from lolabox.wire import fetch

COMMANDS = ("serve", "dev", "trigger", "tail", "check-config", "config print", "keys new", "keys jwks", "verify",
            "healthcheck", "version")


@pytest.fixture
def environment_of(tmp_path):
    """A complete environment with changes; None removes a variable."""
    def make(**changes: str | None) -> dict[str, str]:
        env = minimal_environment(tmp_path / "data") | {
            "LOLA_LISTEN": f"127.0.0.1:{free_port()}", "LOLA_MANAGEMENT_LISTEN": f"127.0.0.1:{free_port()}"}
        for name, value in changes.items():
            if value is None:
                env.pop(name)
            else:
                env[name] = value
        return env
    return make


# Words and exit codes

def test_version():
    result = run("version")
    assert result.returncode == 0 and re.search(r"\d+\.\d+\.\d+", result.stdout) and not result.stderr
    facts = json.loads(run("version", "--json").stdout)
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", facts["version"])


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("help",)])
def test_help_names_every_command(arguments):
    result = run(*arguments)
    assert result.returncode == 0
    for command in COMMANDS:
        assert command in result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command):
    result = run(*command.split(), "--help")
    assert result.returncode == 0, result
    assert command in result.stdout and not result.stderr


@pytest.mark.parametrize("arguments", [
    (), ("frobnicate",), ("serve", "--frobnicate"), ("serve", "extra"), ("dev", "--port"), ("dev", "--port", "x"),
    ("dev", "--port", "70000"), ("keys",), ("keys", "new"), ("keys", "new", "rsa"), ("trigger",), ("trigger", "pigeon"),
    ("config",), ("version", "--json=maybe"), ("verify",), ("--frobnicate",),
], ids=lambda arguments: " ".join(arguments) or "nothing")
def test_wrong_usage_is_2_and_says_so_on_stderr(arguments, tmp_path):
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == 2, result
    assert result.stderr and not result.stdout


def test_a_mistyped_command_is_answered_with_the_nearest():
    assert "serve" in run("sevre").stderr
    assert "--config" in run("serve", "--confg", "x").stderr


# Configuration errors

def test_serve_without_settings_names_everything_that_is_missing(tmp_path):
    result = run("serve", cwd=tmp_path)
    assert result.returncode == 78
    for name in ("LOLA_PUBLIC_URL", "LOLA_DATA_KEY", "LOLA_IDENTITY_URL", "LOLA_CALLBACK_ENCRYPTION_KEYS",
                 "LOLA_CALLBACK_SIGNING_KEYS", "LOLA_JWT_PRIVATE_KEY", "ORCHESTRATOR_SECURITY_TOKEN"):
        assert name in result.stderr, name


def test_check_config_accepts_what_serve_accepts(environment_of):
    result = run("check-config", env=environment_of())
    assert result.returncode == 0, result


#: Name, variables to change, words that the message must hold.
BAD = [
    ("unknown variable", {"LOLA_LISTNE": "x"}, ["LOLA_LISTNE", "LOLA_LISTEN"]),
    ("not an address", {"LOLA_LISTEN": "nowhere"}, ["LOLA_LISTEN"]),
    ("port too large", {"LOLA_LISTEN": "127.0.0.1:70000"}, ["LOLA_LISTEN"]),
    ("not a URL", {"LOLA_PUBLIC_URL": "lola"}, ["LOLA_PUBLIC_URL"]),
    ("a URL with a query", {"LOLA_PUBLIC_URL": "https://x.example/?a"}, ["LOLA_PUBLIC_URL"]),
    ("template without {phone}", {"LOLA_IDENTITY_URL": "https://id.example/senders"}, ["LOLA_IDENTITY_URL", "{phone}"]),
    ("not a duration", {"LOLA_IDENTITY_TIMEOUT": "fast"}, ["LOLA_IDENTITY_TIMEOUT"]),
    ("a duration without unit", {"LOLA_IDENTITY_TIMEOUT": "3"}, ["LOLA_IDENTITY_TIMEOUT"]),
    ("a callback life over two hours", {"LOLA_CALLBACK_TTL": "3h"}, ["LOLA_CALLBACK_TTL"]),
    ("a session life over an hour", {"LOLA_SESSION_TTL": "61m"}, ["LOLA_SESSION_TTL"]),
    ("not a policy", {"LOLA_IDENTITY_NOT_FOUND": "onbording"}, ["LOLA_IDENTITY_NOT_FOUND", "onboarding"]),
    ("unknown middleware", {"LOLA_PIPELINE_MIDDLEWARE": "identity,magic"},
     ["LOLA_PIPELINE_MIDDLEWARE", "channel_access"]),
    ("identity before the phone is normalised", {"LOLA_PIPELINE_MIDDLEWARE": "identity,phone_normalization"},
     ["LOLA_PIPELINE_MIDDLEWARE", "phone_normalization"]),
    ("identity without a normalised phone", {"LOLA_PIPELINE_MIDDLEWARE": "channel_access,identity"},
     ["LOLA_PIPELINE_MIDDLEWARE", "phone_normalization"]),
    ("commands off and nothing to refuse them",
     {"LOLA_PIPELINE_MIDDLEWARE": "phone_normalization,identity", "ACTIVE_COMMANDS": "false"},
     ["ACTIVE_COMMANDS", "commands_auth"]),
    ("a list of commands and nothing to apply it",
     {"LOLA_PIPELINE_MIDDLEWARE": "phone_normalization,identity", "LOLA_COMMANDS_ALLOWED": "/info"},
     ["LOLA_COMMANDS_ALLOWED", "commands_auth"]),
    ("an allowlist and nothing to apply it",
     {"LOLA_PIPELINE_MIDDLEWARE": "phone_normalization,identity", "LOLA_ALLOWED_NUMBERS": "+15550100"},
     ["LOLA_ALLOWED_NUMBERS", "channel_access"]),
    ("not a flag", {"ACTIVE_COMMANDS": "maybe"}, ["ACTIVE_COMMANDS"]),
    ("short data key", {"LOLA_DATA_KEY": "abcd"}, ["LOLA_DATA_KEY"]),
    ("data key not hexadecimal", {"LOLA_DATA_KEY": "z" * 64}, ["LOLA_DATA_KEY"]),
    ("callback key without id", {"LOLA_CALLBACK_SIGNING_KEYS": "ab" * 32}, ["LOLA_CALLBACK_SIGNING_KEYS"]),
    ("callback key id twice", {"LOLA_CALLBACK_SIGNING_KEYS": f"a:{'ab' * 32},a:{'cd' * 32}"},
     ["LOLA_CALLBACK_SIGNING_KEYS"]),
    ("not a PEM", {"LOLA_JWT_PRIVATE_KEY": "secret-canary-pem"}, ["LOLA_JWT_PRIVATE_KEY"]),
    ("short orchestrator token", {"ORCHESTRATOR_SECURITY_TOKEN": "short"}, ["ORCHESTRATOR_SECURITY_TOKEN"]),
    ("demo mode on a public address", {"DEMO_MODE": "true", "LOLA_LISTEN": "0.0.0.0:8080"}, ["DEMO_MODE"]),
    ("Telegram without its secret", {"TELEGRAM_TOKEN": TELEGRAM_TOKEN}, ["LOLA_TELEGRAM_SECRET"]),
    ("Telegram with an empty secret", {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "LOLA_TELEGRAM_SECRET": ""},
     ["LOLA_TELEGRAM_SECRET"]),
    ("Telegram secret with spaces", {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "LOLA_TELEGRAM_SECRET": "a b c d e f g h i j"},
     ["LOLA_TELEGRAM_SECRET"]),
    ("WhatsApp without app secret", {"TOKEN_WHATSAPP": "EAAGx", "PHONE_NUMBER_ID": "1", "VERIFY_TOKEN_WHATSAPP": "v"},
     ["LOLA_WHATSAPP_APP_SECRET"]),
    ("not a network", {"LOLA_TRUSTED_PROXIES": "10.0.0.0/40"}, ["LOLA_TRUSTED_PROXIES"]),
    ("not a number list", {"LOLA_ALLOWED_NUMBERS": "+15550100,Ana"}, ["LOLA_ALLOWED_NUMBERS"]),
    ("one half of TLS", {"LOLA_TLS_CERTIFICATE_FILE": "/nonexistent.pem"}, ["LOLA_TLS_KEY_FILE"]),
    ("negative limit", {"HTTP_RATE_LIMIT_PER_IP": "-1"}, ["HTTP_RATE_LIMIT_PER_IP"]),
    ("Redis without its URL", {"LOLA_STORE": "redis"}, ["REDIS_URL"]),
    ("a secret twice", {"LOLA_DATA_KEY_FILE": "/etc/hostname"}, ["LOLA_DATA_KEY"]),
    ("a secret file that is not there", {"LOLA_IDENTITY_TOKEN_FILE": "/nonexistent"}, ["LOLA_IDENTITY_TOKEN_FILE"]),
    ("no loops", {"LOLA_LOOPS": "0"}, ["LOLA_LOOPS"]),
]


@pytest.mark.parametrize(("changes", "words"), [pytest.param(changes, words, id=name) for name, changes, words in BAD])
@pytest.mark.parametrize("command", ["check-config", "serve"])
def test_a_bad_setting_is_78_and_named(environment_of, command, changes, words):
    env = environment_of(**changes)
    result = run(command, env=env)
    assert result.returncode == 78, result
    for word in words:
        assert word in result.stderr, result.stderr
    # What was expected is said, never the secret that was found.
    for name in ("LOLA_DATA_KEY", "LOLA_JWT_PRIVATE_KEY", "LOLA_CALLBACK_SIGNING_KEYS"):
        assert env[name] not in result.stderr + result.stdout


def test_all_errors_come_at_once(environment_of):
    changes = {key: value for _, variables, _ in BAD[:12] for key, value in variables.items()}
    changes |= {"LOLA_LISTEN": "nowhere", "LOLA_PUBLIC_URL": "lola"}
    result = run("check-config", env=environment_of(**changes))
    assert result.returncode == 78
    for name in changes:
        assert name in result.stderr, name


def test_an_error_of_the_file_names_its_line(environment_of, tmp_path):
    file = tmp_path / "lola.json5"
    file.write_text("// a comment\n{\n  server: {\n    listne: '127.0.0.1:1',\n  },\n  identity: { timeout: 3 },\n"
                    "  data: { key: 'abcdef' },\n}\n")
    result = run("check-config", "--config", str(file), env=environment_of())
    assert result.returncode == 78
    assert "lola.json5:4" in result.stderr and "listen" in result.stderr
    assert "lola.json5:6" in result.stderr
    assert "lola.json5:7" in result.stderr and "environment" in result.stderr


def test_a_wrong_value_is_an_error_even_when_a_variable_overrides_it(environment_of, tmp_path):
    file = tmp_path / "lola.json5"
    file.write_text("{ identity: { timeout: 'soon' } }")
    result = run("check-config", "--config", str(file), env=environment_of(LOLA_IDENTITY_TIMEOUT="2s"))
    assert result.returncode == 78 and "lola.json5:1" in result.stderr


@pytest.mark.parametrize("text", ["", "{", "[]", "{ server: { listen: '127.0.0.1:1', listen: '127.0.0.1:2' } }", "{}{}",
                                  "{ server: 7 }"])
def test_a_broken_file_is_78(environment_of, tmp_path, text):
    file = tmp_path / "lola.json5"
    file.write_text(text)
    result = run("check-config", "--config", str(file), env=environment_of())
    assert result.returncode == 78 and "lola.json5" in result.stderr


def test_a_missing_file_is_reported(environment_of, tmp_path):
    result = run("serve", "--config", str(tmp_path / "none.json5"), env=environment_of())
    assert result.returncode == 78 and "none.json5" in result.stderr


def test_precedence_is_flag_environment_file_default(environment_of, tmp_path):
    file = tmp_path / "lola.json5"
    file.write_text("{ identity: { timeout: '2s', not_found: 'onboarding' }, server: { loops: 3 } }")
    result = run("config", "print", "--json", "--config", str(file),
                 env=environment_of(LOLA_IDENTITY_TIMEOUT="1500ms"))
    assert result.returncode == 0, result
    settings = {item["key"]: item for item in json.loads(result.stdout)["items"]}
    assert settings["identity.timeout"]["source"] == "LOLA_IDENTITY_TIMEOUT"
    assert settings["identity.timeout"]["value"] == "1500ms"
    assert settings["identity.not_found"]["source"].endswith("lola.json5:1")
    assert settings["session.ttl"] | {"source": "default", "value": "15m"} == settings["session.ttl"]


def test_config_print_hides_secrets(environment_of):
    env = environment_of(**whatsapp_environment("https://graph.facebook.com/v23.0"))
    for arguments in (("config", "print"), ("config", "print", "--json")):
        result = run(*arguments, env=env)
        assert result.returncode == 0 and "***" in result.stdout
        for name in ("LOLA_DATA_KEY", "LOLA_JWT_PRIVATE_KEY", "ORCHESTRATOR_SECURITY_TOKEN", "TOKEN_WHATSAPP",
                     "LOLA_WHATSAPP_APP_SECRET", "VERIFY_TOKEN_WHATSAPP"):
            assert env[name] not in result.stdout + result.stderr, name


def test_secrets_can_come_from_files(environment_of, tmp_path):
    env = environment_of()
    for name in ("LOLA_DATA_KEY", "LOLA_JWT_PRIVATE_KEY", "ORCHESTRATOR_SECURITY_TOKEN"):
        (tmp_path / name).write_text(env.pop(name) + "\n")
        env[f"{name}_FILE"] = str(tmp_path / name)
    assert run("check-config", env=env).returncode == 0


def test_the_annotated_default_file_is_valid_and_says_the_defaults(environment_of):
    result = run("check-config", "--config", str(ROOT / "config/lola.json5"), env=environment_of())
    assert result.returncode == 0, result


# Keys

def test_keys_new_hex():
    keys = {run("keys", "new", "hex").stdout for _ in range(3)}
    assert len(keys) == 3
    assert all(re.fullmatch(r"[0-9a-f]{64}\n", key) for key in keys)


def test_keys_new_ec_and_their_published_form(environment_of):
    result = run("keys", "new", "ec")
    assert result.returncode == 0
    key = serialization.load_pem_private_key(result.stdout.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp256r1"
    published = json.loads(run("keys", "jwks", env=environment_of(LOLA_JWT_PRIVATE_KEY=result.stdout)).stdout)
    (jwk,) = published["keys"]
    numbers = key.public_key().public_numbers()
    assert int.from_bytes(_decode(jwk["x"])) == numbers.x and int.from_bytes(_decode(jwk["y"])) == numbers.y
    assert jwk["kid"] == thumbprint(jwk) and "d" not in jwk


def test_previous_keys_stay_published(environment_of):
    first, second = run("keys", "new", "ec").stdout, run("keys", "new", "ec").stdout
    env = environment_of(LOLA_JWT_PRIVATE_KEY=second, LOLA_JWT_PREVIOUS_KEYS=first)
    keys = json.loads(run("keys", "jwks", env=env).stdout)["keys"]
    assert len({key["kid"] for key in keys}) == 2


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# Against a running gateway

def _client(stack: Stack) -> dict[str, str]:
    """Variables with which a command finds the secrets of the test gateway."""
    return {"PATH": os.environ["PATH"], "LOLA_MANAGEMENT_LISTEN": f"127.0.0.1:{stack.gateway.management_port}",
            "ORCHESTRATOR_SECURITY_TOKEN": ORCHESTRATOR_TOKEN} | {
        key: value for key, value in stack.gateway.env.items()
        if key.startswith(("TOKEN_", "PHONE_", "VERIFY_", "LOLA_WHATSAPP", "LOLA_TELEGRAM", "TELEGRAM"))}


@pytest.mark.parametrize("kind", ["whatsapp.text", "whatsapp.button", "whatsapp.image"])
def test_trigger_whatsapp(stack, tmp_path, kind):
    phone = stack.person()
    result = run("trigger", kind, "--from", phone, "--text", "hola desde la consola", "--url", stack.gateway_url,
                 env=_client(stack), cwd=tmp_path)
    assert result.returncode == 0, result
    assert "200" in result.stdout and "whatsapp:" in result.stdout
    if kind == "whatsapp.image":
        stack.graph.wait_texts(phone)
    else:
        assert "hola desde la consola" in stack.agents.wait_call(phone).json()["message"]["text"]


def test_trigger_telegram(stack, tmp_path):
    result = run("trigger", "telegram.text", "--text=hola desde la consola", f"--url={stack.gateway_url}", "--json",
                 env=_client(stack), cwd=tmp_path)
    assert result.returncode == 0, result
    document = json.loads(result.stdout)
    assert document["status"] == 200 and document["key"].startswith("telegram:")
    stack.agents.wait(lambda call: call.json()["message"]["key"] == document["key"])


def test_trigger_telegram_contact(stack, tmp_path):
    phone = stack.person()
    result = run("trigger", "telegram.contact", "--from", phone, "--url", stack.gateway_url, env=_client(stack),
                 cwd=tmp_path)
    assert result.returncode == 0, result
    eventually(lambda: stack.identity.asked(phone), what="the lookup of the shared number")


def test_trigger_with_a_wrong_secret_fails(stack, tmp_path):
    env = _client(stack) | {"LOLA_WHATSAPP_APP_SECRET": "another secret"}
    result = run("trigger", "whatsapp.text", "--from", "+15550100", "--url", stack.gateway_url, env=env, cwd=tmp_path)
    assert result.returncode == 1 and "401" in result.stdout + result.stderr


def test_trigger_without_a_gateway_fails_with_a_reason(stack, tmp_path):
    result = run("trigger", "whatsapp.text", "--from", "+15550100", "--url", f"http://127.0.0.1:{free_port()}",
                 env=_client(stack), cwd=tmp_path)
    assert result.returncode == 1 and "is the gateway running" in result.stderr


def test_tail_shows_messages_as_they_come(stack, tmp_path):
    process = subprocess.Popen(
        [str(BINARY), "tail", "--url", f"http://127.0.0.1:{stack.gateway.management_port}"], cwd=tmp_path,
        env=_client(stack), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    lines: list[bytes] = []
    reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, b"")), daemon=True)
    reader.start()
    phone = stack.person()
    keys: list[str] = []

    def shown() -> bool:
        # A tail that is still connecting begins with a later message.
        keys.append(stack.gateway.say(phone, "canary of the tail"))
        return any(key.encode() in line for key in keys for line in lines)

    try:
        eventually(shown, what="a message of this test in the timeline")
        text = b"".join(lines).decode()
        assert "sender_home" in text
        assert phone[1:] not in text and "canary of the tail" not in text
    finally:
        process.terminate()
        process.wait(10)
        reader.join(5)
        process.stdout.close()


def test_healthcheck(stack):
    env = {"PATH": os.environ["PATH"], "LOLA_LISTEN": f"127.0.0.1:{stack.gateway.port}",
           "LOLA_MANAGEMENT_LISTEN": f"127.0.0.1:{stack.gateway.management_port}"}
    assert run("healthcheck", env=env).returncode == 0
    gone = {name: value if name == "PATH" else f"127.0.0.1:{free_port()}" for name, value in env.items()}
    assert run("healthcheck", env=gone).returncode == 1


def test_a_taken_port_is_said(environment_of):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("serve", env=environment_of(LOLA_LISTEN=f"127.0.0.1:{port}"))
    assert result.returncode in (1, 73, 74)
    assert str(port) in result.stderr


# Why does a signature not match

def test_verify_whatsapp(tmp_path):
    body = payloads.whatsapp_text("+15550100", "hola")
    file = tmp_path / "body.json"
    file.write_bytes(body)
    env = {"PATH": os.environ["PATH"], "LOLA_WHATSAPP_APP_SECRET": APP_SECRET}
    good = run("verify", "whatsapp", "--signature", signing.whatsapp_signature(APP_SECRET, body),
               "--body-file", str(file), env=env)
    assert good.returncode == 0, good
    bad = run("verify", "whatsapp", "--signature", signing.whatsapp_signature(APP_SECRET, body.strip() + b"\n"),
              "--body-file", str(file), env=env)
    assert bad.returncode == 1, bad
    assert APP_SECRET not in good.stdout + good.stderr + bad.stdout + bad.stderr


def test_the_channels_need_nothing_else(environment_of):
    """Real-life settings: only the providers' variables, their default URLs."""
    env = environment_of(**whatsapp_environment("https://graph.facebook.com/v23.0"),
                         **telegram_environment("https://api.telegram.org"))
    for name in ("LOLA_WHATSAPP_API_URL", "LOLA_TELEGRAM_API_URL"):
        env.pop(name)
    assert run("check-config", env=env).returncode == 0
    gateway = Gateway(["serve"], env, BINARY.parent, int(env["LOLA_LISTEN"].split(":")[1]),
                      int(env["LOLA_MANAGEMENT_LISTEN"].split(":")[1]))
    with gateway:
        assert fetch(gateway.port, "GET", "/readyz").status == 200
        assert gateway.telegram(b"{}", TELEGRAM_SECRET).status == 200
