// Why Redis gave no usable answer. A closed list with stable words for logs and metrics; whatever it is, the operation
// that asked is `unavailable`.

enum RedisFault: String, Error, Hashable, Sendable, CaseIterable {
    /// No address, no connection.
    case unreachable
    /// No TLS, or not with the server we mean.
    case tls
    /// No answer in time.
    case timeout
    /// The server closed the connection, or half an answer came.
    case closed
    /// Not the protocol of Redis.
    case malformed
    /// An answer of another type than the command has, or to no command.
    case unexpected
    /// Too many commands wait.
    case overloaded
    /// The store is not the one it was: flushed, replaced or older.
    case storeChanged = "store_changed"
    // Error replies
    case loading
    case outOfMemory = "out_of_memory"
    case readOnly = "read_only"
    case noScript = "no_script"
    /// NOAUTH, WRONGPASS: we are not who we should be.
    case notAllowed = "not_allowed"
    case wrongType = "wrong_type"
    /// Any other error reply, NOPERM among them.
    case refused

    /// Whether what follows on the same connection cannot be believed, or cannot be better.
    var endsConnection: Bool {
        switch self {
        case .overloaded, .outOfMemory, .noScript, .wrongType, .refused: false
        default: true
        }
    }
}

/// What operators should hear of; the assembly writes it to the log.
enum RedisEvent: Hashable, Sendable {
    case connected
    /// From now on every operation is unavailable, until `connected`.
    case away(RedisFault)
    /// An error reply that left the connection up.
    case refused(RedisFault)
    /// Whether Redis has room for what is written; it had until this says otherwise.
    case room(Bool)
    /// `store_epoch_changed`: acknowledged records are missing. Links of the epoch before must not be honoured.
    case epochChanged
    /// Lanes that became ours, that we handed back, that we lost to others; how many are ours now, of how many members.
    case lanes(taken: Int, released: Int, lost: Int, held: Int, members: Int)
}
