// The server of a loop against clients of every kind: order, deadlines, halves of connections, early deaths.
import Testing

@testable import LolaCore

@Suite("Server connection")
struct ServerConnectionTests {
    /// Answers by the path: `/later…` when the test says so, `/big` with two mebibytes, everything else at once.
    private final class Application: HTTPApplication {
        var server: HTTPServer?
        private(set) var seen: [String] = []
        var held: [Exchange] = []

        func admit(_ head: HTTPRequestHead, role: ListenerRole, peer: IPAddress, requestID: [UInt8]) -> Admission {
            let target = String(decoding: head.bytes[head.target.asRange], as: UTF8.self)
            if target.hasPrefix("/no") { return .answer(.problem(403, code: "no", requestID: requestID)) }
            return .proceed(bodyMax: .kibibytes(100)) { [self] request, exchange in handle(request, exchange) }
        }

        private func handle(_ request: HTTPRequest, _ exchange: Exchange) {
            let target = String(decoding: request.head.bytes[request.head.target.asRange], as: UTF8.self)
            seen.append(target)
            if target.hasPrefix("/later") { return held.append(exchange) }
            let big = target.hasPrefix("/big") ? [UInt8](repeating: 0x62, count: 2_097_152) : []
            server?.respond(exchange, .text(200, [UInt8](text: target + " ") + request.body + big))
        }
    }

    private final class Bench {
        let rig: LoopRig
        let application = Application()
        let server: HTTPServer

        init(
            weather: SimWeather = .calm, connectionsMax: Int = 1_000, bodiesMax: ByteCount = Limits.bodiesHeldMax
        ) throws {
            rig = LoopRig(weather: weather)
            server = HTTPServer(
                rig.loop, headers: SecurityHeaders(isHTTPS: true), tls: nil, connectionsMax: connectionsMax,
                bodiesMax: bodiesMax)
            application.server = server
            server.serve(application)
            _ = try server.listen(Endpoint(address: IPAddress([127, 0, 0, 1]), port: 80), role: .public)
        }

        func client() -> SimClient { SimClient(rig.network, port: 80) }

        /// Sends raw octets and collects the answers until the connection ends or two minutes have passed.
        func talk(
            _ text: String, answers: Int = 1, withoutBody: Bool = false, shuts: Bool = false
        ) -> (statuses: [Int], bodies: [String], client: SimClient) {
            let client = client()
            var got: [SimMessage] = []
            for _ in 0..<answers {
                client.expect(withoutBody: withoutBody) { if let answer = $0 { got.append(answer) } }
            }
            client.sendRaw(Array(text.utf8))
            if shuts { client.shutWrite() }
            rig.run(for: .seconds(120)) { client.isOver || got.count == answers }
            return (got.map(\.status), got.map(\.text), client)
        }

        /// Nothing is left once every patience is over.
        var isClean: Bool {
            rig.run(for: .seconds(200))
            return rig.loop.entityCount == 1 && rig.network.openDescriptors == 1 && rig.network.misuse.isEmpty
        }
    }

    private static let rough = SimWeather(
        latencyMax: 5, segments: 900, shortTransfers: 900, spurious: 200, bufferMin: 300)

    private static func get(_ path: String, _ fields: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
    }

    @Test("pipelined requests are answered in their order, whoever is ready first")
    func pipelining() throws {
        for weather in [SimWeather.calm, Self.rough] {
            let bench = try Bench(weather: weather)
            let client = bench.client()
            var bodies: [String] = []
            for _ in 0..<20 { client.expect { bodies.append($0?.text ?? "lost") } }
            client.sendRaw(Array((0..<20).map { Self.get($0 == 3 ? "/later" : "/\($0)") }.joined().utf8))
            bench.rig.run(for: .seconds(5)) { !bench.application.held.isEmpty }
            bench.rig.run(for: .seconds(2))
            #expect(bodies == ["/0 ", "/1 ", "/2 "] && bench.application.seen.count == 4)
            for exchange in bench.application.held { bench.server.respond(exchange, .text(200, [UInt8](text: "late"))) }
            bench.rig.run(for: .seconds(5)) { bodies.count == 20 }
            #expect(bodies == (0..<20).map { $0 == 3 ? "late" : "/\($0) " })
            #expect(bench.isClean)
        }
    }

