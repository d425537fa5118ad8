"""The built-in widgets in a real browser, end to end: link, page, session, callback, agent (CONTRACT §4, §7, §11)."""

from __future__ import annotations

import json
import re
from typing import Iterator

import pytest
from jwcrypto import jwe, jwk
from playwright.sync_api import Browser, Page, Route, expect

from lolabox.gateway import ORCHESTRATOR_TOKEN, Gateway
from lolabox.pages import Visit, digits_of, picture
from lolabox.payloads import PHONE_NUMBER_ID, fresh_phone
from lolabox.stubs import AgentStub
from lolabox.stubs.server import Received, Reply, StubServer
from lolabox.wire import fetch

CARD = "4000056655665556"
LANGUAGES = {"en-US": "en", "es-MX": "es"}
WIDTHS = [360, 1280]


class ThemeStub(StubServer):
    """Where the bank keeps its colours: another origin, open to pages."""

    theme: dict = {}

    def answer(self, request: Received) -> Reply:
        headers = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}
        return Reply(200, json.dumps(self.theme).encode(), headers)


@pytest.fixture(scope="module")
def agents() -> Iterator[AgentStub]:
    with AgentStub() as stub:
        yield stub


@pytest.fixture(scope="module")
def theme() -> Iterator[ThemeStub]:
    with ThemeStub() as stub:
        yield stub


@pytest.fixture(scope="module")
def bank(agents: AgentStub, theme: ThemeStub, tmp_path_factory) -> Iterator[Gateway]:
    """`lola dev` with the bank's own agents and colours."""
    environment = {"ORCHESTRATOR_SECURITY_TOKEN": ORCHESTRATOR_TOKEN, "LOLA_WIDGET_RATE_LIMIT_PER_IP": "1000000",
                   "LOLA_THEME_URL": f"{theme.url}/theme.json", **agents.environment}
    with Gateway.dev(tmp_path_factory.mktemp("bank"), environment) as gateway:
        yield gateway


@pytest.fixture(autouse=True)
def _plain(theme: ThemeStub) -> None:
    theme.theme = {}


@pytest.fixture
def visit(browser: Browser) -> Iterator:
    """Begins visits; each is closed, and must not have complained."""
    begun: list[Visit] = []

    def begin(**more: object) -> Visit:
        begun.append(Visit.begin(browser, **more))
        return begun[-1]

    yield begin
    for one in begun:
        one.end()


def _ticket(gateway: Gateway, operation: str, phone: str | None = None, **more: object) -> dict:
    phone = phone or fresh_phone()
    body = {"conversation": f"whatsapp:{PHONE_NUMBER_ID}:{phone.lstrip('+')}", "operation": operation} | more
    answer = fetch(gateway.port, "POST", "/v1/tickets", {
        "Authorization": f"Bearer {gateway.token}", "Content-Type": "application/json"}, json.dumps(body).encode())
    assert answer.status == 201, answer
    return answer.json() | {"phone": phone.lstrip("+")}


def _status(gateway: Gateway, ticket: dict) -> str:
    answer = fetch(gateway.port, "GET", f"/v1/tickets/{ticket['ticket_id']}",
                   {"Authorization": f"Bearer {gateway.token}"})
    assert answer.status == 200, answer
    return answer.json()["status"]


def _event(agents: AgentStub, ticket: dict) -> dict:
    """What the agent was told."""
    return agents.wait_call(ticket["phone"]).json()["event"]


def _form(page: Page) -> None:
    expect(page.get_by_test_id("widget-form")).to_be_visible(timeout=10_000)


def _state(page: Page, state: str) -> None:
    expect(page.get_by_test_id("widget-status")).to_have_attribute("data-state", state, timeout=10_000)


def _fill_card(page: Page, number: str = CARD, expiry: str = "1230", name: str = "Ana Ortega") -> None:
    page.get_by_test_id("card-number").press_sequentially(number)
    page.locator("[autocomplete=cc-exp]").press_sequentially(expiry)
    page.locator("[autocomplete=cc-name]").fill(name)


