// The other half of RedisStore: heartbeats that keep, take and hand back lanes, the readings that bring entries, and
// the second connection by which others wake us. A lost wake-up costs a heartbeat, never an entry.

extension RedisStore {
    struct LanesState {
        /// A heartbeat is under way.
        var isBeating = false
        /// The next heartbeat out of turn.
        var beat: Handle?
        /// The next one in turn.
        var watch: Handle?
        var willRead = false

        mutating func stop(_ loop: Loop) {
            for handle in [beat, watch].compactMap({ $0 }) { loop.cancel(handle) }
            (beat, watch) = (nil, nil)
        }
    }

    // MARK: Drain

    /// No entries any more; lanes go back as what is in hand is done.
    func beginDrain() {
        lanes.drain()
        beatSoon(after: .zero)
    }

    /// Nothing is in hand and all lanes are handed back.
    var isDrained: Bool { lanes.isDraining && lanes.held == 0 && lanes.inHand == 0 }

    /// Hands back everything, done or not, so that others go on at once. The last words before `close`; `completion`
    /// runs when Redis has heard them or cannot.
    func releaseAll(_ completion: @escaping () -> Void) {
        lanes.end()
        guard isOpen, let epoch else { return completion() }
        run(.lanes, [epoch, lanes.member, lease] + lanes.tenureArguments(releasingAll: true)) { [self] _ in
            lanes = RedisLanes(member: lanes.member)
            lanes.end()
            completion()
        }
    }

    // MARK: Heartbeat

    private var lease: [UInt8] { [UInt8](text: "\(timing.lease.inMilliseconds)") }

    /// Beats in turn for as long as the store lives: more often while nobody can wake us.
    func watchLanes() {
        let pause = wake.isOpen || !isOpen ? timing.heartbeat : timing.poll
        lanesState.watch = loop.after(pause) { [self] in
            toldFaults = []
            if wake.isOpen { wake.send([[UInt8](text: "PING")]) { _ in } }
            beat()
            watchLanes()
        }
    }

    /// One heartbeat out of turn; several wishes make one.
    func beatSoon(after pause: Interval) {
        guard lanesState.beat == nil else { return }
        lanesState.beat = loop.after(pause) { [self] in
            lanesState.beat = nil
            beat()
        }
    }

    private func beat() {
        guard isOpen, isProved, let epoch else { return }
        guard !lanesState.isBeating else { return beatSoon(after: timing.poll) }
        lanesState.isBeating = true
        let deadline = loop.clock.now + (timing.lease - timing.margin)
        run(.lanes, [epoch, lanes.member, lease] + lanes.tenureArguments()) { [self] in
            lanesState.isBeating = false
            guard let reply = expect($0) else { return }
            guard let parts = reply.elements, let verdict = parts.first?.integer else {
                return connection.refuse(.unexpected)
            }
            if verdict == RedisScript.Code.epoch { return connection.refuse(.storeChanged) }
            guard let changes = lanes.learn(parts, until: deadline) else { return connection.refuse(.unexpected) }
            acknowledged(parts[1].integer ?? 0)
            tell(changes)
            lanes.markAllDirty()
            if lanes.hasReleasable { beatSoon(after: timing.pause) }
            readSoon()
        }
    }

    private func tell(_ changes: RedisLanes.Changes) {
        loop.counters.add(.redisLanesTaken, changes.taken)
        loop.counters.add(.redisLanesReleased, changes.released)
        loop.counters.add(.redisLanesLost, changes.lost)
        if changes.taken + changes.released + changes.lost == 0 { return }
        onEvent(
            .lanes(
                taken: changes.taken, released: changes.released, lost: changes.lost, held: lanes.held,
                members: changes.members))
    }

    // MARK: Reading

    /// Readings of one round are one reading.
    func readSoon() {
        if lanesState.willRead { return }
        lanesState.willRead = true
        loop.soon { [self] in
            lanesState.willRead = false
            read()
        }
    }

    private func read() {
        guard isOpen, !lanes.isDraining, let epoch, let arguments = lanes.readArguments(at: loop.clock.now) else {
            return
        }
        let member = lanes.member
        run(.read, [epoch] + arguments) { [self] in
            // Asked under another name, before the store changed.
            guard member == lanes.member else { return }
            guard let reply = expect($0) else { return lanes.readFailed() }
            guard let parts = reply.elements, let verdict = parts.first?.integer else {
                lanes.readFailed()
                return connection.refuse(.unexpected)
            }
            if verdict == RedisScript.Code.epoch { return connection.refuse(.storeChanged) }
            guard lanes.read(parts) else { return connection.refuse(.unexpected) }
            readSoon()
            if lanes.hasReleasable || lanes.isInDoubt { beatSoon(after: timing.pause) }
        }
    }

    /// Hands out what was read. True when there was any.
    func deliverEntries() -> Bool {
        guard let onEntry else { return false }
        var worked = false
        while let entry = lanes.next(at: loop.clock.now) {
            worked = true
            onEntry(entry)
        }
        return worked
    }

    func standing(of entry: RecordID) -> EntryStanding { lanes.standing(of: entry, at: loop.clock.now) }

    /// Another has the lane of the entry, or has had it: nothing more of it begins until a heartbeat has told.
    func fenced(_ id: RecordID) {
        lanes.doubt(id, at: loop.clock.now)
        letGo(id)
        beatSoon(after: timing.pause)
    }

    func letGo(_ id: RecordID) {
        lanes.letGo(id)
        readSoon()
        if lanes.hasReleasable { beatSoon(after: timing.pause) }
    }

    // MARK: Being woken

    func prepareWake() {
        wake.onGreeted = { [self] in
            let channels = [[UInt8](text: "lola:wake:") + lanes.member, [UInt8](text: "lola:lanes")]
            for (place, channel) in channels.enumerated() {
                wake.send([[UInt8](text: "SUBSCRIBE"), channel]) { [self] in
                    guard let reply = expect($0) else { return wake.refuse(.notAllowed) }
                    guard Self.isMessage(reply, "subscribe") else { return wake.refuse(.unexpected) }
                    guard place == channels.count - 1 else { return }
                    wake.confirm()
                    // What was said while nobody listened.
                    lanes.markAllDirty()
                    readSoon()
                }
            }
        }
        wake.takesUnasked = { [self] in
            guard Self.isMessage($0, "message"), let parts = $0.elements, let text = parts[2].octets else {
                return false
            }
            if parts[1].octets == [UInt8](text: "lola:lanes") {
                if text != lanes.member { beatSoon(after: timing.poll) }
            } else if let number = RESPParser.integer(text), 0..<64 ~= number {
                lanes.markDirty(Lane(Int(number)))
                readSoon()
            }
            return true
        }
    }

    private static func isMessage(_ value: RESPValue, _ kind: StaticString) -> Bool {
        guard let parts = value.elements, parts.count == 3 else { return false }
        return parts[0].octets == [UInt8](text: "\(kind)")
    }
}
