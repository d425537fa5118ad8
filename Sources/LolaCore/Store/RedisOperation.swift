// Operations of the store as arguments of the script `apply`, and its answers as answers of the store. Pure.

enum RedisOperation {
    /// Five arguments an operation: letter, room, id and two more. `owner` tells lane and owner of an entry in hand.
    static func arguments(
        _ operation: StoreOperation, owner: (RecordID) -> (lane: Lane, owner: [UInt8])?
    ) -> [[UInt8]] {
        switch operation {
        case .get, .list: preconditionFailure("a question changes nothing")
        case .batch(let parts): return parts.flatMap { arguments($0, owner: owner) }
        case .put(let key, let value, let expires):
            precondition(!key.room.holdsClaims && key.room != .inbound, "a put into a room of claims or the queue")
            return five("P", key, value, expires.map(life) ?? [0x30])
        case .claim(let key, let expires):
            precondition(key.room.holdsClaims, "a claim in a room of records")
            return five("C", key, [], life(expires))
        case .add(let key, let amount, let window):
            precondition(!key.room.holdsClaims && key.room != .inbound, "a counter in a room of claims or the queue")
            return five("A", key, [UInt8](text: "\(amount)"), life(window))
        case .append(let entry):
            precondition(entry.key.room == .inbound, "an entry outside the inbound queue")
            return five("Q", entry.key, entry.value, number(entry.lane))
        case .remove(let key):
            guard key.room == .inbound else { return five("R", key, [], []) }
            let place = owner(key.id)
            return five("D", key, place?.owner ?? [], place.map { number($0.lane) } ?? [0x30])
        case .withdraw(let key):
            precondition(key.room == .inbound, "only entries of the inbound queue are withdrawn")
            return five("W", key, [], [])
        case .holding(let key):
            precondition(key.room == .inbound, "only entries of the inbound queue are held")
            let place = owner(key.id)
            return five("H", key, place?.owner ?? [], place.map { number($0.lane) } ?? [0x30])
        }
    }

    /// Octets that Redis would have to give back in one piece.
    static func fits(_ operation: StoreOperation) -> Bool {
        switch operation {
        case .put(_, let value, _): value.count <= Limits.redisBulkMax.bytes
        case .append(let entry): entry.value.count <= Limits.redisBulkMax.bytes
        case .batch(let parts): parts.allSatisfy(fits)
        default: true
        }
    }

    /// The answer of `apply`; nil when it is none of its answers. A changed epoch is `unavailable`.
    static func answer(to operation: StoreOperation, _ reply: RESPValue) -> (answer: StoreAnswer, beat: Int64)? {
        guard let parts = reply.elements, let verdict = parts.first?.integer else { return nil }
        switch verdict {
        case RedisScript.Code.lost: return (.claimed(false), 0)
        case RedisScript.Code.fenced: return (.fenced, 0)
        case RedisScript.Code.epoch: return (.unavailable, 0)
        case RedisScript.Code.done: break
        default: return nil
        }
        guard parts.count >= 2, let beat = parts[1].integer else { return nil }
        switch operation {
        case .add:
            guard parts.count == 3, let digits = parts[2].octets, let sum = RESPParser.integer(digits) else {
                return nil
            }
            return (.sum(sum), beat)
        case .claim: return (.claimed(true), beat)
        case .batch(let parts): return (parts.contains(where: isClaim) ? .claimed(true) : .done, beat)
        default: return (.done, beat)
        }
    }

    /// Records of a page; nil when it is none.
    static func records(_ reply: RESPValue) -> [StoreRecord]? {
        guard let parts = reply.elements, parts.count.isMultiple(of: 2) else { return nil }
        var records: [StoreRecord] = []
        for place in stride(from: 0, to: parts.count, by: 2) {
            guard let id = parts[place].octets.flatMap(recordID), let value = parts[place + 1].octets else {
                return nil
            }
            records.append(StoreRecord(id: id, value: value))
        }
        return records
    }

    /// Of 32 hex digits.
    static func recordID(_ hex: [UInt8]) -> RecordID? {
        guard let octets = Hex.decode(hex), octets.count == RecordID.count else { return nil }
        return RecordID(digest: octets)
    }

    /// `lola:<room>:<id>`.
    static func name(_ key: StoreKey) -> [UInt8] {
        [UInt8](text: "lola:\(key.room.word):") + key.id.hex
    }

    static func number(_ lane: Lane) -> [UInt8] { [UInt8](text: "\(lane.number)") }

    private static func isClaim(_ operation: StoreOperation) -> Bool {
        if case .claim = operation { true } else { false }
    }

    private static func five(_ letter: String, _ key: StoreKey, _ first: [UInt8], _ second: [UInt8]) -> [[UInt8]] {
        [[UInt8](text: letter), [UInt8](text: "\(key.room.word)"), key.id.hex, first, second]
    }

    /// Milliseconds, at least one.
    private static func life(_ span: Interval) -> [UInt8] { [UInt8](text: "\(max(1, span.inMilliseconds))") }
}
