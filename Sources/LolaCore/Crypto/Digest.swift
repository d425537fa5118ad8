// SHA-256 of octets at hand. Pure, any thread.
internal import CSSL

enum Digest {
    static let sha256Count = 32

    /// The 32 octets of SHA-256 (FIPS 180-4).
    static func sha256(_ bytes: [UInt8]) -> [UInt8] { sha256(bytes.span) }

    static func sha256(_ bytes: Span<UInt8>) -> [UInt8] {
        unsafe bytes.withUnsafeBytes { input in
            unsafe [UInt8](unsafeUninitializedCapacity: sha256Count) { output, initialized in
                let done = unsafe EVP_Digest(
                    input.baseAddress, input.count, output.baseAddress, nil, OpenSSLMethod.sha256.pointer, nil)
                precondition(done == 1, "SHA-256 failed")
                initialized = sha256Count
            }
        }
    }
}
