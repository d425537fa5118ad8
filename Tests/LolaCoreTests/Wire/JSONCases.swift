// Tables of documents that must be accepted or refused, and helpers that compare and rewrite parsed documents.
import Testing

@testable import LolaCore

enum JSONCases {
    struct Refusal: Sendable, CustomTestStringConvertible {
        let bytes: [UInt8]
        let kind: JSONFault.Kind
        let offset: Int?

        init(_ text: String, _ kind: JSONFault.Kind, _ offset: Int? = nil) {
            self.init([UInt8](text: text), kind, offset)
        }

        init(_ bytes: [UInt8], _ kind: JSONFault.Kind, _ offset: Int? = nil) {
            self.bytes = bytes
            self.kind = kind
            self.offset = offset
        }

        var testDescription: String {
            "\(kind): " + bytes.prefix(60).map { String($0, radix: 16) }.joined(separator: " ")
        }
    }

    /// The value written again by `JSONWriter`.
    static func rewritten(_ view: JSONView) -> [UInt8] {
        var writer = JSONWriter(capacity: view.raw.count)
        write(view, &writer)
        return writer.bytes
    }

    private static func write(_ view: JSONView, _ writer: inout JSONWriter) {
        switch view.kind {
        case .null: writer.null()
        case .bool: writer.bool(view.bool ?? false)
        case .string: writer.string(bytes: view.textBytes ?? [])
        case .number:
            if let integer = view.integer { writer.integer(integer) } else { writer.raw(view.raw) }
        case .array: writer.array { inner in for element in view.elements { write(element, &inner) } }
        case .object:
            writer.object { inner in
                for (key, value) in view.members {
                    inner.key(bytes: key)
                    write(value, &inner)
                }
            }
        }
    }

    /// Whether two values mean the same; numbers that are no 64-bit integers must be spelled alike.
    static func same(_ left: JSONView, _ right: JSONView) -> Bool {
        guard left.kind == right.kind && left.count == right.count else { return false }
        switch left.kind {
        case .null: return true
        case .bool: return left.bool == right.bool
        case .string: return left.textBytes == right.textBytes && left.text == right.text
        case .number:
            guard left.integer == right.integer else { return false }
            return left.integer != nil || left.raw.elementsEqual(right.raw)
        case .array: return zip(left.elements, right.elements).allSatisfy { same($0, $1) }
        case .object:
            return zip(left.members, right.members).allSatisfy { $0.key == $1.key && same($0.value, $1.value) }
                && left.members.allSatisfy { left.member($0.key) != nil }
        }
    }