    @Test("a head that drips is answered 408 at ten seconds, from the accept on", arguments: [0, 4, 9] as [Int64])
    func slowHead(_ silence: Int64) throws {
        let bench = try Bench()
        let client = bench.client()
        var statuses: [Int] = []
        client.expect { statuses.append($0?.status ?? 0) }
        let started = bench.rig.clock.now
        bench.rig.network.after(.seconds(silence)) {
            client.drip(Array(Self.get("/slow").utf8), piece: 1, every: .milliseconds(700))
        }
        bench.rig.run(for: .seconds(30)) { client.isOver }
        let took = bench.rig.clock.now - started
        #expect(statuses == [408] && took >= .seconds(10) && took < .milliseconds(11_100))
        #expect(bench.application.seen.isEmpty && bench.isClean)
    }

    @Test("a slow body is answered 408, one at the minimum rate is not")
    func slowBody() throws {
        let head = "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 6000\r\n\r\n"
        for (pause, status) in [(Interval.milliseconds(100), 408), (.milliseconds(16), 200)] {
            let bench = try Bench()
            let client = bench.client()
            var statuses: [Int] = []
            client.expect { statuses.append($0?.status ?? 0) }
            client.sendRaw(Array(head.utf8))
            // 10 octets every 100 ms are 100 a second, every 16 ms they are 625.
            client.drip([UInt8](repeating: 0x61, count: 6_000), piece: 10, every: pause)
            bench.rig.run(for: .seconds(300)) { !statuses.isEmpty }
            #expect(statuses == [status], "\(pause.inMilliseconds) ms")
            client.close()
            #expect(bench.isClean)
        }
    }

    @Test("silence: ten seconds before the first request, seventy-five after it, no word in either case")
    func idle() throws {
        let bench = try Bench()
        let silent = bench.client()
        let started = bench.rig.clock.now
        bench.rig.run(for: .seconds(30)) { silent.isOver }
        let first = bench.rig.clock.now - started
        #expect(first >= .seconds(10) && first < .milliseconds(10_100) && silent.received.isEmpty)
        let (statuses, _, client) = bench.talk(Self.get("/"))
        let count = client.received.count
        let asked = bench.rig.clock.now
        bench.rig.run(for: .seconds(100)) { client.isOver }
        let second = bench.rig.clock.now - asked
        #expect(statuses == [200] && second >= .seconds(74) && second < .milliseconds(75_100))
        #expect(client.received.count == count && bench.isClean)
    }

    @Test("requests behind an answer above the backlog limit are handled also when the kernel takes it at once")
    func largeAnswerTakenAtOnce() throws {
        let bench = try Bench(weather: SimWeather(bufferMin: 8_388_608))
        let requests = Self.get("/big") + Self.get("/big") + Self.get("/after")
        let (statuses, bodies, client) = bench.talk(requests, answers: 3)
        #expect(statuses == [200, 200, 200] && bodies.last == "/after " && !client.isOver)
        client.close()
        #expect(bench.isClean)
    }

    @Test("a connection that lives long keeps no more deadlines than a young one")
    func deadlines() throws {
        let bench = try Bench()
        let client = bench.client()
        var answers = 0
        for round in 1...60 {
            client.expect { if $0?.status == 200 { answers += 1 } }
            let request = Array(Self.get("/split").utf8)
            client.sendRaw(Array(request.prefix(9)))
            bench.rig.run(for: .milliseconds(100))
            client.sendRaw(Array(request.dropFirst(9)))
            bench.rig.run(for: .seconds(20))
            #expect(answers == round && bench.rig.loop.timerCount <= 8)
        }
        client.close()
        #expect(bench.isClean)
    }

