// AES-256-GCM (NIST SP 800-38D) under one key, 96-bit nonces, whole 128-bit tags. Belongs to one thread. Seals what
// is kept of a sender and the credentials of providers; the caller owns the rule that a nonce is never used twice.
internal import CSSL

@safe final class AESGCM {
    static let keyCount = 32
    static let nonceCount = 12
    static let tagCount = 16

    private let sealing: OpaquePointer
    private let opening: OpaquePointer

    /// `key` is 32 octets; anything else is a programming error (settings check what they read).
    init(key: SecretBytes) {
        precondition(key.count == Self.keyCount, "an AES-256 key has 32 octets")
        unsafe sealing = Self.context(key, seals: true)
        unsafe opening = Self.context(key, seals: false)
    }

    deinit {
        unsafe EVP_CIPHER_CTX_free(sealing)
        unsafe EVP_CIPHER_CTX_free(opening)
    }

    /// Ciphertext followed by the tag. `nonce`: 12 octets, never used before under this key.
    func seal(_ plain: [UInt8], nonce: [UInt8], aad: [UInt8]) -> [UInt8] {
        precondition(nonce.count == Self.nonceCount, "a GCM nonce has 12 octets")
        var out = nonce
        seal(plain, aad: aad, behindNonceIn: &out)
        return Array(out[Self.nonceCount...])
    }

    /// The same, appended to octets whose last twelve are the nonce.
    func seal(_ plain: [UInt8], aad: [UInt8], behindNonceIn out: inout [UInt8]) {
        let place = out.count
        precondition(place >= Self.nonceCount, "a GCM nonce has 12 octets")
        out.append(contentsOf: repeatElement(0, count: plain.count + Self.tagCount))
        unsafe out.withUnsafeMutableBufferPointer { output in
            guard let first = output.baseAddress else { preconditionFailure("no memory to seal into") }
            let start = unsafe first + place
            var done = unsafe EVP_EncryptInit_ex2(sealing, nil, nil, start - Self.nonceCount, nil) == 1
            done = unsafe done && Self.update(sealing, aad.span, into: nil)
            done = unsafe done && Self.update(sealing, plain.span, into: start)
            var none: Int32 = 0
            let tag = unsafe start + plain.count
            done = unsafe done && EVP_EncryptFinal_ex(sealing, tag, &none) == 1
            done = unsafe done
                && EVP_CIPHER_CTX_ctrl(sealing, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagCount), tag) == 1
            precondition(done, "AES-GCM did not seal")
        }
    }

    /// What was sealed. `.notAuthentic` for everything that is not exactly what `seal` gave for the same nonce and
    /// associated data; nothing of the plain text leaves before the tag has been verified.
    func open(_ sealed: [UInt8], nonce: [UInt8], aad: [UInt8]) throws(CryptoFault) -> [UInt8] {
        guard nonce.count == Self.nonceCount, sealed.count >= Self.tagCount else { throw .notAuthentic }
        let count = sealed.count - Self.tagCount
        ERR_clear_error()
        var authentic = false
        let plain = unsafe [UInt8](unsafeUninitializedCapacity: max(count, 1)) { output, initialized in
            guard let start = output.baseAddress else { return }
            var tag = [UInt8](sealed[count...])
            var none: Int32 = 0
            var done = unsafe EVP_DecryptInit_ex2(opening, nil, nil, nonce, nil) == 1
            done = unsafe done && Self.update(opening, aad.span, into: nil)
            done = unsafe done && Self.update(opening, sealed.span.extracting(..<count), into: start)
            done = unsafe done
                && EVP_CIPHER_CTX_ctrl(opening, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagCount), &tag) == 1
            authentic = unsafe done && EVP_DecryptFinal_ex(opening, start + count, &none) == 1
            if authentic { initialized = count } else { unsafe OPENSSL_cleanse(start, count) }
        }
        guard authentic else { throw .notAuthentic }
        return plain
    }

    private static func context(_ key: SecretBytes, seals: Bool) -> OpaquePointer {
        guard let context = unsafe EVP_CIPHER_CTX_new() else { preconditionFailure("no memory for a cipher context") }
        let keyed = key.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe EVP_CipherInit_ex2(
                    context, OpenSSLMethod.aes256GCM.pointer, buffer.baseAddress, nil, seals ? 1 : 0, nil)
            }
        }
        precondition(keyed == 1, "AES-GCM refused its key")
        return unsafe context
    }

    /// Feeds octets in steps that fit C's int; associated data when there is no output.
    private static func update(
        _ context: OpaquePointer, _ bytes: Span<UInt8>, into output: UnsafeMutablePointer<UInt8>?
    ) -> Bool {
        unsafe bytes.withUnsafeBufferPointer { input in
            var done = 0
            while done < input.count {
                let step = min(input.count - done, 1 << 30)
                var written: Int32 = 0
                guard let start = input.baseAddress else { return false }
                let out = unsafe output.map { unsafe $0 + done }
                guard unsafe EVP_CipherUpdate(context, out, &written, start + done, Int32(step)) == 1 else {
                    return false
                }
                done += step
            }
            return true
        }
    }
}
