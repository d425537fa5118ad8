// Short texts that only we can make and read (CONTRACT §7): version ‖ key ids ‖ nonce ‖ AES-256-CTR ‖ HMAC-SHA-256
// over everything before it, as unpadded base64url. One spelling for each. Belongs to one thread; callbacks are made
// with it.

final class SealedTokens {
    /// One key of a ring, as the operator named it.
    struct Key: Sendable {
        let id: String
        /// 32 octets; what works is derived from it for each purpose.
        let secret: SecretBytes
    }

    private struct Cipher {
        let id: [UInt8]
        let cipher: AESCTR
    }

    private struct Signer {
        let id: [UInt8]
        let key: HMACKey
    }

    static let version: UInt8 = 1
    /// Octets by which a token names a key.
    static let idCount = 4
    /// What stands before the ciphertext.
    private static let headCount = 1 + 2 * idCount + AESCTR.nonceCount
    private static let codeCount = Digest.sha256Count

    private let ciphers: [Cipher]
    private let signers: [Signer]
    private let payloadCount: Int
    private let random: (Int) -> [UInt8]

    /// - Parameters:
    ///   - encryption: the first hides, all show; at least one.
    ///   - signing: the first signs, all verify; at least one.
    ///   - purpose: stands in the derivation of all keys: what was made for another purpose is no token here.
    ///   - payloadCount: octets of each payload, so that no length tells anything.
    ///   - random: so many unpredictable octets.
    init(
        encryption: [Key], signing: [Key], purpose: StaticString, payloadCount: Int,
        random: @escaping (Int) -> [UInt8]
    ) throws(CryptoFault) {
        precondition(!encryption.isEmpty && !signing.isEmpty, "a ring has at least one key")
        var ciphers: [Cipher] = []
        for key in encryption {
            let derived = try Self.derive(key, "lola \(purpose) encryption v1", AESCTR.keyCount)
            ciphers.append(Cipher(id: Self.id(key), cipher: AESCTR(key: derived)))
        }
        var signers: [Signer] = []
        for key in signing {
            let derived = try Self.derive(key, "lola \(purpose) signature v1", 32)
            signers.append(Signer(id: Self.id(key), key: HMACKey(.sha256, key: derived)))
        }
        self.ciphers = ciphers
        self.signers = signers
        self.payloadCount = payloadCount
        self.random = random
    }

    /// Characters of every token.
    var textCount: Int { (total * 4 + 2) / 3 }

    private var total: Int { Self.headCount + payloadCount + Self.codeCount }

    func seal(_ payload: [UInt8]) -> [UInt8] {
        precondition(payload.count == payloadCount, "a payload of another length")
        let (cipher, signer) = (ciphers[0], signers[0])
        let nonce = random(AESCTR.nonceCount)
        let body = [Self.version] + cipher.id + signer.id + nonce + cipher.cipher.apply(payload, nonce: nonce)
        return Base64.encode(body + signer.key.code(body))
    }

    /// The payload of a token of ours; nil for everything else. The code is verified, in constant time, before anything
    /// is decrypted; what has not even the form of a token costs a code all the same, so that nobody learns from the
    /// time how far a guess came.
    func open(_ text: [UInt8]) -> [UInt8]? {
        guard text.count == textCount, let token = Base64.decode(text), token.count == total,
            token[0] == Self.version
        else {
            _ = signers[0].key.code(text.count > textCount ? [UInt8](text[..<textCount]) : text)
            return nil
        }
        let body = token[..<(total - Self.codeCount)]
        let code = token[(total - Self.codeCount)...]
        let cipherID = body[1..<(1 + Self.idCount)]
        let signerID = body[(1 + Self.idCount)..<(1 + 2 * Self.idCount)]
        let named = signers.filter { $0.id[...] == signerID }
        var isOurs = false
        for signer in named.isEmpty ? [signers[0]] : named
        where signer.key.verify(body.span, code: code.span) && !named.isEmpty {
            isOurs = true
        }
        guard isOurs else { return nil }
        let nonce = [UInt8](body[(1 + 2 * Self.idCount)..<Self.headCount])
        guard let cipher = ciphers.first(where: { $0.id[...] == cipherID }) else { return nil }
        return cipher.cipher.apply([UInt8](body[Self.headCount...]), nonce: nonce)
    }

    /// Names of the keys that make tokens now, for whoever counts their use.
    var makerIDs: [[UInt8]] { [ciphers[0].id, signers[0].id] }

    private static func id(_ key: Key) -> [UInt8] {
        [UInt8](Digest.sha256([UInt8](text: "lola key id v1 " + key.id))[..<idCount])
    }

    private static func derive(_ key: Key, _ info: String, _ count: Int) throws(CryptoFault) -> SecretBytes {
        try HKDF.sha256(secret: key.secret, salt: [], info: [UInt8](text: info), count: count)
    }
}
