// The whole daemon on one thread under a virtual clock: one gateway process after the other over one simulated network
// and one simulated disk. Time moves only when nobody has anything left to do.

@testable import LolaCore

/// How a simulated run can go wrong apart from the checkers.
struct SimFailure: Error, CustomStringConvertible {
    let description: String
}

final class SimWorld {
    /// How a process ends.
    enum End {
        /// SIGKILL: what was written is there.
        case killed
        /// What was not synced may be gone.
        case powerCut
        /// SIGTERM: everything in hand was finished.
        case drained
        /// SIGTERM, and the time was up before everything was finished.
        case drainedLate
    }

    let clock: SimClock
    let random: SimRandom
    let trace: SimTrace
    let network: SimNetwork
    let disk: SimDisk
    let auditDisk: SimDisk
    let diskWeather: SimDiskWeather
    /// All processes so far; the last one may be dead.
    private(set) var processes: [SimProcess] = []
    /// How each dead one ended.
    private(set) var ends: [End] = []
    var onStart: (SimProcess) -> Void = { _ in }
    var onEnd: (SimProcess) -> Void = { _ in }
    /// What makes the rest of the run pointless.
    private(set) var failure: SimFailure?
    private(set) var failedStarts = 0
    /// Nil when every process has another number.
    private let loops: Int?
    private let machine: SimProcess.Machine
    private var drainBegan: Instant?
    /// When somebody outside could last notice that a process ended or was not there.
    private var disturbedAt = Instant(nanoseconds: 0)
    /// Rounds since the virtual second `second` began; a loop that spins has very many.
    private var rounds = (second: Int64(0), count: 0)
    private(set) var isSpinning = false

    init(
        seed: UInt64, loops: Int? = nil, weather: SimWeather, disk diskWeather: SimDiskWeather = SimDiskWeather(),
        environment: [String: String],
        trace sink: ((String) -> Void)? = nil
    ) throws {
        let random = SimRandom(seed: seed)
        let clock = SimClock()
        let trace = SimTrace(sink)
        let network = SimNetwork(clock: clock, random: random.fork(), trace: trace)
        let disk = SimDisk(seed: random.word())
        let auditDisk = SimDisk(seed: random.word())
        let sizes = JournalSizes(
            segmentMax: .kibibytes(random.pick([4, 16, 64])), compactionMin: .kibibytes(random.pick([8, 32, 128])),
            segmentsMax: random.pick([2, 4, 16]), snapshotStep: random.pick([1, 4, 64]),
            snapshotSyncStep: .kibibytes(4))
        machine = SimProcess.Machine(
            settings: try SimSettings.load(environment), clock: clock, network: network, disk: disk,
            auditDisk: auditDisk, weather: diskWeather, sizes: sizes, trace: trace)
        self.loops = loops
        (self.random, self.clock, self.trace, self.network) = (random, clock, trace, network)
        (self.disk, self.auditDisk, self.diskWeather) = (disk, auditDisk, diskWeather)
        // The first start is not under test here: it happens in good weather.
        start()
        if let failure { throw failure }
        network.weather = weather
        let chance = random.fork()
        disk.trouble = { diskWeather.fault($0, chance) }
        let auditChance = random.fork()
        auditDisk.trouble = { diskWeather.fault($0, auditChance) }
    }

    // MARK: The process

    /// The one that runs.
    var process: SimProcess? { processes.last.flatMap { $0.isAlive ? $0 : nil } }
    /// How many processes came before the last one.
    var generation: Int { processes.count - 1 }
    var shared: SharedParts { processes[generation].shared }
    var lines: SimLines { processes[generation].lines }
    var publicPort: UInt16 { processes[0].publicPort }
    func sum(_ counter: Counter) -> Int { processes.reduce(0) { $0 + $1.sum(counter) } }

    /// A gateway process as the machine starts it, again and again until it stays up.
    private func start() {
        do {
            let own = random.fork()
            let made = try SimProcess(processes.count, machine, loops: loops ?? random.between(1, 3), random: own)
            trace.note(clock.now, "started", made.generation, made.rooms.count, made.recovered.count)
            processes.append(made)
            onStart(made)
        } catch {
            disk.endProcess()
            auditDisk.endProcess()
            failedStarts += 1
            trace.text(clock.now, "not started", "\(error)")
            guard diskWeather.canFail, !processes.isEmpty else {
                return failure = SimFailure(description: "the gateway does not start: \(error)")
            }
            network.after(random.milliseconds(500, 3_000)) { [self] in start() }
        }
    }

