// The journal against a cut at every octet, flipped bits and power cuts, all in memory (reliability B6, B7).
import Testing

@testable import LolaCore

@Suite("Journal: cut, flipped, torn")
struct JournalDamageTests {
    private typealias Sample = JournalSample

    @Test("a journal cut at each of 65,536 octets is exactly what its whole records say")
    func cuts() throws {
        var random = SeededGenerator(seed: 11)
        let base = Sample.records(2, &random)
        var cuts = 0
        var number: UInt64 = 2
        while cuts < 65_536 {
            let records = Sample.records(12, &random)
            let segment = Sample.segment(number, after: number - 1, count: 1_000, records)
            let snapshot = Sample.snapshot(number, base)
            for count in 0..<segment.octets.count where cuts < 65_536 {
                cuts += 1
                let octets = Array(segment.octets.prefix(count))
                let disk = SimDisk(files: [Sample.name(number): octets, Sample.snapshotName(number): snapshot])
                try check(disk, base, number, records, segment, count)
            }
            number += 1
        }
        #expect(cuts == 65_536)
    }

    private func check(
        _ disk: SimDisk, _ base: [[StoreChange]], _ number: UInt64, _ records: [[StoreChange]],
        _ segment: Sample.Segment, _ count: Int
    ) throws {
        let (changes, report) = try Sample.recover(disk)
        let whole = segment.ends.count { $0 <= count }
        let end = whole > 0 ? segment.ends[whole - 1] : (count < JournalHeader.count ? 0 : JournalHeader.count)
        let expected = base.flatMap { $0 } + records.prefix(whole).flatMap { $0 }
        var tails: [JournalReport.TornTail] = []
        // Zeros at the end of what is torn cannot be told from those that room is reserved by; of a file without a
        // header all goes.
        let torn = end == 0 ? count : segment.octets[..<count].lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
        if torn > end { tails = [JournalReport.TornTail(file: Sample.name(number), offset: end, count: torn - end)] }
        let kept = disk.files[Sample.name(number)]?.count
        // Compared here: 65,536 times a macro would take longer than all the rest.
        if changes != expected || report.tornTails != tails || !report.isWhole || kept != (end == 0 ? nil : end) {
            Issue.record("cut at \(count) of segment \(number)")
        }
    }

    @Test("the same in one segment of 64 KiB, at every record's end and around it")
    func longCuts() throws {
        var random = SeededGenerator(seed: 12)
        var records: [[StoreChange]] = []
        var segment = Sample.segment(1, [])
        while segment.octets.count < 65_536 {
            let record = Sample.records(1, &random)[0]
            records.append(record)
            #expect(JournalFormat.encode(record, into: &segment.octets))
            segment.ends.append(segment.octets.count)
        }
        for (place, end) in segment.ends.enumerated() where place % 40 == 0 {
            for count in [end - 1, end, end + 1] where count <= segment.octets.count {
                let disk = SimDisk(files: [Sample.name(1): Array(segment.octets.prefix(count))])
                try check(disk, [], 1, records, segment, count)
            }
        }
    }

    @Test("of 10,000 flipped bits each is reported, costs at most one record and invents none")
    func flips() throws {
        var random = SeededGenerator(seed: 13)
        let records = Sample.records(40, &random)
        let two = Sample.segment(2, after: 1, count: 500, Array(records[10..<20]))
        let three = Sample.segment(3, after: 2, count: two.octets.count, Array(records[20..<30]))
        let four = Sample.segment(4, after: 3, count: three.octets.count, Array(records[30..<40]))
        let files = [
            Sample.snapshotName(2): Sample.snapshot(2, Array(records[0..<10])), Sample.name(2): two.octets,
            Sample.name(3): three.octets, Sample.name(4): four.octets,
        ]
        let names = files.keys.sorted()
        let untouched = try Sample.recover(SimDisk(files: files))
        #expect(untouched.changes == records.flatMap { $0 } && untouched.report.isWhole)
        for _ in 0..<10_000 {
            let name = names[Int.random(in: 0..<names.count, using: &random)]
            var changed = files
            let bit = Int.random(in: 0..<((files[name]?.count ?? 0) * 8), using: &random)
            changed[name]?[bit / 8] ^= 1 << UInt8(bit % 8)
            let (changes, report) = try Sample.recover(SimDisk(files: changed))
            let isReported = !report.isWhole || !report.tornTails.isEmpty
            if !isReported || !Self.isAlmost(changes, records) { Issue.record("bit \(bit) of \(name)") }
        }
    }

    /// The changes of all records in order but at most one.
    private static func isAlmost(_ changes: [StoreChange], _ records: [[StoreChange]]) -> Bool {
        var rest = changes[...]
        var lost = 0
        for record in records {
            if rest.starts(with: record) { rest = rest.dropFirst(record.count) } else { lost += 1 }
        }
        return rest.isEmpty && lost <= 1
    }

