// The network door of one simulated loop, with the manners of LinuxNet: level-triggered readiness, lowest free
// descriptor, spurious wake-ups, short transfers. `wait` never blocks: it notes how long the loop would sleep.

@testable import LolaCore

final class SimNet: Net {
    private final class Entry {
        enum Kind {
            case listener(SimListener)
            case connection(SimEnd)
        }
        let kind: Kind
        var interest: Interest?
        var word: UInt64 = 0
        init(_ kind: Kind) { self.kind = kind }
    }

    let network: SimNetwork
    let waker: SimWaker
    private var entries: [Entry?] = []
    private var answers: [Resolution] = []
    private(set) var sleepsUntil = Instant(nanoseconds: 0)
    private(set) var mayBeReady = true
    private var foundNothing = false
    /// The wait under way has found something that is so.
    private var isReady = false
    /// The process is no more: whoever still calls is a ghost.
    private var isGone = false

    init(_ network: SimNetwork, waker: SimWaker) {
        self.network = network
        self.waker = waker
    }

    func somethingHappened() { mayBeReady = true }

    /// Whether a tick would find anything to do now.
    var isRunnable: Bool { mayBeReady || waker.isAwake || !foundNothing || network.clock.now >= sleepsUntil }

    // MARK: Sockets

    func listen(_ endpoint: Endpoint) throws(NetFault) -> (Socket, port: UInt16) {
        let listener = network.listen(endpoint.port, self)
        return (add(.listener(listener)), listener.port)
    }

    func accept(_ listener: Socket) -> AcceptOutcome {
        guard case .listener(let door)? = entry(listener, "accept")?.kind else { return .none }
        if !door.queue.isEmpty, network.random.chance(network.weather.exhaustion) {
            if let caller = door.takeFirst() { network.turnAway(caller) }
            return .exhausted
        }
        guard let end = door.takeFirst() else { return .none }
        end.owner = self
        let socket = add(.connection(end))
        network.trace.note(network.clock.now, "accepted", end.id, Int(socket.id))
        return .accepted(socket, end.peerAddress)
    }

    func connect(_ endpoint: Endpoint) throws(NetFault) -> Socket {
        let end = try network.connect(endpoint, self)
        return add(.connection(end))
    }

    func connectFault(_ socket: Socket) -> NetFault? {
        guard case .connection(let end)? = entry(socket, "connectFault")?.kind else { return .other }
        return end.wasReset ? .reset : end.connectFault
    }

    func read(_ socket: Socket, into buffer: inout [UInt8]) -> ReadOutcome {
        guard case .connection(let end)? = entry(socket, "read")?.kind else { return .failed(.other) }
        if end.wasReset { return .failed(.reset) }
        guard !end.inbox.isEmpty else { return end.hasEnd ? .end : .wouldBlock }
        var count = min(buffer.count, end.inbox.count)
        if network.random.chance(network.weather.shortTransfers) { count = 1 + network.random.below(count) }
        buffer.replaceSubrange(0..<count, with: end.inbox[..<count])
        if count == end.inbox.count { end.inbox = [] } else { end.inbox.removeFirst(count) }
        network.trace.note(network.clock.now, "read", end.id, count)
        network.roomMade(for: end.other)
        return .octets(count)
    }

    func write(_ socket: Socket, _ bytes: [UInt8], from offset: Int) -> WriteOutcome {
        guard case .connection(let end)? = entry(socket, "write")?.kind else { return .failed(.other) }
        if end.wasReset || end.hasShutWrite { return .failed(.reset) }
        guard end.isConnected, end.room > 0 else { return .wouldBlock }
        var count = min(bytes.count - offset, end.room)
        if network.random.chance(network.weather.shortTransfers) { count = 1 + network.random.below(count) }
        network.trace.note(network.clock.now, "write", end.id, count)
        network.transmit(Array(bytes[offset..<(offset + count)]), from: end)
        return .octets(count)
    }

    func shutdownWrite(_ socket: Socket) {
        guard case .connection(let end)? = entry(socket, "shutdownWrite")?.kind else { return }
        network.shutWrite(end)
    }

    func close(_ socket: Socket) {
        guard let entry = entry(socket, "close") else { return }
        entries[Int(socket.id)] = nil
        network.freeDescriptor(socket.id)
        switch entry.kind {
        case .listener(let listener): network.close(listener)
        case .connection(let end): network.close(end)
        }
    }

