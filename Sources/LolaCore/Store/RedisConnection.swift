// One connection to Redis: dialling, TLS, greeting, then commands whose answers come in order. Tries again by itself
// with back-off and jitter; while it is away every command fails at once. Lives on its loop; owned by RedisStore.

final class RedisConnection: LoopEntity {
    typealias Completion = (Result<RESPValue, RedisFault>) -> Void

    private enum Phase { case stopped, waiting, dialling, greeting, open }

    private struct Pending {
        let deadline: Instant
        let completion: Completion
    }

    /// The server let us in. The owner sends what it needs first and calls `confirm`.
    var onGreeted: () -> Void = {}
    /// The connection is gone; all commands under way have failed.
    var onAway: (RedisFault) -> Void = { _ in }
    /// Takes replies that belong to no command; false for all others.
    var takesUnasked: (RESPValue) -> Bool = { if case .push = $0 { true } else { false } }

    private let loop: Loop
    private let address: RedisAddress
    private let tls: TLSContext?
    private let answerTimeout: Interval
    private var phase = Phase.stopped
    private var handle: Handle?
    private var transport: Transport?
    private var endpoints: [Endpoint] = []
    private var parser = RESPParser()
    private var unread: [UInt8] = []
    private var pending = FIFO<Pending>()
    private var greetingDeadline = Instant.distantFuture
    /// Counts dials, so that what belongs to an earlier one is dropped.
    private var attempt = 0
    private var failures = 0
    private var isTimed = false
    private var willFlush = false

    init(_ loop: Loop, address: RedisAddress, tls: TLSContext?, answerTimeout: Interval) {
        precondition(!address.isTLS || tls != nil, "TLS without a context")
        self.loop = loop
        self.address = address
        self.tls = tls
        self.answerTimeout = answerTimeout
    }

    var isOpen: Bool { phase == .open }

    // MARK: Life

    func start() {
        guard phase == .stopped else { return }
        dial()
    }

    /// Closes for good.
    func stop() {
        close(.closed)
        phase = .stopped
    }

    /// The owner is content with the greeting: the connection is open, and the next pause short again.
    func confirm() {
        guard phase == .greeting else { return }
        phase = .open
        failures = 0
    }

    private func dial() {
        attempt += 1
        let own = attempt
        phase = .dialling
        greetingDeadline = loop.now + Limits.redisGreetingTimeout
        watchDeadline()
        var host = address.host
        if host.first == 0x5B, host.last == 0x5D { host = Array(host.dropFirst().dropLast()) }
        loop.resolve(host, port: address.port) { [self] found in
            guard own == attempt, phase == .dialling else { return }
            endpoints = found.reversed()
            dialNext()
        }
    }

    private func dialNext() {
        while let endpoint = endpoints.popLast() {
            guard let socket = try? loop.net.connect(endpoint) else { continue }
            let engine = address.isTLS ? tls.map { TLSEngine(client: $0, serverName: address.host.text) } : nil
            transport = Transport(socket: socket, tls: engine)
            let handle = loop.insert { _ in self }
            self.handle = handle
            loop.net.watch(socket, .write, word: handle.word)
            return
        }
        end(.unreachable)
    }

    private func connected() {
        guard let transport else { return }
        if loop.net.connectFault(transport.socket) != nil {
            dropSocket()
            return dialNext()
        }
        phase = .greeting
        endpoints = []
        parser = RESPParser()
        unread = []
        loop.counters.add(.redisConnects)
        transport.pump()
        greet()
        settle()
    }

    /// Who we are and which database we mean; a proxy may not know names of clients.
    private func greet() {
        var steps: [(command: [[UInt8]], isNeeded: Bool)] = []
        if let password = address.password {
            let secret = password.withBytes { [UInt8](copying: $0) }
            let user = address.username.map { [$0] } ?? []
            steps.append(([[UInt8](text: "AUTH")] + user + [secret], true))
        }
        if address.database != 0 {
            steps.append(([[UInt8](text: "SELECT"), [UInt8](text: "\(address.database)")], true))
        }
        steps.append(([[UInt8](text: "CLIENT"), [UInt8](text: "SETNAME"), [UInt8](text: "lola")], false))
        for (place, step) in steps.enumerated() {
            let isLast = place == steps.count - 1
            send(step.command) { [self] result in
                switch result {
                case .success(.simple): break
                case .success: return end(.unexpected)
                case .failure(let fault): if step.isNeeded { return end(fault) }
                }
                if isLast, phase == .greeting { onGreeted() }
            }
        }
    }

    // MARK: Commands

