// Sessions a client may resume, by server. A TLS 1.3 ticket is used once (RFC 8446 §C.4), a TLS 1.2 session again and
// again. Bounded; part of one TLSContext, so confined to its thread.
internal import CSSL

/// One counted reference to an OpenSSL session.
@safe final class TLSSession {
    let pointer: OpaquePointer

    /// Takes over the caller's reference.
    init(_ pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }

    deinit { unsafe SSL_SESSION_free(pointer) }

    var isResumable: Bool { unsafe SSL_SESSION_is_resumable(pointer) == 1 }
    var isTLS13: Bool { unsafe SSL_SESSION_get_protocol_version(pointer) == TLS1_3_VERSION }

    /// A copy for later: a connection that is cut off marks its own session as unusable.
    func copy() -> TLSSession? { unsafe SSL_SESSION_dup(pointer).map { unsafe TLSSession($0) } }
}

final class TLSSessions {
    private var held: [String: [TLSSession]] = [:]

    /// Servers of which there are sessions, and how many of one.
    var servers: Int { held.count }
    func count(_ server: String) -> Int { held[server]?.count ?? 0 }

    /// A session for `server`; nil when there is none that could still be resumed.
    func take(_ server: String) -> TLSSession? {
        while let session = held[server]?.popLast() {
            guard session.isResumable else { continue }
            if !session.isTLS13 { held[server] = [session] }
            return session
        }
        held[server] = nil
        return nil
    }

    /// Keeps a session; the oldest of the server, or all of some other server, make room.
    func keep(_ session: TLSSession, for server: String) {
        if held[server] == nil, held.count >= Limits.tlsServersRememberedMax, let other = held.keys.first {
            held[other] = nil
        }
        var sessions = held[server] ?? []
        sessions.append(session)
        held[server] = sessions.suffix(session.isTLS13 ? Limits.tlsTicketsPerServerMax : 1)
    }
}
