// The store in Redis as one loop sees it: operations become scripts on the loop's own connection, answers come back in
// order. When Redis is away everything is `unavailable` at once; there is never a local answer. Entries of the lanes
// that this loop holds come through `onEntry` (RedisStoreLanes.swift). Lives on its loop's thread.

final class RedisStore: Store {
    private final class Request {
        let operation: StoreOperation
        let completion: (StoreAnswer) -> Void
        var answer: StoreAnswer?

        init(_ operation: StoreOperation, _ completion: @escaping (StoreAnswer) -> Void) {
            self.operation = operation
            self.completion = completion
        }
    }

    var onEntry: ((QueueEntry) -> Void)?
    var onEvent: (RedisEvent) -> Void = { _ in }
    let returnsEntries = true

    let loop: Loop
    let timing: RedisTiming
    let connection: RedisConnection
    let wake: RedisConnection
    /// Identifies the store and what it has kept since it was last found damaged; nil until first connected. Who
    /// issues links keeps it with them and refuses those of another epoch.
    private(set) var epoch: [UInt8]?
    /// Greeted, scripts loaded, epoch known: operations may go out.
    private(set) var isOpen = false
    /// After a new beginning of the store only its index key is read and written until `prove()`: another gateway may
    /// have made another, under which nothing of ours may be kept. False for who takes whatever key there is.
    var awaitsProof = false
    private(set) var isProved = true
    private var hasRoom = true
    var lanes: RedisLanes
    var lanesState = LanesState()
    private var waiting = FIFO<Request>()
    private var hashes: [[UInt8]?]
    /// The greatest beat that was acknowledged to us, and the run of the server that did.
    private var beat: Int64 = 0
    private var run: [UInt8] = []
    /// Error replies that operators have heard of since the last heartbeat.
    var toldFaults: Set<RedisFault> = []

    /// - Parameters:
    ///   - tls: a client context, needed when the address says so.
    ///   - takesLanes: false for who only looks and changes records, as commands do; it gets no entries.
    init(
        _ loop: Loop, address: RedisAddress, tls: TLSContext?, takesLanes: Bool = true,
        timing: RedisTiming = .standard
    ) {
        self.loop = loop
        self.timing = timing
        hashes = RedisScript.allCases.map { _ in nil }
        connection = RedisConnection(loop, address: address, tls: tls, answerTimeout: timing.answer)
        wake = RedisConnection(loop, address: address, tls: tls, answerTimeout: timing.answer)
        lanes = RedisLanes(member: Self.word(loop))
        if !takesLanes { lanes.drain() }
        connection.onGreeted = { [self] in greeted() }
        connection.onAway = { [self] fault in away(fault) }
        prepareWake()
    }

    // MARK: Life

    /// Connects, and stays connected. Until then everything is unavailable.
    func start() {
        connection.start()
        wake.start()
        watchLanes()
    }

    /// The index key of the store is the one this process works with.
    func prove() {
        if isProved { return }
        isProved = true
        beatSoon(after: .zero)
    }

    /// Ends for good, without a word to Redis: leases run out by themselves.
    func close() {
        isOpen = false
        connection.stop()
        wake.stop()
        // The connections hold us through these.
        connection.onGreeted = {}
        connection.onAway = { _ in }
        wake.onGreeted = {}
        wake.takesUnasked = { _ in true }
        lanesState.stop(loop)
    }

    private func greeted() {
        let scripts = RedisScript.allCases
        for script in scripts {
            connection.send([[UInt8](text: "SCRIPT"), [UInt8](text: "LOAD"), [UInt8](text: script.text)]) { [self] in
                guard let reply = expect($0) else { return }
                guard let hash = reply.octets, hash.count == 40 else { return connection.refuse(.unexpected) }
                hashes[script.rawValue] = hash
                if script == scripts.last { askEpoch() }
            }
        }
    }

    private func askEpoch() {
        let known = epoch ?? []
        run(.epoch, [Self.word(loop), known, [UInt8](text: "\(beat)"), run]) { [self] in
            guard let reply = expect($0) else { return }
            guard let parts = reply.elements, parts.count == 4, let current = parts[0].octets, !current.isEmpty,
                let reached = parts[1].integer, let changed = parts[2].integer, let run = parts[3].octets
            else { return connection.refuse(.unexpected) }
            epoch = current
            beat = reached
            self.run = run
            if changed != 0 { epochChanged() }
            isOpen = true
            connection.confirm()
            onEvent(.connected)
            beatSoon(after: .zero)
        }
    }

    /// Nothing of before counts: not the lanes, not what is in hand, not our name.
    private func epochChanged() {
        isProved = !awaitsProof
        let isDraining = lanes.isDraining
        lanes = RedisLanes(member: Self.word(loop))
        if isDraining { lanes.drain() }
        wake.refuse(.closed)
        loop.counters.add(.redisStoreChanges)
        onEvent(.epochChanged)
    }

    /// A store that later has a smaller beat has lost something.
    func acknowledged(_ beat: Int64) { self.beat = max(self.beat, beat) }

    private func away(_ fault: RedisFault) {
        isOpen = false
        lanes.connectionLost()
        lanesState.isBeating = false
        onEvent(.away(fault))
    }

    // MARK: Operations

