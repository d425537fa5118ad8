// Comparison whose time does not depend on where two texts differ. Pure, any thread.
internal import CSSL

enum ConstantTime {
    /// Whether both are equal. The time depends on the lengths only: use it where lengths are public (digests,
    /// signatures), and `SecretBytes.equals` where they are not.
    static func equal(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        return unsafe left.withUnsafeBytes { first in
            unsafe right.withUnsafeBytes { second in
                guard let one = first.baseAddress, let two = second.baseAddress else { return true }
                return unsafe CRYPTO_memcmp(one, two, first.count) == 0
            }
        }
    }

    static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool { equal(left.span, right.span) }

    static func equal(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool { equal(left.span, right.span) }
}
