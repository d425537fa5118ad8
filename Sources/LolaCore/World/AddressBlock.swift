// What counts as one caller wherever callers are counted: an IPv4 address, or the /64 of an IPv6 address, which is
// the least a network gives to one customer (RFC 6177 §2). A value; any thread.

struct AddressBlock: Hashable, Sendable {
    /// The octets that matter, highest first: 32 bits of IPv4, 64 of IPv6.
    let prefix: UInt64
    let isIPv4: Bool

    init(_ address: IPAddress) {
        isIPv4 = address.octets.count == 4
        var prefix: UInt64 = 0
        for octet in address.octets.prefix(8) { prefix = prefix << 8 | UInt64(octet) }
        self.prefix = prefix
    }

    /// From what `octets` gave; nil for any other count.
    init?(octets: [UInt8]) {
        guard octets.count == 4 || octets.count == 8 else { return nil }
        isIPv4 = octets.count == 4
        prefix = octets.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Four octets or eight: to name the block by a keyed hash.
    var octets: [UInt8] {
        (0..<(isIPv4 ? 4 : 8)).reversed().map { UInt8(truncatingIfNeeded: prefix >> (UInt64($0) * 8)) }
    }

    /// As an operator reads it: `192.0.2.7`, `2001:db8::/64`.
    var text: String {
        if isIPv4 { return IPAddress(octets).text }
        return IPAddress(octets + [UInt8](repeating: 0, count: 8)).text + "/64"
    }
}
