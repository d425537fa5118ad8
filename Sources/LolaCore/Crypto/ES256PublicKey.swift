// The verifying half of ES256 and its JWK spelling (RFC 7517, RFC 7638): what `/.well-known/jwks.json` publishes and
// what callbacks are checked with. Belongs to one thread; each loop builds its own from `x` and `y`.
internal import CSSL

@safe final class ES256PublicKey {
    /// Affine coordinates, 32 octets each.
    let x: [UInt8]
    let y: [UInt8]
    /// RFC 7638 SHA-256 thumbprint as base64url text (43 octets): Lola's `kid`.
    let thumbprint: [UInt8]
    private let key: OpaquePointer
    private let context: OpaquePointer

    /// `.lengthInvalid` unless both have 32 octets, `.keyUnsuitable` when the point is not on P-256.
    convenience init(x: [UInt8], y: [UInt8]) throws(CryptoFault) {
        try unsafe self.init(handle: P256Key.publicKey(x: x, y: y))
    }

    /// SPKI PEM, or a private key's PEM of which only the public half is kept (`LOLA_JWT_PREVIOUS_KEYS` takes both).
    /// One key: what follows it is not looked at.
    convenience init(pem: [UInt8]) throws(CryptoFault) { try self.init(pem: pem.span) }

    /// The same from a secret of the settings.
    convenience init(pem: SecretBytes) throws(CryptoFault) {
        try unsafe self.init(handle: pem.withBytes { bytes throws(CryptoFault) in try unsafe Self.handle(pem: bytes) })
    }

    convenience init(pem: Span<UInt8>) throws(CryptoFault) { try unsafe self.init(handle: Self.handle(pem: pem)) }

    private init(handle: OpaquePointer) throws(CryptoFault) {
        var context: OpaquePointer?
        do throws(CryptoFault) {
            (x, y) = try unsafe P256Key.coordinates(handle)
            thumbprint = Base64.encode(Digest.sha256(Self.canonical(x, y)))
            unsafe context = EVP_PKEY_CTX_new_from_pkey(nil, handle, nil)
            guard let ready = unsafe context, unsafe EVP_PKEY_verify_init(ready) == 1,
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

    /// Whether `signature` (r||s) is one of `bytes`. A high s is valid: never use the signature's text as an identity.
    func verify(_ bytes: [UInt8], signature: [UInt8]) -> Bool { verify(bytes.span, signature: signature.span) }

    func verify(_ bytes: Span<UInt8>, signature: Span<UInt8>) -> Bool {
        guard let der = ECDSASignature.der(fromRaw: signature) else { return false }
        ERR_clear_error()
        let digest = Digest.sha256(bytes)
        return unsafe EVP_PKEY_verify(context, der, der.count, digest, digest.count) == 1
    }

    /// One member of a JWK set, with `use`, `alg` and the thumbprint as `kid`.
    func jwk() -> [UInt8] {
        var out = [UInt8](text: #"{"kty":"EC","crv":"P-256","x":""#)
        out += Base64.encode(x)
        out += [UInt8](text: #"","y":""#)
        out += Base64.encode(y)
        out += [UInt8](text: #"","use":"sig","alg":"ES256","kid":""#)
        out += thumbprint
        out += [UInt8](text: #""}"#)
        return out
    }

    private static func handle(pem: Span<UInt8>) throws(CryptoFault) -> OpaquePointer {
        do throws(CryptoFault) {
            return try unsafe P256Key.publicKey(pem: pem)
        } catch .keyMalformed {
            return try unsafe P256Key.privateKey(pem: pem)
        }
    }

    /// The members RFC 7638 §3.2 hashes, in its order.
    private static func canonical(_ x: [UInt8], _ y: [UInt8]) -> [UInt8] {
        var out = [UInt8](text: #"{"crv":"P-256","kty":"EC","x":""#)
        out += Base64.encode(x)
        out += [UInt8](text: #"","y":""#)
        out += Base64.encode(y)
        out += [UInt8](text: #""}"#)
        return out
    }
}
