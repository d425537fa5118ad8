// Erasures: everything of one subject goes, from the store, from what is in hand and from the disk; nobody else's does.
import Testing

@testable import LolaCore

/// A store with what two people left in it, and everything an erasure needs.
private final class ErasureBench {
    let own: DeskBench
    let pseudonyms = Pseudonyms(secret: SecretBytes([1, 2, 3]))
    let suppressions: SuppressionList
    let consents: ConsentBook
    let log = MessageLog(capacity: 100)
    private(set) var erased = 0
    static let number = "5215512345678"

    init() throws {
        own = try DeskBench()
        suppressions = SuppressionList(own.rig.loop, store: own.store, audit: own.audit, names: own.names)
        consents = ConsentBook(own.rig.loop, store: own.store, audit: own.audit, names: own.names)
    }

    func put(_ operation: StoreOperation) throws {
        #expect(try own.ask { own.store.submit(operation, $0) } == .done)
    }

    func get(_ room: StoreRoom, _ id: RecordID) throws -> [UInt8]? {
        guard case .value(let value) = try own.ask({ own.store.submit(.get(StoreKey(room, id)), $0) }) else {
            throw SampleFault(description: "the store did not answer")
        }
        return value
    }

    static func message(_ id: String, from sender: String, on channel: ChannelName = .whatsapp) -> VerifiedMessage {
        let octets = [UInt8](text: sender)
        return WebhookGate.imagined(
            InboundMessage(
                channel: channel, nativeID: [UInt8](text: id),
                conversation: ConversationKey(channel, own: [0x31], sender: octets),
                replyTo: channel == .whatsapp ? .whatsappNumber(octets) : .telegramChat(7), senderID: octets,
                phone: channel == .whatsapp ? octets : nil, language: nil, type: .text, text: [UInt8](text: "hola"),
                startPayload: nil, choiceID: nil, attachments: [], at: WallTime(seconds: 1), callbackQueryID: nil),
            at: WallTime(seconds: 1))
    }

    /// One of each kind of record of a sender.
    func fill(_ name: String, from sender: String, on channel: ChannelName = .whatsapp) throws -> [StoreKey] {
        let queued = Self.message("queued \(name)", from: sender, on: channel)
        let dead = Self.message("dead \(name)", from: sender, on: channel)
        let crashed = Self.message("crashed \(name)", from: sender, on: channel)
        let names = [queued, dead, crashed].map { pseudonyms.names($0.message) }
        let letter = DeadLetter(
            AcceptedMessage(verified: dead, names: names[1], mayBeRepeated: false), stage: .agent, word: "w",
            at: WallTime(seconds: 1), attempts: 1, replies: [], sent: 0)
        let item = QuarantinedEntry(
            reason: .crashed, at: WallTime(seconds: 1), value: MessageCodec.encode(crashed))
        let id = names[0].messageID
        try put(.batch([
            .append(QueueEntry(
                key: StoreKey(.inbound, id), lane: queued.message.conversation.lane,
                value: MessageCodec.encode(queued))),
            .put(StoreKey(.outbox, id), [1], expires: nil), .put(StoreKey(.progress, id), [2], expires: nil),
            .put(StoreKey(.suspect, id), [3], expires: nil), letter.operation, item.operation(names[2].messageID),
            .put(StoreKey(.state, names[0].conversationID), [UInt8](text: "state"), expires: nil),
        ]))
        log.insert(MessageRecord(AcceptedMessage(verified: queued, names: names[0], mayBeRepeated: false)))
        return [
            StoreKey(.inbound, id), StoreKey(.outbox, id), StoreKey(.progress, id), StoreKey(.suspect, id),
            StoreKey(.dead, names[1].messageID), StoreKey(.quarantine, names[2].messageID),
            StoreKey(.state, names[0].conversationID),
        ]
    }