def _submit(page: Page) -> None:
    page.get_by_test_id("widget-submit").click()


def _vault_key(gateway: Gateway) -> jwk.JWK:
    for line in (gateway.cwd / ".lola/keys.env").read_text().splitlines():
        name, _, value = line.partition("=")
        if name == "SANDBOX_VAULT_PRIVATE_KEY":
            return jwk.JWK.from_pem(value.replace("\\n", "\n").encode())
    raise AssertionError("no key of the sandbox vault")


def _opened(gateway: Gateway, sealed: str) -> dict:
    token = jwe.JWE()
    token.deserialize(sealed, _vault_key(gateway))
    header = json.loads(token.objects["protected"])
    assert header["alg"] == "ECDH-ES" and header["enc"] == "A256GCM" and header["kid"], header
    return json.loads(token.payload)


# The card


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_card_from_the_link_to_the_agent(bank, agents, visit, screenshots, locale, width):
    ticket = _ticket(bank, "card")
    person = visit(locale=locale, width=width)
    page = person.open(ticket["link"])
    _form(page)
    assert page.locator("html").get_attribute("lang") == LANGUAGES[locale]
    page.screenshot(path=screenshots / f"card-{locale}-{width}.png", full_page=True)
    _fill_card(page)
    expect(page.get_by_text("Visa", exact=True)).to_be_visible()
    expect(page.get_by_test_id("card-number")).to_have_value("4000 0566 5566 5556")
    assert person.fits() and person.faults() == []
    page.screenshot(path=screenshots / f"card-filled-{locale}-{width}.png", full_page=True)
    _submit(page)
    _state(page, "done")
    page.screenshot(path=screenshots / f"card-done-{locale}-{width}.png", full_page=True)
    assert page.get_by_test_id("widget-form").count() == 0

    # Nothing that left the browser, and nothing it keeps, holds the number.
    assert CARD not in digits_of(person.sent) and CARD not in digits_of(person.kept())
    posted = [request for request in person.requests if "/callbacks/" in request.url]
    assert [request.method for request in posted] == ["POST"]
    body = json.loads(posted[0].post_data)
    assert set(body) == {"ticket_id", "result"}
    result = body["result"]
    assert set(result) == {"token", "network", "last_four", "display", "vault_sealed"}
    assert result["network"] == "visa" and result["last_four"] == "5556"
    assert result["display"] == "Visa ending 5556" and re.fullmatch(r"tok_[A-Za-z0-9_-]{22}", result["token"])

    # The agent gets it as it was written; only the vault can open what was sealed to it.
    event = _event(agents, ticket)
    assert (event["operation"], event["outcome"], event["result"]) == ("card", "success", result)
    card = _opened(bank, result["vault_sealed"])
    assert (card["number"], card["expiry_month"], card["expiry_year"]) == (CARD, 12, 2030)
    assert (card["name"], card["token"], card["ticket_id"]) == ("Ana Ortega", result["token"], ticket["ticket_id"])
    answer = bank.post("/dev/sandbox/vault", json.dumps({"vault_sealed": result["vault_sealed"]}).encode(),
                       {"Content-Type": "application/json"})
    assert answer.status == 200 and answer.json()["last_four"] == "5556", answer
    assert _status(bank, ticket) == "succeeded"
    assert CARD not in bank.log and CARD not in bank.metrics()


def test_nothing_of_a_card_stays_on_the_disk(bank, agents, visit):
    ticket = _ticket(bank, "card")
    page = visit().open(ticket["link"])
    _form(page)
    _fill_card(page)
    _submit(page)
    _state(page, "done")
    _event(agents, ticket)
    for file in (bank.cwd / ".lola").rglob("*"):
        if file.is_file():
            octets = file.read_bytes()
            assert CARD.encode() not in octets and b"4000 0566 5566 5556" not in octets, file


