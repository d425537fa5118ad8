// Names address blocks by 64 bits in the tables of limits and lock-outs: SipHash-2-4 (Aumasson, Bernstein 2012) under a
// key of the store. Nobody outside can choose addresses that fall together, and names outlive the process. Any thread.

struct AddressKey: Sendable {
    private let first: UInt64
    private let second: UInt64

    /// - Parameter secret: at least 16 octets, the names mean nothing under another one.
    init(_ secret: SecretBytes) {
        precondition(secret.count >= 16, "a key of SipHash has 16 octets")
        (first, second) = secret.withBytes { (Self.word($0, 0), Self.word($0, 8)) }
    }

    /// The key of this store, from that of its pseudonyms.
    init(derivedFrom secret: SecretBytes) throws(CryptoFault) {
        self.init(try HKDF.sha256(secret: secret, salt: [], info: [UInt8](text: "lola address key v1"), count: 16))
    }

    /// Never 0, which the tables keep for an empty place.
    func name(_ block: AddressBlock) -> UInt64 {
        let count: UInt64 = block.isIPv4 ? 4 : 8
        // The octets as they stand in memory, lowest first (SipHash reads words little-endian).
        let narrow = UInt64(UInt32(truncatingIfNeeded: block.prefix).byteSwapped)
        let word = block.isIPv4 ? narrow : block.prefix.byteSwapped
        return max(1, hash(word, count: count))
    }

    /// The hash of up to eight octets.
    func hash(_ octets: UInt64, count: UInt64) -> UInt64 {
        var state = SipState(first, second)
        if count == 8 {
            state.absorb(octets)
            state.absorb(8 << 56)
        } else {
            state.absorb(count << 56 | octets)
        }
        return state.finish()
    }

    private static func word(_ bytes: Span<UInt8>, _ start: Int) -> UInt64 {
        var word: UInt64 = 0
        for place in 0..<8 { word |= UInt64(bytes[start + place]) << UInt64(8 * place) }
        return word
    }
}

private struct SipState {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64

    init(_ first: UInt64, _ second: UInt64) {
        v0 = first ^ 0x736F_6D65_7073_6575
        v1 = second ^ 0x646F_7261_6E64_6F6D
        v2 = first ^ 0x6C79_6765_6E65_7261
        v3 = second ^ 0x7465_6462_7974_6573
    }

    mutating func absorb(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    mutating func finish() -> UInt64 {
        v2 ^= 0xFF
        for _ in 0..<4 { round() }
        return v0 ^ v1 ^ v2 ^ v3
    }

    private mutating func round() {
        v0 &+= v1
        v1 = Self.turned(v1, 13) ^ v0
        v0 = Self.turned(v0, 32)
        v2 &+= v3
        v3 = Self.turned(v3, 16) ^ v2
        v0 &+= v3
        v3 = Self.turned(v3, 21) ^ v0
        v2 &+= v1
        v1 = Self.turned(v1, 17) ^ v2
        v2 = Self.turned(v2, 32)
    }

    private static func turned(_ word: UInt64, _ bits: UInt64) -> UInt64 { word << bits | word >> (64 - bits) }
}
