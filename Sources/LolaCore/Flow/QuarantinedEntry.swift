// A message that was put aside instead of handled: its record cannot be read, or handling it has killed the process
// three times. An operator sees that it is there and why, never what it says.

struct QuarantinedEntry: Sendable {
    enum Reason: String, Sendable {
        case unreadable
        case crashed
    }

    let reason: Reason
    let at: WallTime
    /// The entry as it stood in the queue.
    let value: [UInt8]

    private static let version: UInt8 = 1

    init(reason: Reason, at now: WallTime, value: [UInt8]) {
        self.reason = reason
        self.at = now
        self.value = value
    }

    init(_ bytes: [UInt8]) throws(RecordFault) {
        var reader = try RecordReader(bytes, version: Self.version)
        guard let reason = Reason(rawValue: try reader.octets().text) else { throw .malformed }
        self.reason = reason
        at = WallTime(milliseconds: try reader.signedWord())
        value = try reader.octets()
        try reader.end()
    }

    func operation(_ id: RecordID) -> StoreOperation {
        var writer = RecordWriter(version: Self.version)
        writer.octets([UInt8](text: reason.rawValue))
        writer.word(at.milliseconds)
        writer.octets(value)
        return .put(StoreKey(.quarantine, id), writer.bytes, expires: Limits.deadLetterRetention)
    }
}
