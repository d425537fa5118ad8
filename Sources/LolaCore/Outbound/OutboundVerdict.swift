// What the outbound gate answers: a receipt with what is left of the agent's limits, or a refusal the agent can act
// on (CONTRACT §9). Plain values and the protocol of the gate; any thread.

struct OutboundRefusal: Error, Hashable, Sendable {
    /// In the order in which the gate asks.
    enum Code: String, CaseIterable, Sendable {
        case agentUnknown = "agent_unknown"
        case agentInactive = "agent_inactive"
        /// The agent's account does not name the channel.
        case channelNotAllowed = "channel_not_allowed"
        /// The gateway has no provider for the channel.
        case channelOff = "channel_off"
        case conversationUnknown = "conversation_unknown"
        case consentRequired = "consent_required"
        case doNotContact = "do_not_contact"
        case quietHours = "quiet_hours"
        case contentRefused = "content_refused"
        case rateLimited = "rate_limited"
        case spendLimited = "spend_limited"
        /// The provider refused this message for good.
        case providerRefused = "provider_refused"
        case providerUnavailable = "provider_unavailable"
        /// The store or the audit trail cannot answer: nothing was sent.
        case unavailable

        /// Whether the agent's ledger counts it: the agent is one of ours, and the store answers.
        var isCounted: Bool { self != .agentUnknown && self != .unavailable }
    }

    /// Which limit is used up, by the word that CONTRACT §10 sets it with.
    let code: Code
    var limitType: AgentLimits.Member?
    /// In the limit's unit: actions, calls, or cents of a dollar.
    var current: Int?
    var max: Int?
    /// When the same order may pass: the end of the limit's window, or of quiet hours.
    var resetsAt: WallTime?
    var nextAllowedAt: WallTime?
    /// How long the provider asks to wait, from now on.
    var retryAfter: Interval?
    /// A closed word of whoever refused: the filter's category, the provider's reason.
    var detail: String?

    /// The detail of a text with a card number that cannot be masked.
    static let card = "card"

    init(_ code: Code) { self.code = code }
}

struct OutboundReceipt: Hashable, Sendable {
    enum Status: String, CaseIterable, Sendable {
        case queued, sent, delivered, read, failed
    }

    /// The key under which the ledger knows it: `out:<32 hex digits>`.
    let key: [UInt8]
    let channel: AgentChannel
    var status: Status
    /// Sentences for the agent, such as that a mail got an unsubscribe header.
    var warnings: [String] = []
    /// What is left of each limit that holds for the agent, in its unit; absent where none holds.
    var remaining: [AgentLimits.Member: Int] = [:]

    init(key: [UInt8], channel: AgentChannel, status: Status) {
        self.key = key
        self.channel = channel
        self.status = status
    }
}

enum OutboundVerdict: Sendable {
    case accepted(OutboundReceipt)
    case refused(OutboundRefusal)
}

/// The gate as the REST surface and the tools see it. One per loop. The caller has been authorised for the agent.
protocol OutboundDesk: AnyObject {
    /// - Parameter actor: of the audit record, `agent:<id>` or `orchestrator`.
    func submit(_ order: OutboundOrder, by actor: String, _ completion: @escaping (OutboundVerdict) -> Void)
    /// What became of an order of this agent; `.success(nil)` when it has none of that key.
    func receipt(
        _ key: [UInt8], of agent: AgentID,
        _ completion: @escaping (Result<OutboundReceipt?, OutboundRefusal>) -> Void)
    /// What the agent has used of each limit, and what holds for it.
    func usage(of agent: AgentID, _ completion: @escaping (Result<OutboundUsage, OutboundRefusal>) -> Void)
    /// The channels on which this gateway can send.
    var channels: [AgentChannel] { get }
}

/// What an agent has used.
struct OutboundUsage: Hashable, Sendable {
    struct Line: Hashable, Sendable {
        let limit: AgentLimits.Member
        /// In the limit's unit.
        let used: Int
        let max: Int
        /// When the window ends; nil while nothing is used.
        let resetsAt: WallTime?
    }

    let lines: [Line]
    /// Since the gateway keeps its ledger: sends by channel.
    var sent: [AgentChannel: Int] = [:]
    /// Orders that were refused, by reason.
    var refused: [OutboundRefusal.Code: Int] = [:]
}
