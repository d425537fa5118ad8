// IP addresses as people and headers write them: IP literals read and written. Values, any thread; read by the
// settings, the walk over trusted proxies and the listeners.

extension IPAddress {
    /// Dotted quad without leading zeros, or RFC 4291 §2.2 text; no zone, no brackets. Nil for anything else.
    init?(text: some Collection<UInt8>) {
        let bytes = Array(text)
        guard let octets = IPText.quad(bytes[...]) ?? IPText.groups(bytes) else { return nil }
        self.init(octets)
    }

    /// Loopback, RFC 1918, link-local, and unique local (RFC 4193): addresses no stranger can own.
    var isPrivate: Bool {
        if isLoopback { return true }
        let (first, second) = (octets[0], octets[1])
        if octets.count == 16 { return first & 0xFE == 0xFC || (first == 0xFE && second & 0xC0 == 0x80) }
        return first == 10 || (first == 172 && second & 0xF0 == 16) || (first == 192 && second == 168)
            || (first == 169 && second == 254)
    }
}

extension IPAddress {
    /// Dotted quad, or RFC 5952 text: lower case, the longest run of zero groups as `::`.
    var text: String {
        if octets.count == 4 { return octets.map { "\($0)" }.joined(separator: ".") }
        let groups = stride(from: 0, to: octets.count - 1, by: 2).map {
            UInt16(octets[$0]) << 8 | UInt16(octets[$0 + 1])
        }
        var (best, length) = (0, 1)
        var start = 0
        for index in groups.indices {
            if groups[index] != 0 { start = index + 1 } else if index + 1 - start > length {
                (best, length) = (start, index + 1 - start)
            }
        }
        func joined(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        if length < 2 { return joined(groups[...]) }
        return joined(groups[..<best]) + "::" + joined(groups[(best + length)...])
    }
}

/// The text forms of an address.
private enum IPText {
    static func quad(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let parts = text.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var octets: [UInt8] = []
        for part in parts {
            guard part.count == 1 || (part.count <= 3 && part.first != 0x30) else { return nil }
            guard let octet = ASCII.decimal(part), octet <= 255 else { return nil }
            octets.append(UInt8(octet))
        }
        return octets
    }

    static func groups(_ text: [UInt8]) -> [UInt8]? {
        guard text.contains(0x3A), text.count <= 45 else { return nil }
        var gap: Int?
        for index in text.indices.dropLast() where text[index] == 0x3A && text[index + 1] == 0x3A {
            guard gap == nil else { return nil }
            gap = index
        }
        guard let gap else {
            guard let all = list(text[...], mayEndInQuad: true), all.count == 16 else { return nil }
            return all
        }
        guard let head = list(text[..<gap], mayEndInQuad: false),
            let tail = list(text[(gap + 2)...], mayEndInQuad: true),
            head.count + tail.count <= 14
        else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    private static func list(_ text: ArraySlice<UInt8>, mayEndInQuad: Bool) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var out: [UInt8] = []
        let parts = text.split(separator: 0x3A, omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if mayEndInQuad, index == parts.count - 1, let quad = quad(part) {
                out += quad
                continue
            }
            guard (1...4).contains(part.count) else { return nil }
            var group: UInt16 = 0
            for byte in part {
                guard let digit = Hex.value(of: byte) else { return nil }
                group = group << 4 | UInt16(digit)
            }
            out += [UInt8(group >> 8), UInt8(truncatingIfNeeded: group)]
        }
        return out
    }
}
