"""Hostile texts through every field of every route, and what comes out again: answers, lists, the admin page in a
browser, logs, metrics, the audit export, the list as a spreadsheet (CONTRACT §4, §10)."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, field

import pytest
from prometheus_client.parser import text_string_to_metric_families

from conftest import RETRY_SETTINGS, Stack
from lolabox import payloads
from lolabox.gateway import APP_SECRET, TELEGRAM_SECRET, VERIFY_TOKEN, Gateway, run
from lolabox.hostile import STRINGS
from lolabox.line import Line, escaped
from lolabox.operator import command
from lolabox.signing import telegram_headers, whatsapp_headers
from lolabox.waiting import eventually
from lolabox.widget import fresh_address, path_of

#: The first test pays for all requests; under load that takes its time.
pytestmark = pytest.mark.timeout(300)
#: What a field may answer to a text that it does not take; 404 where the text is a name, 411 and 414 and 431 where it
#: is too long, or its octets end the request.
REFUSED = {400, 401, 403, 404, 405, 409, 413, 414, 415, 422, 431}
ID = "0" * 32


@dataclass
class Told:
    """What happened to each string, and what the gateway shows of it."""

    gateway: Gateway
    requests: int = 0
    wrong: list = field(default_factory=list)
    #: Strings that were taken, by the field that took them.
    kept: dict[str, set[str]] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)

    def note(self, what: str, text: str, answer: tuple[int, bytes, bytes], taken: tuple[int, ...] = ()) -> int:
        status, head, body = answer
        self.requests += 1
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if status in taken:
            self.kept.setdefault(what, set()).add(text)
        elif status not in REFUSED:
            self.wrong.append((what, text[:80], status, body[:200]))
        elif what == "page":
            # For people: a page that says nothing of what was asked for.
            if b"text/html" not in head or b"default-src 'none'" not in head or len(text) > 8 and _octets(text) in body:
                self.wrong.append((what, text[:80], head, body[:200]))
        elif b"application/problem+json" not in head or set(json.loads(body)) != {
                "type", "title", "status", "code", "request_id"}:
            self.wrong.append((what, text[:80], head, body[:200]))
        return status


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _webhooks(told: Told, line: Line, number: int, text: str) -> None:
    """As name, text, id, sender, button, file and place of messages."""
    sender = f"1202777{number:04d}"

    def whatsapp(what: str, batch: dict) -> None:
        body = payloads.encode(batch)
        fields = [(name, value.encode()) for name, value in whatsapp_headers(APP_SECRET, body).items()]
        told.note(what, text, line.ask("POST", "/webhooks/whatsapp", body, fields), (200,))

    messages = [
        payloads.whatsapp_message(sender, "text", text={"body": text}),
        payloads.whatsapp_message(sender, "text", message_id=text + f"#{number}", text={"body": "id"}),
        payloads.whatsapp_message(sender, "interactive", interactive={
            "type": "button_reply", "button_reply": {"id": text, "title": text}}),
        payloads.whatsapp_message(sender, "interactive", interactive={
            "type": "list_reply", "list_reply": {"id": text, "title": text, "description": text}}),
        payloads.whatsapp_message(sender, "document", document={
            "id": text, "mime_type": text, "filename": text, "caption": text, "sha256": text}),
        payloads.whatsapp_message(sender, "location", location={
            "latitude": 1, "longitude": 2, "name": text, "address": text, "url": text}),
        payloads.whatsapp_message(sender, "contacts", contacts=[{
            "name": {"formatted_name": text}, "phones": [{"phone": text, "wa_id": text}]}]),
        payloads.whatsapp_message(sender, text),
    ]
    whatsapp("whatsapp", payloads.whatsapp_batch(messages, name=text))
    whatsapp("whatsapp sender", payloads.whatsapp_batch(
        [payloads.whatsapp_message(text, "text", text={"body": "hola"})], name=text))
    whatsapp("whatsapp envelope", payloads.whatsapp_batch([], phone_number_id=text) | {text: text})
    user = 80_000_000 + number
    for body in (
        payloads.telegram_message(user, text=text), payloads.telegram_text(user, "/start " + text),
        payloads.telegram_contact(user, text, first_name=text, vcard=text), payloads.telegram_callback(user, text),
        payloads.telegram_message(user, text="hola", **{"from": payloads.telegram_user(user, text) | {
            "username": text, "last_name": text, "language_code": text}}),
        payloads.telegram_message(user, document={"file_id": text, "file_name": text, "mime_type": text}, caption=text),
    ):
        fields = [(name, value.encode()) for name, value in telegram_headers(TELEGRAM_SECRET).items()]
        told.note("telegram", text, line.ask("POST", "/webhooks/telegram", body, fields), (200,))
    query = f"hub.mode=subscribe&hub.verify_token={VERIFY_TOKEN}&hub.challenge={escaped(text)}"
    status, head, body = line.ask("GET", "/webhooks/whatsapp?" + query)
    told.note("challenge", text, (status, head, body), (200,))
    if status == 200:
        low = head.lower()
        assert body == _octets(text) and b"text/plain" in low and b"nosniff" in low and b"text/html" not in low
    for query in (f"hub.mode={escaped(text)}&hub.verify_token={VERIFY_TOKEN}&hub.challenge=1",
                  f"hub.mode=subscribe&hub.verify_token={escaped(text)}&hub.challenge=1", escaped(text)):
        told.note("handshake", text, line.ask("GET", "/webhooks/whatsapp?" + query))


def _public(told: Told, line: Line, text: str, orchestrator: str) -> None:
    """In paths, headers, tickets, links and callbacks."""
    part = escaped(text) or "%20"
    bearer = [("Authorization", b"Bearer " + orchestrator.encode())]
    as_json = [*bearer, ("Content-Type", b"application/json")]
    # What is no name of a link at all is no page either.
    status, head, _ = page = line.ask("GET", "/w/" + part)
    told.note("page" if b"text/html" in head else "path", text, page)
    for method, path in (("POST", f"/w/{part}/session"), ("POST", "/callbacks/" + part),
                         ("GET", "/" + part), ("GET", "/w/assets/" + part), ("GET", "/livez/" + part)):
        told.note("path", text, line.ask(method, path, b"" if method == "POST" else None))
    for method in ("GET", "DELETE"):
        told.note("ticket id", text, line.ask(method, "/v1/tickets/" + part, None, bearer))
    conversation = f"whatsapp:{payloads.PHONE_NUMBER_ID}:15550100"
    for what, body in (
        ("conversation", {"conversation": text, "operation": "cip"}),
        ("conversation", {"conversation": conversation + text, "operation": "cip"}),
        ("operation", {"conversation": conversation, "operation": text}),
        ("action", {"conversation": conversation, "operation": "cip", "actions": [text]}),
        ("action", {"conversation": conversation, "operation": "cip", "actions": ["cip:" + text]}),
        ("ttl", {"conversation": conversation, "operation": "cip", "ttl": text}),
        ("member", {"conversation": conversation, "operation": "cip", "x" + text: text}),
    ):
        told.note(what, text, line.ask("POST", "/v1/tickets", json.dumps(body).encode(), as_json),
                  (201,) if what in ("action", "conversation") else ())
    # Whatever stands in a header that says nothing: octets that end a field end the request.
    octets = _octets(text)
    if not re.search(rb"[\x00\r\n]", octets) and len(octets) < 8_000:
        for name in ("User-Agent", "X-Forwarded-For", "Forwarded", "Traceparent", "Accept-Language", "Referer",
                     "Origin", "X-Request-Id", "Cookie", "Accept-Encoding", "Priority"):
            status = told.note(f"header {name}", text, line.ask("GET", "/livez", None, [(name, octets)]), (200,))
            assert status in (200, 400), (name, text, status)
    else:
        # One that does must not become a second one of ours.
        status, head, _ = line.ask("GET", "/livez", None, [("User-Agent", octets)])
        assert status in (200, 400, 431) and b"set-cookie" not in head.lower() and b"x-evil" not in head.lower()
        line.close()


def _callbacks(told: Told, line: Line, number: int, text: str, orchestrator: str) -> None:
    """What a widget found out, on its way to the agent."""
    body = {"conversation": f"whatsapp:{payloads.PHONE_NUMBER_ID}:1202778{number:04d}", "operation": "card"}
    fields = [("Authorization", b"Bearer " + orchestrator.encode()), ("Content-Type", b"application/json")]
    status, _, made = line.ask("POST", "/v1/tickets", json.dumps(body).encode(), fields)
    assert status == 201, made
    ticket = json.loads(made)
    own = [("Authorization", b"Bearer " + ticket["session_token"].encode()), ("Content-Type", b"application/json")]
    path = path_of(ticket["callbacks"]["success"])
    for wrong in ({"ticket_id": text, "result": {}}, {"ticket_id": ticket["ticket_id"], "result": text},
                  {"ticket_id": ticket["ticket_id"], "sealed": text}, {"ticket_id": ticket["ticket_id"], text: {}}):
        told.note("callback", text, line.ask("POST", path, json.dumps(wrong).encode(), own))
    right = {"ticket_id": ticket["ticket_id"], "result": {"token": text, "x" + text: {"deep": [text]}}}
    told.note("result", text, line.ask("POST", path, json.dumps(right).encode(), own), (200,))


def _admin(told: Told, line: Line, number: int, text: str) -> None:
    """In every body, every query and every path of the administration."""
    agent, phone = f"agent-{number}", f"+1202779{number:04d}"
    part = escaped(text) or "%20"
    consent = {"address": phone, "channel": "sms", "type": "express", "status": "granted"}
    secret = {"provider": "twilio", "name": f"name_{number}", "value": "x"}
    for what, path, body, taken in (
        ("label", "tokens", {"agent": agent, "label": text}, (201,)),
        ("token agent", "tokens", {"agent": text}, (201,)), ("scope", "tokens", {"agent": agent, "scopes": [text]}, ()),
        ("expires", "tokens", {"agent": agent, "expires": text}, ()),
        ("agent id", "agents", {"id": text}, (201,)), ("agent name", "agents", {"id": f"named-{number}", "name": text}, (201,)),
        ("agent channel", "agents", {"id": f"other-{number}", "channels": [text]}, ()),
        ("reason", "dnc", {"address": phone, "reason": text}, (201,)), ("address", "dnc", {"address": text}, (201,)),
        ("consent address", "consent", consent | {"address": text}, (201,)),
        ("consent channel", "consent", consent | {"channel": text}, ()),
        ("consent type", "consent", consent | {"type": text}, ()),
        ("consent status", "consent", consent | {"status": text}, ()),
        ("provider", "credentials", secret | {"provider": text}, (201,)),
        ("secret name", "credentials", secret | {"name": text}, (201,)),
        ("secret", "credentials", secret | {"value": text or None}, (201,)),
        ("subject", "erasures", {"subject": text}, (201,)),
        ("letter", "dlq", {"id": text, "action": "drop"}, ()), ("action", "dlq", {"id": ID, "action": text}, ()),
        ("dry channel", "dry-run/route", {"channel": text, "from": phone, "text": "x"}, ()),
        ("dry sender", "dry-run/route", {"channel": "whatsapp", "from": text, "text": "x"}, (200,)),
        ("dry text", "dry-run/route", {"channel": "whatsapp", "from": phone, "text": text}, (200,)),
        ("member", "dnc", {"address": phone, "x" + text: text}, ()),
    ):
        told.note(what, text, line.json("POST", "/admin/api/" + path, body), taken)
    told.note("status", text, line.json("PUT", f"/admin/api/agents/{agent}", {"status": text}))
    told.note("new name", text, line.json("PUT", f"/admin/api/agents/{agent}", {"name": text}), (200,))
    told.note("limit", text, line.json("PUT", f"/admin/api/agents/{agent}/limits", {"per_day": text}))
    told.note("limit name", text, line.json("PUT", f"/admin/api/agents/{agent}/limits", {"x" + text: 1}))
    for name in ("messages", "tokens", "agents", "dnc", "consent", "credentials", "dlq", "quarantine", "audit",
                 "alerts", "tickets", "lockouts"):
        for query in ("limit", "cursor") if name != "messages" else ("limit", "cursor", "since", part):
            told.note("query", text, line.ask("GET", f"/admin/api/{name}?{query}={part}"), (200,))
        if name not in ("consent", "audit", "alerts", "quarantine", "tickets"):
            told.note("id", text, line.ask("DELETE", f"/admin/api/{name}/{part}"))
    for path in ("messages/", "agents/", "dlq/"):
        told.note("name", text, line.ask("GET", f"/admin/api/{path}{part}"), (200,) if path == "agents/" else ())
    told.note("address asked", text, line.ask("GET", f"/admin/api/dnc?address={part}"), (200,))
    told.note("consent asked", text, line.ask("GET", f"/admin/api/consent?address={part}"), (200,))
    told.note("body", text, line.ask("POST", "/admin/api/dnc", _octets(text), [("Content-Type", b"application/json")]))


@pytest.fixture(scope="module")
def told(services, environment, tmp_path_factory):
    settings = {name: value for name, value in environment.items() if not name.startswith("LOLA_AGENT_")}
    settings |= {"CREDENTIALS_ENCRYPTION_KEY": "3d" * 32, "LOLA_AUDIT_KEY": "5c" * 32}
    with Gateway.serve(tmp_path_factory.mktemp("hostile"), settings, RETRY_SETTINGS) as gateway:
        told = Told(gateway)
        bearer = {"Authorization": f"Bearer {gateway.token}"}
        with Line(gateway.management_port, headers=bearer) as management, Line(gateway.port) as public:
            for number, text in enumerate(STRINGS):
                _webhooks(told, public, number, text)
                _callbacks(told, public, number, text, gateway.token)
                _admin(told, management, number, text)
                # Wrong links and tokens count against the address they come from.
                with Line(gateway.port, fresh_address()) as guesser:
                    _public(told, guesser, text, gateway.token)
                with Line(gateway.management_port, fresh_address()) as guesser:
                    octets = re.sub(rb"[\x00\r\n]", b"", _octets(text))[:4_000]
                    told.note("token", text, guesser.ask(
                        "GET", "/admin/api/dlq", None, [("Authorization", b"Bearer " + octets)]))
        eventually(lambda: gateway.metric_sum("^lola_messages_waiting ") == 0, 60, "the end of all messages")
        yield told


def _items(gateway: Gateway, name: str) -> list[dict]:
    items, cursor = [], ""
    while True:
        page = gateway.admin("GET", f"{name}?limit=1000{cursor}")
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = f"&cursor={page['next']}"


def test_every_text_is_refused_or_kept_and_nothing_falls_over(told):
    kinds = sorted({(what, str(status)[:60]) for what, _, status, _ in told.wrong})
    assert told.wrong == [], (kinds, len(told.wrong), told.wrong[:10])
    assert told.requests > 100 * len(STRINGS) and told.statuses.get(500) is None
    assert told.gateway.get("/readyz").status == 200
    # The table is worth something: much of it is refused where words are asked for, much is kept where text is taken.
    assert len(told.kept["label"]) > 150 and len(told.kept["result"]) > 200 and len(told.kept["dry text"]) > 200
    # The name of a sender is the channel's own: digits, or nothing. What is put behind a number makes it another one.
    assert all(re.fullmatch(r"[0-9]{0,7}", text) for text in told.kept["conversation"]), told.kept["conversation"]
    for name in ("address", "subject", "consent address", "provider", "secret name", "action", "token agent",
                 "agent id"):
        taken = told.kept.get(name, set())
        # A word is an agent, digits are a number: nothing that means more to anybody.
        assert len(taken) <= 20 and all(re.fullmatch(r"[\w.:+\uff0b \-]{1,254}", text) for text in taken), (name, taken)


def test_what_is_kept_is_given_back_as_it_was(told):
    for what, name, member in (("label", "tokens", "label"), ("reason", "dnc", "reason"), ("agent name", "agents", "name"),
                               ("new name", "agents", "name")):
        shown = {item[member] for item in _items(told.gateway, name) if item.get(member)}
        assert told.kept[what] <= shown <= set(STRINGS), told.kept[what] - shown
    for name in ("messages", "audit", "alerts", "quarantine", "tickets", "dlq", "consent", "credentials"):
        for item in _items(told.gateway, name):
            assert item["id"], item
    # Nothing of a sender's words is shown to an operator, whatever it is.
    # The key is the provider's.
    shown = json.dumps([item | {"key": "", "id": ""} for item in _items(told.gateway, "messages")])
    for text in STRINGS:
        if len(text) > 12:
            assert json.dumps(text)[1:-1] not in shown, text


def test_every_line_of_the_log_is_one_object_with_known_members(told):
    lines = told.gateway.stdout.split("\n")
    assert lines.pop() == "" and len(lines) > len(STRINGS)
    names: set[str] = set()
    for line in lines:
        pairs = json.loads(line, object_pairs_hook=lambda pairs: pairs)
        keys = [key for key, _ in pairs]
        assert keys[:3] == ["time", "level", "event"] and len(keys) == len(set(keys)), line
        assert all(isinstance(value, (str, int, float)) for _, value in pairs), line
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]", line), line
        names |= set(keys)
        assert dict(pairs)["event"] != "forged"
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names), names
    assert re.fullmatch(r"lola serves on port \d+, management on port \d+\n", told.gateway.log[len(told.gateway.stdout):])


def test_metrics_are_read_by_their_own_parser(told):
    families = {family.name: family for family in text_string_to_metric_families(told.gateway.metrics())}
    assert len(families) > 20 and all(name.startswith("lola_") for name in families)
    for family in families.values():
        for sample in family.samples:
            for value in sample.labels.values():
                assert re.fullmatch(r"[A-Za-z0-9_.:+\-/]{0,64}", value), sample


def test_the_audit_export_is_json_lines_and_whole(told):
    keys = {name: told.gateway.env[name] for name in ("LOLA_DATA_KEY", "LOLA_AUDIT_KEY")}
    exported = run("audit", "export", "--jsonl", "--data-dir", str(told.gateway.data),
                   env={"PATH": told.gateway.env["PATH"]} | keys)
    assert exported.returncode == 0, exported.stderr
    lines = exported.stdout.split("\n")
    assert lines.pop() == ""
    records = [json.loads(line) for line in lines]
    assert [record["seq"] for record in records] == list(range(1, len(records) + 1)) and len(records) > 500
    assert all(re.fullmatch(r"[a-z_.]+", record["action"]) for record in records)


def test_the_list_as_a_spreadsheet_starts_no_formula(told):
    exported = command(told.gateway, "dnc", "export")
    assert exported.returncode == 0, exported.stderr
    rows = list(csv.reader(io.StringIO(exported.stdout, newline=""), strict=True))
    assert rows[0][:2] == ["address", "reason"] and len(rows) > 150 and {len(row) for row in rows} == {len(rows[0])}
    for row in rows[1:]:
        for place, cell in enumerate(row):
            is_number = place == 0 and re.fullmatch(r"\+\d+", cell)
            assert is_number or not cell.startswith(("=", "+", "-", "@", "\t", "\r")), row
    shown = {row[1].removeprefix("'") for row in rows[1:]}
    assert {text.removeprefix("'") for text in told.kept["reason"]} <= shown


TAGS = """() => {
  const found = new Set();
  for (const one of document.querySelectorAll("*")) {
    found.add(one.tagName.toLowerCase());
    for (const name of one.getAttributeNames()) if (/^on|^srcdoc$|^style$/.test(name)) found.add("@" + name);
    for (const name of ["href", "src", "action", "data"])
      if (one.hasAttribute(name) && !/^(\\/admin\\/|#|data:image\\/svg\\+xml,%3Csvg )/.test(one.getAttribute(name)))
        found.add(name + "=" + one.getAttribute(name));
  }
  return [...found].sort();
}"""
#: As `plain` of the page does it.
STEERING = re.compile("[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def test_the_admin_page_shows_them_as_text(told, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script("""
        globalThis.__hits = [];
        globalThis.hit = globalThis.alert = (what) => __hits.push("ran " + what);
        addEventListener("securitypolicyviolation", (event) => __hits.push(event.violatedDirective));
    """)
    page = context.new_page()
    said, asked = [], []
    origin = f"http://127.0.0.1:{told.gateway.management_port}"
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    # All rows at once: the page itself asks for fifty.
    page.route("**/admin/api/*?limit=50*", lambda route: route.continue_(
        url=route.request.url.replace("limit=50", "limit=500")))
    page.goto(origin + "/admin")
    page.get_by_test_id("admin-token").fill(told.gateway.token)
    page.get_by_test_id("admin-login").click()
    tags: dict[str, set[str]] = {}
    for view in ("messages", "dlq", "quarantine", "alerts", "tickets", "agents", "tokens", "lockouts", "dnc", "audit",
                 "health"):
        page.evaluate("id => { location.hash = id }", view)
        page.wait_for_selector(f"#tab-{view}[aria-selected=true]")
        page.wait_for_selector("#panel .wait", state="detached")
        tags[view] = set(page.evaluate(TAGS))
        cells = page.evaluate("[...document.querySelectorAll('#panel bdi')].map((one) => one.textContent)")
        for name, what in (("tokens", "label"), ("dnc", "reason"), ("agents", "agent name")):
            if view != name:
                continue
            plain = {STEERING.sub(lambda one: f"\u2039U+{ord(one[0]):04X}\u203a", text) for text in told.kept[what]}
            assert plain <= set(cells), plain - set(cells)
    allowed = {"a", "b", "bdi", "body", "button", "caption", "code", "dd", "details", "dialog", "div", "dl", "dt", "form",
               "h1", "h2", "h3", "head", "header", "html", "input", "label", "legend", "li", "link", "main", "meta", "nav",
               "noscript", "ol", "option", "p", "script", "section", "select", "span", "strong", "summary", "table",
               "tbody", "td", "template", "textarea", "th", "thead", "time", "title", "tr", "ul", "fieldset", "small"}
    for view, found in tags.items():
        assert found <= allowed, (view, found - allowed)
    assert page.evaluate("document.querySelectorAll('script').length") == 1
    assert page.evaluate("__hits") == [] and said == []
    assert all(url.startswith(origin + "/admin") for url in asked), [url for url in asked if not url.startswith(origin)]
    assert page.url.startswith(origin + "/admin")
    context.close()
