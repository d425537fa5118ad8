// What people write reaches the agent that the channel was provisioned to: whose it is, once, bounded, until it is
// taken.
import Testing

@testable import LolaCore

@Suite("Mailboxes of agents")
struct MailboxTests {
    @Test("a message waits for the agent of its channel, which is told; the router's agent answers all the same")
    func kept() throws {
        let bench = try MailboxBench()
        try bench.agent("desk")
        let id = bench.hear("hola")
        let message = try #require(try bench.list("desk").get().first)
        #expect(message.channel == .whatsapp && message.from.text == "+15550100" && message.text.text == "hola")
        #expect(message.conversation.text == "whatsapp:1:15550100" && message.type == .text)
        #expect(message.identity == .unknown && message.at == WallTime(milliseconds: 0))
        #expect(bench.flow.told == ["desk hola"] && bench.flow.delivered == ["answer"])
        #expect(bench.flow.record(id)?.trace.map { "\($0.saying) \($0.detail.words)" }.contains(
            "mailbox kept desk") == true)
        #expect(bench.flow.rig.counters.value(.mailboxKept) == 1)
    }

    @Test("without an active agent that names the channel nothing is kept", arguments: [
        ([.whatsapp], .inactive), (nil, .active), ([.sms, .email, .voice], .active), ([], .active),
    ] as [([AgentChannel]?, AgentAccount.Status)])
    func nobody(_ row: (channels: [AgentChannel]?, status: AgentAccount.Status)) throws {
        let bench = try MailboxBench()
        try bench.agent("desk", row.channels, status: row.status)
        bench.hear("hola")
        #expect(bench.flow.told.isEmpty && bench.flow.delivered == ["answer"])
        try bench.agent("desk")
        #expect(try bench.waiting("desk").isEmpty)
    }

    @Test("of several agents the first registered hears it, or the one that wrote to the person last there")
    func several() throws {
        let bench = try MailboxBench()
        try bench.agent("late", created: 9)
        try bench.agent("early", created: 2)
        try bench.agent("other", created: 2)
        try bench.agent("gone", status: .inactive, created: 1)
        bench.hear("one")
        let flow = bench.flow
        let ledger = OutboundLedger(
            flow.rig.loop, store: flow.store, pseudonyms: flow.pseudonyms, names: flow.people)
        func talk(_ agent: String, _ channel: AgentChannel, _ address: String) throws {
            let person = ledger.name(of: try #require(PersonAddress([UInt8](text: address))))
            flow.records(ledger.talk(LedgerRecord(
                id: RecordID(high: 1, low: 1), agent: try MailboxBench.id(agent), channel: channel, person: person,
                purpose: .service, price: SpendAmount(hundredths: 1), at: WallTime(seconds: 1))))
        }
        try talk("late", .whatsapp, "+15550100")
        // Another channel, another person, an agent that is off: none of them counts.
        try talk("other", .sms, "+15550100")
        try talk("other", .whatsapp, "+15550101")
        bench.hear("two")
        try talk("gone", .whatsapp, "+15550100")
        bench.hear("three")
        #expect(flow.told == ["early one", "late two", "early three"])
    }

    @Test("who is blocked, and who could not be checked, reaches no mailbox", arguments: [
        (.passed, false, .passed), (.pending, false, .pending), (.blocked, false, nil), (.passed, true, nil),
    ] as [(ComplianceVerdict, Bool, MailboxMessage.Identity?)])
    func identities(
        _ row: (verdict: ComplianceVerdict, isBlocked: Bool, wanted: MailboxMessage.Identity?)
    ) throws {
        let bench = try MailboxBench()
        try bench.agent("desk")
        try bench.known(row.verdict, isBlocked: row.isBlocked)
        bench.hear("hola")
        #expect(try bench.list("desk").get().map(\.identity) == [row.wanted].compactMap { $0 })
        bench.flow.stage.verdicts = { turn in
            turn.identity = .unavailable(word: "away")
            return .next
        }
        bench.hear("again")
        #expect(!(try bench.waiting("desk").contains("again")))
    }

    @Test("what the chain stops, words about writing and files reach no mailbox; cards are masked")
    func pipeline() throws {
        let bench = try MailboxBench()
        try bench.agent("desk")
        bench.hear("STOP", from: "15550107")
        bench.hear("HELP")
        bench.hear(nil, type: .image)
        bench.hear("pay 4111 1111 1111 1111")
        bench.flow.stage.verdicts = { _ in .stop(.commandNotAllowed, reply: nil) }
        bench.hear("/forbidden")
        let texts = try bench.waiting("desk")
        #expect(texts.count == 1 && texts[0].hasSuffix("1111") && !texts[0].contains("4111"))
    }

    @Test("an agent that the router asks over HTTP needs no mailbox; one of that name without a URL does")
    func routed() throws {
        let bench = try MailboxBench()
        try bench.agent("onboarding")
        bench.hear("hola")
        #expect(bench.flow.told.isEmpty && bench.flow.asked.count == 1)
        try bench.agent("sender_home", created: 0)
        try bench.known(.passed, isBlocked: false)
        bench.hear("hello")
        #expect(bench.flow.told == ["sender_home hello"])
    }

    @Test("an agent that may act everywhere hears who it wrote to, and nobody else", arguments: [true, false])
    func anywhere(isAlone: Bool) throws {
        let bench = try MailboxBench()
        try bench.agent("rover", nil)
        if !isAlone { try bench.agent("desk") }
        let flow = bench.flow
        let ledger = OutboundLedger(
            flow.rig.loop, store: flow.store, pseudonyms: flow.pseudonyms, names: flow.people)
        let person = ledger.name(of: try #require(PersonAddress([UInt8](text: "+15550100"))))
        bench.hear("before")
        flow.records(ledger.talk(LedgerRecord(
            id: RecordID(high: 1, low: 1), agent: try MailboxBench.id("rover"), channel: .whatsapp, person: person,
            purpose: .service, price: SpendAmount(hundredths: 1), at: WallTime(seconds: 1))))
        bench.hear("after")
        bench.hear("stranger", from: "15550107")
        #expect(try bench.waiting("rover") == ["after"])
        if !isAlone { #expect(try bench.waiting("desk") == ["before", "stranger"]) }
        try bench.agent("rover", nil, status: .inactive)
        bench.hear("late")
        #expect(flow.told.last == (isAlone ? "rover after" : "desk late"))
    }

    @Test("a message that is taken up again is in the mailbox once, acknowledged or not")
    func again() throws {
        let bench = try MailboxBench()
        try bench.agent("desk")
        bench.hear("hola", id: "m")
        bench.hear("hola", id: "m", again: true)
        let ids = try bench.list("desk").get().map(\.id)
        #expect(ids.count == 1)
        #expect(try bench.acknowledge(ids, of: "desk").get() == 1)
        bench.hear("hola", id: "m", again: true)
        #expect(try bench.waiting("desk").isEmpty && bench.flow.told == ["desk hola"])
    }

    @Test("a store that fails, or loses an answer, delays a message and doubles none", arguments: 1...6)
    func failures(count: Int) throws {
        let bench = try MailboxBench()
        try bench.agent("desk")
        bench.flow.store.failures = count
        bench.hear("one")
        bench.hear("two")
        #expect(try bench.waiting("desk") == ["one", "two"] && bench.flow.delivered == ["answer", "answer"])
    }

    @Test("nothing is decided before the agents are known")
    func unread() throws {
        let bench = try MailboxBench()
        bench.flow.accounts.mirror.distrust()
        bench.flow.take(FlowBench.message("m"))
        #expect(!bench.flow.rig.run(for: .seconds(3)) { !bench.flow.asked.isEmpty })
        let mirror = bench.flow.accounts.mirror
        let account = AgentAccount(try MailboxBench.id("desk"), channels: [.whatsapp], created: WallTime(seconds: 1))
        let record = StoreRecord(id: AgentAccount.record(account.id), value: account.bytes)
        #expect(mirror.replace(with: [record], since: mirror.beginLoading()))
        #expect(bench.flow.settle())
        #expect(try bench.waiting("desk") == ["hola"] && bench.flow.asked.count == 1)
    }

    @Test("messages that come at one moment, over two gateways, have a place each")
    func places() throws {
        let bench = try MailboxBench()
        try bench.agent("desk")
        for number in 0..<40 {
            bench.flow.take(FlowBench.message("m\(number)", from: "1555010\(1_000 + number)", text: "t\(number)"))
        }
        #expect(bench.flow.settle())
        let found = try bench.list("desk").get()
        #expect(Set(found.map(\.text.text)) == Set((0..<40).map { "t\($0)" }) && Set(found.map(\.id)).count == 40)
        #expect(bench.flow.rig.counters.value(.mailboxKept) == 40)
    }

    @Test("a full mailbox gives up its oldest message, and says so")
    func full() throws {
        let bench = try MailboxBench()
        try bench.agent("desk")
        let places = Limits.mailboxPlacesMax
        for number in 1...places { bench.hear("t\(number)") }
        #expect(bench.flow.rig.counters.value(.mailboxReplaced) == 0)
        let oldest = try bench.list("desk", limit: 2).get()
        #expect(oldest.map(\.text.text) == ["t1", "t2"])
        #expect(try bench.acknowledge([oldest[0].id], of: "desk").get() == 1)
        bench.hear("t\(places + 1)")
        #expect(bench.flow.rig.counters.value(.mailboxReplaced) == 0)
        bench.hear("t\(places + 2)")
        #expect(bench.flow.rig.counters.value(.mailboxReplaced) == 1)
        #expect(try bench.list("desk", limit: 1).get().map(\.text.text) == ["t3"])
        // Who names it now comes too late, and takes nothing else.
        #expect(try bench.acknowledge([oldest[1].id], of: "desk").get() == 0)
        let newest = try bench.list("desk", waitingOnly: false, limit: 2).get()
        #expect(newest.map(\.text.text) == ["t\(places + 1)", "t\(places + 2)"])
    }

    @Test("an acknowledgement counts once, for the agent's own messages only, in any order")
    func acknowledged() throws {
        let bench = try MailboxBench()
        try bench.agent("desk", [.whatsapp])
        try bench.agent("other", [.sms])
        for text in ["one", "two", "three"] { bench.hear(text) }
        let ids = try bench.list("desk").get().map(\.id)
        #expect(try bench.acknowledge(ids, of: "other").get() == 0)
        #expect(try bench.acknowledge([ids[1], ids[1]], of: "desk").get() == 1)
        #expect(try bench.waiting("desk") == ["one", "three"])
        #expect(try bench.acknowledge(ids, of: "desk").get() == 2)
        #expect(try bench.acknowledge(ids, of: "desk").get() == 0 && bench.waiting("desk").isEmpty)
        bench.hear("four")
        #expect(try bench.waiting("desk") == ["four"])
        #expect(try bench.list("desk", waitingOnly: false).get().map(\.text.text) == ["one", "two", "three", "four"])
        #expect(try bench.list("desk", .sms).get().isEmpty && bench.list("desk", .whatsapp).get().count == 1)
    }

    @Test("what is no id of a message takes nothing", arguments: [
        "", "-", "1", "1-", "0-00000000000000000000000000000000", "1-00000000000000000000000000000000",
        "01-00000000000000000000000000000000", "-1-00000000000000000000000000000000",
        "99999999999999999999999-00000000000000000000000000000000", "1-0000000000000000000000000000000G",
    ])
    func ids(text: String) throws {
        let bench = try MailboxBench()
        try bench.agent("desk")
        bench.hear("hola")
        #expect(try bench.acknowledge([[UInt8](text: text)], of: "desk").get() == 0)
        #expect(try bench.waiting("desk") == ["hola"])
    }

    @Test("an agent that is off reads and takes nothing; one that is unknown neither")
    func off() throws {
        let bench = try MailboxBench()
        try bench.agent("desk")
        bench.hear("hola")
        try bench.agent("desk", status: .inactive)
        for name in ["desk", "nobody"] {
            #expect(throws: Refusal.accessDenied) { try bench.list(name).get() }
            #expect(throws: Refusal.accessDenied) { try bench.acknowledge([], of: name).get() }
        }
        try bench.agent("desk")
        #expect(try bench.waiting("desk") == ["hola"])
    }

    @Test("while the store is away nobody is told that nothing waits")
    func away() throws {
        let bench = try MailboxBench()
        try bench.agent("desk")
        bench.hear("hola")
        let ids = try bench.list("desk").get().map(\.id)
        bench.flow.store.isAway = true
        #expect(throws: Refusal.storeUnavailable) { try bench.list("desk").get() }
        #expect(throws: Refusal.storeUnavailable) { try bench.acknowledge(ids, of: "desk").get() }
    }

    @Test("a message is gone after two weeks, and what comes then is read")
    func expiry() throws {
        let bench = try MailboxBench()
        try bench.agent("desk")
        bench.hear("old")
        bench.flow.rig.clock.advance(to: bench.flow.rig.clock.now + Limits.mailboxRetention)
        bench.flow.rig.run(for: .seconds(1))
        #expect(try bench.waiting("desk").isEmpty)
        bench.hear("new")
        #expect(try bench.waiting("desk") == ["new"])
    }

    @Test("a long text is cut to whole characters, and an answer holds so much text and no more")
    func long() throws {
        let bench = try MailboxBench()
        try bench.agent("desk")
        bench.hear(String(repeating: "\u{20AC}", count: Limits.mailboxTextMax.bytes))
        let text = try #require(try bench.list("desk").get().first?.text)
        #expect(text.count <= Limits.mailboxTextMax.bytes && text.count > Limits.mailboxTextMax.bytes - 4)
        #expect(text.text.utf8.elementsEqual(text) && text.text.allSatisfy { $0 == "\u{20AC}" })
        for _ in 0..<20 { bench.hear(String(repeating: "a", count: Limits.mailboxTextMax.bytes)) }
        let texts = try bench.list("desk").get().map(\.text.count)
        #expect(texts.reduce(0, +) <= Limits.mailboxAnswerMax.bytes && texts.count > 1)
        #expect(Limits.mailboxTextMax.bytes <= Limits.mailboxAnswerMax.bytes)
        #expect(Limits.mailboxTextMax.bytes <= 65_536, "what the schema of the tools promises")
    }

    @Test("a record is read as it was written; what is damaged is a fault")
    func record() throws {
        let record = MailboxRecord(
            number: 300, messageID: RecordID(high: 1, low: 2), sender: RecordID(high: 3, low: 4), channel: .telegram,
            from: [UInt8](text: "telegram:77"), conversation: ConversationKey(bytes: [UInt8](text: "telegram:1:77")),
            type: .contact, identity: .pending, text: [UInt8](text: "t"), at: WallTime(seconds: 5))
        #expect(try MailboxRecord(record.bytes) == record)
        RecordDamage.check(record.bytes) { (bytes) throws(RecordFault) in try MailboxRecord(bytes).bytes }
        let parts = try #require(MailboxRecord.parts(ofID: record.message.id))
        #expect(parts.number == 300 && parts.messageID == record.messageID)
        let pointer = MailboxRecord.pointer(to: 7)
        #expect(MailboxRecord.number(of: pointer) == 7 && MailboxRecord.number(of: nil) == 0)
        #expect(MailboxRecord.isPointer(pointer) && !MailboxRecord.isPointer(record.bytes))
        #expect(throws: RecordFault.versionUnknown) { try MailboxRecord(pointer) }
    }
}
