// The two spellings of a P-256 signature: r||s as JOSE writes it (RFC 7518 §3.4) and DER as OpenSSL does.
// Converted with the library's integers, never by cutting octets. Pure, any thread.
internal import CSSL

enum ECDSASignature {
    /// Octets of r||s; each integer takes half, big-endian, zero-padded.
    static let rawCount = 64

    /// DER of r||s; nil unless there are exactly 64 octets. Whether r and s are in range is for `verify` to say.
    static func der(fromRaw raw: Span<UInt8>) -> [UInt8]? {
        guard raw.count == rawCount else { return nil }
        return unsafe raw.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress, let signature = unsafe ECDSA_SIG_new() else { return nil }
            defer { unsafe ECDSA_SIG_free(signature) }
            let half = Int32(rawCount / 2)
            let r = unsafe BN_bin2bn(start, half, nil)
            let s = unsafe BN_bin2bn(start + rawCount / 2, half, nil)
            guard unsafe ECDSA_SIG_set0(signature, r, s) == 1 else {
                unsafe BN_free(r)
                unsafe BN_free(s)
                return nil
            }
            return unsafe encode(signature)
        }
    }

    /// r||s of a DER signature; nil when it is not the one DER spelling or an integer does not fit.
    static func raw(fromDER der: [UInt8]) -> [UInt8]? {
        ERR_clear_error()
        return unsafe der.withUnsafeBufferPointer { bytes in
            var next = bytes.baseAddress
            guard let signature = unsafe d2i_ECDSA_SIG(nil, &next, bytes.count) else { return nil }
            defer { unsafe ECDSA_SIG_free(signature) }
            guard unsafe encode(signature) == der else { return nil }
            let r = unsafe ECDSA_SIG_get0_r(signature)
            let s = unsafe ECDSA_SIG_get0_s(signature)
            guard unsafe BN_is_negative(r) == 0, unsafe BN_is_negative(s) == 0 else { return nil }
            var raw = [UInt8](repeating: 0, count: rawCount)
            let half = Int32(rawCount / 2)
            let fits = unsafe raw.withUnsafeMutableBufferPointer { out in
                guard let start = out.baseAddress else { return false }
                return unsafe BN_bn2binpad(r, start, half) == half
                    && BN_bn2binpad(s, start + rawCount / 2, half) == half
            }
            return fits ? raw : nil
        }
    }

    private static func encode(_ signature: OpaquePointer) -> [UInt8]? {
        let count = unsafe i2d_ECDSA_SIG(signature, nil)
        guard count > 0 else { return nil }
        var der = [UInt8](repeating: 0, count: Int(count))
        let written = unsafe der.withUnsafeMutableBufferPointer { out in
            var next = out.baseAddress
            return unsafe i2d_ECDSA_SIG(signature, &next)
        }
        return written == count ? der : nil
    }
}
