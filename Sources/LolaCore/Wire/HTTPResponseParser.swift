// Octets in, events of one answer out (RFC 9112), no I/O and no clock. One parser per request of the outbound
// client, on its loop. As strict as the request parser: an answer that can be read in two ways is a fault.

struct HTTPResponseParser: Sendable {
    enum Step: Sendable {
        case needMore
        /// An interim answer (1xx) has passed; its status.
        case interim(Int)
        case head(HTTPResponseHead)
        /// Payload octets as a range of the given input, chunked coding removed. Never empty.
        case body(ByteRange)
        /// The answer is complete. Octets left over were not asked for: the connection must not be used again.
        case end
        case fault(HTTPFault)
    }

    private enum Phase: Sendable {
        case line, fields, body, done
        case failed(HTTPFault)
    }

    private let requestWasHead: Bool
    private let bodyLimit: Int
    private var phase: Phase = .line
    private var line = HTTPStatusLine()
    private var section = Self.emptySection(at: 0)
    private var reader = HTTPBodyReader(.none, limit: 0)
    private var interims = 0
    /// How many octets have been looked at, for the test that this is linear in the input.
    private(set) var examined = 0

    /// - Parameters:
    ///   - requestWasHead: answers to HEAD have no content, whatever their fields say.
    ///   - bodyLimit: most payload octets; more is `.bodyTooLarge`.
    init(requestWasHead: Bool, bodyLimit: Int) {
        self.requestWasHead = requestWasHead
        self.bodyLimit = bodyLimit
    }

    /// Whether no octet of an answer has been seen; a connection closed here may mean that the peer had given it up
    /// before our request arrived.
    var isAtMessageStart: Bool { examined == 0 }

    /// - Parameter input: all octets not yet consumed; ranges in the step are indices of it.
    /// - Returns: the next event, and how many octets from the front the caller may now forget.
    mutating func next(_ input: Span<UInt8>) -> (step: Step, consumed: Int) {
        do throws(HTTPFault) {
            switch phase {
            case .line, .fields: return try readHead(input)
            case .body: return try readBody(input)
            case .done: return (.end, 0)
            case .failed(let fault): return (.fault(fault), 0)
            }
        } catch {
            phase = .failed(error)
            return (.fault(error), 0)
        }
    }

    /// The peer has closed. Right only for content that ends with the connection; call it after `next` has seen
    /// every octet.
    mutating func endOfInput() -> Step {
        switch phase {
        case .done:
            return .end
        case .body where reader.framing == .untilClose:
            phase = .done
            return .end
        case .failed(let fault):
            return .fault(fault)
        case .line, .fields, .body:
            phase = .failed(.truncated)
            return .fault(.truncated)
        }
    }

    private mutating func readHead(_ input: Span<UInt8>) throws(HTTPFault) -> (step: Step, consumed: Int) {
        if case .line = phase {
            let from = line.position
            defer { examined &+= line.position &- from }
            guard try line.scan(input) else { return (.needMore, 0) }
            section = Self.emptySection(at: line.position)
            phase = .fields
        }
        guard try scanFields(input) else { return (.needMore, 0) }

        let end = section.position
        let bytes = [UInt8](copying: input.extracting(..<end))
        let head = try HTTPResponseHead(bytes, line: line, fields: section.fields, requestWasHead: requestWasHead)
        line = HTTPStatusLine()
        section = Self.emptySection(at: 0)
        if head.status < 200 { return (try interim(head.status), end) }
        reader = HTTPBodyReader(head.framing, limit: bodyLimit)
        phase = .body
        return (.head(head), end)
    }

    private mutating func interim(_ status: Int) throws(HTTPFault) -> Step {
        interims &+= 1
        if interims > Limits.interimResponsesMax { throw .tooManyInterim }
        phase = .line
        return .interim(status)
    }

    private mutating func scanFields(_ input: Span<UInt8>) throws(HTTPFault) -> Bool {
        let start = section.position
        defer { examined &+= section.position &- start }
        return try section.scan(input, from: 0)
    }

    private mutating func readBody(_ input: Span<UInt8>) throws(HTTPFault) -> (step: Step, consumed: Int) {
        let from = reader.examined
        defer { examined &+= reader.examined &- from }
        let (step, consumed) = try reader.next(input)
        switch step {
        case .needMore: return (.needMore, consumed)
        case .body(let range): return (.body(range), consumed)
        case .end:
            phase = .done
            return (.end, consumed)
        }
    }

    private static func emptySection(at position: Int) -> HTTPFieldSection {
        HTTPFieldSection(
            at: position, octetsMax: Limits.responseHeadMax, fieldsMax: Limits.responseFieldsMax,
            tooLarge: .headTooLarge, tooMany: .tooManyFields)
    }
}