    /// The end of the running process; another one is started after a while.
    func end(_ way: End) {
        guard let process else { return }
        trace.note(clock.now, "ended", process.generation)
        process.end(isOrderly: way == .drained || way == .drainedLate)
        ends.append(way)
        drainBegan = nil
        for disk in [disk, auditDisk] {
            if way == .powerCut { disk.cutPower() } else { disk.endProcess() }
        }
        onEnd(process)
        network.after(random.milliseconds(20, random.chance(200) ? 8_000 : 600)) { [self] in start() }
    }

    /// What SIGTERM does.
    func terminate() {
        guard let process, drainBegan == nil else { return }
        trace.note(clock.now, "terminate")
        drainBegan = clock.now
        disturbedAt = clock.now
        process.terminate()
    }

    var isDraining: Bool { drainBegan != nil }

    /// Whether somebody who came at `moment` may have met a gateway that was going, gone or coming.
    func wasDisturbed(since moment: Instant) -> Bool {
        process == nil || isDraining || disturbedAt >= moment
    }

    // MARK: Time

    /// Runs until `isDone`, or throws when virtual time `limit` comes first.
    func run(until limit: Instant, _ what: String, isDone: () -> Bool) throws {
        while !isDone() {
            if step(until: limit) { continue }
            if let failure { throw failure }
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
        if isSpinning || failure != nil { return false }
        if network.runDue() { return true }
        let process = process
        if process == nil { disturbedAt = clock.now }
        if let process, process.wakeThreads() { return true }
        let now = clock.now
        var next = network.queue.next ?? .distantFuture
        if let process {
            var runnable: [Int] = []
            for (number, room) in process.rooms.enumerated() where !room.isOver {
                let isRunnable = room.net.isRunnable
                if isRunnable, room.heldUntil <= now { runnable.append(number) }
                next = min(next, isRunnable ? room.heldUntil : max(room.net.sleepsUntil, room.heldUntil))
            }
            if !runnable.isEmpty {
                round(process, runnable[runnable.count == 1 ? 0 : random.below(runnable.count)])
                return clock.now < limit
            }
        }
        guard next < limit else {
            clock.advance(to: limit)
            return false
        }
        clock.advance(to: next)
        return true
    }

    private func round(_ process: SimProcess, _ chosen: Int) {
        watchForSpinning()
        if random.chance(network.weather.pauses) {
            process.rooms[chosen].heldUntil = clock.now + random.milliseconds(1, 150)
            return
        }
        // Work takes time, so that a stale clock would show.
        clock.advance(to: clock.now + .microseconds(Int64(random.between(1, 30))))
        if process.rooms[chosen].assembly.round() { return }
        process.rooms[chosen].isOver = true
        process.rooms[chosen].assembly.end()
        trace.note(clock.now, "over", chosen)
        if process.isOver { drained(process) }
    }

    private func drained(_ process: SimProcess) {
        let took = clock.now - (drainBegan ?? clock.now)
        let isLate = took >= .milliseconds(24_900)
        let busy = process.shared.backlog.busyCount
        if !isLate, busy != 0 { failure = SimFailure(description: "stopped early with \(busy) in hand") }
        if took > .milliseconds(25_500) { failure = SimFailure(description: "a drain took \(took.inMilliseconds) ms") }
        end(isLate ? .drainedLate : .drained)
    }

    /// Readiness that nobody answers would keep a loop awake for ever: a busy second has some thousand rounds.
    private func watchForSpinning() {
        let second = clock.now.nanoseconds / 1_000_000_000
        rounds = (second, second == rounds.second ? rounds.count + 1 : 0)
        if rounds.count > 20_000 { isSpinning = true }
    }

    // MARK: After settling

    /// Lets go of what would keep the world alive: thousands of them are made in one process.
    func dismantle() {
        onStart = { _ in }
        onEnd = { _ in }
        disk.trouble = nil
        auditDisk.trouble = nil
        for process in processes { process.dismantle() }
        processes = []
        network.dismantle()
    }

    /// What should be gone and is not.
    func leftovers(isEmpty: Bool) -> [String] {
        guard let process else { return ["no process"] }
        let found = (isEmpty ? process.openThings(descriptors: network.openDescriptors) : []) + process.unfinished()
        return isSpinning ? found + ["a loop that never sleeps"] : found
    }
}
