// Answers that stand before the body is read: those that wait for something, and those that end the connection.
import Testing

@testable import LolaCore

@Suite("Server connection: answers decided on the head")
struct DecidedAnswerTests {
    /// `/wait…` waits until the test says so, `/close…` ends the connection, everything else is 200.
    private final class Application: HTTPApplication {
        var server: HTTPServer?
        private(set) var seen: [String] = []
        var waiting: [() -> Void] = []

        func admit(_ head: HTTPRequestHead, role: ListenerRole, peer: IPAddress, requestID: [UInt8]) -> Admission {
            let target = String(decoding: head.bytes[head.target.asRange], as: UTF8.self)
            if target.hasPrefix("/wait") {
                return .answerLater(.problem(401, code: "wait", requestID: requestID)) { self.waiting.append($0) }
            }
            if target.hasPrefix("/close") {
                var response = HTTPResponse.problem(403, code: "no", requestID: requestID)
                response.closes = true
                return .answer(response)
            }
            return .proceed(bodyMax: .kibibytes(1)) { [self] _, exchange in
                seen.append(target)
                server?.respond(exchange, .text(200, []))
            }
        }

        func fieldsOfFault(_ head: HTTPRequestHead, role: ListenerRole) -> [ResponseField] {
            let target = String(decoding: head.bytes[head.target.asRange], as: UTF8.self)
            return target == "/told" ? [ResponseField(name: "Vary", value: [UInt8](text: "Origin"))] : []
        }
    }

    private final class Bench {
        let rig: LoopRig
        let application = Application()

        init(weather: SimWeather = .calm) throws {
            rig = LoopRig(weather: weather)
            let server = HTTPServer(
                rig.loop, headers: SecurityHeaders(isHTTPS: true), tls: nil, connectionsMax: 100)
            application.server = server
            server.serve(application)
            _ = try server.listen(Endpoint(address: IPAddress([127, 0, 0, 1]), port: 80), role: .public)
        }

        func client() -> SimClient { SimClient(rig.network, port: 80) }

        /// Statuses of what comes until the connection ends.
        func talk(_ text: String) -> [Int] {
            let client = client()
            var statuses: [Int] = []
            for _ in 0..<3 { client.expect { if let answer = $0 { statuses.append(answer.status) } } }
            client.sendRaw(Array(text.utf8))
            rig.run(for: .seconds(120)) { client.isOver }
            return statuses
        }

        /// Nothing is left once every patience is over.
        var isClean: Bool {
            rig.run(for: .seconds(200))
            return rig.loop.entityCount == 1 && rig.network.openDescriptors == 1 && rig.network.misuse.isEmpty
        }
    }

    private static let rough = SimWeather(
        latencyMax: 5, segments: 900, shortTransfers: 900, spurious: 200, bufferMin: 300)

    private static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n" }

    @Test("an answer that waits comes when it is let go, after the body and before the next request; never twice")
    func held() throws {
        for weather in [SimWeather.calm, Self.rough] {
            for expects in [false, true] {
                let bench = try Bench(weather: weather)
                let client = bench.client()
                var statuses: [Int] = []
                for _ in 0..<2 { client.expect { if let answer = $0 { statuses.append(answer.status) } } }
                let fields = "Content-Length: 3\r\n" + (expects ? "Expect: 100-continue\r\n" : "")
                client.sendRaw(Array((
                    "POST /wait HTTP/1.1\r\nHost: a\r\n\(fields)\r\n" + (expects ? "" : "abc" + Self.get("/1"))).utf8))
                bench.rig.run(for: .seconds(4))
                #expect(statuses.isEmpty && bench.application.waiting.count == 1 && bench.application.seen.isEmpty)
                for go in bench.application.waiting { go() }
                for go in bench.application.waiting { go() }
                bench.rig.run(for: .seconds(5)) { statuses.count == 2 }
                // Whoever asks before he sends is told no and let go.
                #expect(statuses == (expects ? [401] : [401, 200]))
                client.shutWrite()
                #expect(bench.isClean)
            }
        }
        // The peer is gone when it comes.
        let bench = try Bench()
        let client = bench.client()
        client.sendRaw(Array(Self.get("/wait").utf8))
        bench.rig.run(for: .seconds(1))
        client.abort()
        bench.rig.run(for: .seconds(1))
        for go in bench.application.waiting { go() }
        #expect(bench.application.waiting.count == 1 && bench.isClean)
    }

    @Test("a body that cannot be read is answered with what belongs to its head; the head after it has nothing of it")
    func faults() throws {
        func answers(_ text: String) throws -> [SimMessage] {
            let bench = try Bench()
            let client = bench.client()
            var found: [SimMessage] = []
            for _ in 0..<3 { client.expect { if let answer = $0 { found.append(answer) } } }
            client.sendRaw(Array(text.utf8))
            bench.rig.run(for: .seconds(120)) { client.isOver }
            #expect(bench.isClean)
            return found
        }
        let told = "POST /told HTTP/1.1\r\nHost: a\r\n"
        for fields in ["Content-Length: 2000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n7d0\r\n"] {
            let large = try answers(told + fields)
            #expect(large.map(\.status) == [413] && large.first?.field("vary") == "Origin", "\(fields)")
            let other = try answers("POST /other HTTP/1.1\r\nHost: a\r\n" + fields)
            #expect(other.map(\.status) == [413] && other.first?.field("vary") == nil, "\(fields)")
        }
        let late = try answers(told + "Content-Length: 9\r\n\r\nabc")
        #expect(late.map(\.status) == [408] && late.first?.field("vary") == "Origin")
        let next = try answers(told + "Content-Length: 3\r\n\r\nabc" + "GET /told HTTP/1.1\r\n\r\n")
        #expect(next.map(\.status) == [200, 400] && next.last?.field("vary") == nil)
    }

    @Test("an answer that closes does not wait for the body, and nothing behind it is read")
    func closing() throws {
        let bench = try Bench()
        let head = "POST /close HTTP/1.1\r\nHost: a\r\n"
        let said = bench.talk(head + "Content-Length: 60000\r\n\r\nabc" + Self.get("/1"))
        #expect(said == [403] && bench.application.seen.isEmpty && bench.isClean)
        let chunked = bench.talk(head + "Transfer-Encoding: chunked\r\n\r\nno chunk")
        #expect(chunked == [403] && bench.isClean)
    }
}
