// A copy in memory of a small room of the store, for what is asked at every request and must not wait: agents and their
// tokens. Shared by all loops. Filled by MirrorKeeper before anybody is let in by it, changed after the store was.
import Synchronization

/// What the keeper does with a mirror, whatever is in it.
protocol MirroredRoom: AnyObject, Sendable {
    var room: StoreRoom { get }
    /// Until then nobody is let in by what is in it.
    var isLoaded: Bool { get }
    /// Records kept at most; what is more in the store is left out, so that it lets nobody in.
    var countMax: Int { get }
    /// Before the room is read: a mark for `replace`.
    func beginLoading() -> UInt64
    /// Puts what was read in place of all there is. False when something was changed here since the mark: what was read
    /// may be older, and must be read again.
    func replace(with records: [StoreRecord], since mark: UInt64) -> Bool
    /// The store has not been heard of for too long: nothing counts until the room has been read again.
    func distrust()
}

extension StoreRoom {
    /// Where a shared store says which state the room is in: other octets after each change.
    var versionKey: StoreKey {
        StoreKey(.meta, RecordID(hashOf: [UInt8](text: "lola room version \(word)")))
    }
}

final class RoomMirror<Value: Sendable>: MirroredRoom {
    private struct Contents {
        var records: [RecordID: Value] = [:]
        var isLoaded = false
        var edits: UInt64 = 0
    }

    let room: StoreRoom
    let countMax: Int
    private let read: @Sendable (StoreRecord) -> Value?
    private let contents = Mutex(Contents())
    private let changes = Atomic<Int>(0)

    /// - Parameter read: nil for a record that is not to be mirrored or cannot be read.
    init(_ room: StoreRoom, countMax: Int, read: @escaping @Sendable (StoreRecord) -> Value?) {
        self.room = room
        self.countMax = countMax
        self.read = read
    }

    var isLoaded: Bool { contents.withLock { $0.isLoaded } }
    var count: Int { contents.withLock { $0.records.count } }
    var isFull: Bool { count >= countMax }
    /// Grows with everything that may have changed an answer: who has asked before need not ask again until it does.
    var generation: Int { changes.load(ordering: .acquiring) }

    /// Nil also while nothing counts.
    subscript(_ id: RecordID) -> Value? {
        contents.withLock { $0.isLoaded ? $0.records[id] : nil }
    }

    /// In the order of ids: at most `limit` after `after` of those that `isWanted`.
    func page(after: RecordID?, limit: Int, where isWanted: (Value) -> Bool = { _ in true }) -> [(RecordID, Value)] {
        let records = contents.withLock { $0.isLoaded ? $0.records : [:] }
        return records.filter { id, value in isWanted(value) && after.map { id > $0 } ?? true }
            .sorted { $0.key < $1.key }.prefix(limit).map { ($0.key, $0.value) }
    }

    /// How many there are of those that `isWanted`.
    func count(where isWanted: (Value) -> Bool) -> Int {
        contents.withLock { contents in contents.records.values.reduce(0) { $0 + (isWanted($1) ? 1 : 0) } }
    }

    /// After the store has it durably.
    func set(_ id: RecordID, _ value: Value) {
        contents.withLock { contents in
            contents.edits += 1
            contents.records[id] = value
        }
        changes.wrappingAdd(1, ordering: .releasing)
    }

    /// Drops what the store has let expire.
    func drop(where isOver: (Value) -> Bool) {
        contents.withLock { contents in contents.records = contents.records.filter { !isOver($0.value) } }
    }

    /// The change of one record in the store, with the mark by which others see it.
    func operation(_ id: RecordID, _ bytes: [UInt8], expires: Interval?, mark: [UInt8]) -> [StoreOperation] {
        [.put(StoreKey(room, id), bytes, expires: expires), .put(room.versionKey, mark, expires: nil)]
    }

    // MARK: MirroredRoom

    func beginLoading() -> UInt64 { contents.withLock { $0.edits } }

    func replace(with records: [StoreRecord], since mark: UInt64) -> Bool {
        var fresh: [RecordID: Value] = [:]
        for record in records where fresh.count < countMax { fresh[record.id] = read(record) }
        let isReplaced = contents.withLock { contents in
            guard contents.edits == mark else { return false }
            contents.records = fresh
            contents.isLoaded = true
            return true
        }
        if isReplaced { changes.wrappingAdd(1, ordering: .releasing) }
        return isReplaced
    }

    func distrust() {
        contents.withLock { $0.isLoaded = false }
        changes.wrappingAdd(1, ordering: .releasing)
    }
}
