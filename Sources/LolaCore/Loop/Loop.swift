// One loop: everything that lives on one thread. `tick()` is the same function in production and in the
// simulator: wait, read events, take mail, fire timers. Nothing in here blocks except the wait itself.

/// Something a socket belongs to. Told about readiness and about deadlines it asked for.
protocol LoopEntity: AnyObject {
    func ready(_ event: NetEvent)
    func expired()
}

/// What is told when its time has come, without a closure of its own for that.
protocol TimedEntity: AnyObject {
    /// The time that was asked for has passed. Told once for each asking.
    func timeIsUp()
}

final class Loop {
    /// A closure in a collection of its own type only would be wrapped once more, on the heap, each time.
    private struct Job {
        let run: () -> Void
    }

    private enum Errand {
        case run(() -> Void)
        case tell(any TimedEntity)

        func happen() {
            switch self {
            case .run(let body): body()
            case .tell(let entity): entity.timeIsUp()
            }
        }
    }

    let clock: any Clock
    let net: any Net
    let entropy: any Entropy
    let counters: Counters
    /// Cached once per tick.
    private(set) var now: Instant
    private(set) var wall: WallTime

    /// What `withScratch` lends.
    var scratch = [UInt8](repeating: 0, count: 65_536)
    /// Where what a connection has read is parsed, and where a request is written before it goes out.
    var reading = LentBuffer()
    var writing = LentBuffer()

    private var entities = SlotTable<any LoopEntity>()
    private var actions = SlotTable<Errand>()
    private var wheel: TimerWheel
    private var actionWheel: TimerWheel
    private var events: [NetEvent] = []
    private var due: [UInt64] = []
    private var sources: [() -> Bool] = []
    private var steps: [() -> Bool] = []
    private var resolving: [UInt64: ([Endpoint]) -> Void] = [:]
    private var nextTicket: UInt64 = 1
    private var pending = Collected<Job>()
    /// A source did work at the end of the last round; it may have more.
    private var hasWork = true
    private var beforeSleep: [() -> Void] = []

    init(clock: any Clock, net: any Net, entropy: any Entropy, counters: Counters) {
        self.clock = clock
        self.net = net
        self.entropy = entropy
        self.counters = counters
        now = clock.now
        wall = clock.wall
        wheel = TimerWheel(startingAt: clock.now)
        actionWheel = TimerWheel(startingAt: clock.now)
    }

    /// Lends the read buffer: no connection keeps one of its own.
    func withScratch<Result>(_ body: (inout [UInt8]) -> Result) -> Result {
        // Taken out and put back, each at once: an access that lasted would be checked at every use of the property.
        var lent: [UInt8] = []
        swap(&lent, &scratch)
        // Nothing can be read into a buffer that is lent already; the end of the stream would be read there.
        precondition(!lent.isEmpty, "the read buffer is lent already")
        defer { swap(&lent, &scratch) }
        return body(&lent)
    }

    // MARK: Entities

    func insert(_ make: (Handle) -> any LoopEntity) -> Handle { entities.insert(make) }
    func remove(_ handle: Handle) { entities.remove(handle) }
    func entity(_ handle: Handle) -> (any LoopEntity)? { entities[handle] }
    var entityCount: Int { entities.count }
    /// Deadlines of entities in the wheel, those that no longer matter included.
    var timerCount: Int { wheel.count }
    /// Actions asked for and neither run nor cancelled.
    var actionCount: Int { actions.count }

    /// Asks that the entity be told at or after `deadline`. Asking again does not cancel; it looks for itself.
    func schedule(_ handle: Handle, at deadline: Instant) { wheel.schedule(handle.word, at: deadline) }

    // MARK: Actions and sources

    /// Runs `action` once, on this loop, after `delay`. The handle cancels it.
    @discardableResult
    func after(_ delay: Interval, _ action: @escaping () -> Void) -> Handle { after(delay, .run(action)) }

    /// The same for who needs no closure. The entity is held until then.
    func after(_ delay: Interval, tell entity: any TimedEntity) -> Handle { after(delay, .tell(entity)) }

    private func after(_ delay: Interval, _ errand: Errand) -> Handle {
        let handle = actions.insert { _ in errand }
        actionWheel.schedule(handle.word, at: now + delay)
        return handle
    }

    func cancel(_ action: Handle) { actions.remove(action) }

    /// Runs `action` before the loop sleeps again, never before this call returns.
    func soon(_ action: @escaping () -> Void) { pending.append(Job(run: action)) }

    /// Asked every tick: mailboxes and stores. A source that did work is asked again before the loop sleeps.
    func addSource(_ source: @escaping () -> Bool) { sources.append(source) }

    /// A source that is asked between the events of a round too, each time after some of them: what they brought is
    /// still near the processor.
    func addStep(_ step: @escaping () -> Bool) {
        steps.append(step)
        addSource(step)
    }

    /// A source has something to do: the loop does not sleep before it has asked it.
    func workCame() { hasWork = true }

    /// Runs every round, after the work and before the wait: what was collected is written out.
    func addBeforeSleep(_ action: @escaping () -> Void) { beforeSleep.append(action) }

    /// Looks a name up off the loop; `completion` runs on it, with no endpoints when the name has none.
    func resolve(_ host: [UInt8], port: UInt16, _ completion: @escaping ([Endpoint]) -> Void) {
        let ticket = nextTicket
        nextTicket += 1
        resolving[ticket] = completion
        net.resolve(host, port: port, ticket: ticket)
    }

    // MARK: The tick

    /// Work is left: the next round does not sleep.
    var hasMore: Bool { hasWork || !pending.isEmpty }

    /// One round. Sleeps at most until `limit`, and not at all when there is work left.
    func tick(until limit: Instant) {
        var deadline = hasMore ? now : limit
        if let next = wheel.nextDeadline() { deadline = min(deadline, next) }
        if let next = actionWheel.nextDeadline() { deadline = min(deadline, next) }
        finishRound()
        net.wait(until: deadline, &events)
        now = clock.now
        wall = clock.wall
        for (place, event) in events.enumerated() {
            entities[Handle(word: event.word)]?.ready(event)
            if place % Limits.eventsPerStep == Limits.eventsPerStep - 1 { takeSteps() }
        }
        for resolution in net.resolutions() {
            resolving.removeValue(forKey: resolution.ticket)?(resolution.endpoints)
        }
        _ = pollSources()
        fireTimers()
        runPending()
        hasWork = pollSources()
    }

    /// Writes out what was collected. The owner of the loop calls it once more after the last round.
    func finishRound() { for action in beforeSleep { action() } }

    /// What was asked for up to now; what that asks for in turn comes in the next round.
    private func runPending() {
        if pending.isEmpty { return }
        let actions = pending.take()
        for action in actions { action.run() }
        pending.reuse(actions)
    }

    private func takeSteps() {
        for step in steps { _ = step() }
    }

    private func pollSources() -> Bool {
        var worked = false
        for source in sources where source() { worked = true }
        return worked
    }

    private func fireTimers() {
        due.removeAll(keepingCapacity: true)
        wheel.advance(to: now, due: &due)
        for word in due { entities[Handle(word: word)]?.expired() }
        due.removeAll(keepingCapacity: true)
        actionWheel.advance(to: now, due: &due)
        for word in due { actions.remove(Handle(word: word))?.happen() }
    }
}
