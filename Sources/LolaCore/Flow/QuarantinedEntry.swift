// What was put aside instead of handled: a message whose record cannot be read, one that has killed the process three
// times, a proven webhook that was not understood. An operator sees that it is there and why, never what it says.

struct QuarantinedEntry: Sendable {
    enum Reason: String, Sendable {
        case unreadable
        case crashed
        /// A webhook, or a part of it; nothing of its octets is kept.
        case notUnderstood = "not_understood"
    }

    /// Of a webhook that was not understood.
    struct Origin: Hashable, Sendable {
        let channel: String
        /// A word of `QuarantineReason`.
        let word: String
        let octets: Int
    }

    let reason: Reason
    let at: WallTime
    /// The entry as it stood in the queue.
    let value: [UInt8]
    let origin: Origin?

    private static let version: UInt8 = 2

    init(reason: Reason, at now: WallTime, value: [UInt8]) {
        self.reason = reason
        self.at = now
        self.value = value
        origin = nil
    }

    init(_ why: QuarantineReason, of channel: ChannelName, at now: WallTime, octets: Int) {
        reason = .notUnderstood
        at = now
        value = []
        origin = Origin(channel: channel.rawValue, word: why.rawValue, octets: octets)
    }

    init(_ bytes: [UInt8]) throws(RecordFault) {
        var reader = try RecordReader(bytes, version: Self.version)
        guard let reason = Reason(rawValue: try reader.octets().text) else { throw .malformed }
        self.reason = reason
        at = WallTime(milliseconds: try reader.signedWord())
        value = try reader.octets()
        origin = try reader.optional { (reader) throws(RecordFault) in
            Origin(
                channel: try reader.text(), word: try reader.text(), octets: Int(clamping: try reader.number()))
        }
        try reader.end()
    }

    func operation(_ id: RecordID) -> StoreOperation {
        var writer = RecordWriter(version: Self.version)
        writer.octets([UInt8](text: reason.rawValue))
        writer.word(at.milliseconds)
        writer.octets(value)
        writer.optional(origin) { writer, origin in
            writer.octets([UInt8](text: origin.channel))
            writer.octets([UInt8](text: origin.word))
            writer.number(UInt64(clamping: origin.octets))
        }
        return .put(StoreKey(.quarantine, id), writer.bytes, expires: Limits.deadLetterRetention)
    }
}
