// Redis at start: whether it keeps what it acknowledges, and the index key in it. Runs a loop of its own on the main
// thread before the loops of the process start.

struct RedisOpening {
    private let settings: Settings
    private let log: Log
    private let url: RedisURL
    private let loops: Int

    init(_ settings: Settings, _ log: Log, _ url: RedisURL, loops: Int) {
        self.settings = settings
        self.log = log
        self.url = url
        self.loops = loops
    }

    func open() throws(Daemon.Failure) -> StoreOpening {
        let address = url.address
        guard let waker = EventFD(), let net = LinuxNet(waker: waker) else {
            throw Daemon.Failure(code: 1, text: "the process has no file descriptor left")
        }
        let loop = Loop(clock: LinuxClock(), net: net, entropy: LinuxEntropy(), counters: Counters())
        let (trust, context) = try secured()
        try check(loop, address, context)
        let store = RedisStore(loop, address: address, tls: context, takesLanes: false)
        store.start()
        defer { store.close() }
        let keys = try StoreOpening.crypto { () throws(CryptoFault) in
            try SealKeys(settings.data.keys, entropy: LinuxEntropy())
        }
        let index = try StoreOpening.indexKey(keys, settings) { Self.ask(store, $0) }
        let pseudonymKey = try StoreOpening.crypto { () throws(CryptoFault) in try index.pseudonymKey() }
        // Without a folder nobody is blamed, and nothing that must be audited is done.
        let hasFolder = Files.makeDirectories(settings.data.directory)
        let pages = hasFolder
            ? CrashBlame.read(settings.data.directory, slots: loops, log) { Self.ask(store, $0) } : nil
        let memory = try StoreOpening.memory(keys, settings) { Self.ask(store, $0) }
        let gateway = GatewayID.find(settings.data.directory)
        let audit = try StoreOpening.audit(settings, index, gateway: gateway) { Self.ask(store, $0) }
        return StoreOpening(
            store: .redis(address, trust, index: index.secret), pseudonymKey: pseudonymKey,
            memory: memory, audit: audit, damages: [], crashPages: pages, folder: nil, threads: nil)
    }

    /// Nothing when the address does not ask for TLS.
    private func secured() throws(Daemon.Failure) -> (TLSTrust?, TLSContext?) {
        guard url.tls else { return (nil, nil) }
        do throws(TLSContextFault) {
            let trust = try TLSTrust()
            return (trust, try TLSContext(client: trust))
        } catch {
            throw Daemon.Failure(code: 78, text: "REDIS_URL: TLS needs certificate authorities (\(error.rawValue))")
        }
    }

    /// 78 for what an operator must change, 74 for a server that is not there (CONTRACT §2).
    private func check(_ loop: Loop, _ address: RedisAddress, _ context: TLSContext?) throws(Daemon.Failure) {
        let outcome = RedisStartCheck.run(
            loop, address: address, tls: context, acceptsLoss: settings.store.acceptLoss)
        switch outcome {
        case .passed(let warnings):
            for warning in warnings {
                log.write(.warn, "redis_may_lose", at: LinuxClock().wall, [("reason", warning)])
            }
        case .refused(let reason): throw Daemon.Failure(code: 78, text: "REDIS_URL: \(reason)")
        case .unreachable(.notAllowed):
            throw Daemon.Failure(code: 78, text: "REDIS_URL: the server does not let us in: check user and password")
        case .unreachable(let fault):
            throw Daemon.Failure(
                code: 74, text: "REDIS_URL: \(url.host):\(url.port) cannot be used now (\(fault.rawValue))")
        }
    }

    /// The answer; `unavailable` when there is none in the time a store may take.
    private static func ask(_ store: RedisStore, _ operation: StoreOperation) -> StoreAnswer {
        let loop = store.loop
        let deadline = loop.clock.now + Limits.storeOpenTimeout
        while !store.isOpen, loop.clock.now < deadline { loop.tick(until: loop.clock.now + .milliseconds(50)) }
        var answer: StoreAnswer?
        store.submit(operation) { answer = $0 }
        while answer == nil, loop.clock.now < deadline {
            _ = store.deliver(at: loop.wall)
            if answer == nil { loop.tick(until: loop.clock.now + .milliseconds(50)) }
        }
        return answer ?? .unavailable
    }
}
