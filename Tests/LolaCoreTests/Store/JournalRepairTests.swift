import Testing

@testable import LolaCore

@Suite("Journal: repair and inspection")
struct JournalRepairTests {
    private typealias Sample = JournalSample

    private static let sealed = [0xAB, 0xCD, 0x00, 0x01] + [UInt8](repeating: 7, count: 40)
    private static let records: [[StoreChange]] = [
        [.claim(StoreKey(.seen, RecordID(high: 1, low: 1)), expires: Sample.now.milliseconds + 9)],
        [
            .entry(
                QueueEntry(key: StoreKey(.inbound, RecordID(high: 1, low: 2)), lane: Lane(1), value: sealed),
                sequence: 4)
        ],
        [.set(StoreKey(.state, RecordID(high: 1, low: 3)), sealed, expires: nil)],
        // A counter is not sealed, a short value neither.
        [.set(StoreKey(.suspect, RecordID(high: 1, low: 4)), [UInt8](repeating: 1, count: 40), expires: nil)],
        [.set(StoreKey(.meta, RecordID(high: 1, low: 5)), [1, 2], expires: nil)],
        [.set(StoreKey(.dead, RecordID(high: 1, low: 6)), [1], expires: nil)],
        [.remove(StoreKey(.dead, RecordID(high: 1, low: 6)))],
    ]

    private static func live(_ disk: SimDisk) throws -> Set<StoreChange> {
        let (table, _) = try JournalRecovery.open(disk, .inspection, at: Sample.now)
        var cursor = SnapshotCursor()
        var found: Set<StoreChange> = []
        while true {
            let piece = table.snapshot(&cursor, limit: 100, at: Sample.now)
            if piece.isEmpty { return found }
            found.formUnion(piece)
        }
    }

    @Test("a repaired journal is a snapshot of all that is readable and one empty segment, and is whole")
    func repair() throws {
        let segment = Sample.segment(3, Self.records)
        var octets = segment.octets
        octets[segment.ends[2] + 14] ^= 1
        octets += [0x93, 0x4C, 1]
        let disk = SimDisk(files: [Sample.name(3): octets, "segment-0000000009.tmp": [1]])
        let before = try Self.live(disk)
        #expect(before.count == 4)
        let report = try JournalRepair.run(disk, at: Sample.now)
        #expect(report.damages.map(\.kind) == [.records] && report.tornTails.map(\.count) == [3])
        let copy = "quarantine-segment-0000000003-\(segment.ends[2])"
        #expect(
            Set(disk.files.keys) == [
                Sample.name(4), Sample.snapshotName(4), copy, JournalName.lock.text,
            ])
        let again = try Sample.recover(disk, .inspection)
        #expect(again.report.isWhole && again.report.snapshot == 4 && again.report.segments == [4])
        #expect(try Self.live(disk) == before)
        disk.cutPower()
        #expect(try Self.live(disk) == before)
    }

    @Test("repairing is refused while a gateway holds the lock")
    func locked() throws {
        let disk = SimDisk()
        try disk.lock(JournalName.lock.text)
        #expect(throws: JournalFault.disk(.locked, file: "lock")) { try JournalRepair.run(disk, at: Sample.now) }
    }

    @Test("a repair that fails at any step loses nothing", arguments: [
        SimDisk.Call.create, .write, .sync, .syncDirectory, .rename, .remove,
    ])
    func failing(call: SimDisk.Call) throws {
        for skipping in 0..<4 {
            let disk = SimDisk(files: [Sample.name(1): Sample.segment(1, Self.records).octets])
            let before = try Self.live(disk)
            disk.fail(call, skipping: skipping, with: .full)
            guard (try? JournalRepair.run(disk, at: Sample.now)) == nil else { continue }
            disk.cutPower()
            #expect(try Self.live(disk) == before)
            _ = try JournalRepair.run(disk, at: Sample.now)
            #expect(try Self.live(disk) == before)
        }
    }

    @Test("an inspection counts live records by room and the data keys their values need")
    func inspection() throws {
        let disk = SimDisk(files: [Sample.name(1): Sample.segment(1, Self.records).octets + [9]])
        let inspection = try StoreInspection(disk, at: Sample.now)
        #expect(inspection.live == [.seen: 1, .inbound: 1, .state: 1, .suspect: 1, .meta: 1])
        #expect(inspection.keys == [0xABCD_0001: 2])
        let text = inspection.text(of: "data")
        for part in [
            "data: 1 segments, 7 records", "  inbound: 1 (1 changes)", "  dead: 0 (2 changes)",
            "data keys in use: abcd0001 (2 values)", "an unfinished write; cut at the next start", "\nwhole",
        ] { #expect(text.contains(part), "\(part)") }
        let json = try JSONDocument.parse(inspection.json).root
        #expect(json["whole"]?.bool == true && json["live"]?["inbound"]?.integer == 1)
        #expect(json["keys"]?["abcd0001"]?.integer == 2 && json["torn_tails"]?[0]?["octets"]?.integer == 1)
    }

    @Test("damage is told in words, and where its octets are kept", arguments: [
        (.missing, "is missing: what it held is lost"), (.short, "4 octets behind it are lost"),
        (.header, "what follows it was read; kept in q"), (.records, "their records are lost; kept in q"),
        (.snapshot, "nothing is lost; kept in q"),
    ] as [(JournalReport.Damage.Kind, String)])
    func words(kind: JournalReport.Damage.Kind, part: String) throws {
        let damage = JournalReport.Damage(kind: kind, file: "f", offset: 3, count: 4, quarantine: "q")
        #expect(damage.text.hasPrefix("f") && damage.text.contains(part))
        var report = JournalReport()
        report.damages = [damage]
        #expect(StoreInspection.repairText(report).contains("what is lost stands above"))
        let json = try JSONDocument.parse(StoreInspection.json(report)).root
        #expect(json["whole"]?.bool == false && json["damages"]?[0]?["kind"]?.text == kind.rawValue)
        report.damages = []
        #expect(StoreInspection.repairText(report).hasSuffix("nothing is lost"))
    }
}
