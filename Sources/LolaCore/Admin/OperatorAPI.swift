// What is behind the paths of agents, tokens, people's wishes and credentials: one handler for all of them, which gives
// each action to its own. One per loop.

final class OperatorAPI: ActionHandler {
    private let tokens: TokenAPI
    private let agents: AgentAPI
    private let suppressions: SuppressionAPI
    private let consents: ConsentAPI
    private let credentials: CredentialAPI
    private let erasures: ErasureAPI

    init(
        tokens: TokenAPI, agents: AgentAPI, suppressions: SuppressionAPI, consents: ConsentAPI,
        credentials: CredentialAPI, erasures: ErasureAPI
    ) {
        self.tokens = tokens
        self.agents = agents
        self.suppressions = suppressions
        self.consents = consents
        self.credentials = credentials
        self.erasures = erasures
    }

    /// From then on operators are told what agents have used of their limits.
    func tellUsage(of outbound: any OutboundDesk) { agents.outbound = outbound }

    var actions: [Action] {
        [
            .listTokens, .mintToken, .revokeToken, .listAgents, .createAgent, .showAgent, .updateAgent,
            .showAgentLimits, .setAgentLimits, .listSuppressions, .addSuppression, .removeSuppression, .listConsents,
            .putConsent, .listCredentials, .setCredential, .removeCredential, .rotateCredentials, .erase,
        ]
    }

    func handle(_ admitted: AdmittedRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        let call = AdminCall(request: admitted.request, actor: admitted.principal.actor, answer: answer)
        switch admitted.action {
        case .listTokens: tokens.list(call)
        case .mintToken: tokens.mint(call)
        case .listAgents: agents.list(call)
        case .createAgent: agents.create(call)
        case .listSuppressions: suppressions.list(call)
        case .addSuppression: suppressions.add(call)
        case .listConsents: consents.list(call)
        case .putConsent: consents.put(call)
        case .listCredentials: credentials.list(call)
        case .setCredential: credentials.set(call)
        case .rotateCredentials: credentials.rotate(call)
        case .erase: erasures.erase(call)
        case .revokeToken, .removeSuppression, .removeCredential: remove(admitted, call)
        default: handle(admitted.action, AgentID(admitted.parameter), call)
        }
    }

    private func remove(_ admitted: AdmittedRequest, _ call: AdminCall) {
        guard let id = admitted.recordID else { return call.refuse(.routeUnknown) }
        switch admitted.action {
        case .revokeToken: tokens.revoke(id, call)
        case .removeSuppression: suppressions.remove(id, call)
        default: credentials.remove(id, call)
        }
    }

    private func handle(_ action: Action, _ agent: AgentID?, _ call: AdminCall) {
        guard let agent else { return call.refuse(.routeUnknown) }
        switch action {
        case .showAgent: agents.show(agent, call)
        case .updateAgent: agents.update(agent, call)
        case .showAgentLimits: agents.limits(agent, call)
        case .setAgentLimits: agents.setLimits(agent, call)
        default: call.refuse(.routeUnknown)
        }
    }
}
