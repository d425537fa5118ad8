// What an operation does to a table, as values: effects for journals and snapshots, and what takes them back. Made by
// StoreTable; written and read again by whoever keeps records beyond the process.

/// One effect. Expiries are milliseconds of civil time, nil is never.
enum StoreChange: Hashable, Sendable {
    case set(StoreKey, [UInt8], expires: Int64?)
    case claim(StoreKey, expires: Int64)
    /// An inbound record; the sequence grows with each append and gives the order after a restart.
    case entry(QueueEntry, sequence: UInt64)
    case remove(StoreKey)

    /// Whether it takes a message further: in from a channel, to its answer, out of the queue.
    var isOfMessage: Bool {
        switch self {
        case .entry: true
        case .set(let key, _, _), .remove(let key): [.inbound, .outbox, .progress].contains(key.room)
        case .claim: false
        }
    }
}

/// What stood under a key before one effect.
enum StoreUndo: Hashable, Sendable {
    case absent(StoreKey)
    case record(StoreKey, RoomRecord)
    case claim(StoreKey, expires: Int64)
}

/// How far a snapshot has come: rooms one after the other, then claims in the order of their hashes, for hashes stay
/// where slots move. Made anew for each snapshot.
struct SnapshotCursor: Sendable {
    /// Room number, and the next slot or, in a room of claims, the next range of hashes.
    var room = 0
    var place = 0

    init() {}
}
