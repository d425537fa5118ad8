// Byte vocabulary: ranges, ASCII tests, decimal digits. Octets only; nothing here knows Unicode.

/// A half-open range of octets inside some array named by the context.
struct ByteRange: Hashable, Sendable {
    let start: Int
    let end: Int

    static let empty = ByteRange(start: 0, end: 0)
    var count: Int { end - start }
    var isEmpty: Bool { end == start }
    var asRange: Range<Int> { start..<end }
}

enum ASCII {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20

    @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    @inline(__always) static func isUpper(_ byte: UInt8) -> Bool { byte &- 0x41 < 26 }
    @inline(__always) static func isLower(_ byte: UInt8) -> Bool { byte &- 0x61 < 26 }
    @inline(__always) static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
    @inline(__always) static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }
    @inline(__always) static func lowercased(_ byte: UInt8) -> UInt8 { isUpper(byte) ? byte | 0x20 : byte }

    /// Equality that ignores ASCII case only (field names, RFC 9110 §5.1).
    static func equalIgnoringCase(_ bytes: some Collection<UInt8>, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        var index = 0
        for byte in bytes {
            let other = unsafe text.utf8Start[index]
            if lowercased(byte) != lowercased(other) { return false }
            index += 1
        }
        return true
    }

    /// The value of 1*DIGIT, or nil: no sign, no blank, no overflow, not empty.
    static func decimal(_ bytes: some Collection<UInt8>) -> Int? {
        guard !bytes.isEmpty else { return nil }
        var value = 0
        for byte in bytes {
            guard isDigit(byte) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(byte &- 0x30))
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }

    /// Decimal digits of a number, without a String.
    static func append(_ value: Int, to out: inout [UInt8]) {
        if value < 0 {
            out.append(0x2D)
            appendMagnitude(value.magnitude, to: &out)
        } else {
            appendMagnitude(UInt(value), to: &out)
        }
    }

    private static func appendMagnitude(_ value: UInt, to out: inout [UInt8]) {
        var digits = 1
        var rest = value / 10
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        out.write(atMost: digits) { $0.put(value, digits: digits) }
    }
}

extension [UInt8] {
    /// The octets of a text known at compile time or made by us.
    init(text: String) { self = Array(text.utf8) }

    /// Text for people, logs and settings; invalid UTF-8 becomes U+FFFD. Never used for a decision.
    var text: String { String(decoding: self, as: UTF8.self) }
}

extension ArraySlice<UInt8> {
    var text: String { String(decoding: self, as: UTF8.self) }
}
