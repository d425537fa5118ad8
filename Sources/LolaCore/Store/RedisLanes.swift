// What one loop knows of its lanes in Redis: which it holds under which fence and until when, how far it has read
// each, and which entries are read and not done. A value without I/O; RedisStore talks to the server.

struct RedisLanes {
    private struct Tenure {
        /// Grows with every taking of any lane: what an earlier tenure began is told from what this one does.
        let fence: Int64
        /// Past it nothing more is handed out until the server has confirmed the lease.
        var deadline: Instant
        /// Place of the last entry read; nil at the beginning.
        var cursor: Place?
        /// Behind the cursor there may be entries that somebody has read already: an owner before us, or we ourselves
        /// with an answer that never came. They are taken over before anything new.
        var isTakingOver = true
        /// There may be entries that are not read.
        var isDirty = true
        var isReading = false
        /// To be handed back as soon as nothing of it is in hand.
        var isClosing = false
        var inHand = 0
    }

    private struct Hand {
        let lane: Lane
        let fence: Int64
        let octets: Int
    }

    /// Where an entry stands in its stream: milliseconds and a number, both growing (`1763800000000-0`).
    private struct Place {
        let octets: [UInt8]
        private let time: Int
        private let number: Int

        init?(_ octets: [UInt8]) {
            let parts = octets.split(separator: 0x2D, omittingEmptySubsequences: false)
            guard parts.count == 2, let time = ASCII.decimal(parts[0]), let number = ASCII.decimal(parts[1]) else {
                return nil
            }
            (self.octets, self.time, self.number) = (octets, time, number)
        }

        func isAfter(_ other: Place) -> Bool { (time, number) > (other.time, other.number) }
    }

    /// A random name for this loop, until the store's epoch changes.
    let member: [UInt8]
    private var tenures = [Tenure?](repeating: nil, count: Lane.count)
    private var hands: [RecordID: Hand] = [:]
    private var octetsInHand = 0
    /// Read and not handed out.
    private var ready = FIFO<(entry: QueueEntry, fence: Int64)>()
    private var firstLane = 0
    /// Grows with every connection of this member.
    private var connection = 0
    private(set) var isDraining = false
    /// Everything is being handed back: nothing more is handed out.
    private var isOver = false
    /// A lane that we believe to hold is another's: a heartbeat will tell.
    private(set) var isInDoubt = false

    init(member: [UInt8]) { self.member = member }

    var held: Int { tenures.count { $0 != nil } }
    var inHand: Int { hands.count }

    // MARK: Tenures

    /// Arguments of the script `lanes` after epoch, member and lease. `all` hands back even what is in hand.
    func tenureArguments(releasingAll all: Bool = false) -> [[UInt8]] {
        var arguments: [[UInt8]] = [[isDraining ? 0x30 : 0x31]]
        for (number, tenure) in tenures.enumerated() {
            guard let tenure else { continue }
            arguments.append([UInt8](text: "\(number)"))
            arguments.append([UInt8](text: "\(tenure.fence)"))
            arguments.append([all || isReleasable(tenure) ? 0x30 : 0x31])
        }
        return arguments
    }

    struct Changes: Hashable {
        var taken = 0
        var released = 0
        var lost = 0
        var members = 0
    }

    /// Takes the answer of the script `lanes` to a question asked with the arguments above; nil when it is none.
    /// - Parameter deadline: until when kept and taken leases may be used.
    mutating func learn(_ reply: [RESPValue], until deadline: Instant) -> Changes? {
        guard reply.count == 7, let members = reply[2].integer, let quota = reply[3].integer,
            let kept = Self.numbers(reply[4]), let lost = Self.numbers(reply[5]), let taken = Self.numbers(reply[6]),
            taken.count.isMultiple(of: 2), (kept + lost).allSatisfy({ 0..<64 ~= $0 }), 0...64 ~= quota
        else { return nil }
        isInDoubt = false
        var changes = Changes(members: Int(members))
        let keptLanes = Set(kept)
        for lane in lost where tenures[Int(lane)] != nil {
            drop(Int(lane))
            changes.lost += 1
        }
        for number in tenures.indices where tenures[number] != nil {
            if keptLanes.contains(Int64(number)) {
                tenures[number]?.deadline = deadline
            } else {
                drop(number)
                changes.released += 1
            }
        }
        for place in stride(from: 0, to: taken.count, by: 2) {
            guard 0..<64 ~= taken[place] else { return nil }
            drop(Int(taken[place]))
            tenures[Int(taken[place])] = Tenure(fence: taken[place + 1], deadline: deadline)
            changes.taken += 1
        }
        closeSurplus(held - Int(quota))
        return changes
    }

