// The ledger of what agents have sent: opened before the provider is called, then what became of it, by the provider's
// answer and by its later receipts. One per loop.

final class OutboundLedger {
    struct Entry: Hashable, Sendable {
        let record: LedgerRecord
        var status = OutboundReceipt.Status.queued
        /// When the status was reached.
        var changed: WallTime
    }

    /// How a receipt names an order.
    enum Reference: Hashable, Sendable {
        case order(RecordID)
        /// By the provider's id. `order` is what the receipt itself calls the order: it counts while neither this id
        /// nor another one of that order is known.
        case provider(AgentChannel, [UInt8], order: RecordID? = nil)
    }

    private static let statusVersion: UInt8 = 2
    private static let pointerVersion: UInt8 = 3
    private static let talkVersion: UInt8 = 4

    private let loop: Loop
    private let store: any Store
    private let pseudonyms: Pseudonyms
    private let names: PersonNames

    /// - Parameter store: with its seals.
    init(_ loop: Loop, store: any Store, pseudonyms: Pseudonyms, names: PersonNames) {
        self.loop = loop
        self.store = store
        self.pseudonyms = pseudonyms
        self.names = names
    }

    /// What stands for a person in the ledger.
    func name(of address: PersonAddress) -> RecordID { Self.name(of: address, names) }

    static func name(of address: PersonAddress, _ names: PersonNames) -> RecordID { names.id("ledger", address) }

    // MARK: Writing

    func opening(_ record: LedgerRecord) -> StoreOperation {
        .put(StoreKey(.ledger, record.id), record.bytes, expires: Limits.ledgerRetention)
    }

    /// A state that was reached; with the provider's id, under which receipts may name the order.
    func reached(
        _ status: OutboundReceipt.Status, _ id: RecordID, _ channel: AgentChannel, providerID: [UInt8] = []
    ) -> [StoreOperation] {
        var writer = RecordWriter(version: Self.statusVersion)
        writer.word(loop.wall.milliseconds)
        var changes: [StoreOperation] = [
            .put(Self.statusKey(id, status), writer.bytes, expires: Limits.ledgerRetention)
        ]
        if !providerID.isEmpty {
            let pointer = Self.pointing(pointerKey(channel, providerID), to: id)
            changes += [pointer, .mark(Self.namedKey(id), expires: Limits.ledgerRetention)]
        }
        return changes
    }

    // MARK: Receipts

    /// What became of a receipt.
    enum Settled: Hashable, Sendable {
        /// The order's state, and what it costs, are durable.
        case order(LedgerRecord)
        /// It is of no order that is known: nothing is kept.
        case nothing
        /// The store could not tell: the provider must say it again.
        case unavailable
    }

    /// A receipt: forwards only, any number of times. What failed is paid for no longer, a call by its length; each
    /// once for an order.
    ///
    /// - Parameters:
    ///   - channel: whose receipt it is, when the reference does not say it; an order of another is none of its.
    ///   - seconds: of a call that is over.
    func settle(
        _ reference: Reference, _ status: OutboundReceipt.Status, from channel: AgentChannel? = nil,
        seconds: Int? = nil, told: @escaping (Settled) -> Void = { _ in }
    ) {
        switch reference {
        case .order(let id): settle(Receipt(order: id, channel: channel, status: status, seconds: seconds), told)
        case .provider(let channel, let providerID, let order):
            let key = pointerKey(channel, providerID)
            store.submit(.get(key)) { [self] answer in
                guard case .value(let bytes) = answer else { return told(.unavailable) }
                let known = bytes.flatMap(Self.pointer)
                guard let id = known ?? order else { return told(.nothing) }
                settle(
                    Receipt(
                        order: id, channel: channel, status: status, seconds: seconds,
                        early: known == nil ? key : nil), told)
            }
        }
    }

