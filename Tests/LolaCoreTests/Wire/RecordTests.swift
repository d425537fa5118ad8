// The vocabulary of records at rest: what goes in comes out, and everything else is a fault.
import Testing

@testable import LolaCore

@Suite("Records at rest: writer and reader")
struct RecordTests {
    /// A record with one value of each kind.
    private struct Sample: Hashable {
        var byte: UInt8 = 7
        var isSet = true
        var number: UInt64 = 300
        var word = Int64.min
        var octets: [UInt8] = [1, 2, 3]
        var present: [UInt8]? = []
        var absent: [UInt8]?
        var list: [[UInt8]] = [[9], [], [8, 7]]

        var bytes: [UInt8] {
            var writer = RecordWriter(version: 3)
            writer.byte(byte)
            writer.flag(isSet)
            writer.number(number)
            writer.word(word)
            writer.octets(octets)
            writer.optional(present)
            writer.optional(absent)
            writer.list(list) { $0.octets($1) }
            return writer.bytes
        }

        init() {}

        init(_ bytes: [UInt8]) throws(RecordFault) {
            var reader = try RecordReader(bytes, version: 3)
            byte = try reader.byte()
            isSet = try reader.flag()
            number = try reader.number()
            word = try reader.signedWord()
            octets = try reader.octets()
            present = try reader.optionalOctets()
            absent = try reader.optionalOctets()
            list = try reader.list { (reader) throws(RecordFault) in try reader.octets() }
            try reader.end()
        }
    }

    @Test("the octets are the documented ones")
    func form() {
        let start: [UInt8] = [3, 7, 1, 0xAC, 0x02, 0, 0, 0, 0, 0, 0, 0, 0x80]
        #expect(Sample().bytes == start + [3, 1, 2, 3, 1, 0, 0, 3, 1, 9, 0, 2, 8, 7])
    }

    @Test("what goes in comes out")
    func roundTrip() throws {
        #expect(try Sample(Sample().bytes) == Sample())
    }

    @Test("every truncation is cut")
    func truncations() {
        let whole = Sample().bytes
        for count in whole.indices {
            #expect(throws: RecordFault.cut) { try Sample(Array(whole[..<count])) }
        }
    }

    @Test("an octet too many is surplus")
    func surplus() {
        #expect(throws: RecordFault.surplus) { try Sample(Sample().bytes + [0]) }
    }

    @Test("a form that is not known is said to be so")
    func version() {
        for version in UInt8.min...UInt8.max where version != 3 {
            #expect(throws: RecordFault.versionUnknown) { try Sample([version] + Sample().bytes.dropFirst()) }
        }
    }

    @Test("a flag is 0 or 1")
    func flags() {
        #expect(throws: RecordFault.malformed) {
            var reader = try RecordReader([0, 2], version: 0)
            _ = try reader.flag()
        }
    }

    @Test(
        "numbers of all lengths",
        arguments: [0, 1, 0x7F, 0x80, 0x3FFF, 0x4000, UInt64(UInt32.max), UInt64.max >> 1, UInt64.max - 1, UInt64.max])
    func numbers(value: UInt64) throws {
        var writer = RecordWriter(version: 0)
        writer.number(value)
        var reader = try RecordReader(writer.bytes, version: 0)
        #expect(try reader.number() == value)
        try reader.end()
    }

    @Test(
        "a number has one spelling, and 64 bits",
        arguments: [
            [0x80, 0x00], [0xFF, 0x80, 0x00], [UInt8](repeating: 0xFF, count: 9) + [0x02],
            [UInt8](repeating: 0xFF, count: 10), [UInt8](repeating: 0x80, count: 12),
        ] as [[UInt8]])
    func longNumbers(octets: [UInt8]) {
        #expect(throws: RecordFault.malformed) {
            var reader = try RecordReader([0] + octets, version: 0)
            _ = try reader.number()
        }
    }

    @Test("a length beyond the end is cut, however large, before anything is reserved")
    func lengths() {
        for claimed in [4, 1 << 40, UInt64(Int.max), UInt64.max] {
            var writer = RecordWriter(version: 0)
            writer.number(claimed)
            let bytes = writer.bytes + [1, 2, 3]
            #expect(throws: RecordFault.cut) {
                var reader = try RecordReader(bytes, version: 0)
                _ = try reader.octets()
            }
            #expect(throws: RecordFault.cut) {
                var reader = try RecordReader(bytes, version: 0)
                _ = try reader.list { (reader) throws(RecordFault) in try reader.byte() }
            }
        }
    }

    @Test("octets of chance are a fault or a record that is written the same way")
    func noise() {
        var random = SeededGenerator(seed: 21)
        var whole = 0
        for _ in 0..<20_000 {
            var bytes = Sample().bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let read = try? Sample(bytes) else { continue }
            #expect(read.bytes == bytes)
            whole += 1
        }
        #expect(whole > 1_000)
    }
}
