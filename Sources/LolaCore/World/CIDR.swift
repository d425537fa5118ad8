// Blocks of addresses, as filters and the list of trusted proxies name them. Values, any thread; asked for every
// request, so asking makes nothing.

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
        guard base.octets.indices.allSatisfy({ base.octets[$0] & ~mask($0) == 0 }) else { return nil }
    }

    func contains(_ address: IPAddress) -> Bool {
        guard address.octets.count == base.octets.count else { return false }
        for index in address.octets.indices {
            if index * 8 >= prefix { return true }
            if address.octets[index] & mask(index) != base.octets[index] { return false }
        }
        return true
    }

    /// Holds every address of its family, so it excludes nobody.
    var isEverything: Bool { prefix == 0 }

    /// The bits of the octet at `index` that count.
    private func mask(_ index: Int) -> UInt8 {
        let kept = min(max(prefix - index * 8, 0), 8)
        return ~(0xFF >> UInt8(kept))
    }
}
