// Answers without an end: their form, their ends, and what a peer that misbehaves does to them.
import Testing

@testable import LolaCore

@Suite("Response stream")
struct ResponseStreamTests {
    /// `/s` is a stream that says `hello` at once, `/later` one that begins when the test says so; the rest is text.
    private final class Application: HTTPApplication {
        var server: HTTPServer?
        var held: [Exchange] = []
        private(set) var streams: [ResponseStream] = []
        private(set) var refused = 0
        private(set) var closes: [Int] = []
        /// A call of the owner that has not returned.
        private(set) var isInside = false
        private(set) var wasToldInside = false

        func admit(_ head: HTTPRequestHead, role: ListenerRole, peer: IPAddress, requestID: [UInt8]) -> Admission {
            .proceed(bodyMax: .kibibytes(1)) { [self] request, exchange in
                let target = String(decoding: request.head.bytes[request.head.target.asRange], as: UTF8.self)
                switch target {
                case "/s": begin(exchange)
                case "/later": held.append(exchange)
                default: server?.respond(exchange, .text(200, [UInt8](text: target)))
                }
            }
        }

        func begin(_ exchange: Exchange, head: HTTPResponse = .eventStream()) {
            let number = streams.count
            isInside = true
            let made = server?.stream(exchange, head: head) { [self] in
                closes.append(number)
                wasToldInside = wasToldInside || isInside
            }
            if let made {
                streams.append(made)
                _ = made.send([UInt8](text: "hello"))
            } else {
                refused += 1
            }
            isInside = false
        }

        func send(_ number: Int, _ octets: [UInt8]) -> Bool {
            isInside = true
            defer { isInside = false }
            return streams[number].send(octets)
        }
    }

    private final class Bench {
        let rig: LoopRig
        let application = Application()
        let server: HTTPServer

        init(weather: SimWeather = .calm, tls: TLSContext? = nil, role: ListenerRole = .public) throws {
            rig = LoopRig(weather: weather)
            server = HTTPServer(
                rig.loop, headers: SecurityHeaders(isHTTPS: true), tls: tls, connectionsMax: 1_000)
            application.server = server
            server.serve(application)
            _ = try server.listen(Endpoint(address: IPAddress([127, 0, 0, 1]), port: 80), role: role)
        }

        /// A client that has asked for the stream and got its beginning.
        func reader(_ fields: String = "", version: String = "1.1", tls: TLSContext? = nil) -> StreamClient {
            let client = StreamClient(rig.network, tls: tls)
            client.get("/s", fields, version: version)
            rig.run(for: .seconds(5)) { client.raw.contains("hello") }
            return client
        }

        func send(_ text: String, to number: Int = 0) -> Bool { application.send(number, [UInt8](text: text)) }

        var open: Int { rig.counters.value(.streamsOpened) - rig.counters.value(.streamsClosed) }

        /// Nothing is left, and whoever owned a stream was told once, never in the middle of a call.
        var isClean: Bool {
            rig.run(for: .seconds(200))
            return rig.loop.entityCount == 1 && rig.network.openDescriptors == 1 && rig.network.misuse.isEmpty
                && application.closes.sorted() == Array(application.streams.indices) && !application.wasToldInside
                && open == 0
        }
    }

    private static let rough = SimWeather(
        latencyMax: 5, segments: 900, shortTransfers: 900, spurious: 200, bufferMin: 300)

    @Test("HTTP/1.1 gets chunks as they are sent, then the end, then the next answer on the same connection")
    func chunks() throws {
        for weather in [SimWeather.calm, Self.rough] {
            let bench = try Bench(weather: weather)
            let client = bench.reader()
            #expect(client.head.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(client.head.contains("Transfer-Encoding: chunked") && !client.head.contains("Content-Length"))
            #expect(client.head.contains("Content-Type: text/event-stream\r\n") && !client.head.contains("Connection:"))
            #expect(client.head.contains("X-Content-Type-Options: nosniff"))
            #expect(bench.send("one") && bench.send("") && bench.send(String(repeating: "x", count: 5_000)))
            bench.rig.run(for: .seconds(5)) { client.chunks.data.count == 3 }
            #expect(client.chunks.data == ["hello", "one", String(repeating: "x", count: 5_000)])
            #expect(client.chunks.rest == nil && bench.application.closes.isEmpty && bench.open == 1)
            let stream = bench.application.streams[0]
            #expect(stream.isOpen)
            stream.end()
            #expect(!stream.isOpen && !bench.send("late"))
            stream.end()
            client.get("/next")
            bench.rig.run(for: .seconds(5)) { client.chunks.rest?.hasSuffix("/next") == true }
            #expect(client.chunks.rest?.hasPrefix("HTTP/1.1 200 OK\r\n") == true && !client.isOver)
            client.end?.close()
            #expect(bench.isClean)
        }
    }

