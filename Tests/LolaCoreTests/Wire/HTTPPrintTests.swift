import Testing
@testable import LolaCore
@Suite struct HTTPPrintTests {
    @Test func show() throws {
        for c in try HTTPCorpusTests.load() {
            func v(_ input: [UInt8]) -> String {
                let t: HTTPTranscript = c.isResponse ? .responses(input, closes: c.type.hasSuffix("finish")) : .requests(input)
                let w = switch t.events.last { case .fault(let f): "\(f.word)"; case .unfinished: "more"; default: "accept" }
                return w
            }
            let a = v(c.input)
            var line = "@@\(c.index) \(a)"
            if a == "host_missing" || latin(c.input).contains("#hey") { line += " \(v(HTTPCorpusTests.repaired(c.input)))" }
            let last = line.split(separator: " ").last!
            let differs = !c.isLenient && (last == "accept" || last == "more") == c.isRefused
            print(line + (differs ? " DIFF" : ""))
        }
    }
}
