// HTTP calls to the outside on the loop's own thread: a pool per origin, one deadline per call for everything,
// a circuit breaker per origin, no redirects, capped answers, the strict parser. Used by identity look-ups,
// agents and deliveries.

/// One call on its way: from `send` to its completion, over at most two connections.
final class OutboundCall: TimedEntity, CallHolder {
    let request: OutboundRequest
    private let client: OutboundClient
    fileprivate let completion: (OutboundOutcome) -> Void
    /// Takes the octets of a good answer as they come, in the place of its body.
    fileprivate let reader: (([UInt8]) -> Void)?
    fileprivate var timer: Handle?
    fileprivate var leash: CallLeash?
    fileprivate var connection: Handle?
    fileprivate let pool: OutboundPool
    /// The answer that nobody has been told of yet.
    fileprivate var response: OutboundResponse?
    fileprivate var isOver = false
    /// A stale kept-alive connection has already been replaced once.
    fileprivate var wasRepeated = false
    /// Its end decides whether the breaker closes; taken back, another may try.
    fileprivate var isProbe = false

    fileprivate init(
        _ request: OutboundRequest, _ client: OutboundClient, _ pool: OutboundPool, _ reader: (([UInt8]) -> Void)?,
        _ completion: @escaping (OutboundOutcome) -> Void
    ) {
        self.request = request
        self.client = client
        self.pool = pool
        self.reader = reader
        self.completion = completion
    }

    var isStream: Bool { reader != nil }

    func timeIsUp() { client.expire(self) }
    func givenUp() { client.withdraw(self) }
}

/// The connections to one origin.
private final class OutboundPool {
    var idle: [Handle] = []
    var open = 0
    var waiting: [OutboundCall] = []
    /// Calls that have their answer and of which nobody has been told yet.
    var answered = Collected<OutboundCall>()
    var breaker: CircuitBreaker
    init(_ now: Instant) { breaker = CircuitBreaker(at: now) }
}

final class OutboundClient {
    private struct CachedName {
        let addresses: [IPAddress]
        let expires: Instant
    }

    let loop: Loop
    private var tls: TLSContext?
    /// False while the authorities are still being read.
    private(set) var isTLSKnown: Bool
    /// Where the breakers of all loops are told of.
    var circuits: CircuitBoard?
    /// Told when a call waits for them.
    private let wantTLS: (() -> Void)?
    private let parseAddress: ([UInt8]) -> IPAddress?
    private var pools: [Origin: OutboundPool] = [:]
    /// Origins that have answered calls in a step of a round.
    private var answering: WorkBatch<OutboundPool>?
    /// Calls asked for in a step of a round go out together.
    private var starting: WorkBatch<OutboundCall>?
    private var names: [[UInt8]: CachedName] = [:]
    /// Calls that wait for a name that is being looked up.
    private var lookUps: [[UInt8]: [OutboundCall]] = [:]

    /// Calls to https origins that wait for `useTLS`, with the addresses of their names.
    private var awaitingTLS: [(call: OutboundCall, addresses: [IPAddress])] = []

    /// `tls` is the client context; without one, https origins fail. `parseAddress` reads IP literals.
    /// `awaitsTLS`: `useTLS` will be called; until then calls to https origins wait, within their own deadline, and
    /// each of them calls `awaitsTLS`.
    init(
        _ loop: Loop, tls: TLSContext?, awaitsTLS: (() -> Void)? = nil,
        parseAddress: @escaping ([UInt8]) -> IPAddress?
    ) {
        self.loop = loop
        self.tls = tls
        self.parseAddress = parseAddress
        isTLSKnown = awaitsTLS == nil
        wantTLS = awaitsTLS
        answering = WorkBatch(loop) { [self] in tell($0) }
        starting = WorkBatch(loop) { [self] in start($0, $0.pool) }
    }

    /// The client context is there, or it is certain that there will be none. Calls that waited go on.
    func useTLS(_ context: TLSContext?) {
        tls = context
        isTLSKnown = true
        let waiting = awaitingTLS
        awaitingTLS = []
        for (call, addresses) in waiting { dial(call, addresses) }
    }

