// One TLS connection without I/O: network octets in and out on one side, plain octets on the other (TLS 1.2 and 1.3).
// Lives in a loop's Transport, on its thread. Holds at most what was fed since the last take and one partial record.
internal import CSSL

@safe final class TLSEngine {
    enum State: Hashable {
        case handshaking
        case open
        /// Over. `clean`: the peer said close_notify, so nothing it sent is missing.
        case closed(clean: Bool)
        case failed(TLSFault)
    }

    private(set) var state = State.handshaking
    private let context: TLSContext
    private let connection: OpaquePointer
    private let wire = TLSWire()
    /// Whose sessions these are; nil for a server.
    private let serverName: String?
    /// The session last offered or kept, so that each is kept once.
    private var knownSession: TLSSession?
    private var plaintext: [UInt8] = []
    /// Plain octets given before the handshake was over.
    private var early: [UInt8] = []
    private var hasHandshaken = false
    private var hasClosed = false

    /// A client of `serverName`, a DNS name or an IP literal (brackets allowed), which the certificate must carry.
    /// A text that is neither fails at once as `hostMismatch`. The first flight is ready to be taken.
    init(client context: TLSContext, serverName: String) {
        self.context = context
        self.serverName = serverName
        unsafe connection = Self.connection(context, wire)
        unsafe SSL_set_connect_state(connection)
        guard unsafe Self.expect(serverName, of: connection) else {
            state = .failed(.hostMismatch)
            return
        }
        if let session = context.sessions?.take(serverName) {
            unsafe SSL_set_session(connection, session.pointer)
            knownSession = session
        }
        step()
    }

    /// The server end of an accepted connection.
    init(server context: TLSContext) {
        self.context = context
        serverName = nil
        unsafe connection = Self.connection(context, wire)
        unsafe SSL_set_accept_state(connection)
    }

    deinit { unsafe SSL_free(connection) }

    /// Whether the handshake took up an earlier session.
    var isResumed: Bool { unsafe SSL_session_reused(connection) == 1 }
    /// TLS 1.3, as opposed to 1.2; meaningful once open.
    var isTLS13: Bool { unsafe SSL_version(connection) == TLS1_3_VERSION }

    /// Octets from the network. Afterwards take plain text, ciphertext, and look at `state`.
    func receive(_ ciphertext: Span<UInt8>) {
        if case .failed = state { return }
        wire.feed(ciphertext)
        step()
    }

    /// Appends everything that must go to the network; call it after every other call.
    func takeCiphertext(into out: inout [UInt8]) { wire.collect(into: &out) }

    /// Plain octets for the peer; before the handshake is over they wait here, after `close` they are dropped.
    func send(_ plain: Span<UInt8>) {
        if hasClosed { return }
        switch state {
        case .handshaking: unsafe plain.withUnsafeBufferPointer { unsafe early.append(contentsOf: $0) }
        case .open, .closed: unsafe plain.withUnsafeBytes { unsafe write($0) }
        case .failed: break
        }
    }

    /// Appends the plain octets that have arrived and tells how many. Memory of the caller stays the caller's.
    func takePlaintext(into out: inout [UInt8]) -> Int {
        let count = plaintext.count
        if count == 0 { return 0 }
        if out.capacity == 0 { out = plaintext } else { out.append(contentsOf: plaintext) }
        plaintext = []
        return count
    }

    /// Says close_notify: no more plain octets go out, and those that still come are dropped.
    func close() {
        if hasClosed { return }
        hasClosed = true
        early = []
        switch state {
        case .handshaking:
            state = .closed(clean: false)
        case .open, .closed:
            ERR_clear_error()
            unsafe SSL_shutdown(connection)
            if state == .open { state = .closed(clean: false) }
        case .failed: break
        }
    }

    /// The network connection ended: a fault unless a close_notify came, or went out, before.
    func peerClosed() {
        if state == .handshaking || state == .open { state = .failed(.truncated) }
        wire.dropIncoming()
    }

    // MARK: Steps

    /// Takes the conversation as far as the octets at hand allow.
    private func step() {
        if state == .handshaking { handshake() }
        if hasHandshaken { read() }
        keepSession()
    }

    private func handshake() {
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(connection)
        guard result == 1 else {
            if unsafe SSL_get_error(connection, result) != SSL_ERROR_WANT_READ { fail() }
            return
        }
        hasHandshaken = true
        state = .open
        let waiting = early
        early = []
        unsafe waiting.withUnsafeBytes { unsafe write($0) }
    }

    private func read() {
        while true {
            if case .failed = state { return }
            var count = 0
            ERR_clear_error()
            let result = unsafe SSL_read_ex(connection, &context.scratch, context.scratch.count, &count)
            if result == 1 {
                if !hasClosed { plaintext.append(contentsOf: context.scratch[..<min(count, context.scratch.count)]) }
                continue
            }
            switch unsafe SSL_get_error(connection, result) {
            case SSL_ERROR_WANT_READ:
                return
            case SSL_ERROR_ZERO_RETURN:
                state = .closed(clean: true)
                return wire.dropIncoming()
            default:
                return fail()
            }
        }
    }

    private func write(_ plain: UnsafeRawBufferPointer) {
        guard plain.count > 0 else { return }
        ERR_clear_error()
        var written = 0
        // The wire takes everything, so a record is never left half written.
        if unsafe SSL_write_ex(connection, plain.baseAddress, plain.count, &written) != 1 { fail() }
    }

    private func fail() {
        state = unsafe .failed(TLSFault.current(connection, isHandshaking: !hasHandshaken))
        early = []
        wire.dropIncoming()
    }

    /// Keeps what the server gave for the next connection. TLS 1.3 tickets come after the handshake, at any time.
    private func keepSession() {
        guard hasHandshaken, let serverName, let sessions = context.sessions else { return }
        guard unsafe SSL_get_session(connection) != knownSession?.pointer,
            let session = unsafe SSL_get1_session(connection).map({ unsafe TLSSession($0) }), session.isResumable
        else { return }
        knownSession = session
        if let copy = session.copy() { sessions.keep(copy, for: serverName) }
    }

    // MARK: Set-up

    private static func connection(_ context: TLSContext, _ wire: TLSWire) -> OpaquePointer {
        ERR_clear_error()
        guard let connection = unsafe SSL_new(context.context), let bio = unsafe wire.makeBIO() else {
            preconditionFailure("no memory for a TLS connection")
        }
        unsafe SSL_set_bio(connection, bio, bio)
        return unsafe connection
    }

    /// Sets the name that goes out (RFC 6066 §3: never an address) and the one the certificate must show.
    private static func expect(_ serverName: String, of connection: OpaquePointer) -> Bool {
        var name = serverName[...]
        if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
        if name.hasSuffix(".") { name = name.dropLast() }
        let letters = name.utf8
        guard (1...253).contains(letters.count), letters.allSatisfy({ isNameOctet($0) }) else { return false }
        let text = String(name)
        let parameters = unsafe SSL_get0_param(connection)
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, text) == 1 { return true }
        let flags = UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)
        unsafe X509_VERIFY_PARAM_set_hostflags(parameters, flags)
        return unsafe !letters.contains(UInt8(ascii: ":"))
            && X509_VERIFY_PARAM_set1_host(parameters, text, 0) == 1
            && lola_tls_server_name(connection, text) == 1
    }

    private static func isNameOctet(_ octet: UInt8) -> Bool {
        ASCII.isLetter(octet) || ASCII.isDigit(octet) || [0x2D, 0x2E, 0x3A, 0x5F].contains(octet)
    }
}
