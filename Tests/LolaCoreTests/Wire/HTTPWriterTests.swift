import Testing

@testable import LolaCore

@Suite("HTTP writers") struct HTTPWriterTests {
    @Test("what the answer writer writes is what the answer parser reads")
    func response() throws {
        var out = HTTPResponseWriter.continueLine
        HTTPResponseWriter.statusLine(404, to: &out)
        HTTPResponseWriter.date(WallTime(seconds: 1_795_168_800), to: &out)
        HTTPResponseWriter.field(name: "Content-Type", value: "text/plain", to: &out)
        try HTTPResponseWriter.field(name: "X-Id", value: [UInt8](text: "a b\t\u{E9}"), to: &out)
        HTTPResponseWriter.length(3, to: &out)
        HTTPResponseWriter.endHead(to: &out)
        out += [UInt8](text: "abc")
        let expected = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nDate: Fri, 20 Nov 2026 10:00:00 GMT\r\n"
            + "Content-Type: text/plain\r\nX-Id: a b\t\u{E9}\r\nContent-Length: 3\r\n\r\nabc"
        #expect(out.text == expected)
        #expect(HTTPTranscript.responses(out).text == "100 404 (abc) .")
    }

    @Test("what the request writer writes is what the request parser reads")
    func request() throws {
        var out: [UInt8] = []
        let target = [UInt8](text: "/v23.0/messages?a=b%20c")
        try HTTPRequestWriter.start(.post, target: target[...], host: [UInt8](text: "[::1]:8443")[...], to: &out)
        HTTPRequestWriter.field(name: "Transfer-Encoding", value: "chunked", to: &out)
        HTTPRequestWriter.endHead(to: &out)
        HTTPRequestWriter.chunk([UInt8](text: "hello"), to: &out)
        HTTPRequestWriter.chunk([], to: &out)
        HTTPRequestWriter.chunk([UInt8](repeating: 0x78, count: 0x1A0), to: &out)
        HTTPRequestWriter.lastChunk(to: &out)
        #expect(out.text.contains("\r\n5\r\nhello\r\n1a0\r\nxxx"))
        let payload = "hello" + String(repeating: "x", count: 0x1A0)
        #expect(HTTPTranscript.requests(out).text == "POST /v23.0/messages?a=b%20c (\(payload)) .")
    }

    @Test("a chunk size is written in as many digits as it needs", arguments: [
        (1, "1\r\n"), (15, "f\r\n"), (16, "10\r\n"), (255, "ff\r\n"), (256, "100\r\n"), (4_096, "1000\r\n"),
    ])
    func chunkSize(_ count: Int, _ line: String) {
        var out: [UInt8] = []
        HTTPResponseWriter.chunk([UInt8](repeating: 0x61, count: count), to: &out)
        #expect(out.prefix(line.utf8.count).elementsEqual(line.utf8))
        #expect(out.count == line.utf8.count + count + 2)
    }

    @Test("a value that could end its line is refused and leaves the buffer as it was", arguments: [
        "a\r\nSet-Cookie: x", "a\n", "a\r", "\u{0}", "a\u{7F}", "\u{1}",
    ])
    func splitting(_ value: String) {
        var out: [UInt8] = [1]
        #expect(throws: HTTPFault.badFieldValue) {
            try HTTPResponseWriter.field(name: "X", value: octets(value), to: &out)
        }
        #expect(out == [1])
    }

    @Test("a target or host from outside cannot break the request line", arguments: [
        ("", "a", HTTPFault.badTarget), ("a", "a", .badTarget), ("/ b", "a", .badTarget), ("/\r\n", "a", .badTarget),
        ("/#", "a", .badTarget), ("/\u{E9}", "a", .badTarget), ("/", "", .badHost), ("/", "a\r\nX: y", .badHost),
        ("/", "a b", .badHost), ("/", "u@a", .badHost), ("/", "a/b", .badHost),
    ])
    func requestLine(_ target: String, _ host: String, _ fault: HTTPFault) {
        var out: [UInt8] = []
        #expect(throws: fault) {
            try HTTPRequestWriter.start(.get, target: octets(target)[...], host: octets(host)[...], to: &out)
        }
        #expect(throws: HTTPFault.badMethod) {
            try HTTPRequestWriter.start(.other, target: octets("/")[...], host: octets("a")[...], to: &out)
        }
        #expect(out.isEmpty)
    }

    @Test("an authority is a name or an address with a port", arguments: [
        ("a", true), ("A.b-c_d~e", true), ("127.0.0.1", true), ("127.0.0.1:80", true), ("a:", true), ("a:0", true),
        ("a:65535", true), ("a%41", true), ("xn--a", true), ("[::]", true), ("[::1]:443", true),
        ("[1:2:3:4:5:6:7:8]", true), ("[1::8]", true), ("[1:2:3:4:5:6:7::]", true), ("[::2:3:4:5:6:7:8]", true),
        ("[::ffff:1.2.3.4]", true), ("[1:2:3:4:5:6:1.2.3.4]", true), ("[FE80::1]", true),
        ("", false), (":", false), (":80", false), ("a:b", false), ("a:65536", false), ("a:000080", false),
        ("a,b", false), ("a b", false), ("a%4", false), ("a%", false), ("a@b", false), ("a?b", false), ("a#", false),
        ("[]", false), ("[:]", false), ("[:::]", false), ("[1:2:3:4:5:6:7]", false), ("[1:2:3:4:5:6:7:8:9]", false),
        ("[1::2::3]", false), ("[::1", false), ("::1", false), ("[12345::]", false), ("[g::]", false),
        ("[::1]80", false),
        ("[:1:2:3:4:5:6:7]", false), ("[1:2:3:4:5:6:7:]", false), ("[1:2:3:4:5:6:7:8::]", false), ("[1.2.3.4]", false),
        ("[::1.2.3]", false), ("[::1.2.3.4.5]", false), ("[::1.2.3.256]", false), ("[::1.2.3.04]", false),
        ("[::1.2.3.4:5]", false), ("[::1%25eth0]", false), ("[v1.a]", false), ("[1:2:3:4:5:6:7:1.2.3.4]", false),
    ])
    func authority(_ text: String, _ isValid: Bool) {
        #expect(HTTPHost.isValid(octets(text)[...]) == isValid)
    }

    @Test("a name of more than 255 octets is no host")
    func longHost() {
        #expect(HTTPHost.isValid([UInt8](repeating: 0x61, count: 255)[...]))
        #expect(!HTTPHost.isValid([UInt8](repeating: 0x61, count: 256)[...]))
    }

    @Test("every status that a fault or the contract answers has its reason")
    func reasons() {
        for status in [200, 201, 202, 204, 303, 304, 401, 403, 404, 405, 409, 410, 411, 415, 421, 422, 429, 500, 503] {
            #expect(!HTTPStatus.reason(status).description.isEmpty)
        }
        #expect(HTTPStatus.reason(299).description.isEmpty)
    }
}