    /// Chooses which lanes to hand back: those with nothing in hand first.
    private mutating func closeSurplus(_ surplus: Int) {
        let order = tenures.indices.filter { tenures[$0] != nil }.sorted {
            (tenures[$0]?.inHand ?? 0, -$0) < (tenures[$1]?.inHand ?? 0, -$1)
        }
        for (place, number) in order.enumerated() { tenures[number]?.isClosing = isDraining || place < surplus }
    }

    private func isReleasable(_ tenure: Tenure) -> Bool {
        tenure.isClosing && !tenure.isReading && tenure.inHand == 0
    }

    /// Something could be handed back now.
    var hasReleasable: Bool { tenures.contains { $0.map(isReleasable) ?? false } }

    /// No new entries from now on; lanes go back as they become empty.
    mutating func drain() {
        isDraining = true
        closeSurplus(0)
    }

    /// All lanes go back, whatever is in hand.
    mutating func end() {
        drain()
        isOver = true
    }

    private mutating func drop(_ number: Int) {
        tenures[number] = nil
        for (id, hand) in hands where hand.lane.number == number {
            hands[id] = nil
            octetsInHand -= hand.octets
        }
    }

    // MARK: Reading

    mutating func markDirty(_ lane: Lane) { tenures[Int(lane.number)]?.isDirty = true }

    mutating func markAllDirty() {
        for number in tenures.indices { tenures[number]?.isDirty = true }
    }

    /// Arguments of the script `read` after the epoch; nil when there is nothing to read or enough in hand.
    /// The answer must be given to `read` or, when there is none, to `readFailed`.
    mutating func readArguments(at now: Instant) -> [[UInt8]]? {
        let left = Limits.redisReadMax
        let octets = Limits.redisReadOctetsMax.bytes
        // Only whole readings: who is at the limit would ask once for every entry that is done.
        guard hands.count + left <= Limits.redisEntriesInHandMax,
            octetsInHand + octets <= Limits.redisOctetsInHandMax.bytes,
            !tenures.contains(where: { $0?.isReading ?? false })
        else { return nil }
        let budget = [connection, left, octets].map { [UInt8](text: "\($0)") }
        var arguments = [member] + budget
        // Each reading begins with another lane, so that a full one does not keep the others waiting.
        firstLane = (firstLane + 1) % tenures.count
        for place in tenures.indices {
            let number = (firstLane + place) % tenures.count
            guard let tenure = tenures[number], tenure.isDirty, !tenure.isClosing, now < tenure.deadline else {
                continue
            }
            tenures[number]?.isReading = true
            tenures[number]?.isDirty = false
            let from = tenure.isTakingOver ? Self.behind(tenure.cursor) : [UInt8](text: ">")
            arguments += [[UInt8](text: "\(number)"), owner(tenure.fence), from]
        }
        return arguments.count > 1 + budget.count ? arguments : nil
    }

    private static func behind(_ cursor: Place?) -> [UInt8] {
        cursor.map { [UInt8](text: "(") + $0.octets } ?? [UInt8](text: "-")
    }

    /// The connection is gone. What was asked on it may still arrive, late: the next one has a greater number, and
    /// takes over before it reads on.
    mutating func connectionLost() {
        connection += 1
        for number in tenures.indices { tenures[number]?.isTakingOver = true }
        readFailed()
    }

    /// There is no answer: what the script may have read in our name is taken over.
    mutating func readFailed() {
        for number in tenures.indices where tenures[number]?.isReading == true {
            tenures[number]?.isReading = false
            tenures[number]?.isDirty = true
            tenures[number]?.isTakingOver = true
        }
    }

