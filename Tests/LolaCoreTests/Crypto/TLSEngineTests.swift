import Testing

@testable import LolaCore

@Suite("TLS engine: client against server in memory")
struct TLSEngineTests {
    @Test("a handshake opens both ends, and data arrives whole, however the network cuts it", arguments: 0..<12)
    func roundTrip(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let pair = TLSPair(try TLSTestFiles.client(), try TLSTestFiles.server())
        let limit = seed == 0 ? 1 : 1 << (seed + 2)
        let question = (0..<Int.random(in: 1...5_000, using: &generator)).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let answer = (0..<(seed == 0 ? 3_000 : 200_000)).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        // Given before the handshake: kept until it is over.
        pair.client.send(question.span)
        #expect(pair.client.state == .handshaking && pair.server.state == .handshaking)
        pair.settle { Int.random(in: 1...limit, using: &generator) }
        #expect(pair.client.state == .open && pair.server.state == .open)
        #expect(pair.client.isTLS13 && pair.server.isTLS13 && !pair.client.isResumed)
        #expect(pair.serverReceived == question)
        pair.server.send(answer.span)
        pair.client.send(question.span)
        pair.settle { Int.random(in: 1...limit, using: &generator) }
        #expect(pair.clientReceived == answer)
        #expect(pair.serverReceived == question + question)
    }

    @Test("close_notify ends each direction in good order, and late data of the closing side is dropped")
    func closing() throws {
        let pair = try opened()
        pair.client.send([1, 2, 3].span)
        pair.client.close()
        pair.client.send([4].span)
        pair.client.close()
        #expect(pair.client.state == .closed(clean: false))
        pair.settle()
        #expect(pair.server.state == .closed(clean: true))
        #expect(pair.serverReceived == [1, 2, 3])
        // The other direction is still open: an answer may follow, though this client no longer listens.
        pair.server.send([9].span)
        pair.server.close()
        pair.settle()
        #expect(pair.client.state == .closed(clean: true))
        #expect(pair.clientReceived == [])
        pair.server.peerClosed()
        pair.client.peerClosed()
        #expect(pair.client.state == .closed(clean: true) && pair.server.state == .closed(clean: true))
    }

    @Test("a peer that said goodbye may still be sent to; one that closed drops what comes")
    func halfClose() throws {
        let pair = try opened()
        pair.server.send([1].span)
        pair.server.close()
        pair.settle()
        #expect(pair.client.state == .closed(clean: true) && pair.clientReceived == [1])
        let backlog = pair.serverReceived.count
        pair.client.send([2].span)
        pair.settle()
        #expect(pair.serverReceived.count == backlog, "a closed end listens for the goodbye only")
        pair.client.close()
        pair.settle()
        #expect(pair.server.state == .closed(clean: true))
    }

    @Test("the end of the connection without close_notify is a truncation, at any moment before")
    func truncation() throws {
        let waiting = TLSEngine(server: try TLSTestFiles.server())
        waiting.peerClosed()
        #expect(waiting.state == .failed(.truncated))
        let pair = try opened()
        pair.server.send([UInt8](repeating: 5, count: 40_000).span)
        pair.collect()
        let arrived = [UInt8](pair.toClient.prefix(30_000))
        pair.client.receive(arrived.span)
        pair.client.peerClosed()
        #expect(pair.client.state == .failed(.truncated))
        pair.collect()
        #expect(pair.clientReceived.count == 16_384, "the whole record that came is still there to be read")
        let closing = try opened()
        closing.client.close()
        closing.client.peerClosed()
        #expect(closing.client.state == .closed(clean: false), "we said goodbye first: nothing was expected")
    }

    @Test("closing during the handshake says nothing and opens nothing")
    func closeEarly() throws {
        let pair = TLSPair(try TLSTestFiles.client(), try TLSTestFiles.server())
        pair.client.send([1].span)
        pair.client.close()
        pair.settle()
        #expect(pair.client.state == .closed(clean: false))
        #expect(pair.server.state == .handshaking)
        #expect(pair.serverReceived.isEmpty)
    }

    @Test("a changed octet in a record fails as a protocol fault, and the peer is told")
    func tampering() throws {
        for place in [0, 3, 5, 20, -1] {
            let pair = try opened()
            pair.client.send([UInt8](text: "GET / HTTP/1.1\r\n\r\n").span)
            pair.collect()
            let index = place < 0 ? pair.toServer.count - 1 : place
            pair.toServer[index] ^= 0x40
            if place == 3 { pair.toServer += [UInt8](repeating: 0, count: 20_000) }
            pair.settle()
            #expect(pair.server.state == .failed(.protocolViolation), "octet \(place)")
            #expect(pair.client.state == .failed(.protocolViolation), "octet \(place)")
            #expect(pair.serverReceived.isEmpty)
        }
    }

