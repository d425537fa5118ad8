// Damage to octets at rest, the same for every codec: it ends in a fault or in another record, never in a trap.
import Testing

@testable import LolaCore

enum RecordDamage {
    /// Every truncation is a fault; every flipped bit is a fault or a record that is written with just these octets.
    /// Returns how many flips still were a record.
    @discardableResult
    static func check(_ whole: [UInt8], rewritten: ([UInt8]) throws(RecordFault) -> [UInt8]) -> Int {
        #expect((try? rewritten(whole)) == whole)
        #expect((try? rewritten(whole + [0])) == nil)
        for count in whole.indices { #expect((try? rewritten(Array(whole[..<count]))) == nil) }
        var alive = 0
        var bytes = whole
        for place in whole.indices {
            for bit in 0..<8 {
                bytes[place] ^= 1 << UInt8(bit)
                if let other = try? rewritten(bytes) {
                    #expect(other == bytes)
                    alive += 1
                }
                bytes[place] = whole[place]
            }
        }
        return alive
    }

    static func octets(upTo count: Int, _ random: inout SeededGenerator) -> [UInt8] {
        (0..<Int.random(in: 0...count, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    static func maybe<Value>(_ random: inout SeededGenerator, _ make: (inout SeededGenerator) -> Value) -> Value? {
        Bool.random(using: &random) ? make(&random) : nil
    }
}
