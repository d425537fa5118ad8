// What the store holds of the guard: read before the doors open, and again and again where gateways share a store.

struct GuardRecords: Sendable {
    var failures: [(id: RecordID, record: FailureRecord)] = []
    var lockouts: [LockoutRecord] = []

    /// Reads everything, page by page; nil when the store does not answer. A record that cannot be read is passed over:
    /// it ends by itself.
    static func read(_ store: any Store, _ done: @escaping (GuardRecords?) -> Void) {
        page(store, .lockout, after: nil, found: []) { lockouts in
            guard let lockouts else { return done(nil) }
            page(store, .failure, after: nil, found: []) { failures in
                done(failures.map { GuardRecords(failures: $0, lockouts: lockouts) })
            }
        }
    }

    init() {}

    init(failures: [StoreRecord], lockouts: [StoreRecord]) {
        self.failures = failures.compactMap { record in
            (try? FailureRecord(record.value)).map { (record.id, $0) }
        }
        self.lockouts = lockouts.compactMap { try? LockoutRecord($0.value) }
    }

    private static func page(
        _ store: any Store, _ room: StoreRoom, after: RecordID?, found: [StoreRecord],
        _ done: @escaping ([StoreRecord]?) -> Void
    ) {
        store.submit(.list(room, after: after, limit: Limits.guardPageMax)) { answer in
            guard case .page(let records) = answer else { return done(nil) }
            let all = found + records
            guard records.count == Limits.guardPageMax, let last = records.last else { return done(all) }
            page(store, room, after: last.id, found: all, done)
        }
    }
}

/// Everything of an earlier process that the guard goes on from.
struct GuardMemory: Sendable {
    var records = GuardRecords()
    /// Batches of counted requests.
    var batches: [[UInt8]] = []

    init() {}

    /// Asks the store itself, not through its seals; `ask` waits for the answer. Nil when the store does not answer.
    init?(keys: SealKeys, ask: (StoreOperation) -> StoreAnswer) {
        func all(_ room: StoreRoom) -> [StoreRecord]? {
            var found: [StoreRecord] = []
            var last: RecordID?
            while true {
                let answer = ask(.list(room, after: last, limit: Limits.guardPageMax))
                guard case .page(let page) = answer else { return nil }
                found += page.compactMap { record in
                    keys.open(record.value, of: StoreKey(room, record.id)).map { StoreRecord(id: record.id, value: $0) }
                }
                guard page.count == Limits.guardPageMax, let end = page.last else { return found }
                last = end.id
            }
        }
        guard let failures = all(.failure), let lockouts = all(.lockout), let limits = all(.limit) else { return nil }
        records = GuardRecords(failures: failures, lockouts: lockouts)
        batches = limits.map(\.value)
    }
}
