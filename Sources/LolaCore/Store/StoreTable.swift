// All records of a store in memory, as a value: one table per room, claims apart. Bounded in claims and octets: when it
// is full it refuses, it never forgets. Expired records are absent at once and are swept a few at a time. What each
// operation did comes out as changes, for a journal, and as their undo. Used under a lock by the journal.

struct StoreTable {
    private let claimsMax: Int
    private let octetsMax: ByteCount
    /// By room number. A room of claims has its records in `claims`, every other room in `rooms`.
    private var rooms: [RoomTable]
    private var claims: [ClaimTable]
    private let claimRooms = StoreRoom.allCases.filter(\.holdsClaims).map { Int($0.rawValue) }
    private var sweepRoom = 0
    /// Claims; expired ones that are not yet swept are counted, here and below.
    private(set) var claimCount = 0
    /// Records that are no claims, with what each costs beside its value.
    private(set) var octets = 0
    /// Of the entry that was appended last.
    private(set) var sequence: UInt64 = 0

    /// - Parameters:
    ///   - claimsMax: claims kept at a time.
    ///   - octetsMax: all other records, as `RoomRecord.octets` counts them.
    init(claimsMax: Int = Limits.storeClaimsMax, octetsMax: ByteCount = Limits.storeOctetsMax) {
        self.claimsMax = claimsMax
        self.octetsMax = octetsMax
        let numbers = StoreRoom.allCases.reduce(0) { max($0, Int($1.rawValue) + 1) }
        rooms = [RoomTable](repeating: RoomTable(), count: numbers)
        claims = [ClaimTable](repeating: ClaimTable(), count: numbers)
    }

    /// Records that are no claims; expired ones that are not yet swept are counted.
    var count: Int { rooms.indices.reduce(0) { $0 + rooms[$1].count } }
    /// Memory reserved for claims.
    var claimOctets: Int { claims.indices.reduce(0) { $0 + claims[$1].octets } }

    /// Carries out the whole operation or nothing of it: after `claimed(false)`, `fenced` and `unavailable` (full) all
    /// is as before. Of several reasons in a batch the first decides. `changes` gets the effects in their order, `undo`
    /// what takes them back; both are appended to.
    mutating func apply(
        _ operation: StoreOperation, at now: WallTime, changes: inout [StoreChange], undo: inout [StoreUndo]
    ) -> StoreAnswer {
        sweep(Limits.storeSweepStep, at: now)
        switch operation {
        case .get(let key): return .value(value(of: key, at: now))
        case .list(let room, let after, let limit):
            precondition(!room.holdsClaims, "claims are not listed")
            return .page(rooms[Int(room.rawValue)].page(after: after, limit: limit, at: now))
        default: break
        }
        let (changesBefore, undoBefore) = (changes.count, undo.count)
        let (claimsBefore, octetsBefore) = (claimCount, octets)
        var answer: StoreAnswer
        switch operation {
        case .batch(let parts): answer = carryOut(parts, at: now, &changes, &undo)
        case .reserve(let shares): answer = reserve(shares, at: now, &changes, &undo)
        default: answer = carryOut(operation, at: now, &changes, &undo)
        }
        if !answer.tookNothing {
            if fits(claimsBefore, octetsBefore) { return answer }
            sweepAll(Limits.storeSweepWhenFull, at: now)
            if fits(claimsBefore, octetsBefore) { return answer }
            answer = .unavailable
        }
        takeBack(undo[undoBefore...])
        undo.removeSubrange(undoBefore...)
        changes.removeSubrange(changesBefore...)
        return answer
    }

    /// Takes back what `apply` did, given in the order it did it. All that came later must have been taken back before,
    /// or be part of `undo`.
    mutating func revert(_ undo: [StoreUndo]) { takeBack(undo[...]) }

