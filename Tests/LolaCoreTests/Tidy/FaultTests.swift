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

    @Test("every fault of a record at rest is named", arguments: RecordFault.allCases)
    func record(_ fault: RecordFault) { expectNamed("\(fault)", word: fault.rawValue, of: "RecordFault") }

    @Test("every fault of the index key is named", arguments: IndexKeyFault.allCases)
    func indexKey(_ fault: IndexKeyFault) { expectNamed("\(fault)", word: fault.rawValue, of: "IndexKeyFault") }

    @Test("every fault of a disk is named", arguments: DiskFault.allCases)
    func disk(_ fault: DiskFault) { expectNamed("\(fault)", word: fault.rawValue, of: "DiskFault") }

    @Test("every fault of octets of Redis is named", arguments: RESPFault.allCases)
    func resp(_ fault: RESPFault) { expectNamed("\(fault)", word: fault.rawValue, of: "RESPFault") }

    @Test("every fault of Redis is named", arguments: RedisFault.allCases)
    func redis(_ fault: RedisFault) { expectNamed("\(fault)", word: fault.rawValue, of: "RedisFault") }

    @Test("words are stable, lower-case and not shared")
    func words() {
        let lists = [
            Refusal.allCases.map(\.rawValue), OutboundFault.allCases.map(\.rawValue),
            HTTPFault.allCases.map { "\($0.word)" }, RecordFault.allCases.map(\.rawValue),
            IndexKeyFault.allCases.map(\.rawValue), DiskFault.allCases.map(\.rawValue),
            RESPFault.allCases.map(\.rawValue), RedisFault.allCases.map(\.rawValue),
        ]
        for list in lists {
            #expect(Set(list).count == list.count)
            for word in list { #expect(word.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F }, "\(word)") }
        }
    }

    /// Words of the tests with the octet before them: `.name`, `"word"`, `'word'`, and `!word` of our case tables.
    private static let named: Set<String> = {
        var found: Set<String> = []
        for file in tests { collect(Array(file.text.utf8), &found) }
        return found
    }()

    /// The same of each source, by its path.
    private static let used: [String: Set<String>] = {
        var found: [String: Set<String>] = [:]
        for source in Repository.sources { collect(source.text.code, &found[source.file.path, default: []]) }
        return found
    }()

    /// The file that declares a type; what it says of its own cases proves nothing.
    private static let homes: [String: String] = {
        var found: [String: String] = [:]
        for source in Repository.sources {
            for type in source.text.fileLevelTypes { found[type.text] = source.file.path }
        }
        return found
    }()

    private static func collect(_ octets: [UInt8], _ words: inout Set<String>) {
        var start = 0
        while start < octets.count {
            guard SwiftText.isWordOctet(octets[start]) else {
                start += 1
                continue
            }
            let end = octets[start...].firstIndex { !SwiftText.isWordOctet($0) } ?? octets.endIndex
            if start > 0, [0x2E, 0x22, 0x27, 0x21].contains(octets[start - 1]) {
                words.insert(String(decoding: octets[(start - 1)..<end], as: UTF8.self))
            }
            start = end
        }
    }

    private func expectNamed(_ name: String, word: String, of type: String) {
        let isNamed = [".\(name)", "\"\(word)", "'\(word)", "!\(word)"].contains(where: Self.named.contains)
        #expect(isNamed, "no test names \(type).\(name) or \(word)")
        let home = Self.homes[String(type.prefix { $0 != "." })]
        let isUsed = Self.used.contains { $0.key != home && $0.value.contains(".\(name)") }
        #expect(isUsed, "nothing throws \(type).\(name)")
    }
}
