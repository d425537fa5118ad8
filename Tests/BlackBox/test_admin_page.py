"""The admin page at /admin in a real browser, against the real gateway; views whose data other tests make are given
theirs at the network's edge, with strings that want to be more than text (CONTRACT §10, §11)."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from conftest import RETRY_SETTINGS, Stack
from lolabox.gateway import ORCHESTRATOR_TOKEN, Gateway
from lolabox.payloads import fresh_phone
from lolabox.stubs.server import Reply
from lolabox.wire import fetch

WIDTHS = {"phone": (360, 740), "desktop": (1280, 800)}
VIEWS = {
    "messages": "Messages", "dlq": "Dead letters", "quarantine": "Quarantine", "alerts": "Alerts", "tickets": "Tickets",
    "agents": "Agents", "tokens": "Tokens", "lockouts": "Lock-outs", "dnc": "Do not contact", "audit": "Audit",
    "health": "Health",
}
HOSTILE = [
    "<script>window.hit=1</script>", "<img src=x onerror='window.hit=1'>", "\u202etxt.exe\u2066", "a\r\nX-Evil: 1",
    "javascript:window.hit=1", "\"'><svg/onload=window.hit=1>", "{{7*7}}${7*7}", "\x1b[31mred\x07", "w" * 300,
]


@pytest.fixture(scope="module")
def browser():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "scripts/setup.sh test installs chromium"
    with sync_playwright() as player:
        running = player.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def stack(services, environment, tmp_path_factory):
    """A gateway of the page's own: a browser has one address, and the wrong tokens typed here count against it."""
    with Gateway.serve(tmp_path_factory.mktemp("page"), environment, RETRY_SETTINGS) as gateway:
        yield Stack(gateway, *services)


@dataclass
class Visit:
    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, view: str) -> None:
        self.page.evaluate("id => { location.hash = id }", view)
        expect(self.page.get_by_role("tab", selected=True)).to_have_attribute("id", f"tab-{view}")
        expect(self.page.locator("#panel .wait")).to_have_count(0)

    def give(self, name: str, *items: dict, **more: object) -> None:
        """Answers one list of the API in the gateway's place."""
        body = json.dumps({"items": list(items), "next": None})
        self.page.route(re.compile(rf"/admin/api/{name}(\?.*)?$"), lambda route: _fulfil(route, body, **more))

    def fits(self) -> bool:
        return self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def _fulfil(route: Route, body: str, status: int = 200) -> None:
    if route.request.method == "GET":
        route.fulfill(status=status, content_type="application/json", body=body)
    else:
        route.fallback()


@pytest.fixture(params=list(WIDTHS))
def visit(request, browser: Browser, stack):
    """A fresh page at /admin. Anything it says on the console, a report of the content policy, a request to anybody
    else fails the test; answers 401 and 404 of the API, which the browser tells too, do not."""
    width, height = WIDTHS[request.param]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    visit = Visit(page)
    origin = f"http://127.0.0.1:{stack.gateway.management_port}"

    def said(message) -> None:
        expected = message.text.startswith("Failed to load resource") and "/admin/api/" in message.location["url"]
        if message.type in ("error", "warning") and not expected:
            visit.complaints.append(message.text)

    page.on("console", said)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on("dialog", lambda dialog: visit.complaints.append(dialog.message))
    page.on("request", lambda sent: visit.complaints.append(sent.url) if not sent.url.startswith(origin) else None)
    page.add_init_script("addEventListener('securitypolicyviolation', (e) => { window.hit = e.violatedDirective })")
    page.goto(f"{origin}/admin")
    yield visit
    assert page.evaluate("window.hit") is None
    assert ORCHESTRATOR_TOKEN not in page.content()
    context.close()
    assert not visit.complaints, visit.complaints


@pytest.fixture
def inside(visit: Visit) -> Visit:
    _sign_in(visit.page)
    return visit


def _sign_in(page: Page, token: str = ORCHESTRATOR_TOKEN) -> None:
    page.get_by_test_id("admin-token").fill(token)
    page.get_by_test_id("admin-login").click()
    expect(page.locator("#app")).to_be_visible()
    expect(page.locator("#link")).to_have_text("Live")


# Signing in

