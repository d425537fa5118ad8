// What stands behind a link: pages that spend nothing, and sessions for whoever opened it.
import Testing

@testable import LolaCore

@Suite("Links: looked at by anybody, spent by nobody who only looks")
struct WidgetDoorTests {
    private static let bots = [
        "WhatsApp/2.24.20 A", "TelegramBot (like TwitterBot)", "facebookexternalhit/1.1", "Twitterbot/1.0",
        "Slackbot-LinkExpanding 1.0", "Discordbot/2.0", "LinkedInBot/1.0", "Googlebot/2.1", "bingbot/2.0",
        "SkypeUriPreview Preview/0.5", "Applebot/0.1", "Viber", "Line/1", "Iframely/1.3", "redditbot/1.0",
        "Mozilla/5.0 (Safelinks)", "Barracuda Sentinel", "Mimecast", "curl/8.5.0", "python-requests/2.32",
    ]

    private static func page(
        _ bench: TicketBench, _ link: [UInt8], _ method: String = "GET", agent: String = "x"
    ) throws -> HTTPResponse {
        let request = try TicketBench.request(method, "", [("User-Agent", agent)])
        return try bench.wait { bench.widgets.page(link, request, $0) }
    }

    private static func session(
        _ bench: TicketBench, _ link: [UInt8], _ method: String = "POST", origin: String? = nil
    ) throws -> HTTPResponse {
        let request = try TicketBench.request(method, "", origin.map { [("Origin", $0)] } ?? [])
        return try bench.wait { bench.widgets.session(link, request, $0) }
    }

    private static func value(_ response: HTTPResponse, _ name: String) -> String? {
        response.fields.first { "\($0.name)" == name }?.value.text
    }

    @Test("twenty preview bots look with GET and HEAD, and the link works afterwards", arguments: bots)
    func previews(_ agent: String) throws {
        let bench = try TicketBench()
        let ticket = try bench.create()
        for method in ["GET", "HEAD", "GET", "HEAD"] {
            let response = try Self.page(bench, ticket.link, method, agent: agent)
            #expect(response.status == 200 && response.contentType?.description == "text/html; charset=utf-8")
        }
        #expect(try bench.status(ticket) == .open)
        let session = try bench.session(ticket)
        #expect(try bench.call(session.success, TicketBench.body(ticket), session: session).status == 200)
    }

    @Test("a page is kept by nobody, found by nobody and tells nobody where it was")
    func headers() throws {
        let bench = try TicketBench()
        for link in [try bench.create().link, [UInt8](text: "none")] {
            let response = try Self.page(bench, link)
            #expect(response.policy == .widget && Self.value(response, "Cache-Control") == "no-store")
            #expect(Self.value(response, "X-Robots-Tag") == "noindex, nofollow")
        }
        let block = SecurityHeaders(isHTTPS: true).block(.widget).text
        #expect(block.contains("Referrer-Policy: no-referrer\r\n") && block.contains("script-src 'self'"))
        let data = SecurityHeaders(isHTTPS: true).block(.widgetData).text
        #expect(data.contains("Referrer-Policy: no-referrer\r\n") && data.contains("default-src 'none'\r\n"))
    }

    @Test("used, ended and unknown links have pages of their own")
    func closed() throws {
        let bench = try TicketBench()
        let (used, revoked) = (try bench.create(), try bench.create("card"))
        let session = try bench.session(used)
        #expect(try bench.call(session.success, TicketBench.body(used), session: session).status == 200)
        #expect(try bench.wait { bench.book.revoke(revoked, by: "agent:a", $0) } == .closed)
        let pages = try [used.link, revoked.link, [UInt8](text: "none")].map { try Self.page(bench, $0) }
        #expect(pages.map(\.status) == [410, 410, 404] && Set(pages.map(\.body)).count == 3)
        #expect(try Self.session(bench, used.link).status == 410)
        #expect(try Self.session(bench, revoked.link).status == 410)
        #expect(try Self.session(bench, [UInt8](text: "none")).status == 404)
        #expect(bench.guesses == 2)
    }

    @Test("a store that is away says so, to people and to widgets")
    func away() throws {
        let bench = try TicketBench()
        let link = try bench.create().link
        bench.store.failures = 2
        #expect(try Self.page(bench, link).status == 503)
        #expect(try Self.session(bench, link).status == 503)
        #expect(try Self.page(bench, link).status == 200)
    }

    @Test("the bank's own widget gets the link behind the hash, and nothing is spent")
    func redirect() throws {
        let bench = try TicketBench(ownWidget: true)
        let (ticket, card) = (try bench.create(), try bench.create("card"))
        let response = try Self.page(bench, ticket.link)
        let link = "https://lola.example/w/\(ticket.link.text)"
        #expect(response.status == 303)
        #expect(Self.value(response, "Location") == "https://widgets.bank.example/cip?v=1#lola=\(link)")
        // The bank has no widget for cards, and no vault is set: the built-in page says so.
        #expect(try Self.page(bench, card.link).status == 503)
        #expect(try bench.status(ticket) == .open)
    }

    @Test("a session has everything a widget needs, and each one is another")
    func sessions() throws {
        let bench = try TicketBench()
        let ticket = try bench.create()
        let first = try JSONDocument.parse(try Self.session(bench, ticket.link).body).root
        #expect(first["ticket_id"]?.textBytes == ticket.id.hex && first["operation"]?.text == "cip")
        #expect(first["actions"]?.count == 3 && first["expires_at"]?.text == "2026-11-20T10:15:05Z")
        #expect(first["seal_key"]?["crv"]?.text == "P-256")
        #expect(first["seal_key"]?["x"]?.textBytes == Base64.encode(ticket.seal.x) && first["seal_key"]?["d"] == nil)
        let second = try JSONDocument.parse(try Self.session(bench, ticket.link).body).root
        for name in ["success", "failure"] {
            let urls = [first, second].compactMap { $0["callbacks"]?.member([UInt8](text: name))?.text }
            #expect(Set(urls).count == 2 && urls.allSatisfy { $0.hasPrefix("https://lola.example/callbacks/") })
        }
        #expect(first["session_token"]?.text != second["session_token"]?.text)
    }

    @Test("browsers of the bank's own widget may ask, others may not")
    func origins() throws {
        let bench = try TicketBench(ownWidget: true)
        let link = try bench.create().link
        let (own, evil, allow) = (TicketBench.widgetOrigin, "https://evil.example", "Access-Control-Allow-Origin")
        let answers = try [own, evil].map { try Self.session(bench, link, origin: $0) }
        #expect(answers.map(\.status) == [200, 200])
        #expect(answers.map { Self.value($0, allow) } == [own, nil])
        let asked = try Self.session(bench, link, "OPTIONS", origin: TicketBench.widgetOrigin)
        #expect(asked.status == 204 && Self.value(asked, "Access-Control-Allow-Methods") == "POST")
        #expect(asked.fields.count { "\($0.name)" == allow } == 1)
        let refused = try Self.session(bench, link, "OPTIONS", origin: evil)
        #expect(Self.value(refused, allow) == nil)
    }
}
