import Testing

@testable import LolaCore

@Suite("JSON writer")
struct JSONWriterTests {
    private func written(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter(capacity: 16)
        body(&writer)
        return writer.bytes.text
    }

    @Test("commas and colons come by themselves")
    func commas() {
        let text = written { writer in
            writer.object { writer in
                writer.member("text", "hola")
                writer.member("none", nil)
                writer.member("count", 3)
                writer.member("ok", true)
                writer.member("octets", bytes: [0x61, 0x62])
                writer.member("list") { writer in
                    writer.array { writer in
                        writer.integer(1)
                        writer.null()
                        writer.array { _ in }
                        writer.object { _ in }
                        writer.bool(false)
                        writer.integer(Int64.min)
                        writer.raw([UInt8](text: "{\"a\":1.5}"))
                    }
                }
                writer.key("empty")
                writer.object { _ in }
                writer.key(bytes: [0x22, 0xFF])
                writer.string("last")
            }
        }
        let expected = #"{"text":"hola","none":null,"count":3,"ok":true,"octets":"ab","#
            + #""list":[1,null,[],{},false,-9223372036854775808,{"a":1.5}],"empty":{},"\"\#u{FFFD}":"last"}"#
        #expect(text == expected)
    }

    @Test("a document may be one value", arguments: [0, 1, 2, 3, 4])
    func roots(_ which: Int) {
        let text = written { writer in
            switch which {
            case 0: writer.string("a")
            case 1: writer.integer(-7)
            case 2: writer.bool(true)
            case 3: writer.null()
            default: writer.array { $0.string("") }
            }
        }
        #expect(text == ["\"a\"", "-7", "true", "null", "[\"\"]"][which])
    }

    @Test("what must be escaped is escaped, the rest is left alone")
    func escapes() throws {
        for value in 0...0x2FFF as ClosedRange<UInt32> {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = String(Character(scalar))
            let expected: String =
                switch value {
                case 0x22: #"\""#
                case 0x5C: #"\\"#
                case 0x08: #"\b"#
                case 0x09: #"\t"#
                case 0x0A: #"\n"#
                case 0x0C: #"\f"#
                case 0x0D: #"\r"#
                case 0..<0x10: #"\u000"# + String(value, radix: 16)
                case 0x10..<0x20, 0x7F: #"\u00"# + String(value, radix: 16)
                case 0x2028, 0x2029: #"\u"# + String(value, radix: 16)
                default: text
                }
            let out = written { $0.string(text) }
            guard out.utf8.elementsEqual(("\"" + expected + "\"").utf8) else {
                Issue.record("U+\(String(value, radix: 16)) became \(out)")
                return
            }
            #expect(try JSONDocument.parse([UInt8](text: out)).root.textBytes == [UInt8](text: text))
        }
    }

    @Test("ill-formed UTF-8 becomes U+FFFD once per maximal subpart", arguments: [
        [0xFF], [0x80, 0x80], [0xC2], [0xC2, 0x22], [0xE2, 0x82], [0xE2, 0x82, 0x41], [0xED, 0xA0, 0x80],
        [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x98, 0xF0, 0x9F, 0x98, 0x80], [0xF0, 0x80, 0x80, 0x41], [0xC0, 0x80],
        [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x80, 0xE2, 0x80, 0xA8], [0x61, 0xC3, 0xC3, 0xA9, 0x0A, 0xE2], [0xC3, 0xFF],
        [0xF5, 0x41], [0xE1, 0x80, 0xE1, 0x80, 0x80], [0xC2, 0x0A], [0xF1, 0x80, 0xC2],
    ] as [[UInt8]])
    func replacement(_ bytes: [UInt8]) throws {
        let out = written { $0.string(bytes: bytes) }
        #expect(try JSONDocument.parse([UInt8](text: out)).root.text == String(decoding: bytes, as: UTF8.self))
    }

