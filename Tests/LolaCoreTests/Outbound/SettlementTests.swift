// What providers tell of an order later: its state moves forward only, and its price is settled once.
import Testing

@testable import LolaCore

@Suite("Settlement of orders")
struct SettlementTests {
    /// An order that went out, with what it has taken of the spend.
    private final class Bench {
        let gate: GateBench
        let key: [UInt8]
        let id: RecordID
        let channel: AgentChannel
        /// Hundredths of a cent.
        let price: Int64

        /// - Parameter outcome: what the provider answers, when it is not its id of the order.
        init(
            _ channel: AgentChannel = .voice, to address: String = "+12025550123", outcome: ProviderOutcome? = nil
        ) throws {
            // Settings have a limit of both, so all orders are counted by day and month.
            gate = try GateBench(hours: nil, limits: [.spendPerDay: 100_000, .spendPerMonth: 100_000])
            self.channel = channel
            try gate.consent(channel, address)
            if let outcome { gate.providers[channel]?.outcomes = [outcome] }
            let order = try gate.order(channel, address)
            let receipt = try #require(try gate.receipt(order))
            key = receipt.key
            id = try #require(LedgerRecord.id(ofKey: key))
            price = PriceTable.price(channel, try GateBench.address(address), text: order.text).hundredths
        }

        var reference: OutboundLedger.Reference { .provider(channel, [UInt8](text: "p-") + id.hex) }

        @discardableResult
        func settle(
            _ status: OutboundReceipt.Status, seconds: Int? = nil, _ other: OutboundLedger.Reference? = nil
        ) throws -> OutboundLedger.Settled {
            try gate.desk.ask { answer in
                gate.gate.ledger.settle(other ?? reference, status, seconds: seconds) { answer($0) }
            }
        }

        /// Hundredths of a cent that stand in the counters of day and month; nil when they differ.
        func spent() throws -> Int64? {
            let keys = [AgentLimits.Member.spendPerDay, .spendPerMonth].map {
                OutboundBudget.key(gate.agent, $0, at: gate.now)
            }
            let shares = keys.map { StoreShare($0, 0, most: .max, within: .days(1)) }
            guard case .reserved(let readings) = try gate.store(.reserve(shares)) else { return nil }
            return readings[0].sum == readings[1].sum ? readings[0].sum : nil
        }

        /// - Parameter other: an order that is not the bench's own.
        func status(of other: RecordID? = nil) throws -> OutboundReceipt.Status? {
            let found: Result<OutboundLedger.Entry?, OutboundRefusal> = try gate.desk.ask { answer in
                gate.gate.ledger.find(other ?? id) { answer($0) }
            }
            return try found.get()?.status
        }
    }

    @Test("a call costs its minutes, every one that was begun", arguments: [
        (0, 1), (1, 1), (60, 1), (61, 2), (180, 3), (181, 4), (3_600, 60), (86_400, 1_440),
    ])
    func minutes(_ row: (seconds: Int, minutes: Int64)) throws {
        let bench = try Bench()
        #expect(try bench.spent() == bench.price && bench.price == 3 * 140)
        try bench.settle(.sent)
        #expect(try bench.spent() == bench.price)
        for _ in 0..<3 { try bench.settle(.delivered, seconds: row.seconds) }
        #expect(try bench.spent() == 140 * row.minutes && bench.status() == .delivered)
    }

    @Test("what failed costs nothing, however often it is told", arguments: AgentChannel.allCases)
    func failed(channel: AgentChannel) throws {
        let address = channel == .email ? "ana@x.example" : channel == .telegram ? "telegram:77" : "+12025550123"
        let bench = try Bench(channel, to: address)
        #expect(try bench.spent() == bench.price)
        for _ in 0..<3 { try bench.settle(.failed) }
        #expect(try bench.spent() == 0 && bench.status() == .failed)
    }

    @Test("a message that arrived costs what was reserved")
    func delivered() throws {
        let bench = try Bench(.sms)
        for status in [OutboundReceipt.Status.sent, .delivered, .read, .delivered] { try bench.settle(status) }
        #expect(try bench.spent() == bench.price && bench.status() == .read)
    }

    @Test("what arrived after all costs again, once; a failure after that gives nothing back")
    func order() throws {
        let bench = try Bench(.sms)
        try bench.settle(.failed)
        for _ in 0..<2 { try bench.settle(.delivered) }
        #expect(try bench.spent() == bench.price && bench.status() == .delivered)
        try bench.settle(.read)
        try bench.settle(.failed)
        #expect(try bench.spent() == bench.price && bench.status() == .read)
        let other = try Bench(.sms)
        try other.settle(.delivered)
        try other.settle(.failed)
        #expect(try other.spent() == other.price && other.status() == .delivered)
    }

