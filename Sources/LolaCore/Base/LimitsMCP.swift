// The limits of the MCP server: sessions, streams, calls and what one message may ask for.

extension Limits {
    // MARK: MCP (CONTRACT §9)

    /// Sessions of the process, and of them those of one token: 2,000 open streams of one token must fit. A session
    /// takes less than a kibibyte.
    static let mcpSessionsMax = 10_000
    static let mcpSessionsPerTokenMax = 4_096
    /// A session without a stream that nobody has used for so long is over: the client begins another.
    static let mcpSessionIdle = Interval.minutes(30)
    /// How often sessions that are over are taken out, at most.
    static let mcpSweepInterval = Interval.seconds(30)
    /// Octets of a session's id, and how many of them are random; the others are the gateway's mark.
    static let mcpSessionIDCount = 24
    static let mcpSessionRandomCount = 16
    /// Calls of one session that wait for their tool, and messages of one batch (only revision 2025-03-26 has them).
    static let mcpCallsInFlightMax = 64
    static let mcpBatchMax = 32
    /// Id of a request or token of its progress: both are sent back.
    static let mcpRequestIDMax = ByteCount.bytes(256)
    /// Tools in one page of `tools/list`: all there are.
    static let mcpToolsPageMax = 32
    /// A comment in every silent stream so often: clients wait for five minutes, proxies often for one.
    static let mcpHeartbeat = Interval.seconds(15)
    /// How often the token of an open stream is asked for: a revocation ends it within a second.
    static let mcpStreamCheck = Interval.milliseconds(250)
    /// How often a call that wants to hear of its progress does.
    static let mcpProgressInterval = Interval.seconds(1)
    /// How long a client may keep the list of tools: they change with the gateway and with the token only.
    static let mcpListAge = Interval.minutes(5)
    /// Waiting messages in one answer.
    static let toolMessagesMax = 100
    /// A provider that is asked whether credentials are right, and how much it may answer.
    static let providerCheckTimeout = Interval.seconds(10)
    static let providerCheckResponseMax = ByteCount.kibibytes(64)
}