    @Test("a client that does not read its answer is closed after fifteen seconds")
    func writeStall() throws {
        let bench = try Bench()
        let client = bench.client()
        client.expect { _ in }
        client.sendRaw(Array(Self.get("/big").utf8))
        client.end?.isPaused = true
        bench.rig.run(for: .seconds(14))
        #expect(bench.server.publicConnectionCount == 1)
        bench.rig.run(for: .seconds(3))
        #expect(bench.server.publicConnectionCount == 0)
        client.close()
        #expect(bench.isClean)
    }

    @Test("Expect: 100-continue is answered before the body, and a refusal instead of it")
    func continues() throws {
        let bench = try Bench()
        let client = bench.client()
        var answers: [SimMessage] = []
        client.expect { if let answer = $0 { answers.append(answer) } }
        client.sendRaw(Array("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n".utf8))
        bench.rig.run(for: .seconds(1))
        #expect(answers.isEmpty && client.received.starts(with: "HTTP/1.1 100 Continue\r\n\r\n".utf8))
        client.sendRaw(Array("hi".utf8))
        bench.rig.run(for: .seconds(1)) { !answers.isEmpty }
        #expect(answers.map(\.text) == ["/x hi"])
        let refused = bench.talk("POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        #expect(refused.statuses == [403] && refused.client.interim == 0 && refused.client.isClosing)
        let large = bench.talk("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\nExpect: 100-continue\r\n\r\n")
        #expect(large.statuses == [413] && large.client.interim == 0)
    }

    @Test("versions, HEAD and Connection decide what follows an answer", arguments: [
        ("GET /a HTTP/1.0\r\n\r\n", true, "/a "), ("GET /b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false, "/b "),
        ("GET /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", true, "/c "),
        ("GET /d HTTP/1.1\r\nHost: a\r\n\r\n", false, "/d "),
        ("HEAD /e HTTP/1.1\r\nHost: a\r\n\r\n", false, ""),
        ("POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n", true, nil),
        ("POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", false, nil),
        ("GET /f HTTP/1.1\r\n\r\n", true, nil), ("\u{1}\r\n\r\n", true, nil),
        // A refused HEAD has no body either, from the moment its method is known.
        ("HEAD /g HTTP/1.1\r\n\r\n", true, ""), ("\r\nHEAD /g HTTP/1.1\r\nX Y: z\r\n\r\n", true, ""),
        ("HEAD  /g HTTP/1.1\r\n\r\n", true, ""), ("HEAD /g HTTP/9.1\r\n\r\n", true, ""),
        ("HEAD /no HTTP/1.1\r\nHost: a\r\n\r\n", false, ""),
        ("HEAD /g", true, ""), ("HEAD /g HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZ", true, ""),
        ("HEAX /g HTTP/1.1\r\n\r\n", true, nil), ("HEADER /g HTTP/1.1\r\n\r\n", true, nil),
    ] as [(String, Bool, String?)])
    func persistence(_ row: (request: String, closes: Bool, body: String?)) throws {
        let bench = try Bench()
        let (statuses, bodies, client) = bench.talk(row.request, withoutBody: row.request.contains("HEAD "))
        #expect(statuses.count == 1)
        if let body = row.body { #expect(bodies == [body]) }
        bench.rig.run(for: .seconds(3))
        #expect(client.isOver == row.closes && client.complaints.isEmpty)
        #expect(bench.isClean)
    }

    @Test("a client that has sent its last octet gets every answer it asked for")
    func halfClose() throws {
        for weather in [SimWeather.calm, Self.rough] {
            let bench = try Bench(weather: weather)
            let one = bench.talk(Self.get("/one"), shuts: true)
            #expect(one.bodies == ["/one "] && one.client.complaints.isEmpty)
            let three = bench.talk(Self.get("/1") + Self.get("/2") + Self.get("/3"), answers: 3, shuts: true)
            #expect(three.bodies == ["/1 ", "/2 ", "/3 "])
            let big = bench.talk(Self.get("/big"), shuts: true)
            #expect(big.bodies.first?.utf8.count == 2_097_152 + 5)
            let half = bench.talk(Self.get("/ok") + "GET /cut HT", answers: 2, shuts: true)
            #expect(half.bodies == ["/ok "] && half.client.isOver)
            #expect(bench.isClean)
        }
    }

    @Test("a large answer reaches a client that says goodbye while it still reads")
    func goodbyeWhileReading() throws {
        let bench = try Bench()
        let client = bench.client()
        var body = 0
        client.expect { body = $0?.body.count ?? -1 }
        client.end?.isPaused = true
        client.sendRaw(Array(Self.get("/big").utf8))
        bench.rig.run(for: .seconds(1))
        client.shutWrite()
        bench.rig.run(for: .seconds(1))
        client.end?.isPaused = false
        bench.rig.run(for: .seconds(5)) { body != 0 }
        #expect(body == 2_097_152 + 5 && bench.isClean)
    }

    @Test("an answer for a connection that is gone, or for an exchange that is over, has no effect")
    func lateAnswers() throws {
        let bench = try Bench()
        let first = bench.client()
        first.expect { _ in }
        first.sendRaw(Array(Self.get("/later").utf8))
        bench.rig.run(for: .seconds(1)) { !bench.application.held.isEmpty }
        first.abort()
        bench.rig.run(for: .seconds(1))
        // Somebody else lives in the same slot now.
        let second = bench.client()
        var bodies: [String] = []
        for _ in 0..<2 { second.expect { bodies.append($0?.text ?? "lost") } }
        second.sendRaw(Array((Self.get("/later2") + Self.get("/next")).utf8))
        bench.rig.run(for: .seconds(1)) { bench.application.held.count == 2 }
        let stale = bench.application.held[0]
        let current = bench.application.held[1]
        bench.server.respond(stale, .text(200, [UInt8](text: "stale")))
        bench.server.respond(Exchange(connection: current.connection, number: current.number &+ 1), .text(200, []))
        bench.server.respond(current, .text(200, [UInt8](text: "right")))
        bench.server.respond(current, .text(200, [UInt8](text: "twice")))
        bench.rig.run(for: .seconds(1))
        #expect(bodies == ["right", "/next "] && second.complaints.isEmpty)
        second.close()
        #expect(bench.isClean)
    }

    @Test("above the limit callers are told 503 and let go; the door works again when there is room")
    func connectionLimit() throws {
        let bench = try Bench(connectionsMax: 2)
        let kept = [bench.client(), bench.client()]
        bench.rig.run(for: .milliseconds(50))
        let third = bench.talk(Self.get("/third"))
        #expect(third.statuses == [503] && bench.server.publicConnectionCount == 2)
        #expect(third.bodies.first?.contains(#""code":"unavailable""#) == true)
        let counters = bench.rig.counters
        #expect(counters.value(.connectionsAccepted) - counters.value(.connectionsClosed) == 2)
        for client in kept { client.close() }
        bench.rig.run(for: .milliseconds(50))
        #expect(bench.talk(Self.get("/again")).statuses == [200] && bench.isClean)
    }

    @Test("unfinished bodies share a bounded memory: above it 503, and room again when one has ended")
    func bodyMemory() throws {
        let bench = try Bench(bodiesMax: .bytes(100))
        let head = "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 80\r\n\r\n"
        let slow = bench.client()
        var statuses: [Int] = []
        slow.expect { statuses.append($0?.status ?? 0) }
        slow.sendRaw(Array(head.utf8) + [UInt8](repeating: 0x61, count: 70))
        bench.rig.run(for: .milliseconds(50))
        let whole = head + String(repeating: "b", count: 80)
        let second = bench.talk(whole)
        #expect(second.statuses == [503] && second.client.isClosing)
        slow.sendRaw([UInt8](repeating: 0x61, count: 10))
        bench.rig.run(for: .milliseconds(50))
        #expect(statuses == [200])
        #expect(bench.talk(whole).statuses == [200])
        let dying = bench.client()
        dying.sendRaw(Array(head.utf8) + [UInt8](repeating: 0x61, count: 70))
        bench.rig.run(for: .milliseconds(50))
        dying.abort()
        bench.rig.run(for: .milliseconds(50))
        #expect(bench.talk(whole).statuses == [200])
        slow.close()
        #expect(bench.isClean)
    }

    @Test("a body counts until it is handled: of two that end in one round the second is one too many")
    func bodiesOfOneRound() throws {
        let bench = try Bench(bodiesMax: .bytes(100))
        let head = "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 80\r\n\r\n"
        let clients = [bench.client(), bench.client()]
        var statuses: [Int] = []
        bench.rig.run(for: .milliseconds(50))
        for client in clients {
            client.expect { statuses.append($0?.status ?? 0) }
            client.sendRaw(Array((head + String(repeating: "b", count: 80)).utf8))
        }
        // Both have arrived before the loop looks.
        bench.rig.clock.advance(to: bench.rig.clock.now + .milliseconds(50))
        while bench.rig.network.runDue() {}
        bench.rig.run(for: .milliseconds(50))
        #expect(statuses.sorted() == [200, 503])
        #expect(bench.talk(head + String(repeating: "b", count: 80)).statuses == [200])
    }

    @Test("out of descriptors: the listener rests and then takes who came later")
    func exhaustion() throws {
        let bench = try Bench(weather: SimWeather(exhaustion: 1_000))
        let lost = bench.talk(Self.get("/lost"))
        #expect(lost.statuses.isEmpty && lost.client.isOver)
        bench.rig.network.weather = .calm
        #expect(bench.talk(Self.get("/found")).statuses == [200] && bench.isClean)
    }

    @Test("a drain serves who had connected before it and was not taken yet")
    func drainTakesWhoWaits() throws {
        let bench = try Bench()
        let client = bench.client()
        var answer: SimMessage?
        client.expect { answer = $0 }
        client.sendRaw(Array(Self.get("/just").utf8))
        // The connection stands and the loop has not looked yet.
        bench.rig.clock.advance(to: bench.rig.clock.now + .milliseconds(100))
        _ = bench.rig.network.runDue()
        #expect(client.wasConnected && bench.server.publicConnectionCount == 0)
        bench.server.drain()
        bench.rig.run(for: .seconds(3))
        #expect(answer?.text == "/just " && answer?.isClosing == true && client.isOver)
        #expect(bench.rig.loop.entityCount == 0 && bench.rig.network.openDescriptors == 0)
    }

    @Test("a drain closes the door, finishes what is in flight, and ends idle connections after a second")
    func drain() throws {
        let bench = try Bench()
        let idle = bench.talk(Self.get("/idle")).client
        let busy = bench.client()
        var answer: SimMessage?
        busy.expect { answer = $0 }
        busy.sendRaw(Array(Self.get("/later").utf8))
        bench.rig.run(for: .seconds(1)) { !bench.application.held.isEmpty }
        bench.server.drain()
        let late = bench.client()
        bench.rig.run(for: .milliseconds(900))
        #expect(!late.wasConnected && !idle.isOver)
        bench.rig.run(for: .milliseconds(200))
        #expect(idle.isOver && !busy.isOver)
        for exchange in bench.application.held { bench.server.respond(exchange, .text(200, [UInt8](text: "done"))) }
        bench.rig.run(for: .seconds(3))
        #expect(busy.isOver)
        #expect(answer?.text == "done" && answer?.isClosing == true && bench.server.publicConnectionCount == 0)
        #expect(bench.rig.loop.entityCount == 0)
    }
}