    @Test("whatever octets a journal holds, it is read to its end, and the second start finds nothing to do")
    func noise() throws {
        var random = SeededGenerator(seed: 14)
        for _ in 0..<500 {
            let records = Sample.records(6, &random)
            var octets = Sample.segment(1, records).octets
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<octets.count, using: &random)
                let end = min(octets.count, place + Int.random(in: 0...90, using: &random))
                switch Int.random(in: 0..<3, using: &random) {
                case 0: octets.removeSubrange(place..<end)
                case 1: octets.insert(contentsOf: octets[place..<end], at: 0)
                default: for at in place..<end { octets[at] = UInt8(truncatingIfNeeded: random.next()) }
                }
            }
            fuzzJournalFile(octets)
        }
    }

    /// A process that writes and syncs, dies or loses power, and starts again while its disk fails now and then.
    @Test("what was synced is recovered after 1,000 lives of failing disks and power cuts")
    func lives() throws {
        for seed in 0..<UInt64(100) {
            var random = SeededGenerator(seed: seed &+ 500)
            let disk = SimDisk(seed: seed)
            var acknowledged: [[StoreChange]] = []
            for _ in 0..<10 {
                guard let (changes, report) = start(disk, &random) else { continue }
                if !Self.holds(changes, acknowledged) { Issue.record("seed \(seed) lost what was synced") }
                try write(disk, report, &random, &acknowledged)
                if Bool.random(using: &random) { disk.cutPower() } else { disk.endProcess() }
            }
        }
    }

    /// Recovery on a disk that may fail; then the process ends, or power, and it is tried again.
    private func start(
        _ disk: SimDisk, _ random: inout SeededGenerator
    ) -> (changes: [StoreChange], report: JournalReport)? {
        for attempt in 0..<3 {
            if attempt < 2, Bool.random(using: &random) {
                let calls: [SimDisk.Call] = [.write, .sync, .truncate, .syncDirectory, .rename, .remove]
                disk.fail(calls.randomElement(using: &random) ?? .sync, skipping: Int.random(in: 0..<2, using: &random))
            }
            if let found = try? Sample.recover(disk) { return found }
            if Bool.random(using: &random) { disk.cutPower() } else { disk.endProcess() }
        }
        return nil
    }

    private func write(
        _ disk: SimDisk, _ report: JournalReport, _ random: inout SeededGenerator,
        _ acknowledged: inout [[StoreChange]]
    ) throws {
        disk.failures = [:]
        var segment = Sample.segment(report.nextSegment, after: report.lastSegment, count: report.lastCount, [])
        let file = try disk.create(Sample.name(report.nextSegment))
        try disk.write(file, segment.octets, at: 0)
        try disk.sync(file)
        try disk.syncDirectory()
        for _ in 0..<Int.random(in: 0..<4, using: &random) {
            let records = Sample.records(Int.random(in: 1...20, using: &random), &random)
            let place = segment.octets.count
            for record in records { #expect(JournalFormat.encode(record, into: &segment.octets)) }
            try disk.write(file, Array(segment.octets[place...]), at: place)
            if Int.random(in: 0..<4, using: &random) == 0 { disk.fail(.sync) }
            guard (try? disk.sync(file)) != nil else { return }
            acknowledged += records
        }
    }

    /// All of the records, in order, perhaps with others between them.
    private static func holds(_ changes: [StoreChange], _ records: [[StoreChange]]) -> Bool {
        var rest = changes[...]
        for change in records.joined() {
            guard let found = rest.firstIndex(of: change) else { return false }
            rest = rest[(found + 1)...]
        }
        return true
    }

    @Test("octets that look like records by the thousand cost no more than the search may")
    func bounded() throws {
        var octets = JournalHeader(kind: .segment, number: 1, created: Sample.now).bytes
        for _ in 0..<4_000 {
            octets.append(littleEndian: JournalRecord.magic)
            octets += [1, 0]
            octets.append(littleEndian: UInt32(300))
        }
        let disk = SimDisk(files: [Sample.name(1): octets])
        let file = try disk.open(Sample.name(1))
        var scanner = JournalScanner(
            disk, file, name: Sample.name(1), limit: octets.count, searchMax: .bytes(100_000))
        guard case .gap(let range, isTail: false) = try scanner.next() else {
            Issue.record("the search did not end")
            return
        }
        #expect(range == 48..<octets.count)
        // With time enough it is known to be no record to the end.
        scanner = JournalScanner(disk, file, name: Sample.name(1), limit: octets.count)
        guard case .gap(48..<octets.count, isTail: true) = try scanner.next() else {
            Issue.record("the search ended early")
            return
        }
    }
}
