// An agent of the bank behind a URL (CONTRACT §6): writes the call and reads the answer, without making it. One
// instance per loop and agent, because its signing key belongs to the loop's thread.

final class HTTPAgent {
    let name: AgentName
    private let url: HTTPURL
    private let timeout: Interval
    private let key: ES256PrivateKey
    private let issuer: [UInt8]
    private let entropy: any Entropy
    private let operations: TicketOperations
    /// The bearer that calls have now, as it stands in its field, and when it was made.
    private var bearer: (value: [UInt8], issued: WallTime)?

    /// - Parameters:
    ///   - timeout: `agents.timeout`, for the whole exchange.
    ///   - key: signs the bearer; its public half is in the JWKS.
    ///   - issuer: the gateway's public URL.
    ///   - operations: what it may want a ticket for.
    init(
        name: AgentName, url: HTTPURL, timeout: Interval, key: ES256PrivateKey, issuer: [UInt8], entropy: any Entropy,
        operations: TicketOperations = .builtIn
    ) {
        self.name = name
        self.url = url
        self.timeout = timeout
        self.key = key
        self.issuer = issuer
        self.entropy = entropy
        self.operations = operations
    }

    /// One attempt. Idempotency key, body and trace are the same in every attempt, the span is new.
    /// - Throws: `.libraryFailed` when the bearer could not be signed; a call without one is never made.
    func request(_ turn: Turn, state: [UInt8]?, at now: WallTime) throws(CryptoFault) -> OutboundRequest {
        let fields = [
            OutboundField(name: "Content-Type", value: OutboundField.json),
            OutboundField(name: "Accept", value: OutboundField.json),
            OutboundField(name: "Idempotency-Key", value: Self.fieldValue(turn.message.key.bytes)),
            OutboundField(name: "Authorization", value: try bearer(at: now)),
            OutboundField(name: "traceparent", value: turn.traceparent(entropy)),
        ]
        return OutboundRequest(
            purpose: .agent, method: .post, origin: url.origin, target: url.target, fields: fields,
            body: AgentEnvelope.write(name, turn, state: state), timeout: timeout,
            responseMax: Limits.agentResponseMax, isRepeatable: true)
    }

    /// After anything but an answer, the next call has a new bearer: the agent may not have liked this one.
    func read(_ outcome: OutboundOutcome) -> Result<AgentAnswer, AgentFailure> {
        let result = answer(outcome)
        if case .failure = result { bearer = nil }
        return result
    }

    private func answer(_ outcome: OutboundOutcome) -> Result<AgentAnswer, AgentFailure> {
        switch outcome {
        case .failure(let fault): return .failure(AgentFailure(fault))
        case .success(let response):
            switch response.status {
            case 200:
                do throws(AgentAnswerFault) {
                    return .success(try AgentAnswerReader.read(response.body, operations: operations))
                } catch {
                    return .failure(.final(word: error.word))
                }
            case 202: return .success(AgentAnswer(isDeferred: true))
            default: return .failure(AgentFailure(response.head))
            }
        }
    }

    /// Names this agent, not a call: its `jti` says which token it is, and calls of `Limits.agentTokenReuse` have the
    /// same one. A signature a call would be the dearest part of it, and would tell the agent nothing more.
    private func bearer(at now: WallTime) throws(CryptoFault) -> [UInt8] {
        if let bearer, bearer.issued <= now, now < bearer.issued + Limits.agentTokenReuse { return bearer.value }
        let value = [UInt8](text: "Bearer ") + (try mint(at: now))
        bearer = (value, now)
        return value
    }

    private func mint(at now: WallTime) throws(CryptoFault) -> [UInt8] {
        let issued = now.inSeconds
        var claims = JSONWriter()
        claims.object { object in
            object.member("iss", bytes: issuer)
            object.member("aud", name.rawValue)
            object.member("iat", Int(issued))
            object.member("nbf", Int(issued))
            object.member("exp", Int(issued + Limits.agentTokenLifetime.inSeconds))
            object.member("jti", bytes: Base64.encode(entropy.bytes(16)))
        }
        return try JWT.mint(claims: claims.bytes, key: key, kid: key.publicKey.thumbprint)
    }

    /// A native id may hold anything; one that has no place in a field value is percent-encoded whole.
    private static func fieldValue(_ key: [UInt8]) -> [UInt8] {
        DisplayText.isVisibleASCII(key) ? key : Percent.encode(key)
    }
}
