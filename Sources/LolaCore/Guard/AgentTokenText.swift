// How an agent token is written (CONTRACT §9): `lola_at_`, 43 characters of 256 random bits, six of a checksum over all
// before them. The prefix and the checksum let scanners of source code find one that leaked. Pure, any thread.

enum AgentTokenText {
    static let prefix: StaticString = "lola_at_"
    /// log₂ 62⁴³ is 256.03: 43 places hold 256 bits.
    static let bodyCount = 43
    /// 62⁶ is more than 2³².
    static let checksumCount = 6
    static let count = 8 + bodyCount + checksumCount
    /// Random octets in one.
    static let entropyCount = 32

    /// The token that 32 random octets make.
    static func make(_ entropy: [UInt8]) -> [UInt8] {
        precondition(entropy.count == entropyCount, "a token is made of 256 bits")
        var text: [UInt8] = []
        text.reserveCapacity(count)
        text.append(word: prefix)
        text += Base62.encode(entropy, count: bodyCount)
        let sum = CRC32.of(text)
        let octets = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> UInt32($0)) }
        return text + Base62.encode(octets, count: checksumCount)
    }

    /// Whether this is the spelling of a token: what is not is refused before any digest is made.
    static func isWellFormed(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.count == count, text.prefix(8).equals(prefix), text.dropFirst(8).allSatisfy(Base62.isDigit) else {
            return false
        }
        return Base62.isEqual(text.suffix(checksumCount), CRC32.of(text.dropLast(checksumCount)))
    }
}
