import Foundation
import Testing

@testable import LolaCore

@Suite("TLS engine against the openssl command line over loopback", .serialized)
struct TLSInteroperationTests {
    @Test("our client talks to s_server, and its second connection resumes", arguments: ["-tls1_2", "-tls1_3"])
    func client(version: String) throws {
        let files = try TLSTestFiles.made.get()
        let tool = try OpenSSLPeer(
            ["s_server", "-accept", "127.0.0.1:0", "-naccept", "2", "-rev", version, "-cert", files.path("good.pem"),
                "-key", files.path("server.key")])
        defer { tool.stop() }
        let port = try tool.port()
        let context = try TLSTestFiles.client()
        for turn in 0..<2 {
            let engine = TLSEngine(client: context, serverName: "127.0.0.1")
            let link = try TLSLink(engine, connectingTo: port)
            engine.send([UInt8](text: "olleh\n").span)
            try link.pump { $0.received.count >= 6 }
            #expect(link.received.text == "hello\n")
            #expect(engine.isTLS13 == (version == "-tls1_3"))
            #expect(engine.isResumed == (turn == 1))
            engine.close()
            try link.pump { $0.isEnded || engine.state == .closed(clean: true) }
        }
    }

    @Test("our server talks to s_client", arguments: ["-tls1_2", "-tls1_3", "-alpn http/1.1", "-alpn h2,http/1.1"])
    func server(options: String) throws {
        let (tool, link, engine) = try accepted(options)
        defer { tool.stop() }
        tool.write("hello\n")
        try link.pump { $0.received.count >= 6 }
        #expect(link.received.text == "hello\n" && engine.state == .open)
        engine.send([UInt8](text: "answer\n").span)
        engine.close()
        try link.pump { $0.isEnded || engine.state == .closed(clean: true) }
        #expect(tool.output().contains("answer\n"))
    }

    @Test("what we do not speak is refused", arguments: [
        ("-alpn h2", TLSFault.handshake), ("-tls1_1 -cipher ALL:@SECLEVEL=0", .protocolViolation),
        ("-tls1_2 -cipher AES128-SHA", .handshake), ("-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA", .handshake),
    ])
    func refusals(options: String, fault: TLSFault) throws {
        let (tool, link, engine) = try accepted(options)
        defer { tool.stop() }
        try link.pump { _ in engine.state != .handshaking }
        #expect(engine.state == .failed(fault))
    }

    @Test("a TLS 1.3 peer may change its keys and ask for ours")
    func keyUpdate() throws {
        let (tool, link, engine) = try accepted("-tls1_3")
        defer { tool.stop() }
        tool.write("before\n")
        try link.pump { $0.received.text == "before\n" }
        let arrived = link.arrivedCount
        tool.write("K\n")
        try link.pump { $0.arrivedCount > arrived }
        tool.write("after\n")
        try link.pump { $0.received.text == "before\nafter\n" }
        // Our own keys change before we next say something.
        engine.send([UInt8](text: "answer\n").span)
        engine.close()
        try link.pump { $0.isEnded || engine.state == .closed(clean: true) }
        #expect(tool.output().contains("answer\n"))
    }

    @Test("a TLS 1.2 peer that asks to renegotiate is told no")
    func renegotiation() throws {
        let (tool, link, engine) = try accepted("-tls1_2")
        defer { tool.stop() }
        tool.write("before\n")
        try link.pump { $0.received.text == "before\n" }
        let sent = link.sentCount
        tool.write("R\n")
        try link.pump { $0.sentCount > sent || $0.isEnded }
        // One alert record, no second handshake: type 21, then 24 octets of sealed alert and its nonce.
        #expect(link.sentCount == sent + 31)
        #expect(engine.state == .open || link.isEnded)
    }

    /// s_client connected to an engine of ours that has not said anything yet.
    private func accepted(_ options: String) throws -> (OpenSSLPeer, TLSLink, TLSEngine) {
        let files = try TLSTestFiles.made.get()
        let engine = TLSEngine(server: try TLSTestFiles.server())
        let listener = try TLSListener()
        let arguments = options.split(separator: " ").map(String.init)
        let tool = try OpenSSLPeer(
            ["s_client", "-connect", "127.0.0.1:\(listener.port)", "-CAfile", files.path("ca.pem"),
                "-servername", "example.test", "-verify_return_error"] + arguments)
        return (tool, try TLSLink(engine, accepting: listener), engine)
    }
}
