// Public keys as JSON (RFC 7517): reading one key that somebody sent, writing the set we publish. Pure, any thread,
// but for the keys themselves, which belong to one.

extension ES256PublicKey {
    /// The key of one JWK. `.keyMalformed`: no strict JSON object or not canonical base64url; `.keyUnsuitable`: another
    /// type, curve, use or algorithm, a point off the curve, or a private key, which nobody should have sent;
    /// `.lengthInvalid`: coordinates that are not 32 octets (RFC 7518 §6.2.1.2).
    convenience init(jwk: [UInt8]) throws(CryptoFault) {
        guard let document = try? JSONDocument.parse(jwk), document.root.kind == .object else { throw .keyMalformed }
        try self.init(jwk: document.root)
    }

    /// The same for a member of a larger document.
    convenience init(jwk: JSONView) throws(CryptoFault) {
        guard jwk["kty"]?.isText("EC") == true, jwk["crv"]?.isText("P-256") == true, jwk["d"] == nil else {
            throw .keyUnsuitable
        }
        if let use = jwk["use"], !use.isText("sig") { throw .keyUnsuitable }
        if let algorithm = jwk["alg"], !algorithm.isText("ES256") { throw .keyUnsuitable }
        if let operations = jwk["key_ops"], !operations.elements.contains(where: { $0.isText("verify") }) {
            throw .keyUnsuitable
        }
        guard let x = jwk["x"]?.textBytes.flatMap({ Base64.decode($0) }),
            let y = jwk["y"]?.textBytes.flatMap({ Base64.decode($0) })
        else { throw .keyMalformed }
        try self.init(x: x, y: y)
    }
}

enum JWKSet {
    /// The document of `/.well-known/jwks.json`, the signing key first.
    static func document(_ keys: [ES256PublicKey]) -> [UInt8] {
        var writer = JSONWriter(capacity: 64 + keys.count * 256)
        writer.object { object in
            object.member("keys") { member in
                member.array { list in
                    for key in keys { list.raw(key.jwk()) }
                }
            }
        }
        return writer.bytes
    }
}
