// Https calls made before the client knows whom to believe.
import Testing

@testable import LolaCore

@Suite("Outbound client: https calls wait for the authorities")
struct OutboundTLSTests {
    private static let address = IPAddress([10, 0, 0, 1])

    private final class Bench {
        let rig = LoopRig()
        let client: OutboundClient
        let secure: RawPeer
        let plain: RawPeer
        var words: [String] = []
        /// How often a call said that it waits.
        var wanted: Int { wants.count }
        private let wants: Wants

        private final class Wants {
            var count = 0
        }

        init() {
            let wants = Wants()
            self.wants = wants
            client = OutboundClient(rig.loop, tls: nil, awaitsTLS: { wants.count += 1 }) { IPAddress(text: $0) }
            secure = RawPeer(rig.network, at: Endpoint(address: OutboundTLSTests.address, port: 443))
            plain = RawPeer(rig.network, at: Endpoint(address: OutboundTLSTests.address, port: 80))
            plain.onOctets = { _, end, _ in end.send(SimHTTP.response(200, body: "plain")) }
            // What speaks first is a TLS handshake; more than that it does not matter here.
            secure.onOctets = { _, end, bytes in if bytes.first == 0x16 { end.reset() } }
        }

        func call(isTLS: Bool = true, timeout: Interval = .seconds(3)) {
            let origin = Origin(isTLS: isTLS, host: [UInt8](text: "10.0.0.1"), port: isTLS ? 443 : 80)
            client.send(OutboundRequest(
                purpose: .delivery, method: .get, origin: origin, target: [0x2F], fields: [], body: [],
                timeout: timeout, responseMax: .kibibytes(1), isRepeatable: true
            )) { outcome in
                switch outcome {
                case .success(let response): self.words.append("\(response.status)")
                case .failure(let fault): self.words.append(fault.rawValue)
                }
            }
        }
    }

    @Test("a call waits until the context is there, then dials; plain calls do not wait")
    func waits() throws {
        let bench = Bench()
        bench.call(isTLS: false)
        #expect(bench.wanted == 0, "a plain call wants no authorities")
        bench.call()
        bench.call()
        bench.rig.run(for: .milliseconds(1))
        #expect(bench.wanted == 2)
        bench.rig.run(for: .milliseconds(500))
        #expect(bench.words == ["200"] && bench.secure.ends.isEmpty && !bench.client.isTLSKnown)
        bench.client.useTLS(try TLSTestFiles.client())
        #expect(bench.client.isTLSKnown)
        bench.rig.run(for: .seconds(1)) { bench.words.count == 3 }
        #expect(bench.words == ["200", "closed", "closed"])
        #expect(bench.secure.received.map(\.first) == [0x16, 0x16])
        bench.call()
        bench.rig.run(for: .seconds(1)) { bench.words.count == 4 }
        #expect(bench.secure.ends.count == 3 && bench.wanted == 2, "later calls dial at once")
    }

    @Test("when there will be no context, those who waited and those who come later fail with `tls`, unsent")
    func unavailable() {
        let bench = Bench()
        // More than there are places: those in line wait for a place, the others for the context.
        let count = Limits.poolConnectionsPerOriginMax + 5
        for _ in 0..<count { bench.call() }
        bench.rig.run(for: .milliseconds(100))
        #expect(bench.words.isEmpty)
        bench.client.useTLS(nil)
        bench.rig.run(for: .seconds(1)) { bench.words.count == count }
        #expect(bench.words == [String](repeating: OutboundFault.tls.rawValue, count: count))
        // The breaker of the origin has opened by now; it lets one try after a second.
        bench.rig.run(for: .seconds(2))
        bench.call()
        bench.rig.run(for: .seconds(1)) { bench.words.count > count }
        #expect(bench.words.last == "tls" && bench.secure.ends.isEmpty)
    }

    @Test("a call waits no longer than its own deadline, and its place comes back")
    func deadline() throws {
        let bench = Bench()
        for _ in 0..<Limits.poolConnectionsPerOriginMax { bench.call(timeout: .milliseconds(100)) }
        bench.rig.run(for: .milliseconds(150))
        #expect(bench.words == [String](repeating: "timeout", count: Limits.poolConnectionsPerOriginMax))
        bench.rig.run(for: .seconds(2))
        bench.client.useTLS(try TLSTestFiles.client())
        bench.rig.run(for: .milliseconds(100))
        #expect(bench.secure.ends.isEmpty, "nobody is called for those who have left")
        bench.call()
        bench.rig.run(for: .seconds(1)) { bench.words.last == "closed" }
        #expect(bench.secure.ends.count == 1 && bench.words.last == "closed")
    }
}
