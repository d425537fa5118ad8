// The epoch of the embedded store: the same over whole starts, another after a loss, however the loss was mended.
import Testing

@testable import LolaCore

@Suite("The epoch of the store changes when something acknowledged is lost")
struct StoreEpochTests {
    private final class Records {
        let table = MemoryTable()
        var isAway = false
        func ask(_ operation: StoreOperation) -> StoreAnswer {
            isAway ? .unavailable : table.apply(operation, at: WallTime(seconds: 1))
        }
    }

    private static func report(_ damages: [(JournalReport.Damage.Kind, String, Int)] = []) -> JournalReport {
        var report = JournalReport()
        report.damages = damages.map { JournalReport.Damage(kind: $0.0, file: $0.1, offset: $0.2, count: 1) }
        return report
    }

    private static func find(_ records: Records, _ report: JournalReport = report(), from first: UInt8) -> [UInt8]? {
        StoreEpoch.find(report, entropy: CountingEntropy(from: first), ask: records.ask)?.octets
    }

    @Test("a loss is news at the start that meets it, and at no other")
    func news() {
        let records = Records()
        let loss = Self.report([(.missing, "a", 7)])
        let losses = [Self.report(), loss, loss, Self.report()]
        let told = losses.map { report in
            StoreEpoch.find(report, entropy: CountingEntropy(from: 1), ask: records.ask)?.isOfLoss
        }
        #expect(told == [false, true, false, false])
    }

    @Test("made once, found by every start that lost nothing")
    func whole() throws {
        let records = Records()
        let first = try #require(Self.find(records, from: 1))
        #expect(first.count == 16 && Self.find(records, from: 50) == first)
        let harmless = Self.report([(.header, "a", 0), (.snapshot, "b", 4)])
        #expect(Self.find(records, harmless, from: 70) == first)
    }

    @Test("each loss is a new epoch, once", arguments: [JournalReport.Damage.Kind.missing, .short, .records])
    func lost(_ kind: JournalReport.Damage.Kind) throws {
        let records = Records()
        let first = try #require(Self.find(records, from: 1))
        let loss = Self.report([(kind, "a", 7)])
        let second = try #require(Self.find(records, loss, from: 30))
        #expect(second != first && Self.find(records, loss, from: 60) == second)
        #expect(Self.find(records, from: 90) == second)
        let more = Self.report([(kind, "a", 7), (kind, "b", 9)])
        #expect(Self.find(records, more, from: 120) != second)
    }

    @Test("a store without an epoch has lost it; one that does not answer has none")
    func none() {
        let records = Records()
        let first = Self.find(records, from: 1)
        _ = records.ask(.remove(StoreEpoch.record))
        #expect(Self.find(records, from: 40) != first)
        records.isAway = true
        #expect(Self.find(records, from: 80) == nil)
    }
}
