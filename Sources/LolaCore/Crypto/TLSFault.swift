// Why a TLS conversation failed, and why a TLS context cannot be built. Closed; raw values are log words.
internal import CSSL

enum TLSFault: String, Error, CaseIterable {
    /// The two ends did not agree, or the peer refused ours.
    case handshake
    /// The server's certificate, or one above it, is not valid today.
    case certificateExpired = "certificate_expired"
    /// No chain to a trusted authority, or a certificate that is not for servers.
    case certificateUntrusted = "certificate_untrusted"
    /// The certificate is for other names.
    case hostMismatch = "host_mismatch"
    /// Not TLS, a version before 1.2, or a broken record.
    case protocolViolation = "protocol"
    /// The connection ended without close_notify: what came last may be missing.
    case truncated

    /// The reason of the failure that OpenSSL has just reported for `connection`.
    static func current(_ connection: OpaquePointer, isHandshaking: Bool) -> TLSFault {
        let error = ERR_peek_error()
        guard ERR_GET_LIB(error) == ERR_LIB_SSL else { return isHandshaking ? .handshake : .protocolViolation }
        let reason = ERR_GET_REASON(error)
        if reason == SSL_R_CERTIFICATE_VERIFY_FAILED { return unsafe verification(SSL_get_verify_result(connection)) }
        if !isHandshaking || versionReasons.contains(reason) { return .protocolViolation }
        return .handshake
    }

    /// Reasons that say the peer speaks an older TLS or none.
    private static let versionReasons: Set<Int32> = [
        SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_WRONG_VERSION_NUMBER, SSL_R_WRONG_SSL_VERSION, SSL_R_VERSION_TOO_LOW,
        SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST,
        SSL_R_RECORD_TOO_SMALL, SSL_R_UNEXPECTED_MESSAGE, SSL_R_PACKET_LENGTH_TOO_LONG, SSL_R_BAD_RECORD_TYPE,
    ].reduce(into: []) { $0.insert(Int32($1)) }

    private static func verification(_ result: Int) -> TLSFault {
        switch Int32(truncatingIfNeeded: result) {
        case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID: .certificateExpired
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: .hostMismatch
        default: .certificateUntrusted
        }
    }
}

enum TLSContextFault: String, Error {
    /// The certificate chain file is missing, unreadable, no PEM, or has too short a key.
    case certificateFile = "certificate_file"
    /// The key file is missing, unreadable, encrypted, or no PEM key.
    case keyFile = "key_file"
    /// The key is not the one of the first certificate in the chain.
    case keyMismatch = "key_mismatch"
    /// The file of additional authorities is missing, unreadable, or holds no certificate.
    case authorityFile = "authority_file"
    /// The system has no authority to believe.
    case noAuthorities = "no_authorities"
    /// OpenSSL refused something it must be able to do.
    case libraryFailed = "library_failed"
}