def test_a_wrong_token_is_told_in_words_and_a_right_one_lets_in(visit, screenshots):
    page = visit.page
    for wrong, words in (("", "Type the token"), ("x" * 40, "not right"), ("tökén", "not right")):
        page.get_by_test_id("admin-token").fill(wrong)
        page.get_by_test_id("admin-token").press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(words)
        expect(page.get_by_test_id("admin-token")).to_be_focused()
        assert page.locator("#app").is_hidden()
    page.screenshot(path=screenshots / f"admin-login-{page.viewport_size['width']}.png")
    _sign_in(page)
    assert page.get_by_test_id("admin-token").input_value() == ""
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_test_id("admin-token")).to_be_focused()
    assert page.locator("#panel").inner_text() == ""
    # The token was in memory only.
    _sign_in(page)
    page.reload()
    expect(page.get_by_test_id("admin-token")).to_be_visible()
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_the_files_need_no_token_and_the_api_does(stack):
    for path, kind in (("/admin", "text/html"), ("/admin/app.js", "text/javascript"), ("/admin/app.css", "text/css")):
        answer = fetch(stack.gateway.management_port, "GET", path)
        assert answer.status == 200 and answer.header("content-type").startswith(kind)
        policy = answer.header("content-security-policy")
        assert "default-src 'none'" in policy and "unsafe" not in policy and "script-src 'self'" in policy
        assert fetch(stack.gateway.port, "GET", path).status == 404
    for path in ("health", "events"):
        assert stack.gateway.manage("GET", f"/admin/api/{path}", token=None).status == 401


# Views

def test_every_view_opens_and_says_what_it_is_for(inside, screenshots):
    for view, title in VIEWS.items():
        inside.open(view)
        expect(inside.page.locator("#panel h2")).to_contain_text(title)
        assert inside.fits(), view
        inside.page.screenshot(path=screenshots / f"admin-{view}-{inside.page.viewport_size['width']}.png")


def test_what_the_gateway_does_not_offer_is_told(inside):
    for view in ("tickets", "audit", "alerts"):
        inside.give(view, status=404)
        inside.open(view)
        expect(inside.page.locator("#panel")).to_contain_text("Not available")


def test_an_empty_view_says_what_to_do(inside):
    for view, words in (("tokens", "Mint one above"), ("dnc", "Add an address"), ("agents", "Register one")):
        inside.give(view)
        inside.open(view)
        expect(inside.page.locator("#panel .empty")).to_contain_text(words)


def test_a_message_appears_by_itself_with_its_steps(inside, stack, screenshots):
    page = inside.page
    inside.open("messages")
    expect(page.locator("#panel .holder > *").first).to_be_visible()
    phone = stack.person()
    before = page.locator("#panel tbody tr").count()
    key = stack.gateway.say(phone, "canary words for the page")
    record = stack.gateway.wait_delivered(key)
    first = page.locator("#panel tbody tr").first
    expect(first).to_contain_text(record["sender"][:8], timeout=10_000)
    expect(first).to_contain_text("done", timeout=10_000)
    assert before == 0 or page.locator("#panel tbody tr").count() >= before
    # The last step comes after the delivery.
    record = stack.gateway.record(key)
    steps = first.get_by_role("button", name="Steps")
    steps.click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("listitem")).to_have_count(len(record["trace"]))
    expect(sheet).to_contain_text("sender_home")
    expect(sheet).to_contain_text(re.compile(r"\d+(\.\d+)? (µs|ms)"))
    page.screenshot(path=screenshots / f"admin-steps-{page.viewport_size['width']}.png")
    page.keyboard.press("Escape")
    expect(steps).to_be_focused()
    assert "canary words" not in page.content() and phone[1:] not in page.locator("#panel").inner_text()


def test_a_dead_letter_is_replayed_after_a_question_and_dropped_after_another(inside, stack):
    page = inside.page
    phone = stack.person()
    stack.agents.script(phone, *[Reply(400, {})] * 2)
    key = stack.gateway.say(phone, "give me up")
    record = stack.gateway.wait_record(key, "agent")
    inside.open("dlq")
    row = page.locator("#panel tbody tr", has_text=record["sender"][:8])
    expect(row).to_have_count(1, timeout=10_000)
    # No is no, and the focus comes back.
    row.get_by_role("button", name="Drop").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Cancel").click()
    expect(row.get_by_role("button", name="Drop")).to_be_focused()
    calls = len(stack.agents.calls(phone))
    row.get_by_role("button", name="Replay").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Replay").click()
    stack.agents.wait_calls(phone, calls + 1)
    # The second answer is a refusal too: it is given up again, and then dropped.
    expect(row).to_have_count(1, timeout=10_000)
    row.get_by_role("button", name="Drop").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Drop").click()
    expect(row).to_have_count(0, timeout=10_000)


def test_health_names_every_dependency(inside, stack):
    page = inside.page
    inside.open("health")
    panel = page.locator("#panel")
    for words in ("Ready", "Store", "Journal", "Identity service", "Clock", "WhatsApp", "Telegram", "Twilio", "Resend",
                  "sender home", "calls are made to", "not configured"):
        expect(panel).to_contain_text(words)
    health = stack.gateway.manage("GET", "/admin/api/health").json()
    assert health["status"] == "ok" and health["store"]["open"] and health["identity"]["circuit"] == "closed"
    assert {agent["name"] for agent in health["agents"]} >= {"onboarding", "sender_home", "service_unavailable"}
    assert "token" not in json.dumps(health) and "senders" not in json.dumps(health)


