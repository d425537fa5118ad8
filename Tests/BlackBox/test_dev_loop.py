"""The whole loop in `lola dev` with nothing but a browser: a message, the link in the chat, the widget behind it, the
callback, and the conversation that goes on (CONTRACT §6, §7, §11)."""

from __future__ import annotations

from typing import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from lolabox.gateway import Gateway
from lolabox.pages import Visit, digits_of

CARD = "4000056655665556"
WIDTHS = [360, 1280]


@pytest.fixture
def gateway(tmp_path) -> Iterator[Gateway]:
    with Gateway.dev(tmp_path / "loop") as gateway:
        yield gateway


@pytest.fixture(params=WIDTHS)
def visit(request, browser: Browser, gateway: Gateway) -> Iterator[Visit]:
    """One browser with all its pages, closed before the gateway is; each page may complain of nothing."""
    visit = Visit.begin(browser, width=request.param, locale="en-US")
    visit.context.on("page", lambda page: _listen(visit, page))
    yield visit
    visit.end()


def _listen(visit: Visit, page: Page) -> None:
    page.on("console", lambda said: visit.complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))


def _write(page: Page, text: str) -> None:
    page.get_by_test_id("dev-text").fill(text)
    page.get_by_test_id("dev-send").click()


def _follow_link(page: Page) -> Page:
    """Opens the newest link that stands in the chat, as the person would."""
    link = page.get_by_test_id("dev-chat").locator("a[href*='/w/']").last
    expect(link).to_be_visible(timeout=15_000)
    with page.expect_popup() as opened:
        link.click()
    widget = opened.value
    expect(widget.get_by_test_id("widget-form")).to_be_visible(timeout=10_000)
    return widget


def _end(widget: Page) -> None:
    widget.get_by_test_id("widget-submit").click()
    expect(widget.get_by_test_id("widget-status")).to_have_attribute("data-state", "done", timeout=10_000)
    assert widget.evaluate("globalThis.__refused") == []
    widget.close()


def _card(widget: Page) -> None:
    widget.get_by_test_id("card-number").press_sequentially(CARD)
    widget.locator("[autocomplete=cc-exp]").press_sequentially("1230")
    widget.locator("[autocomplete=cc-name]").fill("Ana Ortega")


def _identity(widget: Page) -> None:
    widget.locator("#number").fill("X1234567")
    widget.locator("#presence").check()
    widget.locator("#consent").check()


def _nothing_left(visit: Visit, gateway: Gateway, origin: str) -> None:
    assert all(request.url.startswith(origin) for request in visit.requests if not request.url.startswith("data:"))
    assert CARD not in digits_of(visit.sent) and CARD not in digits_of(gateway.log)
    for path in (gateway.cwd / ".lola").rglob("*"):
        if path.is_file():
            assert CARD.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("sender", ["pending", "unknown"])
def test_an_identity_is_proved_from_the_chat_and_the_conversation_goes_on(visit, gateway, screenshots, sender):
    origin = f"http://127.0.0.1:{gateway.port}"
    page = visit.open(origin + "/dev")
    tickets, trace, chat = (page.get_by_test_id(name) for name in ("dev-tickets", "dev-trace", "dev-chat"))
    expect(page.get_by_test_id("dev-sender").locator("option")).not_to_have_count(0)
    page.get_by_test_id("dev-sender").select_option(sender)
    expect(page.locator("#tickets-none")).to_be_visible()
    page.screenshot(path=screenshots / f"loop-{sender}-0-empty-{page.viewport_size['width']}.png", full_page=True)
    _write(page, "hola")
    expect(trace).to_contain_text("onboarding" if sender == "unknown" else "pending_cip", timeout=15_000)
    expect(tickets).to_contain_text("open", timeout=10_000)
    page.screenshot(path=screenshots / f"loop-{sender}-1-open-{page.viewport_size['width']}.png", full_page=True)
    link = chat.locator("a[href*='/w/']").last.get_attribute("href")
    widget = _follow_link(page)
    assert widget.url == link
    _identity(widget)
    _end(widget)
    # The callback arrives, and after a fresh look at the person the home agent goes on.
    expect(tickets).to_contain_text("succeeded", timeout=10_000)
    expect(chat).to_contain_text("Callback: identity check", timeout=10_000)
    expect(trace.get_by_role("listitem").first).to_contain_text("Callback", timeout=10_000)
    expect(trace).to_contain_text("sender_home", timeout=10_000)
    page.screenshot(path=screenshots / f"loop-{sender}-2-done-{page.viewport_size['width']}.png", full_page=True)
    assert visit.fits()
    # What the person writes next is the home agent's too, and no further link is offered.
    links = chat.locator("a[href*='/w/']").count()
    _write(page, "/info")
    expect(chat).to_contain_text("/info", timeout=10_000)
    expect(trace.get_by_role("listitem").first).to_contain_text("Allowlist", timeout=10_000)
    expect(trace).to_contain_text("sender_home", timeout=10_000)
    assert chat.locator("a[href*='/w/']").count() == links
    # The link is used up.
    again = visit.context.new_page()
    assert again.goto(link).status == 410
    visit.complaints = [text for text in visit.complaints if "410" not in text]
    again.close()
    _nothing_left(visit, gateway, origin)


def test_a_card_is_authorised_from_the_chat(visit, gateway, screenshots):
    origin = f"http://127.0.0.1:{gateway.port}"
    page = visit.open(origin + "/dev")
    tickets, trace, chat = (page.get_by_test_id(name) for name in ("dev-tickets", "dev-trace", "dev-chat"))
    expect(page.get_by_test_id("dev-sender").locator("option")).not_to_have_count(0)
    _write(page, "/new")
    expect(tickets).to_contain_text("card authorisation", timeout=15_000)
    widget = _follow_link(page)
    _card(widget)
    widget.screenshot(path=screenshots / f"loop-card-1-widget-{page.viewport_size['width']}.png", full_page=True)
    _end(widget)
    expect(tickets).to_contain_text("succeeded", timeout=10_000)
    expect(chat).to_contain_text("Callback: card authorisation", timeout=10_000)
    expect(trace).to_contain_text("sender_home", timeout=10_000)
    page.screenshot(path=screenshots / f"loop-card-2-done-{page.viewport_size['width']}.png", full_page=True)
    _nothing_left(visit, gateway, origin)