    /// Makes the call; `completion` runs exactly once, on this loop, never before `send` returns.
    /// With a `reader` the body of an answer 200 is a stream: it goes there as it comes and may have any length, and
    /// the time-out of the request is that of silence.
    /// With a `leash` it can be taken back: the outcome is `closed` then, and nothing goes out that has not.
    func send(
        _ request: OutboundRequest, leash: CallLeash? = nil, reader: (([UInt8]) -> Void)? = nil,
        _ completion: @escaping (OutboundOutcome) -> Void
    ) {
        let pool = pool(request.origin)
        let call = OutboundCall(request, self, pool, reader, completion)
        guard leash?.isGivenUp != true, pool.breaker.permits(at: loop.now) else {
            return loop.soon {
                self.fail(call, leash?.isGivenUp == true ? .closed : .breakerOpen, counted: false)
            }
        }
        call.isProbe = pool.breaker.isProbing
        // Only now: who is taken back gives the breaker's permit back.
        if let leash {
            leash.bind(call)
            call.leash = leash
        }
        call.timer = loop.after(request.timeout, tell: call)
        starting?.add(call)
    }

    /// Origins whose breaker is open, for readiness and metrics.
    var openBreakers: Int { pools.values.count { $0.breaker.isOpen } }

    // MARK: Starting

    private func pool(_ origin: Origin) -> OutboundPool {
        if let known = pools[origin] { return known }
        let made = OutboundPool(loop.now)
        pools[origin] = made
        return made
    }

    private func start(_ call: OutboundCall, _ pool: OutboundPool) {
        // Taken back, or out of time, before its turn came.
        if call.isOver { return }
        while let handle = pool.idle.popLast() {
            guard let connection = loop.entity(handle) as? ClientConnection, connection.mayCarry() else { continue }
            call.connection = handle
            connection.carry(call)
            return
        }
        guard pool.open < Limits.poolConnectionsPerOriginMax else {
            guard pool.waiting.count < Limits.poolWaitingMax else {
                if call.isProbe { pool.breaker.withdraw(at: loop.now) }
                return fail(call, .busy, counted: false)
            }
            pool.waiting.append(call)
            return
        }
        pool.open += 1
        locate(call)
    }

    private func locate(_ call: OutboundCall) {
        let host = call.request.origin.host
        if let literal = parseAddress(host) {
            dial(call, [literal])
        } else if let cached = names[host], cached.expires > loop.now {
            dial(call, cached.addresses)
        } else if lookUps[host] != nil {
            lookUps[host]?.append(call)
        } else {
            lookUps[host] = [call]
            loop.resolve(host, port: call.request.origin.port) { self.located(host, $0.map(\.address)) }
        }
    }

    /// One answer for everybody who asked: the resolver takes one question at a time, and a slow name must not be
    /// asked for once per call.
    private func located(_ host: [UInt8], _ addresses: [IPAddress]) {
        if names.count >= Limits.nameCacheMax { names.removeAll() }
        if !addresses.isEmpty {
            names[host] = CachedName(addresses: addresses, expires: loop.now + Limits.nameCacheTime)
        }
        for call in lookUps.removeValue(forKey: host) ?? [] { dial(call, addresses) }
    }

    private func dial(_ call: OutboundCall, _ addresses: [IPAddress]) {
        let origin = call.request.origin
        guard !call.isOver else { return released(origin) }
        guard !addresses.isEmpty else { return giveUp(call, .resolve) }
        if origin.isTLS, !isTLSKnown {
            wantTLS?()
            return awaitingTLS.append((call, addresses))
        }
        if origin.isTLS, tls == nil { return giveUp(call, .tls) }
        let endpoints = addresses.map { Endpoint(address: $0, port: origin.port) }
        let handle = loop.insert { handle in
            ClientConnection(self, handle: handle, origin: origin, tls: tls, endpoints: endpoints)
        }
        call.connection = handle
        (loop.entity(handle) as? ClientConnection)?.dial(for: call)
    }

    /// A call that never got a connection gives its place back.
    private func giveUp(_ call: OutboundCall, _ fault: OutboundFault) {
        fail(call, fault)
        released(call.request.origin)
    }

    // MARK: Answers (called by the connections)

