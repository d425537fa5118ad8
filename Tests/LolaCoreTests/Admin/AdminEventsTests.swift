// The stream of events for operators: what a reader is told, when, and how much of it.
import Testing

@testable import LolaCore

@Suite("Events for operators")
struct AdminEventsTests {
    private final class Application: HTTPApplication {
        var events: AdminEvents?

        func admit(_ head: HTTPRequestHead, role: ListenerRole, peer: IPAddress, requestID: [UInt8]) -> Admission {
            .proceed(bodyMax: .kibibytes(1)) { [self] request, exchange in events?.begin(request, exchange) }
        }
    }

    private final class Bench {
        let rig: LoopRig
        let log = MessageLog()
        let events: AdminEvents
        let server: HTTPServer
        private let application = Application()

        init(weather: SimWeather = .calm) throws {
            rig = LoopRig(weather: weather)
            server = HTTPServer(rig.loop, headers: SecurityHeaders(isHTTPS: false), tls: nil, connectionsMax: 100)
            events = AdminEvents(server: server, log: log) { [AdminFigure(name: "waiting", value: 7)] }
            application.events = events
            server.serve(application)
            _ = try server.listen(Endpoint(address: IPAddress([127, 0, 0, 1]), port: 80), role: .management)
        }

        func reader(_ query: String = "", _ fields: String = "") -> StreamClient {
            let client = StreamClient(rig.network)
            client.get("/admin/api/events" + query, fields)
            rig.run(for: .milliseconds(50))
            return client
        }

        static func id(_ number: Int) -> RecordID { RecordID(high: 0, low: UInt64(number)) }

        func add(_ numbers: Range<Int>) {
            for number in numbers {
                log.insert(MessageRecord(
                    id: Self.id(number), key: MessageKey(.whatsapp, nativeID: [UInt8](text: "m\(number)")),
                    channel: .whatsapp, conversationID: RecordID(high: 1, low: 0), senderID: RecordID(high: 2, low: 0),
                    type: .text, receivedAt: WallTime(milliseconds: Int64(number))))
            }
        }
    }

    private static func events(_ client: StreamClient, _ name: String) throws -> [ServerSentEvent] {
        var parser = ServerSentEventParser()
        return try parser.feed(client.chunks.data.joined().utf8).filter { $0.name.text == name }
    }

    private static func keys(_ client: StreamClient) throws -> [String] {
        try events(client, "message").map { try JSONDocument.parse($0.data).root["key"]?.text ?? "" }
    }

    private static func names(_ numbers: Range<Int>) -> [String] { numbers.map { "whatsapp:m\($0)" } }

    @Test("a reader is told what changes from now on, and where it stands")
    func changes() throws {
        let bench = try Bench()
        bench.add(0..<3)
        let client = bench.reader()
        #expect(client.head.contains("text/event-stream") && client.head.contains("Cache-Control: no-store"))
        #expect(try Self.keys(client).isEmpty)
        bench.add(3..<5)
        bench.log.update(Bench.id(0)) { $0.status = .done }
        bench.rig.run(for: .milliseconds(400))
        let told = try Self.events(client, "message")
        #expect(try Self.keys(client) == Self.names(3..<5) + Self.names(0..<1))
        #expect(told.map(\.id.text) == ["4", "5", "6"])
        #expect(try JSONDocument.parse(told[2].data).root["status"]?.text == "done")
        #expect(try JSONDocument.parse(told[2].data).root["trace"]?.kind == .array)
    }

    @Test("figures come at once and every two seconds, a heartbeat every fifteen")
    func figures() throws {
        let bench = try Bench()
        let client = bench.reader()
        #expect(try Self.events(client, "counts").map(\.data.text) == [#"{"waiting":7}"#])
        bench.rig.run(for: .seconds(31))
        let text = client.chunks.data.joined()
        #expect(try (14...16).contains(Self.events(client, "counts").count))
        #expect(text.components(of: ": still here\n") == 2 && !client.isOver)
    }

    @Test("who names a version is told everything after it, in order, over many pages",
        arguments: [0, 1, 120, 249, 250])
    func since(_ version: Int) throws {
        for weather in [SimWeather.calm, SimWeather(segments: 900, shortTransfers: 900, bufferMin: 2_000)] {
            let bench = try Bench(weather: weather)
            bench.add(0..<250)
            let client = bench.reader("?since=\(version)")
            bench.rig.run(for: .seconds(10))
            #expect(try Self.keys(client) == Self.names(version..<250))
        }
    }

    @Test("a reader that comes back names the last event by the field of the standard")
    func lastEventID() throws {
        let bench = try Bench()
        bench.add(0..<10)
        let client = bench.reader("", "Last-Event-ID: 8\r\n")
        bench.rig.run(for: .seconds(1))
        #expect(try Self.keys(client) == Self.names(8..<10))
    }

    @Test("a version of another process is no version: everything is told")
    func foreignVersion() throws {
        let bench = try Bench()
        bench.add(0..<2)
        let client = bench.reader("?since=900")
        bench.rig.run(for: .seconds(1))
        #expect(try Self.keys(client) == Self.names(0..<2))
    }

    @Test("what is no version is refused",
        arguments: ["?since=x", "?since=-1", "?since=", "?since=99999999999999999999"])
    func invalid(_ query: String) throws {
        let client = try Bench().reader(query)
        #expect(client.head.hasPrefix("HTTP/1.1 400") && client.raw.contains("invalid_field"))
    }

    @Test("sixteen may read at a time; who leaves makes room")
    func readers() throws {
        let bench = try Bench()
        let all = (0..<Limits.adminStreamsMax).map { _ in bench.reader() }
        #expect(all.allSatisfy { $0.head.hasPrefix("HTTP/1.1 200") })
        #expect(bench.reader().head.hasPrefix("HTTP/1.1 503"))
        all[3].end?.close()
        bench.rig.run(for: .seconds(2))
        #expect(bench.reader().head.hasPrefix("HTTP/1.1 200"))
    }

    @Test("an alert is told to everybody at once")
    func alerts() throws {
        let bench = try Bench()
        let all = [bench.reader(), bench.reader()]
        bench.events.alert([UInt8](text: #"{"kind":"lockout"}"#))
        bench.rig.run(for: .milliseconds(20))
        for client in all { #expect(try Self.events(client, "alert").map(\.data.text) == [#"{"kind":"lockout"}"#]) }
    }

    @Test("a reader that takes nothing is told no more messages than a bounded number, and is closed")
    func slowReader() throws {
        let bench = try Bench()
        let slow = bench.reader()
        let quick = bench.reader()
        slow.end?.isPaused = true
        bench.add(0..<5_000)
        bench.rig.run(for: .seconds(12))
        #expect(try Self.keys(quick).count == 5_000)
        slow.end?.isPaused = false
        bench.rig.run(for: .milliseconds(5))
        let held = slow.received.count
        #expect(held < Limits.adminEventsWaitingMax.bytes + 300_000)
        bench.rig.run(for: .seconds(10))
        #expect(try Self.keys(slow) == Self.names(0..<5_000))
        slow.end?.isPaused = true
        bench.add(5_000..<10_000)
        bench.rig.run(for: .seconds(20))
        #expect(bench.rig.counters.value(.streamsOpened) - bench.rig.counters.value(.streamsClosed) == 1)
    }

    @Test("when nobody reads, nothing is looked for")
    func rest() throws {
        let bench = try Bench()
        let client = bench.reader()
        client.end?.close()
        bench.rig.run(for: .seconds(3))
        #expect(bench.rig.loop.actionCount == 0)
    }
}
