// Addresses an operator writes: IP literals, CIDR blocks, listener addresses. Values, usable on any thread;
// read by the settings loader, later by proxies walking, IP filters and listeners.

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

/// A block of addresses of one family. Host bits must be zero: `10.0.0.1/8` is refused, because it names one address
/// and means sixteen million. An address without a prefix is a block of one.
struct CIDR: Hashable, Sendable {
    let base: IPAddress
    /// 0…32 or 0…128, by the family of `base`; an IPv4-mapped IPv6 block is folded to IPv4.
    let prefix: Int

    init?(text: some Collection<UInt8>) {
        let parts = Array(text).split(separator: 0x2F, maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first, let base = IPAddress(text: address) else { return nil }
        let written = address.contains(0x3A) ? 128 : 32
        let folded = written - base.octets.count * 8
        var prefix = written
        if parts.count == 2 {
            guard parts[1].count == 1 || (parts[1].count <= 3 && parts[1].first != 0x30),
                let bits = ASCII.decimal(parts[1]), bits >= folded, bits <= written
            else { return nil }
            prefix = bits
        }
        self.base = base
        self.prefix = prefix - folded
        guard Self.masked(base.octets, self.prefix) == base.octets else { return nil }
    }

    func contains(_ address: IPAddress) -> Bool {
        address.octets.count == base.octets.count && Self.masked(address.octets, prefix) == base.octets
    }

    /// Holds every address of its family, so it excludes nobody.
    var isEverything: Bool { prefix == 0 }

    private static func masked(_ octets: [UInt8], _ prefix: Int) -> [UInt8] {
        octets.enumerated().map { index, octet in
            let kept = min(max(prefix - index * 8, 0), 8)
            return octet & ~(0xFF >> UInt8(kept))
        }
    }
}

/// A listener address: IP literal (IPv6 in brackets when printed) or `localhost`, and a port.
struct SocketAddressText: Hashable, Sendable {
    /// Without brackets.
    let host: String
    let port: UInt16

    init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`; the port 1…65535. Nil for anything else.
    init?(_ text: [UInt8]) {
        guard let colon = text.lastIndex(of: 0x3A), let port = Self.port(text[(colon + 1)...]) else { return nil }
        var host = text[..<colon]
        let bracketed = host.first == 0x5B && host.last == 0x5D && host.count >= 2
        if bracketed { host = host.dropFirst().dropLast() }
        guard bracketed == host.contains(0x3A) else { return nil }
        guard IPAddress(text: host) != nil || ASCII.equalIgnoringCase(host, "localhost") else { return nil }
        self.init(host: host.text, port: port)
    }

    var isLoopback: Bool { IPAddress(text: host.utf8)?.isLoopback ?? true }

    var text: String { host.utf8.contains(0x3A) ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// 1…65535 without leading zeros.
    static func port(_ digits: some Collection<UInt8>) -> UInt16? {
        guard digits.count <= 5, digits.first != 0x30 else { return nil }
        guard let value = ASCII.decimal(digits), value <= 65_535 else { return nil }
        return UInt16(value)
    }
}
