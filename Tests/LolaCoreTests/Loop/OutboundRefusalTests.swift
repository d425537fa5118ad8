import Testing

@testable import LolaCore

@Suite("Calls that get nowhere: each says why, and says it once")
struct OutboundRefusalTests {
    /// A client in a world where nobody answers.
    private final class Bench {
        let clock = StillClock()
        let net = RefusingNet()
        let loop: Loop
        let client: OutboundClient
        private(set) var words: [String] = []

        init() {
            loop = Loop(clock: clock, net: net, entropy: SeededEntropy(), counters: Counters())
            client = OutboundClient(loop, tls: nil) { IPAddress(text: $0) }
        }

        func call(_ url: StaticString) throws {
            let url = try #require(HTTPURL([UInt8](text: "\(url)")))
            client.send(OutboundRequest(
                purpose: .agent, method: .get, origin: url.origin, target: url.target, fields: [], body: [],
                timeout: .seconds(10), responseMax: .kibibytes(1), isRepeatable: true
            )) { [self] outcome in
                switch outcome {
                case .success(let response): words.append("\(response.status)")
                case .failure(let fault): words.append(fault.rawValue)
                }
            }
        }

        /// Turns the loop until what was asked for at once is done.
        func turn() {
            for _ in 0..<4 { loop.tick(until: clock.now) }
        }
    }

    @Test("a call that finds all connections taken and the queue full fails as busy, and only that one")
    func busy() throws {
        let bench = Bench()
        // No name is ever resolved here, so every place stays taken.
        let room = Limits.poolConnectionsPerOriginMax + Limits.poolWaitingMax
        for _ in 0..<room { try bench.call("http://agent.bank/") }
        bench.turn()
        #expect(bench.words.isEmpty)
        try bench.call("http://agent.bank/")
        #expect(bench.words.isEmpty, "no completion before send returns")
        bench.turn()
        #expect(bench.words == [OutboundFault.busy.rawValue])
    }

    @Test("a server that refuses every connection opens the breaker, and calls then fail without being tried")
    func breaker() throws {
        let bench = Bench()
        for _ in 0..<Limits.breakerFailuresMin {
            try bench.call("http://192.0.2.7/")
            bench.turn()
        }
        #expect(bench.words == [String](repeating: OutboundFault.connect.rawValue, count: Limits.breakerFailuresMin))
        #expect(bench.loop.counters.value(.breakerOpened) == 1)
        try bench.call("http://192.0.2.7/")
        bench.turn()
        #expect(bench.words.last == OutboundFault.breakerOpen.rawValue)
        bench.clock.now = bench.clock.now + Limits.breakerPause
        bench.turn()
        try bench.call("http://192.0.2.7/")
        bench.turn()
        #expect(bench.words.last == OutboundFault.connect.rawValue, "after the pause one call tries")
    }

    @Test("a name without an address fails as resolve")
    func noAddress() throws {
        let bench = Bench()
        bench.net.endsLookUps = true
        try bench.call("http://nobody.bank/")
        bench.turn()
        #expect(bench.words == [OutboundFault.resolve.rawValue])
    }

    @Test("https without a context fails as tls, before any octet")
    func noTLS() throws {
        let bench = Bench()
        try bench.call("https://192.0.2.7/")
        bench.turn()
        #expect(bench.words == [OutboundFault.tls.rawValue])
        #expect(bench.loop.counters.value(.outboundConnects) == 0)
    }
}
