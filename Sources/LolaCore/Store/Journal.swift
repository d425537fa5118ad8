// The embedded store as all threads share it: one table, one lock. Loops put operations in and take verdicts out, the
// writer takes everything that waits at once (group commit), the compactor reads the table a piece at a time.
// Nothing here touches the disk, and nobody is woken under the lock.
internal import Synchronization

/// What a loop asks of the journal, and who waits for it.
struct JournalRequest {
    let operation: StoreOperation
    let completion: (StoreAnswer) -> Void
}

final class Journal: Sendable {
    private let state: Mutex<JournalState>
    private let loops: [any Waker]
    private let writer: any Waker
    private let compactor: any Waker
    let sizes: JournalSizes
    /// Sequence number of the last entry that an earlier process appended.
    let recovered: UInt64
    private let events = Mutex<[JournalEvent]>([])
    private let epochFound = Mutex<[UInt8]>([])

    /// - Parameters:
    ///   - table: what the recovery made.
    ///   - segments: those the next start would read, the open one last.
    ///   - loops: one waker per loop; told when an answer of theirs is decided.
    init(
        table: StoreTable, segments: [JournalSegment], loops: [any Waker], writer: any Waker, compactor: any Waker,
        sizes: JournalSizes = JournalSizes()
    ) {
        state = Mutex(JournalState(table: table, loops: loops.count, segments: segments, sizes: sizes))
        self.sizes = sizes
        recovered = table.sequence
        self.loops = loops
        self.writer = writer
        self.compactor = compactor
    }

    /// Of the records (StoreEpoch); noted once, before the loops start.
    var epoch: [UInt8] { epochFound.withLock { $0 } }
    func note(epoch: [UInt8]) { epochFound.withLock { $0 = epoch } }

    // MARK: Loops

    /// Applies operations in order, and takes the verdicts that have come for the loop.
    func exchange(
        _ loop: Int, _ requests: [JournalRequest], at now: WallTime, _ outcomes: inout [JournalOutcome],
        _ verdicts: inout [JournalVerdict]
    ) {
        let requests = requests.span
        var next = 0
        repeat {
            // A few at a time, so that other loops do not wait for all of a long round.
            let end = min(requests.count, next + Limits.journalExchangeStep)
            let wakes = state.withLock { state in
                state.takeVerdicts(loop, into: &verdicts)
                while next < end {
                    outcomes.append(state.apply(requests[next].operation, loop: loop, at: now))
                    next += 1
                }
                return state.wakeWriter()
            }
            if wakes { writer.wake() }
        } while next < requests.count
    }

    /// Inbound entries of the loop's lanes, in order, those up to a sequence number.
    func entries(of loop: Int, through last: UInt64 = .max) -> [QueueEntry] {
        state.withLock { $0.table.inboundEntries(through: last) }
            .filter { Int($0.lane.number) % loops.count == loop }
    }

    // MARK: Writer

    /// Moves what waits into `batch`, which comes empty. False when there is nothing.
    func take(into batch: inout JournalBatch, at now: Instant) -> Bool {
        state.withLock { state in
            guard state.take(into: &batch) else { return false }
            if state.status.undurableSince == nil { state.status.undurableSince = now }
            return true
        }
    }

    /// Everything taken is durable, the open segment has so many octets. `spent` comes and goes empty; it keeps its
    /// memory for the next time.
    func commit(octets: Int, took: Interval, at now: Instant, spent: inout [StoreUndo]) {
        var wakes: [Int] = []
        let wakesCompactor = state.withLock { state in
            state.commit(spent: &spent, wakes: &wakes)
            state.grow(to: octets)
            state.status.undurableSince = nil
            state.status.lastSync = took
            state.status.syncs += 1
            return state.compaction.isRunning || state.isCompactionDue(at: now)
        }
        spent.removeAll(keepingCapacity: true)
        for loop in wakes { loops[loop].wake() }
        if wakesCompactor { compactor.wake() }
    }

    /// The open segment cannot be trusted any more: everything undecided is taken back and answered `.unavailable`,
    /// and so is what comes until `open`.
    func abandon(segment: UInt64, _ fault: DiskFault) {
        var wakes: [Int] = []
        let undone = state.withLock { state in
            let undone = state.given - state.decided
            state.abandon(wakes: &wakes)
            state.status.undurableSince = nil
            state.status.abandoned += 1
            return undone
        }
        tell(.abandoned(segment: segment, fault, undone: undone))
        for loop in wakes { loops[loop].wake() }
        compactor.wake()
    }

