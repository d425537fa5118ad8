// The outbound client against servers that do everything wrong.
import Testing

@testable import LolaCore

@Suite("Outbound client")
struct OutboundClientTests {
    private static let address = IPAddress([10, 0, 0, 1])
    private static let endpoint = Endpoint(address: address, port: 80)

    private final class Bench {
        let rig: LoopRig
        let client: OutboundClient
        let peer: RawPeer

        init(weather: SimWeather = .calm) {
            rig = LoopRig(weather: weather)
            client = OutboundClient(rig.loop, tls: nil) { IPAddress(text: $0) }
            peer = RawPeer(rig.network, at: OutboundClientTests.endpoint)
        }

        func request(
            _ target: String = "/", host: String = "10.0.0.1", isRepeatable: Bool = true, body: [UInt8] = [],
            responseMax: ByteCount = .kibibytes(64)
        ) -> OutboundRequest {
            OutboundRequest(
                purpose: .identity, method: body.isEmpty ? .get : .post,
                origin: Origin(isTLS: false, host: [UInt8](text: host), port: 80), target: [UInt8](text: target),
                fields: [], body: body, timeout: .seconds(3), responseMax: responseMax, isRepeatable: isRepeatable)
        }

        /// Makes the call and waits for its one outcome.
        func call(_ request: OutboundRequest) -> (outcome: OutboundOutcome, took: Interval)? {
            var outcomes: [OutboundOutcome] = []
            let started = rig.clock.now
            client.send(request) { outcomes.append($0) }
            if !outcomes.isEmpty { return nil }
            rig.run(for: .seconds(10)) { !outcomes.isEmpty }
            let took = rig.clock.now - started
            rig.run(for: .milliseconds(50))
            guard outcomes.count == 1, let outcome = outcomes.first else { return nil }
            return (outcome, took)
        }

        func word(_ request: OutboundRequest) -> String {
            switch call(request)?.outcome {
            case .success(let response): "\(response.status) \(String(decoding: response.body, as: UTF8.self))"
            case .failure(let fault): fault.rawValue
            case nil: "no single outcome"
            }
        }
    }

    private static func ok(_ body: String) -> [UInt8] { SimHTTP.response(200, body: body) }

    /// What a server sends to the first request of each connection, and what becomes of the call.
    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        let sends: [UInt8]
        let closes: Bool
        let expected: String
        var testDescription: String { name }

