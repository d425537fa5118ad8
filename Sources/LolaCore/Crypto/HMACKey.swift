// HMAC (RFC 2104) under one key: what depends on the key alone is computed once. Belongs to one thread; each loop
// builds its own from settings. Channels verify webhooks with it, pseudonyms and the audit chain are made with it.
internal import CSSL

@safe final class HMACKey {
    enum Algorithm: Sendable {
        case sha256
        /// Only where a provider fixes it (Twilio).
        case sha1

        /// Octets of a code.
        var count: Int { self == .sha256 ? 32 : 20 }
    }

    let algorithm: Algorithm
    /// Of SHA-256: the digests behind both pads, and the one that runs.
    private let pads: UnsafeMutablePointer<lola_hmac_sha256>
    private let run: UnsafeMutablePointer<SHA256_CTX>
    /// Of SHA-1.
    private let context: OpaquePointer?

    /// Any length of key is defined by RFC 2104; that it is long enough is for the settings to say.
    init(_ algorithm: Algorithm, key: SecretBytes) {
        self.algorithm = algorithm
        unsafe pads = .allocate(capacity: 1)
        unsafe pads.initialize(to: lola_hmac_sha256())
        unsafe run = .allocate(capacity: 1)
        unsafe run.initialize(to: SHA256_CTX())
        unsafe context = unsafe algorithm == .sha1 ? EVP_MAC_CTX_new(OpenSSLMethod.hmac.pointer) : nil
        let keyed = key.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { buffer in
                // A null key would mean "keep the old one"; the empty key is a key.
                let nothing: [UInt8] = [0]
                return unsafe nothing.withUnsafeBufferPointer { nothing in
                    unsafe self.set(buffer.isEmpty ? nothing.baseAddress : buffer.baseAddress, buffer.count)
                }
            }
        }
        precondition(keyed, "HMAC refused its key")
    }

    deinit {
        unsafe EVP_MAC_CTX_free(context)
        unsafe OPENSSL_cleanse(pads, MemoryLayout<lola_hmac_sha256>.size)
        unsafe OPENSSL_cleanse(run, MemoryLayout<SHA256_CTX>.size)
        unsafe pads.deallocate()
        unsafe run.deallocate()
    }

    /// The code of one message.
    func code(of bytes: Span<UInt8>) -> [UInt8] {
        restart()
        update(bytes)
        return finish()
    }

    /// The code of the parts written one after the other.
    func code(_ parts: [UInt8]...) -> [UInt8] {
        restart()
        for part in parts { update(part.span) }
        return finish()
    }

    /// Whether `code` is the whole code of `bytes`, in constant time; a code of another length never is.
    func verify(_ bytes: Span<UInt8>, code: Span<UInt8>) -> Bool {
        code.count == algorithm.count && ConstantTime.equal(self.code(of: bytes).span, code)
    }

    func verify(_ bytes: [UInt8], code: [UInt8]) -> Bool { verify(bytes.span, code: code.span) }

    private func set(_ key: UnsafePointer<UInt8>?, _ count: Int) -> Bool {
        switch algorithm {
        case .sha256: return unsafe lola_hmac_sha256_key(pads, key, count) == 1
        case .sha1:
            guard let context = unsafe context else { return false }
            return unsafe lola_hmac_key(context, "SHA1", key, count) == 1
        }
    }

    private func restart() {
        let done =
            switch algorithm {
            case .sha256: unsafe lola_hmac_sha256_begin(pads, run)
            case .sha1: unsafe EVP_MAC_init(context, nil, 0, nil)
            }
        precondition(done == 1, "HMAC did not restart")
    }

    private func update(_ bytes: Span<UInt8>) {
        let done = unsafe bytes.withUnsafeBufferPointer { buffer in
            switch algorithm {
            case .sha256: unsafe lola_hmac_sha256_update(run, buffer.baseAddress, buffer.count)
            case .sha1: unsafe EVP_MAC_update(context, buffer.baseAddress, buffer.count)
            }
        }
        precondition(done == 1, "HMAC did not take its input")
    }

    private func finish() -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: algorithm.count) { output, initialized in
            var done: Int32
            switch algorithm {
            case .sha256:
                done = unsafe lola_hmac_sha256_final(pads, run, output.baseAddress)
                initialized = algorithm.count
            case .sha1:
                done = unsafe EVP_MAC_final(context, output.baseAddress, &initialized, algorithm.count)
            }
            precondition(done == 1 && initialized == algorithm.count, "HMAC did not finish")
        }
    }
}