    /// A new segment stands.
    func open(_ segment: JournalSegment) {
        state.withLock { state in
            state.open(segment)
            state.compaction.wantsSegment = false
        }
        compactor.wake()
    }

    var wantsSegment: Bool { state.withLock { $0.compaction.wantsSegment } }

    /// What the writer does after a round. When it sleeps it will be woken.
    func writerRest() -> JournalRest {
        state.withLock { state in
            if state.hasWork { return .work }
            state.writerSleeps = !state.isEnding
            return state.isEnding ? .end : .sleep
        }
    }

    // MARK: Compactor

    /// Has the journal compacted as soon as it can be: what was removed before is then in no file any more. One that
    /// runs already does not count, for it may have copied what is gone.
    func requestCompaction() {
        state.withLock { $0.compaction.isOwed = true }
        compactor.wake()
    }

    /// How long the compactor may sleep unless it is woken; nil when it need not wake by itself.
    var compactorRest: Interval? {
        state.withLock { $0.compaction.isOwed ? Limits.journalCompactionWait : nil }
    }

    /// True when the journal has become long, or `isWanted`; then the writer makes a new segment.
    func beginCompaction(at now: Instant, isWanted: Bool) -> UInt64? {
        let epoch = state.withLock { state -> UInt64? in
            guard state.isOpen, isWanted || state.isCompactionDue(at: now) else { return nil }
            state.compaction.isRunning = true
            state.compaction.wasOwed = state.compaction.isOwed
            state.compaction.isOwed = false
            state.compaction.wantsSegment = true
            state.writerSleeps = false
            return state.epoch
        }
        if epoch != nil { writer.wake() }
        return epoch
    }

    /// The segment that was made for the compaction; nil while it is not there.
    func segmentForCompaction() -> (number: UInt64, octetsBefore: Int)? {
        state.withLock { state in
            guard !state.compaction.wantsSegment, let last = state.segments.last else { return nil }
            return (last.number, state.octets)
        }
    }

    /// What a piece of a snapshot holds, and the last place whose effects may be in it.
    func piece(_ cursor: inout SnapshotCursor, at now: WallTime) -> (changes: [StoreChange], given: UInt64) {
        state.withLock { state in
            (state.table.snapshot(&cursor, limit: sizes.snapshotStep, at: now), state.given)
        }
    }

    /// Where the disk is: everything up to `decided` has a verdict; `epoch` counts segments abandoned.
    func progress() -> (epoch: UInt64, decided: UInt64) { state.withLock { ($0.epoch, $0.decided) } }

    /// A snapshot stands for everything before segment `number`.
    func compacted(before number: UInt64) {
        state.withLock { state in
            state.forget(before: number)
            state.compaction.isRunning = false
            state.compaction.wasOwed = false
            state.status.compactions += 1
        }
    }

    func compactionFailed(notBefore: Instant) {
        state.withLock { state in
            let isOwed = state.compaction.isOwed || state.compaction.wasOwed
            state.compaction = JournalCompaction(isOwed: isOwed, notBefore: notBefore)
        }
    }

    // MARK: Operators

    func status() -> JournalStatus { state.withLock { $0.summary } }

    /// What happened since the last call. Kept short: when nobody asks, the oldest go.
    func takeEvents() -> [JournalEvent] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }

    func tell(_ event: JournalEvent) {
        events.withLock { events in
            if events.count >= Limits.journalEventsMax { events.removeFirst() }
            events.append(event)
        }
    }

    /// Ends writer and compactor; what waits is still written.
    func end() {
        state.withLock { state in
            state.isEnding = true
            state.writerSleeps = false
        }
        writer.wake()
        compactor.wake()
    }

    var isEnding: Bool { state.withLock { $0.isEnding } }
}

enum JournalRest: Sendable {
    case work
    case sleep
    case end
}

extension JournalState {
    /// True when the writer sleeps although there is work; it counts as awake from then on.
    fileprivate mutating func wakeWriter() -> Bool {
        guard writerSleeps, hasWork else { return false }
        writerSleeps = false
        return true
    }

    fileprivate var hasWork: Bool { hasPending || compaction.wantsSegment && isOpen }

    fileprivate func isCompactionDue(at now: Instant) -> Bool {
        !compaction.isRunning && now >= compaction.notBefore && isOpen && (isLong || compaction.isOwed)
    }

    fileprivate var summary: JournalStatus {
        var status = status
        status.undecided = given - decided
        status.isOpen = isOpen
        status.segments = segments.count
        status.octets = octets
        status.liveOctets = liveOctets
        status.liveRecords = table.count
        status.isCompacting = compaction.isRunning
        return status
    }
}
