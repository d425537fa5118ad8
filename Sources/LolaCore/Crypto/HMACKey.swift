// HMAC (RFC 2104) under one key: the context is keyed once and restarted for each message. Belongs to one thread;
// each loop builds its own from settings. Channels verify webhooks with it, pseudonyms and the audit chain are made
// with it.
internal import CSSL

@safe final class HMACKey {
    enum Algorithm: Sendable {
        case sha256
        /// Only where a provider fixes it (Twilio).
        case sha1

        /// Octets of a code.
        var count: Int { self == .sha256 ? 32 : 20 }
        fileprivate var name: StaticString { self == .sha256 ? "SHA256" : "SHA1" }
    }

    let algorithm: Algorithm
    private let context: OpaquePointer

    /// Any length of key is defined by RFC 2104; that it is long enough is for the settings to say.
    init(_ algorithm: Algorithm, key: SecretBytes) {
        guard let context = unsafe EVP_MAC_CTX_new(OpenSSLMethod.hmac.pointer) else {
            preconditionFailure("no memory for an HMAC context")
        }
        self.algorithm = algorithm
        unsafe self.context = unsafe context
        let keyed = key.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { buffer in
                // A null key would mean "keep the old one"; the empty key is a key.
                let nothing: [UInt8] = [0]
                guard let start = buffer.baseAddress, !buffer.isEmpty else {
                    return unsafe lola_hmac_key(context, algorithm.name.pointer, nothing, 0)
                }
                return unsafe lola_hmac_key(context, algorithm.name.pointer, start, buffer.count)
            }
        }
        precondition(keyed == 1, "HMAC refused its key")
    }

    deinit { unsafe EVP_MAC_CTX_free(context) }

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

    private func restart() {
        precondition(unsafe EVP_MAC_init(context, nil, 0, nil) == 1, "HMAC did not restart")
    }

    private func update(_ bytes: Span<UInt8>) {
        let done = unsafe bytes.withUnsafeBufferPointer { unsafe EVP_MAC_update(context, $0.baseAddress, $0.count) }
        precondition(done == 1, "HMAC did not take its input")
    }

    private func finish() -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: algorithm.count) { output, initialized in
            let done = unsafe EVP_MAC_final(context, output.baseAddress, &initialized, algorithm.count)
            precondition(done == 1 && initialized == algorithm.count, "HMAC did not finish")
        }
    }
}

extension StaticString {
    /// The text as C sees it: static strings end in NUL.
    fileprivate var pointer: UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
