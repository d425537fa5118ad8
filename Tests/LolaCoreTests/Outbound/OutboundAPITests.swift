// `/v1/messages`: what is an order, who may give it, and what an agent reads in an answer.
import Testing

@testable import LolaCore

@Suite("Orders over REST")
struct OutboundAPITests {
    private static func principal(
        _ kind: Principal.Kind = .agent, _ agent: String? = "ada", scopes: [String]? = nil
    ) -> Principal {
        var principal = Principal(kind: kind, address: IPAddress([192, 0, 2, 1]))
        principal.agent = agent.flatMap { AgentID($0.utf8) }
        principal.scopes = scopes
        return principal
    }

    private func send(
        _ bench: GateBench, _ body: String, _ principal: Principal = principal()
    ) throws -> (HTTPResponse, JSONView) {
        let api = OutboundAPI(bench.desk.rig.loop, bench.gate)
        let request = try TicketBench.request("POST", body)
        let response: HTTPResponse = try bench.desk.ask { api.send(request, principal, $0) }
        return (response, try JSONDocument.parse(response.body).root)
    }

    @Test("an order that is none is refused with what is wrong, and is never submitted", arguments: [
        ("", "JSON object"), ("[]", "JSON object"), ("{", "JSON object"), (#""text""#, "JSON object"),
        ("{}", "conversation, or channel and to"), (#"{"channel":"sms","to":"+15550100"}"#, "text is required"),
        (#"{"channel":"fax","to":"+15550100","text":"x"}"#, "channel must be"),
        (#"{"channel":"sms","to":"a@b.example","text":"x"}"#, "no address of this channel"),
        (#"{"channel":"sms","to":"12","text":"x"}"#, "no address of this channel"),
        (#"{"channel":"email","to":"+15550100","text":"x","subject":"s"}"#, "no address of this channel"),
        (#"{"channel":"sms","to":15550100,"text":"x"}"#, "to must be a string"),
        (#"{"channel":"sms","to":"+15550100","text":["x"]}"#, "text must be a string"),
        (#"{"channel":"sms","to":"+15550100","text":"  "}"#, "text must not be empty"),
        (#"{"channel":"sms","to":"+15550100","text":"a\u0000b"}"#, "text must not contain control characters"),
        (#"{"channel":"sms","to":"+15550100","text":"ring\u0007"}"#, "text must not contain control characters"),
        (#"{"channel":"sms","to":"+15550100","text":"a\u007Fb"}"#, "text must not contain control characters"),
        (#"{"channel":"sms","to":"+15550100","text":"\n\t"}"#, "text must not be empty"),
        (#"{"channel":"email","to":"a@b.example","text":"a","subject":"\u0001"}"#, "subject must not contain control"),
        (#"{"channel":"sms","to":"+15550100","text":"x","type":"call"}"#, "type must be"),
        (#"{"channel":"voice","to":"+15550100","text":"x","type":"text"}"#, "type must be"),
        (#"{"channel":"sms","to":"+15550100","text":"x","subject":"s"}"#, "for mail"),
        (#"{"channel":"sms","to":"+15550100","text":"x","html":"<p>"}"#, "for mail"),
        (#"{"channel":"email","to":"a@b.example","text":"x"}"#, "subject is required"),
        (#"{"channel":"email","to":"a@b.example","text":"x","subject":"a\r\nBcc: c@d.example"}"#, "one line"),
        (#"{"conversation":"whatsapp:1065:15550100","text":"x","subject":"s"}"#, "for mail"),
        (#"{"conversation":"twilio_sms:+15550199:+15550100","text":"x","html":"<p>"}"#, "for mail"),
        (#"{"conversation":"nowhere","text":"x","subject":"s"}"#, "for mail"),
        (#"{"channel":"sms","to":"+15550100","text":"x","purpose":"fun"}"#, "purpose must be"),
        (#"{"channel":"sms","to":"+15550100","text":"x","record":"yes"}"#, "record must be true or false"),
        (#"{"channel":"sms","to":"+15550100","text":"x","record":true}"#, "record is for calls"),
        (#"{"channel":"sms","to":"+15550100","text":"x","recipientTimezone":"UTC"}"#, "members other than"),
        (#"{"channel":"sms","to":"+15550100","text":"x","consentType":"express"}"#, "members other than"),
        (#"{"conversation":"whatsapp:1065:1","to":"+15550100","text":"x"}"#, "either conversation"),
        (#"{"channel":"sms","to":"+15550100","text":"x","agentId":"a b"}"#, "agentId is malformed"),
        (#"{"channel":"sms","to":"+15550100","text":"x","agentId":7}"#, "agentId must be a string"),
    ])
    func forms(_ row: (body: String, words: String)) throws {
        let bench = try GateBench()
        let (response, root) = try send(bench, row.body)
        #expect(response.status == 400 && response.contentType?.description == "application/problem+json")
        #expect(root["detail"]?.text?.contains(row.words) ?? false, "\(root["detail"]?.text ?? "")")
        #expect(bench.desk.audit.words == ["agent.changed ok"])
    }

    @Test("a text longer than the limit is no order")
    func tooLong() throws {
        let bench = try GateBench()
        for (name, limit) in [
            ("text", Limits.outboundTextMax), ("subject", Limits.outboundSubjectMax), ("html", Limits.outboundHTMLMax),
        ] {
            let long = String(repeating: "x", count: limit.bytes + 1)
            var fields = ["text": "x", "subject": "s"]
            fields[name] = long
            let members = fields.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",")
            let (response, root) = try send(bench, #"{"channel":"email","to":"a@b.example",\#(members)}"#)
            #expect(response.status == 400 && root["detail"]?.text?.contains("longer") ?? false, "\(name)")
        }
    }

    @Test("a call says no more than Twilio takes with it, markup and announcement counted, before anything is reserved")
    func longCalls() throws {
        let bench = try GateBench(filter: nil, hours: nil)
        // One party's consent is enough in New York; in California everybody hears an announcement.
        let (newYork, california) = ("+12125550100", "+14155550100")
        for number in [newYork, california] { try bench.consent(.voice, number) }
        let room = Limits.twilioScriptMax - TwiML.call(CallScript(text: [0x78])).count + 1
        func call(_ to: String, _ text: String, _ record: Bool = false) throws -> (status: Int, detail: String) {
            let (response, root) = try send(
                bench, #"{"channel":"voice","to":"\#(to)","text":"\#(text)","record":\#(record)}"#)
            return (response.status, root["detail"]?.text ?? "")
        }
        let longest = String(repeating: "x", count: room)
        for (to, text, record) in [
            (newYork, longest + "x", false), (newYork, longest + "x", true), (california, longest, true),
            (newYork, String(repeating: "&", count: room / 5 + 1), false),
            (newYork, String(repeating: "\u{1F44B}", count: room / 2 + 1), false),
        ] as [(String, String, Bool)] {
            let said = try call(to, text, record)
            #expect(said.status == 400 && said.detail.contains("at most 4000 characters"), "\(said)")
        }
        #expect(bench.sentCount == 0)
        #expect(try bench.used(.perMinute) == 0)
        for (to, text, record) in [
            (newYork, longest, false), (newYork, longest, true), (california, longest, false),
            (newYork, String(repeating: "\u{1F44B}", count: room / 2), false),
        ] as [(String, String, Bool)] {
            #expect(try call(to, text, record).status == 202)
        }
        #expect(bench.sentCount == 4)
    }

    @Test("a conversation by mail takes a subject and html, of the longest key too")
    func mailConversation() throws {
        let bench = try GateBench()
        let long = String(repeating: "a", count: 240) + "@b.example"
        for key in ["resend:help@bank.example:ana@x.example", "resend:\(long):\(long)"] {
            let body = #"{"conversation":"\#(key)","text":"x","subject":"s","html":"<p>"}"#
            // Right in form: the gate is asked, and has no mail channel of this gateway.
            let (response, root) = try send(bench, body)
            #expect(response.status == 403 && root["code"]?.text == "conversation_unknown", "\(key)")
        }
        let key = "resend:" + String(repeating: "a", count: Limits.conversationKeyMax.bytes)
        let (response, root) = try send(bench, #"{"conversation":"\#(key)","text":"x","subject":"s"}"#)
        #expect(response.status == 400 && root["detail"]?.text?.contains("longer") == true)
    }

    @Test("an agent acts for itself only, an operator names the agent, and a scope is a scope")
    func callers() throws {
        let bench = try GateBench(hours: nil)
        try bench.consent(.sms, "+15550100")
        try bench.consent(.voice, "+15550100")
        func order(_ channel: String, _ agent: String? = nil) -> String {
            let name = agent.map { #","agentId":"\#($0)""# } ?? ""
            return #"{"channel":"\#(channel)","to":"+15550100","text":"Hello"\#(name)}"#
        }
        let foreign = try send(bench, order("sms", "eve"))
        #expect(foreign.0.status == 403)
        #expect(foreign.1["detail"]?.text == #"Token for agent "ada" cannot access agent "eve""#)
        #expect(try send(bench, order("sms", "ada")).0.status == 202)
        #expect(try send(bench, order("sms")).0.status == 202)
        let operator_ = Self.principal(.orchestrator, nil)
        let unnamed = try send(bench, order("sms"), operator_)
        #expect(unnamed.0.status == 400)
        #expect(unnamed.1["detail"]?.text == "agentId is required (or use an agent token)")
        #expect(try send(bench, order("sms", "ada"), operator_).0.status == 202)
        #expect(try send(bench, order("sms", "eve"), operator_).1["code"]?.text == "agent_unknown")
        let sender = Self.principal(scopes: ["comms_send_message"])
        let caller = Self.principal(scopes: ["comms_make_call", "comms_ping"])
        #expect(try send(bench, order("sms"), sender).0.status == 202)
        #expect(try send(bench, order("voice"), sender).0.status == 403)
        #expect(try send(bench, order("voice"), caller).0.status == 202)
        #expect(try send(bench, order("sms"), caller).0.status == 403)
        #expect(bench.desk.audit.events.filter { $0.action == .outboundAllowed }.map(\.actor) == [
            "agent:ada", "agent:ada", "orchestrator", "agent:ada", "agent:ada",
        ])
    }

    @Test("the answer has key, state, warnings and what is left; a refusal has what the agent can act on")
    func answers() throws {
        let bench = try GateBench(limits: [.perMinute: 1, .spendPerDay: 250])
        try bench.consent(.sms, "+12125550100")
        let body = #"{"channel":"sms","to":"+1 212 555 0100","text":"Hello"}"#
        let (taken, root) = try send(bench, body)
        #expect(taken.status == 202 && root["status"]?.text == "sent" && root["channel"]?.text == "sms")
        #expect(root["remaining"]?["per_minute"]?.integer == 0)
        #expect(root["remaining"]?["spend_per_day"]?.raw.text == "2.48")
        let key = try #require(root["key"]?.textBytes)
        let (limited, problem) = try send(bench, body)
        #expect(limited.status == 429 && problem["code"]?.text == "rate_limited")
        #expect(problem["limitType"]?.text == "per_minute")
        #expect(problem["current"]?.integer == 1 && problem["max"]?.integer == 1)
        let wait = try #require(problem["retryAfterSeconds"]?.integer)
        #expect((1...60).contains(wait) && problem["resetsAt"]?.text != nil)
        let field = limited.fields.first { "\($0.name)" == "Retry-After" }
        #expect(field?.value.text == "\(wait)")
        #expect(try send(bench, #"{"channel":"sms","to":"+34911111111","text":"x"}"#).0.status == 403)

        let api = OutboundAPI(bench.desk.rig.loop, bench.gate)
        let get = try TicketBench.request("GET")
        func show(_ key: [UInt8], _ principal: Principal) throws -> (Int, JSONView) {
            let response: HTTPResponse = try bench.desk.ask { api.show(key, get, principal, $0) }
            return (response.status, try JSONDocument.parse(response.body).root)
        }
        let (status, entry) = try show(key, Self.principal())
        #expect(status == 200 && entry["key"]?.textBytes == key && entry["agentId"]?.text == "ada")
        #expect(try show(key, Self.principal(.agent, "eve")).0 == 404)
        #expect(try show(key, Self.principal(.orchestrator, nil)).0 == 200)
        #expect(try show([UInt8](text: "whatsapp:wamid.A"), Self.principal()).0 == 404)
        bench.desk.bare.isAway = true
        #expect(try show(key, Self.principal()).0 == 503)
    }

    @Test("every refusal has its word, a status and a sentence", arguments: OutboundRefusal.Code.allCases)
    func sentences(_ code: OutboundRefusal.Code) {
        #expect([403, 422, 429, 503].contains(code.status))
        #expect(OutboundRefusal(code).sentence(at: WallTime(seconds: 0)).hasSuffix("."))
    }
}