def test_minting_shows_the_token_once(inside):
    page = inside.page
    secret = "lola_at_canary" + "Aa1" * 15
    asked: list[dict] = []

    def mint(route: Route) -> None:
        if route.request.method != "POST":
            return route.fallback()
        asked.append(route.request.post_data_json)
        route.fulfill(status=201, json={"id": "0" * 32, "agent": HOSTILE[0], "label": HOSTILE[1], "token": secret,
                                        "expires_at": "2027-01-01T00:00:00Z"})

    inside.give("tokens")
    page.route(re.compile("/admin/api/tokens$"), mint)
    inside.open("tokens")
    page.get_by_label("For agent").fill("collections")
    page.get_by_label("Label").fill("nightly")
    page.get_by_label("Lives").select_option(label="30 days")
    page.get_by_role("button", name="Mint token").click()
    shown = page.get_by_role("dialog").get_by_label("Token", exact=True)
    expect(shown).to_have_value(secret)
    assert asked == [{"agent": "collections", "label": "nightly", "expires": 30 * 86400}]
    page.get_by_role("button", name="Close").click()
    assert page.get_by_role("dialog").count() == 0
    assert secret not in page.evaluate("document.documentElement.outerHTML + [...document.querySelectorAll('input')]"
                                       ".map((one) => one.value).join()")


def test_what_is_used_of_a_limit_stands_beside_it(inside, stack, screenshots):
    page = inside.page
    agent, phone = f"shop-{page.viewport_size['width']}", fresh_phone()
    token = stack.gateway.admin("POST", "tokens", {"agent": agent}, 201)["token"]
    stack.gateway.admin("POST", "consent", {"address": phone, "channel": "whatsapp", "type": "express",
                                            "status": "granted"}, 201)
    order = json.dumps({"channel": "whatsapp", "to": phone, "text": "It is ready."}).encode()
    for _ in range(2):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        assert fetch(stack.gateway.port, "POST", "/v1/messages", headers, order).status == 202
    inside.open("agents")
    page.get_by_role("button", name=f"Limits of {agent}").click()
    sheet = page.get_by_role("dialog")
    for label, words in (("Actions a minute", "Used now: 2."), ("Actions a day", "Used now: 2."),
                         ("Spending a day, US$", "Used now: 0.")):
        field = sheet.get_by_label(label, exact=True)
        note = page.locator("#" + field.get_attribute("aria-describedby").split()[0])
        expect(note).to_contain_text(words)
    assert inside.fits()
    page.screenshot(path=screenshots / f"admin-limits-{page.viewport_size['width']}.png")
    page.keyboard.press("Escape")


def test_what_cannot_be_done_is_told_in_words(inside):
    page = inside.page
    inside.give("lockouts", {"id": "0" * 32, "address": "203.0.113.7", "since": "2026-11-20T10:00:00Z",
                             "until": "2026-11-20T10:15:00Z", "failures": 10})
    answers = [(429, {"Retry-After": "90"}, "1 min 30 s"), (503, {}, "cannot do this now"), (404, {}, "not there any more")]

    def refuse(route: Route) -> None:
        status, headers, _ = answers[0]
        route.fulfill(status=status, headers=headers, json={"code": "x"})

    page.route(re.compile("/admin/api/lockouts/"), refuse)
    inside.open("lockouts")
    page.get_by_role("button", name="Lift the lock-out of 203.0.113.7").click()
    while answers:
        page.get_by_role("alertdialog").get_by_role("button", name="Lift the lock-out").click()
        expect(page.get_by_role("alertdialog").get_by_role("alert")).to_contain_text(answers[0][2])
        answers.pop(0)
    page.keyboard.press("Escape")


# What wants to be more than text

