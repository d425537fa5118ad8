// Who makes a request: one value, made once per request by the gatekeeper, asked by everything behind it. A value; any
// thread.

struct Principal: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        /// Shows nothing, or is not asked to.
        case anonymous
        /// Holds an agent token: acts for one agent.
        case agent
        /// Holds the orchestrator token: administers.
        case orchestrator
        /// Holds a session token of a widget: acts for one ticket.
        case widget
        /// Whoever calls under DEMO_MODE, which takes the place of every check.
        case demo
    }

    let kind: Kind
    /// The caller's address after trusted proxies were walked: what limits, filters, lock-outs and logs count by.
    let address: IPAddress
    /// The agent this caller acts for; only of kind `agent`.
    var agent: AgentID?
    /// Which agent token was shown; only of kind `agent`.
    var token: RecordID?
    /// What the token may do; nil means everything its kind may.
    var scopes: [String]?
}

/// The name of an agent that acts by itself, as its bank calls it: 1–64 letters, digits, `.`, `_`, `-`, the first a
/// letter or a digit.
struct AgentID: Hashable, Sendable {
    static let countMax = 64
    let text: String

    init?(_ octets: some Collection<UInt8>) {
        guard let first = octets.first, octets.count <= Self.countMax, Self.isAlphanumeric(first),
            octets.allSatisfy({ Self.isAlphanumeric($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D })
        else { return nil }
        text = [UInt8](octets).text
    }

    private static func isAlphanumeric(_ octet: UInt8) -> Bool {
        (0x30...0x39).contains(octet) || (0x41...0x5A).contains(octet) || (0x61...0x7A).contains(octet)
    }
}
