// Octets in, request events out (RFC 9112), no I/O and no clock. One parser per connection, on its loop; the server
// keeps the unread octets and calls `next` until it says `.needMore`. A fault is final.

struct HTTPRequestParser: Sendable {
    enum Step: Sendable {
        /// Nothing more can be said until octets arrive.
        case needMore
        case head(HTTPRequestHead)
        /// Payload octets as a range of the given input, chunked coding removed. Never empty.
        case body(ByteRange)
        /// The request is complete; the next call begins the next one.
        case end
        case fault(HTTPFault)
    }

    private enum Phase: Sendable {
        /// Before the first octet of a request; one empty line may still be skipped (RFC 9112 §2.2).
        case start(maySkip: Bool)
        case line, fields, body
        /// After a request that asked to close: what follows is not looked at (RFC 9112 §9.6).
        case closed
        case failed(HTTPFault)
    }

    private var phase: Phase = .start(maySkip: true)
    private var line = HTTPRequestLine()
    private var section = Self.emptySection(at: 0)
    private var reader = HTTPBodyReader(.none, limit: Limits.bodyAPIMax.bytes)
    private var keepsAlive = true
    /// How many octets have been looked at, for the test that this is linear in the input.
    private(set) var examined = 0

    init() {}

    /// Whether nothing of a next request has been seen: the connection is idle.
    var isAtMessageStart: Bool {
        if case .start = phase { return true }
        return false
    }

    /// Whether the head that is being read, or that was refused, began with the method HEAD: its answer has no body.
    var isReadingHEAD: Bool { line.isHEAD }

    /// The most payload octets of this request. Set it after `.head`; `Limits.bodyAPIMax` until then. A declared
    /// length above it is refused by the next call, before any octet of it is read.
    var bodyLimit: Int {
        get { reader.limit }
        set { reader.limit = newValue }
    }

    /// - Parameter input: all octets not yet consumed; ranges in the step are indices of it.
    /// - Returns: the next event, and how many octets from the front the caller may now forget.
    mutating func next(_ input: Span<UInt8>) -> (step: Step, consumed: Int) {
        do throws(HTTPFault) {
            switch phase {
            case .start, .line, .fields: return try readHead(input)
            case .body: return try readBody(input)
            case .closed: return (.needMore, input.count)
            case .failed(let fault): return (.fault(fault), 0)
            }
        } catch {
            phase = .failed(error)
            return (.fault(error), 0)
        }
    }

    private mutating func readHead(_ input: Span<UInt8>) throws(HTTPFault) -> (step: Step, consumed: Int) {
        var base = 0
        if case .start(let maySkip) = phase {
            guard !input.isEmpty else { return (.needMore, 0) }
            if maySkip && input[0] == ASCII.carriageReturn {
                guard input.count > 1 else { return (.needMore, 0) }
                guard input[1] == ASCII.lineFeed else { throw .bareCR }
                examined &+= 2
                base = 2
                phase = .start(maySkip: false)
                guard input.count > base else { return (.needMore, base) }
            }
            phase = .line
        }
        if case .line = phase {
            let from = line.position
            defer { examined &+= line.position &- from }
            guard try line.scan(input, from: base) else { return (.needMore, base) }
            section = Self.emptySection(at: line.position)
            phase = .fields
        }
        guard try scanFields(input, from: base) else { return (.needMore, base) }

        let end = base &+ section.position
        let bytes = [UInt8](copying: input.extracting(base..<end))
        let head = try HTTPRequestHead(bytes, line: line, fields: section.fields)
        reader = HTTPBodyReader(HTTPBodyReader.Framing(head.framing), limit: Limits.bodyAPIMax.bytes)
        keepsAlive = head.keepsAlive
        line = HTTPRequestLine()
        section = Self.emptySection(at: 0)
        phase = .body
        return (.head(head), end)
    }

    private mutating func scanFields(_ input: Span<UInt8>, from base: Int) throws(HTTPFault) -> Bool {
        let start = section.position
        defer { examined &+= section.position &- start }
        return try section.scan(input, from: base)
    }

    private mutating func readBody(_ input: Span<UInt8>) throws(HTTPFault) -> (step: Step, consumed: Int) {
        let from = reader.examined
        defer { examined &+= reader.examined &- from }
        let (step, consumed) = try reader.next(input)
        switch step {
        case .needMore: return (.needMore, consumed)
        case .body(let range): return (.body(range), consumed)
        case .end:
            phase = keepsAlive ? .start(maySkip: true) : .closed
            return (.end, consumed)
        }
    }

    private static func emptySection(at position: Int) -> HTTPFieldSection {
        HTTPFieldSection(
            at: position, octetsMax: Limits.requestHeadMax, fieldsMax: Limits.requestFieldsMax,
            tooLarge: .headTooLarge, tooMany: .tooManyFields)
    }
}

extension HTTPBodyReader.Framing {
    init(_ framing: HTTPBodyFraming) {
        self =
            switch framing {
            case .none: .none
            case .length(let count): .length(count)
            case .chunked: .chunked
            }
    }
}
