// Puts one loop together on its own thread: world, server, client, channels, pipeline, flow, application. What
// is shared by all loops comes in as `SharedParts`; everything else is built here and never leaves the thread.

/// Values and thread-safe objects that all loops share.
struct SharedParts: Sendable {
    let settings: Settings
    let log: Log
    let health: Health
    let store: OpenStore
    let messages: MessageLog
    let backlog: Backlog
    let doubts: DoubtCount
    let counters: [Counters]
    let directory: LoopDirectory
    let trust: TrustDelivery
    let ticketKey: SecretBytes
    let jwks: [UInt8]
    let started: Instant
    /// Derived from the data key: names people in logs and claims.
    let pseudonymKey: SecretBytes
    /// How many descriptors the process may have open.
    let descriptorsMax: Int
    /// The page of a loop; nil where there is no folder for it.
    let crashPage: @Sendable (Int) -> (any CrashPage)?
    let console: ConsoleFactory?
}

/// Makes the console of a loop; only `lola dev` has one.
typealias ConsoleFactory = @Sendable (Loop, OutboundClient, SharedParts) -> any ConsoleApplication

/// Why a loop could not start.
enum StartFault: Error, Sendable {
    case listen(SocketAddressText, NetFault)
    case tls(TLSContextFault)
    case key(CryptoFault)
}

final class LoopAssembly {
    let loop: Loop
    let server: HTTPServer
    private let flow: MessageFlow
    private let doubts: Doubts
    /// The store's own view when it is a Redis: it has a life of its own.
    private let redis: RedisStore?
    private let index: IndexKeyKeeper?
    private var isReleasing = false
    private let inbox: Inbox
    private let shared: SharedParts
    private let mailbox: Mailbox<LoopMail>
    private var isDraining = false
    private var isQuiet = false
    private var drainDeadline = Instant.distantFuture

    /// `number` is the loop's place in the directory; loop 0 also serves the management listener.
    init(
        number: Int, clock: any Clock, net: any Net, entropy: any Entropy, shared: SharedParts
    ) throws(StartFault) {
        let settings = shared.settings
        self.shared = shared
        mailbox = shared.directory.mailboxes[number]
        loop = Loop(clock: clock, net: net, entropy: entropy, counters: shared.counters[number])
        server = HTTPServer(
            loop, headers: SecurityHeaders(isHTTPS: settings.server.publicURL.scheme == .https),
            tls: try Self.serverTLS(shared), connectionsMax: Self.connectionsMax(shared),
            bodiesMax: Self.bodiesMax(shared))
        let client = OutboundClient(loop, tls: nil, awaitsTLS: true) { IPAddress(text: $0) }
        let (bare, store) = try Self.store(of: number, loop, shared)
        redis = bare as? RedisStore
        index = try Self.indexKeyKeeper(loop, bare, shared)
        let doubts = Doubts(shared.doubts)
        self.doubts = doubts
        let pipeline = Pipeline(Registry.middlewares(settings, entropy: entropy), clock: clock)
        var channels: [ChannelName: any Channel] = [:]
        for channel in Registry.channels(settings, clock: clock) { channels[channel.name] = channel }
        let whatsapp = channels[.whatsapp] as? WhatsAppChannel
        let journal = FlowLog(shared.log, clock: clock)
        let signals = CountedSignals(loop.counters)
        let flow = MessageFlow(FlowParts(
            loop: loop, client: client, store: store, channels: channels, pipeline: pipeline,
            agents: try Self.agents(loop, client, shared), retry: RetrySchedule(delays: settings.agents.retry),
            log: shared.messages, backlog: shared.backlog, journal: journal, doubts: doubts,
            signals: signals, crashPage: shared.crashPage(number)))
        self.flow = flow
        let console = shared.console?(loop, client, shared)
        let pseudonyms = Pseudonyms(secret: shared.pseudonymKey)
        inbox = Inbox(
            loop, store: store, log: shared.messages, backlog: shared.backlog, pseudonyms: pseudonyms,
            journal: journal
        ) { flow.take($0) }
        let intake = Intake(
            loop, store: store, directory: shared.directory, number: number, log: shared.messages,
            backlog: shared.backlog, pseudonyms: pseudonyms, doubts: shared.doubts, signals: signals,
            onAccepted: console.map { $0.accepted }
        ) { [self] accepted in
            // What another loop accepted of the same conversation before us lies in the mailbox: it comes first.
            _ = readMail()
            flow.take(accepted)
        }
        let deadLetters = DeadLetterAPI(store: store, pseudonyms: pseudonyms, journal: journal) { accepted in
            shared.backlog.entered(accepted.lane)
            shared.messages.insert(MessageRecord(accepted))
            shared.directory.mailboxes[shared.directory.owner(of: accepted.lane)].post(.message(accepted))
        }
        let admin = AdminAPI(
            loop, log: shared.messages, pseudonyms: pseudonyms, pipeline: pipeline, client: client, store: store)
        server.serve(GatewayApplication(.init(
            server: server, door: WebhookDoor(loop, intake: intake, log: journal, pseudonyms: pseudonyms),
            channels: channels, whatsapp: whatsapp, admin: admin, deadLetters: deadLetters,
            health: shared.health, orchestratorToken: settings.orchestratorToken, jwks: shared.jwks,
            metrics: { Self.metrics(shared, clock.now) }, storeIsOpen: { Self.storeIsOpen(shared) },
            console: console)))
        let loop = loop
        loop.addSource { store.deliver(at: loop.wall) }
        loop.addBeforeSleep { journal.flush() }
        loop.addSource { [self] in readMail() }
        loop.addSource {
            guard !client.isTLSKnown, let outcome = shared.trust.take(loop: number) else { return false }
            client.useTLS(Self.clientTLS(outcome, shared.log, loop.wall))
            return true
        }
    }

