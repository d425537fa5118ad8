// One gateway process of the simulated world: real loop assemblies over the embedded store on the simulated disk. The
// store's writer and compactor run when the world lets them, as their threads do when the kernel lets them.

@testable import LolaCore

final class SimProcess {
    struct Room {
        let assembly: LoopAssembly
        let net: SimNet
        var isOver = false
        /// The machine gives this thread no time before: it sleeps on in its wait.
        var heldUntil = Instant(nanoseconds: 0)
    }

    /// What the process is made of, apart from its place in the story.
    struct Machine {
        let settings: Settings
        let clock: SimClock
        let network: SimNetwork
        let disk: SimDisk
        /// The folder of the audit trail.
        let auditDisk: SimDisk
        let weather: SimDiskWeather
        let sizes: JournalSizes
        let trace: SimTrace
    }

    /// 0 for the first one.
    let generation: Int
    let shared: SharedParts
    let lines = SimLines()
    let journal: Journal
    /// What recovery found, and whether the index key was there.
    let report: JournalReport
    let origin: IndexKey.Origin
    /// Messages that the process found in the queue.
    let recovered: Set<RecordID>
    /// Messages whose end was written and then taken back when a segment was abandoned: it may stand on disk.
    private(set) var finishing: Set<RecordID> = []
    let publicPort: UInt16
    var rooms: [Room] = []
    private(set) var isAlive = true
    /// Entities of each loop before anybody called: the listeners.
    private let baseEntities: [Int]
    private let baseActions: [Int]

    private let machine: Machine
    private let random: SimRandom
    private let writer: JournalWriter
    private let compactor: JournalCompactor
    private let writerWaker = SimWaker()
    private let compactorWaker = SimWaker()
    private var writerSleeps = false
    private var compactorSleeps = true
    private let auditWriter: AuditWriter
    private let auditWaker = SimWaker()
    private var auditSleeps = false
    /// What the trail of the processes before is found to be at the start of this one.
    let auditFound: AuditVerification

    init(_ generation: Int, _ machine: Machine, loops: Int, random: SimRandom) throws {
        self.generation = generation
        self.machine = machine
        self.random = random
        let clock = machine.clock
        let wakers = (0..<loops).map { _ in SimWaker() }
        let opened = try EmbeddedStore.open(
            machine.disk, at: clock.wall,
            wakers: .init(loops: wakers, writer: writerWaker, compactor: compactorWaker), sizes: machine.sizes)
        let journal = opened.journal
        let writer = JournalWriter(journal, disk: machine.disk, clock: clock, segment: opened.segment)
        compactor = JournalCompactor(journal, disk: machine.disk, clock: clock)
        recovered = Set((0..<loops).flatMap { journal.entries(of: $0) }.map(\.key.id))
        let entropy = SimEntropy(random.fork())
        let keys = try SealKeys(machine.settings.data.keys, entropy: entropy)
        let index = try IndexKey.find(keys: keys, entropy: entropy) {
            Self.ask($0, JournalStore(journal, loop: 0), writer, clock)
        }
        let secret = try index.pseudonymKey()
        let memory = try AuditMemory.find(configured: [], index: index.secret, gateway: "embedded") {
            Self.ask($0, JournalStore(journal, loop: 0), writer, clock)
        }
        let trail = AuditTrail(loops: wakers, writer: auditWaker)
        let auditKeys = try AuditKeys(memory.secrets)
        auditFound = try AuditVerification.run(
            SimDisk(files: machine.auditDisk.files), auditKeys, heads: memory.known.map { [$0] } ?? [])
        auditWriter = AuditWriter(
            trail, disk: machine.auditDisk, clock: clock, keys: auditKeys, known: memory.known,
            segmentMax: .kibibytes(1))
        let directory = LoopDirectory(mailboxes: wakers.map { Mailbox(waker: $0) })
        shared = SharedParts(
            settings: machine.settings, log: Log(sink: lines, threshold: .debug), health: Health(loopCount: loops),
            store: .embedded(journal), messages: MessageLog(), backlog: Backlog(), doubts: DoubtCount(),
            counters: (0..<loops).map { _ in Counters() },
            directory: directory,
            trust: TrustDelivery(wakers: wakers), ticketKey: SecretBytes([UInt8](repeating: 7, count: 48)),
            jwks: try KeySet.jwks(machine.settings.session), started: clock.now,
            pseudonymKey: secret,
            audit: OpenAudit(trail: trail, shelf: AuditShelf(loop: wakers[0], reader: SimWaker()), memory: memory),
            alerts: AlertBoard(loop: wakers[0]), anomalies: AnomalyCounters(), descriptorsMax: 4_096,
            crashPage: { _ in nil }, console: nil,
            guardState: try LoopGuard.state(machine.settings, secret: secret),
            agents: AgentMemory(machine.settings), mcp: MCPSessions(directory))
        var port: UInt16 = 8_080
        for number in 0..<loops {
            let net = SimNet(machine.network, waker: wakers[number])
            let assembly = try LoopAssembly(
                number: number, clock: clock, net: net, entropy: SimEntropy(random.fork()), shared: shared)
            port = try assembly.listen(publicPort: port, isFirst: number == 0).public
            rooms.append(Room(assembly: assembly, net: net))
        }
        publicPort = port
        baseEntities = rooms.map { $0.assembly.loop.entityCount }
        baseActions = rooms.map { $0.assembly.loop.actionCount }
        report = opened.report
        origin = index.origin
        self.journal = journal
        self.writer = writer
        machine.network.after(.zero) { [self] in write() }
        machine.network.after(.zero) { [self] in audit() }
    }

