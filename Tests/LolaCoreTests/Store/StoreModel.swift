// The simplest store there is: a dictionary. What it says is what a table must say; random operations for both.
import Testing

@testable import LolaCore

struct StoreModel {
    struct Record: Equatable {
        var value: [UInt8]
        var expires: Int64?
        var lane = Lane(0)
        var sequence: UInt64 = 0
    }

    var records: [StoreKey: Record] = [:]
    /// Numbers are given to appends that last; a table may leave gaps.
    var sequence: UInt64 = 0

    mutating func apply(_ operation: StoreOperation, at now: WallTime) -> StoreAnswer {
        if records.values.contains(where: { $0.expires.map { $0 <= now.milliseconds } ?? false }) {
            records = live(at: now)
        }
        let before = self
        guard case .batch(let parts) = operation else { return single(operation, at: now) }
        var answer = StoreAnswer.done
        for part in parts {
            let own = single(part, at: now)
            if own == .claimed(false) || own == .fenced {
                self = before
                return own
            }
            if own == .claimed(true) { answer = own }
        }
        return answer
    }

    private mutating func single(_ operation: StoreOperation, at now: WallTime) -> StoreAnswer {
        switch operation {
        case .get(let key): return .value(records[key]?.value)
        case .list(let room, let after, let limit):
            let ids = records.keys.filter { $0.room == room }.map(\.id).sorted()
            let page = ids.filter { id in after.map { $0 < id } ?? true }.prefix(limit)
            return .page(page.map { StoreRecord(id: $0, value: records[StoreKey(room, $0)]?.value ?? []) })
        case .put(let key, let value, let life):
            records[key] = Record(value: value, expires: life.map { (now + $0).milliseconds })
        case .claim(let key, let life):
            guard records[key] == nil else { return .claimed(false) }
            records[key] = Record(value: [], expires: (now + life).milliseconds)
            return .claimed(true)
        case .add(let key, let amount, let window):
            var record = records[key] ?? Record(value: [], expires: nil)
            var sum = Int64(0)
            if record.value.count == 8 {
                for (place, octet) in record.value.enumerated() { sum |= Int64(octet) << Int64(8 * place) }
            } else {
                record.expires = (now + window).milliseconds
            }
            sum += amount
            record.value = (0..<8).map { UInt8(truncatingIfNeeded: sum >> Int64(8 * $0)) }
            records[key] = record
            return .sum(sum)
        case .append(let entry):
            sequence += 1
            records[entry.key] = Record(value: entry.value, lane: entry.lane, sequence: sequence)
        case .remove(let key), .withdraw(let key): records[key] = nil
        case .holding(let key): return records[key] == nil ? .fenced : .done
        case .batch: Issue.record("a batch in a batch")
        }
        return .done
    }

    func live(at now: WallTime) -> [StoreKey: Record] {
        records.filter { $0.value.expires.map { now.milliseconds < $0 } ?? true }
    }

    /// Keys of the queue in the order of appending.
    var queue: [StoreKey] {
        records.filter { $0.key.room == .inbound }.sorted { $0.value.sequence < $1.value.sequence }.map(\.key)
    }
}

extension StoreTable {
    /// All that is there, through a snapshot in pieces of `limit`. Sequences are left out: only their order counts.
    func contents(at now: WallTime, limit: Int = 7) -> [StoreKey: StoreModel.Record] {
        var found: [StoreKey: StoreModel.Record] = [:]
        var cursor = SnapshotCursor()
        while true {
            let piece = snapshot(&cursor, limit: limit, at: now)
            if piece.isEmpty { return found }
            for change in piece {
                let (key, record) = Self.read(change)
                #expect(found.updateValue(record, forKey: key) == nil, "\(key) came twice")
            }
        }
    }

    private static func read(_ change: StoreChange) -> (StoreKey, StoreModel.Record) {
        switch change {
        case .set(let key, let value, let expires): (key, .init(value: value, expires: expires))
        case .claim(let key, let expires): (key, .init(value: [], expires: expires))
        case .entry(let entry, _): (entry.key, .init(value: entry.value, lane: entry.lane))
        case .remove(let key): (key, .init(value: [0xDE, 0xAD]))
        }
    }
}

/// Operations over a few keys, so that they meet.
struct RandomOperations {
    var random: SeededGenerator
    var keysPerRoom: UInt64 = 25
    static let rooms: [StoreRoom] = [.meta, .state, .outbox, .dead]

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func next() -> StoreOperation {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: return .get(key(room()))
        case 1: return .get(key(.seen))
        case 2:
            let after = Bool.random(using: &random) ? nil : key(.meta).id
            return .list(room(), after: after, limit: Int.random(in: 1...12, using: &random))
        case 3..<8: return .batch((0..<Int.random(in: 0...5, using: &random)).map { _ in change() })
        default: return change()
        }
    }

    mutating func change() -> StoreOperation {
        switch Int.random(in: 0..<14, using: &random) {
        case 0..<3:
            let octets = Int.random(in: 0...9, using: &random)
            let value = (0..<octets).map { _ in UInt8.random(in: 0...255, using: &random) }
            return .put(key(room()), value, expires: Bool.random(using: &random) ? nil : life())
        case 3..<6: return .claim(key(.seen), expires: life())
        case 6: return .add(key(room()), Int64.random(in: -1_000...1_000, using: &random), within: life())
        case 7..<9:
            let lane = Lane(Int.random(in: 0..<64, using: &random))
            return .append(QueueEntry(key: key(.inbound), lane: lane, value: [lane.number]))
        case 9: return .remove(key(room()))
        case 10: return .remove(key(.seen))
        case 11: return .remove(key(.inbound))
        case 12: return .withdraw(key(.inbound))
        default: return .holding(key(.inbound))
        }
    }

    mutating func life() -> Interval { .milliseconds(Int64.random(in: 1...2_000, using: &random)) }
    mutating func room() -> StoreRoom { Self.rooms.randomElement(using: &random) ?? .meta }
    mutating func key(_ room: StoreRoom) -> StoreKey {
        StoreKey(room, RecordID(high: UInt64.random(in: 0..<keysPerRoom, using: &random) << 32, low: 0))
    }
}
