// The status line of an answer (RFC 9112 §4): HTTP-version SP status-code [ SP reason-phrase ] CRLF, read octet by
// octet and resumable. The SP before an absent reason may be missing, as some servers leave it out.

struct HTTPStatusLine: Sendable {
    private enum Phase: Sendable { case version, status, afterStatus, reason, lineFeed }

    private(set) var status = 0
    private(set) var version = HTTPVersion()
    /// The next octet to look at, counted from the first octet of the head.
    private(set) var position = 0
    private var phase: Phase = .version

    /// Reads on from where the last call stopped; the line always begins at the first octet of `input`.
    /// - Returns: true when the line is complete; `position` is then the octet after its LF.
    mutating func scan(_ input: Span<UInt8>) throws(HTTPFault) -> Bool {
        let end = min(input.count, Limits.responseHeadMax.bytes)
        var at = position
        defer { position = at }
        while at < end {
            let byte = input[at]
            if byte == ASCII.lineFeed && phase != .lineFeed { throw .bareLF }
            switch phase {
            case .version:
                try readVersion(byte, at: at)
            case .status:
                guard ASCII.isDigit(byte) else { throw .badStatusLine }
                status = status &* 10 &+ Int(byte &- 0x30)
                if at == 11 { phase = .afterStatus }
            case .afterStatus:
                guard (100...599).contains(status) else { throw .badStatusLine }
                guard byte == ASCII.space || byte == ASCII.carriageReturn else { throw .badStatusLine }
                phase = byte == ASCII.space ? .reason : .lineFeed
            case .reason:
                if byte == ASCII.carriageReturn {
                    phase = .lineFeed
                } else if !HTTPSyntax.isFieldValue(byte) {
                    throw .badStatusLine
                }
            case .lineFeed:
                guard byte == ASCII.lineFeed else { throw .bareCR }
                at &+= 1
                return true
            }
            at &+= 1
        }
        if at >= Limits.responseHeadMax.bytes { throw .headTooLarge }
        return false
    }

    /// One octet of `HTTP/1.1` SP.
    private mutating func readVersion(_ byte: UInt8, at index: Int) throws(HTTPFault) {
        if index < HTTPVersion.length {
            guard version.read(byte, at: index) else { throw .badVersion }
        } else {
            guard byte == ASCII.space else { throw .badVersion }
            guard version.major == 1 else { throw .unsupportedVersion }
            phase = .status
        }
    }
}
