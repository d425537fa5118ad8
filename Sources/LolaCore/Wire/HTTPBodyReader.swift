// The content of one message after its head: nothing, a length, chunks (RFC 9112 §7.1) or everything until the peer
// closes. Octets of payload are handed on as ranges of the input, never copied. Used by both parsers.

struct HTTPBodyReader: Sendable {
    enum Framing: Hashable, Sendable { case none, length(Int), chunked, untilClose }
    enum Step: Sendable { case needMore, body(ByteRange), end }

    /// The most payload octets that may follow; a declared length above it is refused before anything is read.
    var limit: Int
    let framing: Framing
    private var received = 0
    private var chunks = HTTPChunks()

    init(_ framing: Framing, limit: Int) {
        self.framing = framing
        self.limit = limit
    }

    /// How many octets have been looked at, for the test that this is linear in the input. Payload is not looked at.
    var examined: Int { chunks.examined }

    /// - Returns: the next event and how many octets of `input` are done with. After `.end` the reader is spent.
    mutating func next(_ input: Span<UInt8>) throws(HTTPFault) -> (step: Step, consumed: Int) {
        switch framing {
        case .none: return (.end, 0)
        case .length(let length):
            if length > limit { throw .bodyTooLarge }
            return received == length ? (.end, 0) : take(min(length &- received, input.count))
        case .untilClose:
            if received >= limit && !input.isEmpty { throw .bodyTooLarge }
            return take(min(limit &- received, input.count))
        case .chunked:
            return try chunks.next(input, limit: limit)
        }
    }

    private mutating func take(_ count: Int) -> (step: Step, consumed: Int) {
        guard count > 0 else { return (.needMore, 0) }
        received &+= count
        return (.body(ByteRange(start: 0, end: count)), count)
    }
}