    static let accepted: [String] = [
        // Scalars at the root.
        "null", "true", "false", "0", "\"\"", "\"a\"", "[]", "{}", "-1", "42",
        // Numbers.
        "-0", "0.0", "-0.0", "0e0", "0E0", "0e+0", "0e-0", "1e1", "1E+2", "1E-2", "1.5", "-1.5", "10", "100", "1.0e10",
        "123456789012345678901234567890", "0.000000000000000000000000000001", "1e400", "1e-400", "-1e400",
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1.7976931348623157e308", "20.03e5",
        "1e00", "1e-01", "0.10", "[0]", "[-0.0]", "[1e5,2E5]",
        // Blanks.
        " null", "null ", "\tnull", "null\n", "\r\nnull\r\n", " \t\r\n1 \t\r\n", "[ ]", "{ }", "[\n]", "{\t}",
        "[1 , 2]", "{ \"a\" : 1 }", "{\"a\"\n:\n1}", "[\r1\r]", " [ [ ] , { } ] ",
        // Strings.
        #""\"""#, #""\\""#, #""\/""#, #""\b\f\n\r\t""#, #""\u0000""#, #""\u0020""#, #""\u007F""#, #""\uabCD""#,
        #""\uD834\uDD1E""#, #""\ud800\udc00""#, #""\uDBFF\uDFFF""#, #""\uFFFE\uFFFF""#, #""\uFDD0""#, #""\\u0000""#,
        #""\u2028\u2029""#, #""/""#, #""'""#, #""\u0022""#, #""\u005C""#, "\"\u{7F}\"", "\"\u{80}\"", "\"\u{7FF}\"",
        "\"\u{800}\"", "\"\u{D7FF}\"", "\"\u{E000}\"", "\"\u{FEFF}\"", "\"\u{FFFD}\"", "\"\u{FFFF}\"", "\"\u{10000}\"",
        "\"\u{10FFFF}\"", "\"\u{2028}\u{2029}\"", "\"é\"", "\"日本語\"", "\"😀\"", "\"e\u{301}\"",
        "\"// no comment\"",
        "\"[{]},:\"", "\" \"", #""\ud83d\ude00 \ud83d\ude00""#, "\"\u{202E}right to left\"",
        // Arrays.
        "[null]", "[true,false,null]", "[[]]", "[[],[]]", "[[[[[[]]]]]]", "[{}]", "[\"\",\"\"]", "[1,1,1]",
        "[[1],[2,[3]]]", "[1,\"1\",[1],{\"1\":1}]", "[\"a\",\"a\"]",
        // Objects.
        "{\"a\":1}", "{\"a\":1,\"b\":2}", "{\"\":0}", "{\"a\":{}}", "{\"a\":[]}", "{\"a\":null}", "{\"a\":\"a\"}",
        "{\"a\":{\"a\":{\"a\":{}}}}", "{\"a\":1,\"A\":1}", "{\"a\":1,\"a \":1}", "{\"é\":1,\"e\u{301}\":2}",
        #"{"\u0061":1,"b":2}"#, #"{"\"":1,"\\":2}"#, "{\"__proto__\":1}", "{\"a.b\":1}", "{\"0\":0,\"00\":0}",
        "[{\"a\":1},{\"a\":1}]", "{\"x\":{\"id\":1},\"y\":{\"id\":2}}", "{\"a\":[{\"b\":[{}]}],\"c\":0}",
        "{\"\u{FEFF}\":1}", "{\"null\":null,\"true\":true}",
    ]

    static let refused: [Refusal] = empties + structures + literals + numbers + strings + encodings + objects

    private static let empties: [Refusal] = [
        Refusal("", .empty, 0), Refusal(" ", .empty, 1), Refusal("\n\t\r ", .empty, 4),
        Refusal([0xEF, 0xBB, 0xBF], .byteOrderMark, 0), Refusal([0xEF, 0xBB, 0xBF, 0x7B, 0x7D], .byteOrderMark, 0),
        Refusal([0xEF, 0xBB, 0xBF, 0xEF, 0xBB, 0xBF, 0x31], .byteOrderMark, 0), Refusal([0xEF], .unexpectedOctet, 0),
        Refusal([0xEF, 0xBB], .unexpectedOctet, 0), Refusal([0x20, 0xEF, 0xBB, 0xBF, 0x31], .unexpectedOctet, 1),
        Refusal([0xFE, 0xFF, 0x00, 0x31], .unexpectedOctet, 0),
        Refusal([0xFF, 0xFE, 0x31, 0x00], .unexpectedOctet, 0), Refusal([0x31, 0x00], .trailingOctets, 1),
        Refusal([0x00, 0x31], .unexpectedOctet, 0), Refusal([0x00], .unexpectedOctet),
    ]

