// The journal as it runs: its two threads on a folder of this machine, and several threads as loops.
import Foundation
import Synchronization
import Testing

@testable import LolaCore

@Suite("Journal: threads on a real disk")
struct JournalThreadTests {
    private static let operations = 20_000
    private static let loops = 4

    /// What a loop's thread found.
    private struct Tally: Sendable {
        var won = 0
        var lost = 0
        var done = 0
        var wrong = 0
    }

    private final class Results: Sendable {
        let tallies = Mutex<[Tally]>([])
        let ended = DispatchSemaphore(value: 0)
    }

    @Test("of four loops with 20,000 operations each, one wins each claim, and another process finds the same")
    func loops() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lola-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let results = Results()
        try run(folder, results)
        let tallies = results.tallies.withLock { $0 }
        #expect(tallies.count == Self.loops)
        #expect(tallies.allSatisfy { $0.wrong == 0 })
        // Every claim is asked for by all loops, and won once.
        #expect(tallies.reduce(0) { $0 + $1.won } == Self.operations / 2)
        #expect(tallies.reduce(0) { $0 + $1.lost } == Self.operations / 2 * (Self.loops - 1))
        #expect(tallies.allSatisfy { $0.done == Self.operations / 2 })
        try check(folder)
    }

    @Test("syncs of messages begin two milliseconds apart")
    func rests() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lola-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (loop, writer, compactor) = (try #require(EventFD()), try #require(EventFD()), try #require(EventFD()))
        let clock = LinuxClock()
        let store = try EmbeddedStore.open(
            try LinuxDisk(folder), at: clock.wall,
            wakers: EmbeddedStore.Wakers(loops: [loop], writer: writer, compactor: compactor))
        let ended = DispatchSemaphore(value: 0)
        try JournalThreads.start(store, folder: folder, writer: writer, compactor: compactor) { ended.signal() }
        let view = JournalStore(store.journal, loop: 0)
        let began = clock.now
        let count = 20
        for number in 0..<count {
            var answer: StoreAnswer?
            view.submit(.append(QueueEntry(key: Self.key(0, number), lane: Lane(0), value: [1]))) { answer = $0 }
            while answer == nil { if !view.deliver(at: clock.wall) { loop.wait(atMost: .seconds(5)) } }
            #expect(answer == .done)
        }
        // However slow the machine, it is never less.
        #expect(clock.now - began >= Limits.journalSyncInterval * Int64(count - 1))
        store.journal.end()
        for _ in 0..<2 { ended.wait() }
    }

    /// All threads until they have ended.
    private func run(_ folder: String, _ results: Results) throws {
        let wakers = try (0..<Self.loops).map { _ in try #require(EventFD()) }
        let (writer, compactor) = (try #require(EventFD()), try #require(EventFD()))
        let disk = try LinuxDisk(folder)
        var sizes = JournalSizes()
        sizes.segmentMax = .mebibytes(1)
        sizes.compactionMin = .mebibytes(2)
        let store = try EmbeddedStore.open(
            disk, at: LinuxClock().wall,
            wakers: EmbeddedStore.Wakers(loops: wakers, writer: writer, compactor: compactor), sizes: sizes)
        try JournalThreads.start(store, folder: folder, writer: writer, compactor: compactor) {
            results.ended.signal()
        }
        let journal = store.journal
        for loop in 0..<Self.loops {
            let waker = wakers[loop]
            LinuxThread.start(name: "test-loop-\(loop)") {
                let tally = Self.work(loop, JournalStore(journal, loop: loop), waker)
                results.tallies.withLock { $0.append(tally) }
                results.ended.signal()
            }
        }
        for _ in 0..<Self.loops { results.ended.wait() }
        #expect(journal.status().undecided == 0)
        #expect(journal.status().isOpen)
        journal.end()
        for _ in 0..<2 { results.ended.wait() }
        let events = journal.takeEvents()
        #expect(!events.isEmpty)
        for event in events {
            guard case .compacted = event else {
                Issue.record("\(event)")
                continue
            }
        }
    }

    /// A loop: claims that all want, and entries of its own of which every tenth stays.
    private static func work(_ loop: Int, _ store: JournalStore, _ waker: EventFD) -> Tally {
        var tally = Tally()
        var (asked, answered) = (0, 0)
        let clock = LinuxClock()
        while answered < operations {
            while asked < operations, asked - answered < 200 {
                let number = asked / 2
                if asked % 2 == 0 {
                    let key = StoreKey(.seen, RecordID(high: 1, low: UInt64(number)))
                    store.submit(.claim(key, expires: .days(1))) { answer in
                        switch answer {
                        case .claimed(true): tally.won += 1
                        case .claimed(false): tally.lost += 1
                        default: tally.wrong += 1
                        }
                        answered += 1
                    }
                } else {
                    store.submit(own(loop, number)) { answer in
                        if answer == .done { tally.done += 1 } else { tally.wrong += 1 }
                        answered += 1
                    }
                }
                asked += 1
            }
            if !store.deliver(at: clock.wall), answered < operations { waker.wait(atMost: .seconds(5)) }
        }
        return tally
    }

    private static func key(_ loop: Int, _ number: Int) -> StoreKey {
        StoreKey(.inbound, RecordID(high: UInt64(loop + 10), low: UInt64(number)))
    }

    private static func own(_ loop: Int, _ number: Int) -> StoreOperation {
        let entry = QueueEntry(
            key: key(loop, number), lane: Lane(number), value: [UInt8](repeating: UInt8(loop), count: 300))
        if number % 2 == 0 { return .append(entry) }
        if number % 20 == 1 { return .put(StoreKey(.dead, entry.key.id), entry.value, expires: nil) }
        return .batch([.holding(key(loop, number - 1)), .remove(key(loop, number - 1))])
    }

    private func check(_ folder: String) throws {
        let (table, report) = try JournalRecovery.open(try LinuxDisk(folder), at: LinuxClock().wall)
        #expect(report.isWhole)
        #expect(report.tornTails.isEmpty)
        #expect(report.snapshot != nil)
        #expect(table.claimCount == Self.operations / 2)
        let entries = table.inboundEntries()
        let kept = (0..<(Self.operations / 2)).filter { $0 % 20 == 0 }
        #expect(entries.count == kept.count * Self.loops)
        for loop in 0..<Self.loops {
            let own = entries.filter { $0.value.first == UInt8(loop) }
            #expect(own.map(\.key) == kept.map { Self.key(loop, $0) })
        }
    }
}
