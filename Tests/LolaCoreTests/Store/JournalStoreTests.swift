import Testing

@testable import LolaCore

@Suite("Journal: answered means durable")
struct JournalStoreTests {
    private let key = StoreKey(.state, RecordID(high: 1, low: 1))
    private let claim = StoreOperation.claim(StoreKey(.seen, RecordID(high: 2, low: 2)), expires: .days(8))

    private func put(_ value: UInt8) -> StoreOperation { .put(key, [value], expires: nil) }

    private func entry(_ number: Int, lane: Int) -> QueueEntry {
        QueueEntry(
            key: StoreKey(.inbound, RecordID(high: 3, low: UInt64(number))), lane: Lane(lane), value: [UInt8(number)])
    }

    @Test("a thousand operations of two loops are one write and one sync")
    func groupCommit() throws {
        let rig = try JournalRig()
        // The first write of a segment reserves room for those behind it.
        #expect(try rig.ask(put(1)) == .done)
        let before = (rig.disk.calls[.write] ?? 0, rig.disk.calls[.sync] ?? 0)
        var answered = 0
        for number in 0..<1_000 {
            rig.views[number % 2].submit(put(UInt8(number % 256))) { answer in
                #expect(answer == .done)
                answered += 1
            }
        }
        for view in rig.views { #expect(!view.deliver(at: rig.clock.wall)) }
        rig.pump()
        for view in rig.views { #expect(view.deliver(at: rig.clock.wall)) }
        #expect(answered == 1_000)
        #expect(rig.disk.calls[.write] == before.0 + 1)
        #expect(rig.disk.calls[.sync] == before.1 + 1)
        #expect(rig.journal.status().undecided == 0)
    }

    /// Does its work on the thread that wakes it, at once: a disk that is quicker than the loop.
    private final class EagerWaker: Waker, @unchecked Sendable {
        var work: () -> Void = {}
        func wake() { work() }
    }

    @Test("what is durable before a long round is applied to its end is answered")
    func longRound() throws {
        let (disk, clock, eager) = (SimDisk(), SimClock(), EagerWaker())
        let store = try EmbeddedStore.open(
            disk, at: clock.wall,
            wakers: EmbeddedStore.Wakers(loops: [SimWaker()], writer: eager, compactor: SimWaker()))
        let writer = JournalWriter(store.journal, disk: disk, clock: clock, segment: store.segment)
        eager.work = { writer.step() }
        #expect(store.journal.writerRest() == .sleep)
        let view = JournalStore(store.journal, loop: 0)
        var answered = 0
        for number in 0..<Limits.journalExchangeStep {
            let key = StoreKey(.state, RecordID(high: 5, low: UInt64(number)))
            view.submit(.put(key, [1], expires: nil)) { answer in
                #expect(answer == .done)
                answered += 1
            }
        }
        // Nobody asks for more, and a look at something else brings no verdict after it.
        view.submit(.get(key)) { _ in answered += 1 }
        #expect(view.deliver(at: clock.wall))
        #expect(answered == Limits.journalExchangeStep + 1)
    }

    @Test("a change is answered after the sync that has it, never by an earlier one")
    func notBeforeSync() throws {
        let rig = try JournalRig()
        var answers: [Int] = []
        rig.left.submit(put(1)) { _ in answers.append(1) }
        #expect(!rig.left.deliver(at: rig.clock.wall))
        rig.writer.write()
        #expect(!rig.left.deliver(at: rig.clock.wall))
        rig.left.submit(put(2)) { _ in answers.append(2) }
        #expect(!rig.left.deliver(at: rig.clock.wall))
        // The second one came after the write: this sync says nothing of it.
        rig.writer.commit()
        #expect(rig.left.deliver(at: rig.clock.wall))
        #expect(answers == [1])
        rig.pump()
        #expect(rig.left.deliver(at: rig.clock.wall))
        #expect(answers == [1, 2])
    }

    @Test("what reads is answered at once and sees what the loop asked before")
    func reads() throws {
        let rig = try JournalRig()
        var answers: [StoreAnswer] = []
        rig.left.submit(put(1)) { answers.append($0) }
        rig.left.submit(.get(key)) { answers.append($0) }
        rig.left.submit(.list(.state, after: nil, limit: 5)) { answers.append($0) }
        #expect(rig.left.deliver(at: rig.clock.wall))
        #expect(answers == [.value([1]), .page([StoreRecord(id: key.id, value: [1])])])
        rig.settle()
        #expect(answers.last == .done)
    }

    @Test("a lost claim waits until the winner's is durable, and is unavailable when the winner's is taken back")
    func lostClaim() throws {
        for works in [true, false] {
            let rig = try JournalRig()
            var (winner, loser): (StoreAnswer?, StoreAnswer?)
            rig.left.submit(claim) { winner = $0 }
            _ = rig.left.deliver(at: rig.clock.wall)
            rig.writer.write()
            rig.right.submit(claim) { loser = $0 }
            #expect(!rig.right.deliver(at: rig.clock.wall))
            #expect(loser == nil)
            if !works { rig.disk.fail(.sync) }
            rig.writer.commit()
            for view in rig.views { _ = view.deliver(at: rig.clock.wall) }
            #expect(winner == (works ? .claimed(true) : .unavailable))
            #expect(loser == (works ? .claimed(false) : .unavailable))
        }
    }

    @Test("what has no effect waits only when something is not durable", arguments: [true, false])
    func noEffect(isBusy: Bool) throws {
        let rig = try JournalRig()
        try rig.ask(claim)
        let syncs = rig.disk.calls[.sync]
        var answers: [StoreAnswer] = []
        if isBusy {
            rig.right.submit(put(1)) { _ in }
            _ = rig.right.deliver(at: rig.clock.wall)
        }
        rig.left.submit(.remove(key.id.high == 1 ? StoreKey(.dead, key.id) : key)) { answers.append($0) }
        rig.left.submit(claim) { answers.append($0) }
        rig.left.submit(.batch([.holding(entry(1, lane: 0).key), put(9)])) { answers.append($0) }
        #expect(rig.left.deliver(at: rig.clock.wall) == !isBusy)
        #expect(answers.isEmpty == isBusy)
        rig.settle()
        #expect(answers == [.done, .claimed(false), .fenced])
        #expect(isBusy || rig.disk.calls[.sync] == syncs)
    }

    @Test("loops and writer are woken when there is something for them, and only then")
    func wakes() throws {
        let rig = try JournalRig()
        #expect(rig.journal.writerRest() == .sleep)
        rig.left.submit(.get(key)) { _ in }
        _ = rig.left.deliver(at: rig.clock.wall)
        #expect(!rig.writerWaker.isAwake)
        rig.left.submit(put(1)) { _ in }
        _ = rig.left.deliver(at: rig.clock.wall)
        #expect(rig.writerWaker.isAwake)
        rig.writerWaker.clear()
        // It is awake: a second wake would be a system call for nothing.
        rig.left.submit(put(2)) { _ in }
        _ = rig.left.deliver(at: rig.clock.wall)
        #expect(!rig.writerWaker.isAwake)
        #expect(rig.journal.writerRest() == .work)
        rig.pump()
        #expect(rig.loopWakers.map(\.isAwake) == [true, false])
        #expect(rig.journal.writerRest() == .sleep)
        rig.journal.end()
        #expect(rig.writerWaker.isAwake)
        #expect(rig.journal.writerRest() == .end)
    }

    @Test("behind a sync of messages the next begins two milliseconds later, behind others at once")
    func rests() throws {
        let rig = try JournalRig()
        #expect(rig.writer.rest <= .zero)
        for view in rig.views { view.submit(put(4)) { _ in } }
        rig.settle()
        #expect(rig.writer.rest <= .zero)
        let steps: [StoreOperation] = [
            .append(entry(1, lane: 0)), .put(StoreKey(.outbox, entry(1, lane: 0).key.id), [1], expires: nil),
            .remove(entry(1, lane: 0).key),
        ]
        for step in steps {
            try rig.ask(step)
            #expect(rig.writer.rest == Limits.journalSyncInterval)
            // What a sync takes is part of it.
            rig.advance(.microseconds(300))
            #expect(rig.writer.rest == Limits.journalSyncInterval - .microseconds(300))
            rig.advance(Limits.journalSyncInterval)
            #expect(rig.writer.rest <= .zero)
        }
        // Written by two rounds and made durable by one sync.
        for operation in [.append(entry(2, lane: 0)), put(5)] {
            rig.left.submit(operation) { _ in }
            _ = rig.left.deliver(at: rig.clock.wall)
            rig.writer.write()
        }
        rig.writer.commit()
        #expect(rig.writer.rest == Limits.journalSyncInterval)
        try rig.ask(put(6))
        #expect(rig.writer.rest <= .zero)
    }

    @Test("what another loop appended before a loop's first round is not taken for an earlier process's")
    func ownEntries() throws {
        var rig = try JournalRig()
        try rig.ask(.append(entry(1, lane: 1)))
        rig = try rig.reopened()
        rig.left.submit(.append(entry(2, lane: 1))) { _ in }
        _ = rig.left.deliver(at: rig.clock.wall)
        var seen: [UInt8] = []
        rig.right.onEntry = { seen.append($0.value[0]) }
        _ = rig.right.deliver(at: rig.clock.wall)
        #expect(seen == [1])
    }

    @Test("entries of an earlier process come first, in order, to the loop of their lane")
    func entries() throws {
        var rig = try JournalRig()
        for number in 0..<20 { try rig.ask(.append(entry(number, lane: number % 3))) }
        try rig.ask(.remove(entry(4, lane: 0).key))
        rig = try rig.reopened()
        var seen: [[Int]] = [[], []]
        for (loop, view) in rig.views.enumerated() {
            view.onEntry = { seen[loop].append(Int($0.value[0])) }
            var isAnswered = false
            view.submit(.get(key)) { _ in
                isAnswered = true
                #expect(!seen[loop].isEmpty)
            }
            #expect(view.deliver(at: rig.clock.wall))
            #expect(isAnswered)
            #expect(!view.deliver(at: rig.clock.wall))
        }
        let numbers = (0..<20).filter { $0 != 4 }
        #expect(seen[0] == numbers.filter { $0 % 3 != 1 })
        #expect(seen[1] == numbers.filter { $0 % 3 == 1 })
        #expect(!rig.left.returnsEntries)
    }

    @Test("what waits for the disk is bounded: then changes are refused and reads are not")
    func backpressure() throws {
        var sizes = JournalSizes()
        sizes.waitingMax = .kibibytes(10)
        let rig = try JournalRig(sizes: sizes)
        var answers: [StoreAnswer] = []
        let value = [UInt8](repeating: 1, count: 1_000)
        for _ in 0..<20 { rig.left.submit(.put(key, value, expires: nil)) { answers.append($0) } }
        _ = rig.left.deliver(at: rig.clock.wall)
        let refused = answers.count
        #expect(answers.allSatisfy { $0 == .unavailable })
        #expect((9...11).contains(refused))
        rig.writer.write()
        #expect(try rig.ask(.get(key)) == .value(value))
        rig.settle()
        #expect(answers.count == 20)
        #expect(answers.count { $0 == .done } == 20 - refused)
        #expect(try rig.ask(put(2)) == .done)
    }

    @Test("an operation larger than a record is refused whole, and the journal goes on")
    func tooLarge() throws {
        var rig = try JournalRig()
        let half = [UInt8](repeating: 1, count: Limits.journalRecordMax.bytes / 2)
        #expect(try rig.ask(put(1)) == .done)
        let parts: [StoreOperation] = [
            claim, .put(key, half, expires: nil), .put(StoreKey(.dead, key.id), half, expires: nil),
        ]
        #expect(try rig.ask(.batch(parts)) == .unavailable)
        #expect(try rig.ask(.get(key)) == .value([1]))
        #expect(try rig.ask(claim) == .claimed(true))
        #expect(try rig.ask(.put(key, half, expires: nil)) == .done)
        let contents = rig.contents
        rig = try rig.reopened()
        #expect(rig.contents == contents)
    }

    @Test("a full segment is followed by the next; all are read again")
    func rotation() throws {
        var sizes = JournalSizes()
        sizes.segmentMax = .kibibytes(4)
        var rig = try JournalRig(sizes: sizes)
        var chance = StoreChance(seed: 5)
        for _ in 0..<400 { try rig.ask(chance.operation()) }
        #expect(rig.journal.status().segments > 4)
        let contents = rig.contents
        // Nothing of what was reserved is left behind; the orderly end adds a mark.
        rig.writer.close()
        #expect(rig.journal.status().octets + JournalRecord.headCount + 8 == rig.disk.octets)
        rig = try rig.reopened()
        #expect(rig.contents == contents)
        #expect(rig.store.report.isWhole)
    }

    @Test("two gateways cannot open one folder")
    func lock() throws {
        let rig = try JournalRig()
        #expect(throws: JournalFault.disk(.locked, file: "lock")) { try JournalRig(rig.disk) }
        _ = try rig.reopened()
    }

    @Test("a folder that cannot be written is told as what it is", arguments: [
        DiskFault.permission, .full, .readOnly, .exhausted, .io,
    ])
    func cannotOpen(fault: DiskFault) throws {
        let disk = SimDisk()
        disk.fail(.create, times: 100, with: fault)
        let error = #expect(throws: JournalFault.self) { try JournalRig(disk) }
        #expect(error == .disk(fault, file: "segment-0000000001"))
        #expect(error?.word == fault.rawValue)
    }
}
