// Chooses the agent from the authenticated identity and nothing else (CONTRACT §5). First match wins;
// deterministic, no model involved.

enum LogicRouter {
    static func agent(for identity: Identity) -> AgentName {
        switch identity {
        case .unavailable: .serviceUnavailable
        case .known(let user) where user.isBlocked || user.verdict == .blocked: .blocked
        case .known(let user) where user.verdict != .passed: .pendingCIP
        case .known: .senderHome
        case .unknown: .onboarding
        }
    }
}
