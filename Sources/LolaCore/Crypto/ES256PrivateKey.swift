// The signing half of ES256 (RFC 7518 §3.4): session tokens and agent bearers are signed with it. Belongs to one
// thread; each loop builds its own from the PEM in settings.
internal import CSSL

@safe final class ES256PrivateKey {
    let publicKey: ES256PublicKey
    private let key: OpaquePointer
    private let context: OpaquePointer

    /// A P-256 key as SEC1 or PKCS#8 PEM, not encrypted. `.keyMalformed`: no such PEM; `.keyEncrypted`: it wants a
    /// passphrase; `.keyUnsuitable`: another algorithm or curve, or halves that do not belong together.
    convenience init(pem: [UInt8]) throws(CryptoFault) { try self.init(pem: pem.span) }

    /// The same from a secret of the settings.
    convenience init(pem: SecretBytes) throws(CryptoFault) {
        try unsafe self.init(
            handle: pem.withBytes { bytes throws(CryptoFault) in try unsafe P256Key.privateKey(pem: bytes) })
    }

    convenience init(pem: Span<UInt8>) throws(CryptoFault) {
        try unsafe self.init(handle: P256Key.privateKey(pem: pem))
    }

    private init(handle: OpaquePointer) throws(CryptoFault) {
        var context: OpaquePointer?
        do throws(CryptoFault) {
            let point = try unsafe P256Key.coordinates(handle)
            publicKey = try ES256PublicKey(x: point.x, y: point.y)
            unsafe context = EVP_PKEY_CTX_new_from_pkey(nil, handle, nil)
            guard let ready = unsafe context, unsafe EVP_PKEY_sign_init(ready) == 1,
                unsafe EVP_PKEY_CTX_set_signature_md(ready, EVP_sha256()) == 1
            else { throw .libraryFailed }
            unsafe key = unsafe handle
            unsafe self.context = unsafe ready
        } catch {
            unsafe EVP_PKEY_CTX_free(context)
            unsafe EVP_PKEY_free(handle)
            throw error
        }
    }

    deinit {
        unsafe EVP_PKEY_CTX_free(context)
        unsafe EVP_PKEY_free(key)
    }

    /// A new key as PKCS#8 PEM, for `lola keys new ec` and `lola dev`.
    static func generatePEM() throws(CryptoFault) -> [UInt8] { try P256Key.generatePEM() }

    /// The signature r||s (64 octets) of SHA-256 of `bytes`. Randomised: signing twice gives two signatures.
    func sign(_ bytes: [UInt8]) throws(CryptoFault) -> [UInt8] {
        ERR_clear_error()
        let digest = Digest.sha256(bytes)
        var count = 80
        let der = unsafe [UInt8](unsafeUninitializedCapacity: count) { output, initialized in
            let done = unsafe EVP_PKEY_sign(context, output.baseAddress, &count, digest, digest.count)
            initialized = done == 1 ? count : 0
        }
        guard let raw = ECDSASignature.raw(fromDER: der) else { throw .libraryFailed }
        return raw
    }
}
