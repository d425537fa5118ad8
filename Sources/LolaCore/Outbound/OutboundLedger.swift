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

    /// A receipt: forwards only, any number of times. Of an order that is not known nothing is kept.
    /// - Parameter told: given the order when its state is durable; nil when there is none.
    func settle(
        _ reference: Reference, _ status: OutboundReceipt.Status, told: @escaping (LedgerRecord?) -> Void = { _ in }
    ) {
        switch reference {
        case .order(let id): settle(id, status, told)
        case .provider(let channel, let providerID):
            store.submit(.get(pointerKey(channel, providerID))) { [self] answer in
                guard case .value(let bytes?) = answer, let id = Self.pointer(bytes) else { return told(nil) }
                settle(id, status, told)
            }
        }
    }

    private func settle(_ id: RecordID, _ status: OutboundReceipt.Status, _ told: @escaping (LedgerRecord?) -> Void) {
        store.submit(.get(StoreKey(.ledger, id))) { [self] answer in
            guard case .value(let bytes?) = answer,
                let record = try? LedgerRecord(StoreRecord(id: id, value: bytes))
            else { return told(nil) }
            store.submit(.batch(reached(status, id, record.channel))) { told($0 == .done ? record : nil) }
        }
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
