// Opens compact JWE with ECDH-ES and A256GCM (RFC 7516, RFC 7518 §4.6): what a widget sealed to the key of its ticket.
// One algorithm each, only direct agreement, one spelling. The key belongs to one thread.
internal import CSSL

/// Why a sealed payload was refused. For tests and metrics; answers never tell the reasons apart.
enum JWEFault: String, Error, CaseIterable {
    case tooLarge = "too_large"
    /// Not five parts of canonical base64url, or a header that is no strict JSON object.
    case malformed
    /// A header member that has no place here: `crit`, `zip` and all that RFC 7516 does not name.
    case headerMember = "header_member"
    /// Another `alg` or `enc`, or a wrapped key where there must be none.
    case algorithm
    /// `epk` is no point of P-256.
    case ephemeralKey = "ephemeral_key"
    case notAuthentic = "not_authentic"
}

/// The key to which a payload is sealed.
@safe final class SealKey {
    private let key: OpaquePointer

    /// A new key: PKCS#8 PEM, and the coordinates of its public half.
    static func generate() throws(CryptoFault) -> (pem: [UInt8], x: [UInt8], y: [UInt8]) {
        try P256Key.generatePair()
    }

    /// From the PEM that `generate` gave; the faults of `P256Key`.
    init(pem: [UInt8]) throws(CryptoFault) { unsafe key = try unsafe P256Key.privateKey(pem: pem.span) }

    deinit { unsafe EVP_PKEY_free(key) }

    /// What this key and a public key have in common; the faults of `P256Key`.
    func agreement(x: [UInt8], y: [UInt8]) throws(CryptoFault) -> SecretBytes {
        let peer = try unsafe P256Key.publicKey(x: x, y: y)
        defer { unsafe EVP_PKEY_free(peer) }
        return try unsafe P256Key.agreement(key, with: peer)
    }

    /// The public half as a widget gets it (RFC 7517).
    static func jwk(x: [UInt8], y: [UInt8]) -> [UInt8] {
        var writer = JSONWriter(capacity: 192)
        writer.object { object in
            object.member("kty", "EC")
            object.member("crv", "P-256")
            object.member("x", bytes: Base64.encode(x))
            object.member("y", bytes: Base64.encode(y))
            object.member("use", "enc")
            object.member("alg", "ECDH-ES")
        }
        return writer.bytes
    }
}

enum JWE {
    /// The plain octets of `compact`, sealed to `key`.
    static func open(_ compact: [UInt8], key: SealKey) throws(JWEFault) -> [UInt8] {
        guard compact.count <= Limits.sealedPayloadMax.bytes else { throw .tooLarge }
        let parts = compact.split(separator: 0x2E, maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 5 else { throw .malformed }
        guard let header = Base64.decode(parts[0]), let nonce = Base64.decode(parts[2]),
            let content = Base64.decode(parts[3]), let tag = Base64.decode(parts[4])
        else { throw .malformed }
        let agreed = try contentKey(header, key)
        guard parts[1].isEmpty else { throw .algorithm }
        guard nonce.count == AESGCM.nonceCount, tag.count == AESGCM.tagCount else { throw .malformed }
        do throws(CryptoFault) {
            return try AESGCM(key: agreed).open(content + tag, nonce: nonce, aad: [UInt8](parts[0]))
        } catch {
            throw .notAuthentic
        }
    }

    private static let known = ["alg", "enc", "epk", "apu", "apv", "kid", "typ", "cty"].map { [UInt8](text: $0) }

    private static func contentKey(_ header: [UInt8], _ key: SealKey) throws(JWEFault) -> SecretBytes {
        guard let document = try? JSONDocument.parse(header), document.root.kind == .object else { throw .malformed }
        let root = document.root
        for member in root.members where !known.contains(member.key) { throw .headerMember }
        guard root["alg"]?.isText("ECDH-ES") == true, root["enc"]?.isText("A256GCM") == true else { throw .algorithm }
        guard let point = root["epk"], point["kty"]?.isText("EC") == true, point["crv"]?.isText("P-256") == true,
            point["d"] == nil, let x = point["x"]?.textBytes.flatMap({ Base64.decode($0) }),
            let y = point["y"]?.textBytes.flatMap({ Base64.decode($0) })
        else { throw .ephemeralKey }
        let shared: SecretBytes
        do throws(CryptoFault) { shared = try key.agreement(x: x, y: y) } catch { throw .ephemeralKey }
        return derive(shared, apu: try party(root["apu"]), apv: try party(root["apv"]))
    }

    private static func party(_ member: JSONView?) throws(JWEFault) -> [UInt8] {
        guard let member else { return [] }
        guard let text = member.textBytes, let octets = Base64.decode(text) else { throw .malformed }
        return octets
    }

    /// Concat KDF with SHA-256, one round: 256 bits (RFC 7518 §4.6.2).
    private static func derive(_ shared: SecretBytes, apu: [UInt8], apv: [UInt8]) -> SecretBytes {
        var input: [UInt8] = [0, 0, 0, 1]
        shared.withBytes { for index in $0.indices { input.append($0[index]) } }
        for part in [[UInt8](text: "A256GCM"), apu, apv] { input += count(part.count) + part }
        input += count(256)
        return SecretBytes(Digest.sha256(input))
    }

    private static func count(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
