// Who may do what: one table of callers and audiences, closed by default. The gatekeeper asks it on the head of every
// request; a handler that finds out whose a thing is asks again.

enum Authorisation {
    enum Rule: Sendable {
        case never
        /// Only with what belongs to the caller: an agent's own agent, a widget's own ticket.
        case own
        case always
    }

    /// The table. What does not stand in it is refused.
    static func rule(_ kind: Principal.Kind, _ audience: Action.Audience) -> Rule {
        switch (kind, audience) {
        case (_, .everybody): .always
        case (.orchestrator, .operators), (.demo, .operators): .always
        case (.orchestrator, .agents), (.demo, .agents): .always
        case (.agent, .agents): .own
        case (.widget, .widgets): .own
        default: .never
        }
    }

    /// Whether the caller may do this at all; of what, is asked when that is known.
    static func mayTry(_ principal: Principal, _ action: Action) -> Bool {
        guard hasScope(principal, action) else { return false }
        return switch rule(principal.kind, action.audience) {
        case .never: false
        case .own, .always: true
        }
    }

    /// A token that is limited to some tools does over REST what those tools do, and no more.
    private static func hasScope(_ principal: Principal, _ action: Action) -> Bool {
        guard principal.kind == .agent, let scope = action.scope, let scopes = principal.scopes else { return true }
        return scopes.contains(scope.rawValue)
    }

    /// Whether the caller may do this with something that belongs to `agent`.
    static func may(_ principal: Principal, _ action: Action, of agent: AgentID) -> Bool {
        switch rule(principal.kind, action.audience) {
        case .never: false
        case .own: principal.agent == agent
        case .always: true
        }
    }
}