@pytest.mark.parametrize(("number", "expiry", "name", "wrong"), [
    ("", "", "", ["card-number", "expiry", "holder"]), ("4000056655665557", "1230", "Ana", ["card-number"]),
    ("400005665566555", "1230", "Ana", ["card-number"]), ("0000000000000000", "1230", "Ana", ["card-number"]),
    (CARD, "0120", "Ana", ["expiry"]), (CARD, "1330", "Ana", ["expiry"]), (CARD, "12", "Ana", ["expiry"]),
    (CARD, "1299", "Ana", ["expiry"]), (CARD, "1230", "4242", ["holder"]),
])
def test_wrong_entries_of_a_card_are_said_and_nothing_is_sent(bank, visit, number, expiry, name, wrong):
    person = visit()
    page = person.open(_ticket(bank, "card")["link"])
    _form(page)
    _fill_card(page, number, expiry, name)
    _submit(page)
    _state(page, "check")
    bad = page.locator("[aria-invalid=true]")
    expect(bad).to_have_count(len(wrong))
    assert [one.get_attribute("data-testid") or one.get_attribute("id") for one in bad.all()] == wrong
    # The first of them has the focus, and each has its words.
    expect(bad.first).to_be_focused()
    assert person.faults() == []
    assert not any("/callbacks/" in request.url for request in person.requests)


def test_a_mended_entry_is_wrong_no_more(bank, visit):
    page = visit().open(_ticket(bank, "card")["link"])
    _form(page)
    _submit(page)
    _state(page, "check")
    _fill_card(page)
    expect(page.locator("[aria-invalid=true]")).to_have_count(0)
    _state(page, "ready")


@pytest.mark.parametrize(("typed", "shown", "network"), [
    ("5555555555554444", "5555 5555 5555 4444", "Mastercard"),
    ("2223003122003222", "2223 0031 2200 3222", "Mastercard"),
    ("378282246310005", "3782 822463 10005", "Amex"), ("30569309025904", "3056 930902 5904", "Diners"),
    ("3530111333300000", "3530 1113 3330 0000", "JCB"), ("6011111111111117", "6011 1111 1111 1117", "Discover"),
    ("6200000000000005", "6200 0000 0000 0005", "UnionPay"), ("4000 0566-5566.5556", "4000 0566 5566 5556", "Visa"),
])
def test_networks_are_known_by_their_numbers(bank, visit, typed, shown, network):
    page = visit().open(_ticket(bank, "card")["link"])
    _form(page)
    _fill_card(page, typed)
    expect(page.get_by_test_id("card-number")).to_have_value(shown)
    expect(page.locator("#network")).to_have_text(network)
    _submit(page)
    _state(page, "done")


@pytest.mark.parametrize(("typed", "shown"), [
    ("1230", "12/30"), ("930", "09/30"), ("12/30", "12/30"), ("122030", "12/30"), ("12/2030", "12/30"),
])
def test_the_expiry_takes_every_spelling(bank, visit, typed, shown):
    page = visit().open(_ticket(bank, "card")["link"])
    _form(page)
    page.locator("#expiry").press_sequentially(typed)
    expect(page.locator("#expiry")).to_have_value(shown)
    # As a browser fills it in, at once.
    page.locator("#expiry").fill(typed)
    expect(page.locator("#expiry")).to_have_value(shown)


def test_a_digit_in_the_middle_is_typed_where_the_caret_is(bank, visit):
    page = visit().open(_ticket(bank, "card")["link"])
    _form(page)
    field = page.get_by_test_id("card-number")
    field.press_sequentially("400005665566555")
    for _ in range(3):
        field.press("ArrowLeft")
    field.press_sequentially("9")
    assert field.evaluate("(one) => one.selectionStart") == len("4000 0566 5566 9")
    expect(field).to_have_value("4000 0566 5566 9555")