    @Test("a replayed record is refused")
    func replay() throws {
        let pair = try opened()
        pair.client.send([7].span)
        pair.collect()
        pair.toServer += pair.toServer
        pair.settle()
        #expect(pair.serverReceived == [7])
        #expect(pair.server.state == .failed(.protocolViolation))
    }

    @Test("what is not TLS fails as a protocol fault at either end", arguments: [
        "GET / HTTP/1.1\r\nHost: example.test\r\n\r\n", "CONNECT example.test:443 HTTP/1.1\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n", "220 mail.example.test ESMTP\r\n",
    ])
    func plainText(text: String) throws {
        let server = TLSEngine(server: try TLSTestFiles.server())
        server.receive([UInt8](text: text).span)
        #expect(server.state == .failed(.protocolViolation))
        let client = TLSEngine(client: try TLSTestFiles.client(), serverName: "example.test")
        client.receive([UInt8](text: text).span)
        #expect(client.state == .failed(.protocolViolation))
    }

    @Test("random and altered octets never harm, whatever they do to the conversation", arguments: 0..<100)
    func noise(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(1_000 + seed))
        let pair = TLSPair(try TLSTestFiles.client(), try TLSTestFiles.server())
        pair.client.send([1, 2, 3].span)
        for _ in 0..<30 {
            pair.collect()
            if !pair.toServer.isEmpty, Bool.random(using: &generator) {
                let index = Int.random(in: 0..<pair.toServer.count, using: &generator)
                pair.toServer[index] = UInt8.random(in: 0...255, using: &generator)
            }
            if Int.random(in: 0..<4, using: &generator) == 0 {
                pair.toClient += (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
            }
            if Int.random(in: 0..<8, using: &generator) == 0 { pair.server.close() }
            if Int.random(in: 0..<16, using: &generator) == 0 { pair.client.peerClosed() }
            pair.server.receive(pair.toServer.span)
            pair.client.receive(pair.toClient.span)
            pair.toServer = []
            pair.toClient = []
            pair.server.send([4].span)
        }
        #expect(pair.serverReceived.isEmpty || pair.serverReceived == [1, 2, 3])
        #expect(pair.clientReceived.allSatisfy { $0 == 4 })
    }

    @Test("TLS 1.1 is refused by the server with the alert protocol_version")
    func oldClient() throws {
        let server = TLSEngine(server: try TLSTestFiles.server())
        var hello: [UInt8] = [0x03, 0x02] + [UInt8](repeating: 7, count: 32) + [0]
        hello += [0x00, 0x04, 0xC0, 0x09, 0x00, 0x2F, 0x01, 0x00]
        server.receive(record(0x01, hello).span)
        #expect(server.state == .failed(.protocolViolation))
        var reply: [UInt8] = []
        server.takeCiphertext(into: &reply)
        #expect(reply.suffix(2) == [2, 70])
    }

    @Test("TLS 1.1 is refused by the client")
    func oldServer() throws {
        let client = TLSEngine(client: try TLSTestFiles.client(), serverName: "example.test")
        let hello: [UInt8] = [0x03, 0x02] + [UInt8](repeating: 7, count: 32) + [0, 0xC0, 0x09, 0x00]
        client.receive(record(0x02, hello).span)
        #expect(client.state == .failed(.protocolViolation))
    }

    @Test("an empty input changes nothing")
    func emptyInput() throws {
        let pair = try opened()
        let nothing: [UInt8] = []
        pair.client.send(nothing.span)
        pair.collect()
        #expect(pair.toServer.isEmpty)
        pair.client.receive(nothing.span)
        pair.server.receive(nothing.span)
        #expect(pair.client.state == .open && pair.server.state == .open)
    }

    // MARK: Helpers


    private func opened() throws -> TLSPair {
        let pair = TLSPair(try TLSTestFiles.client(), try TLSTestFiles.server())
        pair.settle()
        try #require(pair.client.state == .open && pair.server.state == .open)
        return pair
    }

    /// One handshake message in one record that says TLS 1.1.
    private func record(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
        let message = [type, 0, UInt8(body.count >> 8), UInt8(body.count & 255)] + body
        return [0x16, 0x03, 0x02, UInt8(message.count >> 8), UInt8(message.count & 255)] + message
    }
}
