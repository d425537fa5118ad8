// A store whose values are sealed before they reach the one below and opened when they come back. One per loop, above
// its view of any store; the rest of the loop knows only this one. Keys, claims and counters pass through.

final class SealedStore: Store {
    /// What opening needs, apart from the store, so that no completion keeps the store alive.
    private final class Opener {
        let keys: SealKeys
        let onUnopened: (StoreKey) -> Void
        var unopened = 0

        init(_ keys: SealKeys, _ onUnopened: @escaping (StoreKey) -> Void) {
            self.keys = keys
            self.onUnopened = onUnopened
        }

        func open(_ sealed: [UInt8], of record: StoreKey) -> [UInt8]? {
            if let plain = keys.open(sealed, of: record) { return plain }
            unopened += 1
            onUnopened(record)
            return nil
        }
    }

    private let inner: any Store
    private let opener: Opener

    /// - Parameter onUnopened: told of each value that no key opens, each time it is met. Such a value stays in the
    ///   store: `get` answers `unavailable`, a page leaves it out, an entry is not given to `onEntry`.
    init(_ inner: any Store, keys: SealKeys, onUnopened: @escaping (StoreKey) -> Void = { _ in }) {
        self.inner = inner
        opener = Opener(keys, onUnopened)
    }

    /// Values met that no key opened.
    var unopenedCount: Int { opener.unopened }
    /// Values sealed.
    var sealCount: Int { opener.keys.sealCount }

    func submit(_ operation: StoreOperation, _ completion: @escaping (StoreAnswer) -> Void) {
        switch operation {
        case .get(let key) where key.room.isSealed:
            inner.submit(operation) { [opener] answer in
                guard case .value(let sealed?) = answer else { return completion(answer) }
                completion(opener.open(sealed, of: key).map { .value($0) } ?? .unavailable)
            }
        case .list(let room, let after, let limit) where room.isSealed:
            list(room, after: after, limit: limit, found: [], completion)
        case .get, .list, .put, .claim, .mark, .add, .reserve, .append, .remove, .withdraw, .holding, .batch:
            inner.submit(sealed(operation), completion)
        }
    }

    func deliver(at now: WallTime) -> Bool { inner.deliver(at: now) }

    var returnsEntries: Bool { inner.returnsEntries }
    func standing(of entry: RecordID) -> EntryStanding { inner.standing(of: entry) }
    var epoch: [UInt8]? { inner.epoch }

    var onEntry: ((QueueEntry) -> Void)? {
        didSet {
            guard let onEntry else { return inner.onEntry = nil }
            inner.onEntry = { [opener] entry in
                guard let plain = opener.open(entry.value, of: entry.key) else { return }
                onEntry(QueueEntry(key: entry.key, lane: entry.lane, value: plain))
            }
        }
    }

    /// A page is filled up for what is left out of it: a short page means that the room ends.
    private func list(
        _ room: StoreRoom, after: RecordID?, limit: Int, found: [StoreRecord],
        _ completion: @escaping (StoreAnswer) -> Void
    ) {
        let wanted = limit - found.count
        inner.submit(.list(room, after: after, limit: wanted)) { [self] answer in
            guard case .page(let sealed) = answer else { return completion(answer) }
            let records = found + sealed.compactMap { record in
                opener.open(record.value, of: StoreKey(room, record.id)).map { StoreRecord(id: record.id, value: $0) }
            }
            guard let last = sealed.last, sealed.count == wanted, records.count < limit else {
                return completion(.page(records))
            }
            list(room, after: last.id, limit: limit, found: records, completion)
        }
    }

    private func sealed(_ operation: StoreOperation) -> StoreOperation {
        switch operation {
        case .put(let key, let value, let expires) where key.room.isSealed:
            .put(key, opener.keys.seal(value, for: key), expires: expires)
        case .append(let entry):
            .append(QueueEntry(key: entry.key, lane: entry.lane, value: opener.keys.seal(entry.value, for: entry.key)))
        case .batch(let parts) where parts.contains(where: Self.isSealed):
            .batch(parts.map { sealed($0) })
        case .get, .list, .put, .claim, .mark, .add, .reserve, .remove, .withdraw, .holding, .batch:
            operation
        }
    }

    /// Whether a part of a batch holds what is sealed.
    private static func isSealed(_ part: StoreOperation) -> Bool {
        switch part {
        case .put(let key, _, _): key.room.isSealed
        case .append: true
        case .batch(let parts): parts.contains(where: isSealed)
        case .get, .list, .claim, .mark, .add, .reserve, .remove, .withdraw, .holding: false
        }
    }
}