def test_entries_of_a_card_are_filled_in_by_browsers_and_carried_by_no_form(bank, visit):
    page = visit().open(_ticket(bank, "card")["link"])
    _form(page)
    entries = page.locator("form input")
    assert [one.get_attribute("autocomplete") for one in entries.all()] == ["cc-number", "cc-exp", "cc-name"]
    assert page.evaluate("[...new FormData(document.querySelector('form'))].length") == 0
    assert page.get_by_test_id("card-number").get_attribute("inputmode") == "numeric"


def test_without_the_vaults_key_the_card_page_asks_for_nothing(own_stack, browser, visit):
    stack = own_stack(env={"LOLA_PUBLIC_URL": "http://127.0.0.1:9"})
    ticket = _ticket(stack.gateway, "card")
    person = visit()
    person.expected = "503"
    page = person.open(f"{stack.gateway_url}/w/{ticket['link'].rsplit('/', 1)[1]}")
    expect(page.get_by_role("heading")).to_have_text("This page is not set up yet")
    assert page.locator("input, form, script").count() == 0
    assert _status(stack.gateway, ticket) == "open"


# The identity


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("locale", LANGUAGES)
def test_an_identity_by_number_from_the_link_to_the_agent(bank, agents, visit, screenshots, locale, width):
    ticket = _ticket(bank, "cip")
    person = visit(locale=locale, width=width)
    page = person.open(ticket["link"])
    _form(page)
    expect(page.locator("main")).to_contain_text(re.compile("demonstration|demostración", re.I))
    page.locator("select").select_option("passport")
    page.locator("#number").fill("x1234567a")
    page.locator("#presence").check()
    page.locator("#consent").check()
    assert person.fits() and person.faults() == []
    page.screenshot(path=screenshots / f"cip-{locale}-{width}.png", full_page=True)
    _submit(page)
    _state(page, "done")
    body = json.loads(next(one for one in person.requests if "/callbacks/" in one.url).post_data)
    assert set(body) == {"ticket_id", "sealed"} and "1234567" not in person.sent
    event = _event(agents, ticket)
    assert (event["operation"], event["outcome"]) == ("cip", "success")
    result = event["result"]
    assert result["document"] == {"type": "passport", "number": "X1234567A"}
    assert result["liveness"] == {"method": "demonstration", "confirmed": True}
    assert result["consent"]["given"] is True and result["consent"]["language"] == LANGUAGES[locale]
    assert result["ticket_id"] == ticket["ticket_id"]


def test_an_identity_by_photo_is_made_smaller_and_sealed(bank, agents, visit, screenshots):
    import base64
    import hashlib
    original = picture()
    ticket = _ticket(bank, "cip")
    person = visit(width=360)
    page = person.open(ticket["link"])
    _form(page)
    page.locator("#way-photo").check()
    page.locator("#photo").set_input_files({"name": "front.png", "mimeType": "image/png", "buffer": original})
    expect(page.locator("#preview")).to_be_visible(timeout=20_000)
    page.locator("#presence").check()
    page.locator("#consent").check()
    page.screenshot(path=screenshots / "cip-photo-360.png", full_page=True)
    assert person.fits() and person.faults() == []
    _submit(page)
    _state(page, "done")
    photo = _event(agents, ticket)["result"]["document"]["photo"]
    digest = base64.urlsafe_b64encode(hashlib.sha256(original).digest()).decode().rstrip("=")
    assert photo["original"] == {
        "type": "image/png", "size": len(original), "width": 1600, "height": 1000, "sha256": digest}
    octets = base64.urlsafe_b64decode(photo["copy"]["data"] + "==")
    assert octets[:3] == b"\xff\xd8\xff" and len(octets) <= 32 * 1024
    assert photo["copy"]["width"] >= 480 and abs(photo["copy"]["width"] / photo["copy"]["height"] - 1.6) < 0.02


