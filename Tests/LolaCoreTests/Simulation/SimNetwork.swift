// The simulated network: byte pipes with latency, segmentation, back-pressure, half-close and resets, listeners
// shared by port, scripted servers by address, and names. One per simulated world; one thread.

@testable import LolaCore

/// One end of a connection.
final class SimEnd {
    let id: Int
    let network: SimNetwork
    fileprivate(set) var other: SimEnd?
    let peerAddress: IPAddress
    var handler: (any SimHandler)?
    var owner: SimNet?

    var inbox: [UInt8] = []
    fileprivate(set) var hasEnd = false
    fileprivate(set) var wasReset = false
    fileprivate(set) var isConnected = false
    fileprivate(set) var connectFault: NetFault?
    fileprivate(set) var hasShutWrite = false
    fileprivate(set) var isClosed = false
    fileprivate var (onTheWay, lastArrival) = (0, Instant(nanoseconds: 0))
    fileprivate var waiting: [UInt8] = []
    fileprivate var shutsAfterWaiting = false
    fileprivate var closesAfterWaiting = false
    let capacity: Int
    /// Chance has touched this connection: what its script meant to say may not have arrived.
    fileprivate(set) var wasTampered = false

    fileprivate init(_ id: Int, _ network: SimNetwork, peer: IPAddress, capacity: Int) {
        self.id = id
        self.network = network
        peerAddress = peer
        self.capacity = capacity
    }

    /// Octets this end may still send.
    var room: Int {
        guard let other else { return 0 }
        return max(0, other.capacity - other.inbox.count - other.onTheWay)
    }

    fileprivate func notify() {
        if let owner { owner.somethingHappened() } else { deliver() }
    }

    /// Scripted ends take what arrives at once.
    private func deliver() {
        guard let handler, !isClosed else { return }
        if wasReset || connectFault != nil {
            handler.failed(self)
            return close()
        }
        if !inbox.isEmpty, !isPaused {
            let bytes = inbox
            inbox = []
            network.roomMade(for: other)
            handler.received(self, bytes)
        }
        if hasEnd, inbox.isEmpty, !toldEnd {
            toldEnd = true
            handler.ended(self)
        }
    }
    private var toldEnd = false

    /// A scripted end that does not read.
    var isPaused = false {
        didSet { if !isPaused { deliver() } }
    }

    // MARK: For scripts

    /// Sends everything, as fast as the other side takes it.
    func send(_ bytes: [UInt8]) {
        guard !isClosed, !wasReset, !hasShutWrite else { return }
        waiting.append(contentsOf: bytes)
        network.pump(self)
    }

    func shutWrite() {
        shutsAfterWaiting = true
        network.pump(self)
    }

    func closeWhenSent() {
        closesAfterWaiting = true
        network.pump(self)
    }

    func close() { network.close(self) }
    func reset() { network.reset(self) }
    var isOpen: Bool { isConnected && !isClosed && !wasReset }
}

final class SimListener {
    let port: UInt16
    let net: SimNet
    fileprivate(set) var queue: [SimEnd] = []
    fileprivate(set) var isClosed = false

    init(port: UInt16, net: SimNet) {
        self.port = port
        self.net = net
    }

    func takeFirst() -> SimEnd? { queue.isEmpty ? nil : queue.removeFirst() }
}

final class SimNetwork {
    let clock: SimClock
    let random: SimRandom
    let trace: SimTrace
    var weather: SimWeather
    var queue = SimQueue()
    var services: [Endpoint: SimService] = [:]
    /// Delay and endpoints of a name; what is not here does not exist.
    var names: [[UInt8]: () -> (Interval, [Endpoint])] = [:]
    private var listeners: [SimListener] = []
    private var nextEnd = 1
    private var nextPort: UInt16 = 40_000
    private var descriptors: [Bool] = []
    private(set) var openEnds = 0
    /// Rules of the socket interface that the gateway broke.
    var misuse: [String] = []

    init(clock: SimClock, random: SimRandom, trace: SimTrace, weather: SimWeather = .calm) {
        self.clock = clock
        self.random = random
        self.trace = trace
        self.weather = weather
    }

    func after(_ delay: Interval, _ action: @escaping () -> Void) { queue.add(at: clock.now + delay, action) }