    @Test("receipts that come at one moment settle once")
    func together() throws {
        let bench = try Bench()
        var told: [OutboundLedger.Settled] = []
        for _ in 0..<8 {
            bench.gate.gate.ledger.settle(bench.reference, .delivered, seconds: 61) { told.append($0) }
        }
        bench.gate.desk.rig.run(for: .seconds(5)) { told.count == 8 }
        #expect(told.count == 8 && told.allSatisfy { if case .order = $0 { true } else { false } })
        #expect(try bench.spent() == 280)
    }

    @Test("a call without a length keeps its reservation")
    func lengthless() throws {
        let bench = try Bench()
        try bench.settle(.delivered)
        #expect(try bench.spent() == bench.price)
        try bench.settle(.delivered, seconds: 30)
        #expect(try bench.spent() == 140)
    }

    @Test("the money goes back to the day of the order; a day that is over hears nothing of it")
    func days() throws {
        let bench = try Bench()
        let ordered = bench.gate.now
        bench.gate.pass(.hours(24))
        try bench.settle(.failed)
        let today = OutboundBudget.key(bench.gate.agent, .spendPerDay, at: bench.gate.now)
        let that = OutboundBudget.key(bench.gate.agent, .spendPerDay, at: ordered)
        #expect(today != that)
        for key in [today, that] {
            let shares = [StoreShare(key, 0, most: .max, within: .days(1))]
            guard case .reserved(let readings) = try bench.gate.store(.reserve(shares)) else { return }
            #expect(readings[0].sum == 0)
        }
        #expect(try bench.status() == .failed)
    }

    @Test("of an order that is not known nothing is kept; a store that is away asks for the receipt again")
    func unknown() throws {
        let bench = try Bench()
        #expect(try bench.settle(.failed, .provider(.voice, [UInt8](text: "CAother"))) == .nothing)
        #expect(try bench.settle(.failed, .provider(.sms, [UInt8](text: "p-") + bench.id.hex)) == .nothing)
        #expect(try bench.settle(.failed, .order(RecordID(high: 1, low: 1))) == .nothing)
        bench.gate.desk.bare.isAway = true
        #expect(try bench.settle(.failed) == .unavailable)
        bench.gate.desk.bare.isAway = false
        #expect(try bench.spent() == bench.price && bench.status() == .sent)
        guard case .order(let record) = try bench.settle(.failed) else {
            Issue.record("the order was not found")
            return
        }
        #expect(record.id == bench.id)
    }

    @Test("a failure and an arrival at one moment: what arrived is paid for, once", arguments: [
        [OutboundReceipt.Status.failed, .delivered], [.delivered, .failed], [.failed, .delivered, .failed, .delivered],
        [.delivered, .failed, .read, .failed],
    ])
    func atOnce(_ statuses: [OutboundReceipt.Status]) throws {
        for (channel, seconds) in [(AgentChannel.sms, nil), (.voice, 61 as Int?)] {
            let bench = try Bench(channel)
            var told = 0
            for status in statuses {
                bench.gate.gate.ledger.settle(
                    bench.reference, status, seconds: status == .failed ? nil : seconds) { _ in told += 1 }
            }
            bench.gate.desk.rig.run(for: .seconds(5)) { told == statuses.count }
            #expect(told == statuses.count)
            #expect(try bench.spent() == (channel == .voice ? 280 : bench.price), "\(statuses) by \(channel)")
        }
    }

    @Test("what the provider refused is given back once, whatever is told of it later")
    func refusedThenFailed() throws {
        let bench = try Bench(.sms)
        bench.gate.providers[.sms]?.outcomes = [.refused(word: "undeliverable")]
        let before = try bench.spent()
        var id: RecordID?
        bench.gate.providers[.sms]?.onSend = { id = $0.id }
        #expect(try bench.gate.refusal(try bench.gate.order(.sms, "+12025550123"))?.code == .providerRefused)
        #expect(try bench.spent() == before)
        let refused = try #require(id)
        for _ in 0..<3 { try bench.settle(.failed, .order(refused)) }
        #expect(try bench.spent() == before)
    }

    // MARK: Before the provider's id is known

