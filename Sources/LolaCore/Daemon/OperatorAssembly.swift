// What stands behind `/admin/api/` for agents, tokens, people's wishes, credentials and erasures, put together for one
// loop; and what keeps the memory of agents and tokens true for the process.

/// Agents and their tokens in memory, for all loops.
struct AgentMemory: Sendable {
    let tokens = AgentTokens()
    let accounts: AgentAccounts

    init(_ settings: Settings) {
        let own = settings.agentLimits
        var defaults = AgentLimits()
        defaults[.perMinute] = own.actionsPerMinute
        defaults[.perHour] = own.actionsPerHour
        defaults[.perDay] = own.actionsPerDay
        defaults[.callsPerDaySameNumber] = own.callsPerDaySameNumber
        defaults[.spendPerDay] = own.spendPerDay.cents
        defaults[.spendPerMonth] = own.spendPerMonth.cents
        accounts = AgentAccounts(defaults: defaults)
    }

    /// Everything is read: whoever shows a token can be told from others.
    var isReady: Bool { tokens.isReady && accounts.mirror.isLoaded }
}

/// The desks behind the operators' routes and the tools of agents, of one loop.
struct OperatorDesks {
    let agents: AgentDesk
    let credentials: CredentialDesk
    let consents: ConsentBook
    let suppressions: SuppressionList
}

struct OperatorAssembly {
    private let api: OperatorAPI
    let desks: OperatorDesks
    private let keeper: MirrorKeeper
    private let uses: TokenUseKeeper

    /// - Parameter store: with its seals.
    init(
        _ loop: Loop, _ shared: SharedParts, store: any Store, pseudonyms: Pseudonyms, audit: any AuditLog
    ) throws(CryptoFault) {
        let settings = shared.settings
        let names = PersonNames(secret: shared.pseudonymKey)
        let desk = AgentDesk(
            loop, store: store, audit: audit, tokens: shared.agents.tokens, accounts: shared.agents.accounts)
        let suppressions = SuppressionList(loop, store: store, audit: audit, names: names)
        let consents = ConsentBook(loop, store: store, audit: audit, names: names)
        let keys = settings.credentialsKeys.isEmpty
            ? nil : try CredentialKeys(settings.credentialsKeys, entropy: loop.entropy)
        let credentials = CredentialDesk(loop, store: store, audit: audit, keys: keys)
        let (directory, opened) = (shared.directory, shared.store)
        let erasure = ErasureParts(
            loop: loop, store: store, pseudonyms: pseudonyms, names: names, suppressions: suppressions,
            consents: consents, audit: audit, log: shared.messages, own: Registry.ownIDs(settings),
            operations: settings.widgets.operations,
            onErased: {
                directory.postAll(.entriesWithdrawn)
                opened.requestCompaction()
            })
        desks = OperatorDesks(agents: desk, credentials: credentials, consents: consents, suppressions: suppressions)
        api = OperatorAPI(
            tokens: TokenAPI(desk), agents: AgentAPI(loop, desk),
            suppressions: SuppressionAPI(suppressions, store: store),
            consents: ConsentAPI(consents, store: store), credentials: CredentialAPI(credentials, store: store),
            erasures: ErasureAPI(erasure))
        keeper = MirrorKeeper(
            loop, store, mirrors: [shared.agents.tokens.mirror, shared.agents.accounts.mirror],
            watched: [Erasure.mark], onChange: { _ in directory.postAll(.entriesWithdrawn) })
        uses = TokenUseKeeper(loop, store, shared.agents.tokens)
        store.submit(.get(Erasure.mark)) { answer in
            // The process may have ended between an erasure and the compaction that it wanted.
            if case .value(.some) = answer { opened.requestCompaction() }
        }
    }

    /// What operators ask, which tells them what agents have used of their limits too.
    func api(_ outbound: OutboundAssembly) -> OperatorAPI {
        api.tellUsage(of: outbound.gate)
        return api
    }

    /// On one loop of the process.
    func keep() {
        keeper.start()
        uses.start()
    }
}
