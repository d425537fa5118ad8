// SHA-256 of octets at hand. Pure, any thread.
internal import CSSL

enum Digest {
    static let sha256Count = 32

    /// The 32 octets of SHA-256 (FIPS 180-4).
    static func sha256(_ bytes: [UInt8]) -> [UInt8] { sha256(bytes.span) }

    static func sha256(_ bytes: Span<UInt8>) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: sha256Count)
        unsafe digest.withUnsafeMutableBufferPointer { unsafe sha256(bytes, into: $0.baseAddress) }
        return digest
    }

    /// The first 16 octets of the digest as two numbers, big-endian.
    static func words(of bytes: Span<UInt8>) -> (high: UInt64, low: UInt64) {
        var digest: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        unsafe withUnsafeMutableBytes(of: &digest) { output in
            unsafe sha256(bytes, into: output.bindMemory(to: UInt8.self).baseAddress)
        }
        return (UInt64(bigEndian: digest.0), UInt64(bigEndian: digest.1))
    }

    /// `output` has room for a digest.
    private static func sha256(_ bytes: Span<UInt8>, into output: UnsafeMutablePointer<UInt8>?) {
        let done = unsafe bytes.withUnsafeBufferPointer { unsafe lola_sha256($0.baseAddress, $0.count, output) }
        precondition(done == 1, "SHA-256 failed")
    }
}