    /// Octets of a stream have come.
    func received(_ call: OutboundCall, _ octets: [UInt8]) {
        guard !call.isOver else { return }
        if let timer = call.timer { loop.cancel(timer) }
        call.timer = loop.after(call.request.timeout, tell: call)
        call.reader?(octets)
    }

    /// The call has its answer. Who asked is told together with all whom the same origin answers in this step of the
    /// round, because they go on in the same way.
    func answered(_ call: OutboundCall, _ response: OutboundResponse) {
        guard !call.isOver else { return }
        close(call, failed: false, counted: true)
        if call.pool.answered.isEmpty { answering?.add(call.pool) }
        call.response = response
        call.pool.answered.append(call)
    }

    private func tell(_ pool: OutboundPool) {
        let answered = pool.answered.take()
        for call in answered {
            guard let response = call.response else { continue }
            call.response = nil
            // Taken back since.
            call.completion(call.leash?.isGivenUp == true ? .failure(.closed) : .success(response))
        }
        pool.answered.reuse(answered)
    }

    /// The call has failed.
    func fail(_ call: OutboundCall, _ fault: OutboundFault, counted: Bool = true) {
        guard !call.isOver else { return }
        close(call, failed: true, counted: counted)
        call.completion(.failure(fault))
    }

    private func close(_ call: OutboundCall, failed: Bool, counted: Bool) {
        call.isOver = true
        call.leash?.loosen()
        if let timer = call.timer { loop.cancel(timer) }
        guard counted else { return }
        if failed { loop.counters.add(.outboundFaults) }
        let wasOpen = call.pool.breaker.isOpen
        if call.pool.breaker.ended(failed: failed, isProbe: call.isProbe, at: loop.now) {
            loop.counters.add(.breakerOpened)
        }
        let isOpen = call.pool.breaker.isOpen
        if isOpen != wasOpen { circuits?.changed(call.request.origin, isOpen: isOpen, at: loop.wall) }
    }

    /// A kept-alive connection turned out to be dead before it answered anything.
    func repeatOrFail(_ call: OutboundCall, _ fault: OutboundFault) {
        guard !call.isOver else { return }
        guard call.request.isRepeatable, !call.wasRepeated else { return fail(call, fault) }
        call.wasRepeated = true
        call.connection = nil
        start(call, call.pool)
    }

    /// The connection may carry another call.
    func becameIdle(_ handle: Handle, after call: OutboundCall) {
        let pool = call.pool
        while let next = pool.waiting.first {
            // A connection that is closed here has given its place to whoever waits.
            guard let connection = loop.entity(handle) as? ClientConnection, connection.mayCarry() else { return }
            pool.waiting.removeFirst()
            if next.isOver { continue }
            next.connection = handle
            connection.carry(next)
            return
        }
        pool.idle.append(handle)
    }

    /// A connection is gone, whatever it was doing; its place goes to whoever waits.
    func released(_ origin: Origin, _ handle: Handle? = nil) {
        let pool = pool(origin)
        pool.open -= 1
        if let handle { pool.idle.removeAll { $0 == handle } }
        while !pool.waiting.isEmpty, pool.open < Limits.poolConnectionsPerOriginMax {
            let next = pool.waiting.removeFirst()
            if next.isOver { continue }
            pool.open += 1
            // Not at once: a row of calls that fail in their turn would grow the stack by each of them.
            loop.soon { self.locate(next) }
            return
        }
    }

    fileprivate func expire(_ call: OutboundCall) {
        guard !call.isOver else { return }
        call.timer = nil
        abandon(call) { fail(call, .timeout) }
    }

    /// Nobody wants the call any more; it says nothing about its origin.
    fileprivate func withdraw(_ call: OutboundCall) {
        guard !call.isOver else { return }
        abandon(call) {
            if call.isProbe { call.pool.breaker.withdraw(at: loop.now) }
            fail(call, .closed, counted: false)
        }
    }

    private func abandon(_ call: OutboundCall, _ finish: () -> Void) {
        let connection = call.connection.flatMap { loop.entity($0) as? ClientConnection }
        call.pool.waiting.removeAll { $0 === call }
        finish()
        connection?.abandon(call)
    }
}
