// Decides on the head of every request, before any of its body is read, in this order: denylist, route, admin
// allowlist, method, lock-out, HTTP limits, authentication, authorisation (CONTRACT §3, §4, §10). One per loop.

/// What the gatekeeper says of a head.
enum GateDecision {
    /// Refused; the answer waits for `when`, if there is one.
    case refuse(HTTPResponse, when: ((@escaping () -> Void) -> Void)?)
    case pass(GatePass)
}

/// A request that may go on.
final class GatePass {
    let route: Route
    let action: Action
    let parameter: [UInt8]
    let principal: Principal
    let fields: [ResponseField]

    init(route: Route, action: Action, parameter: [UInt8], principal: Principal, fields: [ResponseField]) {
        self.route = route
        self.action = action
        self.parameter = parameter
        self.principal = principal
        self.fields = fields
    }
}

final class Gatekeeper {
    struct Parts {
        let loop: Loop
        let state: GuardState
        let authenticator: Authenticator
        let limits: LimitKeeper
        let lockouts: Lockouts
        let audit: any AuditLog
        let log: any GuardLog
        let pseudonyms: Pseudonyms
        /// Channels that are on; the webhooks of others are no routes.
        let channels: Set<ChannelName>
        /// Whether there is a console, for callers of this machine.
        let hasConsole: Bool
        var table: [Route] = Route.table
        /// Whether operators have switched the agent off: it may look, and begin nothing.
        var isSwitchedOff: (AgentID) -> Bool = { _ in false }
        /// What lets a page of others read an answer, on routes that such pages may ask.
        var leave: (HTTPRequestHead) -> [ResponseField] = { _ in [] }
    }

    /// A request on its way through the checks.
    private struct Caller {
        let head: HTTPRequestHead
        let address: IPAddress
        let requestID: [UInt8]
        var fields: [ResponseField] = []
    }

    private let parts: Parts

    init(_ parts: Parts) { self.parts = parts }

    func decide(
        _ head: HTTPRequestHead, role: ListenerRole, peer: IPAddress, requestID: [UInt8]
    ) -> GateDecision {
        let address = parts.state.clients.address(of: head, from: peer)
        let caller = Caller(head: head, address: address, requestID: requestID)
        if parts.state.filters.denies(address) || parts.state.filters.denies(peer) {
            return refuse(.addressDenied, caller)
        }
        let found: (route: Route, parameter: [UInt8])?
        do throws(HTTPFault) {
            let isHere = parts.hasConsole && peer.isLoopback && address.isLoopback
            found = try Route.find(head.bytes[head.path.asRange], role: role, hasConsole: isHere, in: parts.table)
        } catch {
            if isKeptOut(address, from: nil, role) { return refuse(.addressDenied, caller) }
            return .refuse(.problem(error.status, code: error.word, requestID: requestID), when: nil)
        }
        if isKeptOut(address, from: found?.route, role) { return refuse(.addressDenied, caller) }
        if head.method == .other { return refuse(.methodUnknown, caller) }
        guard let (route, parameter) = found else { return refuse(.routeUnknown, caller) }
        if let channel = route.channel, !parts.channels.contains(channel) { return refuse(.channelOff, caller) }
        return decide(route, parameter, caller)
    }

    /// What lets a page of the bank's read an answer that no handler gives; none on routes that pages do not ask.
    func leave(_ head: HTTPRequestHead, role: ListenerRole) -> [ResponseField] {
        let path = head.bytes[head.path.asRange]
        guard let found = try? Route.find(path, role: role, hasConsole: false, in: parts.table) else { return [] }
        return leave(found.route, head)
    }

    func leave(_ route: Route, _ head: HTTPRequestHead) -> [ResponseField] {
        route.action(.options) == nil ? [] : parts.leave(head)
    }

    /// The whole management listener is for the allowlist, but for its probes.
    private func isKeptOut(_ address: IPAddress, from route: Route?, _ role: ListenerRole) -> Bool {
        role == .management && route?.surface != .probe && !parts.state.filters.mayAdminister(address)
    }

