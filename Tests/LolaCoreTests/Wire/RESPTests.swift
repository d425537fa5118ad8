import Testing

@testable import LolaCore

@Suite("Redis replies")
struct RESPTests {
    private struct Row: Sendable, CustomTestStringConvertible {
        let input: String
        let expected: [RESPValue]
        var testDescription: String { input.debugDescription }

        init(_ input: String, _ expected: RESPValue...) {
            self.input = input
            self.expected = expected
        }
    }

    private static func bulk(_ text: String) -> RESPValue { .bulk(octets(text)) }

    private static let good: [Row] = [
        Row("+OK\r\n", .simple(octets("OK"))), Row("+\r\n", .simple([])),
        Row("-ERR no such thing\r\n", .error(octets("ERR no such thing"))),
        Row(":0\r\n", .integer(0)), Row(":-1\r\n", .integer(-1)), Row(":+7\r\n", .integer(7)),
        Row(":9223372036854775807\r\n", .integer(.max)), Row(":-9223372036854775808\r\n", .integer(.min)),
        Row("$-1\r\n", .null), Row("*-1\r\n", .null), Row("_\r\n", .null),
        Row("$0\r\n\r\n", bulk("")), Row("$4\r\na\r\nb\r\n", bulk("a\r\nb")),
        Row("*0\r\n", .array([])), Row("*2\r\n:1\r\n$1\r\na\r\n", .array([.integer(1), bulk("a")])),
        Row("*1\r\n*1\r\n*0\r\n", .array([.array([.array([])])])),
        Row("*2\r\n*0\r\n+a\r\n", .array([.array([]), .simple(octets("a"))])),
        Row("#t\r\n#f\r\n", .boolean(true), .boolean(false)),
        Row(
            ",1.5e3\r\n,inf\r\n,-inf\r\n,nan\r\n,10\r\n", .double(octets("1.5e3")), .double(octets("inf")),
            .double(octets("-inf")), .double(octets("nan")), .double(octets("10"))),
        Row(
            "(-3492890328409238509324850943850943825024385\r\n",
            .bigNumber(octets("-3492890328409238509324850943850943825024385"))),
        Row("!5\r\nERR a\r\n", .error(octets("ERR a"))), Row("=5\r\ntxt:a\r\n", .verbatim(octets("a"))),
        Row("%1\r\n+a\r\n:1\r\n", .map([.simple(octets("a")), .integer(1)])), Row("~1\r\n:1\r\n", .set([.integer(1)])),
        Row(">2\r\n+message\r\n:1\r\n", .push([.simple(octets("message")), .integer(1)])),
        Row("|1\r\n+ttl\r\n:9\r\n:4\r\n", .integer(4)),
        Row("*2\r\n|1\r\n+a\r\n*0\r\n:1\r\n:2\r\n", .array([.integer(1), .integer(2)])),
        Row("+a\r\n:1\r\n", .simple(octets("a")), .integer(1)),
        Row("+caf\u{FF}\r\n", .simple(octets("caf\u{FF}"))),
    ]

    @Test("every type is read whole, octet by octet and in random pieces", arguments: good)
    private func reads(row: Row) {
        let input = octets(row.input)
        var random = SeededGenerator(seed: UInt64(input.count))
        let splits = (0..<20).map { _ in (0..<3).map { _ in Int.random(in: 0...input.count, using: &random) }.sorted() }
        for cuts in [[], Array(0..<input.count)] + splits {
            let said = RESPTranscript(input, cuts: cuts)
            #expect(said.values == row.expected && said.fault == nil && !said.isUnfinished)
            #expect(said.violations.isEmpty, "\(said.violations)")
        }
        for length in 1..<input.count
        where RESPTranscript(Array(input.prefix(length))).values.count < row.expected.count {
            #expect(RESPTranscript(Array(input.prefix(length))).fault == nil)
        }
        #expect(RESPTranscript(Array(input.dropLast())).isUnfinished)
    }

