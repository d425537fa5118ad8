// What each tool does and refuses, whoever asks.
import Testing

@testable import LolaCore

@Suite("Tools")
struct ToolTests {
    private static let sms = #"{"channel":"sms","to":"+15550100","text":"hola"}"#

    @Test("an agent sees the tools of agents, the orchestrator all, a limited token those it was limited to")
    func seen() throws {
        let bench = try ToolBench()
        func names(_ caller: Principal) throws -> [String] {
            try bench.box.view(caller).page(nil).tools.map(\.facts.name)
        }
        #expect(try names(ToolBench.principal()) == ToolBench.names)
        #expect(try names(ToolBench.orchestrator) == ToolBench.names + ToolBench.adminNames)
        #expect(try names(ToolBench.principal(.demo, agent: nil)) == ToolBench.names + ToolBench.adminNames)
        #expect(try names(ToolBench.principal(scopes: [.ping, .getTicket])) == ["comms_ping", "lola_get_ticket"])
        #expect(try names(ToolBench.principal(.anonymous, agent: nil)).isEmpty)
    }

    @Test("a token acts for its own agent only, in its own scope, and never as an administrator")
    func authorisation() throws {
        let bench = try ToolBench()
        let foreign = try bench.call("comms_ping", #"{"agentId":"two"}"#)
        #expect(foreign.error == "Token for agent \"one\" cannot access agent \"two\"")
        #expect(foreign.code == "agent_foreign")
        let limited = ToolBench.principal(scopes: [.ping])
        let call = #"{"to":"+15550100","text":"a"}"#
        #expect(try bench.call("comms_make_call", call, as: limited).code == "scope_missing")
        #expect(try !bench.call("comms_ping", as: limited).isError)
        for name in ToolBench.adminNames {
            let said = try bench.call(name)
            #expect(said.error == "Admin access required. Agent tokens cannot perform this action.", "\(name)")
            #expect(said.code == "admin_required")
        }
        #expect(bench.gate.orders.isEmpty && bench.desks.accounts.mirror.count == 0)
        let refused = ["agent_foreign", "scope_missing"] + ToolBench.adminNames.map { _ in "admin_required" }
        #expect(bench.desks.audit.words == refused.map { "access.refused " + $0 })
    }

    @Test("the orchestrator must say in whose name", arguments: [
        ("comms_send_message", sms), ("comms_make_call", #"{"to":"+15550100","text":"a"}"#),
        ("comms_get_messages", "{}"), ("comms_get_waiting_messages", "{}"), ("comms_get_channel_status", "{}"),
        ("comms_get_usage_dashboard", "{}"),
        ("comms_check_consent", #"{"contactAddress":"+15550100","channel":"sms"}"#),
        ("lola_create_ticket", #"{"conversation":"whatsapp:1065:15550100","operation":"cip"}"#),
    ])
    func orchestrator(_ row: (name: String, arguments: String)) throws {
        let bench = try ToolBench()
        let said = try bench.call(row.name, row.arguments, as: ToolBench.orchestrator)
        #expect(said.error == "agentId is required (or use an agent token)" && said.code == "agent_required")
        #expect(try bench.call("comms_ping", as: ToolBench.orchestrator).root["agentId"]?.isNull == true)
    }

    @Test("arguments that the schema refuses never reach a tool", arguments: [
        ("comms_send_message", "{}"), ("comms_send_message", #"{"text":""}"#),
        ("comms_send_message", #"{"text":"a\u0000","channel":"sms","to":"+15550100"}"#),
        ("comms_send_message", #"{"text":"a","channel":"email","to":"a@b.example","subject":"s\r\nBcc: x@y.example"}"#),
        ("comms_send_message", #"{"text":"a","x":1}"#), ("comms_send_message", #"{"text":1}"#),
        ("comms_send_message", #"{"text":"a","channel":"voice","to":"+15550100"}"#),
        ("comms_send_message", #"{"text":"a","channel":"fax","to":"+15550100"}"#),
        ("comms_send_message", #"{"text":"a","channel":"sms"}"#), ("comms_send_message", #"{"text":"a"}"#),
        ("comms_send_message", #"{"text":"a","channel":"sms","to":"nobody"}"#),
        ("comms_send_message", #"{"text":"a","channel":"sms","to":"a@b.example"}"#),
        ("comms_send_message", #"{"text":"a","channel":"email","to":"a@b.example"}"#),
        ("comms_send_message", #"{"text":"a","channel":"sms","to":"+15550100","subject":"s"}"#),
        ("comms_send_message", #"{"text":"a","conversation":"whatsapp:1:2","to":"+15550100"}"#),
        ("comms_send_message", #"{"text":"a","conversation":"whatsapp:1065:15550100","subject":"s"}"#),
        ("comms_send_message", #"{"text":"a","channel":"sms","to":"+15550100","purpose":"spam"}"#),
        ("comms_make_call", #"{"to":"+15550100","text":"a","record":"yes"}"#),
        ("comms_make_call", #"{"to":"a@b.example","text":"a"}"#),
        ("comms_record_consent", #"{"contactAddress":"a@b.example","channel":"sms"}"#),
        ("comms_record_consent", #"{"contactAddress":"+15550100","channel":"sms","consentType":"implied"}"#),
        ("comms_get_messages", #"{"limit":0}"#), ("comms_get_messages", #"{"limit":101}"#),
        ("comms_ping", #"{"agentId":""}"#), ("comms_ping", #"{"agentId":7}"#),
        ("lola_create_ticket", #"{"conversation":"telegram:1:2","operation":"cip"}"#),
        ("lola_create_ticket", #"{"conversation":"whatsapp:1065:15550100","operation":"loan"}"#),
    ])
    func arguments(_ row: (name: String, arguments: String)) throws {
        let bench = try ToolBench()
        #expect(try bench.call(row.name, row.arguments).code == "arguments_invalid", "\(row)")
        #expect(bench.gate.orders.isEmpty)
    }

    @Test("a message becomes the order that it says, and the receipt tells what is left")
    func sends() throws {
        let bench = try ToolBench()
        let said = try bench.call("comms_send_message", Self.sms)
        #expect(!said.isError && said.root["status"]?.text == "queued" && said.root["warnings"]?.count == 1)
        #expect(said.root["remaining"]?["per_minute"]?.integer == 9)
        #expect(said.root["remaining"]?["spend_per_day"]?.raw.text == "10.50")
        _ = try bench.call(
            "comms_send_message",
            #"{"channel":"email","to":"Ana@Bank.example","text":"t","subject":"s","html":"<p>","purpose":"marketing"}"#)
        _ = try bench.call(
            "comms_send_message", #"{"conversation":"whatsapp:1065:15550100","text":"t","agentId":"two"}"#,
            as: ToolBench.orchestrator)
        _ = try bench.call("comms_send_message", #"{"channel":"telegram","to":"77","text":"t"}"#)
        _ = try bench.call("comms_send_message", #"{"channel":"whatsapp","to":"US.1349a","text":"t"}"#)
        _ = try bench.call("comms_make_call", #"{"to":"tel:+1-555-0100","text":"t","record":true}"#)
        let orders = bench.gate.orders
        #expect(orders.count == 6 && orders[1].subject == [UInt8](text: "s") && orders[1].purpose == .marketing)
        #expect(orders[1].target == .address(.email, .email([UInt8](text: "ana@bank.example"))))
        #expect(orders[2].agent.text == "two" && orders[2].target == .conversation(
            ConversationKey(bytes: [UInt8](text: "whatsapp:1065:15550100"))))
        #expect(orders[3].target == .address(.telegram, .telegram(77)))
        #expect(orders[4].target == .address(.whatsapp, .whatsappUser([UInt8](text: "US.1349a"))))
        #expect(orders[5].records && !orders[0].records)
        #expect(bench.gate.actors == ["agent:one", "agent:one", "orchestrator", "agent:one", "agent:one", "agent:one"])
    }

    @Test("a call longer than Twilio takes is refused with the limit")
    func longCall() throws {
        let bench = try ToolBench()
        let text = String(repeating: "x", count: Limits.twilioScriptMax)
        let said = try bench.call("comms_make_call", #"{"to":"+15550100","text":"\#(text)"}"#)
        #expect(said.code == "arguments_invalid" && said.error?.contains("at most 4000 characters") == true)
        #expect(bench.gate.orders.isEmpty)
    }

    @Test("a conversation by mail is sent with the subject and the html that it is given")
    func sendsMail() throws {
        let bench = try ToolBench()
        let key = "resend:help@bank.example:ana@x.example"
        let said = try bench.call(
            "comms_send_message", #"{"conversation":"\#(key)","text":"t","subject":"s","html":"<p>"}"#)
        #expect(!said.isError && bench.gate.orders.count == 1)
        let order = try #require(bench.gate.orders.first)
        #expect(order.target == .conversation(ConversationKey(bytes: [UInt8](text: key))))
        #expect(order.subject == [UInt8](text: "s") && order.html == [UInt8](text: "<p>"))
    }

    @Test("a refusal of the gate says what to do", arguments: OutboundRefusal.Code.allCases)
    func refused(_ code: OutboundRefusal.Code) throws {
        let bench = try ToolBench()
        let now = bench.desks.rig.clock.wall
        var refusal = OutboundRefusal(code)
        (refusal.limitType, refusal.current, refusal.max) = (.spendPerMonth, 9_999, 10_000)
        refusal.resetsAt = now + .seconds(90)
        bench.gate.verdict = .refused(refusal)
        let said = try bench.call("comms_send_message", Self.sms)
        #expect(said.isError && said.code == code.rawValue && said.root["limitType"]?.text == "spend_per_month")
        #expect(said.root["current"]?.raw.text == "99.99" && said.root["max"]?.raw.text == "100")
        let isPassing = [.unavailable, .providerUnavailable].contains(code)
        #expect(said.root["retryAfterSeconds"]?.integer == (isPassing ? 5 : 90))
        #expect(said.root["resetsAt"]?.text?.hasSuffix("Z") == true)
        #expect(said.root["nextAllowedAt"] == nil)
        (refusal.resetsAt, refusal.nextAllowedAt) = (nil, now + .seconds(30))
        bench.gate.verdict = .refused(refusal)
        let later = try bench.call("comms_make_call", #"{"to":"+15550100","text":"a"}"#)
        #expect(later.root["retryAfterSeconds"]?.integer == (isPassing ? 5 : 30) && later.root["nextAllowedAt"] != nil)
    }

    @Test("without a gate or a mailbox nothing is promised")
    func noBackends() throws {
        let bench = try ToolBench(hasBackends: false)
        #expect(try bench.call("comms_send_message", Self.sms).code == "channel_off")
        #expect(try bench.call("comms_get_usage_dashboard").code == "unavailable")
        #expect(try bench.call("comms_get_messages").code == "unavailable")
        #expect(try bench.call("comms_get_waiting_messages").code == "unavailable")
    }

    @Test("what waits is taken when it is acknowledged, not when it is read")
    func mailbox() throws {
        let bench = try ToolBench()
        bench.mailbox.messages = (1...3).map { number in
            MailboxMessage(
                id: [UInt8](text: "m\(number)"), channel: number == 3 ? .email : .sms,
                from: [UInt8](text: "+15550100"), conversation: [UInt8](text: "twilio_sms:1:2"),
                text: [UInt8](text: "t"), at: bench.desks.rig.clock.wall)
        }
        for _ in 0..<2 {
            #expect(try bench.call("comms_get_waiting_messages").root["count"]?.integer == 3)
        }
        let after = try bench.call("comms_get_waiting_messages", #"{"acknowledge":["m1","m9"],"channel":"sms"}"#)
        #expect(after.root["acknowledged"]?.integer == 1 && after.root["count"]?.integer == 1)
        #expect(after.root["messages"]?[0]?["id"]?.text == "m2")
        #expect(try bench.call("comms_get_messages", #"{"limit":2}"#).root["count"]?.integer == 2)
    }

    @Test("channels and usage of an agent")
    func status() throws {
        let bench = try ToolBench()
        #expect(try bench.call("comms_get_channel_status").code == "agent_unknown")
        _ = try bench.desks.mint("one")
        let said = try bench.call("comms_get_channel_status")
        #expect(said.root["status"]?.text == "active" && said.root["channels"]?["sms"]?["available"]?.bool == true)
        #expect(said.root["channels"]?["voice"]?["available"]?.bool == false)
        bench.gate.usage = OutboundUsage(
            lines: [
                .init(limit: .perDay, used: 600, max: 500, resetsAt: nil),
                .init(limit: .spendPerDay, used: -125, max: 1_000, resetsAt: nil),
            ], sent: [.sms: 3])
        let usage = try bench.call("comms_get_usage_dashboard")
        #expect(usage.root["limits"]?[0]?["remaining"]?.integer == 0 && usage.root["sent"]?["sms"]?.integer == 3)
        // What was given back counts in the unit of the limit.
        #expect(usage.root["limits"]?[1]?["used"]?.raw.text == "-1.25")
        #expect(usage.root["limits"]?[1]?["remaining"]?.raw.text == "11.25")
    }

    @Test("consent is recorded, asked for and taken back; another channel knows nothing of it")
    func consent() throws {
        let bench = try ToolBench()
        let who = #"{"contactAddress":"+1-555-0100","channel":"sms"}"#
        #expect(try bench.call("comms_check_consent", who).root["status"]?.text == "none")
        #expect(try bench.call("comms_record_consent", who).root["hasConsent"]?.bool == true)
        let found = try bench.call("comms_check_consent", who)
        #expect(found.root["hasConsent"]?.bool == true && found.root["contactAddress"]?.text == "+15550100")
        #expect(found.root["consentType"]?.text == "express" && found.root["at"]?.text != nil)
        let other = #"{"contactAddress":"+15550100","channel":"voice"}"#
        #expect(try bench.call("comms_check_consent", other).root["hasConsent"]?.bool == false)
        #expect(try bench.call("comms_revoke_consent", who).root["status"]?.text == "revoked")
        #expect(try bench.call("comms_check_consent", who).root["hasConsent"]?.bool == false)
        #expect(bench.desks.audit.events.filter { $0.actor == "agent:one" }.count == 2)
        bench.desks.audit.keeps = false
        #expect(try bench.call("comms_record_consent", who).code == "unavailable")
        #expect(try bench.call("comms_check_consent", who).root["hasConsent"]?.bool == false)
    }

    @Test("a ticket is the agent's own, with the same result as over REST")
    func tickets() throws {
        let bench = try ToolBench()
        let made = try bench.call(
            "lola_create_ticket", #"{"conversation":"whatsapp:1065:15550100","operation":"cip","agentId":"one"}"#)
        let id = try #require(made.root["ticket_id"]?.text)
        #expect(made.root["link"]?.text?.contains("/w/") == true && made.root["callbacks"]?["success"] != nil)
        let asked = #"{"ticketId":"\#(id)"}"#
        #expect(try bench.call("lola_get_ticket", asked).root["status"]?.text == "open")
        #expect(try bench.call("lola_get_ticket", asked, as: ToolBench.orchestrator).root["status"]?.text == "open")
        #expect(try bench.call("lola_get_ticket", asked, as: ToolBench.principal(agent: "two")).code == "not_found")
        let bad = #"{"ticketId":"\#(String(repeating: "Z", count: 32))"}"#
        #expect(try bench.call("lola_get_ticket", bad).code == "not_found")
    }

    @Test("who is not an agent names one that there is, before anything is done or shown in its name", arguments: [
        ("comms_record_consent", #""contactAddress":"+15550100","channel":"sms""#),
        ("comms_revoke_consent", #""contactAddress":"+15550100","channel":"sms""#),
        ("comms_check_consent", #""contactAddress":"+15550100","channel":"sms""#),
        ("lola_create_ticket", #""conversation":"whatsapp:1065:15550100","operation":"cip""#),
        ("comms_get_messages", #""limit":1"#), ("comms_get_waiting_messages", #""acknowledge":["m1"]"#),
    ])
    func unknownAgent(_ row: (name: String, rest: String)) throws {
        let bench = try ToolBench()
        let named = #"{"agentId":"one",\#(row.rest)}"#
        let callers = [ToolBench.orchestrator, ToolBench.principal(.demo, agent: nil)]
        for caller in callers {
            let said = try bench.call(row.name, named, as: caller)
            #expect(said.isError && said.code == "agent_unknown", "\(row.name)")
            #expect(said.error == "There is no agent of that id.")
        }
        // Nothing was done: all that the trail tells is the refusals.
        #expect(bench.desks.audit.words == Array(repeating: "access.refused agent_unknown", count: callers.count))
        _ = try bench.desks.mint("one")
        for caller in callers { #expect(try !bench.call(row.name, named, as: caller).isError, "\(row.name)") }
        bench.desks.accounts.mirror.distrust()
        #expect(try bench.call(row.name, named, as: ToolBench.orchestrator).code == "unavailable")
    }

    @Test("a ping repeats the name of an agent that there is not, and makes none")
    func pingsUnknown() throws {
        let bench = try ToolBench()
        let said = try bench.call("comms_ping", #"{"agentId":"nobody"}"#, as: ToolBench.orchestrator)
        #expect(!said.isError && said.root["agentId"]?.text == "nobody")
        #expect(bench.desks.accounts.mirror.count == 0)
    }

    private static let acting: [(name: String, arguments: String)] = [
        ("comms_send_message", sms), ("comms_make_call", #"{"to":"+15550100","text":"a"}"#),
        ("comms_get_messages", "{}"), ("comms_get_waiting_messages", #"{"acknowledge":["m1"]}"#),
        ("comms_record_consent", #"{"contactAddress":"+15550100","channel":"sms"}"#),
        ("comms_revoke_consent", #"{"contactAddress":"+15550100","channel":"sms"}"#),
        ("lola_create_ticket", #"{"conversation":"whatsapp:1065:15550100","operation":"cip"}"#),
    ]

    @Test("an agent that is switched off begins nothing by any tool, nor does anybody in its name", arguments: acting)
    func switchedOff(_ row: (name: String, arguments: String)) throws {
        let bench = try ToolBench()
        _ = try bench.desks.mint("one")
        _ = try bench.desks.mint("two")
        try bench.set("one", .inactive)
        let rest = row.arguments == "{}" ? "}" : "," + String(row.arguments.dropFirst())
        let named = #"{"agentId":"one""# + rest
        for caller in [
            ToolBench.principal(), ToolBench.orchestrator, ToolBench.principal(.demo, agent: nil),
        ] {
            let said = try bench.call(row.name, named, as: caller)
            #expect(said.isError && said.code == "agent_inactive", "\(row.name)")
            #expect(said.error == "The agent is switched off. An operator can switch it on.")
        }
        #expect(bench.gate.orders.isEmpty)
        #expect(Array(bench.desks.audit.words.suffix(3)) == Array(repeating: "access.refused agent_inactive", count: 3))
        // The scope is asked first; another agent is free.
        let limited = ToolBench.principal(scopes: [.ping])
        #expect(try bench.call(row.name, row.arguments, as: limited).code == "scope_missing")
        #expect(try !bench.call(row.name, row.arguments, as: ToolBench.principal(agent: "two")).isError)
        try bench.set("one", .active)
        #expect(try !bench.call(row.name, row.arguments).isError)
    }

    @Test("an agent that is switched off may ask how things stand, and an operator may switch it on")
    func looks() throws {
        let bench = try ToolBench()
        _ = try bench.desks.mint("one")
        let made = try bench.call(
            "lola_create_ticket", #"{"conversation":"whatsapp:1065:15550100","operation":"cip"}"#)
        let id = try #require(made.root["ticket_id"]?.text)
        try bench.set("one", .inactive)
        #expect(try bench.call("comms_get_channel_status").root["status"]?.text == "inactive")
        for (name, arguments) in [
            ("comms_ping", "{}"), ("comms_get_usage_dashboard", "{}"), ("lola_get_ticket", #"{"ticketId":"\#(id)"}"#),
            ("comms_check_consent", #"{"contactAddress":"+15550100","channel":"sms"}"#),
        ] { #expect(try !bench.call(name, arguments).isError, "\(name)") }
        let on = try bench.call("comms_provision_channels", #"{"agentId":"one"}"#, as: ToolBench.orchestrator)
        #expect(on.root["status"]?.text == "active")
        // Whatever a scope names is one or the other.
        let needing = bench.box.tools.filter(\.facts.needsActiveAgent).map(\.facts.name)
        #expect(Set(needing) == Set(Self.acting.map { $0.name }))
    }

    @Test("over REST every refusal of a tool has the status of its kind, its code, and its sentence as the detail")
    func problems() throws {
        for code in ToolFault.Code.allCases {
            let answer = ToolFault(code, "Why.").problem(requestID: [0x61])
            let root = try JSONDocument.parse(answer.body).root
            #expect(root["code"]?.text == code.rawValue && root["detail"]?.text == "Why.")
            #expect(root["status"]?.integer == Int64(answer.status) && root["request_id"]?.text == "a")
            #expect([400, 403, 404, 409, 422, 503].contains(answer.status))
            #expect(answer.fields.contains { "\($0.name)" == "Retry-After" } == (answer.status == 503))
        }
        let now = WallTime(seconds: 0)
        for code in OutboundRefusal.Code.allCases {
            let answer = ToolFault(OutboundRefusal(code), at: now).problem(requestID: [])
            #expect(answer.status == code.status)
            #expect(try JSONDocument.parse(answer.body).root["code"]?.text == code.rawValue)
        }
        for same in [OutboundRefusal.Code.agentUnknown, .providerUnavailable, .unavailable] {
            #expect(ToolFault.Code(rawValue: same.rawValue)?.status == same.status, "\(same)")
        }
    }
}
