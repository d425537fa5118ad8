// The request line (RFC 9112 §3): method SP request-target SP HTTP-version CRLF, read octet by octet and resumable.
// One SP where the grammar has one; nothing is repaired. Used by HTTPRequestParser.

struct HTTPRequestLine: Sendable {
    private enum Phase: Sendable { case method, target, version, lineFeed }

    private(set) var method = ByteRange.empty
    private(set) var target = ByteRange.empty
    private(set) var version = HTTPVersion()
    /// Whether the method is HEAD, known as soon as the octet after it is.
    private(set) var isHEAD = false
    /// The next octet to look at, counted from the first octet of the head.
    private(set) var position = 0
    private var phase: Phase = .method

    /// Reads on from where the last call stopped; `base` is the index in `input` of the first octet of the line.
    /// - Returns: true when the line is complete; `position` is then the octet after its LF.
    mutating func scan(_ input: Span<UInt8>, from base: Int) throws(HTTPFault) -> Bool {
        var at = base &+ position
        defer { position = at &- base }
        while at < input.count {
            switch phase {
            case .method:
                let stop = min(input.count, base &+ Limits.requestMethodMax.bytes)
                at = HTTPSyntax.endOfToken(input.extracting(..<stop), from: at)
                guard at < input.count else { return false }
                if input[at] == ASCII.lineFeed { throw .bareLF }
                guard input[at] == ASCII.space, at > base else { throw .badMethod }
                method = ByteRange(start: 0, end: at &- base)
                isHEAD = Self.isHEAD(input.extracting(base..<at))
                at &+= 1
                target = ByteRange(start: at &- base, end: at &- base)
                phase = .target
            case .target:
                let start = base &+ target.start
                let stop = min(input.count, start &+ Limits.requestTargetMax.bytes)
                at = HTTPSyntax.endOfTarget(input.extracting(..<stop), from: at)
                guard at < input.count else { return false }
                guard input[at] == ASCII.space, at > start else { throw Self.targetFault(input[at]) }
                target = ByteRange(start: target.start, end: at &- base)
                at &+= 1
                phase = .version
            case .version:
                try readVersion(input[at], at: at &- base &- target.end &- 1)
                at &+= 1
            case .lineFeed:
                guard input[at] == ASCII.lineFeed else { throw .bareCR }
                at &+= 1
                return true
            }
        }
        return false
    }

    private static func isHEAD(_ method: Span<UInt8>) -> Bool {
        method.count == 4 && method[0] == 0x48 && method[1] == 0x45 && method[2] == 0x41 && method[3] == 0x44
    }

    /// A target octet here can only be the first one beyond the limit.
    private static func targetFault(_ byte: UInt8) -> HTTPFault {
        if HTTPSyntax.isTarget(byte) { return .targetTooLong }
        switch byte {
        case ASCII.lineFeed: return .bareLF
        case ASCII.carriageReturn: return .badVersion
        default: return .badTarget
        }
    }

    /// One octet of `HTTP/1.1` CR; the number is judged when it is known to be all of it.
    private mutating func readVersion(_ byte: UInt8, at index: Int) throws(HTTPFault) {
        if byte == ASCII.lineFeed { throw .bareLF }
        if index < HTTPVersion.length {
            guard version.read(byte, at: index) else { throw .badVersion }
        } else {
            guard byte == ASCII.carriageReturn, version.major > 0 else { throw .badVersion }
            if version.major > 1 { throw .unsupportedVersion }
            phase = .lineFeed
        }
    }
}
