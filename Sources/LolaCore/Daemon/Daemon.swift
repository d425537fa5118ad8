// The process: starts the loops one after the other, waits for signals on the main thread, drains and ends.
import Synchronization

enum Daemon {
    struct Ports: Sendable {
        let `public`: UInt16
        let management: UInt16
    }

    /// How a start went wrong, in words for an operator, and the exit code.
    struct Failure: Error, Sendable {
        let code: Int32
        let text: String
    }

    /// What a loop thread reports once it is up or could not come up.
    private final class StartBoard: Sendable {
        private let report = Mutex<Result<Ports, Failure>?>(nil)
        private let reported: EventFD

        init?() {
            guard let made = EventFD(blocking: true) else { return nil }
            reported = made
        }

        func post(_ result: Result<Ports, Failure>) {
            report.withLock { $0 = result }
            reported.wake()
        }

        func take() -> Result<Ports, Failure>? {
            reported.clear()
            return report.withLock { current in
                defer { current = nil }
                return current
            }
        }
    }

    /// Starts everything, calls `started` once the doors are open, and stays until the drain is over. Returns
    /// only when the start failed; a good end leaves the process with 0.
    static func run(
        _ settings: Settings, log: Log, console: ConsoleFactory?, started: (Ports) -> Void
    ) -> Failure {
        let loops = settings.server.loops ?? Process.processors
        let wakers = (0..<loops).compactMap { _ in EventFD() }
        guard wakers.count == loops, let board = StartBoard(), let auditWriter = EventFD(), let auditReader = EventFD()
        else { return Failure(code: 1, text: "the process has no file descriptor left") }
        let auditWakers = (writer: auditWriter, reader: auditReader)
        let directory = LoopDirectory(mailboxes: wakers.map { Mailbox(waker: $0) })
        let shared: SharedParts
        let opening: StoreOpening
        do throws(Failure) {
            try refuseTakenPort(settings.server.listen)
            try refuseTakenPort(settings.management.listen)
            opening = try StoreOpening.open(settings, log, loops: wakers)
            let audit = OpenAudit(
                trail: AuditTrail(loops: wakers, writer: auditWriter),
                shelf: AuditShelf(loop: wakers[0], reader: auditReader), memory: opening.audit)
            shared = try makeShared(
                settings, log, directory, trust(wakers), opening, audit, AlertBoard(loop: wakers[0]), console)
            for damage in opening.damages {
                shared.alerts.raise(Alert(kind: .journalDamaged, subject: "", text: damage))
            }
            if opening.hasLost { shared.alerts.raise(.storeHasLost) }
        } catch {
            return error
        }
        let running = RunningLoops(loops)
        let threads = opening.threads
        guard let audit = AuditThreads.start(
            shared.audit, data: settings.data.directory, writer: auditWakers.writer, reader: auditWakers.reader)
        else { return Failure(code: 1, text: "the process has no file descriptor left") }
        var ports = Ports(public: settings.server.listen.port, management: 0)
        for number in 0..<loops {
            let waker = wakers[number]
            let publicPort = ports.public
            LinuxThread.start(name: "lola-loop-\(number)") {
                runLoop(number, waker: waker, publicPort: publicPort, shared, board, running, threads, audit)
            }
            switch board.take() {
            case .success(let opened): if number == 0 { ports = opened }
            case .failure(let failure): return failure
            case nil: return Failure(code: 1, text: "a loop did not report its start")
            }
        }
        if settings.demoMode { log.write(.error, "demo_mode", at: LinuxClock().wall) }
        log.write(.info, "started", at: LinuxClock().wall, [
            ("version", BuildFacts.version), ("public", "\(ports.public)"), ("management", "\(ports.management)"),
            ("loops", "\(loops)"),
        ])
        started(ports)
        Process.releaseStartCode()
        // Not earlier: it would delay the doors.
        if settings.callsHTTPS { shared.trust.want() }
        // The lock of the data folder lives as long as this thread.
        withExtendedLifetime(opening) { waitForSignals(shared) }
    }

    private static func trust(_ wakers: [EventFD]) -> TrustDelivery {
        TrustDelivery(wakers: wakers) { delivery in
            LinuxThread.start(name: "lola-trust") { delivery.deliver(SystemTrust.read()) }
        }
    }