    func submit(_ operation: StoreOperation, _ completion: @escaping (StoreAnswer) -> Void) {
        let request = Request(operation, completion)
        waiting.append(request)
        guard isOpen, isProved || operation.isOfIndexKey else {
            request.answer = .unavailable
            return
        }
        switch operation {
        case .get(let key) where key.room == .inbound:
            run(.entry, [key.id.hex]) { [self] in request.answer = value($0) }
        case .get(let key):
            connection.send([[UInt8](text: "GET"), RedisOperation.name(key)]) { [self] in request.answer = value($0) }
        case .list(let room, let after, let limit):
            precondition(!room.holdsClaims, "claims are not listed")
            list(room, after, limit, request)
        case .reserve(let shares): reserve(shares, request)
        default: change(request)
        }
    }

    /// Answers in the order of submission, then entries. What a completion submits is answered by a later call.
    func deliver(at now: WallTime) -> Bool {
        var worked = false
        var batch: [Request] = []
        while let request = waiting.first, request.answer != nil {
            _ = waiting.popFirst()
            batch.append(request)
        }
        for request in batch {
            request.completion(request.answer ?? .unavailable)
            worked = true
        }
        return deliverEntries() || worked
    }

    private func value(_ result: Result<RESPValue, RedisFault>) -> StoreAnswer {
        guard let reply = expect(result) else { return .unavailable }
        if case .null = reply { return .value(nil) }
        if let octets = reply.octets { return .value(octets) }
        connection.refuse(.unexpected)
        return .unavailable
    }

    private func list(_ room: StoreRoom, _ after: RecordID?, _ limit: Int, _ request: Request) {
        let count = max(0, min(limit, Limits.redisPageMax))
        let arguments = [
            [UInt8](text: "\(room.word)"), after?.hex ?? [], [UInt8](text: "\(count)"),
            [UInt8](text: "\(Limits.redisReadOctetsMax.bytes)"),
        ]
        run(.page, arguments) { [self] in
            request.answer = .unavailable
            guard let reply = expect($0) else { return }
            guard let records = RedisOperation.records(reply) else { return connection.refuse(.unexpected) }
            request.answer = .page(records)
        }
    }

    private func reserve(_ shares: [StoreShare], _ request: Request) {
        guard let epoch else {
            request.answer = .unavailable
            return
        }
        run(.reserve, [epoch] + RedisOperation.arguments(shares)) { [self] in
            request.answer = .unavailable
            guard let reply = expect($0) else { return }
            guard let (answer, beat) = RedisOperation.answer(toReserving: shares.count, reply, at: loop.wall) else {
                return connection.refuse(.unexpected)
            }
            request.answer = answer
            acknowledged(beat)
            if answer == .unavailable { connection.refuse(.storeChanged) }
        }
    }

    private func change(_ request: Request) {
        let operation = request.operation
        guard RedisOperation.fits(operation), let epoch else {
            request.answer = .unavailable
            return
        }
        let operations = RedisOperation.arguments(operation) { lanes.owner(of: $0) }
        run(.apply, [epoch, lanes.member] + operations) { [self] in
            request.answer = .unavailable
            guard let reply = expect($0) else { return }
            guard let (answer, beat) = RedisOperation.answer(to: operation, reply) else {
                return connection.refuse(.unexpected)
            }
            request.answer = answer
            acknowledged(beat)
            switch answer {
            case .unavailable: connection.refuse(.storeChanged)
            case .claimed(false): break
            case .fenced:
                // The entry is gone or somebody else's; the others of a batch may still be ours.
                if let id = reply.elements?.last?.octets.flatMap(RedisOperation.recordID) { fenced(id) }
            default: follow(operation)
            }
        }
    }

    /// What success means for entries: those that are done leave the hand, new ones want reading.
    private func follow(_ operation: StoreOperation) {
        switch operation {
        case .batch(let parts): for part in parts { follow(part) }
        case .remove(let key) where key.room == .inbound: letGo(key.id)
        case .withdraw(let key): letGo(key.id)
        case .append(let entry):
            lanes.markDirty(entry.lane)
            readSoon()
        default: break
        }
    }

    // MARK: Scripts

    /// Runs a script by its hash; a server that has forgotten it gets the text once more.
    func run(
        _ script: RedisScript, _ arguments: [[UInt8]], _ completion: @escaping RedisConnection.Completion
    ) {
        let whole = [[UInt8](text: "EVAL"), [UInt8](text: script.text), [0x30]] + arguments
        let completion: RedisConnection.Completion = !script.writes ? completion : { [self] in
            look($0)
            completion($0)
        }
        guard let hash = hashes[script.rawValue] else { return connection.send(whole, completion) }
        connection.send([[UInt8](text: "EVALSHA"), hash, [0x30]] + arguments) { [self] result in
            guard case .failure(.noScript) = result else { return completion(result) }
            tell(.noScript)
            connection.send(whole, completion)
        }
    }

    /// Heartbeats write too, so that this is known without anybody's work.
    private func look(_ written: Result<RESPValue, RedisFault>) {
        let found: Bool
        switch written {
        case .success: found = true
        case .failure(.outOfMemory): found = false
        case .failure: return
        }
        if found == hasRoom { return }
        hasRoom = found
        onEvent(.room(found))
    }

    /// The reply; nil after a fault, which operators hear of unless the whole connection is gone.
    func expect(_ result: Result<RESPValue, RedisFault>) -> RESPValue? {
        switch result {
        case .success(let reply): return reply
        case .failure(let fault):
            if !fault.endsConnection { tell(fault) }
            return nil
        }
    }

    /// Once a heartbeat for each kind: a Redis that is full refuses every operation.
    private func tell(_ fault: RedisFault) {
        if toldFaults.insert(fault).inserted { onEvent(.refused(fault)) }
    }

    /// Sixteen hex digits of chance.
    private static func word(_ loop: Loop) -> [UInt8] { Hex.encode(loop.entropy.bytes(8)) }
}
