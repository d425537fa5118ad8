import Testing

@testable import LolaCore

@Suite("Journal recovery")
struct JournalRecoveryTests {
    private typealias Sample = JournalSample
    private typealias Damage = JournalReport.Damage

    private static func records(_ count: Int, seed: UInt64) -> [[StoreChange]] {
        var random = SeededGenerator(seed: seed)
        return Sample.records(count, &random)
    }

    private static func flat(_ records: [[StoreChange]]...) -> [StoreChange] { records.flatMap { $0.flatMap { $0 } } }

    /// Three segments, one after the other.
    private static let first = records(5, seed: 1)
    private static let second = records(6, seed: 2)
    private static let third = records(4, seed: 3)
    private static let one = Sample.segment(1, first)
    private static let two = Sample.segment(2, after: 1, count: one.octets.count, second)
    private static let three = Sample.segment(3, after: 2, count: two.octets.count, third)
    private static var chain: [String: [UInt8]] {
        [Sample.name(1): one.octets, Sample.name(2): two.octets, Sample.name(3): three.octets]
    }

    @Test("an empty folder is an empty journal")
    func empty() throws {
        let (changes, report) = try Sample.recover(SimDisk())
        #expect(changes.isEmpty && report == JournalReport())
        #expect(report.nextSegment == 1 && report.isWhole)
    }

    @Test("segments are read in the order of their numbers")
    func order() throws {
        let disk = SimDisk(files: Self.chain)
        let (changes, report) = try Sample.recover(disk)
        #expect(changes == Self.flat(Self.first, Self.second, Self.third))
        #expect(report.isWhole && report.tornTails.isEmpty && report.segments == [1, 2, 3] && report.records == 15)
        #expect(report.lastSegment == 3 && report.lastCount == Self.three.octets.count && report.nextSegment == 4)
        #expect(report.changes.values.reduce(0, +) == changes.count)
        #expect(disk.files == Self.chain)
    }

    @Test("the table holds what the changes say, and expired ones are gone")
    func table() throws {
        let key = StoreKey(.state, RecordID(high: 1, low: 2))
        let gone = StoreKey(.state, RecordID(high: 1, low: 3))
        let entry = QueueEntry(key: StoreKey(.inbound, RecordID(high: 4, low: 4)), lane: Lane(5), value: [6])
        let segment = Sample.segment(1, [
            [.set(key, [1], expires: nil), .set(gone, [2], expires: Sample.now.milliseconds)],
            [.set(key, [3], expires: Sample.now.milliseconds + 1), .entry(entry, sequence: 8)],
        ])
        let disk = SimDisk(files: [Sample.name(1): segment.octets])
        var (table, report) = try JournalRecovery.open(disk, at: Sample.now)
        #expect(report.records == 2 && table.count == 2 && table.inboundEntries() == [entry])
        var changes: [StoreChange] = []
        var undo: [StoreUndo] = []
        #expect(table.apply(.get(key), at: Sample.now, changes: &changes, undo: &undo) == .value([3]))
        #expect(table.apply(.get(gone), at: Sample.now, changes: &changes, undo: &undo) == .value(nil))
    }

    @Test("octets behind what the next header counts were abandoned and never come back")
    func abandoned() throws {
        let kept = Self.two.ends[2]
        let next = Sample.segment(3, after: 2, count: kept, Self.third)
        for tail in [Self.two.octets, Array(Self.two.octets.dropLast(3)), Array(Self.two.octets.prefix(kept))] {
            var files = Self.chain
            files[Sample.name(2)] = tail
            files[Sample.name(3)] = next.octets
            let (changes, report) = try Sample.recover(SimDisk(files: files))
            #expect(changes == Self.flat(Self.first, Array(Self.second.prefix(3)), Self.third))
            #expect(report.isWhole && report.tornTails.isEmpty)
        }
    }

    @Test("segments that were attempts do not count, whatever is in them")
    func attempts() throws {
        var files = Self.chain
        files[Sample.name(3)] = Sample.segment(3, after: 2, count: 60, Self.records(3, seed: 9)).octets
        files[Sample.name(4)] = [1, 2, 3]
        files[Sample.name(5)] = Sample.segment(5, after: 2, count: Self.two.octets.count, Self.third).octets
        files[Sample.name(6)] = []
        files[Sample.name(7)] = [UInt8](repeating: 0, count: 48)
        let disk = SimDisk(files: files)
        let (changes, report) = try Sample.recover(disk)
        #expect(changes == Self.flat(Self.first, Self.second, Self.third))
        #expect(report.isWhole && report.segments == [1, 2, 5] && report.nextSegment == 8)
        #expect(report.tornTails == [JournalReport.TornTail(file: Sample.name(7), offset: 0, count: 48)])
        #expect(Set(report.leftovers) == [Sample.name(6), Sample.name(7)])
        #expect(Set(disk.files.keys) == Set((1...5).map { Sample.name($0) }))
    }

