// HKDF with SHA-256 (RFC 5869): one master key in settings, one derived key for each purpose. Any thread.
internal import CSSL

enum HKDF {
    /// RFC 5869 §2.3: at most 255 blocks of output.
    static let countMax = 255 * Digest.sha256Count

    /// `count` octets (1 to 8,160) derived from `secret`; `info` names the purpose. An empty secret is refused.
    static func sha256(
        secret: SecretBytes, salt: [UInt8], info: [UInt8], count: Int
    ) throws(CryptoFault) -> SecretBytes {
        guard (1...countMax).contains(count), !secret.isEmpty else { throw .lengthInvalid }
        ERR_clear_error()
        let derived = secret.withBytes { bytes in
            unsafe SecretBytes(count: count) { output in
                unsafe bytes.withUnsafeBufferPointer { key in
                    unsafe lola_hkdf_sha256(
                        OpenSSLMethod.hkdf.pointer, key.baseAddress, key.count, salt, salt.count, info, info.count,
                        output.baseAddress, count) == 1
                }
            }
        }
        guard let derived else { throw .libraryFailed }
        return derived
    }
}