    @Test("HTTP/1.0 gets plain octets and learns of the end by the close")
    func oldVersion() throws {
        for fields in ["", "Connection: keep-alive\r\n"] {
            let bench = try Bench(weather: Self.rough)
            let client = bench.reader(fields, version: "1.0")
            #expect(!client.head.contains("chunked") && client.head.contains("Connection: close"))
            #expect(bench.send(" world"))
            bench.application.streams[0].end()
            bench.rig.run(for: .seconds(5)) { client.isOver }
            #expect(client.raw == "hello world" && client.isOver && bench.isClean)
        }
    }

    @Test("who asks for the close gets chunks, their end, and the close")
    func asksForClose() throws {
        let bench = try Bench()
        let client = bench.reader("Connection: close\r\n")
        #expect(client.head.contains("chunked") && client.head.contains("Connection: close"))
        bench.application.streams[0].end()
        bench.rig.run(for: .seconds(5)) { client.isOver }
        #expect(client.chunks.data == ["hello"] && client.chunks.rest == "" && client.isOver && bench.isClean)
    }

    @Test("HEAD gets the head alone, and the owner no stream")
    func headMethod() throws {
        let bench = try Bench()
        let client = StreamClient(bench.rig.network)
        client.get("/s", method: "HEAD")
        client.get("/next")
        bench.rig.run(for: .seconds(1))
        #expect(client.head.contains("text/event-stream") && client.raw.hasPrefix("HTTP/1.1 200 OK"))
        #expect(client.raw.hasSuffix("/next") && bench.application.refused == 1 && bench.application.streams.isEmpty)
        client.end?.close()
        #expect(bench.isClean)
    }

    @Test("a silent stream is not closed for its silence")
    func patience() throws {
        let bench = try Bench()
        let client = bench.reader()
        for _ in 0..<10 { bench.rig.run(for: .seconds(100)) }
        #expect(!client.isOver && bench.send("still here"))
        bench.rig.run(for: .seconds(1))
        #expect(client.chunks.data == ["hello", "still here"] && bench.rig.loop.timerCount <= 2)
        client.end?.close()
        #expect(bench.isClean)
    }

    @Test("a peer that leaves, says goodbye or is cut off is noticed, and its owner told", arguments: 0..<3)
    func leaving(_ how: Int) throws {
        for weather in [SimWeather.calm, Self.rough] {
            let bench = try Bench(weather: weather)
            let client = bench.reader()
            switch how {
            case 0: client.end?.close()
            case 1: client.end?.shutWrite()
            default: client.end?.reset()
            }
            bench.rig.run(for: .seconds(2)) { !bench.application.closes.isEmpty }
            #expect(bench.application.closes == [0] && !bench.send("gone") && bench.server.publicConnectionCount == 0)
            #expect(bench.isClean)
        }
    }

    @Test("a peer that takes nothing is closed after fifteen seconds")
    func stall() throws {
        let bench = try Bench()
        let client = bench.reader()
        client.end?.isPaused = true
        #expect(bench.application.send(0, [UInt8](repeating: 0x61, count: 300_000)))
        bench.rig.run(for: .seconds(14))
        #expect(bench.application.closes.isEmpty)
        bench.rig.run(for: .seconds(3))
        #expect(bench.application.closes == [0] && bench.server.publicConnectionCount == 0)
        client.end?.close()
        #expect(bench.isClean)
    }

    @Test("a peer that reads too slowly is closed when a mebibyte waits, and no more is kept")
    func slowReader() throws {
        let bench = try Bench()
        let client = bench.reader()
        client.end?.isPaused = true
        var sent = 0
        while sent < 100, bench.application.send(0, [UInt8](repeating: 0x61, count: 65_536)) { sent += 1 }
        // What the kernel of either side holds, and a mebibyte of ours.
        #expect((15...18).contains(sent) && !bench.application.streams[0].isOpen)
        bench.rig.run(for: .seconds(1))
        #expect(bench.application.closes == [0] && bench.server.publicConnectionCount == 0)
        client.end?.close()
        #expect(bench.isClean)
    }

