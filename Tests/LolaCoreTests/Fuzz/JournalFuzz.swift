// What must hold of a journal whatever its octets are. Called by the tests over the committed corpus and by the fuzz
// targets.
import Foundation
import Testing

@testable import LolaCore

/// The octets as the only segment and as the only snapshot: looking and starting find the same, a start leaves a
/// journal without torn octets, and a second start finds the same again.
func fuzzJournalFile(_ bytes: [UInt8]) {
    for name in [JournalName.segment(1).text, JournalName.snapshot(1).text] {
        let disk = SimDisk(files: [name: bytes])
        guard let seen = recovered(disk, .inspection) else { continue }
        precondition(disk.files == [name: bytes], "a look changed something")
        guard let first = recovered(disk, .start) else { preconditionFailure("a start refused what a look read") }
        precondition(first.changes == seen.changes, "a start gave other changes than a look")
        let torn = first.report.tornTails.reduce(0) { $0 + $1.count }
        let damaged = first.report.damages.reduce(0) { $0 + $1.count }
        precondition(torn + damaged <= bytes.count, "more lost than was there")
        guard let second = recovered(disk, .start) else { preconditionFailure("a second start was refused") }
        precondition(second.changes == first.changes, "a second start gave other changes")
        precondition(second.report.tornTails.isEmpty, "a start left torn octets")
        precondition(second.report.damages.allSatisfy { !$0.isNew || $0.quarantine == nil }, "damage was copied twice")
    }
}

/// The octets as the payload of a record: what is read is written again with the same octets, and a table takes it.
func fuzzJournalPayload(_ bytes: [UInt8]) {
    guard let changes = JournalFormat.decode(bytes, 0..<bytes.count) else { return }
    var octets: [UInt8] = []
    precondition(JournalFormat.encode(changes, into: &octets), "what was read is too large to write")
    precondition(octets.dropFirst(JournalRecord.headCount).elementsEqual(bytes), "other octets after rewriting")
    let now = WallTime(seconds: 1_795_168_800)
    var table = StoreTable()
    for change in changes { table.restore(change, at: now) }
    var cursor = SnapshotCursor()
    var live = 0
    while true {
        let piece = table.snapshot(&cursor, limit: 1_000, at: now)
        if piece.isEmpty { break }
        live += piece.count
    }
    precondition(live <= changes.count, "more records than changes")
}

private func recovered(
    _ disk: SimDisk, _ purpose: JournalRecovery.Purpose
) -> (changes: [StoreChange], report: JournalReport)? {
    var changes: [StoreChange] = []
    let report = try? JournalRecovery.run(disk, purpose) { visit in
        switch visit {
        case .restart: changes = []
        case .change(let change): changes.append(change)
        }
    }
    return report.map { (changes, $0) }
}

@Suite("Journal fuzz corpus")
struct JournalFuzzTests {
    private static func seeds(_ folder: String) throws -> [[UInt8]] {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Corpus/\(folder)")
        let names = try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
        return try names.map { [UInt8](try Data(contentsOf: url.appendingPathComponent($0))) }
    }

    @Test("the corpus and 1,000 changes of it hold", arguments: [
        ("journal_file", fuzzJournalFile), ("journal_payload", fuzzJournalPayload),
    ] as [(String, @Sendable ([UInt8]) -> Void)])
    func corpus(folder: String, run: @Sendable ([UInt8]) -> Void) throws {
        let seeds = try Self.seeds(folder)
        try #require(seeds.count >= 8)
        seeds.forEach(run)
        var random = SeededGenerator(seed: 21)
        for _ in 0..<1_000 {
            var octets = seeds.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...3, using: &random) where !octets.isEmpty {
                let place = Int.random(in: 0..<octets.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: octets[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: octets.removeSubrange(place..<min(octets.count, place + 5))
                default: octets.insert(UInt8.random(in: 0...255, using: &random), at: place)
                }
            }
            run(octets)
        }
    }

    @Test("the seeds reach whole files, torn ones and damage; payloads of every kind")
    func reach() throws {
        let files = try Self.seeds("journal_file")
        let reports = files.compactMap { recovered(SimDisk(files: [JournalName.segment(1).text: $0]), .inspection) }
        #expect(reports.contains { $0.report.isWhole && $0.report.tornTails.isEmpty && !$0.changes.isEmpty })
        #expect(reports.contains { !$0.report.tornTails.isEmpty && !$0.changes.isEmpty })
        #expect(reports.contains { $0.report.damages.contains { $0.kind == .records } })
        #expect(reports.contains { $0.report.damages.contains { $0.kind == .header } } && reports.count < files.count)
        let payloads = try Self.seeds("journal_payload").flatMap { JournalFormat.decode($0, 0..<$0.count) ?? [] }
        let kinds = Set(payloads.map { "\($0)".prefix { $0 != "(" } })
        #expect(kinds.count == 4)
    }
}
