// Every limit in one place: value, unit, reason, and how it relates to the others (asserted by a test).
// What an operator may change is in Daemon/Settings; what is here is fixed by CONTRACT §4-§6 or by a protocol.

/// A number of octets.
struct ByteCount: Hashable, Comparable, Sendable {
    let bytes: Int

    static func bytes(_ value: Int) -> ByteCount { ByteCount(bytes: value) }
    static func kibibytes(_ value: Int) -> ByteCount { ByteCount(bytes: value * 1_024) }
    static func mebibytes(_ value: Int) -> ByteCount { ByteCount(bytes: value * 1_048_576) }
    static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}

enum Limits {
    // MARK: HTTP server (CONTRACT §4)

    /// Whole request head, request line included; more is 431.
    static let requestHeadMax = ByteCount.kibibytes(16)
    /// Number of header fields; more is 431.
    static let requestFieldsMax = 100
    /// Request target; more is 414.
    static let requestTargetMax = ByteCount.kibibytes(8)
    /// Method token; a longer one is refused as malformed.
    static let requestMethodMax = ByteCount.bytes(32)
    /// One chunk-size line with its extensions.
    static let chunkLineMax = ByteCount.bytes(256 + 16)
    /// Octets of all chunk lines of one body beyond 16 a line; they carry nothing we use.
    static let chunkExtensionsMax = ByteCount.kibibytes(8)
    /// Trailer section of a chunked body; read, checked and dropped.
    static let trailersMax = ByteCount.kibibytes(4)
    static let trailerFieldsMax = 16
    /// From the first octet of a request (or from accept) to the end of its head; later is 408.
    static let requestHeadTimeout = Interval.seconds(10)
    /// Minimum body rate after the grace period; slower is 408.
    static let bodyRateMinimum = ByteCount.bytes(512)
    static let bodyRateGrace = Interval.seconds(5)
    /// A keep-alive connection without a request.
    static let idleTimeout = Interval.seconds(75)
    /// Requests of one connection that may wait for their answers; then reading pauses.
    static let pipelineDepthMax = 16
    /// Octets of answers that a peer may leave unread before its connection is closed.
    static let responseBacklogMax = ByteCount.mebibytes(1)
    /// How long a closing connection is drained so that the peer reads the last answer.
    static let lingeringClose = Interval.seconds(1)

    // MARK: Bodies (CONTRACT §4)

    static let bodyWhatsAppMax = ByteCount.mebibytes(4)
    static let bodyWebhookMax = ByteCount.mebibytes(1)
    static let bodyTwilioMax = ByteCount.kibibytes(64)
    static let bodyAPIMax = ByteCount.mebibytes(1)
    /// Pairs of a form body or a query.
    static let formPairsMax = 1_000

    // MARK: JSON

    /// Nesting depth of a JSON document; deeper is refused.
    static let jsonDepthMax = 64

    // MARK: Life cycle

    /// SIGTERM to exit at the latest.
    static let drainMax = Interval.seconds(25)
    /// Idle connections are closed this long after the drain begins.
    static let drainIdleGrace = Interval.seconds(1)

    // MARK: Outbound HTTP

    static let responseHeadMax = ByteCount.kibibytes(16)
    static let responseFieldsMax = 100
    /// Interim 1xx answers of one exchange; more is a fault of the peer.
    static let interimResponsesMax = 4
    static let identityResponseMax = ByteCount.kibibytes(64)
    static let agentResponseMax = ByteCount.kibibytes(256)
    static let channelResponseMax = ByteCount.kibibytes(64)
    static let poolConnectionsPerOriginMax = 64
    static let poolIdleTimeout = Interval.seconds(30)

    // MARK: Messages

    /// State an agent may keep for a conversation (CONTRACT §6).
    static let agentStateMax = ByteCount.kibibytes(16)
    /// Requests in flight to one agent from one process (bulkhead).
    static let agentInFlightMax = 64
    /// Messages waiting in one conversation; more answers 503 to the channel.
    static let conversationQueueMax = 256
    /// Accepted messages not yet done, in the process; more answers 503 to the channel.
    static let backlogMax = 65_536
    /// Message records kept for `GET messages`.
    static let messageRecordsMax = 10_000
    /// Phone spelling as received (reference: protocols §7).
    static let phoneTextMax = ByteCount.bytes(250)
}
