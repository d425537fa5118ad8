// Answers that come in one round of the loop: who is told when, and what can happen in between.
import Testing

@testable import LolaCore

@Suite("Outbound client: answers of a round")
struct OutboundRoundTests {
    private final class Bench {
        let rig: LoopRig
        let client: OutboundClient
        let peers: [RawPeer]
        var words: [String] = []

        init(weather: SimWeather = .calm) {
            rig = LoopRig(weather: weather)
            client = OutboundClient(rig.loop, tls: nil) { IPAddress(text: $0) }
            peers = [1, 2].map { [rig] number in
                RawPeer(rig.network, at: Endpoint(address: IPAddress([10, 0, 0, number]), port: 80))
            }
        }

        func ask(_ origin: Int, leash: CallLeash? = nil, then: @escaping () -> Void = {}) {
            let host = [UInt8](text: "10.0.0.\(origin)")
            let request = OutboundRequest(
                purpose: .identity, method: .get, origin: Origin(isTLS: false, host: host, port: 80), target: [0x2F],
                fields: [], body: [], timeout: .seconds(3), responseMax: .kibibytes(1), isRepeatable: true)
            client.send(request, leash: leash) { outcome in
                switch outcome {
                case .success: self.words.append("\(origin)")
                case .failure(let fault): self.words.append("\(origin) \(fault.rawValue)")
                }
                then()
            }
        }

        /// All that was asked for is answered, and the loop looks again only when all answers have come.
        func answer(_ count: Int) {
            let ends = { self.peers.flatMap(\.ends) }
            #expect(rig.run(for: .seconds(1)) { self.peers.reduce(0) { $0 + $1.requests } == count })
            for end in ends() { end.send(SimHTTP.response(200, body: "here")) }
            rig.clock.advance(to: rig.clock.now + .milliseconds(20))
            while rig.network.runDue() {}
            rig.run(for: .seconds(5))
        }
    }

    @Test("whom one origin has answered is told together, in the order of the answers")
    func together() {
        let bench = Bench()
        for origin in [1, 2, 1, 2, 2, 1] { bench.ask(origin) }
        bench.answer(6)
        #expect(bench.words == ["1", "1", "1", "2", "2", "2"] || bench.words == ["2", "2", "2", "1", "1", "1"])
    }

    @Test("a call that is taken back after its answer came and before it was told of it ends once, as taken back")
    func takenBack() {
        let bench = Bench()
        let leash = CallLeash()
        bench.ask(1, then: leash.giveUp)
        bench.ask(1, leash: leash)
        bench.answer(2)
        #expect(bench.words == ["1", "1 closed"])
    }

    @Test("what is asked for by whom an answer reaches goes out in the same round")
    func further() {
        let bench = Bench()
        bench.peers[1].onOctets = { _, end, _ in end.send(SimHTTP.response(200, body: "there")) }
        bench.ask(1) { bench.ask(2) }
        bench.ask(1) { bench.ask(2) }
        bench.answer(2)
        #expect(bench.words == ["1", "1", "2", "2"])
    }

    @Test("requests that the kernel takes piece by piece arrive whole, each with its own", arguments: [0, 300, 900])
    func pieces(shortTransfers: Int) throws {
        let bench = Bench(weather: SimWeather(latencyMax: 2, shortTransfers: shortTransfers, bufferMin: 300))
        var expected: [UInt8] = []
        let peer = bench.peers[0]
        peer.onOctets = { [rig = bench.rig] _, end, received in
            if received.count == expected.count { rig.loop.soon { end.send(SimHTTP.response(200, body: "here")) } }
        }
        for (number, count) in [0, 5_000, 1, 70_000, 300].enumerated() {
            let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &+ number) }
            let lines = [
                "POST /\(number) HTTP/1.1", "Host: 10.0.0.1", "User-Agent: lola", "Content-Length: \(count)", "", "",
            ]
            expected += [UInt8](text: lines.joined(separator: "\r\n")) + body
            let origin = Origin(isTLS: false, host: [UInt8](text: "10.0.0.1"), port: 80)
            let request = OutboundRequest(
                purpose: .identity, method: .post, origin: origin, target: [UInt8](text: "/\(number)"), fields: [],
                body: body, timeout: .seconds(30), responseMax: .kibibytes(1), isRepeatable: false)
            var statuses: [Int] = []
            bench.client.send(request) { statuses.append((try? $0.get())?.status ?? 0) }
            bench.rig.run(for: .seconds(30)) { !statuses.isEmpty }
            #expect(statuses == [200])
        }
        #expect(peer.received == [expected])
    }
}