    // MARK: Life

    /// Opens the doors; the ports matter when 0 was asked for.
    func listen(publicPort: UInt16, isFirst: Bool) throws(StartFault) -> (public: UInt16, management: UInt16) {
        let settings = shared.settings
        let publicPort = try open(settings.server.listen, port: publicPort, role: .public)
        var managementPort: UInt16 = 0
        if isFirst {
            let own = settings.management.listen
            managementPort = try open(own, port: own.port, role: .management)
        }
        if let redis {
            redis.onEvent = StoreWatch.redis(loop, shared.log, shared.health, index)
            redis.start()
        }
        if isFirst { StoreWatch(loop, shared.store, shared.log).start() }
        shared.health.loopIsReady()
        return (publicPort, managementPort)
    }

    /// Until the drain is over.
    func run() {
        while round() {}
        end()
    }

    /// One tick and what follows from it. False when the drain is over.
    func round() -> Bool {
        guard !isFinished else { return false }
        loop.tick(until: loop.clock.now + (isDraining ? Limits.drainTick : Limits.tickMax))
        if isDraining { watchDrain() }
        return !isFinished
    }

    /// Closes what is left and writes out what the last round collected.
    func end() {
        server.closeAll()
        loop.finishRound()
    }

    private var isFinished: Bool { isDraining && (shared.health.isQuiet || loop.now >= drainDeadline) }

    /// Takes what other loops have sent. False when there was nothing.
    private func readMail() -> Bool {
        let mail = mailbox.drain()
        for letter in mail { receive(letter) }
        return !mail.isEmpty
    }

    private func receive(_ letter: LoopMail) {
        switch letter {
        case .message(let accepted): flow.take(accepted)
        case .receipt(let reference, let isTaken): doubts.receipt(reference, isTaken: isTaken)
        case .drain:
            isDraining = true
            drainDeadline = loop.clock.now + Limits.drainMax
            server.drain()
            redis?.beginDrain()
        }
    }

    private func watchDrain() {
        guard !isQuiet, server.publicConnectionCount == 0, shared.backlog.busyCount == 0 else { return }
        guard let redis else { return becomeQuiet() }
        // What rests is on record: others take it up at once when the lanes are free.
        if isReleasing { return }
        isReleasing = true
        redis.releaseAll { [self] in becomeQuiet() }
    }

    private func becomeQuiet() {
        isQuiet = true
        shared.health.loopIsQuiet()
    }

    private func open(_ address: SocketAddressText, port: UInt16, role: ListenerRole) throws(StartFault) -> UInt16 {
        guard let ip = IPAddress(text: address.host.utf8) else { throw .listen(address, .other) }
        do throws(NetFault) {
            return try server.listen(Endpoint(address: ip, port: port), role: role)
        } catch {
            throw .listen(address, error)
        }
    }

