// The negative table of CONTRACT §7, one row after the other, and the good way among them.
import Foundation
import Testing

@testable import LolaCore

@Suite("Callbacks: who may, with what, once")
struct CallbackDoorTests {
    private struct Stand {
        let bench: TicketBench
        let ticket: Ticket
        let session: WidgetSession

        init(_ bench: TicketBench, _ operation: String = "cip") throws {
            self.bench = bench
            ticket = try bench.create(operation)
            session = try bench.session(ticket)
        }

        init() throws { try self.init(TicketBench()) }

        func call(_ body: String? = nil, fields: [(String, String)] = []) throws -> HTTPResponse {
            try bench.call(session.success, body ?? TicketBench.body(ticket), session: session, fields: fields)
        }

        /// The callback has no effect, and works afterwards.
        func expectRefused(_ response: HTTPResponse, _ status: Int, _ code: String, _ note: String = "") throws {
            let seen = try JSONDocument.parse(response.body).root["code"]?.text
            #expect(response.status == status && seen == code, "\(note) \(response.status) \(seen ?? "")")
            #expect(bench.events.isEmpty && bench.queued.isEmpty)
            #expect(try call().status == 200)
        }
    }

    @Test("a callback is accepted once the event is kept")
    func accepted() throws {
        let stand = try Stand()
        let response = try stand.call()
        #expect(response.status == 200 && response.body.text == #"{"status":"accepted"}"#)
        #expect(stand.bench.events.count == 1 && stand.bench.queued.count == 1)
        #expect(stand.bench.events.first?.message.event?.result == [UInt8](text: #"{"token":"tok_1"}"#))
        #expect(stand.bench.audit.lines.suffix(2) == ["callback.redeemed widget begun", "callback.redeemed widget ok"])
        #expect(stand.bench.rig.counters.value(.callbacksRedeemed) == 1)
    }

    @Test("a failure needs no result, a success does")
    func failure() throws {
        let stand = try Stand()
        let bare = #"{"ticket_id":"\#(stand.ticket.id.hex.text)"}"#
        #expect(try stand.bench.call(stand.session.success, bare, session: stand.session).status == 422)
        #expect(try stand.bench.call(stand.session.failure, bare, session: stand.session).status == 200)
        #expect(stand.bench.events.first?.message.event?.outcome == .failure)
        #expect(try stand.call().status == 410)
    }

    @Test("no session, or a bad one: 401, whatever else is wrong", arguments: [
        "none", "twice", "basic", "garbage", "other key", "tampered", "expired", "other issuer", "agent token",
    ])
    func sessions(_ way: String) throws {
        let stand = try Stand()
        let good = stand.session.token.text
        let foreign = try Self.forged(stand, try ES256PrivateKey.generatePEM())
        let issued = try Self.forged(stand, stand.bench.pem, issuer: "https://x")
        let meant = try Self.forged(stand, stand.bench.pem, audience: "onboarding")
        var fields: [(String, String)] = []
        switch way {
        case "none": break
        case "twice": fields = [("Authorization", "Bearer \(good)"), ("Authorization", "Bearer \(good)")]
        case "basic": fields = [("Authorization", "Basic \(good)")]
        case "garbage": fields = [("Authorization", "Bearer x.y.z")]
        case "other key": fields = [("Authorization", "Bearer \(foreign)")]
        case "tampered": fields = [("Authorization", "Bearer \(good.dropLast(4))AAAA")]
        case "expired":
            stand.bench.rig.run(for: .minutes(17)) { false }
            fields = [("Authorization", "Bearer \(good)")]
        case "other issuer": fields = [("Authorization", "Bearer \(issued)")]
        default: fields = [("Authorization", "Bearer \(meant)")]
        }
        for token in [TicketBench.token(stand.session.success), [UInt8](text: "nonsense")] {
            let request = try TicketBench.request("POST", "{", fields)
            let response = try stand.bench.wait { stand.bench.callbacks.receive(token, request, $0) }
            #expect(response.status == 401, "\(way)")
        }
        #expect(stand.bench.guesses == (way == "none" || way == "expired" ? 0 : 2) && stand.bench.events.isEmpty)
        let fresh = try stand.bench.session(stand.ticket)
        #expect(try stand.bench.call(fresh.success, TicketBench.body(stand.ticket), session: fresh).status == 200)
    }