@pytest.mark.parametrize(("name", "octets"), [("a.png", b"no picture"), ("a.jpg", b"\xff\xd8\xff\xe0"), ("a.txt", b"")])
def test_what_is_no_photo_is_said(bank, visit, name, octets):
    person = visit()
    page = person.open(_ticket(bank, "cip")["link"])
    _form(page)
    page.locator("#way-photo").check()
    page.locator("#photo").set_input_files({"name": name, "mimeType": "image/png", "buffer": octets})
    expect(page.locator("#photo-error")).to_contain_text("cannot be read as a photo")
    page.locator("#presence").check()
    page.locator("#consent").check()
    _submit(page)
    _state(page, "check")
    assert not any("/callbacks/" in request.url for request in person.requests)


@pytest.mark.parametrize(("number", "word"), [
    ("", "Enter the number"), ("ab", "4 to 24"), ("a" * 30, None), ("<script>", "4 to 24"),
    (CARD, "looks like a card number"), ("4000 0566 5566 5556", "looks like a card number"),
])
def test_numbers_of_documents_are_checked(bank, visit, number, word):
    person = visit()
    page = person.open(_ticket(bank, "cip")["link"])
    _form(page)
    page.locator("#number").fill(number)
    page.locator("#presence").check()
    page.locator("#consent").check()
    _submit(page)
    if word is None:
        _state(page, "done")
        return
    _state(page, "check")
    expect(page.locator("#number-error")).to_contain_text(word)
    assert CARD not in digits_of(person.sent)


def test_without_consent_and_presence_nothing_is_sent(bank, visit):
    person = visit()
    page = person.open(_ticket(bank, "cip")["link"])
    _form(page)
    page.locator("#number").fill("X1234567")
    _submit(page)
    _state(page, "check")
    assert [one.get_attribute("id") for one in page.locator("[aria-invalid=true]").all()] == ["presence", "consent"]
    assert person.faults() == [] and not any("/callbacks/" in one.url for one in person.requests)


# Both


@pytest.mark.parametrize("operation", ["cip", "card"])
def test_who_cannot_do_it_says_so_and_the_agent_hears(bank, agents, visit, operation):
    ticket = _ticket(bank, operation)
    page = visit().open(ticket["link"])
    _form(page)
    page.get_by_role("button", name="I cannot do this now").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("button", name="Go back").click()
    assert _status(bank, ticket) == "open"
    page.get_by_role("button", name="I cannot do this now").click()
    page.get_by_role("button", name="Yes, stop").click()
    _state(page, "stopped")
    event = _event(agents, ticket)
    assert (event["outcome"], event["result"]) == ("failure", {"reason": "declined"})
    assert _status(bank, ticket) == "failed"