    func watch(_ socket: Socket, _ interest: Interest, word: UInt64) {
        guard let entry = entry(socket, "watch") else { return }
        // Who is as before asks for nothing new: false alarms of many connections would keep each other awake.
        if entry.interest == interest, entry.word == word { return }
        entry.interest = interest
        entry.word = word
        mayBeReady = true
    }

    // MARK: Waiting

    func wait(until deadline: Instant, _ events: inout [NetEvent]) {
        events.removeAll(keepingCapacity: true)
        let wasWoken = waker.isAwake
        isReady = false
        waker.clear()
        if mayBeReady || network.weather.spurious > 0 {
            mayBeReady = false
            for entry in entries {
                guard let entry, let interest = entry.interest, let event = event(entry, interest) else { continue }
                events.append(event)
            }
            network.random.shuffle(&events)
        }
        // Level-triggered: whoever is not told now is told the next time.
        if events.count > 16 { events.removeLast(events.count - 16) }
        // A false alarm does not keep the loop awake.
        if isReady { mayBeReady = true }
        sleepsUntil = deadline
        foundNothing = !isReady && !wasWoken && answers.isEmpty && deadline > network.clock.now
    }

    /// What the socket would report; now and then something that is not so.
    private func event(_ entry: Entry, _ interest: Interest) -> NetEvent? {
        // Plain octets: this runs more often than anything else in the simulator.
        let wanted = interest.rawValue
        let (readable, writable, hungUp) = state(entry)
        let reads = readable && wanted & 1 != 0
        let writes = writable && wanted & 2 != 0
        let hangs = hungUp == 2 || hungUp == 1 && wanted & 1 != 0
        if reads || writes || hangs {
            isReady = true
            return NetEvent(word: entry.word, readable: reads, writable: writes, hungUp: hangs)
        }
        guard wanted != 0, network.random.chance(network.weather.spurious), isOpen(entry) else { return nil }
        return NetEvent(word: entry.word, readable: wanted & 1 != 0, writable: wanted & 2 != 0, hungUp: false)
    }

    /// `hungUp`: 0 no, 1 the other side sends nothing more, 2 both ways.
    private func state(_ entry: Entry) -> (readable: Bool, writable: Bool, hungUp: UInt8) {
        switch entry.kind {
        case .listener(let listener): return (!listener.queue.isEmpty, false, 0)
        case .connection(let end):
            let isGone = end.wasReset || end.connectFault != nil || end.hasEnd && end.hasShutWrite
            guard end.isConnected || isGone else { return (false, false, 0) }
            let hasInput = end.inbox.count > 0 || end.hasEnd || end.wasReset || end.connectFault != nil
            return (hasInput, isGone || end.room > 0, isGone ? 2 : end.hasEnd ? 1 : 0)
        }
    }

    /// A connection that is not made yet reports nothing, not even by mistake.
    private func isOpen(_ entry: Entry) -> Bool {
        if case .connection(let end) = entry.kind { end.isConnected } else { true }
    }

    // MARK: Names

    func resolve(_ host: [UInt8], port: UInt16, ticket: UInt64) {
        let (delay, endpoints) = network.names[host]?() ?? (.milliseconds(5), [])
        let fails = network.random.chance(network.weather.nameFailures)
        network.after(delay) { [self] in
            let found = fails ? [] : endpoints.map { Endpoint(address: $0.address, port: port) }
            answers.append(Resolution(ticket: ticket, endpoints: found))
            waker.wake()
        }
    }

    func resolutions() -> [Resolution] {
        let taken = answers
        answers = []
        return taken
    }

    // MARK: The end of the process

    /// What the kernel does for a process that is no more: every connection is reset, every door is shut.
    func abandon() {
        isGone = true
        let gone = entries
        entries = []
        answers = []
        for (id, entry) in gone.enumerated() {
            guard let entry else { continue }
            network.freeDescriptor(Int32(id))
            switch entry.kind {
            case .listener(let listener): network.cut(listener)
            case .connection(let end): network.cut(end)
            }
        }
    }

    // MARK: Table

    private func add(_ kind: Entry.Kind) -> Socket {
        let id = network.takeDescriptor()
        while entries.count <= Int(id) { entries.append(nil) }
        entries[Int(id)] = Entry(kind)
        return Socket(id: id)
    }

    private func entry(_ socket: Socket, _ call: String) -> Entry? {
        let id = Int(socket.id)
        guard id >= 0, id < entries.count, let entry = entries[id] else {
            if !isGone { network.misuse.append("\(call) on closed descriptor \(id)") }
            return nil
        }
        return entry
    }
}