    private func decide(_ route: Route, _ parameter: [UInt8], _ caller: Caller) -> GateDecision {
        var caller = caller
        // A page of the bank's may read why it is refused; whether it may read more, the handler says.
        let leave = self.leave(route, caller.head)
        guard let action = route.action(caller.head.method) else {
            let allow = ResponseField(name: "Allow", value: [UInt8](text: route.allowed))
            caller.fields = [allow] + quotas(route.surface, caller.address) + leave
            return refuse(.methodNotAllowed, caller)
        }
        if route.surface.isGuarded, let remaining = parts.lockouts.remaining(caller.address) {
            parts.lockouts.turnedAway(caller.address)
            caller.fields = [Self.retryAfter(remaining)] + quotas(route.surface, caller.address) + leave
            return refuse(.lockedOut, caller)
        }
        if let limit = route.surface.limits {
            let verdict = parts.limits.take(limit, parts.state.addresses.name(AddressBlock(caller.address)))
            caller.fields = parts.limits.fields(limit, verdict)
            if let wait = verdict.retryAfter {
                caller.fields += [Self.retryAfter(wait)] + leave
                return refuse(.rateLimited, caller)
            }
        }
        guard route.surface.takesToken else {
            let principal = Principal(kind: .anonymous, address: caller.address)
            return pass(route, action, parameter, principal, caller)
        }
        return authenticate(route, action, parameter, caller)
    }

    private func authenticate(
        _ route: Route, _ action: Action, _ parameter: [UInt8], _ caller: Caller
    ) -> GateDecision {
        let outcome = parts.authenticator.authenticate(
            caller.head, from: caller.address, takesQuery: route.surface == .stream, at: parts.loop.wall)
        switch outcome {
        case .anonymous: return refuse(.authenticationRequired, caller)
        case .unavailable: return refuse(.storeUnavailable, caller)
        case .wrong:
            note(.authenticationRefused, "anonymous", action, caller)
            let lockouts = parts.lockouts
            return refuse(.authenticationRequired, caller) { done in lockouts.failed(caller.address, done) }
        case .known(let principal):
            let isOff = action.isActing && principal.agent.map(parts.isSwitchedOff) == true
            guard Authorisation.mayTry(principal, action), !isOff else {
                note(.accessRefused, principal.actor, action, caller)
                return refuse(.accessDenied, caller)
            }
            return pass(route, action, parameter, principal, caller)
        }
    }

    private func pass(
        _ route: Route, _ action: Action, _ parameter: [UInt8], _ principal: Principal, _ caller: Caller
    ) -> GateDecision {
        .pass(GatePass(
            route: route, action: action, parameter: parameter, principal: principal, fields: caller.fields))
    }

    // MARK: Refusing

    private func refuse(
        _ refusal: Refusal, _ caller: Caller, when: ((@escaping () -> Void) -> Void)? = nil
    ) -> GateDecision {
        var response = HTTPResponse.refusal(refusal, requestID: caller.requestID)
        response.fields += caller.fields
        if let counter = Self.counter(refusal) {
            parts.loop.counters.add(counter)
            parts.log.requestRefused(refusal, requestID: caller.requestID) {
                parts.pseudonyms.name(of: AddressBlock(caller.address))
            }
        }
        return .refuse(response, when: when)
    }

    /// What is counted and logged: refusals of a caller, not of a spelling.
    private static func counter(_ refusal: Refusal) -> Counter? {
        switch refusal {
        case .addressDenied: .addressesDenied
        case .rateLimited: .requestsLimited
        case .lockedOut: .requestsLockedOut
        case .accessDenied: .accessDenied
        case .authenticationRequired: .requestsUnauthorized
        default: nil
        }
    }

    /// The trail itself bounds how many of these it keeps.
    private func note(_ what: AuditEvent.Action, _ actor: String, _ action: Action, _ caller: Caller) {
        parts.audit.note(AuditEvent(
            action: what, actor: actor, subject: parts.pseudonyms.name(of: AddressBlock(caller.address)),
            outcome: "refused", facts: [(name: "action", value: action.rawValue)]))
    }

    /// Limited routes tell of their quotas in every answer.
    private func quotas(_ surface: Surface, _ address: IPAddress) -> [ResponseField] {
        guard let limit = surface.limits else { return [] }
        return parts.limits.fields(limit, parts.state.addresses.name(AddressBlock(address)))
    }

    private static func retryAfter(_ wait: Interval) -> ResponseField {
        ResponseField(name: "Retry-After", value: [UInt8](text: "\(max(1, wait.inSecondsRoundedUp))"))
    }
}

extension Principal {
    /// As the audit trail calls the caller.
    var actor: String {
        switch kind {
        case .anonymous: "anonymous"
        case .agent: "agent:" + (agent?.text ?? "")
        case .orchestrator: "orchestrator"
        case .widget: "widget"
        case .demo: "demo"
        }
    }
}
