// Compact JWS with ES256 (RFC 7515, RFC 7519, RFC 8725): session tokens and the bearers agents see. One algorithm,
// keys only from our own table, one spelling per token. Pure functions; the keys belong to the caller's thread.

/// Why a token was refused. For logs and metrics only: answers never tell the reasons apart.
enum JWTFault: String, Error, CaseIterable {
    case tooLarge = "too_large"
    /// Not three parts of canonical base64url, or a header that is no strict JSON object.
    case malformed
    /// A header member that Lola does not write: `crit`, `jwk`, `jku`, `x5u`, `b64` and all others.
    case headerMember = "header_member"
    /// `alg` is not the text `ES256`.
    case algorithm
    /// `typ` is not the one this kind of token has.
    case type
    /// `kid` is absent or names no key of ours.
    case keyUnknown = "key_unknown"
    case signature
    /// The claims are no JSON object, or a registered claim is absent or of the wrong type.
    case claims
    case issuer
    case audience
    case expired
    case notYetValid = "not_yet_valid"
}

enum JWT {
    /// A token over `claims`, the octets of a JSON object. `kid` is the thumbprint of the key unless rotation needs
    /// another; `.libraryFailed` when OpenSSL could not sign.
    static func mint(
        claims: [UInt8], key: ES256PrivateKey, kid: [UInt8], type: StaticString = "JWT"
    ) throws(CryptoFault) -> [UInt8] {
        var header = JSONWriter()
        header.object { object in
            object.member("alg", "ES256")
            object.member("typ", type.description)
            object.member("kid", bytes: kid)
        }
        var token = Base64.encode(header.bytes)
        token.append(dot)
        token += Base64.encode(claims)
        let signature = try key.sign(token)
        token.append(dot)
        token += Base64.encode(signature)
        return token
    }

    /// The claims of a token signed by one of `keys` (by `kid`); their meaning is for `check` to judge.
    /// `type` is the only `typ` accepted; nil for tokens whose profile has none.
    static func verify(
        _ token: [UInt8], keys: [[UInt8]: ES256PublicKey], type: StaticString? = "JWT"
    ) throws(JWTFault) -> [UInt8] {
        guard token.count <= Limits.tokenMax.bytes else { throw .tooLarge }
        let parts = token.split(separator: dot, maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else { throw .malformed }
        guard let header = Base64.decode(parts[0]), let claims = Base64.decode(parts[1]),
            let signature = Base64.decode(parts[2])
        else { throw .malformed }
        let kid = try checkHeader(header, type: type)
        guard let key = keys[kid] else { throw .keyUnknown }
        let signed = token.span.extracting(..<parts[1].endIndex)
        guard key.verify(signed, signature: signature.span) else { throw .signature }
        return claims
    }

    /// The claims of a token that is known, octet by octet, to be one of ours; nothing is proven here.
    static func claims(ofKnown token: [UInt8]) throws(JWTFault) -> [UInt8] {
        let parts = token.split(separator: dot, omittingEmptySubsequences: false)
        guard parts.count == 3, let claims = Base64.decode(parts[1]) else { throw .malformed }
        return claims
    }

    /// Judges verified claims (RFC 7519 §4.1): `iss` is `issuer`, `aud` is or contains `audience`, `exp` is ahead and
    /// `nbf` is not, with `Limits.clockSkewMax` of grace. The document is returned for its other claims.
    static func check(
        _ claims: [UInt8], issuer: [UInt8], audience: [UInt8], now: WallTime
    ) throws(JWTFault) -> JSONDocument {
        guard let document = try? JSONDocument.parse(claims), document.root.kind == .object else { throw .claims }
        let root = document.root
        guard root["iss"]?.textBytes == issuer else { throw .issuer }
        guard names(root["aud"], audience) else { throw .audience }
        let skew = Limits.clockSkewMax
        guard let expiry = try time(root["exp"]) else { throw .claims }
        guard now < expiry + skew else { throw .expired }
        if let start = try time(root["nbf"]), now + skew < start { throw .notYetValid }
        _ = try time(root["iat"])
        return document
    }

    private static let dot: UInt8 = 0x2E
    /// 9999-12-31T23:59:59Z: no later moment is meant, and sums with it stay far from overflow.
    private static let secondsMax: Int64 = 253_402_300_799

    /// The `kid` of an acceptable header.
    private static func checkHeader(_ header: [UInt8], type: StaticString?) throws(JWTFault) -> [UInt8] {
        guard let document = try? JSONDocument.parse(header), document.root.kind == .object else { throw .malformed }
        let root = document.root
        let known = ["alg", "typ", "kid"].map { [UInt8](text: $0) }
        for member in root.members where !known.contains(member.key) { throw .headerMember }
        guard root["alg"]?.isText("ES256") == true else { throw .algorithm }
        if let type, root["typ"]?.isText(type) != true { throw .type }
        guard let kid = root["kid"]?.textBytes else { throw .keyUnknown }
        return kid
    }

    /// Whether `aud` is this text or an array of texts with it.
    private static func names(_ claim: JSONView?, _ audience: [UInt8]) -> Bool {
        guard let claim else { return false }
        if claim.kind == .array {
            return claim.elements.allSatisfy { $0.kind == .string }
                && claim.elements.contains { $0.textBytes == audience }
        }
        return claim.textBytes == audience
    }

    /// A NumericDate in whole seconds; nil when absent, a fault when it is anything but a sensible integer.
    private static func time(_ claim: JSONView?) throws(JWTFault) -> WallTime? {
        guard let claim else { return nil }
        guard let seconds = claim.integer, (0...secondsMax).contains(seconds) else { throw .claims }
        return WallTime(seconds: seconds)
    }
}
