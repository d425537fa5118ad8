// The public key of the card vault: what the card widget seals to, so that a card number leaves the browser for the
// vault alone. Read once from the settings; a value, any thread.

struct VaultKey: Hashable, Sendable {
    /// The key in one spelling: `kty`, `crv`, `x`, `y`, `use`, `kid`, nothing else. ASCII.
    let jwk: [UInt8]
    /// The `kid` it was given, else its RFC 7638 thumbprint.
    let id: [UInt8]

    /// A P-256 public key as a JWK. `.keyMalformed`: no strict JSON object, not canonical base64url, or a `kid` that
    /// is no word of 1 to 64 characters; `.keyUnsuitable`: another type, curve, use or algorithm, a point off the
    /// curve, or a private key, which belongs to the vault alone; `.lengthInvalid`: coordinates not of 32 octets.
    init(jwk text: [UInt8]) throws(CryptoFault) {
        guard let document = try? JSONDocument.parse(text), document.root.kind == .object else { throw .keyMalformed }
        let root = document.root
        guard root["kty"]?.isText("EC") == true, root["crv"]?.isText("P-256") == true, root["d"] == nil else {
            throw .keyUnsuitable
        }
        if let use = root["use"], !use.isText("enc") { throw .keyUnsuitable }
        if let algorithm = root["alg"], !algorithm.isText("ECDH-ES") { throw .keyUnsuitable }
        // A public key of key agreement does nothing by itself: its list is empty (RFC 7517 §4.3).
        if let operations = root["key_ops"], operations.elements.contains(where: { _ in true }) { throw .keyUnsuitable }
        guard let x = root["x"]?.textBytes.flatMap({ Base64.decode($0) }),
            let y = root["y"]?.textBytes.flatMap({ Base64.decode($0) })
        else { throw .keyMalformed }
        let key = try ES256PublicKey(x: x, y: y)
        var id = key.thumbprint
        if let given = root["kid"] {
            guard let word = given.textBytes, (1...64).contains(word.count), word.allSatisfy(Self.isWord) else {
                throw .keyMalformed
            }
            id = word
        }
        self.init(x: x, y: y, id: id)
    }

    /// The public half of a vault's private key.
    init(_ key: ES256PublicKey) { self.init(x: key.x, y: key.y, id: key.thumbprint) }

    private init(x: [UInt8], y: [UInt8], id: [UInt8]) {
        var writer = JSONWriter(capacity: 256)
        writer.object { writer in
            writer.member("kty", "EC")
            writer.member("crv", "P-256")
            writer.member("x", bytes: Base64.encode(x))
            writer.member("y", bytes: Base64.encode(y))
            writer.member("use", "enc")
            writer.member("kid", bytes: id)
        }
        jwk = writer.bytes
        self.id = id
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        ASCII.isLetter(byte) || ASCII.isDigit(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
    }
}