    private static func forged(
        _ stand: Stand, _ pem: [UInt8], issuer: String = TicketBench.base, audience: String = "widget"
    ) throws -> String {
        let id = stand.ticket.id.hex.text
        let now = stand.bench.rig.clock.wall.inSeconds
        let claims = #"{"iss":"\#(issuer)","aud":"\#(audience)","sub":"\#(id)","ticket_id":"\#(id)","operation":"cip","#
            + #""iat":\#(now),"nbf":\#(now),"exp":\#(now + 60)}"#
        let key = try ES256PrivateKey(pem: pem)
        return try JWT.mint(claims: [UInt8](text: claims), key: key, kid: key.publicKey.thumbprint).text
    }

    @Test("a forged session of our own key is the harness's proof that the rows above can succeed")
    func forgedRight() throws {
        let stand = try Stand()
        let token = try Self.forged(stand, stand.bench.pem)
        let response = try stand.bench.call(
            stand.session.success, TicketBench.body(stand.ticket), fields: [("Authorization", "Bearer \(token)")])
        #expect(response.status == 200)
    }

    @Test("another ticket's session, and another ticket in the body: 403")
    func foreign() throws {
        let bench = try TicketBench()
        let (own, other) = (try Stand(bench), try Stand(bench, "card"))
        let crossed = try bench.call(own.session.success, TicketBench.body(own.ticket), session: other.session)
        #expect(crossed.status == 403)
        try own.expectRefused(try own.call(TicketBench.body(other.ticket)), 403, "forbidden")
        bench.events = []
        #expect(try other.call().status == 200)
    }

    @Test("tampered, unknown, and of another purpose: the same 404")
    func unknown() throws {
        let stand = try Stand()
        let good = TicketBench.token(stand.session.success)
        var flipped = good
        flipped[100] = flipped[100] == 0x41 ? 0x42 : 0x41
        let gone = CallbackToken(
            ticket: stand.ticket.id, operation: stand.ticket.operation, outcome: .success,
            expires: stand.ticket.expires)
        let foreign = try TicketBench.tokens(stand.bench.rig.loop.entropy, encryption: 5, signing: 6).text(gone)
        let link = stand.ticket.link
        var bodies: Set<[UInt8]> = []
        for token in [flipped, [UInt8](good.dropLast()), good + [0x41], [UInt8](text: "x"), foreign, link] {
            let request = try TicketBench.request("POST", TicketBench.body(stand.ticket), [
                ("Authorization", "Bearer \(stand.session.token.text)"), ("Content-Type", "application/json"),
            ])
            let response = try stand.bench.wait { stand.bench.callbacks.receive(token, request, $0) }
            #expect(response.status == 404)
            bodies.insert(response.body)
        }
        #expect(bodies.count == 1 && stand.bench.guesses == 6)
        #expect(try stand.call().status == 200)
    }

    @Test("a ticket that the store does not have is unknown")
    func lostStore() throws {
        let stand = try Stand()
        let other = try TicketBench(pem: stand.bench.pem)
        let response = try other.call(
            stand.session.success, TicketBench.body(stand.ticket), session: stand.session)
        #expect(response.status == 404)
    }

    @Test("used, revoked, replaced, of an older epoch: 410", arguments: ["used", "revoked", "replaced", "epoch"])
    func closed(_ way: String) throws {
        let stand = try Stand()
        switch way {
        case "used": #expect(try stand.call().status == 200)
        case "revoked":
            #expect(try stand.bench.wait { stand.bench.book.revoke(stand.ticket, by: "agent:a", $0) } == .closed)
        case "replaced": _ = try stand.bench.create()
        default: stand.bench.store.epoch = [9]
        }
        let before = stand.bench.queued.count
        for url in [stand.session.success, stand.session.failure] {
            let response = try stand.bench.call(url, TicketBench.body(stand.ticket), session: stand.session)
            #expect(response.status == 410 && response.body.text.contains(#""code":"gone""#))
        }
        #expect(stand.bench.queued.count == before)
    }

