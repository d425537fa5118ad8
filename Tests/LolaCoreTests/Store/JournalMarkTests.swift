import Testing

@testable import LolaCore

@Suite("Journal: a hole in the last write is its end, a hole before it is damage")
struct JournalMarkTests {
    private static let name = "segment-0000000001"

    private static func put(_ number: UInt64) -> StoreOperation {
        .put(StoreKey(.state, RecordID(high: 1, low: number)), [UInt8(number)], expires: nil)
    }

    /// A segment of two writes, the second one of two operations, and where they begin.
    private static func segment(isClosed: Bool) throws -> (octets: [UInt8], starts: [Int]) {
        let rig = try JournalRig()
        var starts: [Int] = []
        for numbers in [[1], [2, 3]] as [[UInt64]] {
            starts.append(rig.disk.files[name]?.count ?? 0)
            for number in numbers { rig.left.submit(put(number)) { #expect($0 == .done) } }
            rig.settle()
        }
        if isClosed { rig.writer.close() }
        return (try #require(rig.disk.files[name]), starts)
    }

    /// Which of the three are there after a bit of the first operation of a write was flipped.
    private static func flipped(write: Int, isClosed: Bool) throws -> (there: [UInt64], report: JournalReport) {
        var (octets, starts) = try segment(isClosed: isClosed)
        // Behind the mark of the write and the head of the record.
        let mark = JournalRecord.headCount + 8
        octets[starts[write] + mark + JournalRecord.headCount + 3] ^= 1
        let rig = try JournalRig(SimDisk(files: [name: octets]))
        let there = try [1, 2, 3].filter { number in
            try rig.ask(.get(StoreKey(.state, RecordID(high: 1, low: number)))) != .value(nil)
        }
        return (there, rig.store.report)
    }

    @Test("a hole in the last write: what follows it was never acknowledged, and is not used")
    func lastWrite() throws {
        let (there, report) = try Self.flipped(write: 1, isClosed: false)
        #expect(there == [1])
        #expect(report.isWhole)
        #expect(report.tornTails.count == 1)
    }

    @Test("a hole before the last write is damage: it is reported, and everything else is used")
    func earlierWrite() throws {
        let (there, report) = try Self.flipped(write: 0, isClosed: false)
        #expect(there == [2, 3])
        #expect(report.damages.map(\.kind) == [.records])
        #expect(report.tornTails.isEmpty)
    }

    @Test("after an orderly end the last write is proven too")
    func closed() throws {
        let (there, report) = try Self.flipped(write: 1, isClosed: true)
        #expect(there == [1, 3])
        #expect(report.damages.map(\.kind) == [.records])
        #expect(try Self.segment(isClosed: true).octets.count > Self.segment(isClosed: false).octets.count)
    }
}