    private struct Receipt {
        let order: RecordID
        let channel: AgentChannel?
        let status: OutboundReceipt.Status
        let seconds: Int?
        /// Where the provider's id is to be known from now on: the receipt was faster than the provider's answer.
        var early: StoreKey?
    }

    /// - Parameter attempts: left, when other receipts of the order are faster.
    private func settle(_ receipt: Receipt, attempts: Int = 4, _ told: @escaping (Settled) -> Void) {
        let id = receipt.order
        // What is taken together is read in this order: who sees the first of a failure sees that it was one.
        let keys = [StoreKey(.ledger, id)] + Bill.allCases.map { Self.billKey(id, $0) }
        let naming = receipt.early.map { [Self.namedKey(id), $0] } ?? []
        store.readAll(keys + naming) { [self] values in
            guard let values, attempts > 0 else { return told(.unavailable) }
            guard let bytes = values[0], let record = try? LedgerRecord(StoreRecord(id: id, value: bytes)),
                receipt.channel == nil || receipt.channel == record.channel,
                let names = Self.naming(receipt, values.dropFirst(keys.count))
            else { return told(.nothing) }
            let taken = Set(zip(Bill.allCases, values.dropFirst()).filter { $1 != nil }.map(\.0))
            let (bills, amount) = Self.money(record, receipt, taken)
            var changes = bills.map { StoreOperation.claim(Self.billKey(id, $0), expires: Limits.ledgerRetention) }
                + (amount.hundredths == 0
                    ? [] : OutboundBudget.later(record.agent, amount, orderedAt: record.at, at: loop.wall))
                + reached(receipt.status, id, record.channel)
            changes += names
            store.submit(.batch(changes)) { [self] answer in
                switch answer {
                case .done, .claimed(true): told(.order(record))
                // Another receipt was faster; what it said decides what this one changes.
                case .claimed(false): settle(receipt, attempts: attempts - 1, told)
                default: told(.unavailable)
                }
            }
        }
    }

    /// What makes the provider's id of an early receipt that of its order, once: who loses the claim reads again. Nil
    /// when the order has another id, or the id another order.
    ///
    /// - Parameter read: of an early receipt whether the order has an id, and what is known of this one.
    private static func naming(_ receipt: Receipt, _ read: ArraySlice<[UInt8]?>) -> [StoreOperation]? {
        guard let key = receipt.early, let named = read.first, let known = read.last else { return [] }
        if let known { return pointer(known) == receipt.order ? [] : nil }
        guard named == nil else { return nil }
        return [
            .claim(namedKey(receipt.order), expires: Limits.ledgerRetention), pointing(key, to: receipt.order),
        ]
    }

    /// What receipts have done to the price, each once, by claims. The first that says how an order ended takes
    /// `ended`: of a failure and an arrival at one moment the second sees what the first was.
    private enum Bill: String, CaseIterable {
        case ended
        /// Nothing was paid, for it failed.
        case void
        /// The price is known.
        case paid
    }

    /// What a receipt takes, and what the agent's counters must hear.
    private static func money(
        _ record: LedgerRecord, _ receipt: Receipt, _ taken: Set<Bill>
    ) -> (bills: [Bill], amount: SpendAmount) {
        let nothing = SpendAmount(hundredths: 0)
        let reserved = record.price.hundredths
        switch receipt.status {
        case .queued, .sent: return ([], nothing)
        case .failed:
            if taken.contains(.ended) { return ([], nothing) }
            return ([.ended, .void], SpendAmount(hundredths: -reserved))
        case .delivered, .read:
            let end: [Bill] = taken.contains(.ended) ? [] : [.ended]
            let price = receipt.seconds.map { PriceTable.call(reserved: record.price, seconds: $0).hundredths }
            let amount = (price ?? reserved) - (taken.contains(.void) ? 0 : reserved)
            // Without a length a call may still get its price.
            guard !taken.contains(.paid), price != nil || amount != 0 else { return (end, nothing) }
            return (end + [.paid], SpendAmount(hundredths: amount))
        }
    }