    /// From a journal or a snapshot: unconditional, in the order it was written. What is expired leaves its key empty.
    mutating func restore(_ change: StoreChange, at now: WallTime) {
        switch change {
        case .set(let key, let value, let expires):
            let expires = expires ?? RoomRecord.never
            if now.milliseconds < expires { set(key, RoomRecord(value, expires: expires)) } else { drop(key) }
        case .claim(let key, let expires):
            if now.milliseconds < expires {
                claim(key, expires: expires)
            } else {
                drop(key)
            }
        case .entry(let entry, let number):
            sequence = max(sequence, number)
            set(entry.key, Self.record(entry, sequence: number))
        case .remove(let key): drop(key)
        }
    }

    /// Live records in some order, about `limit` at a time; empty at the end. Between the pieces anything may change:
    /// what is there all the time is given once, the rest is in what the journal wrote since the cursor was made.
    func snapshot(_ cursor: inout SnapshotCursor, limit: Int, at now: WallTime) -> [StoreChange] {
        var piece: [StoreChange] = []
        while cursor.room < rooms.count, piece.count < max(1, limit) {
            let table = cursor.room
            guard let room = StoreRoom(rawValue: UInt8(table)), cursor.place < places(of: room) else {
                cursor.room += 1
                cursor.place = 0
                continue
            }
            if room.holdsClaims {
                claims[table].live(range: cursor.place, at: now) { id, expires in
                    piece.append(.claim(StoreKey(room, id), expires: expires))
                }
            } else if let (id, record) = rooms[table].live(cursor.place, at: now) {
                piece.append(Self.change(StoreKey(room, id), record))
            }
            cursor.place += 1
        }
        return piece
    }

    /// In the order they were appended, those up to a sequence number.
    func inboundEntries(through last: UInt64 = .max) -> [QueueEntry] {
        let table = rooms[Int(StoreRoom.inbound.rawValue)]
        var found: [(QueueEntry, sequence: UInt64)] = []
        for slot in 0..<table.slotCount {
            guard let (id, record) = table.live(slot, at: WallTime(milliseconds: 0)), record.sequence <= last
            else { continue }
            let entry = QueueEntry(key: StoreKey(.inbound, id), lane: record.lane, value: record.value)
            found.append((entry, record.sequence))
        }
        return found.sorted { $0.sequence < $1.sequence }.map { $0.0 }
    }

    // MARK: Carrying out

    private mutating func carryOut(
        _ parts: [StoreOperation], at now: WallTime, _ changes: inout [StoreChange], _ undo: inout [StoreUndo]
    ) -> StoreAnswer {
        var answer = StoreAnswer.done
        for part in parts {
            switch carryOut(part, at: now, &changes, &undo) {
            case .claimed(false): return .claimed(false)
            case .fenced: return .fenced
            case .claimed(true): answer = .claimed(true)
            case .done, .sum, .reserved, .exceeded, .value, .page, .unavailable: break
            }
        }
        return answer
    }

    /// What is against the rules of the rooms is our own mistake, never a message's: it ends the process.
    private mutating func carryOut(
        _ operation: StoreOperation, at now: WallTime, _ changes: inout [StoreChange], _ undo: inout [StoreUndo]
    ) -> StoreAnswer {
        switch operation {
        case .get, .list, .reserve, .batch: preconditionFailure("a batch takes changes only")
        case .put(let key, let value, let expires):
            precondition(!key.room.holdsClaims && key.room != .inbound, "a put into a room of claims or the queue")
            write(key, RoomRecord(value, expires: Self.expiry(expires, at: now)), at: now, &changes, &undo)
            return .done
        case .claim(let key, let expires):
            precondition(key.room.holdsClaims, "a claim in a room of records")
            guard !isClaimed(key, at: now) else { return .claimed(false) }
            let end = Self.expiry(expires, at: now)
            undo.append(.absent(key))
            changes.append(.claim(key, expires: end))
            claim(key, expires: end)
            return .claimed(true)
        case .mark(let key, let expires):
            precondition(key.room.holdsClaims, "a mark in a room of records")
            let end = Self.expiry(expires, at: now)
            let old = claims[Int(key.room.rawValue)].expiry(key.id)
            undo.append(old.map { .claim(key, expires: $0) } ?? .absent(key))
            changes.append(.claim(key, expires: end))
            claim(key, expires: end)
            return .done
        case .add(let key, let amount, let window):
            precondition(!key.room.holdsClaims && key.room != .inbound, "a counter in a room of claims or the queue")
            let old = record(key, at: now)
            let counter = old.flatMap { Self.counter($0.value) }
            let (sum, overflow) = (counter ?? 0).addingReportingOverflow(amount)
            let result = overflow ? (amount < 0 ? Int64.min : Int64.max) : sum
            let end = counter == nil ? Self.expiry(window, at: now) : old?.expires
            write(
                key, RoomRecord(Self.octets(result), expires: end ?? RoomRecord.never), at: now, &changes, &undo)
            return .sum(result)
        case .append(let entry):
            precondition(entry.key.room == .inbound, "an entry outside the inbound queue")
            sequence += 1
            write(entry.key, Self.record(entry, sequence: sequence), at: now, &changes, &undo)
            return .done
        case .remove(let key):
            remove(key, at: now, &changes, &undo)
            return .done
        case .withdraw(let key):
            precondition(key.room == .inbound, "only entries of the inbound queue are withdrawn")
            remove(key, at: now, &changes, &undo)
            return .done
        case .holding(let key):
            precondition(key.room == .inbound, "only entries of the inbound queue are held")
            return record(key, at: now) == nil ? .fenced : .done
        }
    }

