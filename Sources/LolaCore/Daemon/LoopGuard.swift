// The guard of one loop, put together from the settings and what all loops share.

final class LoopGuard {
    let gatekeeper: Gatekeeper
    let limits: LimitKeeper
    let lockouts: Lockouts
    let authenticator: Authenticator

    init(
        _ loop: Loop, _ shared: SharedParts, store: any Store, pseudonyms: Pseudonyms, audit: any AuditLog,
        channels: Set<ChannelName>, hasConsole: Bool
    ) {
        let state = shared.guardState
        let log = DoorLog(shared.log, clock: loop.clock)
        loop.addBeforeSleep { log.flush() }
        limits = LimitKeeper(state.limits, loop: loop, store: store)
        lockouts = Lockouts(.init(
            loop: loop, book: state.lockouts, store: store, pseudonyms: pseudonyms, audit: audit,
            alerts: shared.alerts, log: log, watch: { shared.anomalies.failedAuthentication($0) }))
        authenticator = Authenticator(
            orchestrator: shared.settings.orchestratorToken, agents: shared.agents.tokens,
            isDemo: shared.settings.demoMode)
        let origins = TicketAssembly.origins(shared.settings)
        gatekeeper = Gatekeeper(.init(
            loop: loop, state: state, authenticator: authenticator, limits: limits, lockouts: lockouts,
            audit: audit, log: log, pseudonyms: pseudonyms, channels: channels, hasConsole: hasConsole,
            isSwitchedOff: { shared.agents.accounts.isSwitchedOff($0) }, leave: { origins.leave($0) }))
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
