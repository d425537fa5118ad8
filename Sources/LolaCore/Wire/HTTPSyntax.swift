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

    /// The first index from `start` that is not a tchar; the count of `input` when there is none. Names of fields are
    /// letters and hyphens, so eight of those are looked at together.
    @inline(__always) static func endOfToken(_ input: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index &+ 8 <= input.count {
            let word = input.word(at: index)
            // With the high bits out of the way no octet carries into the next one.
            let folded = (word | 0x2020_2020_2020_2020) & 0x7F7F_7F7F_7F7F_7F7F
            let fromA = folded &+ 0x1F1F_1F1F_1F1F_1F1F
            let beyondZ = folded &+ 0x0505_0505_0505_0505
            let hyphen = 0x8080_8080_8080_8080 &- ((word ^ 0x2D2D_2D2D_2D2D_2D2D) & 0x7F7F_7F7F_7F7F_7F7F)
            let usual = (fromA & ~beyondZ | hyphen) & ~word & 0x8080_8080_8080_8080
            if usual == 0x8080_8080_8080_8080 {
                index &+= 8
                continue
            }
            index &+= (~usual & 0x8080_8080_8080_8080).trailingZeroBitCount &>> 3
            guard isToken(input[index]) else { return index }
            index &+= 1
        }
        while index < input.count, isToken(input[index]) { index &+= 1 }
        return index
    }

    /// The same for octets of a target.
    @inline(__always) static func endOfTarget(_ input: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < input.count, isTarget(input[index]) { index &+= 1 }
        return index
    }

    /// The same for octets of a field value. Most octets of a head are these, so eight are looked at together.
    @inline(__always) static func endOfFieldValue(_ input: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index &+ 8 <= input.count {
            let word = input.word(at: index)
            // A byte below 0x20 borrows into its high bit; a DEL becomes zero first and then does the same.
            let low = (word &- 0x2020_2020_2020_2020) & ~word
            let delete = word ^ 0x7F7F_7F7F_7F7F_7F7F
            let zero = (delete &- 0x0101_0101_0101_0101) & ~delete
            let special = (low | zero) & 0x8080_8080_8080_8080
            if special != 0 {
                // A borrow can only mark octets above the first one that is special. A tab is special and allowed.
                index &+= special.trailingZeroBitCount &>> 3
                if input[index] != ASCII.tab { return index }
                index &+= 1
                continue
            }
            index &+= 8
        }
        while index < input.count, isFieldValue(input[index]) { index &+= 1 }
        return index
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
        var rest = value
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 0x2C) ?? rest.endIndex
            if ASCII.equalIgnoringCase(trimmed(rest[..<end]), word) { return true }
            rest = rest[end...].dropFirst()
        }
        return false
    }

    /// One or more tchar and nothing else.
    static func isToken(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { isToken($0) }
    }
}
