import Testing

@testable import LolaCore

@Suite struct HTTPRequestSmokeTests {
    @Test("a chunked request comes out as head, payload and end")
    func chunkedRequest() throws {
        let input = [UInt8](text: "\r\nPOST /a?b=c HTTP/1.1\r\nHost: x:80\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3;a=\"b\"\r\nabc\r\n0\r\nA: b\r\n\r\nGET")
        var parser = HTTPRequestParser()
        var at = 0
        var body: [UInt8] = []
        var words: [String] = []
        loop: while true {
            let part = input.span.extracting(at...)
            let (step, consumed) = parser.next(part)
            switch step {
            case .needMore: words.append("more"); at += consumed; break loop
            case .head(let head):
                words.append("head")
                #expect(head.bytes[head.path.asRange].text == "/a")
                #expect(head.query.map { head.bytes[$0.asRange].text } == "b=c")
                #expect(head.field("HOST")?.text == "x:80")
                #expect(head.framing == .chunked && head.keepsAlive && head.method == .post)
            case .body(let range): body += range.asRange.map { part[$0] }
            case .end: words.append("end"); #expect(parser.isAtMessageStart)
            case .fault(let fault): words.append("\(fault)"); break loop
            }
            at += consumed
        }
        #expect(words == ["head", "end", "more"])
        #expect(body.text == "abc")
        #expect(!parser.isAtMessageStart)
    }
}