    private static let manyNulls = "*16384\r\n" + String(repeating: "_\r\n", count: 16_384)
    private static let bad: [(String, RESPFault)] = [
        ("?\r\n", .badType), ("HTTP/1.1 400\r\n", .badType), ("\r\n", .badType), ("+OK\r\n\r\n", .badType),
        ("+OK\n", .badLine), ("+O\rK\r\n", .badLine), ("+\r\r\n", .badLine), ("_x\r\n", .badLine),
        ("+" + String(repeating: "a", count: 9_000) + "\r\n", .lineTooLong), (":" + "1" * 9_000, .lineTooLong),
        (":\r\n", .badNumber), (":-\r\n", .badNumber), (":1a\r\n", .badNumber),
        (":9223372036854775808\r\n", .badNumber),
        (":-9223372036854775809\r\n", .badNumber), (": 1\r\n", .badNumber), ("#x\r\n", .badNumber),
        (",\r\n", .badNumber), (",0x1\r\n", .badNumber), ("(12a\r\n", .badNumber), ("(\r\n", .badNumber),
        ("$\r\n", .badLength), ("$-2\r\n", .badLength), ("$+1\r\n", .badLength), ("$01\r\n", .badLength),
        ("$1 \r\n", .badLength), ("$?\r\n", .badLength), ("*-2\r\n", .badLength), ("%-1\r\n", .badLength),
        ("$99999999999999999999\r\n", .badLength), ("=3\r\ntxt\r\n", .badLength), ("!-1\r\n", .badLength),
        ("$104857600\r\n", .bulkTooLong), ("$9223372036854775807\r\n", .bulkTooLong), ("!104857600\r\n", .bulkTooLong),
        ("*16385\r\n", .arrayTooLong), ("*9223372036854775807\r\n", .arrayTooLong),
        ("%4611686018427387904\r\n", .arrayTooLong),
        ("*1\r\n" * 9, .tooDeep), ("%1\r\n" * 9, .tooDeep),
        ("*5\r\n" + manyNulls * 4, .replyTooLong),
        ("$1\r\nab\r\n", .badEnd), ("$1\r\na\rb", .badEnd), ("$0\r\n\n", .badEnd),
    ]

    @Test("every malformed form is a fault that stays, whole and octet by octet", arguments: bad)
    func refuses(input: String, fault: RESPFault) {
        let input = octets(input)
        for cuts in [[], Array(0..<min(input.count, 20_000))] {
            let said = RESPTranscript(input, cuts: cuts)
            #expect(said.fault == fault && said.values.count <= 1)
            #expect(said.violations.isEmpty, "\(said.violations)")
        }
    }

    @Test("every fault has its row")
    func covered() { #expect(Set(Self.bad.map(\.1)) == Set(RESPFault.allCases)) }

    @Test("a reply may not grow without end, however its parts are within their limits")
    func replyOctets() {
        let part = octets("$5242880\r\n") + [UInt8](repeating: 0, count: 5_242_880) + [13, 10]
        var parser = RESPParser()
        #expect(parser.next(octets("*16\r\n").span).step == .needMore)
        var taken = 0
        while case .needMore = parser.next(part.span).step { taken += 1 }
        #expect(taken == Limits.redisReplyMax.bytes / part.count)
        #expect(parser.next(part.span).step == .fault(.replyTooLong))
    }

    @Test("commands are arrays of bulk texts, whatever octets they hold")
    func commands() {
        var out: [UInt8] = []
        RESPWriter.command([octets("SET"), octets("k\r\n"), []], to: &out)
        #expect(out == octets("*3\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$0\r\n\r\n"))
        #expect(RESPTranscript(out).values == [.array([Self.bulk("SET"), Self.bulk("k\r\n"), Self.bulk("")])])
    }
}

private func * (text: String, count: Int) -> String { String(repeating: text, count: count) }