    private static let structures: [Refusal] = [
        Refusal("[", .unexpectedEnd, 1), Refusal("{", .unexpectedEnd, 1), Refusal("]", .unexpectedOctet, 0),
        Refusal("}", .unexpectedOctet, 0), Refusal(",", .unexpectedOctet, 0), Refusal(":", .unexpectedOctet, 0),
        Refusal("[]]", .trailingOctets, 2), Refusal("{}}", .trailingOctets, 2), Refusal("[}", .unexpectedOctet, 1),
        Refusal("{]", .unexpectedOctet, 1), Refusal("[1}", .unexpectedOctet, 2),
        Refusal("{\"a\":1]", .unexpectedOctet, 6), Refusal("[1,]", .trailingComma, 2),
        Refusal("[1,}", .trailingComma, 2), Refusal("[1, ]", .trailingComma, 2), Refusal("[,]", .unexpectedOctet, 1),
        Refusal("[,1]", .unexpectedOctet, 1), Refusal("[1,,2]", .unexpectedOctet, 3),
        Refusal("[1,,]", .unexpectedOctet, 3), Refusal("[1 2]", .unexpectedOctet, 3),
        Refusal("[1;2]", .unexpectedOctet, 2), Refusal("[\"a\" \"b\"]", .unexpectedOctet, 5),
        Refusal("[1:2]", .unexpectedOctet, 2), Refusal("[1", .unexpectedEnd, 2), Refusal("[1,", .unexpectedEnd, 3),
        Refusal("[[]", .unexpectedEnd, 3), Refusal("[\"a\"", .unexpectedEnd, 4), Refusal("1 2", .trailingOctets, 2),
        Refusal("1,", .trailingOctets, 1), Refusal("1,2", .trailingOctets, 1), Refusal("{}{}", .trailingOctets, 2),
        Refusal("[][]", .trailingOctets, 2), Refusal("null null", .trailingOctets, 5),
        Refusal("[] x", .trailingOctets, 3), Refusal("{}//", .trailingOctets, 2),
        Refusal("{} #", .trailingOctets, 3), Refusal("// a\n1", .unexpectedOctet, 0),
        Refusal("/**/1", .unexpectedOctet, 0), Refusal("# a\n1", .unexpectedOctet, 0),
        Refusal("[1/**/]", .unexpectedOctet, 2), Refusal("[/**/1]", .unexpectedOctet, 1),
        Refusal("[1//\n]", .unexpectedOctet, 2), Refusal("[\u{0B}1]", .unexpectedOctet, 1),
        Refusal("[\u{0C}1]", .unexpectedOctet, 1), Refusal("[\u{A0}1]", .unexpectedOctet, 1),
        Refusal("[1\u{2028}]", .unexpectedOctet, 2), Refusal("\u{A0}1", .unexpectedOctet, 0),
        Refusal("[\u{7F}]", .unexpectedOctet, 1), Refusal("(1)", .unexpectedOctet, 0),
        Refusal("<a>", .unexpectedOctet, 0), Refusal("*", .unexpectedOctet, 0), Refusal("a", .unexpectedOctet, 0),
        Refusal("[a]", .unexpectedOctet, 1), Refusal("\\u005b]", .unexpectedOctet, 0),
        Refusal("['a']", .unexpectedOctet, 1), Refusal("`a`", .unexpectedOctet, 0),
        Refusal("[\\n]", .unexpectedOctet, 1), Refusal(String(repeating: "[", count: 65), .tooDeep, 64),
        Refusal(String(repeating: "{\"a\":", count: 65), .tooDeep),
        Refusal(String(repeating: "[{\"a\":", count: 33), .tooDeep),
        Refusal([0x5B, 0x00, 0x5D], .unexpectedOctet, 1), Refusal([0x5B, 0x31, 0x00, 0x5D], .unexpectedOctet, 2),
        Refusal("[]\u{0}", .trailingOctets, 2),
    ]

    private static let literals: [Refusal] = [
        Refusal("n", .unexpectedEnd, 1), Refusal("nul", .unexpectedEnd, 3), Refusal("nulL", .invalidLiteral, 3),
        Refusal("NULL", .unexpectedOctet, 0), Refusal("None", .unexpectedOctet, 0),
        Refusal("nil", .invalidLiteral, 1), Refusal("t", .unexpectedEnd, 1), Refusal("tru", .unexpectedEnd, 3),
        Refusal("True", .unexpectedOctet, 0), Refusal("TRUE", .unexpectedOctet, 0),
        Refusal("truE", .invalidLiteral, 3), Refusal("truee", .trailingOctets, 4), Refusal("f", .unexpectedEnd, 1),
        Refusal("fals", .unexpectedEnd, 4), Refusal("False", .unexpectedOctet, 0),
        Refusal("falsy", .invalidLiteral, 4), Refusal("nullnull", .trailingOctets, 4),
        Refusal("[nul]", .invalidLiteral, 4), Refusal("[tru]", .invalidLiteral, 4),
        Refusal("[fals]", .invalidLiteral, 5), Refusal("[truefalse]", .unexpectedOctet, 5),
        Refusal("undefined", .unexpectedOctet, 0), Refusal("yes", .unexpectedOctet, 0),
        Refusal("null0", .trailingOctets, 4), Refusal("n\u{0}ll", .invalidLiteral, 1),
    ]

