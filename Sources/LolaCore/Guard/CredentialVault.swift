// Credentials of providers that are registered at run time, sealed under keys of their own (CREDENTIALS_ENCRYPTION_KEY:
// the first seals, all open). A value leaves only towards its provider. One per loop.

struct ProviderCredential: Hashable, Sendable {
    let provider: String
    let name: String
    /// Grows with each new value.
    let version: UInt64
    let updated: WallTime
    /// `[key id 4][nonce 12][ciphertext and tag]`.
    let sealed: [UInt8]

    private static let form: UInt8 = 1

    /// 1–64 lower-case letters, digits, `.`, `_`, `-`, the first a letter or a digit.
    static func isName(_ text: [UInt8]) -> Bool {
        guard let first = text.first, text.count <= 64, ASCII.isLower(first) || ASCII.isDigit(first) else {
            return false
        }
        return text.allSatisfy {
            ASCII.isLower($0) || ASCII.isDigit($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D
        }
    }

    static func id(_ provider: String, _ name: String) -> RecordID {
        RecordID(hashOf: [UInt8](text: "lola credential \(provider) \(name)"))
    }

    var id: RecordID { Self.id(provider, name) }

    /// The associated data: a value cannot be moved to another name or brought back as a later version.
    static func binding(_ provider: String, _ name: String, _ version: UInt64) -> [UInt8] {
        var writer = RecordWriter(version: form)
        writer.octets([UInt8](text: provider))
        writer.octets([UInt8](text: name))
        writer.word(version)
        return writer.bytes
    }

    init(provider: String, name: String, version: UInt64, updated: WallTime, sealed: [UInt8]) {
        self.provider = provider
        self.name = name
        self.version = version
        self.updated = updated
        self.sealed = sealed
    }

    init(_ record: StoreRecord) throws(RecordFault) {
        var reader = try RecordReader(record.value, version: Self.form)
        provider = try reader.text()
        name = try reader.text()
        version = try reader.word()
        updated = WallTime(milliseconds: try reader.signedWord())
        sealed = try reader.octets()
        try reader.end()
        guard id == record.id else { throw .malformed }
    }

    var bytes: [UInt8] {
        var writer = RecordWriter(version: Self.form)
        writer.octets([UInt8](text: provider))
        writer.octets([UInt8](text: name))
        writer.word(version)
        writer.word(updated.milliseconds)
        writer.octets(sealed)
        return writer.bytes
    }
}

/// The keys of credentials as a ring.
final class CredentialKeys {
    private let keys: [(id: [UInt8], cipher: AESGCM)]
    private let entropy: any Entropy

    /// - Parameter secrets: 32 octets each, at least one.
    init(_ secrets: [SecretBytes], entropy: any Entropy) throws(CryptoFault) {
        precondition(!secrets.isEmpty, "a ring has at least one key")
        self.entropy = entropy
        var keys: [(id: [UInt8], cipher: AESGCM)] = []
        for secret in secrets {
            let id = try HKDF.sha256(secret: secret, salt: [], info: [UInt8](text: "lola credential id v1"), count: 4)
            let key = try HKDF.sha256(
                secret: secret, salt: [], info: [UInt8](text: "lola credential v1"), count: AESGCM.keyCount)
            keys.append((id.withBytes { [UInt8](copying: $0) }, AESGCM(key: key)))
        }
        self.keys = keys
    }

    func seal(_ value: [UInt8], _ provider: String, _ name: String, _ version: UInt64) -> [UInt8] {
        let nonce = entropy.bytes(AESGCM.nonceCount)
        let aad = ProviderCredential.binding(provider, name, version)
        return keys[0].id + nonce + keys[0].cipher.seal(value, nonce: nonce, aad: aad)
    }

    /// Nil when no key of the ring opens it.
    func open(_ credential: ProviderCredential) -> [UInt8]? {
        let head = 4 + AESGCM.nonceCount
        guard credential.sealed.count >= head + AESGCM.tagCount else { return nil }
        let aad = ProviderCredential.binding(credential.provider, credential.name, credential.version)
        let nonce = Array(credential.sealed[4..<head])
        for key in keys where credential.sealed.starts(with: key.id) {
            if let value = try? key.cipher.open(Array(credential.sealed[head...]), nonce: nonce, aad: aad) {
                return value
            }
        }
        return nil
    }

    func isCurrent(_ credential: ProviderCredential) -> Bool { credential.sealed.starts(with: keys[0].id) }
}
