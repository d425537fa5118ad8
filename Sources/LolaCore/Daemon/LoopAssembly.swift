// Puts one loop together on its own thread: world, server, client, channels, pipeline, flow, application. What
// is shared by all loops comes in as `SharedParts`; everything else is built here and never leaves the thread.

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
    /// What became ours, in the order in which it did, whichever loop accepted it.
    private let arrivals: WorkBatch<MessageFlow.Arrival>
    private let doubts: Doubts
    /// The store's own view when it is a Redis: it has a life of its own.
    private let redis: RedisStore?
    private let index: IndexKeyKeeper?
    private var isReleasing = false
    private let inbox: Inbox
    private let operators: OperatorAssembly
    private let door: LoopGuard
    private let mcp: MCPAssembly
    private let watch: LoopWatch
    private let shared: SharedParts
    private let mailbox: Mailbox<LoopMail>
    private var isDraining = false
    private var isQuiet = false
    private var isWriting = false
    private var isWritten = false
    private var drainDeadline = Instant.distantFuture

    /// `number` is the loop's place in the directory; loop 0 also serves the management listener.
    init(number: Int, clock: any Clock, net: any Net, entropy: any Entropy, shared: SharedParts) throws(StartFault) {
        let settings = shared.settings
        (self.shared, mailbox) = (shared, shared.directory.mailboxes[number])
        loop = Loop(clock: clock, net: net, entropy: entropy, counters: shared.counters[number])
        server = try Self.server(loop, shared)
        let client = OutboundClient(loop, tls: nil, awaitsTLS: { shared.trust.want() }) { IPAddress(text: $0) }
        client.circuits = shared.circuits
        let (bare, store) = try Self.store(of: number, loop, shared)
        redis = bare as? RedisStore
        index = try Self.indexKeyKeeper(loop, redis, shared)
        doubts = Doubts(shared.doubts)
        let pipeline = Pipeline(Registry.middlewares(settings, entropy: entropy), clock: clock)
        let channels = Self.channels(settings, clock)
        let journal = FlowLog(shared.log, clock: clock)
        let pseudonyms = Pseudonyms(secret: shared.pseudonymKey)
        let watch = try Self.watch(number, loop, shared, bare, store, client, pseudonyms)
        let door = LoopGuard(
            loop, shared, store: store, pseudonyms: pseudonyms, audit: watch.audit, channels: Set(channels.keys),
            hasConsole: shared.console != nil)
        (self.door, self.watch) = (door, watch)
        operators = try Self.operators(loop, shared, store, pseudonyms, watch.audit)
        var toldConsole: ((VerifiedMessage) -> Void)?  // The console is made later, and shows what this holds.
        let requeue = Self.requeue(shared)
        let tickets = try Self.tickets(loop, settings, .init(
            store: store, pseudonyms: pseudonyms, backlog: shared.backlog, audit: watch.audit,
            alerts: shared.alerts, sessions: shared.sessions,
            handOver: { accepted in
                toldConsole?(accepted.verified)
                requeue(accepted)
            }, onGuess: { door.lockouts.failed($0, $1) }))
        let opt = OptDesk(operators.desks.suppressions, loop.counters)
        let outbound = OutboundAssembly(
            loop, shared, store: store, client: client, pseudonyms: pseudonyms, audit: watch.audit, channels: channels,
            signals: opt)
        let flow = MessageFlow(FlowParts(
            loop: loop, client: client, store: store, channels: channels, pipeline: pipeline,
            agents: try Self.agents(loop, client, shared), tickets: tickets.book,
            retry: RetrySchedule(delays: settings.agents.retry), log: shared.messages, backlog: shared.backlog,
            journal: journal, doubts: doubts, signals: opt, opt: opt, crashPage: shared.crashPage(number),
            audit: watch.audit, post: outbound.post))
        (self.flow, arrivals) = (flow, WorkBatch(loop) { flow.take($0) })
        let console = shared.console?(loop, client, tickets.book, shared)
        toldConsole = console.map { $0.accepted }
        inbox = Inbox(
            loop, store: store, log: shared.messages, backlog: shared.backlog, pseudonyms: pseudonyms, journal: journal
        ) { flow.take($0) }
        mcp = MCPAssembly(
            number, shared, server, client, watch.audit, operators.desks, tickets.api, outbound, door)
        let intake = Intake(
            loop, store: store, directory: shared.directory, number: number, log: shared.messages,
            backlog: shared.backlog, pseudonyms: pseudonyms, doubts: shared.doubts, signals: opt,
            onAccepted: console.map { $0.accepted }, onReceipt: outbound.receipt
        ) { [self] accepted in
            // What another loop accepted of the same conversation before us lies in the mailbox: it comes first.
            _ = readMail()
            arrivals.add(.message(accepted))
        }
        let deadLetters = DeadLetterAPI(store: store, pseudonyms: pseudonyms, audit: watch.audit, requeue: requeue)
        let admin = AdminAPI(
            loop, log: shared.messages, pseudonyms: pseudonyms, pipeline: pipeline, client: client, store: store)
        let webhooks = WebhookDoor(
            loop, intake: intake, log: journal, pseudonyms: pseudonyms, audit: watch.audit,
            anomalies: shared.anomalies)
        serve([
            WebhookArea(webhooks, channels: channels), admin, deadLetters, TicketArea(tickets),
            LockoutAPI(store: store, lockouts: door.lockouts, clock: clock), watch.auditAPI, watch.alertAPI,
            Self.page(server, shared, watch), operators.api(outbound), outbound.area, mcp.door, mcp.tools, mcp.openAPI,
        ] + (console.map { [ConsoleArea($0)] } ?? []), channels)
        attach(store, journal, client, number: number)
    }

    private static func server(_ loop: Loop, _ shared: SharedParts) throws(StartFault) -> HTTPServer {
        let settings = shared.settings
        return HTTPServer(
            loop,
            headers: SecurityHeaders(
                isHTTPS: settings.server.publicURL.scheme == .https, isDemo: settings.demoMode,
                themeOrigin: settings.session.themeURL?.origin),
            tls: try serverTLS(shared), connectionsMax: connectionsMax(shared), bodiesMax: bodiesMax(shared))
    }

    private static func page(_ server: HTTPServer, _ shared: SharedParts, _ watch: LoopWatch) -> AdminPageArea {
        let report = HealthReport(shared, clock: server.loop.clock)
        let events = AdminEvents(server: server, log: shared.messages) { report.figures }
        watch.tell(events)
        return AdminPageArea(events) { report.render() }
    }

    /// Puts the handlers behind the gatekeeper.
    private func serve(_ handlers: [any ActionHandler], _ channels: [ChannelName: any Channel]) {
        let (shared, clock) = (shared, loop.clock)
        let open = OpenArea(
            health: shared.health, jwks: shared.jwks, metrics: { Self.metrics(shared, clock.now) },
            storeIsOpen: { Self.storeIsOpen(shared) && shared.agents.isReady })
        server.serve(GatewayApplication(
            server: server, gatekeeper: door.gatekeeper, handlers: [open] + handlers
        ) { pass in
            if pass.route.surface == .widget { return Limits.callbackBodyMax }
            return pass.route.channel.flatMap { channels[$0]?.bodyMax } ?? Limits.bodyAPIMax
        })
    }

    /// What the loop asks in every round.
    private func attach(_ store: any Store, _ journal: FlowLog, _ client: OutboundClient, number: Int) {
        let (loop, shared) = (loop, shared)
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
            redis.onEvent = StoreWatch.redis(loop, shared.log, shared.health, index, alerts: shared.alerts)
            redis.start()
            if isFirst { door.lockouts.follow() }
        }
        if isFirst {
            StoreWatch(loop, shared.store, shared.log).start()
            operators.keep()
        }
        watch.start()
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

    /// A message that rested may have begun again while the last loop became quiet: it is seen to its end.
    private var isFinished: Bool {
        isDraining && (shared.health.isQuiet && shared.backlog.busyCount == 0 || loop.now >= drainDeadline)
    }

    /// Takes what other loops have sent. False when there was nothing.
    private func readMail() -> Bool {
        let mail = mailbox.drain()
        for letter in mail { receive(letter) }
        return !mail.isEmpty
    }

    private func receive(_ letter: LoopMail) {
        switch letter {
        case .message(let accepted): arrivals.add(.message(accepted))
        case .entriesWithdrawn: arrivals.add(.withdrawal)
        case .streamed(let octets, let stream): mcp.streams.take(octets, for: stream)
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
        guard isWritten else { return writeLast() }
        // The trail ends with the last loop that may still write to it.
        if isReleasing || watch.isFirst && !shared.health.areOthersQuiet { return }
        isReleasing = true
        watch.finish { [self] in
            guard let redis else { return becomeQuiet() }
            // What rests is on record: others take it up at once when the lanes are free.
            redis.releaseAll { [self] in becomeQuiet() }
        }
    }

    /// What the guard has counted and not written yet.
    private func writeLast() {
        if isWriting { return }
        isWriting = true
        door.limits.flush { [self] in isWritten = true }
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

    private static func operators(
        _ loop: Loop, _ shared: SharedParts, _ store: any Store, _ pseudonyms: Pseudonyms,
        _ audit: any AuditLog
    ) throws(StartFault) -> OperatorAssembly {
        do throws(CryptoFault) {
            return try OperatorAssembly(
                loop, shared, store: store, pseudonyms: pseudonyms, audit: audit)
        } catch {
            throw .key(error)
        }
    }

    private static func channels(_ settings: Settings, _ clock: any Clock) -> [ChannelName: any Channel] {
        var channels: [ChannelName: any Channel] = [:]
        for channel in Registry.channels(settings, clock: clock) { channels[channel.name] = channel }
        return channels
    }

    private static func tickets(
        _ loop: Loop, _ settings: Settings, _ around: TicketAssembly.Surroundings
    ) throws(StartFault) -> TicketAssembly {
        do throws(CryptoFault) { return try TicketAssembly(loop, settings, around) } catch { throw .key(error) }
    }

    /// Takes a message that is in the queue to the loop that owns it.
    private static func requeue(_ shared: SharedParts) -> (AcceptedMessage) -> Void {
        { accepted in
            shared.backlog.entered(accepted.lane)
            shared.messages.insert(MessageRecord(accepted))
            shared.directory.mailboxes[shared.directory.owner(of: accepted.lane)].post(.message(accepted))
        }
    }

    private static func watch(
        _ number: Int, _ loop: Loop, _ shared: SharedParts, _ bare: any Store, _ store: any Store,
        _ client: OutboundClient, _ pseudonyms: Pseudonyms
    ) throws(StartFault) -> LoopWatch {
        do throws(CryptoFault) {
            return try LoopWatch(
                number: number, loop, shared, bare: bare, store: store, client: client, pseudonyms: pseudonyms)
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
                    issuer: [UInt8](text: settings.server.publicURL.text), entropy: loop.entropy,
                    operations: settings.widgets.operations)
            }
        } catch {
            throw .key(error)
        }
        let share = max(1, Limits.agentInFlightMax / shared.directory.mailboxes.count)
        let scripted = ScriptedAgents(offersLinks: settings.mode == .dev)
        return AgentRoster(loop, client: client, http: http, scripted: scripted, inFlightMax: share)
    }

    /// Who finds another key than its own cannot go on: its next start takes the one that counts.
    private static func indexKeyKeeper(
        _ loop: Loop, _ redis: RedisStore?, _ shared: SharedParts
    ) throws(StartFault) -> IndexKeyKeeper? {
        guard let redis, case .redis(_, _, let secret) = shared.store else { return nil }
        let keys: SealKeys
        do throws(CryptoFault) { keys = try SealKeys(shared.settings.data.keys, entropy: loop.entropy) } catch {
            throw .key(error)
        }
        return IndexKeyKeeper(loop, redis, keys: keys, secret: secret) {
            guard shared.health.beginFailing() else { return }
            shared.log.write(.error, "index_key_replaced", at: loop.wall)
            shared.directory.postAll(.drain)
        }
    }

    static func storeIsOpen(_ shared: SharedParts) -> Bool {
        shared.health.isStoreReached && (shared.store.status?.isOpen ?? true)
    }

    private static func metrics(_ shared: SharedParts, _ now: Instant) -> [UInt8] {
        MetricsPage(
            counters: shared.counters, store: shared.store.status, storeIsOpen: storeIsOpen(shared),
            backlog: shared.backlog.count, logLinesDropped: shared.log.dropped,
            uptime: now - shared.started, isDraining: shared.health.isDraining, audit: shared.audit.trail.status,
            alerts: shared.alerts.totals
        ).render()
    }
}
