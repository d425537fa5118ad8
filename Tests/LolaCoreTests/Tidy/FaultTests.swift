// Every reason for which Lola refuses something is named by a test: a case that no test knows is either dead or
// unproven.
import Testing

@testable import LolaCore

@Suite("Reasons: each is named by a test, each has its own word")
struct FaultTests {
    private static let tests = Repository.tests.filter { !$0.path.contains("/Tidy/") }

    @Test("every refusal is named", arguments: Refusal.allCases)
    func refusal(_ reason: Refusal) { expectNamed("\(reason)", word: reason.rawValue, of: "Refusal") }

    @Test("every fault of an outbound call is named", arguments: OutboundFault.allCases)
    func outbound(_ fault: OutboundFault) { expectNamed("\(fault)", word: fault.rawValue, of: "OutboundFault") }

    @Test("every fault of an HTTP message is named", arguments: HTTPFault.allCases)
    func http(_ fault: HTTPFault) { expectNamed("\(fault)", word: "\(fault.word)", of: "HTTPFault") }

    @Test("every fault of a JSON document is named", arguments: JSONFault.Kind.allCases)
    func json(_ kind: JSONFault.Kind) { expectNamed("\(kind)", word: "\(kind)", of: "JSONFault.Kind") }

    @Test("words are stable, lower-case and not shared")
    func words() {
        let lists = [
            Refusal.allCases.map(\.rawValue), OutboundFault.allCases.map(\.rawValue),
            HTTPFault.allCases.map { "\($0.word)" },
        ]
        for list in lists {
            #expect(Set(list).count == list.count)
            for word in list { #expect(word.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F }, "\(word)") }
        }
    }

    /// As `.name` in a Swift test, or as its word in quotation marks or behind `!`, the mark of our case tables.
    private func expectNamed(_ name: String, word: String, of type: String) {
        let isNamed = Self.tests.contains { file in
            ["\"", "'", "!"].contains { Self.says(file.text, $0 + word) }
                || (file.path.hasSuffix(".swift") && Self.says(file.text, "." + name))
        }
        #expect(isNamed, "no test names \(type).\(name) or \(word)")
        let isUsed = Repository.sources.contains { source in
            source.text.words.contains { $0.text == name && source.text.octet(before: $0.start) == 0x2E }
                && !source.file.path.hasSuffix("/\(type.prefix { $0 != "." }).swift")
        }
        #expect(isUsed, "nothing throws \(type).\(name)")
    }

    /// Whether `text` has `word` and not only a longer one that begins with it.
    private static func says(_ text: String, _ word: String) -> Bool {
        var rest = text[...]
        while let found = rest.firstRange(of: word) {
            rest = rest[found.upperBound...]
            guard let next = rest.utf8.first, SwiftText.isWordOctet(next) else { return true }
        }
        return false
    }
}
