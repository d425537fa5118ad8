"""Fixtures: one gateway with all its stubs for the whole run, and factories for tests that need their own."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from lolabox.gateway import BINARY, Gateway, telegram_environment, whatsapp_environment
from lolabox.payloads import fresh_phone
from lolabox.redis import RedisServer
from lolabox.stubs import AgentStub, GraphStub, IdentityStub, TelegramStub
from lolabox.tls import TestCA

#: Short back-off, so that retries are seen in a test; the schedule itself is a unit test.
RETRY_SETTINGS = '{ agents: { retry: ["50ms", "50ms", "50ms", "50ms"], timeout: "2s" } }'


@dataclass
class Stack:
    """A gateway and the services around it."""

    gateway: Gateway
    identity: IdentityStub
    graph: GraphStub
    bot: TelegramStub
    agents: AgentStub

    @property
    def gateway_url(self) -> str:
        return f"http://127.0.0.1:{self.gateway.port}"

    def person(self, verdict: str = "passed", **more: object) -> str:
        """A fresh phone that the identity service knows."""
        phone = fresh_phone()
        self.identity.person(phone, verdict, **more)
        return phone


@pytest.fixture(scope="session", autouse=True)
def _binary() -> None:
    assert BINARY.exists(), f"{BINARY} is missing: run `make build` first"


@pytest.fixture(scope="session")
def services() -> Iterator[tuple[IdentityStub, GraphStub, TelegramStub, AgentStub]]:
    with IdentityStub() as identity, GraphStub() as graph, TelegramStub() as bot, AgentStub() as agents:
        yield identity, graph, bot, agents


@pytest.fixture(scope="session")
def environment(services) -> dict[str, str]:
    """Both channels on, every outside service a stub."""
    identity, graph, bot, agents = services
    return {
        "LOLA_IDENTITY_URL": identity.template,
        "LOLA_IDENTITY_TOKEN": identity.TOKEN,
        "LOLA_IDENTITY_TIMEOUT": "1s",
        **whatsapp_environment(graph.api_url),
        **telegram_environment(bot.url),
        **agents.environment,
    }


@pytest.fixture(scope="session")
def stack(services, environment, tmp_path_factory) -> Iterator[Stack]:
    gateway = Gateway.serve(tmp_path_factory.mktemp("stack"), environment, RETRY_SETTINGS)
    with gateway:
        yield Stack(gateway, *services)


@pytest.fixture
def own_stack(services, environment, tmp_path):
    """Starts another gateway on the shared stubs: own_stack(env={...}, config="{...}")."""
    started: list[Gateway] = []

    def start(env: dict[str, str] | None = None, config: str | None = RETRY_SETTINGS, without: tuple[str, ...] = (),
              prefix: list[str] | None = None) -> Stack:
        merged = {name: value for name, value in (environment | (env or {})).items() if name not in without}
        gateway = Gateway.serve(tmp_path / f"gateway{len(started)}", merged, config, prefix)
        started.append(gateway)
        return Stack(gateway.start(), *services)

    yield start
    for gateway in started:
        gateway.stop()


@pytest.fixture
def redis(tmp_path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def on_redis(redis, own_stack):
    """Starts a gateway on that Redis; all of a test share their data key: on_redis(env={...}, config="{...}")."""
    key = {"LOLA_DATA_KEY": secrets.token_hex(32)}

    def start(env: dict[str, str] | None = None, **more) -> Stack:
        return own_stack(env=redis.environment | key | (env or {}), **more)

    return start


@pytest.fixture(scope="session")
def ca(tmp_path_factory) -> TestCA:
    return TestCA(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="session")
def foreign_ca(tmp_path_factory) -> TestCA:
    """An authority the gateway is never told about."""
    return TestCA(tmp_path_factory.mktemp("foreign"), "Somebody else")


@pytest.fixture(scope="session")
def dev(tmp_path_factory) -> Iterator[Gateway]:
    """`lola dev`, shared by the tests that only talk to it."""
    with Gateway.dev(tmp_path_factory.mktemp("dev")) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "scripts/setup.sh test installs chromium"
    with sync_playwright() as player:
        running = player.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """A folder outside git for pictures of the console and the widgets."""
    folder = BINARY.parents[1] / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
