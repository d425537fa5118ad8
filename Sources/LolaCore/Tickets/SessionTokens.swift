// The tokens widgets show (CONTRACT §7): ES256 JWTs for one ticket and its operation. The first key signs, all
// verify, so that a session outlives a rotation. Belongs to one thread.

/// What a session token was proven to say.
struct SessionClaims: Hashable, Sendable {
    let ticket: RecordID
    let operation: [UInt8]
}

final class SessionTokens {
    /// What is the same in every token.
    struct Terms: Sendable {
        /// The gateway's public URL.
        let issuer: [UInt8]
        let life: Interval
        let cipServicesURL: [UInt8]?
        let themeURL: [UInt8]?
    }

    static let audience = [UInt8](text: "widget")

    private let terms: Terms
    private let key: ES256PrivateKey
    private let keys: [[UInt8]: ES256PublicKey]
    private let entropy: any Entropy
    private let memory: SessionMemory

    /// - Parameters:
    ///   - previous: keys that signed before; their tokens are good until they end.
    ///   - memory: of all who sign with this key in this process.
    init(
        _ terms: Terms, key: ES256PrivateKey, previous: [ES256PublicKey], entropy: any Entropy,
        memory: SessionMemory = SessionMemory()
    ) {
        self.memory = memory
        self.terms = terms
        self.key = key
        self.entropy = entropy
        var keys: [[UInt8]: ES256PublicKey] = [:]
        for key in previous + [key.publicKey] { keys[key.thumbprint] = key }
        self.keys = keys
    }

    /// A token for a ticket that is open, and when it ends: never later than the ticket.
    func mint(
        _ ticket: Ticket, failureURL: [UInt8], at now: WallTime
    ) throws(CryptoFault) -> (token: [UInt8], expires: WallTime) {
        let issued = now.inSeconds
        let end = min((now + terms.life).inSeconds, ticket.expires.inSeconds)
        var claims = JSONWriter(capacity: 1_024)
        claims.object { object in
            object.member("iss", bytes: terms.issuer)
            object.member("aud", bytes: Self.audience)
            object.member("sub", bytes: ticket.id.hex)
            object.member("ticket_id", bytes: ticket.id.hex)
            object.member("operation", bytes: ticket.operation)
            object.member("actions") { list in
                list.array { for action in ticket.terms.actions { $0.string(bytes: action) } }
            }
            object.member("cip_services_url", terms.cipServicesURL?.text)
            object.member("theme_url", terms.themeURL?.text)
            object.member("fail_callback_url", bytes: failureURL)
            object.member("iat", Int(issued))
            object.member("nbf", Int(issued))
            object.member("exp", Int(end))
            object.member("jti", bytes: Base64.encode(entropy.bytes(16)))
        }
        let token = try JWT.mint(claims: claims.bytes, key: key, kid: key.publicKey.thumbprint)
        memory.keep(token)
        return (token, WallTime(seconds: end))
    }

    /// What a token of ours says. Algorithm, type, issuer and audience are fixed, keys come from our own table.
    func verify(_ token: [UInt8], at now: WallTime) throws(JWTFault) -> SessionClaims {
        let claims =
            memory.holds(token) ? try JWT.claims(ofKnown: token) : try JWT.verify(token, keys: keys)
        let root = try JWT.check(claims, issuer: terms.issuer, audience: Self.audience, now: now).root
        guard let text = root["ticket_id"]?.textBytes, root["sub"]?.textBytes == text, let id = RecordID(hex: text),
            let operation = root["operation"]?.textBytes, root["nbf"] != nil
        else { throw .claims }
        return SessionClaims(ticket: id, operation: operation)
    }

    /// The same for the one `Authorization: Bearer` of a request; without one it is malformed.
    func verify(_ head: HTTPRequestHead, at now: WallTime) throws(JWTFault) -> SessionClaims {
        guard let value = head.only("authorization"), value.count > 7,
            ASCII.equalIgnoringCase(value.prefix(7), "bearer ")
        else { throw .malformed }
        return try verify([UInt8](value.dropFirst(7)), at: now)
    }
}
