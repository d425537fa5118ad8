import Testing

@testable import LolaCore

@Suite("TLS: whom a client believes, what it resumes, and which files make a context")
struct TLSTrustTests {
    @Test("names and addresses are matched against the certificate's alternative names only", arguments: [
        ("example.test", nil), ("EXAMPLE.test", nil), ("example.test.", nil), ("a.wild.test", nil), ("127.0.0.1", nil),
        ("::1", nil), ("[::1]", nil), ("0:0:0:0:0:0:0:1", nil),
        ("other.test", TLSFault.hostMismatch), ("wild.test", .hostMismatch), ("a.b.wild.test", .hostMismatch),
        ("sub.example.test", .hostMismatch), ("server", .hostMismatch), ("127.0.0.2", .hostMismatch),
        ("::2", .hostMismatch), ("127.1", .hostMismatch), ("2130706433", .hostMismatch),
        ("", .hostMismatch), (".", .hostMismatch), ("[]", .hostMismatch), ("example.test\0.evil", .hostMismatch),
        ("example.test evil", .hostMismatch), ("*.wild.test", .hostMismatch), ("exämple.test", .hostMismatch),
        ("example.test:443", .hostMismatch), ("[::1", .hostMismatch),
        (String(repeating: "a", count: 254), .hostMismatch),
    ] as [(String, TLSFault?)])
    func names(name: String, fault: TLSFault?) throws {
        let pair = TLSPair(try TLSTestFiles.client(), try TLSTestFiles.server(), name: name)
        pair.client.send([1].span)
        pair.settle()
        #expect(pair.client.state == fault.map { .failed($0) } ?? .open)
        #expect(pair.serverReceived == (fault == nil ? [1] : []), "nothing is said to a server that was not recognised")
    }

    @Test("a certificate that cannot be believed fails with its reason", arguments: [
        ("good.pem", "ca.pem", nil), ("expired.pem", "ca.pem", TLSFault.certificateExpired),
        ("future.pem", "ca.pem", .certificateExpired), ("self-signed.pem", "ca.pem", .certificateUntrusted),
        ("foreign.pem", "ca.pem", .certificateUntrusted), ("client-only.pem", "ca.pem", .certificateUntrusted),
        ("name-in-subject.pem", "ca.pem", .hostMismatch), ("good.pem", "other-ca.pem", .certificateUntrusted),
        ("good.pem", nil, .certificateUntrusted), ("foreign.pem", "other-ca.pem", nil),
    ] as [(String, String?, TLSFault?)])
    func certificates(certificate: String, authority: String?, fault: TLSFault?) throws {
        let pair = TLSPair(try TLSTestFiles.client(authority: authority), try TLSTestFiles.server(certificate))
        pair.settle()
        #expect(pair.client.state == fault.map { .failed($0) } ?? .open)
        if fault != nil {
            // The client's alert reaches the server.
            #expect(pair.server.state != .open || pair.server.state == .failed(.protocolViolation))
        }
    }

    @Test("the second connection to a server resumes the first, each ticket once")
    func resumption() throws {
        let (client, server) = (try TLSTestFiles.client(), try TLSTestFiles.server())
        #expect(!connect(client, server).client.isResumed)
        for _ in 0..<3 {
            let pair = connect(client, server)
            #expect(pair.client.isResumed && pair.server.isResumed)
            #expect(pair.client.state == .open)
        }
        // The last ticket is in use: a connection begun before the next one arrives starts afresh.
        let first = TLSEngine(client: client, serverName: "example.test")
        let second = TLSPair(client, server)
        second.settle()
        #expect(first.state == .handshaking)
        #expect(second.client.state == .open && !second.client.isResumed)
        #expect(!connect(client, server, name: "a.wild.test").client.isResumed, "another name, another session")
    }

    @Test("a connection that was cut off leaves its session usable")
    func resumeAfterCut() throws {
        let (client, server) = (try TLSTestFiles.client(), try TLSTestFiles.server())
        do {
            let pair = connect(client, server)
            pair.client.peerClosed()
            #expect(pair.client.state == .failed(.truncated))
        }
        #expect(connect(client, server).client.isResumed)
    }

    @Test("servers resume each other's sessions with a common ticket key, and only then")
    func ticketKeys() throws {
        let key = SecretBytes.random(TLSContext.ticketKeyCount)
        let client = try TLSTestFiles.client()
        _ = connect(client, try TLSTestFiles.server(ticketKey: key))
        #expect(connect(client, try TLSTestFiles.server(ticketKey: key)).client.isResumed)
        let stranger = connect(client, try TLSTestFiles.server(ticketKey: .random(TLSContext.ticketKeyCount)))
        #expect(stranger.client.state == .open && !stranger.client.isResumed)
        #expect(!connect(client, try TLSTestFiles.server()).client.isResumed)
    }

    @Test("the sessions a client keeps are bounded, per server and in all")
    func boundedSessions() throws {
        let (client, server) = (try TLSTestFiles.client(), try TLSTestFiles.server())
        for index in 0..<(Limits.tlsServersRememberedMax + 10) {
            _ = connect(client, server, name: "h\(index).wild.test")
        }
        #expect(client.sessions?.servers == Limits.tlsServersRememberedMax)
        let others = (0..<10).map { _ in TLSPair(client, server) }
        for pair in others { pair.settle() }
        #expect(client.sessions?.count("example.test") == Limits.tlsTicketsPerServerMax)
    }

    @Test("a context names the file that is wrong", arguments: [
        ("missing.pem", "server.key", TLSContextFault.certificateFile), ("empty", "server.key", .certificateFile),
        ("garbage", "server.key", .certificateFile), ("server.key", "server.key", .certificateFile),
        (".", "server.key", .certificateFile), ("good.pem", "missing.key", .keyFile), ("good.pem", "empty", .keyFile),
        ("good.pem", "good.pem", .keyFile), ("good.pem", "encrypted.key", .keyFile), ("good.pem", ".", .keyFile),
        ("good.pem", "other.key", .keyMismatch), ("good.pem", "rsa.key", .keyMismatch),
    ])
    func serverFiles(certificate: String, key: String, fault: TLSContextFault) throws {
        let files = try TLSTestFiles.made.get()
        #expect(throws: fault) {
            try TLSContext(certificateFile: files.path(certificate), keyFile: files.path(key))
        }
    }

    @Test("a file of authorities must hold some", arguments: ["missing.pem", "empty", "garbage", "server.key"])
    func authorityFile(name: String) throws {
        let files = try TLSTestFiles.made.get()
        #expect(throws: TLSContextFault.authorityFile) { try TLSTrust(authorityFile: files.path(name)) }
    }

    @Test("a trust outlives its maker and serves many contexts")
    func sharedTrust() throws {
        let files = try TLSTestFiles.made.get()
        let contexts = try { () throws -> [TLSContext] in
            let trust = try TLSTrust(authorityFile: files.path("ca.pem"))
            return try (0..<3).map { _ in try TLSContext(client: trust) }
        }()
        for context in contexts { #expect(connect(context, try TLSTestFiles.server()).client.state == .open) }
    }

    private func connect(_ client: TLSContext, _ server: TLSContext, name: String = "example.test") -> TLSPair {
        let pair = TLSPair(client, server, name: name)
        pair.settle()
        return pair
    }
}
