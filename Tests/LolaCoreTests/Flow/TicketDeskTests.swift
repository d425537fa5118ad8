// A ticket in an agent's answer: one ticket for one answer, whatever is lost on the way, and the event that follows.
import Testing

@testable import LolaCore

@Suite("Tickets of agents' answers, and events into the chat")
struct TicketDeskTests {
    private static let wish = #"{"replies":[{"type":"text","text":"one moment"}],"#
        + #""ticket":{"operation":"cip","actions":["cip:scan-id"],"reply":"Open {link}"}}"#

    private static func bench(_ answer: String = wish) throws -> FlowBench {
        let bench = try FlowBench()
        bench.agent.script = { [bench] call in
            bench.asked.append(call.request)
            call.answer(200, body: answer)
        }
        return bench
    }

    private static func tickets(_ bench: FlowBench) throws -> [Ticket] {
        guard case .page(let records) = bench.records(.list(.ticket, after: nil, limit: 100)) else { return [] }
        return try records.map { try Ticket($0) }
    }

    @Test("the link goes to the sender behind the replies, and the ticket is there")
    func sent() throws {
        let bench = try Self.bench()
        bench.take(FlowBench.message("m"))
        #expect(bench.settle())
        let ticket = try #require(try Self.tickets(bench).first)
        #expect(bench.delivered == ["one moment", "Open https://lola.example/w/\(ticket.link.text)"])
        #expect(ticket.conversation.text == "whatsapp:1:15550100" && ticket.agent == [UInt8](text: "onboarding"))
        #expect(bench.record("m")?.status == .done)
        let told = ["ticket.created agent:onboarding begun", "ticket.created agent:onboarding ok"]
        #expect(bench.audit.lines == told)
        #expect(bench.rooms(of: FlowBench.message("m")).isEmpty)
    }

    @Test("whatever answer of the store is lost, one ticket is open and the link that was sent is its own",
        arguments: 1...14)
    func faults(_ failures: Int) throws {
        let bench = try Self.bench()
        bench.take(FlowBench.message("a"))
        #expect(bench.settle())
        bench.store.failures = failures
        bench.take(FlowBench.message("b"))
        #expect(bench.settle())
        let open = try Self.tickets(bench).filter { $0.status == .open }
        #expect(open.count == 1)
        #expect(bench.delivered.last == "Open https://lola.example/w/\(open.first?.link.text ?? "")")
        #expect(bench.delivered.count == 4 && bench.record("b")?.status == .done)
    }

    @Test("until the audit trail can tell of it no ticket is made and no link sent; then both, once")
    func untold() throws {
        let bench = try Self.bench()
        bench.audit.isWritable = false
        bench.take(FlowBench.message("m"))
        bench.rig.run(for: .seconds(5)) { false }
        #expect(try Self.tickets(bench).isEmpty && bench.delivered.isEmpty)
        bench.audit.isWritable = true
        #expect(bench.settle())
        let ticket = try #require(try Self.tickets(bench).first)
        #expect(try Self.tickets(bench).count == 1)
        #expect(bench.delivered == ["one moment", "Open https://lola.example/w/\(ticket.link.text)"])
    }

    /// The answer stands with its link, and the process ends before anything is sent.
    @Test("the next process sends the link that stands, and makes no other ticket")
    func resumed() throws {
        let bench = try Self.bench()
        let message = FlowBench.message("m")
        let outbox = OutboxRecord(
            status: .done, agent: .onboarding, isNotice: false, replies: [.text([UInt8](text: "Open https://x/w/1"))])
        bench.records(.put(StoreKey(.outbox, bench.names(message).messageID), outbox.bytes, expires: nil))
        bench.take(message, mayBeRepeated: true)
        #expect(bench.settle())
        #expect(bench.delivered == ["Open https://x/w/1"] && bench.asked.isEmpty)
        #expect(try Self.tickets(bench).isEmpty)
    }

