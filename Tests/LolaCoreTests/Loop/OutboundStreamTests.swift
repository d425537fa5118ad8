// Answers that are streams, read by our own client; and the board of open circuits.
import Testing

@testable import LolaCore

@Suite("Outbound client: streams and circuits")
struct OutboundStreamTests {
    private static let endpoint = Endpoint(address: IPAddress([10, 0, 0, 1]), port: 80)

    private final class Bench {
        let rig = LoopRig()
        let client: OutboundClient
        let peer: RawPeer
        var came: [UInt8] = []
        var words: [String] = []

        init() {
            client = OutboundClient(rig.loop, tls: nil) { IPAddress(text: $0) }
            peer = RawPeer(rig.network, at: OutboundStreamTests.endpoint)
        }

        var origin: Origin { Origin(isTLS: false, host: [UInt8](text: "10.0.0.1"), port: 80) }

        func follow(isStream: Bool = true) {
            let request = OutboundRequest(
                purpose: .delivery, method: .get, origin: origin, target: [0x2F], fields: [], body: [],
                timeout: .seconds(10), responseMax: .bytes(20), isRepeatable: false)
            client.send(request, reader: isStream ? { self.came += $0 } : nil) { outcome in
                switch outcome {
                case .success(let response): self.words.append("\(response.status) \(response.body.text)")
                case .failure(let fault): self.words.append(fault.rawValue)
                }
            }
            rig.run(for: .milliseconds(100))
        }

        func say(_ text: String) {
            peer.ends.last?.send(Array(text.utf8))
            rig.run(for: .milliseconds(100))
        }
    }

    private static let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    @Test("octets come as they are sent, of any number; the end is the end of the call")
    func stream() {
        let bench = Bench()
        bench.follow()
        bench.say(Self.head + "5\r\nhello\r\n")
        #expect(bench.came.text == "hello" && bench.words.isEmpty)
        for _ in 0..<10 { bench.say("8\r\n12345678\r\n") }
        #expect(bench.came.count == 85)
        bench.say("0\r\n\r\n")
        #expect(bench.words == ["200 "])
    }

    @Test("the time-out is that of silence")
    func silence() {
        let bench = Bench()
        bench.follow()
        bench.say(Self.head)
        for _ in 0..<6 {
            bench.rig.run(for: .seconds(8))
            bench.say("1\r\nx\r\n")
        }
        #expect(bench.came.count == 6 && bench.words.isEmpty)
        bench.rig.run(for: .seconds(11))
        #expect(bench.words == ["timeout"] && bench.rig.loop.entityCount == 0)
    }

    @Test("a refusal is no stream: its body is an answer, and bounded")
    func refusal() {
        let bench = Bench()
        bench.follow()
        bench.say("HTTP/1.1 401 No\r\nContent-Length: 4\r\n\r\nnope")
        #expect(bench.words == ["401 nope"] && bench.came.isEmpty)
        bench.follow()
        let body = String(repeating: "x", count: 25)
        bench.say("HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n19\r\n" + body + "\r\n")
        #expect(bench.words.last == "too_large" && bench.came.isEmpty)
    }

    @Test("a stream that is cut is a fault")
    func cut() {
        let bench = Bench()
        bench.follow()
        bench.say(Self.head + "5\r\nhello\r\n")
        bench.peer.ends.last?.reset()
        bench.rig.run(for: .seconds(1))
        #expect(bench.words == ["closed"] && bench.came.text == "hello")
    }

    @Test("the board knows a circuit from its opening to the answer that closes it")
    func board() {
        let bench = Bench()
        let board = CircuitBoard()
        bench.client.circuits = board
        bench.peer.admission = .refuse
        for _ in 0..<19 { bench.follow(isStream: false) }
        #expect(board.state(of: bench.origin) == nil)
        bench.follow(isStream: false)
        #expect(board.state(of: bench.origin)?.loops == 1)
        bench.rig.run(for: .seconds(2))
        bench.follow(isStream: false)
        #expect(board.state(of: bench.origin)?.loops == 1, "a probe that fails changes nothing")
        bench.peer.admission = .accept
        bench.peer.onOctets = { _, end, _ in end.send(SimHTTP.response(200)) }
        bench.rig.run(for: .seconds(2))
        bench.follow(isStream: false)
        #expect(board.state(of: bench.origin) == nil && bench.words.last == "200 ")
    }

    @Test("the board counts loops and keeps the time of the first")
    func loops() {
        let board = CircuitBoard()
        let origin = Bench().origin
        board.changed(origin, isOpen: true, at: WallTime(seconds: 5))
        board.changed(origin, isOpen: true, at: WallTime(seconds: 9))
        #expect(board.state(of: origin)?.loops == 2 && board.state(of: origin)?.since == WallTime(seconds: 5))
        board.changed(origin, isOpen: false, at: WallTime(seconds: 10))
        #expect(board.state(of: origin)?.loops == 1)
        board.changed(origin, isOpen: false, at: WallTime(seconds: 11))
        #expect(board.state(of: origin) == nil)
    }
}
