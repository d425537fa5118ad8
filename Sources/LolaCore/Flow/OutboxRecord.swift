// What stands in the store of a message whose answer is known: replies before they are sent, and what was given up.
// Both are sealed below this layer; both read back only what this file wrote.

/// Written before the first reply is sent; removed with the message. After a crash it is sent on, not asked for again.
struct OutboxRecord: Hashable, Sendable {
    /// How the message ends when everything is sent.
    let status: MessageRecord.Status
    let agent: AgentName?
    /// Lola's own notice: that it could not be sent is no further dead letter.
    let isNotice: Bool
    let replies: [Reply]

    private static let version: UInt8 = 1

    var bytes: [UInt8] {
        var writer = RecordWriter(version: Self.version)
        writer.octets(of: status.rawValue)
        writer.optional(agent) { $0.octets(of: $1.rawValue) }
        writer.flag(isNotice)
        ReplyCodec.write(replies, to: &writer)
        return writer.bytes
    }

    init(status: MessageRecord.Status, agent: AgentName?, isNotice: Bool, replies: [Reply]) {
        self.status = status
        self.agent = agent
        self.isNotice = isNotice
        self.replies = replies
    }

    init(_ bytes: [UInt8]) throws(RecordFault) {
        var reader = try RecordReader(bytes, version: Self.version)
        guard let status = MessageRecord.Status(rawValue: try reader.octets().text) else { throw .malformed }
        self.status = status
        agent = try reader.optional { (reader) throws(RecordFault) in
            guard let agent = AgentName(rawValue: try reader.octets().text) else { throw .malformed }
            return agent
        }
        isNotice = try reader.flag()
        replies = try ReplyCodec.read(&reader)
        try reader.end()
    }
}
