// The field lines of a head or of trailers (RFC 9112 §5), read octet by octet and resumable anywhere: the verdict
// depends on the octets only, never on how they were cut into reads. Used by both parsers and the body reader.

struct HTTPFieldSection: Sendable {
    private enum Phase: Sendable {
        case lineStart, name, blank, value, lineFeed, lastLineFeed
    }

    private(set) var fields: [HTTPField] = []
    /// The next octet to look at, counted from the first octet of the head (or of the trailers).
    private(set) var position: Int
    private var phase: Phase = .lineStart
    private var name = ByteRange.empty
    private var valueStart = 0
    private let octetsMax: Int
    private let fieldsMax: Int
    private let tooLarge: HTTPFault
    private let tooMany: HTTPFault

    /// - Parameters:
    ///   - position: where the first field line begins, counted like `position`.
    ///   - octetsMax: the whole head (or the trailers) with the empty line at its end.
    init(at position: Int, octetsMax: ByteCount, fieldsMax: Int, tooLarge: HTTPFault, tooMany: HTTPFault) {
        self.position = position
        self.octetsMax = octetsMax.bytes
        self.fieldsMax = fieldsMax
        self.tooLarge = tooLarge
        self.tooMany = tooMany
    }

    /// Reads on from where the last call stopped. `base` is the index in `input` of the first octet of the head.
    /// - Returns: true when the empty line has been read; `position` is then the octet after it.
    mutating func scan(_ input: Span<UInt8>, from base: Int) throws(HTTPFault) -> Bool {
        let end = min(input.count, base &+ octetsMax)
        var at = base &+ position
        defer { position = at &- base }
        while at < end {
            switch phase {
            case .lineStart:
                if input[at] == ASCII.carriageReturn {
                    phase = .lastLineFeed
                    at &+= 1
                } else {
                    try startField(input[at])
                    name = ByteRange(start: at &- base, end: at &- base)
                    phase = .name
                }
            case .name:
                while at < end, HTTPSyntax.isToken(input[at]) { at &+= 1 }
                if at < end {
                    name = ByteRange(start: name.start, end: at &- base)
                    guard input[at] == 0x3A, !name.isEmpty else { throw nameFault(input[at]) }
                    at &+= 1
                    phase = .blank
                }
            case .blank:
                while at < end, HTTPSyntax.isBlank(input[at]) { at &+= 1 }
                if at < end {
                    valueStart = at &- base
                    phase = .value
                }
            case .value:
                while at < end, HTTPSyntax.isFieldValue(input[at]) { at &+= 1 }
                if at < end {
                    try endField(input, at: at, base: base)
                    at &+= 1
                    phase = .lineFeed
                }
            case .lineFeed, .lastLineFeed:
                guard input[at] == ASCII.lineFeed else { throw .bareCR }
                at &+= 1
                if phase == .lastLineFeed { return true }
                phase = .lineStart
            }
        }
        if at &- base >= octetsMax { throw tooLarge }
        return false
    }

    private mutating func startField(_ byte: UInt8) throws(HTTPFault) {
        if HTTPSyntax.isBlank(byte) { throw fields.isEmpty ? .indentedField : .obsFold }
        if byte == ASCII.lineFeed { throw .bareLF }
        if fields.count == fieldsMax { throw tooMany }
        if fields.isEmpty { fields.reserveCapacity(16) }
    }

    private mutating func endField(_ input: Span<UInt8>, at end: Int, base: Int) throws(HTTPFault) {
        if input[end] == ASCII.lineFeed { throw .bareLF }
        guard input[end] == ASCII.carriageReturn else { throw .badFieldValue }
        var last = end
        while last > base &+ valueStart, HTTPSyntax.isBlank(input[last &- 1]) { last &-= 1 }
        fields.append(HTTPField(name: name, value: ByteRange(start: valueStart, end: last &- base)))
    }

    private func nameFault(_ byte: UInt8) -> HTTPFault {
        if name.isEmpty { return .badFieldName }
        switch byte {
        case ASCII.space, ASCII.tab: return .spaceBeforeColon
        case ASCII.carriageReturn: return .missingColon
        case ASCII.lineFeed: return .bareLF
        default: return .badFieldName
        }
    }
}
