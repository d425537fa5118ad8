// Asks the bank's identity service who the sender is (CONTRACT §5, §11): the candidates of the number in order, until
// one is known or an answer cannot be used. Never stops a message. One instance per loop; called by the pipeline.

/// The identity service as settings describe it.
struct IdentityService: Sendable {
    let origin: Origin
    /// Path and query for one number, which is percent-encoded in it (`+` as `%2B`).
    let target: @Sendable (E164) -> [UInt8]
    /// Sent as Bearer when there is one.
    let token: SecretBytes?
    let timeout: Interval
    /// `identity.not_found`: whether 404 means that nobody is known (onboarding) or that the service is not there.
    let treatsNotFoundAsUnknown: Bool
}

final class IdentityLookup: Middleware {
    let name = MiddlewareName.identity
    private let service: IdentityService
    private let entropy: any Entropy

    init(_ service: IdentityService, entropy: any Entropy) {
        self.service = service
        self.entropy = entropy
    }

    func process(_ turn: Turn) -> Verdict {
        if case .unavailable = turn.identity { return .next }
        guard turn.phone != nil, !turn.candidates.isEmpty else {
            turn.detail = "not_asked"
            return .next
        }
        return ask(turn)
    }

    func resume(_ turn: Turn, with answer: EffectAnswer) -> Verdict {
        guard case .http(let outcome) = answer, turn.candidatesAsked > 0 else {
            return unavailable(turn, "lost_answer")
        }
        switch outcome {
        case .failure(let fault): return unavailable(turn, fault.word)
        case .success(let response): return judge(response, turn)
        }
    }

    private func judge(_ response: OutboundResponse, _ turn: Turn) -> Verdict {
        switch response.status {
        case 200: break
        case 404: return nobody(turn)
        case 300..<400: return unavailable(turn, "redirect")
        default: return unavailable(turn, "status")
        }
        let asked = turn.candidates[turn.candidatesAsked - 1]
        do throws(IdentityFault) {
            guard let user = try IdentityAnswer.decode(response, askedFor: asked, candidates: turn.candidates) else {
                turn.isUnknownByAnswer = true
                return nobody(turn)
            }
            turn.identity = .known(user)
            turn.detail = user.isBlocked ? "known_blocked" : user.verdict.known
            return .next
        } catch {
            return unavailable(turn, error.word)
        }
    }

    /// Nobody under this candidate: the next one, or the verdict over all of them. One answer that the sender is
    /// unknown outweighs a 404, because it proves that the service is there.
    private func nobody(_ turn: Turn) -> Verdict {
        if turn.candidatesAsked < turn.candidates.count { return ask(turn) }
        guard turn.isUnknownByAnswer || service.treatsNotFoundAsUnknown else { return unavailable(turn, "not_found") }
        turn.identity = .unknown
        turn.detail = "unknown"
        return .next
    }

    private func unavailable(_ turn: Turn, _ word: StaticString) -> Verdict {
        turn.identity = .unavailable(word: word)
        turn.detail = "unavailable \(word)"
        return .next
    }

    private func ask(_ turn: Turn) -> Verdict {
        let phone = turn.candidates[turn.candidatesAsked]
        turn.candidatesAsked += 1
        var fields = [
            OutboundField(name: "Accept", value: OutboundField.json),
            OutboundField(name: "traceparent", value: turn.traceparent(entropy)),
        ]
        if let token = service.token {
            var value = [UInt8](text: "Bearer ")
            token.withBytes { octets in
                for index in octets.indices { value.append(octets[index]) }
            }
            fields.append(OutboundField(name: "Authorization", value: value))
        }
        return .wait(
            .http(
                OutboundRequest(
                    purpose: .identity, method: .get, origin: service.origin, target: service.target(phone),
                    fields: fields, body: [], timeout: service.timeout,
                    responseMax: Limits.identityResponseMax, isRepeatable: true)))
    }
}

extension ComplianceVerdict {
    /// What the trace says of somebody who is known.
    fileprivate var known: String {
        switch self {
        case .passed: "known_passed"
        case .pending: "known_pending"
        case .blocked: "known_blocked"
        }
    }
}
