// An embedded store on a disk in memory, with its loops' views, writer and compactor stepped by hand; and what is in a
// store, for comparison with a plain table that was told the same.
import Testing

@testable import LolaCore

/// Everything alive in a store that `StoreChance` works on. Sequences are left out: operations taken back use them up.
struct StoreContents: Equatable {
    var records: [StoreKey: StoreChange] = [:]
    var claims: [Bool] = []
    var queue: [QueueEntry] = []

    init(_ table: StoreTable, at now: WallTime) {
        var table = table
        var (changes, undo): ([StoreChange], [StoreUndo]) = ([], [])
        claims = StoreChance.claims.map {
            table.apply(.get($0), at: now, changes: &changes, undo: &undo) == .value([])
        }
        collect { cursor in table.snapshot(&cursor, limit: 100, at: now) }
        queue = table.inboundEntries()
    }

    init(_ journal: Journal, loops: Int, at now: WallTime) {
        var (outcomes, verdicts): ([JournalOutcome], [JournalVerdict]) = ([], [])
        let requests = StoreChance.claims.map { JournalRequest(operation: .get($0)) { _ in } }
        journal.exchange(0, requests, at: now, &outcomes, &verdicts)
        precondition(verdicts.isEmpty, "a look that takes a verdict away")
        claims = outcomes.map { $0.answer == .value([]) }
        collect { cursor in journal.piece(&cursor, at: now).changes }
        for loop in 0..<loops { queue += journal.entries(of: loop) }
    }

    private mutating func collect(_ next: (inout SnapshotCursor) -> [StoreChange]) {
        // Claims come first and are asked for one by one: a walk through all their hashes is long.
        var cursor = SnapshotCursor()
        cursor.room = Int(StoreRoom.seen.rawValue) + 1
        var piece = next(&cursor)
        while !piece.isEmpty {
            for change in piece {
                if case .entry = change { continue }
                records[change.key] = change
            }
            piece = next(&cursor)
        }
    }

    /// The queue as loops see it: order within a lane is all that counts.
    func sorted() -> StoreContents {
        var copy = self
        copy.queue = (0..<Lane.count).flatMap { lane in queue.filter { Int($0.lane.number) == lane } }
        return copy
    }
}

final class JournalRig {
    let disk: SimDisk
    let clock: SimClock
    let store: EmbeddedStore
    let writer: JournalWriter
    let compactor: JournalCompactor
    let views: [JournalStore]
    let loopWakers: [SimWaker]
    let writerWaker = SimWaker()
    let compactorWaker = SimWaker()

    var journal: Journal { store.journal }
    var left: JournalStore { views[0] }
    var right: JournalStore { views[1] }

    init(
        _ disk: SimDisk = SimDisk(), at clock: SimClock = SimClock(), loops: Int = 2,
        sizes: JournalSizes = JournalSizes()
    ) throws {
        self.disk = disk
        self.clock = clock
        loopWakers = (0..<loops).map { _ in SimWaker() }
        let wakers = EmbeddedStore.Wakers(loops: loopWakers, writer: writerWaker, compactor: compactorWaker)
        store = try EmbeddedStore.open(disk, at: clock.wall, wakers: wakers, sizes: sizes)
        let journal = store.journal
        writer = JournalWriter(journal, disk: disk, clock: clock, segment: store.segment)
        compactor = JournalCompactor(journal, disk: disk, clock: clock)
        views = (0..<loops).map { JournalStore(journal, loop: $0) }
    }

    /// The same folder in another process.
    func reopened(sizes: JournalSizes = JournalSizes()) throws -> JournalRig {
        disk.endProcess()
        disk.failures = [:]
        return try JournalRig(disk, at: clock, sizes: sizes)
    }

    func advance(_ interval: Interval) { clock.advance(to: clock.now + interval) }

    func pump() {
        writer.write()
        writer.commit()
    }

    /// Everything asked is answered when this returns, as far as the disk works.
    func settle() {
        for _ in 0..<3 {
            for view in views { _ = view.deliver(at: clock.wall) }
            writer.step()
        }
        for view in views { _ = view.deliver(at: clock.wall) }
    }

    @discardableResult
    func ask(_ operation: StoreOperation, onRight: Bool = false) throws -> StoreAnswer {
        var answers: [StoreAnswer] = []
        (onRight ? right : left).submit(operation) { answers.append($0) }
        settle()
        return try #require(answers.count == 1 ? answers.first : nil)
    }

    var contents: StoreContents { StoreContents(journal, loops: views.count, at: clock.wall).sorted() }
}

/// Operations at random on a few keys, so that they meet.
struct StoreChance {
    static let claims = (0..<24).map { StoreKey(.seen, RecordID(high: 1, low: $0)) }

    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    mutating func operation() -> StoreOperation {
        switch below(16) {
        case 0..<4: return .batch((0...below(4)).map { _ in single(inBatch: true) })
        case 4:
            let keys = Set((0...below(3)).map { _ in StoreKey(.suspect, RecordID(high: 9, low: UInt64(below(24)))) })
            return .reserve(keys.sorted { $0.id < $1.id }.map {
                StoreShare($0, Int64(below(9)) - 3, most: 12, within: .seconds(20))
            })
        case 5: return .mark(StoreKey(.seen, RecordID(high: 1, low: UInt64(below(24)))), expires: .days(8))
        default: return single(inBatch: false)
        }
    }

    private mutating func single(inBatch: Bool) -> StoreOperation {
        let number = UInt64(below(24))
        let inbound = StoreKey(.inbound, RecordID(high: 7, low: number))
        let plain = StoreKey([.state, .outbox, .dead][below(3)], RecordID(high: 8, low: number))
        let life: Interval? = below(2) == 0 ? nil : .milliseconds(Int64(below(60_000)) + 1)
        switch below(inBatch ? 9 : 8) {
        case 0, 1: return .put(plain, value(), expires: life)
        case 2:
            let key = StoreKey(.suspect, RecordID(high: 9, low: number))
            return .add(key, Int64(below(9)) - 4, within: .seconds(20))
        case 3: return .claim(StoreKey(.seen, RecordID(high: 1, low: number)), expires: life ?? .days(8))
        case 4, 5: return .append(QueueEntry(key: inbound, lane: Lane(below(5)), value: value()))
        case 6: return .remove(below(2) == 0 ? inbound : plain)
        case 7: return .remove(StoreKey(.seen, RecordID(high: 1, low: number)))
        default: return .holding(inbound)
        }
    }

    private mutating func value() -> [UInt8] {
        let count = below(40) == 0 ? below(3_000) : below(60)
        let octet = UInt8(truncatingIfNeeded: below(256))
        return [UInt8](repeating: octet, count: count)
    }
}