    private static func billKey(_ id: RecordID, _ bill: Bill) -> StoreKey {
        let text = [UInt8](text: "lola order bill \(bill.rawValue) ") + id.bytes
        return StoreKey(.posted, RecordID(hashOf: text))
    }

    // MARK: Reading

    /// Nil when there is none; a failure when the store cannot tell.
    func find(_ id: RecordID, _ completion: @escaping (Result<Entry?, OutboundRefusal>) -> Void) {
        let statuses = OutboundReceipt.Status.allCases
        let keys = [StoreKey(.ledger, id)] + statuses.map { Self.statusKey(id, $0) }
        store.readAll(keys) { values in
            guard let values else { return completion(.failure(OutboundRefusal(.unavailable))) }
            guard let bytes = values[0] else { return completion(.success(nil)) }
            guard let record = try? LedgerRecord(StoreRecord(id: id, value: bytes)) else {
                return completion(.failure(OutboundRefusal(.unavailable)))
            }
            var entry = Entry(record: record, changed: record.at)
            for (status, value) in zip(statuses, values.dropFirst()) where status.rank >= entry.status.rank {
                guard let value, let at = Self.time(value) else { continue }
                entry.status = status
                entry.changed = at
            }
            completion(.success(entry))
        }
    }

    // MARK: Talks

    /// Who wrote to a person last by a channel: what the person writes there is for this agent.
    func talk(_ record: LedgerRecord) -> StoreOperation {
        var writer = RecordWriter(version: Self.talkVersion)
        writer.octets([UInt8](text: record.agent.text))
        return .put(Self.talkKey(record.channel, record.person), writer.bytes, expires: Limits.talkRetention)
    }

    /// - Parameter person: as `name(of:)` calls an address.
    static func talkKey(_ channel: AgentChannel, _ person: RecordID) -> StoreKey {
        let text = [UInt8](text: "lola talk \(channel.rawValue) ") + person.bytes
        return StoreKey(.ledger, RecordID(hashOf: text))
    }

    /// The agent of a talk; nil for what is none.
    static func talker(_ bytes: [UInt8]) -> AgentID? {
        guard var reader = try? RecordReader(bytes, version: talkVersion), let octets = try? reader.octets() else {
            return nil
        }
        return AgentID(octets)
    }

    // MARK: Keys

    private static func statusKey(_ id: RecordID, _ status: OutboundReceipt.Status) -> StoreKey {
        let text = [UInt8](text: "lola order \(status.rawValue) ") + id.bytes
        return StoreKey(.ledger, RecordID(hashOf: text))
    }

    /// Providers' ids may hold the person's number: only a keyed hash of them is kept.
    private func pointerKey(_ channel: AgentChannel, _ providerID: [UInt8]) -> StoreKey {
        StoreKey(.ledger, pseudonyms.id([0x7C] + [UInt8](text: "order \(channel.rawValue) ") + providerID))
    }

    /// Claimed when the provider's id of an order is known.
    private static func namedKey(_ id: RecordID) -> StoreKey {
        StoreKey(.posted, RecordID(hashOf: [UInt8](text: "lola order named ") + id.bytes))
    }

    private static func pointing(_ key: StoreKey, to id: RecordID) -> StoreOperation {
        var writer = RecordWriter(version: pointerVersion)
        writer.octets(id.bytes)
        return .put(key, writer.bytes, expires: Limits.ledgerRetention)
    }

    private static func time(_ bytes: [UInt8]) -> WallTime? {
        guard var reader = try? RecordReader(bytes, version: statusVersion) else { return nil }
        return (try? reader.signedWord()).map { WallTime(milliseconds: $0) }
    }

    private static func pointer(_ bytes: [UInt8]) -> RecordID? {
        guard var reader = try? RecordReader(bytes, version: pointerVersion), let octets = try? reader.octets(),
            octets.count == RecordID.count
        else { return nil }
        return RecordID(digest: octets)
    }
}
