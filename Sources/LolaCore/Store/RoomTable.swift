// The records of one room in memory. Records stand in slots that they keep until they go, beside their expiries, so
// that the sweep walks over numbers only and a snapshot may be taken in pieces. Used by StoreTable.

/// A record as a room keeps it.
struct RoomRecord: Hashable, Sendable {
    /// Expiry of a record that has none.
    static let never = Int64.max

    let value: [UInt8]
    /// Milliseconds of civil time; absent from then on.
    let expires: Int64
    /// Of an inbound entry only.
    let lane: Lane
    /// Place in the order of appending, from 1; 0 outside the inbound queue.
    let sequence: UInt64

    init(_ value: [UInt8], expires: Int64, lane: Lane = Lane(0), sequence: UInt64 = 0) {
        self.value = value
        self.expires = expires
        self.lane = lane
        self.sequence = sequence
    }

    /// What it costs in memory, about.
    var octets: Int { value.count &+ Limits.storeRecordCost.bytes }
}

struct RoomTable {
    private struct RoomSlot {
        let id: RecordID
        let record: RoomRecord
    }

    private var index: [RecordID: Int] = [:]
    private var slots: [RoomSlot?] = []
    /// Expiry of each slot; `never` of an empty one.
    private var expiries: [Int64] = []
    private var free: [Int] = []
    private var sweepAt = 0
    /// Records that expire some day.
    private var mortals = 0
    /// Records and their cost, expired ones that are not yet swept included.
    private(set) var octets = 0

    var count: Int { index.count }
    /// Where `live(from:)` ends.
    var slotCount: Int { slots.count }

    /// Nil when there is none, or it is expired.
    func record(_ id: RecordID, at now: WallTime) -> RoomRecord? {
        guard let slot = index[id], now.milliseconds < expiries[slot] else { return nil }
        return slots[slot]?.record
    }

    mutating func set(_ id: RecordID, _ record: RoomRecord) {
        let slot: Int
        if let own = index[id] {
            slot = own
            forget(own)
        } else if let unused = free.popLast() {
            slot = unused
            index[id] = slot
        } else {
            slot = slots.count
            slots.append(nil)
            expiries.append(RoomRecord.never)
            index[id] = slot
        }
        slots[slot] = RoomSlot(id: id, record: record)
        expiries[slot] = record.expires
        octets += record.octets
        if record.expires != RoomRecord.never { mortals += 1 }
    }

    mutating func remove(_ id: RecordID) {
        guard let slot = index.removeValue(forKey: id) else { return }
        forget(slot)
        slots[slot] = nil
        expiries[slot] = RoomRecord.never
        free.append(slot)
    }

    /// Looks at some slots and drops what is expired. Gives the steps left, more than 0 when the walk came to its end.
    mutating func sweep(_ steps: Int, at now: WallTime) -> Int {
        guard mortals > 0 else {
            sweepAt = 0
            return steps
        }
        var left = steps
        while left > 0 {
            guard sweepAt < expiries.count else {
                sweepAt = 0
                return left
            }
            if expiries[sweepAt] <= now.milliseconds, let old = slots[sweepAt] { remove(old.id) }
            sweepAt += 1
            left -= 1
        }
        return 0
    }

    /// Live records in the order of their ids. Sorts the room: for operators.
    func page(after: RecordID?, limit: Int, at now: WallTime) -> [StoreRecord] {
        var found: [Int] = []
        for (slot, held) in slots.enumerated() {
            guard let held, now.milliseconds < expiries[slot] else { continue }
            if let after, held.id <= after { continue }
            found.append(slot)
        }
        let ids = found.compactMap { slots[$0]?.id }.sorted().prefix(max(0, limit))
        return ids.compactMap { id in record(id, at: now).map { StoreRecord(id: id, value: $0.value) } }
    }

    /// The live record of a slot.
    func live(_ slot: Int, at now: WallTime) -> (id: RecordID, record: RoomRecord)? {
        guard let held = slots[slot], now.milliseconds < expiries[slot] else { return nil }
        return (held.id, held.record)
    }

    private mutating func forget(_ slot: Int) {
        guard let old = slots[slot]?.record else { return }
        octets -= old.octets
        if old.expires != RoomRecord.never { mortals -= 1 }
    }
}

extension RecordID: Comparable {
    /// As the octets compare.
    static func < (left: RecordID, right: RecordID) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }
}
