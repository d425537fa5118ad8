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
        /// By the provider's id.
        case provider(AgentChannel, [UInt8])
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
            var writer = RecordWriter(version: Self.pointerVersion)
            writer.octets(id.bytes)
            changes.append(.put(pointerKey(channel, providerID), writer.bytes, expires: Limits.ledgerRetention))
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
    /// - Parameter seconds: of a call that is over.
    func settle(
        _ reference: Reference, _ status: OutboundReceipt.Status, seconds: Int? = nil,
        told: @escaping (Settled) -> Void = { _ in }
    ) {
        switch reference {
        case .order(let id): settle(id, status, seconds, told)
        case .provider(let channel, let providerID):
            store.submit(.get(pointerKey(channel, providerID))) { [self] answer in
                guard case .value(let bytes) = answer else { return told(.unavailable) }
                guard let id = bytes.flatMap(Self.pointer) else { return told(.nothing) }
                settle(id, status, seconds, told)
            }
        }
    }

    private func settle(
        _ id: RecordID, _ status: OutboundReceipt.Status, _ seconds: Int?, _ told: @escaping (Settled) -> Void
    ) {
        let keys = [StoreKey(.ledger, id), Self.statusKey(id, .delivered), Self.statusKey(id, .read)]
            + [Bill.void, .paid].map { Self.billKey(id, $0) }
        store.readAll(keys) { [self] values in
            guard let values else { return told(.unavailable) }
            guard let bytes = values[0], let record = try? LedgerRecord(StoreRecord(id: id, value: bytes)) else {
                return told(.nothing)
            }
            let states = reached(status, id, record.channel)
            let known = Known(
                isDelivered: values[1] != nil || values[2] != nil, isVoid: values[3] != nil, isPaid: values[4] != nil)
            let money = Self.money(record, status, seconds, known).map { bill, amount in
                [.claim(Self.billKey(id, bill), expires: Limits.ledgerRetention)]
                    + OutboundBudget.later(record.agent, amount, orderedAt: record.at, at: loop.wall)
            }
            store.submit(.batch((money ?? []) + states)) { [self] answer in
                switch answer {
                case .done, .claimed(true): told(.order(record))
                // Another receipt was faster with the money.
                case .claimed(false): store.submit(.batch(states)) { told($0 == .done ? .order(record) : .unavailable) }
                default: told(.unavailable)
                }
            }
        }
    }

    /// What a receipt may change of the price, each once: nothing is paid after all, or another price than reserved.
    private enum Bill: String { case void, paid }

    /// What receipts before this one have said.
    private struct Known {
        let isDelivered: Bool
        let isVoid: Bool
        let isPaid: Bool
    }

    /// What the agent's counters must hear; nil when what they say stands.
    private static func money(
        _ record: LedgerRecord, _ status: OutboundReceipt.Status, _ seconds: Int?, _ known: Known
    ) -> (Bill, SpendAmount)? {
        let reserved = record.price.hundredths
        switch status {
        case .queued, .sent: return nil
        case .failed:
            guard !known.isDelivered, !known.isVoid, reserved != 0 else { return nil }
            return (.void, SpendAmount(hundredths: -reserved))
        case .delivered, .read:
            let price = seconds.map { PriceTable.call(reserved: record.price, seconds: $0).hundredths } ?? reserved
            let amount = price - (known.isVoid ? 0 : reserved)
            guard !known.isPaid, amount != 0 else { return nil }
            return (.paid, SpendAmount(hundredths: amount))
        }
    }

    private static func billKey(_ id: RecordID, _ bill: Bill) -> StoreKey {
        let text = [UInt8](text: "lola order bill \(bill.rawValue) ") + id.bytes
        return StoreKey(.posted, RecordID(digest: Digest.sha256(text)))
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
        return StoreKey(.ledger, RecordID(digest: Digest.sha256(text)))
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
        return StoreKey(.ledger, RecordID(digest: Digest.sha256(text)))
    }

    /// Providers' ids may hold the person's number: only a keyed hash of them is kept.
    private func pointerKey(_ channel: AgentChannel, _ providerID: [UInt8]) -> StoreKey {
        StoreKey(.ledger, pseudonyms.id([0x7C] + [UInt8](text: "order \(channel.rawValue) ") + providerID))
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
