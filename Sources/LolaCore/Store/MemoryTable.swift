// The records of the memory store: one table for all loops, behind a lock that is held for one operation at a time.
// Bounded in claims and octets: when it is full it refuses, it never forgets. Expired records are absent at once and
// are swept a few at a time, so that no operation pays for the whole table.
internal import Synchronization

final class MemoryTable: Sendable {
    private let records: Mutex<MemoryRecords>

    /// - Parameters:
    ///   - claimsMax: claims kept at a time.
    ///   - octetsMax: keys and values together.
    init(claimsMax: Int = Limits.storeClaimsMax, octetsMax: ByteCount = Limits.storeOctetsMax) {
        records = Mutex(MemoryRecords(claimsMax: claimsMax, octetsMax: octetsMax))
    }

    func apply(_ operation: StoreOperation, at now: WallTime) -> StoreAnswer {
        records.withLock { $0.apply(operation, at: now) }
    }

    /// Records in memory, expired ones that are not yet swept included.
    var count: Int { records.withLock { $0.count } }
}

/// The table as a value. Records stand in slots, so that the sweep can walk them without copying the index.
struct MemoryRecords {
    private struct Record {
        let key: StoreKey
        let value: [UInt8]
        let expires: WallTime?
        let isClaim: Bool

        var octets: Int { key.bytes.count &+ value.count }
        func isAlive(at now: WallTime) -> Bool { expires.map { now < $0 } ?? true }
    }

    /// What a batch would leave under a key.
    private enum Change {
        case store(Record)
        case remove
    }

    private let claimsMax: Int
    private let octetsMax: ByteCount
    private var index: [StoreKey: Int] = [:]
    private var slots: [Record?] = []
    private var free: [Int] = []
    private var sweepAt = 0
    private var claims = 0
    private var octets = 0

    init(claimsMax: Int, octetsMax: ByteCount) {
        self.claimsMax = claimsMax
        self.octetsMax = octetsMax
    }

    var count: Int { index.count }

    mutating func apply(_ operation: StoreOperation, at now: WallTime) -> StoreAnswer {
        sweep(Limits.storeSweepStep, at: now)
        if case .get(let key) = operation { return .value(record(key, at: now)?.value) }
        var changes: [StoreKey: Change] = [:]
        let answer = plan(operation, &changes, at: now)
        if answer == .claimed(false) { return answer }
        guard makeRoom(for: changes, at: now) else { return .unavailable }
        for (key, change) in changes { commit(key, change) }
        return answer
    }

    // MARK: Planning: nothing is changed before the whole operation is known to succeed

    private func plan(
        _ operation: StoreOperation, _ changes: inout [StoreKey: Change], at now: WallTime
    ) -> StoreAnswer {
        switch operation {
        case .get:
            return .done
        case .put(let key, let value, let expires):
            changes[key] = .store(
                Record(key: key, value: value, expires: expires.map { now + $0 }, isClaim: false))
            return .done
        case .claim(let key, let expires):
            guard !isPresent(key, changes, at: now) else { return .claimed(false) }
            changes[key] = .store(Record(key: key, value: [], expires: now + expires, isClaim: true))
            return .claimed(true)
        case .remove(let key):
            changes[key] = .remove
            return .done
        case .batch(let parts):
            var answer = StoreAnswer.done
            for part in parts {
                switch plan(part, &changes, at: now) {
                case .claimed(false): return .claimed(false)
                case .claimed(true): answer = .claimed(true)
                case .done, .value, .unavailable: break
                }
            }
            return answer
        }
    }

    private func isPresent(_ key: StoreKey, _ changes: [StoreKey: Change], at now: WallTime) -> Bool {
        switch changes[key] {
        case .store: true
        case .remove: false
        case nil: record(key, at: now) != nil
        }
    }

    private func record(_ key: StoreKey, at now: WallTime) -> Record? {
        guard let slot = index[key], let record = slots[slot], record.isAlive(at: now) else { return nil }
        return record
    }

    // MARK: Room

    /// Whether the changes fit, after a longer sweep if they must.
    private mutating func makeRoom(for changes: [StoreKey: Change], at now: WallTime) -> Bool {
        if fits(changes) { return true }
        sweep(Limits.storeSweepWhenFull, at: now)
        return fits(changes)
    }

    private func fits(_ changes: [StoreKey: Change]) -> Bool {
        var claimsAfter = claims
        var octetsAfter = octets
        var grows = false
        for (key, change) in changes {
            if let slot = index[key], let old = slots[slot] {
                if old.isClaim { claimsAfter -= 1 }
                octetsAfter -= old.octets
            }
            guard case .store(let new) = change else { continue }
            if new.isClaim { claimsAfter += 1 }
            octetsAfter += new.octets
            grows = true
        }
        return !grows || claimsAfter <= claimsMax && octetsAfter <= octetsMax.bytes
    }

    private mutating func commit(_ key: StoreKey, _ change: Change) {
        drop(key)
        guard case .store(let record) = change else { return }
        if let slot = free.popLast() {
            slots[slot] = record
            index[key] = slot
        } else {
            index[key] = slots.count
            slots.append(record)
        }
        octets += record.octets
        if record.isClaim { claims += 1 }
    }

    private mutating func drop(_ key: StoreKey) {
        guard let slot = index.removeValue(forKey: key), let old = slots[slot] else { return }
        slots[slot] = nil
        free.append(slot)
        octets -= old.octets
        if old.isClaim { claims -= 1 }
    }

    private mutating func sweep(_ steps: Int, at now: WallTime) {
        for _ in 0..<min(steps, slots.count) {
            if sweepAt >= slots.count { sweepAt = 0 }
            if let record = slots[sweepAt], !record.isAlive(at: now) { drop(record.key) }
            sweepAt += 1
        }
    }
}