    /// Takes the answer of the script `read`; false when it is none: it comes to one lane at least, and to more of a
    /// lane only after some of it.
    mutating func read(_ reply: [RESPValue]) -> Bool {
        let asked = tenures.indices.filter { tenures[$0]?.isReading == true }
        var reached: Set<Int> = []
        for found in reply.dropFirst() {
            guard let parts = found.elements, parts.count >= 2, parts.count % 3 == 2,
                let number = parts[0].octets.flatMap(RESPParser.integer), 0..<64 ~= number, let state = parts[1].integer
            else { return false }
            guard 0...4 ~= state, state < 2 || state == 4 || parts.count > 2 else { return false }
            reached.insert(Int(number))
            // A tenure that ended meanwhile, or one that began: its own reading comes.
            guard tenures[Int(number)]?.isReading == true else { continue }
            for place in stride(from: 2, to: parts.count, by: 3) {
                guard let at = parts[place].octets.flatMap(Place.init), let hex = parts[place + 1].octets,
                    let value = parts[place + 2].octets
                else { return false }
                take(Lane(Int(number)), at, RedisOperation.recordID(hex), value)
            }
            if state == 0 { isInDoubt = true }
            if state > 0 { tenures[Int(number)]?.isTakingOver = state > 2 }
            if state >= 2 { tenures[Int(number)]?.isDirty = true }
        }
        guard asked.isEmpty || asked.contains(where: reached.contains) else { return false }
        for number in asked {
            tenures[number]?.isReading = false
            if !reached.contains(number) { tenures[number]?.isDirty = true }
        }
        return true
    }

    /// What is not an entry of ours is passed over, and what was read before: a server that forgot a reading, and
    /// nothing else, tells it again.
    private mutating func take(_ lane: Lane, _ at: Place, _ id: RecordID?, _ value: [UInt8]) {
        guard let fence = tenures[Int(lane.number)]?.fence else { return }
        if let cursor = tenures[Int(lane.number)]?.cursor, !at.isAfter(cursor) { return }
        tenures[Int(lane.number)]?.cursor = at
        guard let id else { return }
        if let old = hands.removeValue(forKey: id) {
            octetsInHand -= old.octets
            if tenures[Int(old.lane.number)]?.fence == old.fence { tenures[Int(old.lane.number)]?.inHand -= 1 }
        }
        hands[id] = Hand(lane: lane, fence: fence, octets: value.count)
        octetsInHand += value.count
        tenures[Int(lane.number)]?.inHand += 1
        ready.append((QueueEntry(key: StoreKey(.inbound, id), lane: lane, value: value), fence))
    }

    /// The next entry to hand out; nil while the lease of its lane is not confirmed. Entries of lost lanes are dropped.
    mutating func next(at now: Instant) -> QueueEntry? {
        if isOver { return nil }
        while let (entry, fence) = ready.first {
            guard let tenure = tenures[Int(entry.lane.number)], tenure.fence == fence else {
                _ = ready.popFirst()
                continue
            }
            guard now < tenure.deadline else { return nil }
            _ = ready.popFirst()
            return entry
        }
        return nil
    }

    // MARK: Entries in hand

    /// Lane and owner under which an entry was read; nil when it is not in hand.
    func owner(of id: RecordID) -> (lane: Lane, owner: [UInt8])? {
        guard let hand = hands[id], tenures[Int(hand.lane.number)]?.fence == hand.fence else { return nil }
        return (hand.lane, owner(hand.fence))
    }

    func standing(of id: RecordID, at now: Instant) -> EntryStanding {
        guard let hand = hands[id], let tenure = tenures[Int(hand.lane.number)], tenure.fence == hand.fence else {
            return .lost
        }
        return now < tenure.deadline ? .ours : .unsure
    }

    /// Nothing of the entry's lane begins until the server has confirmed the lease.
    mutating func doubt(_ id: RecordID, at now: Instant) {
        guard let hand = hands[id], tenures[Int(hand.lane.number)]?.fence == hand.fence else { return }
        tenures[Int(hand.lane.number)]?.deadline = now
        isInDoubt = true
    }

    /// The entry is done, or somebody else's.
    mutating func letGo(_ id: RecordID) {
        guard let hand = hands.removeValue(forKey: id) else { return }
        octetsInHand -= hand.octets
        let number = Int(hand.lane.number)
        if tenures[number]?.fence == hand.fence { tenures[number]?.inHand -= 1 }
    }

    private func owner(_ fence: Int64) -> [UInt8] { member + [UInt8](text: ":\(fence)") }

    /// Integers, as numbers or as texts; nil when one is neither.
    private static func numbers(_ value: RESPValue) -> [Int64]? {
        guard let elements = value.elements else { return nil }
        var numbers: [Int64] = []
        for element in elements {
            guard let number = element.integer ?? element.octets.flatMap(RESPParser.integer) else { return nil }
            numbers.append(number)
        }
        return numbers
    }
}
