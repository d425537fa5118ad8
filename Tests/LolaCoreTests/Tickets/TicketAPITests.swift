// Tickets over REST: what may be asked for, and by whom they are seen.
import Testing

@testable import LolaCore

@Suite("Tickets over REST")
struct TicketAPITests {
    private static func principal(_ agent: String?, kind: Principal.Kind = .agent) -> Principal {
        var principal = Principal(kind: kind, address: IPAddress([127, 0, 0, 1]))
        principal.agent = agent.flatMap { AgentID([UInt8](text: $0)) }
        return principal
    }

    private static let orchestrator = principal(nil, kind: .orchestrator)
    private static let good = #"{"conversation":"whatsapp:1065:15550100","operation":"cip","actions":["cip:scan-id"]}"#

    private static func create(_ bench: TicketBench, _ body: String = good, by who: Principal = orchestrator) throws
        -> HTTPResponse
    {
        let request = try TicketBench.request("POST", body)
        return try bench.wait { bench.api.create(request, who, $0) }
    }

    private static func show(
        _ bench: TicketBench, _ id: RecordID, by who: Principal = orchestrator
    ) throws -> HTTPResponse {
        let request = try TicketBench.request("GET")
        return try bench.wait { bench.api.show(id, request, who, $0) }
    }

    private static func revoke(_ bench: TicketBench, _ id: RecordID, by who: Principal = orchestrator) throws -> Int {
        let request = try TicketBench.request("DELETE")
        return try bench.wait { bench.api.revoke(id, request, who, $0) }.status
    }

    private static func id(_ response: HTTPResponse) throws -> RecordID {
        let text = try JSONDocument.parse(response.body).root["ticket_id"]?.textBytes
        return try #require(text.flatMap { RecordID(hex: $0) })
    }

    @Test("a ticket comes with its link, its session and its callbacks")
    func created() throws {
        let bench = try TicketBench()
        let response = try Self.create(bench)
        let root = try JSONDocument.parse(response.body).root
        #expect(response.status == 201 && root["status"]?.text == "open")
        #expect(root["conversation"]?.text == "whatsapp:1065:15550100" && root["actions"]?.count == 1)
        #expect(root["link"]?.text?.hasPrefix("https://lola.example/w/") == true)
        #expect(root["expires_at"]?.text == "2026-11-20T12:00:05Z")
        #expect(root["session_token"] != nil && root["callbacks"]?["success"] != nil && root["seal_key"] != nil)
        let shown = try JSONDocument.parse(try Self.show(bench, try Self.id(response)).body).root
        #expect(shown["link"]?.text == root["link"]?.text && shown["session_token"] == nil)
        #expect(bench.audit.lines == ["ticket.created orchestrator begun", "ticket.created orchestrator ok"])
    }