    /// As the start of the daemon asks: the store is there, its thread runs, nobody else does.
    private static func ask(
        _ operation: StoreOperation, _ store: JournalStore, _ writer: JournalWriter, _ clock: SimClock
    ) -> StoreAnswer {
        var answer: StoreAnswer?
        store.submit(operation) { answer = $0 }
        for _ in 0..<8 {
            _ = store.deliver(at: clock.wall)
            if let answer { return answer }
            writer.step()
        }
        return answer ?? .unavailable
    }

    // MARK: What the checkers ask

    func sum(_ counter: Counter) -> Int { shared.counters.reduce(0) { $0 + $1.value(counter) } }

    func record(_ post: SimPost) -> MessageRecord? { shared.messages.find(MessageKey(bytes: [UInt8](text: post.key))) }

    func id(of post: SimPost) -> RecordID {
        RecordID(digest: HMACKey(.sha256, key: shared.pseudonymKey).code([UInt8](text: post.key)))
    }

    /// Messages in the queue as the process sees it, undecided changes included.
    var held: Set<RecordID> {
        Set((0..<rooms.count).flatMap { journal.entries(of: $0) }.map(\.key.id))
    }

    // MARK: The store's threads

    /// Lets sleeping threads begin a round when they were woken. True when one of them was.
    func wakeThreads() -> Bool {
        var isWoken = false
        if writerSleeps, writerWaker.isAwake {
            writerWaker.clear()
            writerSleeps = false
            isWoken = true
            after(machine.weather.pause(random)) { [self] in write() }
        }
        if compactorSleeps, compactorWaker.isAwake {
            compactorWaker.clear()
            compactorSleeps = false
            isWoken = true
            after(machine.weather.pause(random)) { [self] in compact() }
        }
        if auditSleeps, auditWaker.isAwake {
            auditWaker.clear()
            auditSleeps = false
            isWoken = true
            after(machine.weather.pause(random)) { [self] in audit() }
        }
        return isWoken
    }

    /// The thread of the audit trail.
    private func audit() {
        auditWriter.write()
        after(machine.weather.sync(random)) { [self] in
            auditWriter.commit()
            let status = shared.audit.trail.status
            machine.trace.note(machine.clock.now, "audit", Int(status.head.sequence), status.isOpen ? 1 : 0)
            switch shared.audit.trail.writerRest() {
            case .work: after(machine.weather.pause(random)) { [self] in audit() }
            case .sleep:
                auditSleeps = true
                guard let wakeAt = auditWriter.wakeAt else { return }
                after(wakeAt - machine.clock.now) { [self] in auditWaker.wake() }
            case .end: break
            }
        }
    }

    private func after(_ delay: Interval, _ action: @escaping () -> Void) {
        machine.network.after(delay) { [self] in if isAlive { action() } }
    }

    private func write() {
        if writer.wakeAt != nil {
            watched { writer.step() }
            return rest()
        }
        watched { writer.write() }
        after(machine.weather.sync(random)) { [self] in
            watched { writer.commit() }
            rest()
        }
    }

