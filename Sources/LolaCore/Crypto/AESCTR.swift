// AES-256-CTR (NIST SP 800-38A §6.5) under one key. Belongs to one thread. Hides and nothing more: whoever uses it
// authenticates what it gave, before it is given back (SealedTokens).
internal import CSSL

@safe final class AESCTR {
    static let keyCount = 32
    static let nonceCount = 16

    private let context: OpaquePointer

    /// `key` is 32 octets; anything else is a programming error.
    init(key: SecretBytes) {
        precondition(key.count == Self.keyCount, "an AES-256 key has 32 octets")
        guard let context = unsafe EVP_CIPHER_CTX_new() else { preconditionFailure("no memory for a cipher context") }
        let keyed = key.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe EVP_CipherInit_ex2(
                    context, OpenSSLMethod.aes256CTR.pointer, buffer.baseAddress, nil, 1, nil)
            }
        }
        precondition(keyed == 1, "AES-CTR refused its key")
        unsafe self.context = unsafe context
    }

    deinit { unsafe EVP_CIPHER_CTX_free(context) }

    /// Hides what is plain and shows what was hidden. `nonce`: 16 octets, the first counter, random for each text.
    func apply(_ bytes: [UInt8], nonce: [UInt8]) -> [UInt8] {
        precondition(nonce.count == Self.nonceCount, "a CTR nonce has 16 octets")
        precondition(bytes.count < 1 << 30, "a text longer than C's int")
        return unsafe [UInt8](unsafeUninitializedCapacity: bytes.count) { output, initialized in
            var written: Int32 = 0
            var done = unsafe EVP_EncryptInit_ex2(context, nil, nil, nonce, nil) == 1
            done = unsafe done
                && (bytes.isEmpty
                    || EVP_EncryptUpdate(context, output.baseAddress, &written, bytes, Int32(bytes.count)) == 1)
            precondition(done && Int(written) == bytes.count, "AES-CTR did not work")
            initialized = bytes.count
        }
    }
}