    @Test("what is no order is refused", arguments: [
        ("", 400), ("[]", 400), (#"{"operation":"cip"}"#, 400), (#"{"conversation":"whatsapp:1065:1","x":1}"#, 400),
        (#"{"conversation":"whatsapp:1065:15550100","operation":"other","actions":[]}"#, 400),
        (#"{"conversation":"whatsapp:1065:15550100","operation":"cip","actions":[]}"#, 400),
        (#"{"conversation":"whatsapp:1065:15550100","operation":"cip","actions":["card:authorize"]}"#, 400),
        (#"{"conversation":"whatsapp:1065:15550100","operation":"cip","actions":["cip:a","cip:a"]}"#, 400),
        (#"{"conversation":"whatsapp:1065:15550100","operation":"cip","actions":["cip:A b"]}"#, 400),
        (#"{"conversation":"whatsapp:9999:15550100","operation":"cip"}"#, 400),
        (#"{"conversation":"twilio_sms:1:2","operation":"cip"}"#, 400),
        (#"{"conversation":"whatsapp:1065","operation":"cip"}"#, 400),
        (#"{"conversation":"telegram:77:abc","operation":"cip"}"#, 400),
        (#"{"conversation":"whatsapp:1065:15550100","operation":"cip","ttl":0}"#, 400),
        (#"{"conversation":"whatsapp:1065:15550100","operation":"cip","ttl":7201}"#, 400),
        (#"{"conversation":"whatsapp:1065:15550100","operation":"cip","ttl":"60"}"#, 400),
        (#"{"conversation":"whatsapp:1065:15550100","operation":"cip","ttl":7200}"#, 201),
        (#"{"conversation":"telegram:77:987654321","operation":"card"}"#, 201),
        (#"{"conversation":"whatsapp:1065:US.1349abc","operation":"cip","ttl":null}"#, 201),
    ])
    func orders(_ row: (body: String, status: Int)) throws {
        #expect(try Self.create(try TicketBench(), row.body).status == row.status, "\(row.body)")
    }

    @Test("a fault says which member is wrong, to tools; a problem has the members of all problems", arguments: [
        ("[]", "invalid_body", "The body must be a JSON object."),
        (#"{"operation":"cip"}"#, "invalid_field", "conversation is required"),
        (#"{"conversation":7,"operation":"cip"}"#, "invalid_field", "conversation must be a string"),
        (#"{"conversation":"whatsapp:1065","operation":"cip"}"#, "invalid_field",
            "conversation must be <channel>:<own id>:<sender>"),
        (#"{"conversation":"whatsapp:9999:15550100","operation":"cip"}"#, "invalid_field",
            "conversation is of no channel that is on here"),
        (#"{"conversation":"whatsapp:1065:15550100","operation":null}"#, "invalid_field", "operation is required"),
        (#"{"conversation":"whatsapp:1065:15550100","operation":["cip"]}"#, "invalid_field",
            "operation must be a string"),
        (#"{"conversation":"whatsapp:1065:15550100","operation":"loan"}"#, "invalid_field",
            "operation must be one of cip, card"),
        (#"{"conversation":"whatsapp:1065:15550100","operation":"cip","actions":["card:authorize"]}"#, "invalid_field",
            "actions must be a list of 1 to \(Limits.ticketActionsMax) different texts, each <operation>:<word>"),
        (#"{"conversation":"whatsapp:1065:15550100","operation":"cip","ttl":0}"#, "invalid_field",
            "ttl must be a whole number of seconds from 1 to 7200"),
        (#"{"conversation":"whatsapp:1065:15550100","operation":"cip","agentId":"one"}"#, "invalid_field",
            "members other than conversation, operation, actions and ttl are not taken"),
    ])
    func details(_ row: (body: String, code: String, detail: String)) throws {
        let response = try Self.create(try TicketBench(), row.body)
        let root = try JSONDocument.parse(response.body).root
        #expect(response.status == 400 && root["code"]?.text == row.code, "\(row.body)")
        #expect(root["detail"] == nil)
        let form = TicketForm(
            ownIDs: [.whatsapp: [UInt8](text: "1065")], operations: .builtIn, lifeMax: .hours(2))
        let order = try JSONDocument.parse([UInt8](text: row.body)).root
        var fault: TicketFault?
        do throws(TicketFault) { _ = try form.read(order, by: "a", agent: nil, besides: []) } catch { fault = error }
        #expect(fault?.detail == row.detail, "\(row.body)")
    }

    @Test("a bank's own operation needs its actions")
    func ownOperation() throws {
        let form = TicketForm(
            ownIDs: [.whatsapp: [UInt8](text: "1065")], operations: TicketOperations(own: [[UInt8](text: "loan")]),
            lifeMax: .seconds(60))
        func read(_ rest: String) throws -> TicketOrder {
            let body = #"{"conversation":"whatsapp:1065:15550100","operation":"loan"\#(rest)}"#
            return try form.read(
                JSONDocument.parse([UInt8](text: body)).root, by: "test", agent: nil, besides: [])
        }
        #expect(throws: TicketFault.field("actions are required for this operation")) { try read("") }
        #expect(throws: TicketFault.field("ttl must be a whole number of seconds from 1 to 60")) {
            try read(#","actions":["loan:sign"],"ttl":61"#)
        }
        #expect(try read(#","actions":["loan:sign"]"#).terms.actions == [[UInt8](text: "loan:sign")])
    }

    @Test("an agent sees and revokes its own tickets, the orchestrator all; a stranger's ticket is no ticket")
    func owners() throws {
        let bench = try TicketBench()
        let id = try Self.id(try Self.create(bench, by: Self.principal("shop")))
        #expect(try Self.show(bench, id, by: Self.principal("shop")).status == 200)
        let hidden = try Self.show(bench, id, by: Self.principal("other"))
        let nothing = try Self.show(bench, RecordID(high: 1, low: 1), by: Self.principal("other"))
        #expect(hidden.status == 404 && hidden.body == nothing.body)
        #expect(try Self.show(bench, id).status == 200)
        #expect(try Self.show(bench, id, by: Self.principal(nil, kind: .demo)).status == 200)
        #expect(try Self.show(bench, id, by: Self.principal(nil, kind: .widget)).status == 404)
        #expect(try Self.revoke(bench, id, by: Self.principal("other")) == 404)
        #expect(try Self.revoke(bench, id, by: Self.principal("shop")) == 204)
        #expect(try Self.revoke(bench, id, by: Self.principal("shop")) == 204)
        let root = try JSONDocument.parse(try Self.show(bench, id).body).root
        #expect(root["status"]?.text == "expired")
        #expect(bench.audit.lines == [
            "ticket.created agent:shop begun", "ticket.created agent:shop ok", "ticket.revoked agent:shop begun",
            "ticket.revoked agent:shop ok",
        ])
    }

    @Test("what was used cannot be revoked")
    func used() throws {
        let bench = try TicketBench()
        let ticket = try bench.create()
        let session = try bench.session(ticket)
        #expect(try bench.call(session.success, TicketBench.body(ticket), session: session).status == 200)
        #expect(try Self.revoke(bench, ticket.id) == 410)
        #expect(try JSONDocument.parse(try Self.show(bench, ticket.id).body).root["status"]?.text == "succeeded")
    }

    @Test("operators list tickets without links and without people")
    func listed() throws {
        let bench = try TicketBench()
        let ids = try ["cip", "card"].map { try bench.create($0).id.hex.text }.sorted()
        let request = try TicketBench.request("GET", target: "/admin/api/tickets?limit=1")
        let first = try bench.wait { bench.api.list(request, $0) }
        let root = try JSONDocument.parse(first.body).root
        #expect(root["items"]?.count == 1 && root["next"]?.text == ids[0])
        let next = try TicketBench.request("GET", target: "/admin/api/tickets?cursor=\(ids[0])")
        let rest = try JSONDocument.parse(try bench.wait { bench.api.list(next, $0) }.body).root
        #expect(rest["items"]?[0]?["id"]?.text == ids[1] && rest["next"]?.isNull == true)
        #expect(rest["items"]?[0]?["conversation"]?.text == "pseudonym" && rest["items"]?[0]?["link"] == nil)
        #expect(!first.body.text.contains("15550100"))
        let bad = try TicketBench.request("GET", target: "/admin/api/tickets?limit=0")
        #expect(try bench.wait { bench.api.list(bad, $0) }.status == 400)
    }

    @Test("without a kept audit record no ticket is made or revoked, and no callback takes effect")
    func untold() throws {
        let bench = try TicketBench()
        let ticket = try bench.create()
        let session = try bench.session(ticket)
        bench.audit.isWritable = false
        #expect(try Self.create(bench).status == 503)
        #expect(throws: Refusal.auditUnavailable) { _ = try bench.create("card") }
        #expect(try Self.revoke(bench, ticket.id) == 503)
        let answer = try bench.call(session.success, TicketBench.body(ticket), session: session)
        #expect(answer.status == 503 && bench.events.isEmpty && bench.queued.isEmpty)
        #expect(try bench.status(ticket) == .open)
        #expect(try bench.wait { bench.book.newest(TicketBench.conversation, [UInt8](text: "card"), $0) } == nil)
        bench.audit.isWritable = true
        #expect(try bench.call(session.success, TicketBench.body(ticket), session: session).status == 200)
        #expect(bench.events.count == 1)
    }

    @Test("a store that is away is told as that")
    func away() throws {
        let bench = try TicketBench()
        let id = try bench.create().id
        bench.store.failures = 1
        #expect(try Self.create(bench).status == 503)
        bench.store.failures = 1
        #expect(try Self.show(bench, id).status == 503)
        bench.store.failures = 2
        #expect(try Self.revoke(bench, id) == 503)
        let request = try TicketBench.request("GET")
        bench.store.failures = 1
        #expect(try bench.wait { bench.api.list(request, $0) }.status == 503)
    }
}