    /// All or nothing: what was taken before a counter without room is taken back by the caller.
    private mutating func reserve(
        _ shares: [StoreShare], at now: WallTime, _ changes: inout [StoreChange], _ undo: inout [StoreUndo]
    ) -> StoreAnswer {
        var readings: [CounterReading] = []
        readings.reserveCapacity(shares.count)
        for (place, share) in shares.enumerated() {
            let key = share.key
            precondition(!key.room.holdsClaims && key.room != .inbound, "a counter in a room of claims or the queue")
            let old = record(key, at: now)
            let counter = old.flatMap { Self.counter($0.value) }
            let life = counter == nil ? Self.expiry(share.within, at: now) : old?.expires ?? RoomRecord.never
            let (sum, overflow) = (counter ?? 0).addingReportingOverflow(share.amount)
            if share.amount > 0, overflow || sum > share.most {
                return .exceeded(place, Self.reading(counter, life))
            }
            if share.amount == 0 || share.amount < 0 && (counter ?? 0) <= 0 {
                readings.append(Self.reading(counter, life))
                continue
            }
            let after = share.amount < 0 ? max(0, sum) : sum
            write(key, RoomRecord(Self.octets(after), expires: life), at: now, &changes, &undo)
            readings.append(Self.reading(after, life))
        }
        return .reserved(readings)
    }

    private static func reading(_ counter: Int64?, _ expires: Int64) -> CounterReading {
        let isLasting = counter == nil || expires == RoomRecord.never
        return CounterReading(sum: counter ?? 0, ends: isLasting ? nil : WallTime(milliseconds: expires))
    }

    private mutating func write(
        _ key: StoreKey, _ new: RoomRecord, at now: WallTime, _ changes: inout [StoreChange],
        _ undo: inout [StoreUndo]
    ) {
        undo.append(record(key, at: now).map { .record(key, $0) } ?? .absent(key))
        changes.append(Self.change(key, new))
        set(key, new)
    }

    private mutating func remove(
        _ key: StoreKey, at now: WallTime, _ changes: inout [StoreChange], _ undo: inout [StoreUndo]
    ) {
        if key.room.holdsClaims {
            guard isClaimed(key, at: now), let end = claims[Int(key.room.rawValue)].expiry(key.id) else { return }
            undo.append(.claim(key, expires: end))
        } else {
            guard let old = record(key, at: now) else { return }
            undo.append(.record(key, old))
        }
        changes.append(.remove(key))
        drop(key)
    }

    private mutating func takeBack(_ undo: ArraySlice<StoreUndo>) {
        for former in undo.reversed() {
            switch former {
            case .absent(let key): drop(key)
            case .record(let key, let record): set(key, record)
            case .claim(let key, let expires): claim(key, expires: expires)
            }
        }
    }

    // MARK: Records

    private func value(of key: StoreKey, at now: WallTime) -> [UInt8]? {
        if key.room.holdsClaims { return isClaimed(key, at: now) ? [] : nil }
        return record(key, at: now)?.value
    }

