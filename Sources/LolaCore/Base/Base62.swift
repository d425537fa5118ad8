// Numbers in digits and letters only: `0`–`9`, `A`–`Z`, `a`–`z`, the highest place first, leading zeros kept. What a
// person can select with a double click. Pure, any thread.

enum Base62 {
    private static let digits = [UInt8](text: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    @inline(__always) static func isDigit(_ octet: UInt8) -> Bool { ASCII.isDigit(octet) || ASCII.isLetter(octet) }

    /// The number that `octets` make, big-endian, in exactly `count` digits; higher places are cut off.
    static func encode(_ octets: [UInt8], count: Int) -> [UInt8] {
        var rest = octets
        var out = [UInt8](repeating: digits[0], count: count)
        for place in stride(from: count - 1, through: 0, by: -1) {
            var remainder = 0
            for index in rest.indices {
                let value = remainder << 8 | Int(rest[index])
                rest[index] = UInt8(truncatingIfNeeded: value / 62)
                remainder = value % 62
            }
            out[place] = digits[remainder]
        }
        return out
    }

    /// Whether `text` is this number with leading zeros, without making a text.
    static func isEqual(_ text: ArraySlice<UInt8>, _ number: UInt32) -> Bool {
        var rest = number
        for octet in text.reversed() {
            guard octet == digits[Int(rest % 62)] else { return false }
            rest /= 62
        }
        return rest == 0
    }
}