@pytest.mark.parametrize("operation", ["cip", "card"])
def test_it_can_be_done_without_a_mouse(bank, visit, operation):
    page = visit().open(_ticket(bank, operation)["link"])
    _form(page)

    def walk(to: str) -> None:
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == to:
                # What has the focus can be seen to have it.
                assert page.evaluate("document.activeElement.matches(':focus-visible')")
                return
        raise AssertionError(f"{to} is not reached")

    steps = {"card": [("number", CARD), ("expiry", "1230"), ("holder", "Ana Ortega"), ("submit", None)],
             "cip": [("type", None), ("way-number", None), ("number", "X1234567"), ("presence", " "), ("consent", " "),
                     ("submit", None)]}[operation]
    for name, keys in steps:
        walk(name)
        if keys == " ":
            page.keyboard.press("Space")
        elif keys:
            page.keyboard.type(keys)
    page.keyboard.press("Enter")
    _state(page, "done")
    # The end has the focus, so that it is read and the next key starts there.
    expect(page.get_by_test_id("widget-status")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("operation", ["cip", "card"])
def test_everything_can_be_read(bank, visit, screenshots, operation, scheme):
    person = visit(color_scheme=scheme, locale="es-MX", width=360)
    page = person.open(_ticket(bank, operation)["link"])
    _form(page)
    assert person.contrast()["ratio"] >= 4.5, person.contrast()
    _submit(page)
    _state(page, "check")
    page.screenshot(path=screenshots / f"{operation}-check-{scheme}.png", full_page=True)
    assert person.contrast()["ratio"] >= 4.5, person.contrast()
    assert person.fits() and person.faults() == []
    page.get_by_role("button", name="No puedo hacerlo ahora").click()
    assert person.contrast()["ratio"] >= 4.5 and person.fits() and person.faults() == []
    page.get_by_role("button", name="Sí, detener").click()
    _state(page, "stopped")
    assert person.contrast()["ratio"] >= 4.5, person.contrast()


def test_who_wants_no_motion_sees_none(bank, visit):
    person = visit(reduced_motion="reduce")
    page = person.open(_ticket(bank, "card")["link"])
    _form(page)
    assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("locale", LANGUAGES)
def test_used_ended_and_unknown_links_say_what_they_are(bank, visit, screenshots, locale):
    words = {"en-US": ["This link has been used", "This link has ended", "This link is not valid"],
             "es-MX": ["Este enlace ya se usó", "Este enlace ya no sirve", "Este enlace no es válido"]}[locale]
    used, ended = _ticket(bank, "cip"), _ticket(bank, "card")
    answer = fetch(bank.port, "DELETE", f"/v1/tickets/{ended['ticket_id']}", {"Authorization": f"Bearer {bank.token}"})
    assert answer.status == 204
    person = visit(locale=locale, width=360)
    person.expected = "410|404"
    page = person.open(used["link"])
    _form(page)
    page.locator("#cancel").click()
    page.locator("#stop-yes").click()
    _state(page, "stopped")
    unknown = used["link"].rsplit("/", 1)[0] + "/" + "A" * 24
    for link, word, status in [(used["link"], words[0], 410), (ended["link"], words[1], 410), (unknown, words[2], 404)]:
        response = page.goto(link)
        assert response.status == status
        expect(page.get_by_role("heading", level=1)).to_have_text(word)
        assert page.locator("script, form").count() == 0
        assert person.fits() and person.faults() == [] and person.contrast()["ratio"] >= 4.5
        page.screenshot(path=screenshots / f"ending-{locale}-{status}.png", full_page=True)


def test_a_link_that_ends_while_the_page_is_open_says_so(bank, visit):
    ticket = _ticket(bank, "card")
    person = visit()
    person.expected = "410"
    page = person.open(ticket["link"])
    _form(page)
    _ticket(bank, "card", phone="+" + ticket["phone"])
    _fill_card(page)
    _submit(page)
    _state(page, "closed")
    assert page.locator("input").count() == 0 and CARD not in digits_of(person.kept())


def test_a_preview_spends_nothing_and_a_page_without_scripts_says_what_is_missing(bank, visit):
    ticket = _ticket(bank, "card")
    person = visit(java_script_enabled=False)
    page = person.open(ticket["link"])
    assert re.search("<noscript>.*JavaScript.*</noscript>", page.content())
    expect(page.get_by_test_id("widget-form")).to_be_hidden()
    assert {request.method for request in person.requests} == {"GET"}
    assert _status(bank, ticket) == "open"


def test_every_answer_of_a_widget_is_closed_to_the_outside(bank, visit):
    ticket = _ticket(bank, "card")
    path = "/w/" + ticket["link"].rsplit("/", 1)[1]
    assets = ["widget.css", "widget.js", "seal.js", "card.js", "cip.js"]
    for target in [path, *(f"/w/assets/{name}" for name in assets), "/w/" + "A" * 24]:
        answer = bank.get(target)
        assert answer.header("cache-control") == "no-store"
        assert answer.header("referrer-policy") == "no-referrer"
        assert answer.header("x-robots-tag") == "noindex, nofollow"
        assert answer.header("x-frame-options") == "DENY"
        policy = answer.header("content-security-policy")
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in policy and "form-action 'none'" in policy and "*" not in policy
        assert len(answer.body) < 16_000
    assert bank.get("/w/assets/nothing.js").status == 404
    person = visit()
    page = person.open(ticket["link"])
    _form(page)
    origins = {re.match(r"https?://[^/]+", request.url).group() for request in person.requests}
    theme = re.search(r"connect-src 'self' (\S+);", policy).group(1)
    assert origins == {f"http://127.0.0.1:{bank.port}", theme}


def test_the_session_token_is_kept_nowhere(bank, visit):
    person = visit()
    page = person.open(_ticket(bank, "card")["link"])
    _form(page)
    asked = next(one for one in person.requests if one.url.endswith("/session"))
    token = asked.response().json()["session_token"]
    assert token not in person.kept() and not page.evaluate("Object.values(window).includes(" + json.dumps(token) + ")")


def test_a_session_that_ran_out_is_opened_anew(bank, agents, visit):
    ticket = _ticket(bank, "card")
    person = visit()
    person.expected = "401"
    page = person.open(ticket["link"])
    _form(page)
    asked: list[str] = []

    def refuse_first(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.fulfill(status=401, content_type="application/problem+json", body='{"code":"unauthorized"}')
        else:
            route.continue_()

    page.route("**/callbacks/*", refuse_first)
    _fill_card(page)
    _submit(page)
    _state(page, "done")
    assert len(asked) == 2 and len([one for one in person.requests if one.url.endswith("/session")]) == 2
    assert _event(agents, ticket)["outcome"] == "success"


def test_an_answer_that_was_lost_on_the_way_back_has_arrived(bank, agents, visit):
    ticket = _ticket(bank, "card")
    person = visit()
    person.expected = "ERR_FAILED|410"
    page = person.open(ticket["link"])
    _form(page)
    lost: list[int] = []

    def lose_first(route: Route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/callbacks/*", lose_first)
    _fill_card(page)
    _submit(page)
    _state(page, "problem")
    assert lost == [200]
    expect(page.get_by_test_id("widget-status")).to_contain_text("try again")
    _submit(page)
    _state(page, "done")
    expect(page.get_by_test_id("widget-status")).to_contain_text("Your answer has arrived")
    assert len(agents.calls(ticket["phone"])) == 1


def test_a_session_that_cannot_be_had_can_be_asked_for_again(bank, visit):
    person = visit()
    person.expected = "503"
    asked: list[str] = []

    def refuse_first(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=503, body="") if len(asked) == 1 else route.continue_()

    person.page.route("**/session", refuse_first)
    page = person.open(_ticket(bank, "cip")["link"])
    _state(page, "problem")
    expect(page.get_by_test_id("widget-form")).to_be_hidden()
    page.get_by_role("button", name="Try again").click()
    _form(page)


def test_two_clicks_send_once(bank, agents, visit):
    ticket = _ticket(bank, "card")
    person = visit()
    page = person.open(ticket["link"])
    _form(page)
    _fill_card(page)
    page.get_by_test_id("widget-submit").dblclick()
    _state(page, "done")
    assert len([one for one in person.requests if "/callbacks/" in one.url]) == 1


def test_going_back_to_the_page_shows_nothing_of_what_was_entered(bank, visit):
    person = visit()
    page = person.open(_ticket(bank, "card")["link"])
    _form(page)
    _fill_card(page)
    page.goto(f"http://127.0.0.1:{bank.port}/livez")
    page.go_back()
    _form(page)
    assert [one.input_value() for one in page.locator("input").all()] == ["", "", ""]


# Colours of the bank

GOOD = {"name": "Banco del Sol", "colors": {
    "accent": "#0b3d91", "on_accent": "#ffffff", "ground": "#eef2f8", "panel": "#ffffff", "ink": "#10203a"}}
DARK = {"name": "Noche", "colors": {
    "accent": "#9ecbff", "on_accent": "#08182b", "ground": "#0a0f1a", "panel": "#121a2a", "ink": "#eef3ff"}}


def _accent(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.querySelector('.primary')).backgroundColor")


@pytest.mark.parametrize(("given", "colour"), [(GOOD, "rgb(11, 61, 145)"), (DARK, "rgb(158, 203, 255)")])
def test_the_bank_gives_the_page_its_colours_and_its_name(bank, theme, visit, screenshots, given, colour):
    theme.theme = given
    person = visit(width=360, color_scheme="dark" if given is GOOD else "light")
    page = person.open(_ticket(bank, "cip")["link"])
    _form(page)
    expect(page.get_by_text(given["name"])).to_be_visible()
    assert _accent(page) == colour
    _submit(page)
    _state(page, "check")
    page.screenshot(path=screenshots / f"theme-{given['name']}.png", full_page=True)
    assert person.contrast()["ratio"] >= 4.5, person.contrast()


@pytest.mark.parametrize("given", [
    {}, [], {"colors": {}}, GOOD | {"colors": GOOD["colors"] | {"ink": "#c8c8c8"}},
    GOOD | {"colors": GOOD["colors"] | {"on_accent": "#0b3d91"}}, GOOD | {"colors": GOOD["colors"] | {"panel": "red"}},
    GOOD | {"colors": GOOD["colors"] | {"accent": "url(//evil.example)"}},
    GOOD | {"colors": GOOD["colors"] | {"accent": "#0b3d91;"}}, GOOD | {"colors": GOOD["colors"] | {"accent": None}},
])
def test_colours_that_nobody_could_read_or_that_are_none_are_left(bank, theme, visit, given):
    theme.theme = given
    page = visit(color_scheme="light").open(_ticket(bank, "card")["link"])
    with page.expect_response("**/theme.json"):
        page.reload()
    _form(page)
    assert _accent(page) == "rgb(13, 110, 95)"


# The whole loop in `lola dev`


def test_the_console_shows_the_ticket_its_page_and_the_callback(browser, tmp_path, screenshots):
    with Gateway.dev(tmp_path / "console") as gateway:
        visit = Visit.begin(browser, width=1280, locale="en-US")
        page = visit.open(f"http://127.0.0.1:{gateway.port}/dev")
        page.get_by_test_id("dev-sender").select_option("pending")
        page.get_by_test_id("dev-text").fill("hola")
        page.get_by_test_id("dev-send").click()
        expect(page.get_by_test_id("dev-trace")).to_contain_text("pending_cip", timeout=15_000)
        tickets = page.get_by_test_id("dev-tickets")
        expect(tickets).to_contain_text("open", timeout=10_000)
        page.screenshot(path=screenshots / "console-ticket-open.png")
        with page.expect_popup() as opened:
            tickets.get_by_role("link", name="Open page").click()
        widget = opened.value
        _form(widget)
        widget.locator("#number").fill("X1234567")
        widget.locator("#presence").check()
        widget.locator("#consent").check()
        _submit(widget)
        _state(widget, "done")
        widget.close()
        expect(tickets).to_contain_text("succeeded", timeout=10_000)
        expect(page.get_by_test_id("dev-chat")).to_contain_text("Callback: identity check", timeout=10_000)
        trace = page.get_by_test_id("dev-trace")
        # The callback is a step of its own, and the fresh look at the person leads to the agent of verified senders.
        expect(trace.get_by_role("listitem").first).to_contain_text("Callback", timeout=10_000)
        expect(trace).to_contain_text("sender_home", timeout=10_000)
        page.screenshot(path=screenshots / "console-ticket-done.png")
        assert visit.fits()
        visit.end()
