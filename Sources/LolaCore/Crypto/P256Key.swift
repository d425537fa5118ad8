// Reading and checking P-256 keys for the two ES256 types: PEM in, a checked OpenSSL key out, coordinates of a key.
// Start-up work; the handle it returns is the caller's to free.
internal import CSSL

enum P256Key {
    static let coordinateCount = 32

    /// The private key of a PEM text (SEC1 or PKCS#8), every part checked against the others.
    static func privateKey(pem: Span<UInt8>) throws(CryptoFault) -> OpaquePointer {
        guard let key = unsafe read(pem, { unsafe lola_pem_private_key($0) }) else { throw unreadable(pem) }
        return try unsafe checked(key) { unsafe EVP_PKEY_check($0) }
    }

    /// The public key of a PEM text (SPKI).
    static func publicKey(pem: Span<UInt8>) throws(CryptoFault) -> OpaquePointer {
        guard let key = unsafe read(pem, { unsafe lola_pem_public_key($0) }) else { throw unreadable(pem) }
        return try unsafe checked(key) { unsafe EVP_PKEY_public_check($0) }
    }

    /// The public key with these affine coordinates, 32 octets each.
    static func publicKey(x: [UInt8], y: [UInt8]) throws(CryptoFault) -> OpaquePointer {
        guard x.count == coordinateCount, y.count == coordinateCount else { throw .lengthInvalid }
        ERR_clear_error()
        var point: [UInt8] = [0x04] + x + y
        guard let key = unsafe lola_p256_public_key(&point, point.count) else { throw .keyUnsuitable }
        return try unsafe checked(key) { unsafe EVP_PKEY_public_check($0) }
    }

    /// The affine coordinates, 32 octets each, leading zeros kept (RFC 7518 §6.2.1.2).
    static func coordinates(_ key: OpaquePointer) throws(CryptoFault) -> (x: [UInt8], y: [UInt8]) {
        guard let x = unsafe coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X),
            let y = unsafe coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y)
        else { throw .keyUnsuitable }
        return (x, y)
    }

    /// A new key pair as PKCS#8 PEM.
    static func generatePEM() throws(CryptoFault) -> [UInt8] {
        ERR_clear_error()
        guard let key = unsafe lola_p256_generate() else { throw .libraryFailed }
        defer { unsafe EVP_PKEY_free(key) }
        return try unsafe pem(of: key)
    }

    /// The same with the affine coordinates of its public half.
    static func generatePair() throws(CryptoFault) -> (pem: [UInt8], x: [UInt8], y: [UInt8]) {
        ERR_clear_error()
        guard let key = unsafe lola_p256_generate() else { throw .libraryFailed }
        defer { unsafe EVP_PKEY_free(key) }
        let point = try unsafe coordinates(key)
        return (try unsafe pem(of: key), point.x, point.y)
    }

    /// What both halves agree on: the x coordinate of their product, 32 octets (RFC 7518 §4.6.2, NIST SP 800-56A).
    static func agreement(_ key: OpaquePointer, with peer: OpaquePointer) throws(CryptoFault) -> SecretBytes {
        ERR_clear_error()
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else { throw .libraryFailed }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        guard unsafe EVP_PKEY_derive_init(context) == 1, unsafe EVP_PKEY_derive_set_peer(context, peer) == 1 else {
            throw .keyUnsuitable
        }
        let shared = unsafe SecretBytes(count: coordinateCount) { output in
            var count = output.count
            return unsafe EVP_PKEY_derive(context, output.baseAddress, &count) == 1 && count == coordinateCount
        }
        guard let shared else { throw .libraryFailed }
        return shared
    }

    private static func pem(of key: OpaquePointer) throws(CryptoFault) -> [UInt8] {
        guard let bio = unsafe BIO_new(BIO_s_mem()) else { throw .libraryFailed }
        defer { unsafe BIO_free(bio) }
        guard unsafe PEM_write_bio_PrivateKey(bio, key, nil, nil, 0, nil, nil) == 1 else { throw .libraryFailed }
        var start: UnsafePointer<UInt8>?
        let count = unsafe lola_bio_contents(bio, &start)
        return unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    }

    private static func read(_ pem: Span<UInt8>, _ reader: (OpaquePointer) -> OpaquePointer?) -> OpaquePointer? {
        guard pem.count <= Limits.pemMax.bytes else { return nil }
        ERR_clear_error()
        return unsafe pem.withUnsafeBufferPointer { bytes in
            guard let bio = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return nil }
            defer { unsafe BIO_free(bio) }
            return unsafe reader(bio)
        }
    }

    /// Why a text gave no key: a passphrase is the one reason worth telling apart.
    private static func unreadable(_ pem: Span<UInt8>) -> CryptoFault {
        let word = [UInt8](text: "ENCRYPTED")
        var matched = 0
        for index in pem.indices {
            matched = pem[index] == word[matched] ? matched + 1 : (pem[index] == word[0] ? 1 : 0)
            if matched == word.count { return .keyEncrypted }
        }
        return .keyMalformed
    }

    /// The key itself when it is on P-256 and passes `check`; freed otherwise.
    private static func checked(
        _ key: OpaquePointer, _ check: (OpaquePointer) -> Int32
    ) throws(CryptoFault) -> OpaquePointer {
        var suitable = unsafe EVP_PKEY_is_a(key, "EC") == 1 && isNamedP256(key)
        if suitable {
            if let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil) {
                suitable = unsafe check(context) == 1
                unsafe EVP_PKEY_CTX_free(context)
            } else {
                suitable = false
            }
        }
        if suitable { return unsafe key }
        unsafe EVP_PKEY_free(key)
        throw .keyUnsuitable
    }

    private static func isNamedP256(_ key: OpaquePointer) -> Bool {
        var name = [CChar](repeating: 0, count: 64)
        var count = 0
        guard unsafe EVP_PKEY_get_group_name(key, &name, name.count, &count) == 1 else { return false }
        return name.prefix(count).elementsEqual("prime256v1".utf8.lazy.map { CChar(bitPattern: $0) })
    }

    private static func coordinate(_ key: OpaquePointer, _ name: String) -> [UInt8]? {
        var number: OpaquePointer?
        guard unsafe EVP_PKEY_get_bn_param(key, name, &number) == 1 else { return nil }
        defer { unsafe BN_free(number) }
        var bytes = [UInt8](repeating: 0, count: coordinateCount)
        let count = Int32(coordinateCount)
        return unsafe BN_bn2binpad(number, &bytes, count) == count ? bytes : nil
    }
}
