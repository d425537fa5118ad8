"""The console at /dev in a real browser: write as a sender, read the reply, see every step (CONTRACT §11)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from lolabox.gateway import Gateway

STEPS = ["Allowlist", "Commands", "Phone number", "Identity", "Contacts", "Router", "Agent", "Delivery"]
WIDTHS = {"phone": (360, 740), "desktop": (1280, 800)}


@pytest.fixture(params=list(WIDTHS))
def console(request, browser: Browser, dev: Gateway):
    """A fresh page at /dev; anything it says on the console, any failed or foreign request, fails the test."""
    width, height = WIDTHS[request.param]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    complaints: list[str] = []
    origin = f"http://127.0.0.1:{dev.port}"
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda sent: complaints.append(sent.url) if not sent.url.startswith(origin) else None)
    page.goto(f"{origin}/dev")
    yield page
    context.close()
    assert not complaints, complaints


def _options(page: Page) -> list[tuple[str, str]]:
    expect(page.get_by_test_id("dev-sender").locator("option")).not_to_have_count(0)
    options = page.get_by_test_id("dev-sender").locator("option").all()
    return [(option.get_attribute("value") or "", option.inner_text()) for option in options]


def _sender(page: Page, word: str) -> str:
    """The value of the sender whose label speaks of the word."""
    for value, label in _options(page):
        if re.search(word, f"{label} {value}", re.I):
            return value
    raise AssertionError(f"no sender {word!r} among {_options(page)}")


def _write(page: Page, sender: str, text: str) -> None:
    page.get_by_test_id("dev-sender").select_option(sender)
    page.get_by_test_id("dev-text").fill(text)
    page.get_by_test_id("dev-send").click()
    expect(page.get_by_test_id("dev-chat")).to_contain_text(text, timeout=10_000)


def _no_horizontal_scroll(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_every_kind_of_sender_is_offered(console):
    labels = " ".join(f"{value} {label}" for value, label in _options(console)).lower()
    for word in ("passed", "pending", "blocked", "unknown", "phone", "down|unavailable"):
        assert re.search(word, labels), (word, labels)


def test_a_message_its_reply_and_its_trace(console, screenshots, request):
    _write(console, _sender(console, "passed"), "hola consola")
    trace = console.get_by_test_id("dev-trace")
    # The steps of the message before may stand there still, and give way while they are looked at.
    for number, step in enumerate(STEPS):
        expect(trace.get_by_role("listitem").nth(number)).to_contain_text(step, timeout=10_000)
    expect(trace.get_by_role("listitem")).to_have_count(len(STEPS), timeout=10_000)
    expect(trace).to_contain_text("sender_home")
    # Times beside the steps.
    expect(trace).to_contain_text(re.compile(r"\d+(\.\d+)?\s*(µs|us|ms)"))
    # The reply is more than an echo of what was written.
    chat = console.get_by_test_id("dev-chat")
    expect(chat).to_contain_text(re.compile(r"hola consola[\s\S]*\S{2,}"), timeout=10_000)
    assert _no_horizontal_scroll(console)
    console.screenshot(path=screenshots / f"console-{console.viewport_size['width']}.png", full_page=True)


@pytest.mark.parametrize(("word", "agent"), [
    ("passed", "sender_home"), ("pending", "pending_cip"), ("blocked", "blocked"), ("unknown", "onboarding"),
    ("no phone|without", "onboarding"), ("down|unavailable", "service_unavailable"),
])
def test_each_sender_meets_its_agent(console, word, agent):
    _write(console, _sender(console, word), f"soy {agent}")
    expect(console.get_by_test_id("dev-trace")).to_contain_text(agent, timeout=15_000)


def test_the_same_person_can_write_on_telegram(console):
    console.get_by_label("Telegram").check()
    _write(console, _sender(console, "passed"), "hola por telegram")
    expect(console.get_by_test_id("dev-trace")).to_contain_text("telegram:", timeout=10_000)


def test_enter_sends_and_the_field_is_cleared(console):
    field = console.get_by_test_id("dev-text")
    field.fill("con la tecla")
    field.press("Enter")
    expect(console.get_by_test_id("dev-chat")).to_contain_text("con la tecla", timeout=10_000)
    expect(field).to_have_value("")


def test_markup_is_shown_not_run(console):
    _write(console, _sender(console, "passed"), "<img src=x onerror=alert(1)><b>bold</b>")
    assert console.get_by_test_id("dev-chat").locator("img, b:has-text('bold')").count() == 0


def test_long_words_do_not_break_the_page(console):
    _write(console, _sender(console, "passed"), "w" * 600)
    assert _no_horizontal_scroll(console)


def test_it_can_be_used_without_a_mouse(console):
    reached = set()
    # The history of the other tests may hold many stops on the way.
    for _ in range(300):
        console.keyboard.press("Tab")
        reached.add(console.evaluate("document.activeElement?.dataset?.testid ?? ''"))
        if {"dev-sender", "dev-text", "dev-send"} <= reached:
            break
    assert {"dev-sender", "dev-text", "dev-send"} <= reached
    for name in ("dev-sender", "dev-text"):
        label = console.evaluate(
            "name => { const e = document.querySelector(`[data-testid=${name}]`);"
            " return (e.labels?.[0]?.textContent ?? e.getAttribute('aria-label') ?? '').trim() }", name)
        assert label, f"{name} has no label"