    private static let numbers: [Refusal] = [
        Refusal("-", .unexpectedEnd, 1), Refusal("+", .unexpectedOctet, 0), Refusal("+1", .unexpectedOctet, 0),
        Refusal("--1", .invalidNumber, 1), Refusal("-a", .invalidNumber, 1), Refusal("- 1", .invalidNumber, 1),
        Refusal("01", .invalidNumber, 0), Refusal("-01", .invalidNumber, 1), Refusal("00", .invalidNumber, 0),
        Refusal("-00", .invalidNumber, 1), Refusal("012.5", .invalidNumber, 0), Refusal("00.1", .invalidNumber, 0),
        Refusal("0 1", .trailingOctets, 2), Refusal(".5", .unexpectedOctet, 0), Refusal("-.5", .invalidNumber, 1),
        Refusal("1.", .unexpectedEnd, 2), Refusal("[1.]", .invalidNumber, 3), Refusal("1.e1", .invalidNumber, 2),
        Refusal("1..2", .invalidNumber, 2), Refusal("1.2.3", .trailingOctets, 3), Refusal("1.-2", .invalidNumber, 2),
        Refusal("1e", .unexpectedEnd, 2), Refusal("1E", .unexpectedEnd, 2), Refusal("1e+", .unexpectedEnd, 3),
        Refusal("1e-", .unexpectedEnd, 3), Refusal("[1e]", .invalidNumber, 3), Refusal("[1e+]", .invalidNumber, 4),
        Refusal("1e++1", .invalidNumber, 3), Refusal("1e1.5", .trailingOctets, 3),
        Refusal("1ee1", .invalidNumber, 2), Refusal("1e1e1", .trailingOctets, 3),
        Refusal("0x10", .trailingOctets, 1), Refusal("0b1", .trailingOctets, 1), Refusal("0o7", .trailingOctets, 1),
        Refusal("[0x10]", .unexpectedOctet, 2), Refusal("1_000", .trailingOctets, 1),
        Refusal("1 000", .trailingOctets, 2), Refusal("1,000", .trailingOctets, 1),
        Refusal("1'000", .trailingOctets, 1), Refusal("NaN", .unexpectedOctet, 0),
        Refusal("-NaN", .invalidNumber, 1), Refusal("nan", .invalidLiteral, 1),
        Refusal("Infinity", .unexpectedOctet, 0), Refusal("-Infinity", .invalidNumber, 1),
        Refusal("inf", .unexpectedOctet, 0), Refusal("1f", .trailingOctets, 1), Refusal("1L", .trailingOctets, 1),
        Refusal("1n", .trailingOctets, 1), Refusal("0e", .unexpectedEnd, 2), Refusal("[-]", .invalidNumber, 2),
        Refusal("[1+2]", .unexpectedOctet, 2), Refusal("１", .unexpectedOctet, 0), Refusal("1٢", .trailingOctets, 1),
        Refusal("²", .unexpectedOctet, 0), Refusal("[1-]", .unexpectedOctet, 2), Refusal("1/2", .trailingOctets, 1),
        Refusal("$1", .unexpectedOctet, 0),
    ]