    @Test("a snapshot stands for the segments before it, which are removed with drafts and older snapshots")
    func snapshot() throws {
        let base = Self.records(7, seed: 4)
        var files = Self.chain
        files[Sample.snapshotName(2)] = Sample.snapshot(2, Self.records(2, seed: 5))
        files[Sample.snapshotName(3)] = Sample.snapshot(3, base)
        files["snapshot-0000000009.tmp"] = [1]
        files["notes.txt"] = [2]
        let reading = SimDisk(files: files)
        let (seen, inspected) = try Sample.recover(reading, .inspection)
        #expect(seen == Self.flat(base, Self.third) && reading.files == files && inspected.isWhole)
        let disk = SimDisk(files: files)
        let (changes, report) = try Sample.recover(disk)
        #expect(changes == seen && report == inspected && report.snapshot == 3 && report.segments == [3])
        #expect(Set(disk.files.keys) == [Sample.snapshotName(3), Sample.name(3), "notes.txt"])
    }

    @Test("a torn snapshot is set aside for the one before it, when its segments are still there")
    func tornSnapshot() throws {
        let older = Self.records(7, seed: 4)
        let whole = Sample.snapshot(3, Self.records(6, seed: 6))
        for count in [0, 20, 48, 100, whole.count - 1] {
            var files = Self.chain
            files[Sample.snapshotName(2)] = Sample.snapshot(2, older)
            files[Sample.snapshotName(3)] = Array(whole.prefix(count))
            let disk = SimDisk(files: files)
            let (changes, report) = try Sample.recover(disk)
            #expect(changes == Self.flat(older, Self.second, Self.third))
            #expect(report.snapshot == 2 && report.damages.map(\.kind) == [.snapshot])
            #expect(disk.files[Sample.snapshotName(3)] == nil)
            #expect(report.damages.first?.quarantine.flatMap { disk.files[$0] } == Array(whole.prefix(count)))
            // The second start finds nothing wrong.
            let again = try Sample.recover(disk)
            #expect(again.changes == changes && again.report.isWhole)
        }
    }

    @Test("of a torn snapshot that nothing replaces, what is readable is kept, and its damage told")
    func onlySnapshot() throws {
        let base = Self.records(6, seed: 6)
        let octets = Sample.snapshot(3, base)
        let cut = Array(octets.prefix(octets.count - 40))
        // The older one is of no use: the segments behind it are gone.
        let files = [
            Sample.snapshotName(2): Sample.snapshot(2, Self.first), Sample.snapshotName(3): cut,
            Sample.name(3): Self.three.octets,
        ]
        let disk = SimDisk(files: files)
        let (changes, report) = try Sample.recover(disk)
        #expect(changes.suffix(Self.flat(Self.third).count) == Self.flat(Self.third)[...])
        #expect(Self.flat(base).starts(with: changes.dropLast(Self.flat(Self.third).count)))
        #expect(report.snapshot == 3 && report.damages.map(\.kind) == [.records])
        #expect(disk.files[Sample.snapshotName(3)] == cut && disk.files[Sample.snapshotName(2)] != nil)
    }

    @Test("a snapshot that is cut before its first record is told as a loss", arguments: [0, 10, JournalHeader.count])
    func emptySnapshot(count: Int) throws {
        let octets = Sample.snapshot(3, Self.records(6, seed: 6))
        let disk = SimDisk(files: [
            Sample.snapshotName(3): Array(octets.prefix(count)), Sample.name(3): Self.three.octets,
        ])
        let (changes, report) = try Sample.recover(disk)
        #expect(changes == Self.flat(Self.third))
        #expect(report.damages.map(\.kind) == (count < JournalHeader.count ? [.header, .short] : [.short]))
        #expect(report.damages.last?.text.hasSuffix("what stood behind it is lost") == true)
    }

    @Test("a segment that is missing in the middle is reported, the others are read")
    func missing() throws {
        var files = Self.chain
        files[Sample.name(2)] = nil
        let (changes, report) = try Sample.recover(SimDisk(files: files))
        #expect(changes == Self.flat(Self.first, Self.third))
        #expect(report.damages == [Damage(kind: .missing, file: Sample.name(2), offset: 0, count: 0)])
        files[Sample.name(1)] = nil
        #expect(try Sample.recover(SimDisk(files: files)).report.damages.map(\.file) == [Sample.name(2)])
        let lonely = SimDisk(files: [Sample.snapshotName(4): Sample.snapshot(4, Self.first)])
        #expect(try Sample.recover(lonely).report.damages.map(\.file) == [Sample.name(4)])
    }

