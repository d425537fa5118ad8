import Testing

@testable import LolaCore

@Suite("JSON5 settings reader")
struct JSON5ReaderTests {
    /// The tree as canonical JSON; with `places`, each value is followed by its line and column.
    private func dump(_ node: JSON5Node, places: Bool = false) -> String {
        let text: String
        switch node.value {
        case .null: text = "null"
        case .bool(let value): text = value ? "true" : "false"
        case .number(let number): text = number
        case .string(let string):
            var writer = JSONWriter()
            writer.string(string)
            text = writer.bytes.text
        case .array(let elements):
            text = "[" + elements.map { dump($0, places: places) }.joined(separator: ",") + "]"
        case .object(let members):
            let parts = members.map { "\($0.key):" + dump($0.value, places: places) }
            text = "{" + parts.joined(separator: ",") + "}"
        }
        return places ? "\(text)@\(node.line).\(node.column)" : text
    }

    private func fault(_ bytes: [UInt8]) -> JSON5Fault? {
        do {
            _ = try JSON5Reader.read(bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test("what people write in a settings file is read", arguments: [
        ("{}", "{}"), ("[]", "[]"), ("null", "null"), ("true", "true"), ("'a'", "\"a\""), ("\"a\"", "\"a\""),
        ("-1.5e3", "-1.5e3"), ("{a: 1}", "{a:1}"), ("{a: 1,}", "{a:1}"), ("[1,]", "[1]"), ("[1, 2,\n]", "[1,2]"),
        ("{'a': 1, \"b\": 2}", "{a:1,b:2}"), ("{$a_1: 0, _: 1, $: 2}", "{$a_1:0,_:1,$:2}"),
        ("{null: 1, true: 2, Infinity: 3}", "{null:1,true:2,Infinity:3}"), ("// a\n1", "1"), ("1 // a", "1"),
        ("1// a\n", "1"), ("/* a */1/**/", "1"), ("/***/ 1", "1"), ("/* * / */ 1", "1"), ("/* // */ 1", "1"),
        ("// /*\n1", "1"), ("{/*a*/b/*c*/:/*d*/1/*e*/,/*f*/}", "{b:1}"), ("\t\r\n 1 \r", "1"), ("'\"'", #""\"""#),
        ("\"'\"", "\"'\""), (#"'\''"#, "\"'\""), (#""\"""#, #""\"""#), (#"'\\\/\b\f\n\r\t'"#, #""\\/\b\f\n\r\t""#),
        (#"'\u00e9\u0041'"#, "\"éA\""), (#"'\ud83d\ude00'"#, "\"😀\""), ("'a\\\nb'", "\"ab\""),
        ("'a\\\r\nb'", "\"ab\""), ("'// no /* comment'", "\"// no /* comment\""),
        ("{'a.b': {c: [true, false, null]}}", "{a.b:{c:[true,false,null]}}"), ("\u{FEFF}{}", "{}"),
        ("'日本語 😀'", "\"日本語 😀\""), ("// ñ\n0", "0"), ("{é: 1}".replacing("é", with: "'é'"), "{é:1}"),
        ("{a: {a: 1}, b: {a: 1}}", "{a:{a:1},b:{a:1}}"), ("[[], {}, [{}]]", "[[],{},[{}]]"),
        ("{a: 1, A: 2}", "{a:1,A:2}"),
    ])
    func accepts(_ text: String, _ expected: String) throws {
        #expect(dump(try JSON5Reader.read([UInt8](text: text))) == expected)
    }

    @Test("every value knows its line and column")
    func places() throws {
        let text = "// settings of é\n{\r\n  a: 1, 'é': [true,\n\t'😀', null],\r  b: /* \n\n */ {c: 'x\\\ny', d: 2},\n}"
        let expected = "{a:1@3.6,é:[true@3.15,\"😀\"@4.2,null@4.7]@3.14,b:{c:\"xy\"@7.9,d:2@8.8}@7.5}@2.1"
        #expect(dump(try JSON5Reader.read([UInt8](text: text)), places: true) == expected)
    }

    @Test("faults name the place and say what to write", arguments: [
        ("", 1, 1, "the file is empty"), (" \n // a", 2, 6, "the file is empty"),
        ("{", 1, 2, "a key is expected, not the end of the file"), ("{a", 1, 3, "a colon is expected after the key"),
        ("{a:", 1, 4, "the file ends where a value is expected"), ("{a: 1", 1, 6, "a comma or \"}\" is expected"),
        ("[1", 1, 3, "a comma or \"]\" is expected, not the end of the file"), ("[1 2]", 1, 4, "a comma or \"]\""),
        ("{a: 1\n b: 2}", 2, 2, "a comma or \"}\" is expected, not \"b\""), ("{a 1}", 1, 4, "a colon is expected"),
        ("{a: }", 1, 5, "\"}\" cannot begin a value"), ("[,]", 1, 2, "\",\" cannot begin a value"),
        ("[1,,2]", 1, 4, "\",\" cannot begin a value"), ("{,}", 1, 2, "a key is expected, not \",\""),
        ("{a: 1,,}", 1, 7, "a key is expected"), ("{1: 2}", 1, 2, "a key is expected, not \"1\""),
        ("{a-b: 1}", 1, 3, "a key with \"-\" must be in quotes"),
        ("{a.b: 1}", 1, 3, "a key with \".\" must be in quotes"),
        ("{é: 1}", 1, 2, "a key is expected, not the character U+00E9"),
        ("{aé: 1}", 1, 3, "a key with the character U+00E9"),
        ("{a: info}", 1, 5, "a text must be in quotes: \"info\""), ("[True]", 1, 2, "a text must be in quotes"),
        ("[NaN]", 1, 2, "NaN is not supported"), ("[-Infinity]", 1, 2, "a minus sign without a number"),
        ("[Infinity]", 1, 2, "Infinity is not supported"), ("[undefined]", 1, 2, "a text must be in quotes"),
        ("[0x1F]", 1, 2, "hexadecimal numbers are not supported"), ("[-0X1]", 1, 2, "hexadecimal numbers"),
        ("[+1]", 1, 2, "a number is written without \"+\""), ("[.5]", 1, 2, "a digit before the point"),
        ("[-.5]", 1, 2, "a digit before the point"), ("[5.]", 1, 2, "a digit after the point"),
        ("[01]", 1, 2, "leading zeros"), ("[1e]", 1, 2, "a digit in its exponent"),
        ("[1e+]", 1, 2, "a digit in its exponent"), ("[-]", 1, 2, "a minus sign"),
        ("{t: 10s}", 1, 5, "a number with a unit must be in quotes"), ("[1.2.3]", 1, 2, "must be in quotes"),
        ("[4MiB]", 1, 2, "as in \"10s\""), ("[1_000]", 1, 2, "must be in quotes"), ("1 2", 1, 3, "after the end"),
        ("{} {}", 1, 4, "\"{\" comes after the end of the settings"), ("{}}", 1, 3, "after the end"),
        ("{]", 1, 2, "a key is expected"), ("[}", 1, 2, "cannot begin a value"),
        ("{a: 1]", 1, 6, "a comma or \"}\" is expected, not \"]\""),
        ("'a", 1, 1, "the text that begins here is never closed"), ("{\n a: 'b\n}", 2, 5, "not closed on its line"),
        ("\"a'", 1, 1, "never closed"), ("'\\", 1, 3, "the file ends inside a text"),
        ("'a\tb'", 1, 3, "U+0009 must be written as an escape"), ("'\u{7F}'", 1, 2, "U+007F must be written"),
        ("'\u{0}'", 1, 2, "U+0000 must be written"), ("'é\\q'", 1, 3, "there is no such escape"),
        ("'C:\\dir'", 1, 4, "a backslash itself is written \\\\"), ("'\\x41'", 1, 2, "no such escape"),
        ("'\\0'", 1, 2, "no such escape"), ("'\\u12'", 1, 2, "four hexadecimal digits"),
        ("'\\ud800'", 1, 2, "a whole pair"), ("'\\ud800\\n'", 1, 2, "a whole pair"),
        ("'\\ud800\\u0041'", 1, 2, "a whole pair"), ("'\\udc00'", 1, 2, "four hexadecimal digits"),
        ("/* a\n", 1, 1, "the comment that begins here is never closed"), ("1 /*", 1, 3, "never closed"),
        ("/*/", 1, 1, "never closed"), ("/ 1", 1, 1, "a comment begins with // or /*"),
        ("# a\n1", 1, 1, "\"#\" cannot begin"),
        ("{a: 1, b: 2,\n a: 3}", 2, 2, "the key \"a\" stands here a second time, first on line 1"),
        ("{a: 1,\n\n 'a': 3}", 3, 2, "a second time"), ("{'\\u0061': 1, a: 3}", 1, 15, "a second time"),
        ("{a: 1, b: {c: 1, c: 2}}", 1, 18, "the key \"c\""),
        ("'\u{2028}'", 1, 2, "U+2028 must be written as an escape"), ("1 // a\u{2029}", 1, 7, "U+2029"),
        ("[\u{A0}1]", 1, 2, "the character U+00A0 cannot begin"), ("1\u{FEFF}", 1, 2, "U+FEFF comes after"),
        ("[1\u{B}]", 1, 3, "not the character U+000B"), ("[\"a\" \"b\"]", 1, 6, "not a quote"),
        ("(1)", 1, 1, "\"(\" cannot begin"),
    ])
    func refuses(_ text: String, _ line: Int, _ column: Int, _ part: String) {
        let fault = fault([UInt8](text: text))
        #expect(fault.map { [$0.line, $0.column] } == [line, column])
        #expect(fault?.sentence.contains(part) == true, "\(fault?.sentence ?? "accepted")")
    }

    @Test("octets that are not UTF-8 are refused where they stand", arguments: [
        ([0xFF], 1), ([0x27, 0xC3, 0x27], 2), ([0x2F, 0x2F, 0xC3, 0xA9, 0xFF], 4), ([0x2F, 0x2A, 0xE2, 0x80], 3),
        ([0x22, 0xED, 0xA0, 0x80, 0x22], 2), ([0x27, 0xC0, 0x80, 0x27], 2), ([0x5B, 0xC3], 2), ([0x31, 0x20, 0x80], 3),
    ] as [([UInt8], Int)])
    func encodings(_ bytes: [UInt8], _ column: Int) {
        let fault = fault(bytes)
        #expect(fault?.line == 1 && fault?.column == column)
        #expect(fault?.sentence.contains("an octet that is not UTF-8") == true, "\(fault?.sentence ?? "accepted")")
    }

    @Test("64 levels are accepted, 65 are refused")
    func depth() throws {
        func nested(_ levels: Int) -> [UInt8] {
            [UInt8](repeating: 0x5B, count: levels) + [UInt8](repeating: 0x5D, count: levels)
        }
        _ = try JSON5Reader.read(nested(64))
        #expect(fault(nested(65)) == JSON5Fault(line: 1, column: 65, sentence: "more than 64 levels of nesting"))
        #expect(fault([UInt8](text: String(repeating: "{a:", count: 65)))?.column == 1 + 64 * 3)
        let siblings = "[" + String(repeating: "[[]],", count: 200) + "]"
        guard case .array(let elements) = try JSON5Reader.read([UInt8](text: siblings)).value else {
            Issue.record("no array")
            return
        }
        #expect(elements.count == 200)
    }

    @Test("a file above 1 MiB is refused, one of that size is read")
    func size() throws {
        let limit = Limits.settingsFileMax.bytes
        #expect(fault([UInt8](repeating: 0x20, count: limit + 1))?.sentence.contains("1048576") == true)
        _ = try JSON5Reader.read([0x7B, 0x7D] + [UInt8](repeating: 0x20, count: limit - 2))
        let many = "{" + (0..<60_000).map { "k\($0):1" }.joined(separator: ",") + "}"
        _ = try JSON5Reader.read([UInt8](text: many))
        #expect(fault([UInt8](text: many.dropLast() + ",k59999:2}"))?.sentence.contains("a second time") == true)
    }

    @Test("every truncation is refused or is the whole value, and never traps")
    func truncations() {
        let text = "{ // é\n a: ['b\\u00e9\\\n', 1.5e-3, /* c */ null,], 'd': {\"e\": \"\\ud83d\\ude00\", f: true,}, }"
        let bytes = [UInt8](text: text)
        for length in 0..<bytes.count {
            let fault = fault(Array(bytes[..<length]))
            #expect(fault != nil && !(fault?.sentence.isEmpty ?? true))
        }
    }

    @Test("every JSON document of the accept table is a settings file too, except raw line separators and DEL")
    func jsonIsJSON5() throws {
        for text in JSONCases.accepted {
            if text.unicodeScalars.contains(where: { [0x7F, 0x2028, 0x2029].contains($0.value) }) { continue }
            let fault = fault([UInt8](text: text))
            if let fault { Issue.record("\(text): \(fault)") }
        }
    }
}
