// The whole daemon on one thread under a virtual clock: N real loop assemblies over one simulated network. Time
// moves only when nobody has anything left to do.

@testable import LolaCore

/// How a simulated run can go wrong apart from the checkers.
struct SimFailure: Error, CustomStringConvertible {
    let description: String
}

final class SimWorld {
    struct Room {
        let assembly: LoopAssembly
        let net: SimNet
        var isOver = false
        /// The machine gives this thread no time before: it sleeps on in its wait.
        var heldUntil = Instant(nanoseconds: 0)
    }

    let clock = SimClock()
    let random: SimRandom
    let trace: SimTrace
    let network: SimNetwork
    let lines = SimLines()
    let shared: SharedParts
    let publicPort: UInt16
    private(set) var rooms: [Room] = []
    /// Rounds since the virtual second `second` began; a loop that spins has very many.
    private var rounds = (second: Int64(0), count: 0)
    private(set) var isSpinning = false
    /// Entities of each loop before anybody called: the listeners.
    private let baseEntities: [Int]

    init(
        seed: UInt64, loops: Int, weather: SimWeather, environment: [String: String],
        trace sink: ((String) -> Void)? = nil
    ) throws {
        random = SimRandom(seed: seed)
        trace = SimTrace(sink)
        // Start-up is not under test here: the doors open in good weather.
        network = SimNetwork(clock: clock, random: random.fork(), trace: trace)
        let wakers = (0..<loops).map { _ in SimWaker() }
        let settings = try SimSettings.load(environment)
        let directory = LoopDirectory(mailboxes: wakers.map { Mailbox(waker: $0) })
        shared = SharedParts(
            settings: settings, log: Log(sink: lines, threshold: .debug), health: Health(loopCount: loops),
            table: MemoryTable(), messages: MessageLog(), backlog: Backlog(),
            counters: (0..<loops).map { _ in Counters() }, directory: directory,
            trust: TrustDelivery(wakers: wakers),
            ticketKey: SecretBytes([UInt8](repeating: 7, count: 48)), jwks: try KeySet.jwks(settings.session),
            started: clock.now, pseudonymKey: SecretBytes([UInt8](repeating: 9, count: 32)), descriptorsMax: 4_096,
            console: nil)
        var port: UInt16 = 8_080
        for number in 0..<loops {
            let net = SimNet(network, waker: wakers[number])
            let assembly = try LoopAssembly(
                number: number, clock: clock, net: net, entropy: SimEntropy(random.fork()), shared: shared)
            port = try assembly.listen(publicPort: port, isFirst: number == 0).public
            rooms.append(Room(assembly: assembly, net: net))
        }
        publicPort = port
        baseEntities = rooms.map { $0.assembly.loop.entityCount }
        network.weather = weather
    }

    func sum(_ counter: Counter) -> Int { shared.counters.reduce(0) { $0 + $1.value(counter) } }

    /// Runs until `isDone`, or throws when virtual time `limit` comes first.
    func run(until limit: Instant, _ what: String, isDone: () -> Bool) throws {
        while !isDone() {
            if step(until: limit) { continue }
            throw SimFailure(description: isSpinning ? "a loop never sleeps: \(what)" : "does not settle: \(what)")
        }
    }

    /// Runs for a span of virtual time.
    func run(for span: Interval) {
        let limit = clock.now + span
        while step(until: limit) {}
    }

    /// One scheduling decision. False when nothing is left to do before `limit`; the clock then stands at it.
    private func step(until limit: Instant) -> Bool {
        if isSpinning { return false }
        if network.runDue() { return true }
        let runnable = rooms.indices.filter { number in
            let room = rooms[number]
            return !room.isOver && room.heldUntil <= clock.now && room.net.isRunnable
        }
        if !runnable.isEmpty {
            let chosen = runnable[runnable.count == 1 ? 0 : random.below(runnable.count)]
            watchForSpinning()
            if random.chance(network.weather.pauses) {
                rooms[chosen].heldUntil = clock.now + random.milliseconds(1, 150)
                return true
            }
            // Work takes time, so that a stale clock would show.
            clock.advance(to: clock.now + .microseconds(Int64(random.between(1, 30))))
            if !rooms[chosen].assembly.round() {
                rooms[chosen].isOver = true
                rooms[chosen].assembly.end()
                trace.note(clock.now, "over", chosen)
            }
            return clock.now < limit
        }
        var next = network.queue.next ?? .distantFuture
        for room in rooms where !room.isOver {
            next = min(next, room.net.isRunnable ? room.heldUntil : max(room.net.sleepsUntil, room.heldUntil))
        }
        guard next < limit else {
            clock.advance(to: limit)
            return false
        }
        clock.advance(to: next)
        return true
    }

    /// Readiness that nobody answers would keep a loop awake for ever: a busy second has some thousand rounds.
    private func watchForSpinning() {
        let second = clock.now.nanoseconds / 1_000_000_000
        rounds = (second, second == rounds.second ? rounds.count + 1 : 0)
        if rounds.count > 20_000 { isSpinning = true }
    }

    // MARK: Drain

    /// What SIGTERM does.
    func terminate() {
        trace.note(clock.now, "terminate")
        shared.health.beginDrain()
        shared.directory.postAll(.drain)
    }

    var isOver: Bool { rooms.allSatisfy(\.isOver) }

    // MARK: After settling

    /// What should be gone and is not.
    func leftovers() -> [String] {
        var found: [String] = []
        for (number, room) in rooms.enumerated() {
            let loop = room.assembly.loop
            if loop.entityCount != baseEntities[number] {
                found.append("loop \(number) holds \(loop.entityCount) entities, \(baseEntities[number]) at the start")
            }
            if loop.actionCount != 0 { found.append("loop \(number) holds \(loop.actionCount) actions") }
            let open = room.assembly.server.publicConnectionCount
            if open != 0 { found.append("loop \(number) holds \(open) public connections") }
        }
        let listeners = baseEntities.reduce(0, +)
        if network.openDescriptors != listeners {
            found.append("\(network.openDescriptors) descriptors open, \(listeners) listeners")
        }
        if isSpinning { found.append("a loop that never sleeps") }
        if shared.backlog.count != 0 { found.append("backlog \(shared.backlog.count)") }
        return found
    }
}
