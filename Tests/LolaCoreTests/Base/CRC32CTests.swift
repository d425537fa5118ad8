import Testing

@testable import LolaCore

@Suite("CRC-32C")
struct CRC32CTests {
    /// RFC 3720 appendix B.4; the numbers are read with the first octet lowest.
    @Test("the examples of RFC 3720", arguments: [
        ([UInt8](repeating: 0, count: 32), 0x8A91_36AA), ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
        ([UInt8](0..<32), 0x46DD_794E), ([UInt8]((0..<32).reversed()), 0x113F_DB5C),
        (
            [0x01, 0xC0] + [UInt8](repeating: 0, count: 14) + [0x14, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18]
                + [0x28, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0], 0xD996_3A56
        ),
        ([UInt8]("123456789".utf8), 0xE306_9283), ([], 0),
    ] as [([UInt8], UInt32)])
    func examples(octets: [UInt8], expected: UInt32) {
        #expect(CRC32C.of(octets) == expected)
    }

    @Test("any part at any place, in one piece or in two, gives what one bit after the other gives")
    func parts() {
        var generator = SeededGenerator(seed: 3)
        let octets = (0..<300).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for _ in 0..<500 {
            let start = Int.random(in: 0...octets.count, using: &generator)
            let end = Int.random(in: start...octets.count, using: &generator)
            let middle = Int.random(in: start...end, using: &generator)
            let whole = CRC32C.of(octets, start..<end)
            #expect(whole == Self.slow(octets[start..<end]))
            #expect(whole == CRC32C.of(octets, middle..<end, after: CRC32C.of(octets, start..<middle)))
        }
    }

    private static func slow(_ octets: ArraySlice<UInt8>) -> UInt32 {
        var crc = ~UInt32(0)
        for octet in octets {
            crc ^= UInt32(octet)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
        }
        return ~crc
    }
}