    func parts(_ onErased: @escaping () -> Void = {}) -> ErasureParts {
        ErasureParts(
            loop: own.rig.loop, store: own.store, pseudonyms: pseudonyms, names: own.names, suppressions: suppressions,
            consents: consents, audit: own.audit, log: log, own: [.whatsapp: [0x31], .telegram: [0x31]],
            operations: .builtIn,
            onErased: { [self] in
                erased += 1
                onErased()
            })
    }

    func erase(_ text: String) throws -> Result<ErasureReceipt, Refusal> {
        let octets = [UInt8](text: text)
        let subject = try #require(ErasureSubject(octets))
        return try own.ask { answer in
            Erasure(subject, text: octets, actor: "orchestrator", parts()) { answer($0) }.start()
        }
    }

    func there(_ keys: [StoreKey]) throws -> [StoreRoom] {
        try keys.filter { try get($0.room, $0.id) != nil }.map(\.room)
    }
}

@Suite("Erasure")
struct ErasureTests {
    @Test("a subject is a person in any spelling, or a conversation", arguments: [
        ("+525512345678", ["+525512345678"], 6), ("521 55 1234 5678", ["+525512345678"], 6),
        ("whatsapp:5215512345678", ["+525512345678"], 6), ("whatsapp:1065:5215512345678", ["+525512345678"], 6),
        ("telegram:77", ["telegram:77"], 1), ("telegram:7000000001:77", ["telegram:77"], 1),
        ("whatsapp:1065:US.1349", ["whatsapp:US.1349"], 1), ("Ana@Bank.Example", ["ana@bank.example"], 1),
        ("twilio_sms:+15550199:+15550100", ["+15550100"], 3),
        ("resend:lola@bank.example:Ana@x.example", ["ana@x.example"], 1),
    ])
    func subjects(_ row: (text: String, addresses: [String], senders: Int)) throws {
        let subject = try #require(ErasureSubject([UInt8](text: row.text)))
        #expect(subject.addresses.map(\.bytes.text) == row.addresses && subject.senders.count == row.senders)
        #expect((subject.conversation != nil) == (row.text.split(separator: ":").count == 3))
    }

    @Test("what names nobody is no subject", arguments: [
        "", "x", "whatsapp:1065:", "whatsapp::1555", "other:1:2", "telegram:1:abc", "*", "%", "' OR 1=1 --",
    ])
    func noSubject(text: String) {
        #expect(ErasureSubject([UInt8](text: text)) == nil)
    }