    private static func waitForSignals(_ shared: SharedParts) -> Never {
        while true {
            switch Signals.wait() {
            case .reload:
                shared.log.write(
                    .warn, "reload_ignored", at: LinuxClock().wall, [("hint", "restart to change settings")])
            case .terminate where shared.health.isDraining:
                // The second signal means now.
                shared.log.write(.warn, "stopped_at_once", at: LinuxClock().wall)
                Process.exit(0)
            case .terminate:
                shared.log.write(.info, "draining", at: LinuxClock().wall, [("waiting", "\(shared.backlog.count)")])
                shared.health.beginDrain()
                shared.directory.postAll(.drain)
            }
        }
    }

    private static func runLoop(
        _ number: Int, waker: EventFD, publicPort: UInt16, _ shared: SharedParts, _ board: StartBoard,
        _ running: RunningLoops, _ threads: StoreThreads?, _ audit: AuditThreads
    ) {
        guard let net = LinuxNet(waker: waker) else {
            return board.post(.failure(Failure(code: 1, text: "the process has no file descriptor left")))
        }
        do throws(StartFault) {
            let assembly = try LoopAssembly(
                number: number, clock: LinuxClock(), net: net, entropy: LinuxEntropy(), shared: shared)
            let ports = try assembly.listen(publicPort: publicPort, isFirst: number == 0)
            board.post(.success(Ports(public: ports.public, management: ports.management)))
            assembly.run()
        } catch {
            return board.post(.failure(describe(error)))
        }
        if running.ended() {
            audit.end()
            threads?.end()
            shared.log.write(.info, "stopped", at: LinuxClock().wall, [("waiting", "\(shared.backlog.count)")])
            Process.exit(shared.health.exitCode)
        }
    }

    private static func makeShared(
        _ settings: Settings, _ log: Log, _ directory: LoopDirectory, _ trust: TrustDelivery,
        _ opening: StoreOpening, _ audit: OpenAudit, _ alerts: AlertBoard, _ console: ConsoleFactory?
    ) throws(Failure) -> SharedParts {
        do throws(CryptoFault) {
            let pages = opening.crashPages
            let guardState = try LoopGuard.state(settings, secret: opening.pseudonymKey)
            guardState.restore(opening.memory, at: LinuxClock().now, LinuxClock().wall)
            return SharedParts(
                settings: settings, log: log, health: Health(loopCount: directory.mailboxes.count),
                store: opening.store, messages: MessageLog(), backlog: Backlog(), doubts: DoubtCount(),
                counters: directory.mailboxes.map { _ in Counters() }, directory: directory,
                trust: trust, ticketKey: SecretBytes(SystemRandom.bytes(TLSContext.ticketKeyCount)),
                jwks: try KeySet.jwks(settings.session), started: LinuxClock().now, pseudonymKey: opening.pseudonymKey,
                audit: audit, alerts: alerts, anomalies: AnomalyCounters(), descriptorsMax: Process.descriptorsMax,
                crashPage: { pages?.page($0) }, console: console, guardState: guardState,
                agents: AgentMemory(settings), mcp: MCPSessions(directory))
        } catch {
            throw Failure(code: 78, text: "LOLA_JWT_PRIVATE_KEY: not a usable P-256 key (\(error))")
        }
    }

    /// SO_REUSEPORT would let a second gateway share the port in silence; this asks first.
    private static func refuseTakenPort(_ address: SocketAddressText) throws(Failure) {
        guard address.port != 0, let ip = IPAddress(text: address.host.utf8) else { return }
        if LinuxNet.isTaken(Endpoint(address: ip, port: address.port)) {
            throw Failure(code: 1, text: "cannot listen on \(address.host):\(address.port): address in use")
        }
    }

    private static func describe(_ fault: StartFault) -> Failure {
        switch fault {
        case .listen(let address, let fault):
            Failure(code: 1, text: "cannot listen on \(address.host):\(address.port): \(fault.rawValue)")
        case .tls(let fault): Failure(code: 78, text: "server.tls: \(fault)")
        case .key(let fault): Failure(code: 78, text: "LOLA_JWT_PRIVATE_KEY: \(fault)")
        }
    }
}

/// Counts the loops that still run, so that the last one ends the process.
final class RunningLoops: Sendable {
    private let count: Atomic<Int>

    init(_ loops: Int) { count = Atomic(loops) }

    /// True for the last loop.
    func ended() -> Bool { count.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 }
}