    @Test("an event is asked about under its own key, with what the widget said")
    func event() throws {
        let bench = try Self.bench(#"{"replies":[{"type":"text","text":"done"}]}"#)
        let id = RecordID(high: 1, low: 2)
        let event = CallbackEvent(
            ticket: id, operation: [UInt8](text: "cip"), outcome: .success,
            result: [UInt8](text: #"{"token":"tok_1"}"#))
        let conversation = ConversationKey(bytes: [UInt8](text: "whatsapp:1:15550100"))
        let message = try #require(InboundMessage(event, in: conversation, at: bench.rig.clock.wall))
        bench.take(WebhookGate.redeemed(message, at: bench.rig.clock.wall))
        #expect(bench.settle())
        let asked = try #require(bench.asked.first)
        #expect(asked.field("idempotency-key") == "callback:\(id.hex.text)")
        let root = try JSONDocument.parse([UInt8](text: asked.text)).root
        #expect(root["conversation"]?.text == "whatsapp:1:15550100" && root["message"]?["type"]?.text == "event")
        #expect(root["event"]?["type"]?.text == "callback" && root["event"]?["ticket_id"]?.textBytes == id.hex)
        #expect(root["event"]?["operation"]?.text == "cip" && root["event"]?["outcome"]?.text == "success")
        #expect(root["event"]?["result"]?["token"]?.text == "tok_1")
        #expect(bench.delivered == ["done"])
    }

    @Test("conversations that are none of ours have no event", arguments: [
        "", "whatsapp", "whatsapp:1", "whatsapp::1", "whatsapp:1:", "sms:1:2", "telegram:1:x", "whatsapp:1:a b",
        "whatsapp:1:1555", "whatsapp:1:1555010012345678", "whatsapp:1:+15550100", "whatsapp:1:ana",
        "whatsapp:1:us.1349", "whatsapp:1:US.", "whatsapp:1:US.<b>", "whatsapp:1:15550100:x",
        "whatsapp:1:15550100/../x",
    ])
    func noConversation(_ key: String) {
        #expect(ConversationParts(ConversationKey(bytes: [UInt8](text: key))) == nil)
    }

    @Test("the address of an event is that of its conversation", arguments: [
        ("whatsapp:1:15550100", ReplyAddress.whatsappNumber([UInt8](text: "15550100")), true),
        ("whatsapp:1:US.13491208655302741918", .whatsappUser([UInt8](text: "US.13491208655302741918")), false),
        ("telegram:77:987654321", .telegramChat(987_654_321), false),
        (
            "twilio_sms:+15550199:+15550100",
            .sms(own: [UInt8](text: "+15550199"), sender: [UInt8](text: "+15550100")), true
        ),
        ("twilio_sms:1:262966", .sms(own: [0x31], sender: [UInt8](text: "262966")), false),
        (
            "twilio_whatsapp:+15550199:+15550100",
            .twilioWhatsApp(own: [UInt8](text: "+15550199"), sender: [UInt8](text: "+15550100")), true
        ),
        (
            "resend:lola@bank.example:ana@x.example",
            .mail(
                MailThread(
                    own: [UInt8](text: "lola@bank.example"), sender: [UInt8](text: "ana@x.example"), subject: [],
                    messageID: nil)), false
        ),
    ])
    func addresses(_ row: (key: String, address: ReplyAddress, hasPhone: Bool)) throws {
        let parts = try #require(ConversationParts(ConversationKey(bytes: [UInt8](text: row.key))))
        #expect(parts.replyTo == row.address && (parts.phone != nil) == row.hasPhone)
    }

    @Test("our end is the one of the settings, but for accounts that have more of them", arguments: [
        ("whatsapp:1065:15550100", true), ("whatsapp:1066:15550100", false), ("telegram:77:1", false),
        ("twilio_sms:+15550198:+15550100", true), ("twilio_sms:2629:+15550100", true), ("twilio_sms:x:1", false),
        ("resend:help@bank.example:a@b.example", true), ("resend:x:a@b.example", false),
        ("twilio_whatsapp:+15550198:+15550100", false),
    ])
    func ours(_ row: (key: String, isOurs: Bool)) throws {
        let parts = try #require(ConversationParts(ConversationKey(bytes: [UInt8](text: row.key))))
        let own: [ChannelName: [UInt8]] = [
            .whatsapp: [UInt8](text: "1065"), .twilioSMS: [UInt8](text: "+15550199"),
            .resend: [UInt8](text: "lola@bank.example"),
        ]
        #expect(parts.isOurs(own) == row.isOurs)
    }

    @Test("a key of two mail addresses of the greatest length fits, a longer one is none")
    func longest() {
        let mail = String(repeating: "a", count: Limits.mailAddressMax.bytes - 10) + "@b.example"
        #expect(ConversationParts(ConversationKey(bytes: [UInt8](text: "resend:\(mail):\(mail)"))) != nil)
        let long = String(repeating: "a", count: Limits.conversationKeyMax.bytes - 8)
        #expect(ConversationParts(ConversationKey(bytes: [UInt8](text: "resend:\(long):b"))) == nil)
    }
}
