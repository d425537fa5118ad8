// Every case of the llhttp corpus is decided (llhttp_cases.json: what a widely used parser does with these octets).
// HTTPCorpusVerdicts.swift says what we do; where we differ from llhttp it says why.
import Testing

@testable import LolaCore

@Suite("llhttp corpus") struct HTTPCorpusTests {
    struct Message {
        let start: String
        let fields: [String]
        let body: [UInt8]
        let complete: Bool
    }

    struct Case {
        let index: Int
        let type: String
        let input: [UInt8]
        let messages: [Message]
        let isRefused: Bool

        var isURL: Bool { type == "url" }
        var isResponse: Bool { type.hasPrefix("response") }
        var isLenient: Bool { type.contains("lenient") }
    }

    @Test("every case has exactly one verdict, and every refusal word is one of ours")
    func complete() throws {
        let cases = try Self.load()
        #expect(cases.count == 272)
        #expect(HTTPCorpusVerdicts.all.map(\.index) == Array(0..<272))
        for verdict in HTTPCorpusVerdicts.all {
            let words = [verdict.asGiven, verdict.repaired].compactMap { $0 }
            for word in words where word != "accept" && word != "more" {
                #expect(HTTPFault.named(word) != nil, "\(verdict.index): \(word)")
                #expect(HTTPCorpusVerdicts.rules[word] != nil, "\(word) has no rule")
            }
        }
    }

    @Test("every case is decided as the table says, whole, octet by octet and in 20 random splits")
    func decided() throws {
        for (given, verdict) in zip(try Self.load(), HTTPCorpusVerdicts.all) {
            try check(given, input: given.input, expected: verdict.asGiven)
            if let word = verdict.repaired {
                #expect(["host_missing", "bad_target"].contains(verdict.asGiven), "\(given.index)")
                try check(given, input: Self.repaired(given.input), expected: word)
            }
        }
    }

    @Test("we accept nothing that llhttp refuses, and refuse what it accepts only for a written reason")
    func compared() throws {
        for (given, verdict) in zip(try Self.load(), HTTPCorpusVerdicts.all) {
            let word = verdict.repaired ?? verdict.asGiven
            let accepts = word == "accept" || word == "more"
            let differs = given.isLenient ? false : accepts == given.isRefused
            #expect(differs == (verdict.reason != nil), "\(given.index): \(word), llhttp refused: \(given.isRefused)")
        }
    }

    private func check(_ given: Case, input: [UInt8], expected: String) throws {
        let whole = Self.read(given, input, cuts: [])
        let name: Comment = "case \(given.index): \(whole.text)"
        #expect(Self.verdict(whole) == expected, name)
        #expect(whole.violations.isEmpty, name)
        if !given.isURL { compare(whole, given.messages, isRefused: given.isRefused, name) }
        for cuts in waysToCut(input.count, random: 20, seed: 7) {
            #expect(Self.read(given, input, cuts: cuts) == whole, "case \(given.index) cut at \(cuts)")
        }
    }

    /// Every message that we made out is the one llhttp made out: start, fields (ours without trailers) and content.
    /// A message in which llhttp stopped is not compared: it was cut where llhttp found its error.
    private func compare(
        _ transcript: HTTPTranscript, _ messages: [Message], isRefused: Bool, _ name: Comment
    ) {
        var index = -1
        var body: [UInt8] = []
        let known = isRefused ? messages.count - 1 : messages.count
        for event in transcript.events {
            switch event {
            case .head(let start, let fields):
                index += 1
                body = []
                guard index < known else { break }
                #expect(start == messages[index].start.replacing("#hey", with: ""), name)
                let theirs = messages[index].fields
                let ours = fields.filter { !$0.hasPrefix("Host: ") || theirs.contains($0) }
                #expect(theirs.starts(with: ours), name)
            case .interim(let status):
                index += 1
                if index < known { #expect("\(status)" == messages[index].start, name) }
            case .body(let bytes): body = bytes
            case .end:
                guard index < known, messages[index].complete else { break }
                // The file has lost content that is a line feed only (case 172).
                let isLost = messages[index].body.isEmpty && body == [ASCII.lineFeed]
                #expect(body == messages[index].body || isLost, name)
            case .fault, .unfinished: break
            }
        }
    }

    private static func read(_ given: Case, _ input: [UInt8], cuts: [Int]) -> HTTPTranscript {
        guard given.isResponse else { return .requests(input, cuts: cuts) }
        return .responses(input, cuts: cuts, closes: given.type.hasSuffix("finish"))
    }

    private static func verdict(_ transcript: HTTPTranscript) -> String {
        switch transcript.events.last {
        case .fault(let fault): "\(fault.word)"
        case .unfinished: "more"
        default: "accept"
        }
    }

    /// The same octets with a Host field in every request that lacks one and without the fragment that many of
    /// these targets have, so that the rules behind those are reached too.
    static func repaired(_ input: [UInt8]) -> [UInt8] {
        let text = latin(input).replacing("#hey", with: "")
        guard !text.lowercased().contains("host:") else { return octets(text) }
        var host = "lola"
        if let scheme = text.firstRange(of: "http://") {
            host = String(text[scheme.upperBound...].prefix { !"/? ".contains($0) })
        }
        return octets(text.replacing("HTTP/1.1\r\n", with: "HTTP/1.1\r\nHost: \(host)\r\n"))
    }

    static func load() throws -> [Case] {
        let cases = try #require(try Vectors.object("llhttp_cases.json")["cases"] as? [[String: Any]])
        return try cases.enumerated().map { index, value in
            let type = try #require(value["type"] as? String)
            var input = octets(try #require(value["input"] as? String))
            if type == "url" {
                let url = latin(input)
                input = octets("GET \(url) HTTP/1.1\r\nHost: \(authority(url))\r\n\r\n")
            }
            let messages = try #require(value["messages"] as? [[String: Any]])
            return Case(
                index: index, type: type, input: input,
                messages: messages.map { message($0) }, isRefused: value["error"] is [String: Any])
        }
    }

    private static func authority(_ url: String) -> String {
        guard url.hasPrefix("http://") else { return "lola" }
        return String(url.dropFirst(7).prefix { !"/?".contains($0) })
    }

    private static func message(_ value: [String: Any]) -> Message {
        let pairs = value["headers"] as? [[String]] ?? []
        let status = value["status_code"] as? Int
        let request = "\(value["method"] as? String ?? "") \(value["url"] as? String ?? "")"
        return Message(
            start: status.map { "\($0)" } ?? request,
            fields: pairs.map { "\($0[0]): \(latin(HTTPSyntax.trimmed(octets($0[1])[...])))" },
            body: octets(value["body"] as? String ?? ""),
            complete: value["complete"] as? Bool ?? false)
    }
}