    private static let strings: [Refusal] = [
        Refusal("\"", .unexpectedEnd, 1), Refusal("\"a", .unexpectedEnd, 2), Refusal("a\"", .unexpectedOctet, 0),
        Refusal("'a'", .unexpectedOctet, 0), Refusal("\"a\"b", .trailingOctets, 3),
        Refusal("\"\"\"", .trailingOctets, 2), Refusal(#""\"#, .unexpectedEnd, 2),
        Refusal(#""\""#, .unexpectedEnd, 3), Refusal(#""\a""#, .invalidEscape, 2),
        Refusal(#""\x41""#, .invalidEscape, 2), Refusal(#""\0""#, .invalidEscape, 2),
        Refusal(#""\'""#, .invalidEscape, 2), Refusal(#""\v""#, .invalidEscape, 2),
        Refusal(#""\e""#, .invalidEscape, 2), Refusal(#""\U0041""#, .invalidEscape, 2),
        Refusal(#""\N""#, .invalidEscape, 2), Refusal("\"\\\n\"", .invalidEscape, 2),
        Refusal(#""\ ""#, .invalidEscape, 2),
        Refusal(#""\u""#, .invalidEscape, 3), Refusal(#""\u0""#, .invalidEscape, 4),
        Refusal(#""\u00""#, .invalidEscape, 5), Refusal(#""\u004""#, .invalidEscape, 6),
        Refusal(#""\u004g""#, .invalidEscape, 6), Refusal(#""\u-041""#, .invalidEscape, 3),
        Refusal(#""\u+041""#, .invalidEscape, 3), Refusal(#""\u 041""#, .invalidEscape, 3),
        Refusal(#""\u{41}""#, .invalidEscape, 3), Refusal(#""\u0x41""#, .invalidEscape, 4),
        Refusal(#""\u"#, .unexpectedEnd, 3), Refusal(#""\u004"#, .unexpectedEnd, 6),
        Refusal(#""\u@041""#, .invalidEscape, 3), Refusal(#""\u`041""#, .invalidEscape, 3),
        Refusal(#""\uG041""#, .invalidEscape, 3), Refusal(#""\u/041""#, .invalidEscape, 3),
        Refusal(#""\u:041""#, .invalidEscape, 3), Refusal(#""\ud800""#, .loneSurrogate, 1),
        Refusal(#""\udbff""#, .loneSurrogate, 1), Refusal(#""\uDC00""#, .loneSurrogate, 1),
        Refusal(#""\udfff""#, .loneSurrogate, 1), Refusal(#""\ud800a""#, .loneSurrogate, 1),
        Refusal(#""\ud800\n""#, .loneSurrogate, 1), Refusal(#""\ud800\ud800""#, .loneSurrogate, 1),
        Refusal(#""\ud800\u0041""#, .loneSurrogate, 1), Refusal(#""\udc00\ud800""#, .loneSurrogate, 1),
        Refusal(#""\udc00\udc00""#, .loneSurrogate, 1),
        Refusal(#""a\ud83d😀""#, .loneSurrogate, 2), Refusal(#""\ud83d\ude00\ude00""#, .loneSurrogate, 13),
        Refusal(#""\ud83d\ud83d\ude00""#, .loneSurrogate, 1), Refusal(#""\ud83d\udg00""#, .invalidEscape, 10),
        Refusal(#""\ud83d"#, .unexpectedEnd, 7), Refusal(#""\ud83d\"#, .unexpectedEnd, 8),
        Refusal(#""\ud83d\u"#, .unexpectedEnd, 9), Refusal(#""\ud83d\ude0"#, .unexpectedEnd, 12),
        Refusal(#""\ud83d ""#, .loneSurrogate, 1), Refusal(#"{"\ud800":1}"#, .loneSurrogate, 2),
        Refusal("\"\u{0}\"", .rawControl, 1), Refusal("\"\u{1}\"", .rawControl, 1),
        Refusal("\"\t\"", .rawControl, 1), Refusal("\"\n\"", .rawControl, 1), Refusal("\"\r\"", .rawControl, 1),
        Refusal("\"\u{8}\"", .rawControl, 1), Refusal("\"\u{1B}\"", .rawControl, 1),
        Refusal("\"a\u{1F}b\"", .rawControl, 2), Refusal("{\"a\n\":1}", .rawControl, 3),
    ]

    /// Ill-formed sequences, each inside quotes.
    private static let encodings: [Refusal] = [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC0, 0xAF], [0xC2, 0x41], [0xC2, 0xC2], [0xE0, 0x80, 0x80],
        [0xE0, 0x9F, 0xBF], [0xE1, 0x80, 0x41], [0xE1, 0x41, 0x80], [0xE1, 0xC0, 0x80], [0xED, 0xA0, 0x80],
        [0xED, 0xBF, 0xBF], [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80], [0xEF, 0xBF, 0xC0], [0xF0, 0x80, 0x80, 0x80],
        [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x90, 0x80, 0x41], [0xF0, 0x90, 0x41, 0x80], [0xF1, 0x7F, 0x80, 0x80],
        [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF7, 0xBF, 0xBF, 0xBF], [0xF8, 0x88, 0x80, 0x80, 0x80],
        [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0x61, 0xE9, 0x62], [0xC3, 0xA9, 0xA9],
        [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
    ].map { Refusal([0x22] + $0 + [0x22], .invalidUTF8) } + [
        Refusal([0x22, 0xC3], .unexpectedEnd, 2), Refusal([0x22, 0xE2, 0x82], .unexpectedEnd, 3),
        Refusal([0x22, 0xF0, 0x9F, 0x98], .unexpectedEnd, 4),
        Refusal([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], .invalidUTF8, 2),
        Refusal([0x5B, 0xC3, 0xA9, 0x5D], .unexpectedOctet, 1), Refusal([0x31, 0x80], .trailingOctets, 1),
        Refusal([0x22, 0x5C, 0xC3, 0xA9, 0x22], .invalidEscape, 2),
    ]

    private static let objects: [Refusal] = [
        Refusal("{\"a\"", .unexpectedEnd, 4), Refusal("{\"a\":", .unexpectedEnd, 5),
        Refusal("{\"a\":1", .unexpectedEnd, 6), Refusal("{\"a\":1,", .unexpectedEnd, 7),
        Refusal("{\"a\":1,}", .trailingComma, 6), Refusal("{\"a\":1,]", .trailingComma, 6),
        Refusal("{,}", .unexpectedOctet, 1), Refusal("{,\"a\":1}", .unexpectedOctet, 1),
        Refusal("{\"a\"}", .unexpectedOctet, 4), Refusal("{\"a\",1}", .unexpectedOctet, 4),
        Refusal("{\"a\" 1}", .unexpectedOctet, 5), Refusal("{\"a\"=1}", .unexpectedOctet, 4),
        Refusal("{\"a\"::1}", .unexpectedOctet, 5), Refusal("{\"a\":}", .unexpectedOctet, 5),
        Refusal("{\"a\":,}", .unexpectedOctet, 5), Refusal("{:1}", .unexpectedOctet, 1),
        Refusal("{1}", .unexpectedOctet, 1), Refusal("{1:1}", .unexpectedOctet, 1),
        Refusal("{a:1}", .unexpectedOctet, 1), Refusal("{'a':1}", .unexpectedOctet, 1),
        Refusal("{null:1}", .unexpectedOctet, 1), Refusal("{[]:1}", .unexpectedOctet, 1),
        Refusal("{{}:1}", .unexpectedOctet, 1), Refusal("{\"a\":1 \"b\":2}", .unexpectedOctet, 7),
        Refusal("{\"a\":1,,\"b\":2}", .unexpectedOctet, 7), Refusal("{\"a\":1;\"b\":2}", .unexpectedOctet, 6),
        Refusal("{\"a\":1 2}", .unexpectedOctet, 7), Refusal("{\"a\":1,\"b\"}", .unexpectedOctet, 10),
        Refusal("{\"a\":1,2}", .unexpectedOctet, 7), Refusal("{\"a\":1,b:2}", .unexpectedOctet, 7),
        Refusal("{/**/}", .unexpectedOctet, 1), Refusal("{\"a\":1//\n}", .unexpectedOctet, 6),
        Refusal("{\"a\":1,\"a\":1}", .duplicateKey, 7), Refusal("{\"a\":1,\"b\":2,\"a\":3}", .duplicateKey, 13),
        Refusal("{\"\":1,\"\":1}", .duplicateKey, 6), Refusal(#"{"a":1,"\u0061":1}"#, .duplicateKey, 7),
        Refusal(#"{"\/":1,"/":1}"#, .duplicateKey, 8), Refusal("{\"a\":{\"b\":1,\"b\":1}}", .duplicateKey, 12),
        Refusal("[{\"b\":1,\"c\":2,\"c\":1}]", .duplicateKey, 14),
        Refusal("{\"a\":[{}],\"a\":[{}]}", .duplicateKey, 10), Refusal("{\"a\":1}}", .trailingOctets, 7),
        Refusal("{\"a\":1},", .trailingOctets, 7),
    ]
}