    @Test("requests behind a stream wait for its end; many of them close it")
    func pipelined() throws {
        let bench = try Bench()
        let client = StreamClient(bench.rig.network)
        client.send("GET /s HTTP/1.1\r\nHost: a\r\n\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n")
        client.get("/b")
        bench.rig.run(for: .seconds(100))
        #expect(client.chunks.data == ["hello"] && client.chunks.rest == nil)
        bench.application.streams[0].end()
        bench.rig.run(for: .seconds(1))
        let rest = client.chunks.rest ?? ""
        #expect(rest.components(of: "HTTP/1.1 200 OK") == 2 && rest.hasSuffix("/b"))
        client.get("/s")
        bench.rig.run(for: .seconds(1))
        for number in 0..<200 { client.get("/more\(number)") }
        bench.rig.run(for: .seconds(1)) { client.isOver }
        #expect(client.isOver && bench.application.closes == [0, 1] && bench.isClean)
    }

    @Test("requests that come together with that for a stream count too")
    func pipelinedAtOnce() throws {
        let bench = try Bench()
        let client = StreamClient(bench.rig.network)
        client.send((0..<200).map { "GET /\($0 == 0 ? "s" : "x") HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
        bench.rig.run(for: .seconds(1)) { client.isOver }
        #expect(client.isOver && bench.application.closes == [0] && bench.isClean)
    }

    @Test("over TLS it is the same")
    func encrypted() throws {
        let bench = try Bench(weather: Self.rough, tls: try TLSTestFiles.server())
        let client = bench.reader(tls: try TLSTestFiles.client())
        #expect(bench.send("one") && bench.send(String(repeating: "y", count: 40_000)))
        bench.rig.run(for: .seconds(60)) { client.chunks.data.count == 3 }
        #expect(client.chunks.data.map(\.utf8.count) == [5, 3, 40_000])
        bench.application.streams[0].end()
        bench.rig.run(for: .seconds(5)) { client.chunks.rest != nil }
        #expect(client.chunks.rest == "")
        client.get("/next")
        bench.rig.run(for: .seconds(5)) { client.chunks.rest?.hasSuffix("/next") == true }
        #expect(client.chunks.rest?.hasSuffix("/next") == true)
        client.end?.close()
        #expect(bench.isClean)
    }

    @Test("a drain ends every stream and holds nothing up", arguments: [ListenerRole.public, .management])
    func drain(_ role: ListenerRole) throws {
        let bench = try Bench(role: role)
        let readers = [bench.reader(), bench.reader(version: "1.0"), bench.reader()]
        let late = StreamClient(bench.rig.network)
        late.get("/later")
        bench.rig.run(for: .seconds(1)) { !bench.application.held.isEmpty }
        bench.server.drain()
        bench.rig.run(for: .seconds(3)) { readers.allSatisfy(\.isOver) }
        #expect(readers[0].chunks.rest == "" && readers[2].chunks.rest == "" && readers[1].raw == "hello")
        #expect(readers.allSatisfy(\.isOver) && bench.application.closes == [0, 1, 2])
        // Who would begin one now is told to come again.
        for exchange in bench.application.held { bench.application.begin(exchange) }
        bench.rig.run(for: .seconds(3)) { late.isOver }
        bench.rig.run(for: .seconds(2))
        #expect(late.head.hasPrefix("HTTP/1.1 503") && late.isOver && bench.application.refused == 1)
        #expect(bench.server.publicConnectionCount == 0 && bench.open == 0)
    }

    @Test("a stream for a connection that is gone, or for an exchange that is over, is none")
    func lateStart() throws {
        let bench = try Bench()
        let first = StreamClient(bench.rig.network)
        first.get("/later")
        bench.rig.run(for: .seconds(1)) { !bench.application.held.isEmpty }
        first.end?.reset()
        bench.rig.run(for: .seconds(1))
        bench.application.begin(bench.application.held[0])
        #expect(bench.application.refused == 1)
        let second = bench.reader()
        let twice = bench.application.streams.count
        bench.server.respond(bench.application.held[0], .text(200, []))
        bench.application.begin(bench.application.held[0])
        #expect(bench.application.refused == 2 && bench.application.streams.count == twice)
        bench.application.streams[0].end()
        second.end?.close()
        #expect(bench.isClean)
    }

    @Test("what is neither asked for nor sent has no effect on an ordinary answer behind it")
    func stale() throws {
        let bench = try Bench()
        let client = bench.reader()
        let old = bench.application.streams[0]
        old.end()
        client.get("/s")
        bench.rig.run(for: .seconds(1)) { bench.application.streams.count == 2 }
        #expect(!old.send([0x78]) && !old.isOpen && bench.application.streams[1].isOpen)
        old.end()
        #expect(bench.application.streams[1].isOpen && bench.send("mine", to: 1))
        client.end?.close()
        #expect(bench.isClean)
    }
}
