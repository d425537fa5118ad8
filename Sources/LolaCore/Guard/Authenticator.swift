// Who makes a request: reads the one credential that its head may show, and nothing else. Compared by digest in
// constant time; what was wrong with it is told to nobody. One per loop.

final class Authenticator {
    enum Outcome: Sendable {
        case known(Principal)
        /// No credential was shown: that is no guess.
        case anonymous
        /// A credential was shown and is not right, or there was more than one.
        case wrong
        /// It is written like one, and while the store is away nobody can tell whether it is right.
        case unavailable
    }

    private let orchestrator: [UInt8]
    private let agents: (any AgentTokenVerifier)?
    private let isDemo: Bool

    /// - Parameter orchestrator: the token; only its digest is kept.
    init(orchestrator: SecretBytes, agents: (any AgentTokenVerifier)?, isDemo: Bool) {
        self.orchestrator = orchestrator.withBytes { Digest.sha256($0) }
        self.agents = agents
        self.isDemo = isDemo
    }

    /// - Parameter takesQuery: whether `?token=` is read too (CONTRACT §9, `/sse` only).
    func authenticate(
        _ head: HTTPRequestHead, from address: IPAddress, takesQuery: Bool, at now: WallTime
    ) -> Outcome {
        let outcome = judge(head, address, takesQuery, now)
        guard isDemo, DemoCaller.mayBe(head) else { return outcome }
        var principal = Principal(kind: .demo, address: address)
        if case .known(let known) = outcome { principal.agent = known.agent }
        return .known(principal)
    }

    private func judge(
        _ head: HTTPRequestHead, _ address: IPAddress, _ takesQuery: Bool, _ now: WallTime
    ) -> Outcome {
        let shown = head.count("authorization")
        var queried: [[UInt8]] = []
        if takesQuery, let query = head.query {
            // A query that cannot be read shows nothing that could be right.
            guard let fields = try? FormFields(head.bytes[query.asRange]) else { return .wrong }
            queried = fields.all("token")
        }
        guard shown + queried.count > 0 else { return .anonymous }
        guard shown + queried.count == 1 else { return .wrong }
        if let token = queried.first { return known(token[...], address, now) }
        // RFC 6750 §2.1: the scheme in any case, one space.
        guard let value = head.field("authorization"), value.count > 7,
            ASCII.equalIgnoringCase(value.prefix(7), "bearer ")
        else { return .wrong }
        return known(value.dropFirst(7), address, now)
    }

    private func known(_ token: ArraySlice<UInt8>, _ address: IPAddress, _ now: WallTime) -> Outcome {
        if ConstantTime.equal(Digest.sha256(token.span), orchestrator) {
            return .known(Principal(kind: .orchestrator, address: address))
        }
        guard let standing = agents?.verify(token, at: now) else {
            // A right one must neither count as a guess nor be given up by its client because the store is away.
            return agents?.isReady == false && AgentTokenText.isWellFormed(token) ? .unavailable : .wrong
        }
        return .known(Principal(
            kind: .agent, address: address, agent: standing.agent, token: standing.token, scopes: standing.scopes))
    }
}

/// Under DEMO_MODE every program of this machine is let in, but no page of another site that uses its browser: neither
/// by a name that suddenly means 127.0.0.1 nor across sites.
private enum DemoCaller {
    static func mayBe(_ head: HTTPRequestHead) -> Bool {
        let host = head.bytes[head.host.asRange]
        guard isLoopback(host) else { return false }
        // Not every browser says more than this.
        for field in head.fields where ASCII.equalIgnoringCase(head.bytes[field.name.asRange], "origin") {
            guard HTTPHost.isOrigin(head.bytes[field.value.asRange], of: host) else { return false }
        }
        guard let site = head.field("sec-fetch-site") else { return true }
        return head.count("sec-fetch-site") == 1 && (site.equals("same-origin") || site.equals("none"))
    }

    /// `localhost` or a loopback literal, with any port.
    private static func isLoopback(_ host: ArraySlice<UInt8>) -> Bool {
        if host.first == 0x5B {
            return IPAddress(text: host.dropFirst().prefix { $0 != 0x5D })?.isLoopback ?? false
        }
        let name = host.prefix { $0 != 0x3A }
        return ASCII.equalIgnoringCase(name, "localhost") || IPAddress(text: name)?.isLoopback ?? false
    }
}