    @Test("a segment that ends before what counts of it is reported")
    func short() throws {
        var files = Self.chain
        files[Sample.name(2)] = Array(Self.two.octets.prefix(Self.two.ends[3]))
        let (changes, report) = try Sample.recover(SimDisk(files: files))
        #expect(changes == Self.flat(Self.first, Array(Self.second.prefix(4)), Self.third))
        let lost = Self.two.octets.count - Self.two.ends[3]
        #expect(
            report.damages == [Damage(kind: .short, file: Sample.name(2), offset: Self.two.ends[3], count: lost)])
    }

    @Test("damage before the tail is copied, reading goes on behind it, and a second start knows it")
    func quarantine() throws {
        for place in [2, 4] {
            var files = Self.chain
            files[Sample.name(2)]?[Self.two.ends[place - 1] + 15] ^= 0x10
            let disk = SimDisk(files: files)
            let (changes, report) = try Sample.recover(disk)
            var left = Self.second
            left.remove(at: place)
            #expect(changes == Self.flat(Self.first, left, Self.third))
            let (start, end) = (Self.two.ends[place - 1], Self.two.ends[place])
            let copy = "quarantine-segment-0000000002-\(start)"
            let expected = Damage(
                kind: .records, file: Sample.name(2), offset: start, count: end - start, quarantine: copy)
            #expect(report.damages == [expected])
            #expect(disk.files[copy] == files[Sample.name(2)].map { Array($0[start..<end]) })
            let again = try Sample.recover(disk)
            #expect(again.changes == changes && again.report.damages.map(\.isNew) == [false])
            #expect(again.report.damages.map(\.quarantine) == [copy])
        }
    }

    @Test("a damaged header costs no record")
    func header() throws {
        for number in UInt64(1)...3 {
            var files = Self.chain
            files[Sample.name(number)]?[30] ^= 1
            let disk = SimDisk(files: files)
            let (changes, report) = try Sample.recover(disk)
            #expect(changes == Self.flat(Self.first, Self.second, Self.third))
            let copy = "quarantine-\(Sample.name(number))-0"
            #expect(
                report.damages
                    == [Damage(kind: .header, file: Sample.name(number), offset: 0, count: 48, quarantine: copy)])
            #expect(disk.files[copy]?.count == 48)
        }
    }

    @Test("a file of a later version is refused, and nothing is touched")
    func newer() throws {
        for name in [Sample.name(3), Sample.snapshotName(3)] {
            var files = Self.chain
            var octets = JournalHeader(kind: .segment, number: 3, created: Sample.now).bytes
            octets[8] = 2
            octets.replace(at: 44, littleEndian: CRC32C.of(octets, 0..<44))
            files[name] = octets
            files["segment-0000000001.tmp"] = [1]
            let disk = SimDisk(files: files)
            let fault = JournalFault.newerVersion(file: name, version: 2)
            #expect(throws: fault) { try Sample.recover(disk) }
            #expect(disk.files == files && fault.word == "newer_version" && fault.text.contains("format 2"))
        }
    }

    @Test("what a snapshot ends with is no record of a segment")
    func endInSegment() throws {
        var octets = Self.one.octets
        JournalFormat.encodeEnd(count: 1, into: &octets)
        let (changes, report) = try Sample.recover(SimDisk(files: [Sample.name(1): octets]))
        #expect(changes == Self.flat(Self.first) && report.damages.map(\.count) == [20])
    }

    @Test("what was read in memory only is durable before anybody acts on it", arguments: UInt64(1)...20)
    func durable(seed: UInt64) throws {
        for failing in [false, true] {
            let disk = SimDisk(seed: seed)
            let file = try disk.create(Sample.name(1))
            try disk.write(file, Self.one.octets, at: 0)
            if failing {
                // The system forgets that the octets are not on the device.
                disk.fail(.sync)
                #expect(throws: DiskFault.io) { try disk.sync(file) }
            }
            disk.endProcess()
            #expect(try Sample.recover(disk).changes == Self.flat(Self.first))
            disk.cutPower()
            #expect(try Sample.recover(disk).changes == Self.flat(Self.first))
        }
    }

    @Test("a disk that fails is a fault with its file and what to do", arguments: DiskFault.allCases)
    func diskFaults(fault: DiskFault) throws {
        var files = Self.chain
        files[Sample.name(2)]?[Self.two.ends[1] + 15] ^= 0x10
        files[Sample.name(3)]?.removeLast()
        files["segment-0000000001.tmp"] = [1]
        for call in SimDisk.Call.allCases {
            // The first call, and the last.
            let clean = SimDisk(files: files)
            _ = try Sample.recover(clean)
            guard let count = clean.calls[call] else { continue }
            for skipping in Set([0, count - 1]) {
                let disk = SimDisk(files: files)
                disk.fail(call, skipping: skipping, with: fault)
                if fault == .notFound, call == .remove { continue }
                do throws(JournalFault) {
                    _ = try Sample.recover(disk)
                    Issue.record("\(call) \(skipping) did not fail")
                } catch {
                    guard case .disk(fault, let file) = error else {
                        Issue.record("\(call) \(skipping): \(error)")
                        continue
                    }
                    #expect(error.word == fault.rawValue && error.text.hasPrefix(file + ": "))
                }
                // The next start makes the best of it.
                let again = try Sample.recover(disk)
                #expect(again.report.damages.count == 1)
            }
        }
    }
}
