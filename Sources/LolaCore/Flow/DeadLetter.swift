// A message that was given up, as an operator finds it: what failed, the message itself, and the replies that were
// not sent. Replaying puts the message back at the end of its lane under the same key, as if it had come just now.

struct DeadLetter: Sendable {
    enum Stage: String, Sendable {
        /// No usable answer; replaying asks the agent again.
        case agent
        /// An answer that the channel did not take; replaying sends what is left of it.
        case delivery
    }

    let id: RecordID
    let stage: Stage
    /// Stable word of the last failure.
    let word: String
    let at: WallTime
    /// How often the agent was asked.
    let attempts: Int
    let verified: VerifiedMessage
    let replies: [Reply]
    /// Requests of the replies that the channel accepted.
    let sent: Int

    private static let version: UInt8 = 1

    init(
        _ accepted: AcceptedMessage, stage: Stage, word: String, at now: WallTime, attempts: Int, replies: [Reply],
        sent: Int
    ) {
        id = accepted.names.messageID
        self.stage = stage
        self.word = word
        self.at = now
        self.attempts = attempts
        verified = accepted.verified
        self.replies = replies
        self.sent = sent
    }

    /// Reads back what `operation` wrote.
    init(_ record: StoreRecord) throws(RecordFault) {
        var reader = try RecordReader(record.value, version: Self.version)
        id = record.id
        guard let stage = Stage(rawValue: try reader.octets().text) else { throw .malformed }
        self.stage = stage
        word = try reader.octets().text
        at = WallTime(milliseconds: try reader.signedWord())
        attempts = Int(truncatingIfNeeded: try reader.signedWord())
        sent = max(0, Int(truncatingIfNeeded: try reader.signedWord()))
        verified = try WebhookGate.restored(from: &reader)
        replies = try ReplyCodec.read(&reader)
        try reader.end()
    }

    var bytes: [UInt8] {
        var writer = RecordWriter(version: Self.version)
        writer.octets([UInt8](text: stage.rawValue))
        writer.octets([UInt8](text: word))
        writer.word(at.milliseconds)
        writer.word(Int64(attempts))
        writer.word(Int64(sent))
        MessageCodec.write(verified, to: &writer)
        ReplyCodec.write(replies, to: &writer)
        return writer.bytes
    }

    /// Puts it where operators look.
    var operation: StoreOperation { .put(StoreKey(.dead, id), bytes, expires: Limits.deadLetterRetention) }

    /// Takes it from there and puts the message back into the queue, all at one moment.
    var replay: StoreOperation {
        var parts: [StoreOperation] = [
            .remove(StoreKey(.dead, id)),
            .append(QueueEntry(
                key: StoreKey(.inbound, id), lane: verified.message.conversation.lane,
                value: MessageCodec.encode(verified))),
        ]
        if stage == .delivery, !replies.isEmpty {
            let outbox = OutboxRecord(status: .done, agent: nil, isNotice: false, replies: replies)
            var digits: [UInt8] = []
            ASCII.append(sent, to: &digits)
            parts.append(.put(StoreKey(.outbox, id), outbox.bytes, expires: nil))
            parts.append(.put(StoreKey(.progress, id), digits, expires: nil))
        }
        return .batch(parts)
    }
}
