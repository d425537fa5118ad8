// The claims of one room: ids with their expiries, by the million, so 24 octets each in open addressing and nothing
// else. In shards that grow alone: no operation moves more than one of 256. Used by StoreTable.

struct ClaimTable {
    private struct Claim {
        let id: RecordID
        /// Milliseconds of civil time; `vacant` marks a free slot.
        var expires: Int64

        static let vacant = Int64.min
        static let none = Claim(id: RecordID(high: 0, low: 0), expires: vacant)
        var isVacant: Bool { expires == Self.vacant }
    }

    private struct ClaimShard {
        var slots: [Claim] = []
        var count = 0
    }

    private static let shardBits = 8
    /// A snapshot goes through each shard in so many ranges of hashes.
    private static let rangeBits = 6
    /// Pieces of a whole walk by `live(range:)`.
    static let rangeCount = 1 << (shardBits + rangeBits)
    private static let firstCapacity = 8

    /// Empty until the first claim.
    private var shards: [ClaimShard] = []
    private var sweepShard = 0
    private var sweepSlot = 0
    /// Expired claims that are not yet swept included.
    private(set) var count = 0

    /// Memory reserved.
    var octets: Int {
        shards.reduce(shards.count * MemoryLayout<ClaimShard>.stride) {
            $0 + $1.slots.capacity * MemoryLayout<Claim>.stride + 32
        }
    }

    /// Expiry of a claim, also of one that is over; nil when there is none.
    func expiry(_ id: RecordID) -> Int64? {
        guard !shards.isEmpty else { return nil }
        let hash = Self.hash(id)
        let shard = Self.shard(hash)
        guard !shards[shard].slots.isEmpty else { return nil }
        let found = shards[shard].slots[place(of: id, hash, in: shard)]
        return found.isVacant ? nil : found.expires
    }

    mutating func set(_ id: RecordID, expires: Int64) {
        if shards.isEmpty { shards = [ClaimShard](repeating: ClaimShard(), count: 1 << Self.shardBits) }
        let hash = Self.hash(id)
        let shard = Self.shard(hash)
        if shards[shard].slots.isEmpty { grow(shard) }
        var slot = place(of: id, hash, in: shard)
        if shards[shard].slots[slot].isVacant {
            // At most four fifths: probes stay short, and there is always a vacant slot to end them.
            if (shards[shard].count + 1) * 5 > shards[shard].slots.count * 4 {
                grow(shard)
                slot = place(of: id, hash, in: shard)
            }
            shards[shard].count += 1
            count += 1
        }
        shards[shard].slots[slot] = Claim(id: id, expires: max(expires, Claim.vacant + 1))
    }

    mutating func remove(_ id: RecordID) {
        guard !shards.isEmpty else { return }
        let hash = Self.hash(id)
        let shard = Self.shard(hash)
        guard !shards[shard].slots.isEmpty else { return }
        let slot = place(of: id, hash, in: shard)
        if !shards[shard].slots[slot].isVacant { vacate(slot, in: shard) }
    }

    /// Looks at some slots and drops what is expired.
    mutating func sweep(_ steps: Int, at now: WallTime) {
        guard count > 0 else { return }
        for _ in 0..<steps {
            guard sweepSlot < shards[sweepShard].slots.count, shards[sweepShard].count > 0 else {
                sweepSlot = 0
                sweepShard = (sweepShard + 1) % shards.count
                continue
            }
            let claim = shards[sweepShard].slots[sweepSlot]
            if claim.isVacant || now.milliseconds < claim.expires {
                sweepSlot += 1
            } else {
                // The next one may have moved here: the slot is looked at again.
                vacate(sweepSlot, in: sweepShard)
            }
        }
    }

    /// Live claims whose hashes lie in a range, 0 up to `rangeCount`. What is there all the time while all ranges are
    /// walked is seen once, whatever comes, goes and grows meanwhile.
    func live(range: Int, at now: WallTime, _ body: (RecordID, Int64) -> Void) {
        let width = UInt64(1) << UInt64(64 - Self.shardBits - Self.rangeBits)
        let first = UInt64(range) * width
        let last = first + (width - 1)
        guard !shards.isEmpty else { return }
        let slots = shards[Self.shard(first)].slots
        guard !slots.isEmpty else { return }
        var slot = Self.home(first, capacity: slots.count)
        let sure = Self.home(last, capacity: slots.count) - slot
        for step in 0..<slots.count {
            let claim = slots[slot]
            if claim.isVacant {
                if step >= sure { return }
            } else if now.milliseconds < claim.expires, first...last ~= Self.hash(claim.id) {
                body(claim.id, claim.expires)
            }
            slot = slot + 1 == slots.count ? 0 : slot + 1
        }
    }

    // MARK: Slots

    /// Ids are keyed hashes already; two multiplications spread whatever tests use instead.
    private static func hash(_ id: RecordID) -> UInt64 {
        (id.high &* 0xFF51_AFD7_ED55_8CCD ^ id.low) &* 0x9E37_79B9_7F4A_7C15
    }

    private static func shard(_ hash: UInt64) -> Int { Int(hash >> UInt64(64 - shardBits)) }

    /// The first slot tried, in the order of hashes, for any capacity.
    private static func home(_ hash: UInt64, capacity: Int) -> Int {
        Int((hash << UInt64(shardBits)).multipliedFullWidth(by: UInt64(capacity)).high)
    }

    /// The slot of an id, or the vacant one where it would stand.
    private func place(of id: RecordID, _ hash: UInt64, in shard: Int) -> Int {
        let capacity = shards[shard].slots.count
        var slot = Self.home(hash, capacity: capacity)
        while true {
            let claim = shards[shard].slots[slot]
            if claim.isVacant || claim.id == id { return slot }
            slot = slot + 1 == capacity ? 0 : slot + 1
        }
    }

    /// Half as many slots again: between 53 and 80 per cent are used, 30 to 45 octets each.
    private mutating func grow(_ shard: Int) {
        let old = shards[shard].slots
        let capacity = old.isEmpty ? Self.firstCapacity : old.count + old.count / 2
        shards[shard].slots = [Claim](repeating: .none, count: capacity)
        for claim in old where !claim.isVacant {
            shards[shard].slots[place(of: claim.id, Self.hash(claim.id), in: shard)] = claim
        }
    }

    /// Closes the gap by what stands behind it, so that no mark is left (Knuth 6.4, algorithm R).
    private mutating func vacate(_ slot: Int, in shard: Int) {
        let capacity = shards[shard].slots.count
        var hole = slot
        var next = slot
        while true {
            next = next + 1 == capacity ? 0 : next + 1
            let claim = shards[shard].slots[next]
            if claim.isVacant { break }
            let home = Self.home(Self.hash(claim.id), capacity: capacity)
            if Self.distance(home, next, capacity) >= Self.distance(hole, next, capacity) {
                shards[shard].slots[hole] = claim
                hole = next
            }
        }
        shards[shard].slots[hole] = .none
        shards[shard].count -= 1
        count -= 1
    }

    private static func distance(_ from: Int, _ to: Int, _ capacity: Int) -> Int {
        to >= from ? to - from : to + capacity - from
    }
}
