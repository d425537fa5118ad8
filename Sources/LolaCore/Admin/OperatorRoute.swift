// The paths below `/admin/api/` behind which agents, tokens, people's wishes and credentials are administered: which
// there are, which methods they take, and who answers them.

enum OperatorRoute: Hashable, Sendable {
    case tokens
    case token(RecordID)
    case agents
    case agent(AgentID)
    case agentLimits(AgentID)
    case suppressions
    case suppression(RecordID)
    case consents
    case credentials
    case credential(RecordID)
    case credentialRotation
    case erasures

    /// The route of what follows `/admin/api/`; nil when it is none of these.
    static func find(_ path: ArraySlice<UInt8>) -> OperatorRoute? {
        let parts = path.split(separator: 0x2F, maxSplits: 3, omittingEmptySubsequences: false)
        switch (parts.first?.text, parts.count) {
        case ("tokens", 1): return .tokens
        case ("agents", 1): return .agents
        case ("dnc", 1): return .suppressions
        case ("consent", 1): return .consents
        case ("credentials", 1): return .credentials
        case ("erasures", 1): return .erasures
        case ("credentials", 2) where parts[1].equals("rotate"): return .credentialRotation
        case ("tokens", 2): return RecordID(hex: parts[1]).map { .token($0) }
        case ("dnc", 2): return RecordID(hex: parts[1]).map { .suppression($0) }
        case ("credentials", 2): return RecordID(hex: parts[1]).map { .credential($0) }
        case ("agents", 2): return AgentID(parts[1]).map { .agent($0) }
        case ("agents", 3) where parts[2].equals("limits"): return AgentID(parts[1]).map { .agentLimits($0) }
        default: return nil
        }
    }

    var methods: [HTTPMethod] {
        switch self {
        case .tokens, .agents, .suppressions, .consents, .credentials: [.get, .head, .post]
        case .token, .suppression, .credential: [.delete]
        case .agent, .agentLimits: [.get, .head, .put]
        case .credentialRotation, .erasures: [.post]
        }
    }
}

/// The handlers of these paths, one per loop.
struct OperatorAPI {
    let tokens: TokenAPI
    let agents: AgentAPI
    let suppressions: SuppressionAPI
    let consents: ConsentAPI
    let credentials: CredentialAPI
    let erasures: ErasureAPI

    /// The caller has shown the orchestrator token, and the method is one of the route's.
    func handle(_ route: OperatorRoute, _ call: AdminCall) {
        let method = call.request.head.method
        switch route {
        case .tokens: method == .post ? tokens.mint(call) : tokens.list(call)
        case .token(let id): tokens.revoke(id, call)
        case .agents: method == .post ? agents.create(call) : agents.list(call)
        case .agent(let id): method == .put ? agents.update(id, call) : agents.show(id, call)
        case .agentLimits(let id): method == .put ? agents.setLimits(id, call) : agents.limits(id, call)
        case .suppressions: method == .post ? suppressions.add(call) : suppressions.list(call)
        case .suppression(let id): suppressions.remove(id, call)
        case .consents: method == .post ? consents.put(call) : consents.list(call)
        case .credentials: method == .post ? credentials.set(call) : credentials.list(call)
        case .credential(let id): credentials.remove(id, call)
        case .credentialRotation: credentials.rotate(call)
        case .erasures: erasures.erase(call)
        }
    }
}