    private func named(_ providerID: String, _ order: RecordID, _ channel: AgentChannel = .sms)
        -> OutboundLedger.Reference
    {
        .provider(channel, [UInt8](text: providerID), order: order)
    }

    @Test("a receipt that is faster than the provider's answer finds its order by what it calls it, and settles once")
    func early() throws {
        let bench = try Bench(.voice, outcome: .unknown(word: "timeout"))
        #expect(try bench.status() == .queued && bench.spent() == bench.price)
        #expect(try bench.settle(.delivered, .provider(.voice, [UInt8](text: "CA1"))) == .nothing)
        for _ in 0..<3 { try bench.settle(.delivered, seconds: 61, named("CA1", bench.id, .voice)) }
        #expect(try bench.spent() == 280 && bench.status() == .delivered)
        // From now on the id is enough, and nothing goes back.
        guard case .order = try bench.settle(.failed, .provider(.voice, [UInt8](text: "CA1"))) else {
            Issue.record("the id is not known")
            return
        }
        #expect(try bench.spent() == 280 && bench.status() == .delivered)
    }

    @Test("what an early receipt says stands when the provider's answer comes after it", arguments: [
        OutboundReceipt.Status.failed, .delivered,
    ])
    func answerAfter(status: OutboundReceipt.Status) throws {
        let bench = try Bench(.sms)
        let ledger = bench.gate.gate.ledger
        var orders: [RecordID] = []
        bench.gate.providers[.sms]?.onSend = { dispatch in
            orders.append(dispatch.id)
            let receipt = OutboundLedger.Reference.provider(
                .sms, [UInt8](text: "p-") + dispatch.id.hex, order: dispatch.id)
            for _ in 0..<4 { ledger.settle(receipt, status) }
        }
        #expect(try bench.gate.receipt(try bench.gate.order(.sms, "+12025550123"))?.status == .sent)
        bench.gate.pass(.seconds(1))
        let order = try #require(orders.count == 1 ? orders[0] : nil)
        #expect(try bench.status(of: order) == status)
        #expect(try bench.spent() == (status == .failed ? bench.price : 2 * bench.price))
        #expect(try bench.settle(.failed, named("SM9", order)) == .nothing)
    }

    @Test("an order with an id is not moved by a receipt of another id, whatever it calls the order")
    func foreign() throws {
        let bench = try Bench(.sms)
        #expect(try bench.settle(.failed, named("SM9", bench.id)) == .nothing)
        #expect(try bench.spent() == bench.price && bench.status() == .sent)
        // An id that is known belongs to its own order.
        let receipt = try #require(try bench.gate.receipt(try bench.gate.order(.sms, "+12025550123")))
        let other = try #require(LedgerRecord.id(ofKey: receipt.key))
        _ = try bench.settle(.failed, named("p-\(other.hex.text)", bench.id))
        #expect(try bench.status() == .sent && bench.status(of: other) == .failed)
        #expect(try bench.spent() == bench.price)
        #expect(try bench.settle(.failed, named("SM9", RecordID(high: 1, low: 1))) == .nothing)
    }

    @Test("the first id that receipts name is the order's; those of two ids at one moment move it once")
    func rivals() throws {
        let bench = try Bench(.sms, outcome: .unknown(word: "timeout"))
        #expect(try bench.settle(.failed, named("SM1", bench.id, .whatsapp)) == .nothing)
        var told: [OutboundLedger.Settled] = []
        for id in ["SM1", "SM2", "SM1", "SM2"] {
            bench.gate.gate.ledger.settle(named(id, bench.id), .failed) { told.append($0) }
        }
        bench.gate.desk.rig.run(for: .seconds(5)) { told.count == 4 }
        #expect(told.count == 4 && told.filter { $0 == .nothing }.count == 2 && !told.contains(.unavailable))
        #expect(try bench.spent() == 0 && bench.status() == .failed)
        bench.gate.desk.bare.isAway = true
        #expect(try bench.settle(.delivered, named("SM1", bench.id)) == .unavailable)
    }

    @Test("a receipt of another channel is none of the order's")
    func otherChannel() throws {
        let bench = try Bench(.sms)
        let told: OutboundLedger.Settled = try bench.gate.desk.ask { answer in
            bench.gate.gate.ledger.settle(.order(bench.id), .failed, from: .whatsapp) { answer($0) }
        }
        #expect(told == .nothing)
        #expect(try bench.spent() == bench.price && bench.status() == .sent)
    }
}
