// The chunked coding (RFC 9112 §7.1) as an automaton over octets: size, extensions, data, trailers. Extensions are
// checked and dropped, trailers are checked and dropped; white space only where the grammar has it. Used by
// HTTPBodyReader.

struct HTTPChunks: Sendable {
    private enum Phase: Sendable {
        case sizeStart, size
        case beforeName, name, afterName, beforeValue, value, afterValue
        case quoted, escaped, quoteEnd
        case lineFeed, data, dataEnd, dataLineFeed, trailers
    }

    /// Hexadecimal digits of the largest size that fits a number.
    private static let sizeDigitsMax = 16

    /// How many octets of chunk lines and trailers have been looked at.
    private(set) var examined = 0
    private var phase: Phase = .sizeStart
    private var size = 0
    /// Payload octets of all chunk sizes read so far.
    private var total = 0
    private var lineLength = 0
    /// Octets of all chunk lines beyond what their sizes need.
    private var overhead = 0
    private var trailers = HTTPFieldSection(
        at: 0, octetsMax: Limits.trailersMax, fieldsMax: Limits.trailerFieldsMax,
        tooLarge: .trailersTooLarge, tooMany: .trailersTooLarge)

    mutating func next(
        _ input: Span<UInt8>, limit: Int
    ) throws(HTTPFault) -> (step: HTTPBodyReader.Step, consumed: Int) {
        var at = 0
        while at < input.count {
            switch phase {
            case .data:
                let count = min(size, input.count &- at)
                size &-= count
                if size == 0 { phase = .dataEnd }
                return (.body(ByteRange(start: at, end: at &+ count)), at &+ count)
            case .dataEnd:
                guard input[at] == ASCII.carriageReturn else { throw input[at] == ASCII.lineFeed ? .bareLF : .badChunk }
                phase = .dataLineFeed
            case .dataLineFeed:
                guard input[at] == ASCII.lineFeed else { throw .bareCR }
                phase = .sizeStart
            case .lineFeed:
                guard input[at] == ASCII.lineFeed else { throw .bareCR }
                try endLine(limit: limit)
            case .trailers:
                return try readTrailers(input, from: at)
            default:
                try readLine(input[at])
            }
            at &+= 1
            examined &+= 1
        }
        return (.needMore, at)
    }

    private mutating func readTrailers(
        _ input: Span<UInt8>, from base: Int
    ) throws(HTTPFault) -> (step: HTTPBodyReader.Step, consumed: Int) {
        let start = trailers.position
        defer { examined &+= trailers.position &- start }
        guard try trailers.scan(input, from: base) else { return (.needMore, base) }
        for field in trailers.fields {
            let name = (field.name.start..<field.name.end).map { input[base &+ $0] }
            if Self.isForbidden(name[...]) { throw .forbiddenTrailer }
        }
        return (.end, base &+ trailers.position)
    }

    /// RFC 9110 §6.5.1: what decides framing, routing or credentials has no business after the content.
    private static func isForbidden(_ name: ArraySlice<UInt8>) -> Bool {
        ASCII.equalIgnoringCase(name, "content-length") || ASCII.equalIgnoringCase(name, "transfer-encoding")
            || ASCII.equalIgnoringCase(name, "host") || ASCII.equalIgnoringCase(name, "connection")
            || ASCII.equalIgnoringCase(name, "authorization") || ASCII.equalIgnoringCase(name, "cookie")
            || ASCII.equalIgnoringCase(name, "proxy-authorization")
    }

    private mutating func endLine(limit: Int) throws(HTTPFault) {
        // The CR has been counted too; the first 16 octets are room for the size itself.
        overhead &+= max(0, lineLength &- 1 &- Self.sizeDigitsMax)
        lineLength = 0
        if overhead > Limits.chunkExtensionsMax.bytes { throw .chunkExtensionsTooLarge }
        if size == 0 {
            phase = .trailers
            return
        }
        let (sum, overflow) = total.addingReportingOverflow(size)
        if overflow || sum > limit { throw .bodyTooLarge }
        total = sum
        phase = .data
    }

    /// One octet of a chunk line before its LF.
    private mutating func readLine(_ byte: UInt8) throws(HTTPFault) {
        if byte == ASCII.lineFeed { throw .bareLF }
        lineLength &+= 1
        if lineLength > Limits.chunkLineMax.bytes && byte != ASCII.carriageReturn { throw .chunkLineTooLong }
        if phase == .sizeStart || phase == .size {
            try readSize(byte)
        } else {
            guard let following = next(byte) else { throw .badChunk }
            phase = following
        }
    }

    private mutating func readSize(_ byte: UInt8) throws(HTTPFault) {
        if let digit = Hex.value(of: byte) {
            if phase == .sizeStart { size = 0 }
            guard size <= Int.max >> 4 else { throw .badChunk }
            size = size << 4 | Int(digit)
            phase = .size
        } else {
            guard phase == .size, let following = afterElement(byte, blank: .afterValue) else { throw .badChunk }
            phase = following
        }
    }

    /// chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ); nil is a violation.
    private func next(_ byte: UInt8) -> Phase? {
        let isBlank = HTTPSyntax.isBlank(byte)
        switch phase {
        case .beforeName:
            if isBlank { return .beforeName }
            return HTTPSyntax.isToken(byte) ? .name : nil
        case .name:
            if HTTPSyntax.isToken(byte) { return .name }
            return byte == 0x3D ? .beforeValue : afterElement(byte, blank: .afterName)
        case .afterName:
            if isBlank { return .afterName }
            return byte == 0x3D ? .beforeValue : byte == 0x3B ? .beforeName : nil
        case .beforeValue:
            if isBlank { return .beforeValue }
            return byte == 0x22 ? .quoted : HTTPSyntax.isToken(byte) ? .value : nil
        case .value:
            return HTTPSyntax.isToken(byte) ? .value : afterElement(byte, blank: .afterValue)
        case .afterValue:
            return isBlank ? .afterValue : byte == 0x3B ? .beforeName : nil
        case .quoted:
            if byte == 0x22 { return .quoteEnd }
            return byte == 0x5C ? .escaped : HTTPSyntax.isFieldValue(byte) ? .quoted : nil
        case .escaped:
            return HTTPSyntax.isFieldValue(byte) ? .quoted : nil
        default:
            return afterElement(byte, blank: .afterValue)
        }
    }

    /// What may follow a complete size, name or value.
    private func afterElement(_ byte: UInt8, blank: Phase) -> Phase? {
        switch byte {
        case ASCII.carriageReturn: .lineFeed
        case 0x3B: .beforeName
        case ASCII.space, ASCII.tab: blank
        default: nil
        }
    }
}
