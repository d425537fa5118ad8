// A complete, judged head of an answer that we receive (RFC 9112 §4, §6.3). Made by HTTPResponseParser only; the
// outbound client and the codecs of providers and agents read it.

struct HTTPResponseHead: HTTPHead {
    let bytes: [UInt8]
    /// 200 to 599; interim answers never become a head.
    let status: Int
    /// 0 or 1; 1.2 to 1.9 are handled as 1.1.
    let minorVersion: Int
    let fields: [HTTPField]
    let framing: HTTPBodyReader.Framing
    /// Whether the connection may be used again after the end of this answer.
    let keepsAlive: Bool

    /// Judges a head whose octets are well-formed. An answer that must not have content but announces some is a
    /// fault: the next octets would be taken for the next answer (RFC 9110 §8.6, RFC 9112 §6.1).
    init(
        _ bytes: [UInt8], line: HTTPStatusLine, fields: [HTTPField], requestWasHead: Bool
    ) throws(HTTPFault) {
        self.bytes = bytes
        self.fields = fields
        status = line.status
        minorVersion = line.version.effectiveMinor
        // Never asked for, so it is a lie about the protocol that follows.
        if status == 101 { throw .switchingProtocols }
        let summary = HTTPFieldSummary(bytes, fields)
        let declared = try summary.framing(minorVersion: minorVersion)
        if status < 200 || status == 204 {
            guard declared == .none || declared == .length(0) else { throw .bodyNotAllowed }
            framing = .none
        } else if status == 304 || requestWasHead {
            framing = .none
        } else {
            framing =
                switch declared {
                case .none: .untilClose
                case .length(let count): .length(count)
                case .chunked: .chunked
                }
        }
        keepsAlive = framing != .untilClose && summary.keepsAlive(minorVersion: minorVersion)
    }
}
