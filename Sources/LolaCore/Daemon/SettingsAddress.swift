// Addresses an operator writes: IP literals, CIDR blocks, listener addresses. Values, usable on any thread;
// read by the settings loader, later by proxies walking, IP filters and listeners.

/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address (`::ffff:a.b.c.d`) is folded into IPv4, so that one peer
/// has one value (CONTRACT §3, IP filters).
struct IPAddress: Hashable, Sendable {
    /// The 128 bits, IPv4 as `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2).
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Dotted quad without leading zeros, or RFC 4291 §2.2 text; no zone, no brackets. Nil for anything else.
    init?(_ text: some Collection<UInt8>) {
        let bytes = Array(text)
        if let quad = Self.quad(bytes[...]) {
            self.init(high: 0, low: Self.mappedPrefix | UInt64(quad))
        } else if let groups = Self.groups(bytes) {
            self.init(high: Self.join(groups[0..<4]), low: Self.join(groups[4..<8]))
        } else {
            return nil
        }
    }

    var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// 127.0.0.0/8 and ::1.
    var isLoopback: Bool { isIPv4 ? low >> 24 & 0xFF == 127 : high == 0 && low == 1 }

    /// Loopback, RFC 1918, link-local, and unique local (RFC 4193): addresses no stranger can own.
    var isPrivate: Bool {
        if isLoopback { return true }
        guard isIPv4 else { return high >> 57 == 0x7E || high >> 54 == 0x3FA }
        let quad = UInt32(truncatingIfNeeded: low)
        return quad >> 24 == 10 || quad >> 20 == 0xAC1 || quad >> 16 == 0xC0A8 || quad >> 16 == 0xA9FE
    }

    private static let mappedPrefix: UInt64 = 0xFFFF << 32

    private static func join(_ groups: ArraySlice<UInt16>) -> UInt64 {
        groups.reduce(0) { $0 << 16 | UInt64($1) }
    }

    private static func quad(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard part.count <= 3, part.count == 1 || part.first != 0x30 else { return nil }
            guard let octet = ASCII.decimal(part), octet <= 255 else { return nil }
            value = value << 8 | UInt32(octet)
        }
        return value
    }

    private static func groups(_ text: [UInt8]) -> [UInt16]? {
        guard text.contains(0x3A), text.count <= 45 else { return nil }
        var gap: Int?
        for index in text.indices.dropLast() where text[index] == 0x3A && text[index + 1] == 0x3A {
            guard gap == nil else { return nil }
            gap = index
        }
        guard let gap else {
            guard let all = list(text[...], mayEndInQuad: true), all.count == 8 else { return nil }
            return all
        }
        guard let head = list(text[..<gap], mayEndInQuad: false),
            let tail = list(text[(gap + 2)...], mayEndInQuad: true),
            head.count + tail.count <= 7
        else { return nil }
        return head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail
    }

    private static func list(_ text: ArraySlice<UInt8>, mayEndInQuad: Bool) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        var out: [UInt16] = []
        let parts = text.split(separator: 0x3A, omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if mayEndInQuad, index == parts.count - 1, let quad = quad(part) {
                out.append(UInt16(truncatingIfNeeded: quad >> 16))
                out.append(UInt16(truncatingIfNeeded: quad))
                continue
            }
            guard (1...4).contains(part.count) else { return nil }
            var group: UInt16 = 0
            for byte in part {
                guard let digit = Hex.value(of: byte) else { return nil }
                group = group << 4 | UInt16(digit)
            }
            out.append(group)
        }
        return out
    }
}

/// A block of addresses. Host bits must be zero: `10.0.0.1/8` is refused, because it names one address and means
/// sixteen million. An address without a prefix is a block of one.
struct CIDR: Hashable, Sendable {
    let base: IPAddress
    /// 0…128, counted on the 128-bit form (IPv4 /8 is 104).
    let prefix: Int

    init?(_ text: some Collection<UInt8>) {
        let parts = Array(text).split(separator: 0x2F, maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first, let base = IPAddress(address) else { return nil }
        var prefix = 128
        if parts.count == 2 {
            let dotted = !address.contains(0x3A)
            guard parts[1].count <= 3, parts[1].count == 1 || parts[1].first != 0x30,
                let bits = ASCII.decimal(parts[1]), bits <= (dotted ? 32 : 128)
            else { return nil }
            prefix = dotted ? bits + 96 : bits
        }
        guard Self.masked(base, prefix) == base else { return nil }
        self.base = base
        self.prefix = prefix
    }

    func contains(_ address: IPAddress) -> Bool { Self.masked(address, prefix) == base }

    /// Holds every address of a family, so it excludes nobody.
    var isEverything: Bool { prefix == 0 || (base.isIPv4 && prefix == 96) }

    private static func masked(_ address: IPAddress, _ prefix: Int) -> IPAddress {
        let high = prefix >= 64 ? address.high : address.high & mask(prefix)
        let low = prefix > 64 ? address.low & mask(prefix - 64) : 0
        return IPAddress(high: high, low: low)
    }

    private static func mask(_ bits: Int) -> UInt64 { bits == 0 ? 0 : UInt64.max << UInt64(64 - bits) }
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
        guard IPAddress(host) != nil || ASCII.equalIgnoringCase(host, "localhost") else { return nil }
        self.init(host: host.text, port: port)
    }

    var isLoopback: Bool { IPAddress(host.utf8)?.isLoopback ?? true }

    var text: String { host.utf8.contains(0x3A) ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// 1…65535 without leading zeros.
    static func port(_ digits: some Collection<UInt8>) -> UInt16? {
        guard digits.count <= 5, digits.first != 0x30, let value = ASCII.decimal(digits), value <= 65_535 else { return nil }
        return UInt16(value)
    }
}
