// What the TLS connections of one loop have in common: versions, ciphers, certificate or authorities, sessions to
// resume. Belongs to one thread; each loop builds its own from settings. `TLSEngine` is one connection of it.
internal import CSSL

@safe final class TLSContext {
    /// Octets of the secret that all loops of a process share, so that each resumes what another began.
    static let ticketKeyCount = 80

    /// Sessions to resume; a client context has them, a server keeps none (its tickets carry the state).
    let sessions: TLSSessions?
    let context: OpaquePointer
    /// One record of plain octets on its way out of OpenSSL; the engines of a thread take turns.
    var scratch = [UInt8](repeating: 0, count: Limits.tlsRecordMax.bytes)

    /// A client context: servers must show a chain to `trust` and a certificate for the name asked for.
    convenience init(client trust: TLSTrust) throws(TLSContextFault) {
        ERR_clear_error()
        try unsafe self.init(SSL_CTX_new(TLS_client_method()), sessions: TLSSessions())
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        unsafe SSL_CTX_set1_cert_store(context, trust.store)
        guard unsafe lola_tls_speak_http11(context, 0) == 1 else { throw .libraryFailed }
    }

    /// A server context from PEM files: the certificate with its chain, and its key (not encrypted).
    /// `ticketKey`: 80 octets, the same for all loops; without one each context has its own.
    convenience init(
        certificateFile: String, keyFile: String, ticketKey: SecretBytes? = nil
    ) throws(TLSContextFault) {
        ERR_clear_error()
        try unsafe self.init(SSL_CTX_new(TLS_server_method()), sessions: nil)
        guard unsafe SSL_CTX_use_certificate_chain_file(context, certificateFile) == 1 else { throw .certificateFile }
        try useKey(keyFile)
        guard unsafe lola_tls_speak_http11(context, 1) == 1, unsafe SSL_CTX_set_num_tickets(context, 1) == 1 else {
            throw .libraryFailed
        }
        if let ticketKey { try useTicketKey(ticketKey) }
    }

    private init(_ context: OpaquePointer?, sessions: TLSSessions?) throws(TLSContextFault) {
        guard let context = unsafe context else { throw .libraryFailed }
        unsafe self.context = unsafe context
        self.sessions = sessions
        // Ephemeral key exchange and authenticated encryption only; TLS 1.3 has nothing else.
        guard unsafe lola_tls_harden(context) == 1,
            unsafe SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1
        else { throw .libraryFailed }
    }

    deinit { unsafe SSL_CTX_free(context) }

    private func useKey(_ keyFile: String) throws(TLSContextFault) {
        guard let file = unsafe BIO_new_file(keyFile, "r") else { throw .keyFile }
        defer { unsafe BIO_free(file) }
        guard let key = unsafe lola_pem_private_key(file) else { throw .keyFile }
        defer { unsafe EVP_PKEY_free(key) }
        guard unsafe SSL_CTX_use_PrivateKey(context, key) == 1, unsafe SSL_CTX_check_private_key(context) == 1 else {
            throw .keyMismatch
        }
    }

    private func useTicketKey(_ ticketKey: SecretBytes) throws(TLSContextFault) {
        precondition(ticketKey.count == Self.ticketKeyCount, "a ticket key has 80 octets")
        let used = ticketKey.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe lola_tls_ticket_keys(context, UnsafeMutablePointer(mutating: buffer.baseAddress), buffer.count)
            }
        }
        guard used == 1 else { throw .libraryFailed }
    }
}
