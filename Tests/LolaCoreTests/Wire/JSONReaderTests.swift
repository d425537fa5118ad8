import Testing

@testable import LolaCore

@Suite("JSON reader")
struct JSONReaderTests {
    static func refusal(_ bytes: [UInt8]) -> JSONFault? {
        do {
            _ = try JSONDocument.parse(bytes)
            return nil
        } catch {
            return error
        }
    }

    static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    @Test("every form of RFC 8259 is accepted", arguments: JSONCases.accepted)
    func accepts(_ text: String) throws {
        let bytes = [UInt8](text: text)
        let root = try JSONDocument.parse(bytes).root
        let blanks: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        let trimmed = bytes.drop { blanks.contains($0) }.reversed().drop { blanks.contains($0) }.reversed()
        #expect(root.raw.elementsEqual(trimmed))
        let again = try JSONDocument.parse(JSONCases.rewritten(root)).root
        #expect(JSONCases.same(root, again))
    }

    @Test("everything else is refused with its reason", arguments: JSONCases.refused)
    func refuses(_ row: JSONCases.Refusal) {
        let fault = Self.refusal(row.bytes)
        #expect(fault?.kind == row.kind)
        if let offset = row.offset { #expect(fault?.offset == offset) }
        #expect((0...row.bytes.count).contains(fault?.offset ?? -1))
    }

    @Test("the tables have the promised size and no row twice")
    func tables() {
        #expect(JSONCases.accepted.count >= 90)
        #expect(JSONCases.refused.count >= 180)
        let all = JSONCases.accepted.map { [UInt8](text: $0) } + JSONCases.refused.map(\.bytes)
        #expect(Dictionary(grouping: all, by: \.self).filter { $1.count > 1 }.keys.map(\.text) == [])
        #expect(Set(JSONCases.refused.map(\.kind)) == Set(JSONFault.Kind.allCases).subtracting([.tooLarge]))
    }

    @Test("reason words are stable and different")
    func words() {
        let words = JSONFault.Kind.allCases.map { $0.word.description }
        #expect(Set(words).count == words.count)
        #expect(words.contains("duplicate_key") && words.contains("lone_surrogate") && words.contains("too_deep"))
        #expect(words.allSatisfy { $0.utf8.allSatisfy { ASCII.isLower($0) || ASCII.isDigit($0) || $0 == 0x5F } })
    }

    @Test("every truncation is refused", arguments: [
        JSONViewTests.webhook,
        #" { "a" : [ -1.5e+10 , true , null , "\ud83d\ude00é😀" , { } , [ ] ] , "\"" : false } "#,
        #"["\u0041\\",0.1,{"k":{"k":{"k":[[[]]]}}}]"#,
    ])
    func truncations(_ text: String) throws {
        let bytes = [UInt8](text: text)
        let end = try JSONDocument.parse(bytes).root.raw.endIndex
        for length in 0..<end {
            let fault = Self.refusal(Array(bytes[..<length]))
            #expect(fault?.kind == (length == 0 || fault?.kind == .empty ? .empty : .unexpectedEnd))
            #expect(fault?.offset == length)
        }
    }

    @Test("each octet of a webhook replaced by each other octet never traps", arguments: [0, 1, 2, 3])
    func replacements(_ quarter: Int) throws {
        let bytes = [UInt8](text: JSONViewTests.webhook)
        var refused = 0
        for place in stride(from: quarter, to: bytes.count, by: 4) {
            var changed = bytes
            for octet in [0x00, 0x0A, 0x22, 0x2C, 0x30, 0x3A, 0x5B, 0x5C, 0x5D, 0x7B, 0x7D, 0x80, 0xC3, 0xED, 0xFF] {
                changed[place] = UInt8(octet)
                if Self.refusal(changed) != nil { refused += 1 }
            }
        }
        #expect(refused > bytes.count / 4)
    }

    @Test("64 levels are accepted, 65 are refused", arguments: [
        ("[", "]", ""), ("{\"a\":", "}", "0"), (" [ ", " ] ", ""),
    ])
    func depth(_ opening: String, _ closing: String, _ core: String) throws {
        func nested(_ levels: Int) -> [UInt8] {
            [UInt8](text: Self.repeated(opening, levels) + core + Self.repeated(closing, levels))
        }
        _ = try JSONDocument.parse(nested(64))
        #expect(Self.refusal(nested(65))?.kind == .tooDeep)
        #expect(Self.refusal(nested(100_000))?.kind == .tooDeep)
        #expect(Self.refusal([UInt8](text: Self.repeated(opening, 64)))?.kind == .unexpectedEnd)
    }

    @Test("depth counts what is open, not what has been seen")
    func siblings() throws {
        let deep = Self.repeated("[", 63) + Self.repeated("]", 63)
        let document = "[" + Self.repeated(deep + ",", 100) + deep + "]"
        #expect(try JSONDocument.parse([UInt8](text: document)).root.count == 101)
    }

    @Test("a document above the limit is refused without being read")
    func tooLarge() {
        let bytes = [UInt8](repeating: 0x20, count: Limits.jsonDocumentMax.bytes + 1)
        #expect(Self.refusal(bytes) == JSONFault(.tooLarge, at: Limits.jsonDocumentMax.bytes))
    }

    @Test("a flat array of a million octets is read whole")
    func wide() throws {
        let document = "[" + Self.repeated("0,", 500_000) + "1]"
        let root = try JSONDocument.parse([UInt8](text: document)).root
        #expect(root.count == 500_001)
        #expect(root[500_000]?.integer == 1)
    }
}

@Suite("JSON keys")
struct JSONKeysTests {
    /// An object with `count` different keys, then `tail`.
    private func object(_ count: Int, _ tail: String, key: (Int) -> String = { "key-\($0)" }) -> [UInt8] {
        let members = (0..<count).map { "\"\(key($0))\":\($0)" }
        return [UInt8](text: "{" + (members + [tail]).joined(separator: ",") + "}")
    }

