// The gate: its questions in their order, what each asks of whom, and what is kept of every answer.
import Testing

@testable import LolaCore

@Suite("Outbound gate")
struct OutboundGateTests {
    /// 2026-11-20T10:00:00Z at the start: five in the morning in New York, eleven in Madrid.
    private static let newYork = "+12125550100"
    private static let madrid = "+34912345678"

    @Test("asks in the order of the contract: what is wrong first is said first, whatever else is wrong")
    func order() throws {
        let bench = try GateBench(off: [.voice], limits: [.perMinute: 0, .spendPerDay: 0])
        var order = try bench.order(.voice, Self.newYork, "I will kill you")
        order.records = true
        let voice = ScriptedProvider(bench.desk.rig.loop, .voice)
        func code(_ gate: OutboundGate) throws -> OutboundRefusal.Code? {
            let verdict: OutboundVerdict = try bench.desk.ask { gate.submit(order, by: "agent:ada", $0) }
            if case .refused(let refusal) = verdict { return refusal.code }
            return nil
        }
        let known = order
        order = OutboundOrder(try #require(AgentID("nobody".utf8)), order.target, text: order.text)
        #expect(try code(bench.gate) == .agentUnknown)
        order = known
        try bench.change { $0.status = .inactive; $0.channels = [.sms] }
        #expect(try code(bench.gate) == .agentInactive)
        try bench.change { $0.status = .active }
        #expect(try code(bench.gate) == .channelNotAllowed)
        try bench.change { $0.channels = [.voice] }
        try bench.suppress(Self.newYork)
        #expect(try code(bench.gate) == .channelOff)
        var parts = bench.gate.parts
        var providers = parts.providers
        providers[.voice] = voice
        parts = .init(
            loop: parts.loop, store: parts.store, audit: parts.audit, accounts: parts.accounts,
            consents: parts.consents, suppressions: parts.suppressions, names: parts.names,
            pseudonyms: parts.pseudonyms, anomalies: parts.anomalies, ledger: parts.ledger, rules: parts.rules,
            providers: providers)
        let gate = OutboundGate(parts)
        #expect(try code(gate) == .consentRequired)
        try bench.consent(.voice, Self.newYork)
        #expect(try code(gate) == .doNotContact)
        let id = bench.suppressions.id(try GateBench.address(Self.newYork))
        #expect(try bench.desk.ask { bench.suppressions.remove(id, actor: "o", $0) } == nil)
        #expect(try code(gate) == .quietHours)
        bench.pass(.hours(4))
        #expect(try code(gate) == .contentRefused)
        order = OutboundOrder(order.agent, order.target, text: [UInt8](text: "Hello"))
        #expect(try code(gate) == .rateLimited)
        try bench.change { $0.limits[.perMinute] = 1 }
        #expect(try code(gate) == .spendLimited)
        #expect(voice.sent.isEmpty)
        try bench.change { $0.limits[.spendPerDay] = 100 }
        voice.outcomes = [.refused(word: "no_such_number")]
        #expect(try code(gate) == .providerRefused)
        #expect(voice.sent.count == 1)
        let refused = bench.desk.audit.events.filter { $0.action == .outboundRefused }.map(\.outcome)
        #expect(refused == [
            "agent_unknown", "agent_inactive", "channel_not_allowed", "channel_off", "consent_required",
            "do_not_contact", "quiet_hours", "content_refused", "rate_limited", "spend_limited", "provider_refused",
        ])
        #expect(!bench.desk.audit.text.contains("2125550100"))
        // The agent's ledger knows each by its reason; of an agent that is none there is nothing to keep.
        let usage: Result<OutboundUsage, OutboundRefusal> = try bench.desk.ask { answer in
            gate.usage(of: bench.agent) { answer($0) }
        }
        let counted = try usage.get().refused.filter { $0.value > 0 }
        #expect(Set(counted.keys.map(\.rawValue)) == Set(refused).subtracting(["agent_unknown"]))
        #expect(counted.values.allSatisfy { $0 == 1 })
    }

    @Test("a conversation must be one of ours, and a message of its person within a day stands for consent")
    func conversation() throws {
        let bench = try GateBench()
        func code(_ key: String, _ purpose: OutboundOrder.Purpose = .service) throws -> OutboundRefusal.Code? {
            var order = OutboundOrder(
                bench.agent, .conversation(ConversationKey(bytes: [UInt8](text: key))), text: [UInt8](text: "Hello"))
            order.purpose = purpose
            return try bench.refusal(order)?.code
        }
        for key in ["whatsapp:1066:15550100", "whatsapp:1065:", "sms:1065:15550100", "telegram:7000001:x", ""] {
            #expect(try code(key) == .conversationUnknown, "\(key)")
        }
        #expect(try code("whatsapp:1065:15550100") == .consentRequired)
        try bench.heard(.whatsapp, "15550100")
        #expect(try code("whatsapp:1065:15550100") == nil)
        #expect(try code("whatsapp:1065:15550100", .marketing) == .consentRequired)
        #expect(try code("whatsapp:1065:15550101") == .consentRequired)
        try bench.heard(.telegram, "1065")
        #expect(try code("telegram:7000001:1065") == nil)
        bench.pass(.hours(24))
        #expect(try code("whatsapp:1065:15550100") == .consentRequired)
        #expect(bench.providers[.whatsapp]?.sent.first?.recipient.conversation?.replyTo
            == .whatsappNumber([UInt8](text: "15550100")))
        #expect(bench.providers[.telegram]?.sent.first?.recipient.conversation?.replyTo == .telegramChat(1_065))
    }

    @Test("a conversation goes by its own channel, and from an end that is ours: named, or written to before")
    func ends() throws {
        let own = [UInt8](text: "+15550199")
        let bench = try GateBench(more: [
            .twilioSMS: own, .twilioWhatsApp: own, .resend: [UInt8](text: "bank@example.com"),
        ])
        for (channel, to) in [(AgentChannel.sms, "+15550100"), (.whatsapp, "+15550100"), (.email, "a@example.net")] {
            try bench.consent(channel, to)
        }
        func send(_ key: String) throws -> OutboundRefusal.Code? {
            var order = OutboundOrder(
                bench.agent, .conversation(ConversationKey(bytes: [UInt8](text: key))), text: [UInt8](text: "Hello"))
            order.subject = [UInt8](text: "Hello")
            return try bench.refusal(order)?.code
        }
        #expect(try send("twilio_whatsapp:+15550199:+15550100") == nil)
        #expect(bench.talks[.twilioWhatsApp]?.sent.count == 1 && bench.providers[.whatsapp]?.sent.isEmpty == true)
        for key in [
            "twilio_sms:+18005551234:+15550100", "twilio_sms:12345:+15550100", "resend:evil@example.org:a@example.net",
        ] {
            #expect(try send(key) == .conversationUnknown, "\(key)")
        }
        #expect(bench.talks[.twilioSMS]?.sent.isEmpty == true && bench.talks[.resend]?.sent.isEmpty == true)
        // Somebody has written to that number of ours.
        let parts = try #require(ConversationParts(ConversationKey(bytes: [UInt8](text: "twilio_sms:12345:+15550177"))))
        let end = StoreKey(.heard, bench.pseudonyms.end(parts))
        #expect(try bench.store(.mark(end, expires: Limits.ownEndRetention)) == .done)
        #expect(try send("twilio_sms:12345:+15550100") == nil)
        #expect(try send("twilio_sms:+15550199:+15550100") == nil)
        #expect(try send("resend:bank@example.com:a@example.net") == nil)
        #expect(bench.talks[.twilioSMS]?.sent.count == 2 && bench.talks[.resend]?.sent.count == 1)
    }

    @Test("who wrote on one channel under one form of the number was heard on every channel under each")
    func heardAnywhere() throws {
        let bench = try GateBench()
        try bench.heard(.whatsapp, "5215512345678")
        #expect(try bench.receipt(try bench.order(.sms, "+525512345678")) != nil)
        #expect(try bench.receipt(try bench.order(.whatsapp, "+5215512345678")) != nil)
        #expect(try bench.refusal(try bench.order(.sms, "+525512345679"))?.code == .consentRequired)
    }

    private static let early = WallTime(seconds: 10)
    private static let late = WallTime(seconds: 20)

    @Test("the last word of a person counts, and marketing needs an express one", arguments: [
        (nil, nil, false, nil, nil), (nil, nil, true, .inbound, nil),
        ((true, 10), nil, false, .express, .express), (nil, (true, 10), false, .transactional, nil),
        ((false, 10), nil, true, nil, nil), (nil, (false, 10), true, nil, nil),
        ((false, 10), (true, 20), false, .transactional, nil), ((false, 20), (true, 10), true, nil, nil),
        ((true, 20), (false, 10), false, .express, .express), ((true, 10), (false, 20), true, nil, nil),
        ((true, 10), (false, 10), true, nil, nil), ((true, 10), (true, 20), false, .express, .express),
    ] as [((Bool, Int64)?, (Bool, Int64)?, Bool, ConsentBasis?, ConsentBasis?)])
    func consent(
        _ row: (
            express: (Bool, Int64)?, transactional: (Bool, Int64)?, heard: Bool, service: ConsentBasis?,
            marketing: ConsentBasis?
        )
    ) throws {
        let address = try GateBench.address("+15550100")
        func record(_ said: (Bool, Int64)?, _ type: ConsentRecord.Kind) -> ConsentRecord? {
            said.map { isGranted, at in
                ConsentRecord(
                    id: RecordID(high: 1, low: 1), address, channel: .sms, type: type,
                    status: isGranted ? .granted : .revoked, at: WallTime(seconds: at))
            }
        }
        let (express, transactional) = (record(row.express, .express), record(row.transactional, .transactional))
        for (purpose, wanted) in [(OutboundOrder.Purpose.service, row.service), (.marketing, row.marketing)] {
            #expect(OutboundRules.consent(
                purpose, express: express, transactional: transactional, wasHeard: row.heard) == wanted)
        }
    }

    @Test("STOP holds on every channel and in every spelling, also for the number that a chat has shared")
    func suppressed() throws {
        let bench = try GateBench(hours: nil)
        for channel in [AgentChannel.sms, .whatsapp, .voice] { try bench.consent(channel, "+525512345678") }
        try bench.consent(.telegram, "telegram:77")
        try bench.suppress("+52 1 55 1234 5678")
        for channel in [AgentChannel.sms, .whatsapp, .voice] {
            #expect(try bench.refusal(try bench.order(channel, "+5215512345678"))?.code == .doNotContact)
        }
        #expect(try bench.receipt(try bench.order(.telegram, "telegram:77")) != nil)
        let contact = StoreKey(.contact, bench.pseudonyms.sender(.telegram, [UInt8](text: "77")))
        #expect(try bench.store(.put(contact, [UInt8](text: "+5215512345678 77"), expires: nil)) == .done)
        #expect(try bench.refusal(try bench.order(.telegram, "telegram:77"))?.code == .doNotContact)
        #expect(bench.sentCount == 1)
    }

    @Test("TCPA by the recipient's clock: the caller has no zone to choose, and is told when it may call")
    func quietHours() throws {
        let bench = try GateBench()
        try bench.consent(.voice, Self.newYork)
        try bench.consent(.sms, Self.newYork)
        let refusal = try #require(try bench.refusal(try bench.order(.voice, Self.newYork)))
        let opens = WallTime(seconds: 1_795_179_600)
        #expect(refusal.code == .quietHours && refusal.nextAllowedAt == opens)
        #expect(refusal.sentence(at: bench.now).contains("2026-11-20T13:00:00Z"))
        #expect(refusal.retryAfterSeconds(at: bench.now) == Int((opens - bench.now).inSecondsRoundedUp))
        #expect(try bench.receipt(try bench.order(.sms, Self.newYork)) != nil)
        bench.pass((opens - bench.now) - .seconds(2))
        #expect(try bench.refusal(try bench.order(.voice, Self.newYork))?.code == .quietHours)
        bench.pass(.seconds(2))
        #expect(try bench.receipt(try bench.order(.voice, Self.newYork)) != nil)
        let always = try GateBench(hours: nil)
        try always.consent(.voice, Self.newYork)
        #expect(try always.receipt(try always.order(.voice, Self.newYork)) != nil)
    }

    @Test("the filter reads text, subject and what a mail shows of its html, and can be switched off")
    func content() throws {
        let bench = try GateBench()
        try bench.consent(.email, "a@b.example")
        var mail = try bench.order(.email, "a@b.example")
        mail.subject = [UInt8](text: "Pay or I will kill you")
        #expect(try bench.refusal(mail)?.detail == "threat")
        mail.subject = [UInt8](text: "Card")
        mail.html = [UInt8](text: "<p>You f<b>u</b>ck&#105;ng <i>idiot</i></p>")
        #expect(try bench.refusal(mail)?.detail == "profanity")
        for html in ["<img alt='You fucking idiot'>", "<noscript>You fucking idiot</noscript>"] {
            mail.html = [UInt8](text: html)
            #expect(try bench.refusal(mail)?.detail == "profanity", "\(html)")
        }
        mail.html = [UInt8](text: "<p class='kill'>Your card is ready</p>")
        #expect(try bench.receipt(mail) != nil)
        // What begins in the subject goes on in the text.
        mail = try bench.order(.email, "a@b.example", "kill you")
        mail.subject = [UInt8](text: "Pay or I will")
        #expect(try bench.refusal(mail)?.detail == "threat")
        let open = try GateBench(filter: nil)
        try open.consent(.email, "a@b.example")
        #expect(try open.receipt(try open.order(.email, "a@b.example", "I will kill you")) != nil)
    }

    @Test("a link to unsubscribe counts when it is seen", arguments: [
        ("<a href='https://b.example/unsubscribe'>Click here</a>", true),
        ("<p>To unsubscribe <A\nHREF = \"https://b.example/u\">press</A></p>", true),
        ("<a href='https://b.example/unsubscribe'><img src='x.png'></a>", true),
        ("<a title='a > b' href='https://b.example/u'>Unsubscribe</a>", true),
        ("<!-- a --><a href='/u'>Darse de baja</a><!-- b -->", true),
        ("<a href='/u'>Unsubscribe", true), ("<!--><a href='/u'>Unsubscribe</a>", true),
        ("<!-- <a href='https://b.example/unsubscribe'>Unsubscribe</a> -->", false),
        ("<!-- <a href='/u'>Unsubscribe</a>", false),
        ("<p>Hi</p><!-- unsubscribe --><a href='https://b.example'>Our page</a>", false),
        ("<a href='https://b.example/unsubscribe'></a>", false),
        ("<a href='https://b.example/unsubscribe'> &nbsp; <b></b><!-- Unsubscribe --></a>", false),
        ("<a href='/u' style='color:red; DISPLAY : none'>Unsubscribe</a>", false),
        ("<a style=\"visibility: hidden\" href='/u'>Unsubscribe</a>", false),
        ("<a href='/unsubscribe'></a> <a href='https://b.example'>Our page</a>", false),
        ("<a href='/unsubscribe'><a href='https://b.example'>Our page</a>", false),
        ("<a name='u'>Unsubscribe</a>", false), ("<abbr href='/u'>Unsubscribe</abbr>", false),
        ("<link href='style.css'><p>Unsubscribe</p>", false), ("<a href='/u", false), ("<a", false), ("<!--", false),
    ] as [(String, Bool)])
    func wayOut(_ row: (html: String, isSeen: Bool)) {
        let offers = MailRules.offersWayOut(text: [UInt8](text: "Hello"), html: [UInt8](text: row.html))
        #expect(offers == row.isSeen, "\(row.html)")
    }

    @Test("looking for a link ends in time that grows with the mail")
    func wayOutOfMuch() {
        for part in ["<a href=x>", "<a href='", "<!--", "<a ", "</a", "<!-- --><a>"] {
            let html = [UInt8](text: String(repeating: part, count: 20_000))
            #expect(!MailRules.offersWayOut(text: [], html: html), "\(part)")
        }
    }

    @Test("a mail without a way out gets one and says so; a recorded call is announced where it must be")
    func additions() throws {
        let bench = try GateBench(hours: nil, limits: [.perMinute: 100])
        try bench.consent(.email, "a@b.example")
        for (text, html, isPlain) in [
            ("Hello", nil, true), ("Unsubscribe", nil, true), ("https://b.example", nil, true),
            ("Unsubscribe: https://b.example/u", nil, false), ("Darse de baja: mailto:u@b.example", nil, false),
            ("Hello", "<a href='https://b.example/u'>Unsubscribe</a>", false), ("Hello", "<p>unsubscribe</p>", true),
        ] as [(String, String?, Bool)] {
            var mail = try bench.order(.email, "a@b.example", text)
            mail.html = html.map { [UInt8](text: $0) }
            let receipt = try #require(try bench.receipt(mail))
            #expect(receipt.warnings.count == (isPlain ? 1 : 0), "\(text)")
            #expect(bench.providers[.email]?.sent.last?.addsUnsubscribe == isPlain, "\(text)")
        }
        for (to, isAnnounced) in [(Self.newYork, false), ("+14155550100", true), (Self.madrid, true)] {
            try bench.consent(.voice, to)
            var call = try bench.order(.voice, to)
            #expect(try #require(try bench.receipt(call)).warnings.isEmpty)
            call.records = true
            let receipt = try #require(try bench.receipt(call))
            #expect(receipt.warnings.count == (isAnnounced ? 1 : 0), "\(to)")
            #expect((bench.providers[.voice]?.sent.last?.announcement != nil) == isAnnounced, "\(to)")
        }
    }

    @Test("card numbers are masked in text, subject and html before anybody gets them")
    func cards() throws {
        let bench = try GateBench()
        try bench.consent(.email, "a@b.example")
        var mail = try bench.order(.email, "a@b.example", "Card 4111 1111 1111 1111, reference 1234567890128")
        mail.subject = [UInt8](text: "4111111111111111")
        mail.html = [UInt8](text: "<p>4111-1111-1111-1111</p>")
        #expect(try #require(try bench.receipt(mail)).warnings.contains { $0.contains("masked") })
        let sent = try #require(bench.providers[.email]?.sent.last)
        #expect(sent.text.text == "Card **** **** **** 1111, reference 1234567890128")
        #expect(sent.subject?.text == "************1111" && sent.html?.text == "<p>****-****-****-1111</p>")
        #expect(bench.desk.rig.counters.value(.cardsMasked) == 3)
    }

    @Test("a card number that only a reader of the mail sees is refused, with or without a filter", arguments: [
        "<p>4111&nbsp;1111&nbsp;1111&nbsp;1111</p>", "4111<b>1111</b>11111111", "<i>4111</i><i>1111</i>11111111",
        "4111<!-- -->111111111111", "&#52;11111111111111&#49;", "4111&shy;1111&shy;1111&shy;1111",
        "4111&ZeroWidthSpace;111111111111", "411111111111<span style='x'>1111</span>",
        "<img alt='&#52;111 1111 1111 1111'>",
    ])
    func cutCards(_ html: String) throws {
        for filter in [ContentFilter(), nil] {
            let bench = try GateBench(filter: filter)
            try bench.consent(.email, "a@b.example")
            var mail = try bench.order(.email, "a@b.example", "Hello")
            mail.html = [UInt8](text: html)
            let refusal = try #require(try bench.refusal(mail), "\(html)")
            #expect(refusal.code == .contentRefused && refusal.detail == "card")
            #expect(refusal.sentence(at: WallTime(seconds: 0)).contains("card number"))
            mail.html = [UInt8](text: "<p>Reference <b>1234</b>567890128, 12 items</p>")
            #expect(try bench.receipt(mail) != nil)
        }
    }
}
