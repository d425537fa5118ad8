"""Tickets, links and sessions over real sockets (CONTRACT §4, §7, §8)."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import jwt
import pytest

from lolabox.gateway import PUBLIC_URL
from lolabox.payloads import fresh_phone
from lolabox.problems import assert_problem
from lolabox.stubs import Reply
from lolabox.tls import new_private_pem
from lolabox.tokens import published_keys, thumbprint
from lolabox.widget import Session, ask, conversation, create_ticket, link_in, open_link, path_of, v1
from lolabox.wire import Answer, fetch

BOTS = ["WhatsApp/2.24.20 A", "TelegramBot (like TwitterBot)", "facebookexternalhit/1.1", "Twitterbot/1.0",
        "Slackbot-LinkExpanding 1.0", "Discordbot/2.0", "LinkedInBot/1.0", "Googlebot/2.1", "bingbot/2.0",
        "SkypeUriPreview Preview/0.5", "Applebot/0.1", "Viber", "Line/1", "Iframely/1.3", "redditbot/1.0",
        "Mozilla/5.0 (Safelinks)", "Barracuda Sentinel", "Mimecast", "curl/8.5.0", "python-requests/2.32"]


def when(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()


# Made, read, revoked

def test_a_ticket_and_everything_that_comes_with_it(stack):
    phone = fresh_phone()
    ticket = create_ticket(stack.gateway, phone, actions=["cip:scan-id", "cip:pol-token"], ttl=600)
    assert (ticket["operation"], ticket["actions"], ticket["status"]) == (
        "cip", ["cip:scan-id", "cip:pol-token"], "open")
    assert ticket["conversation"] == conversation(phone)
    assert len(ticket["ticket_id"]) == 32 and ticket["link"].startswith(PUBLIC_URL + "/w/")
    assert when(ticket["expires_at"]) - when(ticket["created_at"]) in (599, 600, 601)
    claims = Session(stack.gateway, ticket).claims()
    assert claims["sub"] == claims["ticket_id"] == ticket["ticket_id"]
    assert (claims["operation"], claims["actions"]) == ("cip", ticket["actions"])
    assert claims["fail_callback_url"] == ticket["callbacks"]["failure"]
    assert claims["exp"] - claims["iat"] <= 600 and claims["nbf"] == claims["iat"]
    assert set(claims) == {"iss", "aud", "sub", "ticket_id", "operation", "actions", "cip_services_url", "theme_url",
                           "fail_callback_url", "iat", "nbf", "exp", "jti"}


def test_the_kid_is_the_thumbprint_of_a_published_key(stack):
    ticket = create_ticket(stack.gateway, fresh_phone())
    kid = jwt.get_unverified_header(ticket["session_token"])["kid"]
    assert thumbprint(published_keys(stack.gateway)[kid]) == kid


def test_a_ticket_is_read_and_revoked(stack):
    ticket = create_ticket(stack.gateway, fresh_phone())
    place = f"tickets/{ticket['ticket_id']}"
    shown = v1(stack.gateway, "GET", place)
    assert shown.status == 200
    assert shown.json() == {name: ticket[name] for name in (
        "ticket_id", "operation", "actions", "conversation", "status", "link", "created_at", "expires_at")}
    assert v1(stack.gateway, "DELETE", place).status == 204
    assert v1(stack.gateway, "DELETE", place).status == 204
    assert v1(stack.gateway, "GET", place).json()["status"] == "expired"
    assert stack.gateway.get(path_of(ticket["link"])).status == 410
    assert_problem(Session(stack.gateway, ticket).redeem(), 410, "gone")


def test_a_new_ticket_revokes_the_open_one_of_its_kind(stack):
    phone = fresh_phone()
    first, card = create_ticket(stack.gateway, phone), create_ticket(stack.gateway, phone, "card")
    second = create_ticket(stack.gateway, phone)
    statuses = [v1(stack.gateway, "GET", f"tickets/{ticket['ticket_id']}").json()["status"]
                for ticket in (first, card, second)]
    assert statuses == ["expired", "open", "open"]
    assert_problem(Session(stack.gateway, first).redeem(), 410, "gone")
    assert Session(stack.gateway, second).redeem().status == 200
    assert Session(stack.gateway, card).redeem().status == 200


@pytest.mark.parametrize("change", [
    {"operation": "loan"}, {"operation": None}, {"actions": []}, {"actions": ["card:authorize"]}, {"actions": "cip:x"},
    {"conversation": "whatsapp:1:15550100"}, {"conversation": "signal:1:2"}, {"conversation": 7}, {"ttl": 0},
    {"ttl": 7201}, {"ttl": "1h"}, {"extra": 1},
], ids=str)
def test_what_is_no_order_makes_nothing(stack, change):
    body = {"conversation": conversation(fresh_phone()), "operation": "cip", "actions": ["cip:scan-id"]} | change
    assert_problem(v1(stack.gateway, "POST", "tickets", body), 400, "invalid_field")
    assert_problem(v1(stack.gateway, "POST", "tickets", []), 400, "invalid_body")


@pytest.mark.parametrize(("method", "path"), [("POST", "tickets"), ("GET", "tickets/" + "0" * 32),
                                              ("DELETE", "tickets/" + "0" * 32)])
def test_nobody_without_a_token(stack, method, path):
    for token in (None, "lola_at_wrong"):
        assert_problem(v1(stack.gateway, method, path, {} if method == "POST" else None, token=token), 401,
                       "unauthorized")


def test_an_unknown_ticket_is_not_found(stack):
    for path in ("tickets/" + "0" * 32, "tickets/" + "A" * 32, "tickets/x"):
        assert_problem(v1(stack.gateway, "GET", path), 404, "not_found")


def test_operators_see_tickets_without_links_and_numbers(stack):
    phone = fresh_phone()
    ticket = create_ticket(stack.gateway, phone)
    cursor, found = "", None
    while found is None:
        page = stack.gateway.admin("GET", f"tickets?limit=200{cursor}")
        found = next((item for item in page["items"] if item["id"] == ticket["ticket_id"]), None)
        assert phone.lstrip("+") not in json.dumps(page) and PUBLIC_URL not in json.dumps(page)
        cursor = f"&cursor={page['next']}"
        assert found or page["next"]
    assert found["status"] == "open" and found["operation"] == "cip"


# Links

def test_a_link_in_the_chat_opens_a_session(stack):
    phone = stack.person("pending")
    stack.agents.script(phone, stack.agents.says("one moment", ticket={
        "operation": "cip", "actions": ["cip:scan-id"], "reply": "Open {link} please"}))
    stack.gateway.say(phone, "hola")
    first, second = stack.graph.wait_texts(phone, 2)
    assert first == "one moment" and second.startswith("Open ") and second.endswith(" please")
    link = link_in(second)
    page = stack.gateway.get(path_of(link))
    assert page.status == 200 and page.header("Content-Type") == "text/html; charset=utf-8"
    assert page.header("Referrer-Policy") == "no-referrer" and page.header("Cache-Control") == "no-store"
    assert "noindex" in page.header("X-Robots-Tag")
    session = open_link(stack.gateway, link)
    assert session.claims()["operation"] == "cip" and session.data["actions"] == ["cip:scan-id"]
    shown = v1(stack.gateway, "GET", f"tickets/{session.ticket_id}").json()
    assert shown["link"] == link and shown["conversation"] == conversation(phone)


def test_preview_bots_spend_nothing(stack):
    ticket = create_ticket(stack.gateway, fresh_phone())
    for bot in BOTS:
        for method in ("GET", "HEAD"):
            for path in (path_of(ticket["link"]), Session(stack.gateway, ticket).callback()):
                answer = fetch(stack.gateway.port, method, path, {"User-Agent": bot})
                assert answer.status == (200 if "/w/" in path else 405), answer
    assert open_link(stack.gateway, ticket["link"]).redeem().status == 200


def test_unknown_and_used_links(stack):
    ticket = create_ticket(stack.gateway, fresh_phone())
    assert Session(stack.gateway, ticket).redeem().status == 200
    used, unknown = path_of(ticket["link"]), "/w/" + "A" * 24
    statuses = [ask(stack.gateway, "GET", path).status for path in (used, unknown, "/w/x", used + "/x")]
    assert statuses == [410, 404, 404, 404]
    for path, status in ((used, 410), (unknown, 404)):
        answer = ask(stack.gateway, "POST", path + "/session", None, b"")
        assert_problem(answer, status)
        assert answer.header("Referrer-Policy") == "no-referrer"


def test_the_banks_own_widget(own_stack):
    own = own_stack(env={"LOLA_WIDGET_CIP_URL": "https://widgets.bank.example/cip?x=1",
                         "LOLA_CIP_SERVICES_URL": "https://cip.bank.example",
                         "LOLA_THEME_URL": "https://static.bank.example/lola.css"})
    origin = {"Origin": "https://widgets.bank.example"}
    ticket = create_ticket(own.gateway, fresh_phone())
    answer = own.gateway.get(path_of(ticket["link"]))
    assert answer.status == 303
    assert answer.header("Location") == f"https://widgets.bank.example/cip?x=1#lola={ticket['link']}"
    preflight = fetch(own.gateway.port, "OPTIONS", path_of(ticket["link"]) + "/session", origin | {
        "Access-Control-Request-Method": "POST"})
    assert preflight.status == 204 and preflight.header("Access-Control-Allow-Origin") == origin["Origin"]
    asked = fetch(own.gateway.port, "POST", path_of(ticket["link"]) + "/session", origin, b"")
    assert asked.header("Access-Control-Allow-Origin") == origin["Origin"]
    session = Session(own.gateway, asked.json())
    claims = session.claims()
    assert claims["cip_services_url"] == "https://cip.bank.example"
    assert claims["theme_url"] == "https://static.bank.example/lola.css"
    for stranger in ("https://evil.example", "null", "https://widgets.bank.example.evil.example"):
        refused = fetch(own.gateway.port, "OPTIONS", session.callback(), {"Origin": stranger})
        assert refused.header("Access-Control-Allow-Origin") is None
    accepted = session.redeem(headers=origin)
    assert accepted.status == 200 and accepted.header("Access-Control-Allow-Origin") == origin["Origin"]


def test_a_page_of_the_bank_reads_why_it_is_refused_and_no_other_page_does(own_stack):
    own = own_stack(env={"LOLA_WIDGET_CIP_URL": "https://widgets.bank.example/cip", "LOLA_WIDGET_RATE_LIMIT_PER_IP": "2"})
    bank, evil = {"Origin": "https://widgets.bank.example"}, {"Origin": "https://evil.example"}
    link = path_of(create_ticket(own.gateway, fresh_phone())["link"])

    def leave(answer: Answer) -> tuple:
        return answer.header("Access-Control-Allow-Origin"), answer.header("Access-Control-Expose-Headers")

    for path in (link + "/session", "/callbacks/x"):
        assert leave(fetch(own.gateway.port, "PUT", path, bank, b"")) == (bank["Origin"], "retry-after")
    for _ in range(2):
        assert fetch(own.gateway.port, "POST", link + "/session", bank, b"").status == 200
    for path in (link + "/session", "/callbacks/x"):
        limited = fetch(own.gateway.port, "POST", path, bank, b"")
        assert_problem(limited, 429, "too_many_requests")
        assert limited.header("Retry-After") and leave(limited) == (bank["Origin"], "retry-after")
        assert limited.header("Vary") == "Origin"
        assert leave(fetch(own.gateway.port, "POST", path, evil, b"")) == (None, None)
    # A page is for people: nobody reads it from elsewhere.
    assert leave(fetch(own.gateway.port, "GET", link, bank)) == (None, None)


def test_a_page_of_the_bank_reads_that_its_body_is_too_large(own_stack):
    own = own_stack(env={"LOLA_WIDGET_CIP_URL": "https://widgets.bank.example/cip"})
    bank, evil = {"Origin": "https://widgets.bank.example"}, {"Origin": "https://evil.example"}
    link, large = path_of(create_ticket(own.gateway, fresh_phone())["link"]), b"x" * 70_000
    for path in (link + "/session", "/callbacks/x"):
        answer = fetch(own.gateway.port, "POST", path, bank, large)
        assert_problem(answer, 413)
        assert answer.header("Access-Control-Allow-Origin") == bank["Origin"]
        assert answer.header("Access-Control-Expose-Headers") == "retry-after" and answer.header("Vary") == "Origin"
        for headers in (evil, {}):
            other = fetch(own.gateway.port, "POST", path, headers, large)
            assert_problem(other, 413)
            assert other.header("Access-Control-Allow-Origin") is None


def test_an_operation_of_the_banks_own(own_stack):
    own = own_stack(env={"LOLA_WIDGET_OPERATIONS": "proof_of_address=https://papers.bank.example/address"})
    order = {"conversation": conversation(fresh_phone()), "operation": "proof_of_address"}
    assert_problem(v1(own.gateway, "POST", "tickets", order), 400, "invalid_field")
    ticket = v1(own.gateway, "POST", "tickets", order | {"actions": ["proof_of_address:upload"]}).json()
    assert ticket["operation"] == "proof_of_address" and ticket["actions"] == ["proof_of_address:upload"]
    answer = own.gateway.get(path_of(ticket["link"]))
    assert answer.status == 303
    assert answer.header("Location") == f"https://papers.bank.example/address#lola={ticket['link']}"
    origin = {"Origin": "https://papers.bank.example"}
    accepted = Session(own.gateway, ticket).redeem(headers=origin)
    assert accepted.status == 200 and accepted.header("Access-Control-Allow-Origin") == origin["Origin"]
    assert v1(own.gateway, "GET", f"tickets/{ticket['ticket_id']}").json()["status"] == "succeeded"
    # An agent may offer it too.
    phone = own.person()
    own.agents.script(phone, Reply(200, {"replies": [], "ticket": {
        "operation": "proof_of_address", "actions": ["proof_of_address:upload"], "reply": "Aqui: {link}"}}))
    own.gateway.say(phone, "hola")
    assert "/w/" in own.graph.wait_texts(phone)[0]


# Life

def test_tickets_run_out(own_stack):
    own = own_stack(env={"LOLA_CALLBACK_TTL": "1s"})
    ticket = create_ticket(own.gateway, fresh_phone())
    session = Session(own.gateway, ticket)
    from lolabox.waiting import eventually
    eventually(lambda: own.gateway.get(path_of(ticket["link"])).status == 410, 10, "the end of the link")
    assert_problem(session.redeem(), 410, "gone")
    assert v1(own.gateway, "GET", f"tickets/{ticket['ticket_id']}").json()["status"] == "expired"


def test_sessions_and_callbacks_outlive_a_rotation_of_their_keys(own_stack):
    own = own_stack()
    tickets = [create_ticket(own.gateway, fresh_phone()) for _ in range(3)]
    env = own.gateway.env
    env["LOLA_JWT_PREVIOUS_KEYS"] = env["LOLA_JWT_PRIVATE_KEY"]
    env["LOLA_JWT_PRIVATE_KEY"] = new_private_pem()
    for name in ("ENCRYPTION", "SIGNING"):
        env[f"LOLA_CALLBACK_{name}_KEYS"] = f"new:{'5a' * 31}{len(name):02x}," + env[f"LOLA_CALLBACK_{name}_KEYS"]
    own.gateway.restart()
    assert Session(own.gateway, tickets[0]).redeem().status == 200
    fresh = open_link(own.gateway, tickets[1]["link"])
    assert jwt.get_unverified_header(fresh.token)["kid"] != jwt.get_unverified_header(tickets[1]["session_token"])["kid"]
    assert fresh.redeem().status == 200
    # The old keys go: what they made is worth nothing any more, what the new ones made still is.
    fresh = open_link(own.gateway, tickets[2]["link"])
    del env["LOLA_JWT_PREVIOUS_KEYS"]
    for name in ("ENCRYPTION", "SIGNING"):
        env[f"LOLA_CALLBACK_{name}_KEYS"] = env[f"LOLA_CALLBACK_{name}_KEYS"].split(",")[0]
    own.gateway.restart()
    assert_problem(Session(own.gateway, tickets[2]).redeem(), 401, "unauthorized")
    assert_problem(fresh.redeem(path=Session(own.gateway, tickets[2]).callback()), 404, "not_found")
    assert fresh.redeem().status == 200


def test_a_ticket_asked_for_badly_is_a_failed_answer(stack):
    phone = stack.person()
    stack.agents.script(phone, Reply(200, {"replies": [], "ticket": {"operation": "loan"}}))
    key = stack.gateway.say(phone, "hola")
    assert stack.gateway.wait_record(key, "delivery")["status"] == "dead_letter"
