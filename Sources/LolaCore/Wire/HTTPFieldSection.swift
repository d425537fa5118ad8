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
    private var nameStart = 0
    private var nameEnd = 0
    private var valueStart = 0
    private let octetsMax: Int
    private let fieldsMax: Int
    private let tooLarge: HTTPFault
    private let tooMany: HTTPFault

    /// - Parameters:
    ///   - position: where the first field line begins, counted like `position`.
    ///   - octetsMax: the whole head (or the trailers) with the empty line at its end.
    init(at position: Int, octetsMax: ByteCount, fieldsMax: Int, tooLarge: HTTPFault, tooMany: HTTPFault) {
        precondition(octetsMax.bytes <= HTTPField.endMax, "a field cannot name what is that far from its head's start")
        self.position = position
        self.octetsMax = octetsMax.bytes
        self.fieldsMax = fieldsMax
        self.tooLarge = tooLarge
        self.tooMany = tooMany
    }

    /// Reads on from where the last call stopped. `base` is the index in `input` of the first octet of the head.
    /// - Returns: true when the empty line has been read; `position` is then the octet after it.
    mutating func scan(_ input: Span<UInt8>, from base: Int) throws(HTTPFault) -> Bool {
        let window = input.extracting(base..<min(input.count, base &+ octetsMax))
        var at = position
        defer { position = at }
        while at < window.count {
            switch phase {
            case .lineStart:
                if window[at] == ASCII.carriageReturn {
                    phase = .lastLineFeed
                    at &+= 1
                } else {
                    try startField(window[at])
                    nameStart = at
                    phase = .name
                }
            case .name:
                at = HTTPSyntax.endOfToken(window, from: at)
                if at < window.count {
                    guard window[at] == 0x3A, at > nameStart else { throw nameFault(window[at], at: at) }
                    nameEnd = at
                    at &+= 1
                    phase = .blank
                }
            case .blank:
                while at < window.count, HTTPSyntax.isBlank(window[at]) { at &+= 1 }
                if at < window.count {
                    valueStart = at
                    phase = .value
                }
            case .value:
                at = HTTPSyntax.endOfFieldValue(window, from: at)
                if at < window.count {
                    try endField(window, at: at)
                    at &+= 1
                    phase = .lineFeed
                }
            case .lineFeed, .lastLineFeed:
                guard window[at] == ASCII.lineFeed else { throw .bareCR }
                at &+= 1
                if phase == .lastLineFeed { return true }
                phase = .lineStart
            }
        }
        if at >= octetsMax { throw tooLarge }
        return false
    }

    private mutating func startField(_ byte: UInt8) throws(HTTPFault) {
        if HTTPSyntax.isBlank(byte) { throw fields.isEmpty ? .indentedField : .obsFold }
        if byte == ASCII.lineFeed { throw .bareLF }
        if fields.count == fieldsMax { throw tooMany }
        if fields.isEmpty { fields.reserveCapacity(16) }
    }

    private mutating func endField(_ window: Span<UInt8>, at end: Int) throws(HTTPFault) {
        if window[end] == ASCII.lineFeed { throw .bareLF }
        guard window[end] == ASCII.carriageReturn else { throw .badFieldValue }
        var last = end
        while last > valueStart, HTTPSyntax.isBlank(window[last &- 1]) { last &-= 1 }
        let name = ByteRange(start: nameStart, end: nameEnd)
        fields.append(HTTPField(name: name, value: ByteRange(start: valueStart, end: last)))
    }

    private func nameFault(_ byte: UInt8, at index: Int) -> HTTPFault {
        if byte == ASCII.lineFeed { return .bareLF }
        if index == nameStart { return .badFieldName }
        switch byte {
        case ASCII.space, ASCII.tab: return .spaceBeforeColon
        case ASCII.carriageReturn: return .missingColon
        default: return .badFieldName
        }
    }
}