    @Test("everything of a person goes, in every spelling, and of nobody else")
    func erase() throws {
        let bench = try ErasureBench()
        let mine = try bench.fill("a", from: "5215512345678") + bench.fill("b", from: "525512345678")
        let other = try bench.fill("c", from: "15550100")
        let address = try #require(PersonAddress([UInt8](text: "+525512345678")))
        _ = try bench.own.ask { answer in
            bench.consents.put(address, .sms, .express, .granted, actor: "o") { answer(try? $0.get()) }
        }
        _ = try bench.own.ask { answer in
            bench.suppressions.add(address, reason: "said so", actor: "o") { answer(try? $0.get()) }
        }
        let receipt = try bench.erase("+52 1 55 1234 5678").get()
        #expect(try bench.there(mine).isEmpty)
        #expect(try bench.there(other) == other.map(\.room))
        #expect(receipt.removed == [
            "inbound": 2, "outbox": 2, "progress": 2, "suspect": 2, "dead": 2, "quarantine": 2, "state": 2,
            "consent": 1, "suppression": 1, "records": 2,
        ])
        #expect(receipt.unreadable == 0 && receipt.subject.count == 16 && receipt.id.count == 32)
        #expect(bench.log.newest(limit: 10, skipping: 0).records.count == 1)
        let entry = try bench.own.ask { bench.suppressions.find(bench.suppressions.id(address), $0) }.get()
        #expect(entry?.address == nil && entry?.reason == nil && entry?.kind == .phone)
        #expect(try bench.own.ask { bench.suppressions.isSuppressed([address], $0) } == .some(.some(true)))
        #expect(bench.own.audit.words.suffix(2) == ["erased begun", "erased ok"] && bench.erased == 1)
        #expect(!bench.own.audit.text.contains("12345678"))
        let again = try bench.erase("+525512345678").get()
        #expect(again.removed.isEmpty && again.subject == receipt.subject)
    }

    @Test("a number finds the sender that shared it, and that sender's conversations")
    func linked() throws {
        let bench = try ErasureBench()
        let mine = try bench.fill("t", from: "77", on: .telegram)
        let other = try bench.fill("u", from: "78", on: .telegram)
        let contact = StoreKey(.contact, bench.pseudonyms.sender(.telegram, [UInt8](text: "77")))
        let foreign = StoreKey(.contact, bench.pseudonyms.sender(.telegram, [UInt8](text: "78")))
        try bench.put(.put(contact, [UInt8](text: "+15550100 77"), expires: nil))
        try bench.put(.put(foreign, [UInt8](text: "+15550101 78"), expires: nil))
        let receipt = try bench.erase("+15550100").get()
        #expect(try bench.there(mine + [contact]).isEmpty && receipt.removed["contact"] == 1)
        #expect(try bench.there(other + [foreign]).count == other.count + 1)
    }

    private func letter(_ number: UInt64, _ bench: ErasureBench, _ sender: String) -> MailboxRecord {
        let message = ErasureBench.message("letter \(number)", from: sender).message
        let names = bench.pseudonyms.names(message)
        return MailboxRecord(
            number: number, messageID: names.messageID, sender: names.senderID, channel: .whatsapp,
            from: [UInt8](text: "+\(sender)"), conversation: message.conversation, type: .text, identity: .passed,
            text: [UInt8](text: "hola"), at: WallTime(seconds: 1))
    }

    @Test("what the person wrote to agents goes, and who talked with the person last; nobody else's does")
    func letters() throws {
        let bench = try ErasureBench()
        let keys = MailboxKeys(agent: try #require(AgentID("desk".utf8)))
        let senders = ["5215512345678", "15550100", "525512345678"]
        for (place, sender) in senders.enumerated() {
            let number = UInt64(place + 1)
            try bench.put(.put(keys.place(number), letter(number, bench, sender).bytes, expires: nil))
        }
        try bench.put(.put(keys.last, MailboxRecord.pointer(to: 3), expires: nil))
        let talks = try ["+525512345678", "+15550100"].map { text in
            let address = try #require(PersonAddress([UInt8](text: text)))
            return OutboundLedger.talkKey(.whatsapp, OutboundLedger.name(of: address, bench.own.names))
        }
        for talk in talks { try bench.put(.put(talk, [1], expires: nil)) }
        try bench.put(.put(StoreKey(.mailbox, RecordID(high: 8, low: 8)), [0xFF], expires: nil))
        let receipt = try bench.erase("+52 1 55 1234 5678").get()
        #expect(receipt.removed == ["mailbox": 2, "ledger": 1] && receipt.unreadable == 1)
        #expect(try bench.there([keys.place(1), keys.place(2), keys.place(3), keys.last] + talks)
            == [.mailbox, .mailbox, .ledger])
        #expect(try bench.get(.mailbox, keys.place(2).id) != nil && bench.get(talks[1].room, talks[1].id) != nil)
    }

    @Test("a contact kept by an earlier version is found by its number too")
    func oldContact() throws {
        let bench = try ErasureBench()
        let contact = StoreKey(.contact, bench.pseudonyms.sender(.telegram, [UInt8](text: "77")))
        try bench.put(.put(contact, [UInt8](text: "+15550100"), expires: nil))
        let mine = try bench.fill("t", from: "77", on: .telegram)
        _ = try bench.erase("+15550100").get()
        #expect(try bench.there(mine + [contact]).isEmpty)
    }

    @Test("many pages are looked through, and what cannot be read is counted, not guessed")
    func pages() throws {
        let bench = try ErasureBench()
        for number in 0..<(2 * Limits.erasurePageMax + 3) {
            let verified = ErasureBench.message("m\(number)", from: number % 2 == 0 ? "15550100" : "15550199")
            let id = bench.pseudonyms.names(verified.message).messageID
            try bench.put(.append(QueueEntry(
                key: StoreKey(.inbound, id), lane: verified.message.conversation.lane,
                value: MessageCodec.encode(verified))))
        }
        let broken = QuarantinedEntry(reason: .unreadable, at: WallTime(seconds: 1), value: [0xFF])
        try bench.put(broken.operation(RecordID(high: 8, low: 8)))
        let receipt = try bench.erase("+15550100").get()
        #expect(receipt.removed["inbound"] == Limits.erasurePageMax + 2 && receipt.unreadable == 1)
    }

    @Test("without an audit record nothing goes; a store that is away is told, and asked again it is done")
    func fails() throws {
        let bench = try ErasureBench()
        let mine = try bench.fill("a", from: "15550100")
        bench.own.audit.keeps = false
        #expect(throws: Refusal.auditUnavailable) { try bench.erase("+15550100").get() }
        #expect(try bench.there(mine) == mine.map(\.room))
        bench.own.audit.keeps = true
        bench.own.bare.isAway = true
        #expect(throws: Refusal.storeUnavailable) { try bench.erase("+15550100").get() }
        bench.own.bare.isAway = false
        _ = try bench.erase("+15550100").get()
        #expect(try bench.there(mine).isEmpty)
    }

    // MARK: Tickets

    private func book(_ bench: ErasureBench) -> TicketBook {
        TicketBook(
            bench.own.rig.loop, store: bench.own.store, life: .hours(2), base: [UInt8](text: "https://lola.example"),
            audit: bench.own.audit, hash: { [bench] in bench.pseudonyms.id($0) }, handOver: { _ in })
    }

    private func order(_ sender: String, _ operation: String = "cip") -> TicketOrder {
        TicketOrder(
            conversation: ConversationKey(.whatsapp, own: [0x31], sender: [UInt8](text: sender)),
            terms: TicketTerms(operation: [UInt8](text: operation)), who: "test")
    }

    private func made(_ book: TicketBook, _ bench: ErasureBench, _ order: TicketOrder) throws -> Ticket {
        try bench.own.ask { book.create(order, $0) }.get().ticket
    }

    private func word(_ bench: ErasureBench, _ ask: (@escaping (TicketBook.Found) -> Void) -> Void) throws -> String {
        switch try bench.own.ask(ask) {
        case .ticket(let ticket): "\(ticket.status.word)"
        case .nothing: "nothing"
        case .unavailable: "unavailable"
        }
    }

    @Test("tickets of a person go with their links and their event, cannot be redeemed, and can be made anew")
    func tickets() throws {
        let bench = try ErasureBench()
        let book = book(bench)
        // With a number that is no longer ours, too.
        let former = TicketOrder(
            conversation: ConversationKey(.whatsapp, own: [0x39], sender: [UInt8](text: "5215512345678")),
            terms: TicketTerms(operation: [UInt8](text: "of-before")), who: "test")
        let used = try made(book, bench, order("525512345678", "card"))
        let event = CallbackEvent(ticket: used.id, operation: used.operation, outcome: .success, result: [0x7B, 0x7D])
        #expect(try bench.own.ask { book.redeem(used, event, $0) } == .closed)
        let mine = [try made(book, bench, order("5215512345678")), used, try made(book, bench, former)]
        let other = try made(book, bench, order("15550100"))
        let receipt = try bench.erase("+525512345678").get()
        #expect(receipt.removed == ["ticket": 3, "link": 6, "inbound": 1] && receipt.unreadable == 0)
        for ticket in mine {
            #expect(try word(bench) { book.find(ticket.id, $0) } == "nothing")
            #expect(try word(bench) { book.find(link: ticket.link, $0) } == "nothing")
            // Who read the ticket before the erasure comes too late with its callback.
            let late = CallbackEvent(
                ticket: ticket.id, operation: ticket.operation, outcome: .success, result: [0x7B, 0x7D])
            #expect(try bench.own.ask { book.redeem(ticket, late, $0) } == .lost)
        }
        #expect(try word(bench) { book.find(link: other.link, $0) } == "open")
        #expect(try bench.erase("+525512345678").get().removed.isEmpty)
        let again = try made(book, bench, order("5215512345678"))
        #expect(try word(bench) { book.find(link: again.link, $0) } == "open")
    }

    @Test("a ticket that cannot be read is counted, not guessed")
    func brokenTicket() throws {
        let bench = try ErasureBench()
        try bench.put(.put(StoreKey(.ticket, RecordID(high: 1, low: 2)), [0xFF], expires: nil))
        #expect(try bench.erase("+15550100").get().unreadable == 1)
    }

    // MARK: On disk

    private func files(_ rig: JournalRig, hold octets: [UInt8]) -> [String] {
        rig.disk.files.filter { _, bytes in
            bytes.indices.contains { start in
                bytes[start] == octets[0] && bytes[start...].starts(with: octets)
            }
        }.map(\.key)
    }

    private func compact(_ rig: JournalRig) {
        for _ in 0..<50 {
            rig.pump()
            _ = rig.compactor.step()
        }
    }

    @Test("a compaction that was asked for takes what was removed off the disk, however short the journal is")
    func disk() throws {
        let rig = try JournalRig()
        let (mine, other) = ([UInt8](0..<60), [UInt8](100..<160))
        try rig.ask(.put(StoreKey(.state, RecordID(high: 1, low: 1)), mine, expires: nil))
        try rig.ask(.put(StoreKey(.state, RecordID(high: 2, low: 2)), other, expires: nil))
        try rig.ask(.remove(StoreKey(.state, RecordID(high: 1, low: 1))))
        compact(rig)
        #expect(!files(rig, hold: mine).isEmpty, "nobody asked")
        rig.journal.requestCompaction()
        compact(rig)
        #expect(files(rig, hold: mine).isEmpty && !files(rig, hold: other).isEmpty)
        #expect(rig.journal.compactorRest == nil)
        let second = try rig.reopened()
        #expect(try second.ask(.get(StoreKey(.state, RecordID(high: 1, low: 1)))) == .value(nil))
        #expect(try second.ask(.get(StoreKey(.state, RecordID(high: 2, low: 2)))) == .value(other))
    }

    @Test("a compaction that had begun does not count: another one follows it")
    func begun() throws {
        let rig = try JournalRig()
        let mine = [UInt8](0..<60)
        for number in 0..<2_000 {
            rig.left.submit(.put(StoreKey(.state, RecordID(high: 7, low: UInt64(number))), mine, expires: nil)) { _ in }
        }
        rig.settle()
        _ = rig.compactor.step(isWanted: true)
        for _ in 0..<6 {
            rig.pump()
            _ = rig.compactor.step()
        }
        for number in 0..<2_000 {
            rig.left.submit(.remove(StoreKey(.state, RecordID(high: 7, low: UInt64(number))))) { _ in }
        }
        rig.settle()
        rig.journal.requestCompaction()
        for _ in 0..<10 { compact(rig) }
        #expect(files(rig, hold: mine).isEmpty)
    }

    @Test("a compaction that fails stays owed and is tried again")
    func owed() throws {
        let rig = try JournalRig()
        let mine = [UInt8](0..<60)
        try rig.ask(.put(StoreKey(.state, RecordID(high: 1, low: 1)), mine, expires: nil))
        try rig.ask(.remove(StoreKey(.state, RecordID(high: 1, low: 1))))
        rig.disk.fail(.rename, times: 1)
        rig.journal.requestCompaction()
        compact(rig)
        #expect(!files(rig, hold: mine).isEmpty && rig.journal.compactorRest == Limits.journalCompactionWait)
        rig.advance(Limits.journalCompactionPause + .seconds(1))
        compact(rig)
        #expect(files(rig, hold: mine).isEmpty && rig.journal.compactorRest == nil)
    }
}
