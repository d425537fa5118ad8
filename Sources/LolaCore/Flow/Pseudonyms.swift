// Keyed hashes that stand for people and ids wherever Lola writes something down. One per loop.

final class Pseudonyms {
    private let key: HMACKey

    /// `secret` is derived from the data key; whoever has only the logs cannot go back.
    init(secret: SecretBytes) { key = HMACKey(.sha256, key: secret) }

    /// 32 octets; the store key of a native id.
    func digest(_ bytes: [UInt8]) -> [UInt8] { key.code(bytes) }

    /// 16 hex digits; enough to tell senders apart in a log.
    func name(_ bytes: [UInt8]) -> String { Hex.encode(key.code(bytes).prefix(8)).text }
}
