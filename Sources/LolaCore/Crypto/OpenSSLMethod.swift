// Algorithms fetched from OpenSSL once per process. Fetching per call costs more than hashing a short text.
// A fetched method is immutable, counted and free-threaded inside OpenSSL, so its address may be shared.
internal import CSSL

struct OpenSSLMethod: Sendable {
    private let address: UInt

    static let hmac = unsafe OpenSSLMethod(EVP_MAC_fetch(nil, "HMAC", nil), "HMAC")
    static let hkdf = unsafe OpenSSLMethod(EVP_KDF_fetch(nil, "HKDF", nil), "HKDF")
    static let aes256CTR = unsafe OpenSSLMethod(EVP_CIPHER_fetch(nil, "AES-256-CTR", nil), "AES-256-CTR")
    static let aes256GCM = unsafe OpenSSLMethod(EVP_CIPHER_fetch(nil, "AES-256-GCM", nil), "AES-256-GCM")

    init(_ pointer: OpaquePointer?, _ name: StaticString) {
        precondition(unsafe pointer != nil, "OpenSSL has no \(name)")
        address = UInt(bitPattern: pointer)
    }

    var pointer: OpaquePointer? { unsafe OpaquePointer(bitPattern: address) }
}
