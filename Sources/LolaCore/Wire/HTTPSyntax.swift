// Octet classes of the HTTP grammar (RFC 9110 §5.6, RFC 3986) as bit tests: no table in memory, no lazy global.
// Pure functions for the parsers and writers of this folder; any thread.

enum HTTPSyntax {
    /// A set of ASCII octets, one bit each.
    struct OctetSet: Sendable {
        let low: UInt64
        let high: UInt64

        @inline(__always) func contains(_ byte: UInt8) -> Bool {
            byte < 0x80 && ((byte < 0x40 ? low : high) >> UInt64(byte & 0x3F)) & 1 == 1
        }
    }

    /// tchar (RFC 9110 §5.6.2): methods, field names, codings.
    @inline(__always) static func isToken(_ byte: UInt8) -> Bool {
        OctetSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE).contains(byte)
    }

    /// What a request target may be made of (RFC 3986: unreserved, `%`, sub-delims, `:@/?[]`); no fragment.
    @inline(__always) static func isTarget(_ byte: UInt8) -> Bool {
        OctetSet(low: 0xAFFF_FFF2_0000_0000, high: 0x47FF_FFFE_AFFF_FFFF).contains(byte)
    }

    /// reg-name without percent coding and without a comma, which would read as a list of hosts.
    @inline(__always) static func isHostName(_ byte: UInt8) -> Bool {
        OctetSet(low: 0x2BFF_6FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE).contains(byte)
    }

    /// field-vchar, SP and HTAB (RFC 9110 §5.5); octets above 127 are opaque and allowed.
    @inline(__always) static func isFieldValue(_ byte: UInt8) -> Bool {
        byte >= 0x20 ? byte != 0x7F : byte == ASCII.tab
    }

    @inline(__always) static func isBlank(_ byte: UInt8) -> Bool {
        byte == ASCII.space || byte == ASCII.tab
    }

    /// The octets without surrounding optional white space (OWS, RFC 9110 §5.6.3).
    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var part = bytes
        while let first = part.first, isBlank(first) { part = part.dropFirst() }
        while let last = part.last, isBlank(last) { part = part.dropLast() }
        return part
    }

    /// Whether a comma-separated list of tokens names `word`, ignoring case (RFC 9110 §5.6.1).
    static func list(_ value: ArraySlice<UInt8>, contains word: StaticString) -> Bool {
        value.split(separator: 0x2C).contains { ASCII.equalIgnoringCase(trimmed($0), word) }
    }

    /// One or more tchar and nothing else.
    static func isToken(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { isToken($0) }
    }
}
