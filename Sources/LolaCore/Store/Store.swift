// The store's closed set of operations and its one atomic batch (DESIGN §5). Bytes below, typed keys above.
// This file is the door: the memory store is behind it now; the journal and Redis come behind the same door.

/// A key: a room word, a slash, and what identifies the record in that room.
struct StoreKey: Hashable, Sendable {
    let bytes: [UInt8]

    init(_ room: StoreRoom, _ identity: [UInt8]) { bytes = [UInt8](text: room.rawValue) + [0x2F] + identity }

    func hash(into hasher: inout Hasher) { hasher.combine(octets: bytes) }
}

/// The rooms of the store. One line per kind of record.
enum StoreRoom: String, CaseIterable, Sendable {
    /// Native message ids already accepted (keyed hash).
    case seen
    /// State an agent keeps for a conversation.
    case state
    /// Phone that a Telegram user shared, by user.
    case contact
}

enum StoreOperation: Sendable {
    case get(StoreKey)
    case put(StoreKey, [UInt8], expires: Interval?)
    /// Put if absent; the answer says who was first.
    case claim(StoreKey, expires: Interval)
    case remove(StoreKey)
    /// All or nothing: when any claim in it is lost, nothing of the batch takes effect.
    case batch([StoreOperation])
}

enum StoreAnswer: Hashable, Sendable {
    case value([UInt8]?)
    case done
    case claimed(Bool)
    /// The store cannot answer: webhooks say 503, nothing is ever assumed.
    case unavailable
}

/// A store as one loop sees it. `submit` answers exactly once, never before it returns, on the same thread.
protocol Store: AnyObject {
    func submit(_ operation: StoreOperation, _ completion: @escaping (StoreAnswer) -> Void)
    /// Delivers answers that are ready; the loop calls it once per tick. True when any was delivered.
    func deliver(at now: WallTime) -> Bool
}
