import Testing

@testable import LolaCore

@Suite("HTTP answers") struct HTTPResponseTests {
    @Test(
        "an answer is judged as written, whole, octet by octet and in 20 random splits",
        arguments: HTTPResponseCases.all)
    func judged(_ given: HTTPCase) {
        let input = given.octetsOfInput
        let whole = HTTPTranscript.responses(input)
        #expect(whole.text == given.verdict)
        #expect(whole.violations.isEmpty)
        for cuts in waysToCut(input.count, random: 20, seed: 13) {
            let cut = HTTPTranscript.responses(input, cuts: cuts)
            if cut != whole { Issue.record("cut at \(cuts.prefix(8)): \(cut.text.prefix(200)), \(cut.violations)") }
        }
    }

    @Test("there are at least 50 cases and no case twice")
    func enough() {
        #expect(HTTPResponseCases.all.count >= 50)
        #expect(Set(HTTPResponseCases.all.map(\.input)).count == HTTPResponseCases.all.count)
    }

    @Test("an answer to HEAD has no content, but its framing must be sound", arguments: [
        ("HTTP/1.1 200 OK|Content-Length: 5||", "200 ."), ("HTTP/1.1 200 OK|Transfer-Encoding: chunked||", "200 ."),
        ("HTTP/1.1 200 OK||", "200 ."),
        ("HTTP/1.1 200 OK|Content-Length: 5|Content-Length: 5||", "!content_length_repeated"),
        ("HTTP/1.1 200 OK|Content-Length: 5|Transfer-Encoding: chunked||", "!length_and_coding"),
    ])
    func toHead(_ input: String, _ verdict: String) {
        let given = HTTPCase(input, verdict)
        #expect(HTTPTranscript.responses(given.octetsOfInput, toHead: true).text == verdict)
    }

    @Test("a connection is kept only after an answer that says where it ends", arguments: [
        ("HTTP/1.1 200 OK|Content-Length: 0||", true), ("HTTP/1.1 200 OK||", false),
        ("HTTP/1.1 200 OK|Connection: close|Content-Length: 0||", false),
        ("HTTP/1.0 200 OK|Content-Length: 0||", false),
        ("HTTP/1.0 200 OK|Connection: keep-alive|Content-Length: 0||", true), ("HTTP/1.1 204 X||", true),
    ])
    func persistence(_ input: String, _ keepsAlive: Bool) throws {
        var parser = HTTPResponseParser(requestWasHead: false, bodyLimit: 10)
        let octets = HTTPCase(input, "").octetsOfInput
        #expect(parser.isAtMessageStart)
        guard case .head(let head) = parser.next(octets.span).step else { throw HTTPFault.truncated }
        #expect(!parser.isAtMessageStart)
        #expect(head.keepsAlive == keepsAlive)
    }

    @Test("every octet of head and chunk lines is looked at once when read octet by octet")
    func linear() {
        let fields = String(repeating: "Name: value\r\n", count: 90)
        let chunks = String(repeating: "5;a=b\r\nhello\r\n", count: 50)
        let head = "HTTP/1.1 200 OK\r\n\(fields)Transfer-Encoding: chunked\r\n\r\n"
        let input = octets("HTTP/1.1 100 Continue\r\n\r\n" + head)
            + octets(chunks + "0\r\nX: y\r\n\r\n")
        var parser = HTTPResponseParser(requestWasHead: false, bodyLimit: 1_000)
        var start = 0
        for end in 1...input.count {
            var isWaiting = false
            while !isWaiting {
                let (step, consumed) = parser.next(input.span.extracting(start..<end))
                start += consumed
                switch step {
                case .needMore, .end: isWaiting = true
                case .fault(let fault): Issue.record("\(fault)"); return
                default: break
                }
            }
        }
        #expect(start == input.count)
        #expect(parser.examined == input.count - 50 * 5)
    }

    @Test("every fault has its own word and a status of the contract")
    func faults() {
        #expect(Set(HTTPFault.allCases.map { "\($0.word)" }).count == HTTPFault.allCases.count)
        let allowed: Set = [400, 408, 413, 414, 417, 431, 501, 502, 505]
        for fault in HTTPFault.allCases {
            #expect(allowed.contains(fault.status), "\(fault)")
            #expect("\(fault.word)".allSatisfy { $0.isLowercase || $0 == "_" || $0.isNumber })
            #expect(!HTTPStatus.reason(fault.status).description.isEmpty)
            #expect(fault.closesConnection || [.badPath, .badForm, .tooManyPairs].contains(fault))
        }
    }
}