    private func rest() {
        let status = journal.status()
        machine.trace.note(machine.clock.now, "journal", Int(status.syncs), status.octets, status.isOpen ? 1 : 0)
        switch journal.writerRest() {
        case .work: after(machine.weather.pause(random)) { [self] in write() }
        case .sleep:
            writerSleeps = true
            guard let wakeAt = writer.wakeAt else { return }
            after(wakeAt - machine.clock.now) { [self] in writerWaker.wake() }
        case .end: break
        }
    }

    /// Notes whose end is taken back.
    private func watched(_ body: () -> Void) {
        guard machine.weather.canFail else { return body() }
        let before = held
        let count = journal.status().abandoned
        body()
        if journal.status().abandoned > count { finishing.formUnion(held.subtracting(before)) }
    }

    private func compact() {
        switch compactor.step() {
        case .working: after(machine.weather.pause(random)) { [self] in compact() }
        case .idle, .waiting: compactorSleeps = true
        }
    }

    // MARK: Ends

    /// An orderly end lets the writer have its last word.
    func end(isOrderly: Bool) {
        isAlive = false
        if isOrderly {
            shared.audit.trail.end()
            auditWriter.step()
            journal.end()
            writer.step()
            writer.close()
        }
        for room in rooms { room.net.abandon() }
    }

    func dismantle() {
        for room in rooms {
            room.net.abandon()
            room.assembly.loop.scratch = []
            room.assembly.loop.reading = LentBuffer()
            room.assembly.loop.writing = LentBuffer()
        }
        rooms = []
    }

    /// What SIGTERM does.
    func terminate() {
        shared.health.beginDrain()
        shared.directory.postAll(.drain)
    }

    var isOver: Bool { rooms.allSatisfy(\.isOver) }

    /// Connections and waits that should be gone some time after everything has settled, and are not.
    func openThings(descriptors: Int) -> [String] {
        var found: [String] = []
        for (number, room) in rooms.enumerated() {
            let loop = room.assembly.loop
            if loop.entityCount != baseEntities[number] {
                found.append("loop \(number) holds \(loop.entityCount) entities, \(baseEntities[number]) at the start")
            }
            if loop.actionCount != baseActions[number] {
                found.append("loop \(number) holds \(loop.actionCount) actions")
            }
            let open = room.assembly.server.publicConnectionCount
            if open != 0 { found.append("loop \(number) holds \(open) public connections") }
        }
        let listeners = baseEntities.reduce(0, +)
        if descriptors != listeners { found.append("\(descriptors) descriptors open, \(listeners) listeners") }
        return found
    }

    /// Work that should be done, and is not.
    func unfinished() -> [String] {
        var found: [String] = []
        if shared.backlog.count != 0 { found.append("backlog \(shared.backlog.count)") }
        if !shared.doubts.isEmpty { found.append("a doubt") }
        if !held.isEmpty { found.append("\(held.count) messages in the queue") }
        var cursor = SnapshotCursor()
        while true {
            let piece = journal.piece(&cursor, at: machine.clock.wall).changes
            if piece.isEmpty { return found }
            for case .set(let key, _, _) in piece where key.room == .outbox || key.room == .progress {
                found.append("a record in room \(key.room)")
            }
        }
    }
}

/// How the disk behaves. Chances are per thousand.
struct SimDiskWeather {
    /// Of any call that changes something.
    var faults = 0
    /// Of any other call.
    var readFaults = 0
    var longSyncs = 0
    var syncMax = 20
    var fillsUp = false

    var canFail: Bool { faults > 0 || readFaults > 0 || fillsUp }

    /// Until a thread that was woken gets to its work.
    func pause(_ random: SimRandom) -> Interval { random.milliseconds(0, 2) }

    func sync(_ random: SimRandom) -> Interval {
        random.chance(longSyncs) ? random.milliseconds(100, 4_000) : random.milliseconds(0, syncMax)
    }

    func fault(_ call: SimDisk.Call, _ random: SimRandom) -> DiskFault? {
        switch call {
        case .write, .sync, .create, .syncDirectory, .rename, .truncate:
            random.chance(faults) ? random.pick([.io, .io, .full]) : nil
        case .remove: random.chance(faults) ? .io : nil
        case .names, .open, .size, .read: random.chance(readFaults) ? .io : nil
        case .lock: nil
        }
    }
}