    /// Carries out what is due. False when nothing was.
    func runDue() -> Bool {
        var worked = false
        while let action = queue.take(dueAt: clock.now) {
            action()
            worked = true
        }
        return worked
    }

    // MARK: Descriptors: the lowest free number, as the kernel gives them

    func takeDescriptor() -> Int32 {
        if let free = descriptors.firstIndex(of: false) {
            descriptors[free] = true
            return Int32(free)
        }
        descriptors.append(true)
        return Int32(descriptors.count - 1)
    }

    func freeDescriptor(_ id: Int32) { descriptors[Int(id)] = false }
    var openDescriptors: Int { descriptors.count { $0 } }

    // MARK: Listening and connecting

    func listen(_ port: UInt16, _ net: SimNet) -> SimListener {
        var chosen = port
        if port == 0 {
            nextPort += 1
            chosen = nextPort
        }
        let listener = SimListener(port: chosen, net: net)
        listeners.append(listener)
        return listener
    }

    func close(_ listener: SimListener) {
        listener.isClosed = true
        listeners.removeAll { $0 === listener }
        for end in listener.queue { reset(end) }
        listener.queue = []
    }

    func dismantle() { (queue, services, names) = (SimQueue(), [:], [:]) }
    func hasListener(_ port: UInt16) -> Bool { listeners.contains { $0.port == port } }

    private func makePair(gatewaySees peer: IPAddress) -> (SimEnd, SimEnd) {
        let capacity = weather.bufferMin >= 65_536 ? weather.bufferMin : random.between(weather.bufferMin, 65_536)
        let left = SimEnd(nextEnd, self, peer: peer, capacity: capacity)
        let right = SimEnd(nextEnd + 1, self, peer: peer, capacity: capacity)
        nextEnd += 2
        openEnds += 2
        left.other = right
        right.other = left
        return (left, right)
    }

    /// A scripted client calls a port of the gateway.
    func dial(_ port: UInt16, from peer: IPAddress, _ handler: any SimHandler) -> SimEnd {
        let (client, server) = makePair(gatewaySees: peer)
        client.handler = handler
        after(latency()) { [self] in
            if client.isClosed { return discard(client, server) }
            let open = listeners.filter { $0.port == port }
            guard !open.isEmpty else {
                discard(nil, server)
                client.connectFault = .refused
                client.notify()
                return
            }
            let listener = random.pick(open)
            trace.note(clock.now, "dialled", client.id, Int(port))
            server.isConnected = true
            client.isConnected = true
            listener.queue.append(server)
            listener.net.somethingHappened()
            becameOpen(client, server)
            handler.connected(client)
            pump(client)
        }
        return client
    }

    /// The gateway calls a scripted server.
    func connect(_ endpoint: Endpoint, _ net: SimNet) throws(NetFault) -> SimEnd {
        let admission = random.chance(weather.refusals) ? .refuse : services[endpoint]?.admission() ?? .refuse
        if case .fault(let fault) = admission { throw fault }
        let (client, server) = makePair(gatewaySees: endpoint.address)
        client.owner = net
        after(latency()) { [self] in
            if client.isClosed { return discard(nil, server) }
            switch admission {
            case .accept:
                client.isConnected = true
                server.isConnected = true
                server.handler = services[endpoint]?.accept(server)
                trace.note(clock.now, "connected", client.id)
                client.notify()
                becameOpen(client, server)
                server.handler?.connected(server)
                pump(server)
            case .silence: break
            case .refuse, .fault:
                discard(nil, server)
                client.connectFault = .refused
                client.notify()
            }
        }
        return client
    }

    private func discard(_ ends: SimEnd?...) {
        for end in ends.compactMap({ $0 }) where !end.isClosed {
            end.isClosed = true
            openEnds -= 1
        }
    }

    /// Chance may decide at birth that a connection will not live long, or will hold its breath.
    private func becameOpen(_ left: SimEnd, _ right: SimEnd) {
        if random.chance(weather.resets) {
            after(random.milliseconds(0, 1_500)) { [self] in
                guard !left.isClosed || !right.isClosed else { return }
                left.wasTampered = true
                right.wasTampered = true
                trace.note(clock.now, "cut", left.id)
                for end in [left, right] where !end.isClosed { markReset(end) }
            }
        }
        if random.chance(weather.stalls) {
            let victim = random.chance(500) ? left : right
            after(random.milliseconds(0, 200)) { [self] in
                left.wasTampered = true
                right.wasTampered = true
                victim.lastArrival = clock.now + random.milliseconds(500, 8_000)
            }
        }
    }

