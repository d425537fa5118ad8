import Testing

@testable import LolaCore

@Suite("Journal: a hole in the last write is its end, a hole before it is damage")
struct JournalMarkTests {
    private static let name = "segment-0000000001"

    private static func put(_ number: UInt64) -> StoreOperation {
        .put(StoreKey(.state, RecordID(high: 1, low: number)), [UInt8(number)], expires: nil)
    }

    private static let mark = JournalRecord.headCount + 8

    /// A segment of two writes, the second one of two operations, where they begin, and where the second one ends.
    private static func segment(isClosed: Bool) throws -> (octets: [UInt8], starts: [Int], end: Int) {
        let rig = try JournalRig()
        var starts: [Int] = []
        for numbers in [[1], [2, 3]] as [[UInt64]] {
            starts.append(rig.journal.status().octets)
            for number in numbers { rig.left.submit(put(number)) { #expect($0 == .done) } }
            rig.settle()
        }
        if isClosed { rig.writer.close() }
        return (try #require(rig.disk.files[name]), starts, rig.journal.status().octets)
    }

    /// Which of the three are there after a bit of the first operation of a write was flipped.
    private static func flipped(write: Int, isClosed: Bool) throws -> (there: [UInt64], report: JournalReport) {
        var (octets, starts, _) = try segment(isClosed: isClosed)
        // Behind the mark of the write and the head of the record.
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
    }

    @Test("room is reserved by zeros, which are no torn tail; an orderly end gives back what it did not use")
    func reserve() throws {
        let (open, _, end) = try Self.segment(isClosed: false)
        #expect(open.count == Limits.journalReserve.bytes)
        #expect(open[end...].allSatisfy { $0 == 0 })
        let closed = try Self.segment(isClosed: true)
        #expect(closed.octets.count == closed.end + Self.mark)

        let rig = try JournalRig(SimDisk(files: [Self.name: open]))
        #expect(rig.store.report.isWhole && rig.store.report.tornTails.isEmpty)
        #expect(rig.store.report.lastCount == end)
        #expect(rig.disk.files[Self.name]?.count == end)
    }

    @Test("of a torn tail only what stands before the reserved zeros is told")
    func tornBeforeZeros() throws {
        let (open, starts, end) = try Self.segment(isClosed: false)
        let torn = starts[1] + 5
        let octets = open[..<torn] + [UInt8](repeating: 0, count: open.count - torn)
        let rig = try JournalRig(SimDisk(files: [Self.name: Array(octets)]))
        let tail = try #require(rig.store.report.tornTails.first)
        #expect(tail.offset == starts[1] && (1...5).contains(tail.count))
        #expect(rig.disk.files[Self.name]?.count == starts[1] && starts[1] < end)
    }

    @Test("zeros in a segment that was given up are no damage, even when the next one no longer tells where it ends")
    func abandonedReserve() throws {
        let rig = try JournalRig()
        rig.left.submit(Self.put(1)) { #expect($0 == .done) }
        rig.settle()
        rig.disk.fail(.sync)
        rig.left.submit(Self.put(2)) { #expect($0 == .unavailable) }
        rig.settle()
        rig.advance(Limits.journalPauseMax)
        rig.settle()
        rig.left.submit(Self.put(3)) { #expect($0 == .done) }
        rig.settle()
        var files = rig.disk.files
        let second = "segment-0000000002"
        #expect(files[Self.name]?.count == Limits.journalReserve.bytes)
        files[second]?[20] ^= 1
        let there = try JournalRig(SimDisk(files: files))
        #expect(there.store.report.damages.map(\.kind) == [.header])
        #expect(there.store.report.tornTails.isEmpty)
        #expect(try there.ask(.get(StoreKey(.state, RecordID(high: 1, low: 3)))) == .value([3]))
    }

    @Test("what outgrows the reserve gets more of it; a disk too full for zeros keeps what was written")
    func growing() throws {
        let rig = try JournalRig()
        let large = [UInt8](repeating: 7, count: Limits.journalReserve.bytes)
        func put(_ number: UInt64) {
            rig.left.submit(.put(StoreKey(.state, RecordID(high: 1, low: number)), large, expires: nil)) {
                #expect($0 == .done)
            }
            rig.settle()
        }
        put(1)
        #expect(rig.disk.files[Self.name]?.count == 2 * Limits.journalReserve.bytes)
        rig.disk.fail(.write, skipping: 1, with: .full)
        put(2)
        #expect(rig.journal.status().isOpen)
        let there = try JournalRig(SimDisk(files: rig.disk.files))
        for number in [1, 2] as [UInt64] {
            #expect(try there.ask(.get(StoreKey(.state, RecordID(high: 1, low: number)))) == .value(large))
        }
    }
}
