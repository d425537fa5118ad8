// Tickets, sessions and callbacks of one loop, put together from the settings. Built by LoopAssembly, on the loop's
// thread.

struct TicketAssembly {
    let book: TicketBook
    let api: TicketAPI
    let widgets: WidgetDoor
    let callbacks: CallbackDoor

    /// What the loop has and tickets need.
    struct Surroundings {
        let store: any Store
        let pseudonyms: Pseudonyms
        let backlog: Backlog
        let audit: (any AuditLog)?
        let alerts: (any AlertDesk)?
        let sessions: SessionMemory
        /// Takes a message that is in the queue to its owner.
        let handOver: (AcceptedMessage) -> Void
        /// Told of an address that guesses; goes on when that is kept.
        let onGuess: (IPAddress, @escaping () -> Void) -> Void
    }

    init(_ loop: Loop, _ settings: Settings, _ around: Surroundings) throws(CryptoFault) {
        let base = [UInt8](text: settings.server.publicURL.text)
        let pseudonyms = around.pseudonyms
        book = TicketBook(
            loop, store: around.store, life: settings.callback.ttl, base: base, audit: around.audit,
            hash: { pseudonyms.id($0) },
            handOver: { verified in
                let names = pseudonyms.names(verified.message)
                around.handOver(AcceptedMessage(verified: verified, names: names, mayBeRepeated: false))
            })
        let callbackTokens = try CallbackTokens(
            encryption: Self.ring(settings.callback.encryptionKeys), signing: Self.ring(settings.callback.signingKeys),
            entropy: loop.entropy)
        let use = CallbackKeyUse(store: around.store, makers: callbackTokens.makerIDs, alerts: around.alerts)
        let sessions = WidgetSessions(
            try Self.sessionTokens(settings, base, loop.entropy, around.sessions), callbackTokens, use: use, base: base)
        let own = settings.widgets.urls
        let origins = Self.origins(settings)
        var ownWidgets: [[UInt8]: [UInt8]] = [:]
        for widget in own { ownWidgets[[UInt8](text: widget.operation)] = [UInt8](text: widget.url.text) }
        api = TicketAPI(
            book, sessions, ownIDs: Registry.ownIDs(settings), operations: settings.widgets.operations,
            pseudonym: { pseudonyms.name($0) })
        let pages = WidgetPages(
            vaultKey: settings.widgets.vaultKey, themeURL: settings.session.themeURL.map { $0.text })
        widgets = WidgetDoor(
            book, sessions, origins: origins, pages: pages, ownWidgets: ownWidgets, onGuess: around.onGuess)
        let backlog = around.backlog
        callbacks = CallbackDoor(
            book, sessions, origins: origins, hasRoom: { !backlog.isFull($0) }, onGuess: around.onGuess)
    }

    /// Pages of the bank's own widgets.
    static func origins(_ settings: Settings) -> WidgetOrigins {
        WidgetOrigins(allowed: settings.widgets.urls.map { [UInt8](text: $0.url.origin) })
    }

    private static func ring(_ entries: [KeyringEntry]) -> [SealedTokens.Key] {
        entries.map { SealedTokens.Key(id: $0.id, secret: $0.secret) }
    }

    private static func sessionTokens(
        _ settings: Settings, _ base: [UInt8], _ entropy: any Entropy, _ memory: SessionMemory
    ) throws(CryptoFault) -> SessionTokens {
        let own = settings.session
        var previous: [ES256PublicKey] = []
        for pem in own.jwtPreviousKeys {
            guard let key = KeySet.publicKey(pem) else { throw .keyMalformed }
            previous.append(key)
        }
        let terms = SessionTokens.Terms(
            issuer: base, life: own.ttl, cipServicesURL: own.cipServicesURL.map { [UInt8](text: $0.text) },
            themeURL: own.themeURL.map { [UInt8](text: $0.text) })
        return SessionTokens(
            terms, key: try ES256PrivateKey(pem: own.jwtPrivateKey), previous: previous, entropy: entropy,
            memory: memory)
    }
}