def test_hostile_strings_are_inert_in_every_view(inside):
    page = inside.page
    at = "2026-11-20T10:00:00Z"
    fields = {
        "messages": lambda s: {"id": s, "key": s, "channel": s, "conversation": s, "sender": s, "type": s, "status": s,
                               "agent": s, "received_at": at, "finished_at": None, "trace": [],
                               "delivery": {"status": s, "attempts": 1, "error": s, "replies": []}},
        "dlq": lambda s: {"id": s, "channel": s, "type": s, "sender": s, "stage": s, "reason": s, "attempts": 1, "at": at},
        "quarantine": lambda s: {"id": s, "reason": s, "at": at, "octets": 5},
        "alerts": lambda s: {"id": s, "kind": s, "severity": s, "subject": s, "text": s, "at": at, "count": 1},
        "tickets": lambda s: {"id": s, "ticket_id": s, "operation": s, "actions": [s], "conversation": s, "status": s,
                              "expires_at": at},
        "agents": lambda s: {"id": s, "name": s, "status": s, "channels": [s], "created_at": at},
        "tokens": lambda s: {"id": s, "agent": s, "label": s, "scopes": [s], "created_at": at, "expires_at": at},
        "lockouts": lambda s: {"id": s, "address": s, "since": at, "until": at, "failures": 10},
        "dnc": lambda s: {"id": s, "kind": s, "address": s, "reason": s, "at": at},
        "audit": lambda s: {"id": s, "seq": 1, "at": at, "action": s, "actor": s, "subject": s, "outcome": s,
                            "facts": {s: s}},
    }
    # The page begins with the messages: what is shown is asked for when one comes to a view.
    inside.open("audit")
    for view, make in fields.items():
        inside.give(view, *map(make, HOSTILE))
        inside.open(view)
        panel = page.locator("#panel")
        expect(panel.locator("tbody tr"), view).to_have_count(len(HOSTILE))
        assert panel.locator("script, img, svg, a, iframe").count() == 0, view
        text = panel.inner_text()
        assert "<script>window.hit=1</script>"[:8] in text or view in ("messages", "tickets"), view
        # What turns text around or steers a terminal is named, not done.
        assert not re.search("[\u202e\u2066\x1b\x07]", text), view
        assert inside.fits(), view
    assert page.evaluate("window.hit") is None


def test_an_alert_is_announced_wherever_one_is(inside):
    page = inside.page
    alert = {"id": "a", "kind": "lockout", "severity": "HIGH", "subject": "x", "text": HOSTILE[0],
             "at": "2026-11-20T10:00:00Z", "count": 1}
    page.route(re.compile("/admin/api/events"), lambda route: route.fulfill(
        status=200, content_type="text/event-stream", body=f"event: alert\ndata: {json.dumps(alert)}\n\n"))
    inside.page.get_by_role("button", name="Sign out").click()
    page.get_by_test_id("admin-token").fill(ORCHESTRATOR_TOKEN)
    page.get_by_test_id("admin-login").click()
    toast = page.get_by_role("log").locator(".toast").first
    expect(toast).to_contain_text("HIGH alert: Address locked out")
    expect(page.get_by_role("tab", name="Alerts")).to_contain_text("new")
    assert page.locator("#toasts").get_attribute("aria-live") == "polite"
    page.unroute(re.compile("/admin/api/events"))


# Without a mouse

def test_tabs_are_moved_with_arrows_and_everything_has_a_name(inside):
    page = inside.page
    expect(page.get_by_role("tab", name="Messages")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("tab", name="Dead letters")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("tab", selected=True)).to_have_text("Health")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", selected=True)).to_have_text("Messages")
    assert page.locator('[role=tab][tabindex="0"]').count() == 1
    for view in VIEWS:
        inside.open(view)
        nameless = page.evaluate("""() => [...document.querySelectorAll('#app button, #app input, #app select')]
            .filter((one) => one.checkVisibility() && !(one.labels?.length || one.getAttribute('aria-label')
              || one.textContent.trim())).map((one) => one.outerHTML)""")
        assert nameless == [], view
    # The focus can be seen.
    inside.open("tokens")
    page.keyboard.press("Tab")
    width = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
    assert width >= 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_have_contrast(browser, stack, scheme):
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{stack.gateway.management_port}/admin")
    pairs = page.evaluate("""() => {
      const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
      const root = getComputedStyle(document.documentElement);
      const light = (name) => {
        canvas.fillStyle = root.getPropertyValue(name); canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) => v / 255)
          .map((v) => (v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4));
        return .2126 * r + .7152 * g + .0722 * b;
      };
      return [['--ink', '--ground'], ['--ink', '--panel'], ['--soft', '--ground'], ['--soft', '--panel'],
        ['--soft', '--well'], ['--on-accent', '--accent'], ['--accent', '--chosen'], ['--good', '--good-back'],
        ['--warn', '--warn-back'], ['--bad', '--bad-back'], ['--on-danger', '--danger'], ['--bad', '--panel'],
      ].map(([one, two]) => {
        const [a, b] = [light(one), light(two)].sort((x, y) => y - x);
        return [one, two, (a + .05) / (b + .05)];
      });
    }""")
    context.close()
    for one, two, ratio in pairs:
        assert ratio >= 4.5, (scheme, one, two, round(ratio, 2))
