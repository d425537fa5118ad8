// What the gatekeeper asks of whoever keeps the agent tokens. One per loop, asked for every request that shows a token,
// so the answer comes at once from memory.

/// What a right agent token stands for.
struct AgentTokenStanding: Sendable {
    let agent: AgentID
    /// The record of the token, by which it is listed and revoked.
    let token: RecordID
    /// What the token may do; nil means everything an agent may.
    let scopes: [String]?
}

protocol AgentTokenVerifier: AnyObject {
    /// The standing of a token as it was shown; nil for anything that is not a live token. In constant time, by digest.
    func verify(_ token: ArraySlice<UInt8>, at now: WallTime) -> AgentTokenStanding?

    /// False while tokens cannot be told from guesses: nobody is let in, and nobody is blamed for it.
    var isReady: Bool { get }
}

extension AgentTokenVerifier {
    var isReady: Bool { true }
}