    @Test("random octets always give a readable one-line string that means what Swift's decoder means")
    func randomOctets() throws {
        var generator = SeededGenerator(seed: 11)
        let likely: [UInt8] = [0x22, 0x5C, 0x0A, 0x61, 0x80, 0xBF, 0xC3, 0xE2, 0xA8, 0xED, 0xA0, 0xF0, 0x9F, 0xF4, 0x00]
        for _ in 0..<3000 {
            let bytes = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                Bool.random(using: &generator)
                    ? UInt8.random(in: 0...255, using: &generator) : likely.randomElement(using: &generator) ?? 0
            }
            var writer = JSONWriter()
            writer.string(bytes: bytes)
            #expect(writer.bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
            let text = try JSONDocument.parse(writer.bytes).root.text
            #expect(text?.utf8.elementsEqual(String(decoding: bytes, as: UTF8.self).utf8) == true)
        }
    }

    @Test("raw values lose their line ends and tabs only")
    func raw() throws {
        let view = try JSONDocument.parse([UInt8](text: "[\r\n\t1,\t\"a\\n b\" ]\n")).root
        #expect(written { $0.raw(view.raw) } == "[1,\"a\\n b\" ]")
    }

    @Test("random trees come back from the reader as they were written")
    func roundTrip() throws {
        for seed in 0..<300 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let tree = JSONTree.random(depth: 6, &generator)
            var writer = JSONWriter()
            tree.write(to: &writer)
            let root = try JSONDocument.parse(writer.bytes).root
            #expect(JSONTree(root) == tree)
            #expect(JSONCases.rewritten(root) == writer.bytes)
        }
    }
}

/// A JSON value as a tree, for comparisons only.
indirect enum JSONTree: Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number([UInt8])
    case string([UInt8])
    case array([JSONTree])
    case object([[UInt8]], [JSONTree])

    init(_ view: JSONView) {
        switch view.kind {
        case .null: self = .null
        case .bool: self = .bool(view.bool ?? false)
        case .number: self = view.integer.map { .integer($0) } ?? .number(Array(view.raw))
        case .string: self = .string(view.textBytes ?? [])
        case .array: self = .array(view.elements.map { JSONTree($0) })
        case .object: self = .object(view.members.map { $0.key }, view.members.map { JSONTree($0.value) })
        }
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .integer(let value): writer.integer(value)
        case .number(let text): writer.raw(text)
        case .string(let text): writer.string(bytes: text)
        case .array(let elements): writer.array { inner in for element in elements { element.write(to: &inner) } }
        case .object(let keys, let values):
            writer.object { inner in
                for (key, value) in zip(keys, values) {
                    inner.key(bytes: key)
                    value.write(to: &inner)
                }
            }
        }
    }

    static func random(depth: Int, _ generator: inout SeededGenerator) -> JSONTree {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .integer(Int64.random(in: -1000...1000, using: &generator))
        case 3: return .integer(Int64(truncatingIfNeeded: generator.next()))
        case 4:
            let texts = ["0.5", "1e9", "-2.25E-3", "18446744073709551616"]
            return .number([UInt8](text: texts.randomElement(using: &generator) ?? "0.5"))
        case 5: return .string(text(&generator))
        case 6:
            let count = Int.random(in: 0...5, using: &generator)
            return .array((0..<count).map { _ in random(depth: depth - 1, &generator) })
        default:
            var keys: [[UInt8]] = []
            for _ in 0..<Int.random(in: 0...(depth == 6 ? 24 : 5), using: &generator) {
                let key = text(&generator)
                if !keys.contains(key) { keys.append(key) }
            }
            return .object(keys, keys.map { _ in random(depth: depth - 1, &generator) })
        }
    }

    /// A short text with characters of every width and many that need an escape.
    static func text(_ generator: inout SeededGenerator) -> [UInt8] {
        let scalars = (0..<Int.random(in: 0...6, using: &generator)).map { _ -> Unicode.Scalar in
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: Unicode.Scalar(UInt8.random(in: 0..<0x20, using: &generator))
            case 1: ["\"", "\\", "/", "\u{7F}", "\u{2028}", "\u{2029}"].randomElement(using: &generator) ?? "/"
            case 2: Unicode.Scalar(UInt32.random(in: 0x80..<0xD800, using: &generator)) ?? "é"
            case 3: Unicode.Scalar(UInt32.random(in: 0xE000...0x10FFFF, using: &generator)) ?? "😀"
            default: Unicode.Scalar(UInt8.random(in: 0x20..<0x7F, using: &generator))
            }
        }
        var out = String.UnicodeScalarView()
        out.append(contentsOf: scalars)
        return Array(String(out).utf8)
    }
}
