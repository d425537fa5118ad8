// The keys of the audit trail as a ring: the first signs, all verify. Each segment of the trail names the key that
// signed it, so that a new key takes over with a new segment. One per thread; the writer and the verifier build their
// own.

/// One secret of the ring, derived into a key for each thing that is signed, so that none passes for another.
final class AuditKey {
    /// Octets of the name that a segment begins with.
    static let idCount = 8
    static let macCount = Digest.sha256Count

    let id: [UInt8]
    private let header: HMACKey
    private let chain: HMACKey
    private let head: HMACKey

    fileprivate init(_ secret: SecretBytes) throws(CryptoFault) {
        func derived(_ purpose: String, _ count: Int) throws(CryptoFault) -> SecretBytes {
            try HKDF.sha256(secret: secret, salt: [], info: [UInt8](text: "lola audit \(purpose) v1"), count: count)
        }
        id = try derived("id", Self.idCount).withBytes { [UInt8](copying: $0) }
        header = HMACKey(.sha256, key: try derived("header", Self.macCount))
        chain = HMACKey(.sha256, key: try derived("chain", Self.macCount))
        head = HMACKey(.sha256, key: try derived("head", Self.macCount))
    }

    /// The code of a segment's header.
    func code(ofHeader octets: [UInt8]) -> [UInt8] { header.code(octets) }
    /// The code of a record, its length included, behind what came before it.
    func code(of frame: [UInt8], after previous: [UInt8]) -> [UInt8] { chain.code(previous, frame) }
    func code(ofHead octets: [UInt8]) -> [UInt8] { head.code(octets) }
}

final class AuditKeys {
    private let keys: [AuditKey]

    /// - Parameter secrets: at least one, none empty, in their order.
    init(_ secrets: [SecretBytes]) throws(CryptoFault) {
        precondition(!secrets.isEmpty, "a ring has at least one key")
        var keys: [AuditKey] = []
        for secret in secrets { keys.append(try AuditKey(secret)) }
        self.keys = keys
    }

    /// The key for what is written now.
    var signing: AuditKey { keys[0] }

    /// Nil when the ring has no key of that name.
    func key(named id: [UInt8]) -> AuditKey? { keys.first { $0.id == id } }

    /// What stands in for LOLA_AUDIT_KEY: derived from the index key of the store, which outlives every rotation of
    /// the data key that seals it.
    static func derived(fromIndexKey secret: SecretBytes) throws(CryptoFault) -> SecretBytes {
        try HKDF.sha256(secret: secret, salt: [], info: [UInt8](text: "lola audit key v1"), count: 32)
    }
}
