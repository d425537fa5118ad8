// Limits of agents at the gate: exactly as many as allowed, money reserved before and settled after, and what is kept
// of every order. Audit first, ledger second, provider last.
import Testing

@testable import LolaCore

@Suite("Outbound limits and ledger")
struct OutboundLimitsTests {
    @Test("exactly as many as the limit pass, each says what is left, and what is refused takes nothing")
    func perMinute() throws {
        let bench = try GateBench(limits: [.perMinute: 3, .perHour: 5, .perDay: 100])
        try bench.consent(.sms, "+15550100")
        for left in [2, 1, 0] {
            let receipt = try #require(try bench.receipt(try bench.order(.sms, "+15550100")))
            #expect(receipt.remaining[.perMinute] == left && receipt.remaining[.perHour] == left + 2)
            #expect(receipt.remaining[.callsPerDaySameNumber] == nil)
        }
        for _ in 0..<4 {
            let refusal = try #require(try bench.refusal(try bench.order(.sms, "+15550100")))
            #expect(refusal.code == .rateLimited && refusal.limitType == .perMinute)
            #expect(refusal.current == 3 && refusal.max == 3)
            let wait = try #require(refusal.retryAfterSeconds(at: bench.now))
            #expect((1...60).contains(wait) && refusal.resetsAt != nil)
        }
        #expect(try bench.used(.perHour) == 3)
        bench.pass(.seconds(61))
        #expect(try bench.receipt(try bench.order(.sms, "+15550100")) != nil)
        #expect(try bench.receipt(try bench.order(.sms, "+15550100")) != nil)
        #expect(try bench.refusal(try bench.order(.sms, "+15550100"))?.limitType == .perHour)
        #expect(bench.sentCount == 5)
        #expect(bench.anomalies.turn(AnomalyThresholds(actionFactor: 3, actionsMin: 5)) == [
            .actions(bench.agent, count: 5, before: 0)
        ])
    }

    @Test("dollars are written as dollars, below nothing too", arguments: [
        (0, "0"), (5, "0.05"), (1_000, "10"), (1_050, "10.50"), (-5, "-0.05"), (-150, "-1.50"), (-200, "-2"),
        (Int.max, "92233720368547758.07"), (Int.min, "-92233720368547758.08"),
    ])
    func dollars(_ row: (cents: Int, text: String)) throws {
        #expect(Dollars.text(cents: row.cents) == row.text)
        #expect(try JSONDocument.parse([UInt8](text: row.text)).root.kind == .number)
    }

    @Test("days and months are those of UTC; minutes and hours begin with the first action")
    func windows() throws {
        let end = WallTime(seconds: 1_798_761_599)  // 2026-12-31T23:59:59Z
        #expect(LimitWindow(.perDay).end(at: end) == WallTime(seconds: 1_798_761_600))
        #expect(LimitWindow(.spendPerMonth).end(at: end) == WallTime(seconds: 1_798_761_600))
        #expect(LimitWindow(.spendPerMonth).end(at: WallTime(seconds: 1_798_761_600))
            == WallTime(seconds: 1_801_440_000))
        #expect(LimitWindow(.spendPerMonth).name(at: end).text == "2026-12")
        #expect(LimitWindow(.perDay).name(at: WallTime(seconds: 1_798_761_600)).text == "2027-01-01")
        #expect(LimitWindow(.perMinute).end(at: end) == nil && LimitWindow(.perHour).span == .hours(1))
        var random = SeededGenerator(seed: 12)
        for _ in 0..<5_000 {
            let now = WallTime(seconds: Int64(random.next() % 4_000_000_000))
            for member in AgentLimits.Member.allCases {
                let window = LimitWindow(member)
                guard let end = window.end(at: now) else { continue }
                #expect(now < end && end - now <= window.span)
                #expect(window.name(at: end) != window.name(at: now))
                #expect(window.name(at: WallTime(milliseconds: end.milliseconds - 1)) == window.name(at: now))
            }
        }
    }

    @Test("the names of counters never change, or every limit would begin anew with a new version")
    func names() throws {
        let ada = try #require(AgentID("ada".utf8))
        let now = WallTime(seconds: 1_798_761_600)  // 2027-01-01
        func key(_ name: String) -> StoreKey {
            StoreKey(.usage, RecordID(digest: Digest.sha256([UInt8](text: name))))
        }
        #expect(OutboundBudget.key(ada, .perMinute, at: now) == key("lola usage ada per_minute "))
        #expect(OutboundBudget.key(ada, .perDay, at: now) == key("lola usage ada per_day 2027-01-01"))
        #expect(OutboundBudget.key(ada, .spendPerMonth, at: now) == key("lola usage ada spend_per_month 2027-01"))
        #expect(OutboundBudget.sentKey(ada, .whatsapp) == key("lola usage ada sent whatsapp"))
        #expect(OutboundBudget.refusedKey(ada, .rateLimited)
            == key("lola usage ada refused \(OutboundRefusal.Code.rateLimited.rawValue)"))
    }

    @Test("two calls a day to one number, in whatever spelling; others and messages are not counted with them")
    func sameNumber() throws {
        let bench = try GateBench(hours: nil, limits: [.callsPerDaySameNumber: 2, .perMinute: 100])
        for number in ["+525512345678", "+12125550100"] { try bench.consent(.voice, number) }
        try bench.consent(.sms, "+525512345678")
        #expect(try #require(try bench.receipt(try bench.order(.voice, "+525512345678")))
            .remaining[.callsPerDaySameNumber] == 1)
        #expect(try bench.receipt(try bench.order(.voice, "+5215512345678")) != nil)
        let refusal = try #require(try bench.refusal(try bench.order(.voice, "+525512345678")))
        #expect(refusal.limitType == .callsPerDaySameNumber && refusal.current == 2)
        // Midnight of UTC after 2026-11-20.
        #expect(refusal.resetsAt == WallTime(seconds: 1_795_219_200))
        #expect(try bench.receipt(try bench.order(.voice, "+12125550100")) != nil)
        #expect(try bench.receipt(try bench.order(.sms, "+525512345678")) != nil)
        bench.pass(.hours(14))
        #expect(try bench.receipt(try bench.order(.voice, "+525512345678")) != nil)
    }

    @Test("money is reserved before, given back when nothing went out, and settled by the provider's price")
    func spend() throws {
        let bench = try GateBench(limits: [.spendPerDay: 4, .spendPerMonth: 1_000, .perMinute: 100])
        try bench.consent(.sms, "+12125550100")
        let sms = try #require(bench.providers[.sms])
        let order = try bench.order(.sms, "+12125550100")
        let price = PriceTable.price(.sms, try GateBench.address("+12125550100"), text: order.text)
        #expect(price == SpendAmount(hundredths: 120))
        #expect(try #require(try bench.receipt(order)).remaining[.spendPerDay] == 2)
        sms.outcomes = [
            .unavailable(word: "rate_limited"), .unavailable(word: "rate_limited", after: .milliseconds(76_001)),
            .unavailable(word: "rate_limited", after: .zero), .refused(word: "undeliverable"),
        ]
        let away = try #require(try bench.refusal(order))
        #expect(away.code == .providerUnavailable && away.detail == "rate_limited")
        #expect(away.retryAfterSeconds(at: bench.now) == 5)
        // What the provider names, at least a second.
        #expect(try bench.refusal(order)?.retryAfterSeconds(at: bench.now) == 77)
        #expect(try bench.refusal(order)?.retryAfterSeconds(at: bench.now) == 1)
        #expect(try bench.refusal(order)?.code == .providerRefused)
        #expect(try bench.used(.spendPerDay) == 2 && bench.used(.perMinute) == 5)
        // Nobody knows whether it went out: the money stays.
        sms.outcomes = [.unknown(word: "timeout")]
        let unknown = try #require(try bench.receipt(order))
        #expect(unknown.status == .queued && unknown.warnings.count == 1)
        #expect(try bench.used(.spendPerDay) == 3)
        sms.outcomes = [.taken(id: [], .sent, price: SpendAmount(hundredths: 30))]
        #expect(try bench.receipt(order) != nil)
        #expect(try bench.used(.spendPerDay) == 3)
        let refusal = try #require(try bench.refusal(try bench.order(.sms, "+12125550100", String(
            repeating: "x", count: 400))))
        #expect(refusal.code == .spendLimited && refusal.limitType == .spendPerDay)
        #expect(refusal.current == 3 && refusal.max == 4 && refusal.resetsAt != nil)
        #expect(refusal.sentence(at: bench.now).contains("0.03/0.04 USD"))
        // More than the whole limit: waiting does not help.
        let dear = try #require(try bench.refusal(try bench.order(.sms, "+12125550100", String(
            repeating: "x", count: 1_000))))
        #expect(dear.resetsAt == nil && dear.retryAfterSeconds(at: bench.now) == nil)
    }

    @Test("a segment of an SMS is what a carrier counts", arguments: [
        ("", 1), (String(repeating: "a", count: 160), 1), (String(repeating: "a", count: 161), 2),
        (String(repeating: "a", count: 306), 2), (String(repeating: "a", count: 307), 3),
        (String(repeating: "€", count: 70), 1), (String(repeating: "ñ", count: 71), 2),
        (String(repeating: "😀", count: 36), 2), (String(repeating: "[", count: 81), 2),
    ] as [(String, Int)])
    func segments(_ row: (text: String, count: Int)) {
        #expect(PriceTable.segments([UInt8](text: row.text)) == row.count)
    }

    @Test("an unknown country costs as much as the dearest, and Telegram nothing")
    func prices() throws {
        let text = [UInt8](text: "x")
        let dearest = PriceTable.price(.sms, try GateBench.address("+97688112233"), text: text)
        for number in ["+12125550100", "+34912345678", "+972501234567", "+2348012345678"] {
            #expect(PriceTable.price(.sms, try GateBench.address(number), text: text) <= dearest)
        }
        #expect(PriceTable.price(.sms, try GateBench.address("+19005550100"), text: text) == dearest)
        #expect(PriceTable.price(.telegram, try GateBench.address("telegram:1"), text: text) == .zero)
        #expect(SpendAmount(hundredths: 101).centsRoundedUp == 2 && SpendAmount(hundredths: 199).centsRoundedDown == 1)
        for (hundredths, up, down) in [(-101, -1, -2), (-100, -1, -1), (-1, 0, -1)] {
            let amount = SpendAmount(hundredths: Int64(hundredths))
            #expect(amount.centsRoundedUp == up && amount.centsRoundedDown == down)
        }
    }

    @Test("no audit, no send: what cannot be told of does not happen, and takes no money")
    func auditFirst() throws {
        let bench = try GateBench()
        try bench.consent(.sms, "+12125550100")
        let sms = try #require(bench.providers[.sms])
        var told: [String] = []
        sms.onSend = { _ in told = bench.desk.audit.words }
        #expect(try bench.receipt(try bench.order(.sms, "+12125550100")) != nil)
        #expect(told.last == "outbound.allowed ok")
        bench.desk.audit.keeps = false
        #expect(try bench.refusal(try bench.order(.sms, "+12125550100"))?.code == .unavailable)
        bench.desk.audit.keeps = true
        #expect(sms.sent.count == 1)
        bench.pass(.seconds(1))
        #expect(try bench.used(.spendPerDay) == 2)
        bench.desk.bare.isAway = true
        #expect(try bench.refusal(try bench.order(.sms, "+12125550100"))?.code == .unavailable)
        #expect(sms.sent.count == 1)
        let facts = try #require(bench.desk.audit.events.last { $0.action == .outboundAllowed }).facts
        #expect(facts.map { "\($0.name)" } == ["order", "agent", "channel", "purpose", "basis"])
    }

    @Test("the ledger knows each order of its agent, and receipts move it forwards only, in any order")
    func ledger() throws {
        let bench = try GateBench()
        try bench.consent(.whatsapp, "+15550100")
        let receipt = try #require(try bench.receipt(try bench.order(.whatsapp, "+15550100")))
        let id = try #require(LedgerRecord.id(ofKey: receipt.key))
        func status(_ agent: AgentID) throws -> OutboundReceipt.Status? {
            let found: Result<OutboundReceipt?, OutboundRefusal> = try bench.desk.ask { answer in
                bench.gate.receipt(receipt.key, of: agent) { answer($0) }
            }
            return try found.get()?.status
        }
        func settle(_ reference: OutboundLedger.Reference, _ status: OutboundReceipt.Status) throws -> Bool {
            let settled: OutboundLedger.Settled = try bench.desk.ask { answer in
                bench.gate.ledger.settle(reference, status) { answer($0) }
            }
            #expect(settled != .unavailable)
            return settled != .nothing
        }
        let other = try #require(AgentID("other".utf8))
        #expect(try status(bench.agent) == .sent && status(other) == nil)
        let provider = OutboundLedger.Reference.provider(.whatsapp, [UInt8](text: "p-") + id.hex)
        for (reached, wanted) in [
            (OutboundReceipt.Status.failed, OutboundReceipt.Status.failed), (.delivered, .delivered),
            (.sent, .delivered), (.read, .read), (.delivered, .read), (.failed, .read), (.queued, .read),
        ] {
            #expect(try settle(reached == .sent ? .order(id) : provider, reached))
            #expect(try status(bench.agent) == wanted)
        }
        #expect(try !settle(.provider(.sms, [UInt8](text: "p-") + id.hex), .read))
        #expect(try !settle(.order(RecordID(high: 1, low: 2)), .read))
        let dispatch = try #require(bench.providers[.whatsapp]?.sent.first)
        #expect(OutboundDispatch.id(ofReference: dispatch.reference) == id)
        #expect(DeliveryReference.isWellFormed(dispatch.reference))
        #expect(OutboundDispatch.id(ofReference: id.hex + [UInt8](text: ".3")) == nil)
        for text in ["out:", "out:12", "whatsapp:wamid.A", "out:" + String(repeating: "Z", count: 32)] {
            #expect(LedgerRecord.id(ofKey: [UInt8](text: text)) == nil)
        }
        let usage: Result<OutboundUsage, OutboundRefusal> = try bench.desk.ask { answer in
            bench.gate.usage(of: bench.agent) { answer($0) }
        }
        #expect(try usage.get().sent[.whatsapp] == 1 && usage.get().sent[.sms] == 0)
        bench.pass(Limits.ledgerRetention)
        #expect(try status(bench.agent) == nil)
    }

    @Test("a record of the ledger is read back whole or not at all, and holds no address")
    func codec() throws {
        let record = LedgerRecord(
            id: RecordID(high: 3, low: 4), agent: try #require(AgentID("ada".utf8)), channel: .sms,
            person: RecordID(high: 5, low: 6), purpose: .marketing, price: SpendAmount(hundredths: 79),
            at: WallTime(seconds: 9))
        RecordDamage.check(record.bytes) { bytes throws(RecordFault) in
            try LedgerRecord(StoreRecord(id: record.id, value: bytes)).bytes
        }
        #expect(try LedgerRecord(StoreRecord(id: record.id, value: record.bytes)) == record)
    }

    @Test("a restart keeps what was used")
    func restart() throws {
        let table = MemoryTable()
        let first = try GateBench(table, limits: [.perMinute: 2])
        try first.consent(.sms, "+15550100")
        #expect(try first.receipt(try first.order(.sms, "+15550100")) != nil)
        #expect(try first.receipt(try first.order(.sms, "+15550100")) != nil)
        let second = try GateBench(table, limits: [.perMinute: 2])
        #expect(try second.refusal(try second.order(.sms, "+15550100"))?.limitType == .perMinute)
        #expect(second.sentCount == 0)
    }
}
