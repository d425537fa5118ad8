// Figures of the embedded store on this machine: what an operation costs a loop and the writer, group commit on a real
// folder, the start with a million live ids, octets of a message. Built by bench/store together with the sources of
// LolaCore; never part of the product.
import Synchronization

@main
enum StoreBench {
    /// `StoreBench FOLDER` prints one figure a line; the folder is made and must not exist.
    static func main() {
        guard CommandLine.arguments.count == 2 else { return }
        let folder = CommandLine.arguments[1]
        guard Files.makeDirectory(folder) else { return print("cannot make \(folder)") }
        do {
            try costs()
            try octets(folder + "/octets")
            try start(folder + "/start")
            for inFlight in [1, 32, 512] { try commits(folder + "/commits-\(inFlight)", inFlight: inFlight) }
        } catch {
            print("failed: \(error)")
        }
    }

    // MARK: Parts

    private static var clock: LinuxClock { LinuxClock() }
    private static let value = [UInt8](repeating: 0x61, count: 700)

    /// Spread like the keyed hashes that ids are.
    private static func id(_ number: Int) -> RecordID { RecordID(high: mix(UInt64(number)), low: mix(~UInt64(number))) }

    private static func mix(_ number: UInt64) -> UInt64 {
        var word = number &* 0x9E37_79B9_7F4A_7C15
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    private static func accept(_ number: Int) -> StoreOperation {
        .batch([
            .claim(StoreKey(.seen, id(number)), expires: .days(8)),
            .append(QueueEntry(key: StoreKey(.inbound, id(number)), lane: Lane(number), value: value)),
        ])
    }

    private static func finish(_ number: Int) -> StoreOperation {
        .batch([.holding(StoreKey(.inbound, id(number))), .remove(StoreKey(.inbound, id(number)))])
    }

    private static func median(_ values: [Int64]) -> Int64 { values.sorted()[values.count / 2] }

    private static func open(_ disk: any Disk, _ sizes: JournalSizes = JournalSizes()) throws -> EmbeddedStore {
        guard let waker = EventFD() else { throw DiskFault.exhausted }
        let wakers = EmbeddedStore.Wakers(loops: [waker, waker], writer: waker, compactor: waker)
        return try EmbeddedStore.open(disk, at: clock.wall, wakers: wakers, sizes: sizes)
    }

    /// Claim and append of 700 octets, in rounds of 32, without a disk.
    private static func costs() throws {
        var sizes = JournalSizes()
        sizes.segmentMax = .mebibytes(1 << 20)
        let disk = NoDisk()
        let store = try open(disk, sizes)
        let writer = JournalWriter(store.journal, disk: disk, clock: clock, segment: store.segment)
        let view = JournalStore(store.journal, loop: 0)
        var (inLoop, inWriter, answered): ([Int64], [Int64], Int) = ([], [], 0)
        let rounds = 4_000
        for round in 0..<rounds {
            let start = clock.now
            for number in 0..<32 {
                view.submit(accept(round * 32 + number)) { if $0 == .claimed(true) { answered += 1 } }
            }
            _ = view.deliver(at: clock.wall)
            let middle = clock.now
            writer.write()
            writer.commit()
            let end = clock.now
            _ = view.deliver(at: clock.wall)
            inLoop.append(((middle - start).nanoseconds + (clock.now - end).nanoseconds) / 32)
            inWriter.append((end - middle).nanoseconds / 32)
            for number in 0..<32 { view.submit(finish(round * 32 + number)) { _ in } }
            _ = view.deliver(at: clock.wall)
            writer.write()
            writer.commit()
            _ = view.deliver(at: clock.wall)
        }
        precondition(answered == rounds * 32, "a claim was lost")
        print("claim and append of 700 octets: loop \(median(inLoop)) ns, writer \(median(inWriter)) ns")
    }

    /// Octets written for a message from claim to done, and what a snapshot keeps of it.
    private static func octets(_ folder: String) throws {
        let disk = try LinuxDisk(folder)
        let store = try open(disk)
        let writer = JournalWriter(store.journal, disk: disk, clock: clock, segment: store.segment)
        let view = JournalStore(store.journal, loop: 0)
        let messages = 10_000
        for number in 0..<messages {
            let (outbox, progress) = (StoreKey(.outbox, id(number)), StoreKey(.progress, id(number)))
            let steps: [StoreOperation] = [
                accept(number),
                .batch([
                    .holding(StoreKey(.inbound, id(number))),
                    .put(outbox, [UInt8](repeating: 0x62, count: 400), expires: nil),
                ]),
                .add(progress, 1, within: .days(8)),
                .batch([
                    .holding(StoreKey(.inbound, id(number))), .remove(StoreKey(.inbound, id(number))),
                    .remove(outbox), .remove(progress),
                ]),
            ]
            for step in steps {
                view.submit(step) { precondition($0 != .unavailable && $0 != .fenced, "refused") }
                _ = view.deliver(at: clock.wall)
                writer.write()
                if number % 100 == 0 { writer.commit() }
            }
        }
        writer.commit()
        let written = store.journal.status().octets
        let compactor = JournalCompactor(store.journal, disk: disk, clock: clock)
        _ = compactor.step(isWanted: true)
        while compactor.step() != .idle { writer.step() }
        var left = 0
        for name in try disk.names() {
            let file = try disk.open(name)
            left += try disk.size(file)
            disk.close(file)
        }
        print("octets of a message of 700 and an answer of 400: written \(written / messages),",
            "after compaction \(left / messages)")
    }

    /// A start with a million claims, from segments and from a snapshot.
    private static func start(_ folder: String) throws {
        let count = 1_000_000
        try fill(folder, count)
        for kind in ["segments", "a snapshot", "a snapshot"] {
            let disk = try LinuxDisk(folder)
            let start = clock.now
            let store = try open(disk)
            print("start with \(count) ids from \(kind): \((clock.now - start).inMilliseconds) ms")
            guard kind == "segments" else { continue }
            let writer = JournalWriter(store.journal, disk: disk, clock: clock, segment: store.segment)
            let compactor = JournalCompactor(store.journal, disk: disk, clock: clock)
            let begin = clock.now
            _ = compactor.step(isWanted: true)
            var longest = Interval.zero
            while true {
                let before = clock.now
                let progress = compactor.step()
                longest = max(longest, clock.now - before)
                if progress == .idle { break }
                writer.step()
            }
            print("compaction of \(count) ids: \((clock.now - begin).inMilliseconds) ms,",
                "longest step \(longest.inMicroseconds) us")
        }
    }

    private static func fill(_ folder: String, _ count: Int) throws {
        let disk = try LinuxDisk(folder)
        let store = try open(disk)
        let writer = JournalWriter(store.journal, disk: disk, clock: clock, segment: store.segment)
        let view = JournalStore(store.journal, loop: 0)
        for number in 0..<count {
            view.submit(.claim(StoreKey(.seen, id(number)), expires: .days(8))) { _ in }
            guard number % 10_000 == 9_999 else { continue }
            _ = view.deliver(at: clock.wall)
            writer.step()
            _ = view.deliver(at: clock.wall)
        }
    }

    // MARK: Group commit

    private final class Tally: Sendable {
        let waits = Mutex<[Int64]>([])
    }

    /// Two loops, each with so many operations in flight, for three seconds.
    private static func commits(_ folder: String, inFlight: Int) throws {
        guard let writer = EventFD(), let compactor = EventFD(), let ended = EventFD() else { return }
        let wakers = (0..<2).compactMap { _ in EventFD() }
        let disk = try LinuxDisk(folder)
        let store = try EmbeddedStore.open(
            disk, at: clock.wall,
            wakers: EmbeddedStore.Wakers(loops: wakers, writer: writer, compactor: compactor))
        try JournalThreads.start(store, folder: folder, writer: writer, compactor: compactor) {}
        let journal = store.journal
        let tally = Tally()
        for loop in 0..<2 {
            LinuxThread.start(name: "bench-\(loop)") {
                let waits = work(JournalStore(journal, loop: loop), wakers[loop], loop, inFlight)
                tally.waits.withLock { $0 += waits }
                ended.wake()
            }
        }
        var all: [Int64] = []
        let start = clock.now
        while (clock.now - start) < .seconds(30) {
            ended.wait(atMost: .seconds(1))
            all = tally.waits.withLock { $0 }
            if wakers.indices.allSatisfy({ number in all.contains(-1 - Int64(number)) }) { break }
        }
        let waits = all.filter { $0 >= 0 }.sorted()
        let status = journal.status()
        journal.end()
        guard !waits.isEmpty else { return print("no operation was answered") }
        print("group commit, 2 loops with \(inFlight) in flight: \(waits.count / 3) operations a second,",
            "\(waits.count / max(1, Int(status.syncs))) a sync, median \(waits[waits.count / 2] / 1_000) us,",
            "p99 \(waits[waits.count * 99 / 100] / 1_000) us")
    }

    /// How long each answer took, in nanoseconds, and the mark of the loop.
    private static func work(_ store: JournalStore, _ waker: EventFD, _ loop: Int, _ inFlight: Int) -> [Int64] {
        var waits: [Int64] = []
        waits.reserveCapacity(1_000_000)
        let clock = LinuxClock()
        let start = clock.now
        var (asked, answered) = (0, 0)
        while true {
            let now = clock.now
            if now - start > .seconds(3), asked == answered { break }
            while asked - answered < inFlight, now - start <= .seconds(3) {
                let number = asked * 2 + loop
                asked += 1
                let operation = number / 2 % 2 == 0 ? accept(number) : finish(number - 2)
                store.submit(operation) { _ in
                    waits.append((clock.now - now).nanoseconds)
                    answered += 1
                }
            }
            if !store.deliver(at: clock.wall) { waker.wait(atMost: .seconds(1)) }
        }
        return waits + [-1 - Int64(loop)]
    }
}

/// Takes everything at once and keeps nothing.
private final class NoDisk: Disk {
    func names() -> [String] { [] }
    func create(_ name: String) -> DiskFile { DiskFile(id: 1) }
    func open(_ name: String) -> DiskFile { DiskFile(id: 1) }
    func size(_ file: DiskFile) -> Int { 0 }
    func read(_ file: DiskFile, at offset: Int, count: Int) -> [UInt8] { [] }
    func write(_ file: DiskFile, _ bytes: [UInt8], at offset: Int) {}
    func truncate(_ file: DiskFile, to size: Int) {}
    func sync(_ file: DiskFile) {}
    func syncDirectory() {}
    func rename(_ old: String, to new: String) {}
    func remove(_ name: String) {}
    func close(_ file: DiskFile) {}
    func lock(_ name: String) {}
}
