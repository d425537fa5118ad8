// What the journal's lock guards: the table, the effects that wait for the disk with what takes them back, who waits
// for which of them, and what is known of segments. A value; every operation on it is short.

/// What became of operations: of all up to `through` that no earlier verdict decided.
struct JournalVerdict: Hashable, Sendable {
    let through: UInt64
    let isDurable: Bool
}

/// The answer to an operation, and the place in the journal that must be decided before it may be given.
struct JournalOutcome: Hashable, Sendable {
    let answer: StoreAnswer
    /// 0 when the answer may be given at once.
    let waitsFor: UInt64

    static let unavailable = JournalOutcome(answer: .unavailable, waitsFor: 0)
}

/// Effects on their way to the disk. One operation is one record: its changes last together or not at all.
struct JournalBatch: Sendable {
    private static let kept = 16_384

    var changes: [StoreChange] = []
    /// Where the changes of each operation end.
    var ends: [Int] = []
    /// The place of the last operation.
    var through: UInt64 = 0

    /// Keeps some memory for the next time.
    mutating func clear() {
        if changes.capacity > Self.kept { changes = [] }
        if ends.capacity > Self.kept { ends = [] }
        changes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }
}

/// A segment as the writer knows it.
struct JournalSegment: Hashable, Sendable {
    let number: UInt64
    /// Octets in it that are durable.
    var octets: Int
}

/// What decides when a journal goes on to another file or refuses; smaller in tests.
struct JournalSizes: Sendable {
    var segmentMax = Limits.journalSegmentMax
    var waitingMax = Limits.journalWaitingMax
    var compactionMin = Limits.journalCompactionMin
    var segmentsMax = Limits.journalSegmentsMax
    var snapshotStep = Limits.journalSnapshotStep
    var snapshotSyncStep = Limits.journalSnapshotSyncStep
}

struct JournalState: Sendable {
    private struct Viewer: Sendable {
        /// The latest place that this loop waits for.
        var newest: UInt64 = 0
        var verdicts: [JournalVerdict] = []
    }

    var table: StoreTable
    /// Not yet taken by the writer.
    private var pending = JournalBatch()
    private var pendingUndo: [StoreUndo] = []
    private var pendingOctets = 0
    /// Taken by the writer and not yet decided.
    private var flyingUndo: [StoreUndo] = []
    private var flyingOctets = 0
    private(set) var given: UInt64 = 0
    private(set) var taken: UInt64 = 0
    private(set) var decided: UInt64 = 0
    private var viewers: [Viewer]

    private(set) var isOpen = true
    /// How many segments were abandoned: what was read under another epoch may have been taken back since.
    private(set) var epoch: UInt64 = 0
    var isEnding = false
    var writerSleeps = false
    var status = JournalStatus()
    var compaction = JournalCompaction()
    /// Since the newest snapshot, oldest first; the last one is written to.
    private(set) var segments: [JournalSegment]
    private let sizes: JournalSizes

    init(table: StoreTable, loops: Int, segments: [JournalSegment], sizes: JournalSizes) {
        self.table = table
        self.segments = segments
        self.sizes = sizes
        viewers = Array(repeating: Viewer(), count: loops)
    }

    // MARK: Loops

    mutating func takeVerdicts(_ loop: Int, into verdicts: inout [JournalVerdict]) {
        if viewers[loop].verdicts.isEmpty { return }
        verdicts.append(contentsOf: viewers[loop].verdicts)
        viewers[loop].verdicts.removeAll(keepingCapacity: true)
    }