    @Test("a callback ends with its ticket, though its session lives a little longer")
    func runOut() throws {
        let bench = try TicketBench()
        var order = TicketBench.order()
        order.life = .seconds(30)
        let ticket = try bench.create(order: order)
        let session = try bench.session(ticket)
        bench.rig.run(for: .seconds(31)) { false }
        #expect(try bench.call(session.success, TicketBench.body(ticket), session: session).status == 410)
    }

    @Test("only JSON, and not packed: 415", arguments: [
        [("Content-Type", "text/plain")], [("Content-Type", "application/jsonx")],
        [("Content-Type", "application/json"), ("Content-Encoding", "gzip")],
        [("Content-Type", "application/json"), ("Content-Type", "application/json")],
    ])
    func contentType(_ fields: [(String, String)]) throws {
        let stand = try Stand()
        try stand.expectRefused(try stand.call(fields: fields), 415, "unsupported_media_type")
    }

    @Test("a body that says nothing usable: 422, and the link is not spent", arguments: [
        "", "{", "[]", "null", "{}", #"{"result":{}}"#, #"{"ticket_id":1,"result":{}}"#,
        #"{"ticket_id":"ID"}"#, #"{"ticket_id":"ID","result":[]}"#, #"{"ticket_id":"ID","result":"tok"}"#,
        #"{"ticket_id":"ID","result":{},"sealed":"x"}"#, #"{"ticket_id":"ID","sealed":{}}"#,
        #"{"ticket_id":"ID","sealed":"x"}"#, #"{"ticket_id":"ID","result":{},"more":1}"#,
        #"{"ticket_id":"ID","ticket_id":"ID","result":{}}"#, #"{"ticket_id":"ID","result":{"a":1,"a":2}}"#,
        #"{"ticket_id":"IDUPPER","result":{}}"#,
    ])
    func bodies(_ form: String) throws {
        let stand = try Stand()
        let id = stand.ticket.id.hex.text
        let body = form.replacingOccurrences(of: "IDUPPER", with: "A" + id.uppercased().dropFirst())
            .replacingOccurrences(of: "ID", with: id)
        try stand.expectRefused(try stand.call(body), 422, "invalid_payload", form)
    }

    @Test("a lost race is told as one")
    func race() throws {
        let stand = try Stand()
        var statuses: [Int] = []
        for _ in 0..<16 {
            let request = try TicketBench.request("POST", TicketBench.body(stand.ticket), [
                ("Authorization", "Bearer \(stand.session.token.text)"), ("Content-Type", "application/json"),
            ])
            let token = TicketBench.token(stand.session.success)
            stand.bench.callbacks.receive(token, request) { statuses.append($0.status) }
        }
        stand.bench.rig.run(for: .seconds(5)) { statuses.count == 16 }
        #expect(statuses.count { $0 == 200 } == 1 && statuses.count { $0 == 409 } == 15)
        #expect(stand.bench.events.count == 1)
    }

    @Test("a store that is away, and a queue that is full: 503, and the link is not spent")
    func away() throws {
        let stand = try Stand()
        stand.bench.hasRoom = false
        #expect(try stand.call().status == 503)
        stand.bench.hasRoom = true
        stand.bench.store.failures = 1
        try stand.expectRefused(try stand.call(), 503, "unavailable")
    }

    @Test("another origin is let in when it is the bank's own widget, and learns nothing otherwise")
    func origins() throws {
        let bench = try TicketBench(ownWidget: true)
        let stand = try Stand(bench)
        func value(_ response: HTTPResponse, _ name: String) -> String? {
            response.fields.first { "\($0.name)" == name }?.value.text
        }
        for (origin, allowed) in [(TicketBench.widgetOrigin, true), ("https://evil.example", false), ("null", false)] {
            let request = try TicketBench.request("OPTIONS", "", [
                ("Origin", origin), ("Access-Control-Request-Method", "POST"),
            ])
            let response = try bench.wait { bench.callbacks.receive([UInt8](text: "x"), request, $0) }
            #expect(response.status == 204 && value(response, "Vary") == "Origin")
            #expect(value(response, "Access-Control-Allow-Origin") == (allowed ? origin : nil))
            #expect((value(response, "Access-Control-Allow-Headers") != nil) == allowed)
        }
        let answer = try stand.call(fields: [("Origin", TicketBench.widgetOrigin)])
        #expect(answer.status == 200 && value(answer, "Access-Control-Allow-Origin") == TicketBench.widgetOrigin)
    }
}
