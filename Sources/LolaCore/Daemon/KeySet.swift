// The public keys of our tokens as a JWK Set (RFC 7517): the signing key first, then the previous ones, so that
// a token outlives a rotation. Made once at start.

enum KeySet {
    static func jwks(_ session: SessionSettings) throws(CryptoFault) -> [UInt8] {
        var keys = [try ES256PrivateKey(pem: session.jwtPrivateKey).publicKey]
        for pem in session.jwtPreviousKeys {
            guard let key = publicKey(pem) else { throw CryptoFault.keyMalformed }
            if !keys.contains(where: { $0.thumbprint == key.thumbprint }) { keys.append(key) }
        }
        return JWKSet.document(keys)
    }

    /// The public key in a PEM, private or public; nil when it holds no P-256 key.
    static func publicKey(_ pem: SecretBytes) -> ES256PublicKey? {
        pem.withBytes { (span) -> ES256PublicKey? in try? ES256PublicKey(pem: [UInt8](copying: span)) }
    }
}
