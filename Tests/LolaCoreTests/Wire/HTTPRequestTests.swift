import Testing

@testable import LolaCore

@Suite("HTTP requests") struct HTTPRequestTests {
    @Test(
        "a request is judged as written, whole, octet by octet and in 20 random splits",
        arguments: HTTPRequestCases.all)
    func judged(_ given: HTTPCase) {
        let input = given.octetsOfInput
        let whole = HTTPTranscript.requests(input)
        #expect(whole.text == given.verdict)
        #expect(whole.violations.isEmpty)
        for cuts in waysToCut(input.count, random: 20, seed: 11) {
            let cut = HTTPTranscript.requests(input, cuts: cuts)
            if cut != whole { Issue.record("cut at \(cuts.prefix(8)): \(cut.text.prefix(200)), \(cut.violations)") }
        }
    }

    @Test("there are at least 150 cases and no case twice")
    func enough() {
        #expect(HTTPRequestCases.all.count >= 150)
        #expect(Set(HTTPRequestCases.all.map(\.input)).count == HTTPRequestCases.all.count)
    }

    @Test("a head gives its parts without copying them")
    func head() throws {
        let head = try request("POST /a/b?c=d HTTP/1.1|Host: x:80|X-A: 1|x-a:  2 |Content-Length: 3||")
        #expect(head.method == .post && head.bytes[head.methodText.asRange].text == "POST")
        #expect(head.bytes[head.target.asRange].text == "/a/b?c=d")
        #expect(head.bytes[head.path.asRange].text == "/a/b")
        #expect(head.query.map { head.bytes[$0.asRange].text } == "c=d")
        #expect(head.bytes[head.host.asRange].text == "x:80")
        #expect(head.fields.count == 4 && head.framing == .length(3) && head.keepsAlive && head.minorVersion == 1)
        #expect(head.field("X-a")?.text == "1" && head.count("X-A") == 2)
        #expect(head.field("X-B") == nil && head.count("X-B") == 0)
        #expect(head.only("HOST")?.text == "x:80" && head.only("X-A") == nil && head.only("X-B") == nil)
        #expect(head.bytes.suffix(4) == [13, 10, 13, 10])
    }

    @Test("a target is cut by its form", arguments: [
        ("GET http://a/b?c HTTP/1.1|Host: a||", "/b", "c"), ("GET http://a?c HTTP/1.1|Host: a||", "", "c"),
        ("GET http://a HTTP/1.1|Host: a||", "", nil), ("OPTIONS * HTTP/1.1|Host: a||", "*", nil),
        ("CONNECT a:1 HTTP/1.1|Host: a:1||", "", nil), ("GET /? HTTP/1.1|Host: a||", "/", ""),
        ("GET /a?b?c HTTP/1.1|Host: a||", "/a", "b?c"),
    ] as [(String, String, String?)])
    func target(_ input: String, _ path: String, _ query: String?) throws {
        let head = try request(input)
        #expect(head.bytes[head.path.asRange].text == path)
        #expect(head.query.map { head.bytes[$0.asRange].text } == query)
    }

    @Test("persistence and expectation follow version and content", arguments: [
        ("HTTP/1.1|Host: a|", true, false), ("HTTP/1.0|", false, false),
        ("HTTP/1.0|Connection: Keep-Alive|", true, false),
        ("HTTP/1.1|Host: a|Connection: a, close ,b|", false, false),
        ("HTTP/1.1|Host: a|Connection: closed|", true, false),
        ("HTTP/1.1|Host: a|Expect: 100-continue|Content-Length: 1|", true, true),
        ("HTTP/1.1|Host: a|Expect: 100-continue|Content-Length: 0|", true, false),
        ("HTTP/1.1|Host: a|Expect: 100-continue|Transfer-Encoding: chunked|", true, true),
        ("HTTP/1.0|Expect: 100-continue|Content-Length: 1|", false, false),
        ("HTTP/1.9|Host: a|Connection:|Connection: close|", false, false),
    ])
    func persistence(_ input: String, _ keepsAlive: Bool, _ expectsContinue: Bool) throws {
        let head = try request("PUT / \(input)|")
        #expect(head.keepsAlive == keepsAlive)
        #expect(head.expectsContinue == expectsContinue)
    }

    @Test("every method word names its method, and only in capitals")
    func methods() {
        for method in HTTPMethod.allCases where method != .other {
            #expect(HTTPMethod([UInt8](text: method.word.description)[...]) == method)
            #expect(HTTPMethod([UInt8](text: method.word.description.lowercased())[...]) == .other)
        }
        #expect(HTTPMethod([]) == .other && HTTPMethod([UInt8](text: "GETGETGET")[...]) == .other)
    }

    @Test("the limit set after the head rules the content, and is the default again for the next request")
    func bodyLimit() throws {
        var parser = HTTPRequestParser()
        let first = octets("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
        let (_, consumed) = parser.next(first.span)
        parser.bodyLimit = 4
        guard case .fault(.bodyTooLarge) = parser.next(first.span.extracting(consumed...)).step else {
            Issue.record("5 octets passed a limit of 4")
            return
        }
        parser = HTTPRequestParser()
        _ = parser.next(first.span)
        parser.bodyLimit = 5
        guard case .body(let range) = parser.next(first.span.extracting(consumed...)).step else {
            Issue.record("5 octets did not pass a limit of 5")
            return
        }
        #expect(range == ByteRange(start: 0, end: 5))
        guard case .end = parser.next(first.span.extracting(0..<0)).step else { Issue.record("no end"); return }
        _ = parser.next(first.span)
        #expect(parser.bodyLimit == Limits.bodyAPIMax.bytes)
    }

    @Test("reading octet by octet looks at every octet once, in heads, chunk lines and trailers")
    func linear() {
        let fields = String(repeating: "Name-Of-Field: value\r\n", count: 90)
        let chunk = "5;name=\"value\"\r\nhello\r\n"
        let text = "POST /long/path HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\(fields)\r\n"
            + String(repeating: chunk, count: 50) + "0\r\nTrailer-Field: value\r\n\r\n"
        let input = octets(text)
        var parser = HTTPRequestParser()
        var start = 0
        for end in 1...input.count {
            var isWaiting = false
            while !isWaiting {
                let (step, consumed) = parser.next(input.span.extracting(start..<end))
                start += consumed
                if case .needMore = step { isWaiting = true }
                if case .fault(let fault) = step { Issue.record("\(fault)"); return }
            }
        }
        #expect(parser.isAtMessageStart && start == input.count)
        // Payload is handed on without looking at it.
        #expect(parser.examined == input.count - 50 * 5)
    }

    private func request(_ text: String) throws -> HTTPRequestHead {
        var parser = HTTPRequestParser()
        let input = octets(text.replacing("|", with: "\r\n"))
        guard case .head(let head) = parser.next(input.span).step else {
            throw HTTPFault.truncated
        }
        return head
    }
}

/// The ways every case is read: whole, octet by octet, and in `random` seeded ways.
func waysToCut(_ count: Int, random: Int, seed: UInt64) -> [[Int]] {
    var generator = SeededGenerator(seed: seed &+ UInt64(count))
    let ways = (0..<random).map { _ in
        let cuts = Int.random(in: 1...6, using: &generator)
        return (0..<cuts).map { _ in Int.random(in: 0...count, using: &generator) }.sorted()
    }
    return [[], Array(0..<count)] + ways
}
