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

    /// The first 16 octets of the code of one message, as two numbers, big-endian.
    func words(of bytes: Span<UInt8>) -> (high: UInt64, low: UInt64) {
        withCode(of: bytes) { code in
            var words: (high: UInt64, low: UInt64) = (0, 0)
            for place in 0..<8 {
                words.high = words.high << 8 | UInt64(code[place])
                words.low = words.low << 8 | UInt64(code[place + 8])
            }
            return words
        }
    }

    /// The code of the parts written one after the other.
    func code(_ parts: [UInt8]...) -> [UInt8] {
        restart()
        for part in parts { update(part.span) }
        return finish()
    }

    /// Whether `code` is the whole code of `bytes`, in constant time; a code of another length never is.
    func verify(_ bytes: Span<UInt8>, code: Span<UInt8>) -> Bool {
        code.count == algorithm.count && withCode(of: bytes) { ConstantTime.equal($0, code) }
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
            unsafe finish(into: output)
            initialized = algorithm.count
        }
    }

    /// Lends the code of one message, which is kept nowhere.
    private func withCode<Result>(of bytes: Span<UInt8>, _ body: (Span<UInt8>) -> Result) -> Result {
        restart()
        update(bytes)
        return unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: algorithm.count) { output in
            unsafe finish(into: output)
            return body(unsafe Span(_unsafeElements: UnsafeBufferPointer(output)))
        }
    }

    /// `output` has room for a code.
    private func finish(into output: UnsafeMutableBufferPointer<UInt8>) {
        var count = algorithm.count
        let done =
            switch algorithm {
            case .sha256: unsafe lola_hmac_sha256_final(pads, run, output.baseAddress)
            case .sha1: unsafe EVP_MAC_final(context, output.baseAddress, &count, algorithm.count)
            }
        precondition(done == 1 && count == algorithm.count, "HMAC did not finish")
    }
}