    // MARK: Parts

    /// The loop's view of the store, bare and with its seals.
    private static func store(
        of number: Int, _ loop: Loop, _ shared: SharedParts
    ) throws(StartFault) -> (bare: any Store, sealed: any Store) {
        let bare: any Store
        do throws(TLSContextFault) { bare = try shared.store.view(of: number, loop) } catch { throw .tls(error) }
        do throws(CryptoFault) {
            let keys = try SealKeys(shared.settings.data.keys, entropy: loop.entropy)
            return (bare, SealedStore(bare, keys: keys) { _ in loop.counters.add(.storeUnopened) })
        } catch {
            throw .key(error)
        }
    }

    private static func connectionsMax(_ shared: SharedParts) -> Int {
        let all = shared.descriptorsMax
        return max(16, (all - min(Limits.descriptorReserve, all / 4)) / shared.directory.mailboxes.count)
    }

    private static func bodiesMax(_ shared: SharedParts) -> ByteCount {
        let share = ByteCount(bytes: Limits.bodiesHeldMax.bytes / shared.directory.mailboxes.count)
        return max(share, Limits.bodyWhatsAppMax)
    }

    private static func serverTLS(_ shared: SharedParts) throws(StartFault) -> TLSContext? {
        guard let files = shared.settings.server.tls else { return nil }
        do throws(TLSContextFault) {
            return try TLSContext(
                certificateFile: files.certificateFile, keyFile: files.keyFile, ticketKey: shared.ticketKey)
        } catch {
            throw .tls(error)
        }
    }

    /// Nil when there can be none: https calls fail from now on, and the log says why.
    private static func clientTLS(_ outcome: TrustOutcome, _ log: Log, _ now: WallTime) -> TLSContext? {
        do throws(TLSContextFault) {
            return try TLSContext(client: try outcome.get())
        } catch {
            log.write(.error, "https_unavailable", at: now, [("reason", error.rawValue)])
            return nil
        }
    }

    private static func agents(
        _ loop: Loop, _ client: OutboundClient, _ shared: SharedParts
    ) throws(StartFault) -> AgentRoster {
        let settings = shared.settings
        var http: [AgentName: HTTPAgent] = [:]
        do throws(CryptoFault) {
            for name in AgentName.allCases {
                guard let url = settings.agents.urls[name] else { continue }
                http[name] = HTTPAgent(
                    name: name, url: HTTPURL(url), timeout: settings.agents.timeout,
                    key: try ES256PrivateKey(pem: settings.session.jwtPrivateKey),
                    issuer: [UInt8](text: settings.server.publicURL.text), entropy: loop.entropy)
            }
        } catch {
            throw .key(error)
        }
        let share = max(1, Limits.agentInFlightMax / shared.directory.mailboxes.count)
        return AgentRoster(loop, client: client, http: http, scripted: ScriptedAgents(), inFlightMax: share)
    }

    /// Who finds another key than its own cannot go on: its next start takes the one that counts.
    private static func indexKeyKeeper(
        _ loop: Loop, _ bare: any Store, _ shared: SharedParts
    ) throws(StartFault) -> IndexKeyKeeper? {
        guard case .redis(_, _, let secret) = shared.store else { return nil }
        let keys: SealKeys
        do throws(CryptoFault) { keys = try SealKeys(shared.settings.data.keys, entropy: loop.entropy) } catch {
            throw .key(error)
        }
        return IndexKeyKeeper(loop, bare, keys: keys, secret: secret) {
            guard shared.health.beginFailing() else { return }
            shared.log.write(.error, "index_key_replaced", at: loop.wall)
            shared.directory.postAll(.drain)
        }
    }

    private static func storeIsOpen(_ shared: SharedParts) -> Bool {
        shared.health.isStoreReached && (shared.store.status?.isOpen ?? true)
    }

    private static func metrics(_ shared: SharedParts, _ now: Instant) -> [UInt8] {
        MetricsPage(
            counters: shared.counters, store: shared.store.status, storeIsOpen: storeIsOpen(shared),
            backlog: shared.backlog.count, logLinesDropped: shared.log.dropped,
            uptime: now - shared.started, isDraining: shared.health.isDraining
        ).render()
    }
}
