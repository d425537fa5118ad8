// The log's way out against a reader that is away for a while.
import Foundation
import Testing

@testable import LolaCore

@Suite("Log sink")
struct LogSinkTests {
    @Test("a reader that is away loses whole lines, counted, and never a part of one")
    func awayReader() {
        let pipe = Pipe()
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let line = [UInt8](repeating: 0x61, count: 999) + [0x0A]
        // Far more than a pipe holds, in batches of seven lines.
        let batch = [UInt8]((0..<7).map { _ in line }.joined())
        for _ in 0..<30 { sink.write(batch) }
        #expect(sink.dropped > 0 && sink.dropped < 210)
        // One read makes room, how much is the system's affair; the rest is read once the writer is gone.
        var taken = [UInt8](pipe.fileHandleForReading.availableData)
        sink.write([0x62, 0x0A])
        pipe.fileHandleForWriting.closeFile()
        taken += [UInt8](pipe.fileHandleForReading.readDataToEndOfFile())
        let lines = taken.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
        #expect(lines.dropLast().allSatisfy { $0.elementsEqual(line.dropLast()) } && lines.last == [0x62])
        #expect(lines.count - 1 + sink.dropped == 210)
    }
}