    @Test("a repeated key is found in objects of every size", arguments: [1, 2, 7, 15, 16, 17, 31, 32, 33, 64, 1000])
    func sizes(_ count: Int) throws {
        _ = try JSONDocument.parse(object(count, "\"last\":0"))
        for place in Set([0, count / 2, count - 1]) {
            let bytes = object(count, "\"key-\(place)\":0")
            let fault = JSONReaderTests.refusal(bytes)
            #expect(fault?.kind == .duplicateKey)
            #expect(fault?.offset == bytes.count - "\"key-\(place)\":0}".utf8.count)
        }
    }

    @Test("keys are compared after unescaping", arguments: [
        (#""a":1,"\u0061":2"#, true), (#""\u0061":1,"a":2"#, true), (#""\u0061":1,"\u0061":2"#, true),
        (#""\/":1,"/":2"#, true), (#""\n":1,"\u000a":2"#, true), (#""é":1,"\u00e9":2"#, true),
        (#""😀":1,"\ud83d\ude00":2"#, true), (#""":1,"":2"#, true), (#""\u0000":1,"\u0000":2"#, true),
        (#""\\":1,"\u005c":2"#, true), (#""a":1,"A":2"#, false), (#""\u0000":1,"":2"#, false),
        (#""\\n":1,"\n":2"#, false), (#""e\u0301":1,"\u00e9":2"#, false), (#""a":1,"a ":2"#, false),
        (#""abcd":1,"abxd":2"#, false), (#""abcde":1,"axcye":2"#, false), (#""a":{"a":{"a":1}}"#, false),
        (#""a":{"b":1,"b":2}"#, true), (#""x":[{"b":1},{"b":1}]"#, false), (#""x":[{"b":1,"b":1}]"#, true),
    ])
    func unescaped(_ members: String, _ repeats: Bool) {
        #expect((JSONReaderTests.refusal([UInt8](text: "{\(members)}"))?.kind == .duplicateKey) == repeats)
        let more = (0..<40).map { "\"other-\($0)\":0" }.joined(separator: ",")
        let large = JSONReaderTests.refusal([UInt8](text: "{\(more),\(members)}"))
        #expect((large?.kind == .duplicateKey) == repeats)
    }

    @Test("50,000 keys in one object stay linear and a repeat at the end is found", arguments: [
        "", "a-common-beginning-of-all-keys-", "\\u0061",
    ])
    func large(_ prefix: String) throws {
        let key = { (place: Int) in prefix + String(place, radix: 36) }
        #expect(try JSONDocument.parse(object(50_000, "\"last\":0", key: key)).root["last"]?.integer == 0)
        let repeated = object(50_000, "\"\(key(49_999))\":0", key: key)
        #expect(JSONReaderTests.refusal(repeated)?.kind == .duplicateKey)
        #expect(repeated.count > 512 * 1024)
    }

    @Test("many objects of the pairwise size with equal fingerprints are read")
    func alike() throws {
        let members = (0..<16).map { "\"a\(String(repeating: "\($0 % 10)", count: 300))m\($0 / 10)z\":0" }
        let one = "{" + members.joined(separator: ",") + "}"
        let document = "[" + Array(repeating: one, count: 200).joined(separator: ",") + "]"
        #expect(try JSONDocument.parse([UInt8](text: document)).root.count == 200)
    }
}