        init(_ name: String, _ sends: String, closes: Bool = false, _ expected: String) {
            self.name = name
            self.sends = Array(sends.utf8)
            self.closes = closes
            self.expected = expected
        }
    }

    private static let head = "HTTP/1.1 200 OK\r\n"

    static let rows: [Row] = [
        Row("a good answer", head + "Content-Length: 2\r\n\r\nhi", "200 hi"),
        Row("an answer that ends with the connection", head + "\r\nhello", closes: true, "200 hello"),
        Row("chunks", head + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "200 hi"),
        Row("silence", "", "timeout"),
        Row("a close without a word", "", closes: true, "closed"),
        Row("a close in the head", head + "Content-Len", closes: true, "closed"),
        Row("a close in the body", head + "Content-Length: 9\r\n\r\nhi", closes: true, "closed"),
        Row("a close in a chunk", head + "Transfer-Encoding: chunked\r\n\r\n9\r\nhi", closes: true, "closed"),
        Row("a length that is too long", head + "Content-Length: 9\r\n\r\nhi", "timeout"),
        Row(
            "length and coding",
            head + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "malformed"),
        Row("two lengths", head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi", "malformed"),
        Row("a negative length", head + "Content-Length: -2\r\n\r\nhi", "malformed"),
        Row("five interim answers", String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 5) + head, "malformed"),
        Row(
            "two interim answers",
            String(repeating: "HTTP/1.1 103 Early\r\n\r\n", count: 2) + head + "Content-Length: 0\r\n\r\n", "200 "),
        Row(
            "a head of ten mebibytes",
            head + String(repeating: "X-Pad: \(String(repeating: "p", count: 1_015))\r\n", count: 10_240), "too_large"),
        Row("too many fields", head + String(repeating: "A: b\r\n", count: 200), "too_large"),
        Row("a body above the cap", head + "Content-Length: 65537\r\n\r\n", "too_large"),
        Row("an endless body", head + "\r\n" + String(repeating: "x", count: 1_048_576), "too_large"),
        Row(
            "a redirect to the metadata service",
            "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n", "302 "),
        Row("another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "malformed"),
        Row("a switch of protocols", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", "malformed"),
        Row("bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "malformed"),
    ]

    @Test("a server that answers wrongly costs one call and no trap", arguments: rows)
    func misbehaviour(_ row: Row) {
        for weather in [SimWeather.calm, SimWeather(latencyMax: 5, segments: 900, shortTransfers: 900, spurious: 100)] {
            let bench = Bench(weather: weather)
            bench.peer.onOctets = { _, end, bytes in
                guard String(decoding: bytes, as: UTF8.self).hasSuffix("\r\n\r\n") else { return }
                end.send(row.sends)
                if row.closes { end.closeWhenSent() }
            }
            #expect(bench.word(bench.request()) == row.expected)
            bench.rig.run(for: .seconds(40))
            #expect(bench.rig.loop.entityCount == 0 && bench.rig.loop.actionCount == 0)
            #expect(bench.rig.network.openDescriptors == 0 && bench.rig.network.misuse.isEmpty)
        }
    }

    @Test("a redirect is an answer: nobody is called at the place it names")
    func noRedirect() {
        let bench = Bench()
        let metadata = RawPeer(bench.rig.network, at: Endpoint(address: IPAddress([169, 254, 169, 254]), port: 80))
        bench.peer.onOctets = { _, end, _ in
            end.send(SimHTTP.response(302, ["Location: http://169.254.169.254/latest/meta-data"]))
        }
        #expect(bench.word(bench.request()) == "302 ")
        #expect(metadata.ends.isEmpty && bench.peer.ends.count == 1)
    }

    @Test("the deadline is one for everything", arguments: ["refused", "silent connect", "drip", "silent name"])
    func deadline(_ way: String) {
        let bench = Bench()
        var host = "10.0.0.1"
        switch way {
        case "refused": bench.peer.admission = .refuse
        case "silent connect": bench.peer.admission = .silence
        case "silent name":
            host = "slow.internal"
            bench.rig.network.names[[UInt8](text: host)] = { (.seconds(60), [Self.endpoint]) }
        default:
            bench.peer.onOctets = { [rig = bench.rig] _, end, _ in
                func drip(_ rest: ArraySlice<UInt8>) {
                    guard let first = rest.first else { return }
                    end.send([first])
                    rig.network.after(.seconds(1)) { drip(rest.dropFirst()) }
                }
                drip(Self.ok("slow")[...])
            }
        }
        let result = bench.call(bench.request(host: host))
        switch result?.outcome {
        case .failure(let fault):
            #expect(fault == (way == "refused" ? .connect : .timeout))
            if fault == .timeout {
                #expect((result?.took ?? .zero) >= .seconds(3) && (result?.took ?? .zero) <= .milliseconds(3_020))
            }
        default: Issue.record("\(way): \(String(describing: result))")
        }
        bench.rig.run(for: .seconds(70))
        #expect(bench.rig.loop.entityCount == 0 && bench.rig.loop.actionCount == 0)
        #expect(bench.rig.network.openDescriptors == 0)
    }

    @Test("a name without an address fails, the second address of a name is tried")
    func names() {
        let bench = Bench()
        bench.peer.onOctets = { _, end, _ in end.send(Self.ok("here")) }
        #expect(bench.word(bench.request(host: "nobody.internal")) == "resolve")
        let dead = Endpoint(address: IPAddress([10, 9, 9, 9]), port: 80)
        bench.rig.network.names[[UInt8](text: "two.internal")] = { (.milliseconds(3), [dead, Self.endpoint]) }
        #expect(bench.word(bench.request(host: "two.internal")) == "200 here")
    }

    @Test("a name is looked up once for all calls that wait for it, whatever their port")
    func oneLookUp() {
        let bench = Bench()
        bench.peer.onOctets = { _, end, _ in end.send(Self.ok("here")) }
        let other = RawPeer(bench.rig.network, at: Endpoint(address: Self.address, port: 81))
        other.onOctets = { _, end, _ in end.send(Self.ok("there")) }
        var asked = 0
        bench.rig.network.names[[UInt8](text: "slow.internal")] = {
            asked += 1
            return (.milliseconds(500), [Self.endpoint])
        }
        var bodies: [String] = []
        for port in [80, 81, 80, 81, 80] as [UInt16] {
            let request = OutboundRequest(
                purpose: .identity, method: .get,
                origin: Origin(isTLS: false, host: [UInt8](text: "slow.internal"), port: port), target: [0x2F],
                fields: [], body: [], timeout: .seconds(3), responseMax: .kibibytes(1), isRepeatable: true)
            bench.client.send(request) { outcome in
                guard case .success(let response) = outcome else { return }
                bodies.append(String(decoding: response.body, as: UTF8.self))
            }
        }
        bench.rig.run(for: .seconds(2)) { bodies.count == 5 }
        #expect(asked == 1 && bodies.sorted() == ["here", "here", "here", "there", "there"])
    }

    @Test("connections are kept and used again, one call at a time")
    func keepAlive() {
        let bench = Bench()
        bench.peer.onOctets = { _, end, bytes in
            end.send(Self.ok("\(String(decoding: bytes, as: UTF8.self).components(of: "GET "))"))
        }
        for count in 1...5 { #expect(bench.word(bench.request()) == "200 \(count)") }
        #expect(bench.peer.ends.count == 1 && bench.rig.loop.timerCount == 1)
        bench.rig.run(for: .seconds(20))
        #expect(bench.word(bench.request()) == "200 6")
        bench.rig.run(for: .seconds(29))
        #expect(bench.rig.loop.entityCount == 1)
        bench.rig.run(for: .seconds(2))
        #expect(bench.rig.loop.entityCount == 0 && bench.rig.loop.timerCount == 0)
    }

    @Test("octets behind an answer end the connection; the next call is not touched by them", arguments: [
        Interval.zero, .milliseconds(2), .milliseconds(40),
    ])
    func extraOctets(_ delay: Interval) {
        let bench = Bench()
        bench.peer.onOctets = { [rig = bench.rig] number, end, _ in
            end.send(Self.ok("answer \(number)"))
            let smuggled = Self.ok("smuggled")
            if delay == .zero { end.send(smuggled) } else { rig.network.after(delay) { end.send(smuggled) } }
        }
        #expect(bench.word(bench.request("/a")) == "200 answer 0")
        #expect(bench.word(bench.request("/b")) == "200 answer 1")
        #expect(bench.peer.ends.count == 2)
    }

    @Test("octets that lie in the socket when a call wants the connection are not its answer")
    func octetsBeforeTheCall() {
        let bench = Bench()
        bench.peer.onOctets = { number, end, bytes in
            end.send(Self.ok("answer \(number)"))
        }
        #expect(bench.word(bench.request("/a")) == "200 answer 0")
        // They arrive, and the loop has not looked yet.
        bench.peer.ends[0].send(Self.ok("smuggled"))
        bench.rig.clock.advance(to: bench.rig.clock.now + .milliseconds(100))
        _ = bench.rig.network.runDue()
        #expect(bench.word(bench.request("/b")) == "200 answer 1")
    }

    @Test("a kept connection that died is replaced once for what may be repeated, and not for what may not")
    func staleConnection() {
        for isRepeatable in [true, false] {
            let bench = Bench()
            bench.peer.onOctets = { number, end, bytes in
                let count = String(decoding: bytes, as: UTF8.self).components(of: "\r\n\r\n")
                if number == 0 && count > 1 { end.reset() } else { end.send(Self.ok("\(number)")) }
            }
            #expect(bench.word(bench.request("/a")) == "200 0")
            #expect(bench.word(bench.request("/b", isRepeatable: isRepeatable)) == (isRepeatable ? "200 1" : "closed"))
            #expect(bench.peer.requests == (isRepeatable ? 3 : 2))
        }
    }

    @Test("a call is replaced once only: the second dead connection is its end")
    func replacedOnce() {
        let bench = Bench()
        var mayAnswer = true
        bench.peer.onOctets = { _, end, _ in if mayAnswer { end.send(Self.ok("ok")) } else { end.reset() } }
        var done = 0
        for _ in 0..<2 { bench.client.send(bench.request()) { _ in done += 1 } }
        bench.rig.run(for: .seconds(1)) { done == 2 }
        mayAnswer = false
        #expect(bench.peer.ends.count == 2)
        #expect(bench.word(bench.request()) == "closed")
        #expect(bench.peer.requests == 4)
    }

    @Test("at most 64 connections to one origin; others wait and lose nothing")
    func poolLimit() {
        let bench = Bench()
        bench.peer.onOctets = { [rig = bench.rig] _, end, bytes in
            let body = String(decoding: bytes, as: UTF8.self).components(of: "GET ")
            rig.network.after(.milliseconds(10)) { end.send(Self.ok("\(body)")) }
        }
        var done = 0
        for _ in 0..<300 { bench.client.send(bench.request()) { if case .success = $0 { done += 1 } } }
        bench.rig.run(for: .seconds(5)) { done == 300 }
        #expect(done == 300 && bench.peer.ends.count == Limits.poolConnectionsPerOriginMax)
    }

    @Test("thousands of calls that fail one after the other at once end one by one, not inside each other")
    func failingRow() {
        let bench = Bench()
        var ends: [SimEnd] = []
        bench.peer.onConnect = { _, end in ends.append(end) }
        var words: [String] = []
        let count = Limits.poolConnectionsPerOriginMax + Limits.poolWaitingMax
        for _ in 0..<count {
            bench.client.send(bench.request()) { if case .failure(let fault) = $0 { words.append(fault.rawValue) } }
        }
        bench.rig.run(for: .seconds(1))
        #expect(ends.count == Limits.poolConnectionsPerOriginMax && words.isEmpty)
        bench.peer.admission = .fault(.unreachable)
        for end in ends { end.reset() }
        bench.rig.run(for: .seconds(1)) { words.count == count }
        #expect(words.count { $0 == "connect" } == Limits.poolWaitingMax && words.count == count)
        #expect(bench.rig.loop.entityCount == 0 && bench.rig.network.openDescriptors == 0)
    }

    @Test("the breaker opens on a dead origin, lets one call try, and closes when it answers")
    func breaker() {
        let bench = Bench()
        bench.peer.admission = .refuse
        for _ in 0..<20 { #expect(bench.word(bench.request()) == "connect") }
        #expect(bench.word(bench.request()) == "breaker_open" && bench.client.openBreakers == 1)
        bench.peer.admission = .accept
        bench.peer.onOctets = { _, end, _ in end.send(Self.ok("back")) }
        bench.rig.run(for: .seconds(1))
        #expect(bench.word(bench.request()) == "200 back" && bench.client.openBreakers == 0)
    }

    @Test("a call that the breaker refused and that is taken back gives nobody else's permit away")
    func refusedAndTakenBack() {
        let bench = Bench()
        bench.peer.admission = .refuse
        for _ in 0..<20 { #expect(bench.word(bench.request()) == "connect") }
        bench.peer.admission = .accept
        bench.rig.run(for: .seconds(1))
        var words: [String] = []
        func note(_ outcome: OutboundOutcome) {
            if case .failure(let fault) = outcome { words.append(fault.rawValue) } else { words.append("answered") }
        }
        // The first one tries, with nobody to answer it yet.
        bench.client.send(bench.request(), note)
        let leash = CallLeash()
        bench.client.send(bench.request(), leash: leash, note)
        leash.giveUp()
        bench.client.send(bench.request(), note)
        bench.rig.run(for: .milliseconds(100))
        #expect(words == ["closed", "breaker_open"])
    }

    @Test("an answer that comes before the request is out does not leave its rest for the next call")
    func earlyAnswer() {
        let bench = Bench(weather: SimWeather(latencyMax: 2, bufferMin: 4_096))
        bench.peer.onConnect = { number, end in
            if number == 0 {
                end.isPaused = true
                end.send(SimHTTP.response(413, body: "{}"))
            }
        }
        bench.peer.onOctets = { number, end, bytes in
            if String(decoding: bytes, as: UTF8.self).hasPrefix("GET /next") { end.send(Self.ok("\(number)")) }
        }
        #expect(bench.word(bench.request("/big", body: [UInt8](repeating: 0x61, count: 200_000))) == "413 {}")
        #expect(bench.word(bench.request("/next")) == "200 1")
    }

    @Test("a call that gave up while its name was looked up gives its place in the pool back")
    func placesOfLostCalls() {
        let bench = Bench()
        bench.peer.onOctets = { _, end, _ in end.send(Self.ok("here")) }
        let name = [UInt8](text: "slow.internal")
        bench.rig.network.names[name] = { (.seconds(4), []) }
        for _ in 0..<2 {
            var failed = 0
            for _ in 0..<Limits.poolConnectionsPerOriginMax {
                bench.client.send(bench.request(host: "slow.internal")) { _ in failed += 1 }
            }
            bench.rig.run(for: .seconds(5))
            #expect(failed == Limits.poolConnectionsPerOriginMax)
        }
        bench.rig.network.names[name] = { (.milliseconds(1), [Self.endpoint]) }
        #expect(bench.word(bench.request(host: "slow.internal")) == "200 here")
    }
}
