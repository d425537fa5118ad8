// `HTTP/d.d` (RFC 9112 §2.3), one octet at a time, for request and status lines. Case and digits are exact.

struct HTTPVersion: Sendable {
    private(set) var major: UInt8 = 0
    private(set) var minor: UInt8 = 0

    static let length = 8

    /// - Parameter index: 0 to 7, the place of `byte` in the version.
    /// - Returns: false when `byte` cannot stand there.
    mutating func read(_ byte: UInt8, at index: Int) -> Bool {
        switch index {
        case 0: return byte == 0x48
        case 1, 2: return byte == 0x54
        case 3: return byte == 0x50
        case 4: return byte == 0x2F
        case 6: return byte == 0x2E
        case 5: major = byte &- 0x30
        default: minor = byte &- 0x30
        }
        return ASCII.isDigit(byte)
    }

    /// The minor version that decides framing and persistence: every 1.x above 1.0 is read as 1.1 (RFC 9110 §2.5).
    var effectiveMinor: Int { minor == 0 ? 0 : 1 }
}
