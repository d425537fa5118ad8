// UTF-8 decoding that names what is ill-formed instead of hiding it: for text of unknown origin in `JSONWriter` and
// for the characters of a settings file in `JSON5Reader`.

/// Turns octets into scalars one at a time; an ill-formed sequence is reported once per maximal subpart
/// (Unicode §3.9).
struct JSONScalarDecoder {
    enum Step: Equatable {
        case more
        case scalar(UInt32)
        /// This octet can begin nothing.
        case invalid
        /// The sequence before this octet was cut short; feed the octet again.
        case broken
    }

    private var value: UInt32 = 0
    private var missing = 0
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xBF

    mutating func feed(_ octet: UInt8) -> Step {
        if missing > 0 {
            guard octet >= low && octet <= high else {
                missing = 0
                return .broken
            }
            value = value << 6 | UInt32(octet & 0x3F)
            missing -= 1
            low = 0x80
            high = 0xBF
            return missing == 0 ? .scalar(value) : .more
        }
        low = 0x80
        high = 0xBF
        switch octet {
        case 0x00...0x7F: return .scalar(UInt32(octet))
        case 0xC2...0xDF: missing = 1
        case 0xE0...0xEF:
            missing = 2
            if octet == 0xE0 { low = 0xA0 }
            if octet == 0xED { high = 0x9F }
        case 0xF0...0xF4:
            missing = 3
            if octet == 0xF0 { low = 0x90 }
            if octet == 0xF4 { high = 0x8F }
        default: return .invalid
        }
        value = UInt32(octet) & (0x3F >> UInt32(missing))
        return .more
    }
}
