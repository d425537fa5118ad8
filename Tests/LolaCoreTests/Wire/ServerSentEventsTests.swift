// The writer and the reader of server-sent events against the rules of the HTML standard (§9.2.5, §9.2.6).
import Testing

@testable import LolaCore

@Suite("Server-sent events")
struct ServerSentEventsTests {
    private static func written(_ make: (inout [UInt8]) -> Void) -> String {
        var out: [UInt8] = []
        make(&out)
        return out.text
    }

    private static func read(_ text: String, pieces: Int = .max) throws -> [ServerSentEvent] {
        var parser = ServerSentEventParser()
        var rest = Array(text.utf8)[...]
        var events: [ServerSentEvent] = []
        while !rest.isEmpty {
            events += try parser.feed(rest.prefix(pieces))
            rest = rest.dropFirst(pieces)
        }
        return events
    }

    private static func event(_ data: String, name: String = "message", id: String = "") -> ServerSentEvent {
        ServerSentEvent(name: Array(name.utf8), data: Array(data.utf8), id: Array(id.utf8))
    }

    @Test("an event has its name, its id, its data and an empty line")
    func whole() {
        let text = Self.written { ServerSentEvents.event("alert", id: "7".utf8, data: "{}".utf8, to: &$0) }
        #expect(text == "event: alert\nid: 7\ndata: {}\n\n")
        #expect(Self.written { ServerSentEvents.event(data: "".utf8, to: &$0) } == "data: \n\n")
    }

    @Test("every end of a line in data begins another field, so that nothing in it can be one", arguments: [
        ("a\nb", "data: a\ndata: b\n\n"), ("a\r\nb", "data: a\ndata: b\n\n"), ("a\rb", "data: a\ndata: b\n\n"),
        ("a\n\nb", "data: a\ndata: \ndata: b\n\n"), ("\r\revent: x", "data: \ndata: \ndata: event: x\n\n"),
        ("\n\r", "data: \ndata: \ndata: \n\n"), ("a\r\n", "data: a\ndata: \n\n"),
    ])
    func lines(_ row: (data: String, written: String)) throws {
        let text = Self.written { ServerSentEvents.event(data: row.data.utf8, to: &$0) }
        #expect(text == row.written)
        let plain = row.data.utf8.split(separator: 0).map { Array($0) }.first ?? []
        var lines = String(decoding: plain, as: UTF8.self).replacing("\r\n", with: "\n")
        lines = lines.replacing("\r", with: "\n")
        #expect(try Self.read(text) == [Self.event(lines)])
    }

    @Test("an id that could end its line is left out", arguments: ["a\nb", "a\rb", "a\0b"])
    func ids(_ id: String) {
        #expect(Self.written { ServerSentEvents.event(id: id.utf8, data: "x".utf8, to: &$0) } == "data: x\n\n")
    }

    @Test("a comment is passed over")
    func comments() throws {
        let text = Self.written { ServerSentEvents.comment("still\nhere".utf8, to: &$0) }
        #expect(text == ": still\n: here\n\n")
        #expect(try Self.read(text).isEmpty)
    }

    @Test("the reader takes what the standard's examples say, however they are cut", arguments: [1, 2, 3, 7, .max])
    func reading(_ pieces: Int) throws {
        let rows: [(String, [ServerSentEvent])] = [
            ("data: YHOO\ndata: +2\ndata: 10\n\n", [Self.event("YHOO\n+2\n10")]),
            (": test\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n", [
                Self.event("first event", id: "1"), Self.event("second event"), Self.event(" third event"),
            ]),
            ("data\n\ndata\ndata\n\ndata:", [Self.event(""), Self.event("\n")]),
            ("data:test\n\ndata: test\n\n", [Self.event("test"), Self.event("test")]),
            ("\u{FEFF}event: add\r\ndata: 1\r\n\r\nevent: add\rdata: 2\r\r", [
                Self.event("1", name: "add"), Self.event("2", name: "add"),
            ]),
            ("event: lost\n\ndata: kept\n\n", [Self.event("kept")]),
            ("retry: 5\nfoo: bar\nid: a\0b\ndata: x\n\n", [Self.event("x")]),
        ]
        for (text, events) in rows { #expect(try Self.read(text, pieces: pieces) == events, "\(text)") }
    }

    @Test("an event without an end is not collected for ever")
    func overflow() throws {
        var parser = ServerSentEventParser()
        let line = Array(("data: " + String(repeating: "x", count: 1_018) + "\n").utf8)
        for _ in 0..<1_020 { #expect(try parser.feed(line).isEmpty) }
        #expect(throws: ServerSentEventParser.Overflow.self) { for _ in 0..<20 { _ = try parser.feed(line) } }
    }
}
