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

/// The table as a value. Records stand in slots beside their expiry, so that the sweep walks over numbers only.
struct MemoryRecords {
    private struct Record {
        let key: StoreKey
        let value: [UInt8]
        let isClaim: Bool

        var octets: Int { key.bytes.count &+ value.count }
    }

    /// What an operation would leave under a key; no record removes it.
    private struct Change {
        let key: StoreKey
        var slot: Int?
        var record: Record?
        var expires = never
    }

    /// Expiry of a record that has none, in milliseconds of civil time.
    private static let never = Int64.max

    private let claimsMax: Int
    private let octetsMax: ByteCount
    private var index: [StoreKey: Int] = [:]
    private var slots: [Record?] = []
    private var expiries: [Int64] = []
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
        if case .get(let key) = operation { return .value(value(of: key, at: now)) }
        var changes: [Change] = []
        let answer = plan(operation, &changes, at: now)
        if answer == .claimed(false) { return answer }
        if !fits(changes) {
            sweep(Limits.storeSweepWhenFull, at: now)
            for place in changes.indices { changes[place].slot = index[changes[place].key] }
            guard fits(changes) else { return .unavailable }
        }
        for change in changes { commit(change) }
        return answer
    }

    // MARK: Planning: nothing is changed before the whole operation is known to succeed

    private func plan(_ operation: StoreOperation, _ changes: inout [Change], at now: WallTime) -> StoreAnswer {
        switch operation {
        case .get:
            return .done
        case .put(let key, let value, let expires):
            let place = stage(key, &changes)
            changes[place].record = Record(key: key, value: value, isClaim: false)
            changes[place].expires = expires.map { (now + $0).milliseconds } ?? Self.never
            return .done
        case .claim(let key, let expires):
            let known = changes.count
            let place = stage(key, &changes)
            // A change of this very operation decides; else the table does.
            let isTaken =
                place < known
                ? changes[place].record != nil : changes[place].slot.map { isAlive($0, at: now) } ?? false
            guard !isTaken else { return .claimed(false) }
            changes[place].record = Record(key: key, value: [], isClaim: true)
            changes[place].expires = (now + expires).milliseconds
            return .claimed(true)
        case .remove(let key):
            changes[stage(key, &changes)].record = nil
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

    /// The place of the change of a key. Batches are short, so they are searched one by one.
    private func stage(_ key: StoreKey, _ changes: inout [Change]) -> Int {
        if let place = changes.firstIndex(where: { $0.key == key }) { return place }
        changes.append(Change(key: key, slot: index[key]))
        return changes.count - 1
    }

    private func isAlive(_ slot: Int, at now: WallTime) -> Bool { now.milliseconds < expiries[slot] }

    private func value(of key: StoreKey, at now: WallTime) -> [UInt8]? {
        guard let slot = index[key], isAlive(slot, at: now) else { return nil }
        return slots[slot]?.value
    }

    private func fits(_ changes: [Change]) -> Bool {
        var claimsAfter = claims
        var octetsAfter = octets
        var grows = false
        for change in changes {
            if let slot = change.slot, let old = slots[slot] {
                if old.isClaim { claimsAfter -= 1 }
                octetsAfter -= old.octets
            }
            guard let new = change.record else { continue }
            if new.isClaim { claimsAfter += 1 }
            octetsAfter += new.octets
            grows = true
        }
        return !grows || claimsAfter <= claimsMax && octetsAfter <= octetsMax.bytes
    }

    // MARK: Changing

    private mutating func commit(_ change: Change) {
        guard let record = change.record else {
            if let slot = change.slot { drop(slot) }
            return
        }
        let slot: Int
        if let own = change.slot {
            slot = own
            forget(slots[own])
        } else if let unused = free.popLast() {
            slot = unused
            index[change.key] = slot
        } else {
            slot = slots.count
            slots.append(nil)
            expiries.append(Self.never)
            index[change.key] = slot
        }
        slots[slot] = record
        expiries[slot] = change.expires
        octets += record.octets
        if record.isClaim { claims += 1 }
    }

    private mutating func drop(_ slot: Int) {
        guard let old = slots[slot] else { return }
        index[old.key] = nil
        slots[slot] = nil
        expiries[slot] = Self.never
        free.append(slot)
        forget(old)
    }

    private mutating func forget(_ old: Record?) {
        guard let old else { return }
        octets -= old.octets
        if old.isClaim { claims -= 1 }
    }

    private mutating func sweep(_ steps: Int, at now: WallTime) {
        for _ in 0..<min(steps, expiries.count) {
            if sweepAt >= expiries.count { sweepAt = 0 }
            if !isAlive(sweepAt, at: now) { drop(sweepAt) }
            sweepAt += 1
        }
    }
}