    private func record(_ key: StoreKey, at now: WallTime) -> RoomRecord? {
        rooms[Int(key.room.rawValue)].record(key.id, at: now)
    }

    private func isClaimed(_ key: StoreKey, at now: WallTime) -> Bool {
        claims[Int(key.room.rawValue)].expiry(key.id).map { now.milliseconds < $0 } ?? false
    }

    private mutating func claim(_ key: StoreKey, expires: Int64) {
        changeClaims(Int(key.room.rawValue)) { $0.set(key.id, expires: expires) }
    }

    private mutating func set(_ key: StoreKey, _ record: RoomRecord) {
        change(Int(key.room.rawValue)) { $0.set(key.id, record) }
    }

    private mutating func drop(_ key: StoreKey) {
        if key.room.holdsClaims {
            changeClaims(Int(key.room.rawValue)) { $0.remove(key.id) }
        } else {
            change(Int(key.room.rawValue)) { $0.remove(key.id) }
        }
    }

    /// Every change of a table goes through these two, which keep the totals.
    private mutating func change<Result>(_ room: Int, _ body: (inout RoomTable) -> Result) -> Result {
        let before = rooms[room].octets
        let result = body(&rooms[room])
        octets += rooms[room].octets - before
        return result
    }

    private mutating func changeClaims(_ room: Int, _ body: (inout ClaimTable) -> Void) {
        let before = claims[room].count
        body(&claims[room])
        claimCount += claims[room].count - before
    }

    /// Whether the bounds are kept; who takes no more than before never breaks them.
    private func fits(_ claimsBefore: Int, _ octetsBefore: Int) -> Bool {
        (claimCount <= claimsMax || claimCount <= claimsBefore)
            && (octets <= octetsMax.bytes || octets <= octetsBefore)
    }

    /// Some slots of each room of claims, and some of one room of records; whoever walks to its end begins another.
    private mutating func sweep(_ steps: Int, at now: WallTime) {
        for room in claimRooms where claims[room].count > 0 { changeClaims(room) { $0.sweep(steps, at: now) } }
        if change(sweepRoom, { $0.sweep(steps, at: now) }) > 0 { sweepRoom = (sweepRoom + 1) % rooms.count }
    }

    /// So many slots of every room.
    private mutating func sweepAll(_ steps: Int, at now: WallTime) {
        for _ in rooms.indices { sweep(steps, at: now) }
    }

    private func places(of room: StoreRoom) -> Int {
        let number = Int(room.rawValue)
        if room.holdsClaims { return claims[number].count == 0 ? 0 : ClaimTable.rangeCount }
        return rooms[number].slotCount
    }

    // MARK: Values

    private static func expiry(_ life: Interval?, at now: WallTime) -> Int64 {
        life.map { (now + $0).milliseconds } ?? RoomRecord.never
    }

    private static func record(_ entry: QueueEntry, sequence: UInt64) -> RoomRecord {
        RoomRecord(entry.value, expires: RoomRecord.never, lane: entry.lane, sequence: sequence)
    }

    private static func change(_ key: StoreKey, _ record: RoomRecord) -> StoreChange {
        if key.room == .inbound {
            return .entry(QueueEntry(key: key, lane: record.lane, value: record.value), sequence: record.sequence)
        }
        return .set(key, record.value, expires: record.expires == RoomRecord.never ? nil : record.expires)
    }

    /// Nil when the record is no counter; then the count starts anew.
    private static func counter(_ value: [UInt8]) -> Int64? {
        guard value.count == 8 else { return nil }
        return Int64(bitPattern: value.reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }

    private static func octets(_ counter: Int64) -> [UInt8] {
        let word = UInt64(bitPattern: counter)
        return (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
    }
}

extension StoreAnswer {
    /// What was asked for has had no effect, and others are the reason.
    fileprivate var tookNothing: Bool {
        switch self {
        case .claimed(false), .fenced, .exceeded: true
        case .value, .page, .done, .claimed, .sum, .reserved, .unavailable: false
        }
    }
}
