// Journals made up by the tests: octets of segments and snapshots, and changes from a seed.
@testable import LolaCore

enum JournalSample {
    static let now = WallTime(seconds: 1_795_168_800)

    /// A segment with where each of its records ends.
    struct Segment {
        var octets: [UInt8]
        var ends: [Int] = []
    }

    static func name(_ number: UInt64) -> String { JournalName.segment(number).text }
    static func snapshotName(_ number: UInt64) -> String { JournalName.snapshot(number).text }

    static func segment(
        _ number: UInt64, after previous: UInt64 = 0, count: Int = 0, _ records: [[StoreChange]]
    ) -> Segment {
        let header = JournalHeader(
            kind: .segment, number: number, previous: previous, previousCount: UInt64(count), created: now)
        var segment = Segment(octets: header.bytes)
        for record in records {
            precondition(JournalFormat.encode(record, into: &segment.octets), "a record is too large")
            segment.ends.append(segment.octets.count)
        }
        return segment
    }

    static func snapshot(_ number: UInt64, _ records: [[StoreChange]]) -> [UInt8] {
        var octets = JournalHeader(kind: .snapshot, number: number, created: now).bytes
        for record in records { precondition(JournalFormat.encode(record, into: &octets), "a record is too large") }
        JournalFormat.encodeEnd(count: records.reduce(0) { $0 + $1.count }, into: &octets)
        return octets
    }

    /// Records whose changes differ from each other by their ids.
    static func records(_ count: Int, _ random: inout SeededGenerator) -> [[StoreChange]] {
        (0..<count).map { _ in (0..<Int.random(in: 1...3, using: &random)).map { _ in change(&random) } }
    }

    static func change(_ random: inout SeededGenerator) -> StoreChange {
        let id = RecordID(high: random.next(), low: random.next())
        func value() -> [UInt8] {
            (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
        let later = now.milliseconds + Int64.random(in: 1...1_000_000, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return .set(StoreKey(.state, id), value(), expires: later)
        case 1: return .set(StoreKey(.outbox, id), value(), expires: nil)
        case 2: return .claim(StoreKey(.seen, id), expires: later)
        case 3:
            let lane = Lane(Int.random(in: 0..<Lane.count, using: &random))
            let entry = QueueEntry(key: StoreKey(.inbound, id), lane: lane, value: value())
            return .entry(entry, sequence: random.next() >> 2)
        default: return .remove(StoreKey(.dead, id))
        }
    }

    /// What recovery gives.
    static func recover(
        _ disk: any Disk, _ purpose: JournalRecovery.Purpose = .start
    ) throws(JournalFault) -> (changes: [StoreChange], report: JournalReport) {
        var changes: [StoreChange] = []
        let report = try JournalRecovery.run(disk, purpose) { visit in
            switch visit {
            case .restart: changes = []
            case .change(let change): changes.append(change)
            }
        }
        return (changes, report)
    }
}