    /// Sends a command; `completion` runs once, in the order of sending. At once when it cannot be sent.
    func send(_ command: [[UInt8]], _ completion: @escaping Completion) {
        guard let transport, phase == .open || phase == .greeting else { return completion(.failure(.unreachable)) }
        guard pending.count < Limits.redisCommandsMax, transport.backlog < Limits.redisBacklogMax.bytes else {
            loop.counters.add(RedisFault.overloaded.counter)
            return completion(.failure(.overloaded))
        }
        var octets: [UInt8] = []
        RESPWriter.command(command, to: &octets)
        transport.send(octets)
        pending.append(Pending(deadline: loop.clock.now + answerTimeout, completion: completion))
        watchDeadline()
        flushSoon()
    }

    /// Commands of one round go out together.
    private func flushSoon() {
        if willFlush { return }
        willFlush = true
        loop.soon { [self] in
            willFlush = false
            settle()
        }
    }

    /// Closes and dials again after a pause: what came is not what was asked for, or not from the store we know.
    func refuse(_ fault: RedisFault) { end(fault) }

    // MARK: Readiness

    func ready(_ event: NetEvent) {
        guard let transport else { return }
        if phase == .dialling {
            guard event.writable || event.hungUp else { return }
            return connected()
        }
        if event.writable { _ = transport.flush(loop.net) }
        if event.readable || event.hungUp { receive(transport) }
        settle()
    }

    func expired() {}

    private func receive(_ transport: Transport) {
        for _ in 0..<Limits.readBatchMax where transport === self.transport {
            switch transport.receive(loop, into: &unread) {
            case .octets:
                parse()
            case .wouldBlock:
                return
            case .end:
                parse()
                if transport === self.transport { end(.closed) }
                return
            case .failed:
                let isTLSFault = transport.tls.map { if case .failed = $0.state { true } else { false } } ?? false
                return end(isTLSFault && phase == .greeting ? .tls : .closed)
            }
        }
    }

    private func parse() {
        let octets = unread
        let own = attempt
        unread = []
        var at = 0
        while at < octets.count, own == attempt, transport != nil {
            let (step, consumed) = parser.next(octets.span.extracting(at..<octets.count))
            at += consumed
            switch step {
            case .needMore: return
            case .fault: return end(.malformed)
            case .value(let value): take(value)
            }
        }
    }

    private func take(_ value: RESPValue) {
        if takesUnasked(value) { return }
        guard let asked = pending.popFirst() else { return end(.unexpected) }
        guard case .error(let text) = value else { return asked.completion(.success(value)) }
        let fault = RedisFault(reply: text)
        let own = attempt
        if !fault.endsConnection { loop.counters.add(fault.counter) }
        asked.completion(.failure(fault))
        if fault.endsConnection, own == attempt, transport != nil { end(fault) }
    }

    private func settle() {
        guard phase == .greeting || phase == .open, let transport, let handle else { return }
        transport.pump()
        let isFlushed = transport.flush(loop.net)
        if transport.isBroken { return end(.closed) }
        loop.net.watch(transport.socket, isFlushed ? .read : [.read, .write], word: handle.word)
    }

    // MARK: Ending

    private func end(_ fault: RedisFault) {
        guard phase != .stopped, phase != .waiting else { return }
        loop.counters.add(fault.counter)
        close(fault)
        // Half of the pause is chance, so that gateways do not come back in step.
        let doubled = Limits.redisRetryFirst.nanoseconds << Int64(min(failures, 8))
        let pause = min(doubled, Limits.redisRetryMax.nanoseconds)
        let chance = Int64(loop.entropy.number(below: UInt64(pause / 2 + 1)))
        failures += 1
        let own = attempt
        loop.after(Interval(nanoseconds: pause - chance)) { [self] in
            if own == attempt, phase == .waiting { dial() }
        }
    }

    private func close(_ fault: RedisFault) {
        guard phase != .stopped, phase != .waiting else { return }
        phase = .waiting
        if let transport, transport.backlog == 0 {
            transport.sendClose()
            _ = transport.flush(loop.net)
        }
        dropSocket()
        endpoints = []
        unread = []
        let failed = pending
        pending = FIFO()
        fail(failed, fault)
        onAway(fault)
    }

    private func fail(_ commands: FIFO<Pending>, _ fault: RedisFault) {
        var commands = commands
        while let command = commands.popFirst() { command.completion(.failure(fault)) }
    }

    private func dropSocket() {
        if let transport { loop.net.close(transport.socket) }
        if let handle { loop.remove(handle) }
        transport = nil
        handle = nil
    }

    // MARK: Deadlines

    /// When the server must have spoken.
    private var deadline: Instant? {
        switch phase {
        case .stopped, .waiting: nil
        case .dialling, .greeting: greetingDeadline
        case .open: pending.first?.deadline
        }
    }

    /// One timer at a time, however many commands there are.
    private func watchDeadline() {
        guard !isTimed, let deadline else { return }
        isTimed = true
        loop.after(deadline > loop.now ? deadline - loop.now : .zero) { [self] in
            isTimed = false
            if let deadline = self.deadline, deadline <= loop.now { end(.timeout) }
            watchDeadline()
        }
    }
}