    private func latency() -> Interval { .microseconds(Int64(random.between(20, weather.latencyMax * 1_000))) }

    // MARK: Octets

    /// Sends what a scripted end has waiting, as far as there is room.
    func pump(_ end: SimEnd) {
        guard end.isConnected, !end.isClosed, !end.wasReset else { return }
        while !end.waiting.isEmpty, end.room > 0 {
            let count = min(end.room, end.waiting.count)
            transmit(Array(end.waiting.prefix(count)), from: end)
            end.waiting.removeFirst(count)
        }
        guard end.waiting.isEmpty else { return }
        if end.shutsAfterWaiting { shutWrite(end) }
        if end.closesAfterWaiting { close(end) }
    }

    /// Puts octets on the way, perhaps in pieces. The caller has seen that there is room.
    func transmit(_ bytes: [UInt8], from end: SimEnd) {
        guard let other = end.other else { return }
        other.onTheWay += bytes.count
        var start = 0
        while start < bytes.count {
            var stop = bytes.count
            if random.chance(weather.segments), stop - start > 1 { stop = start + 1 + random.below(stop - start) }
            let piece = Array(bytes[start..<stop])
            arrange(for: other) { [self] in
                other.onTheWay -= piece.count
                if other.isClosed { return answerWithReset(other) }
                if other.wasReset { return }
                other.inbox.append(contentsOf: piece)
                other.notify()
            }
            start = stop
        }
    }

    func shutWrite(_ end: SimEnd) {
        guard !end.hasShutWrite, !end.wasReset, let other = end.other else { return }
        end.hasShutWrite = true
        arrange(for: other) {
            if other.isClosed || other.wasReset { return }
            other.hasEnd = true
            other.notify()
        }
    }

    /// As the kernel does it: octets that nobody read make the goodbye a reset.
    func close(_ end: SimEnd) {
        guard !end.isClosed else { return }
        trace.note(clock.now, "closed", end.id)
        let isUnread = !end.inbox.isEmpty
        end.isClosed = true
        openEnds -= 1
        guard let other = end.other, !other.isClosed else { return }
        if !end.isConnected { return discard(other) }
        if end.wasReset { return }
        if isUnread { return arrange(for: other) { [self] in markReset(other) } }
        if !end.hasShutWrite {
            end.hasShutWrite = true
            arrange(for: other) {
                if other.isClosed || other.wasReset { return }
                other.hasEnd = true
                other.notify()
            }
        }
    }

    /// Cuts the connection from this end.
    func reset(_ end: SimEnd) {
        guard !end.isClosed else { return }
        end.isClosed = true
        openEnds -= 1
        guard let other = end.other else { return }
        arrange(for: other) { [self] in markReset(other) }
    }

    /// The gateway's process is gone: nothing that is on the way arrives any more.
    func cut(_ end: SimEnd) {
        guard !end.isClosed else { return }
        end.wasTampered = true
        end.isClosed = true
        openEnds -= 1
        end.other?.wasTampered = true
        guard let other = end.other else { return }
        if end.isConnected { markReset(other) } else { discard(other) }
    }

    func cut(_ listener: SimListener) {
        listener.queue.forEach(cut)
        close(listener)
    }

    /// The kernel had no descriptor for a caller.
    func turnAway(_ end: SimEnd) {
        end.wasTampered = true
        end.other?.wasTampered = true
        reset(end)
    }

    private func answerWithReset(_ closed: SimEnd) {
        guard let sender = closed.other else { return }
        after(latency()) { [self] in markReset(sender) }
    }

    private func markReset(_ end: SimEnd) {
        guard !end.isClosed, !end.wasReset else { return }
        end.wasReset = true
        end.inbox = []
        end.notify()
    }

    /// Nothing overtakes anything on its way to one end.
    private func arrange(for end: SimEnd, _ action: @escaping () -> Void) {
        let at = max(clock.now + latency(), end.lastArrival)
        end.lastArrival = at
        queue.add(at: at, action)
    }

    /// The reader took octets: the writer may go on.
    func roomMade(for writer: SimEnd?) {
        guard let writer, !writer.isClosed else { return }
        if let owner = writer.owner { owner.somethingHappened() } else { pump(writer) }
    }
}