    mutating func apply(_ operation: StoreOperation, loop: Int, at now: WallTime) -> JournalOutcome {
        switch operation {
        case .get, .list:
            let answer = table.apply(operation, at: now, changes: &pending.changes, undo: &pendingUndo)
            return JournalOutcome(answer: answer, waitsFor: 0)
        default:
            break
        }
        guard isOpen, pendingOctets + flyingOctets < sizes.waitingMax.bytes else { return .unavailable }
        let (known, undoKnown) = (pending.changes.count, pendingUndo.count)
        let answer = table.apply(operation, at: now, changes: &pending.changes, undo: &pendingUndo)
        if answer == .unavailable { return .unavailable }
        if pending.changes.count > known {
            var octets = 0
            for place in known..<pending.changes.count { octets += pending.changes[place].octetsMax }
            if octets > Limits.journalRecordMax.bytes {
                table.revert(Array(pendingUndo[undoKnown...]))
                pendingUndo.removeSubrange(undoKnown...)
                pending.changes.removeSubrange(known...)
                return .unavailable
            }
            given += 1
            pending.ends.append(pending.changes.count)
            pendingOctets += octets
        } else if given == decided {
            return JournalOutcome(answer: answer, waitsFor: 0)
        }
        // Without an effect of its own the answer tells of what others did: it holds once theirs is durable.
        viewers[loop].newest = given
        return JournalOutcome(answer: answer, waitsFor: given)
    }

    // MARK: Writer

    /// Moves what waits into `batch`, which comes empty. False when there is nothing.
    mutating func take(into batch: inout JournalBatch) -> Bool {
        if pending.ends.isEmpty { return false }
        swap(&pending, &batch)
        batch.through = given
        taken = given
        if flyingUndo.isEmpty {
            swap(&flyingUndo, &pendingUndo)
        } else {
            flyingUndo.append(contentsOf: pendingUndo)
            pendingUndo.removeAll(keepingCapacity: true)
        }
        flyingOctets += pendingOctets
        pendingOctets = 0
        return true
    }

    var hasPending: Bool { !pending.ends.isEmpty }

    /// Everything taken is durable. `spent` comes empty and goes with what needs not be taken back any more, so that
    /// it is freed outside of the lock; `wakes` gets the loops that wait for it.
    mutating func commit(spent: inout [StoreUndo], wakes: inout [Int]) {
        swap(&spent, &flyingUndo)
        flyingOctets = 0
        decide(JournalVerdict(through: taken, isDurable: true), &wakes)
    }

    /// Takes back everything undecided, newest first. Nothing new is taken until `reopen`.
    mutating func abandon(wakes: inout [Int]) {
        table.revert(pendingUndo)
        table.revert(flyingUndo)
        pending = JournalBatch()
        pendingUndo = []
        flyingUndo = []
        pendingOctets = 0
        flyingOctets = 0
        taken = given
        isOpen = false
        epoch += 1
        decide(JournalVerdict(through: given, isDurable: false), &wakes)
    }

    private mutating func decide(_ verdict: JournalVerdict, _ wakes: inout [Int]) {
        for loop in viewers.indices where viewers[loop].newest > decided {
            if viewers[loop].verdicts.last?.isDurable == verdict.isDurable { viewers[loop].verdicts.removeLast() }
            viewers[loop].verdicts.append(verdict)
            wakes.append(loop)
        }
        decided = verdict.through
    }

    // MARK: Segments

    /// The newest segment has so many durable octets.
    mutating func grow(to octets: Int) {
        if let last = segments.indices.last { segments[last].octets = octets }
    }

    /// A fresh segment is there: changes are taken (again).
    mutating func open(_ segment: JournalSegment) {
        segments.append(segment)
        isOpen = true
    }

    /// A snapshot stands for everything before segment `number`.
    mutating func forget(before number: UInt64) { segments.removeAll { $0.number < number } }

    /// Octets to read at the next start beside the snapshot.
    var octets: Int { segments.reduce(0) { $0 + $1.octets } }
    /// About what a snapshot would take now.
    var liveOctets: Int { table.octets + table.claimCount * StoreChange.frameMax }

    /// The journal is much longer than what it says.
    var isLong: Bool {
        segments.count > sizes.segmentsMax
            || octets > max(sizes.compactionMin.bytes, Limits.journalCompactionFactor * liveOctets)
    }
}

extension StoreChange {
    /// What a change takes in a journal beside its value, with the head of its record.
    static let frameMax = 48

    /// At most what the change takes in a journal.
    var octetsMax: Int {
        switch self {
        case .set(_, let value, _): Self.frameMax + value.count
        case .entry(let entry, _): Self.frameMax + entry.value.count
        case .claim, .remove: Self.frameMax
        }
    }
}
