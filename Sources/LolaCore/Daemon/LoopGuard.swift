// The guard of one loop, put together from the settings and what all loops share.

final class LoopGuard {
    let gatekeeper: Gatekeeper
    let limits: LimitKeeper
    let lockouts: Lockouts

    init(
        _ loop: Loop, _ shared: SharedParts, store: any Store, pseudonyms: Pseudonyms, channels: Set<ChannelName>,
        hasConsole: Bool
    ) {
        let state = shared.guardState
        let log = DoorLog(shared.log, clock: loop.clock)
        loop.addBeforeSleep { log.flush() }
        let audit = PendingAudit(loop)
        limits = LimitKeeper(state.limits, loop: loop, store: store)
        lockouts = Lockouts(.init(
            loop: loop, book: state.lockouts, store: store, pseudonyms: pseudonyms, audit: audit,
            alerts: PendingAlerts(), log: log, watch: { _ in }))
        let authenticator = Authenticator(
            orchestrator: shared.settings.orchestratorToken, agents: nil, isDemo: shared.settings.demoMode)
        gatekeeper = Gatekeeper(.init(
            loop: loop, state: state, authenticator: authenticator, limits: limits, lockouts: lockouts,
            audit: audit, log: log, pseudonyms: pseudonyms, channels: channels, hasConsole: hasConsole))
    }

    /// What the guard of the process begins with.
    static func state(_ settings: Settings, secret: SecretBytes) throws(CryptoFault) -> GuardState {
        let own = settings.httpLimits
        return try GuardState(
            clients: ClientAddress(trusted: settings.server.trustedProxies),
            filters: AddressFilters(
                denylist: settings.ipFilters.denylist, adminAllowlist: settings.ipFilters.adminAllowlist),
            limits: HTTPLimits(
                http: LimitQuotas(perBlock: own.perIP, global: own.global),
                widget: LimitQuotas(perBlock: own.widgetPerIP, global: nil)),
            secret: secret)
    }
}

/// Until the audit trail stands: nothing is kept.
private final class PendingAudit: AuditLog {
    private let loop: Loop
    init(_ loop: Loop) { self.loop = loop }
    func append(_ event: AuditEvent, _ done: @escaping (Bool) -> Void) { loop.soon { done(true) } }
}

private final class PendingAlerts: AlertDesk {
    func raise(_ alert: Alert) {}
}
