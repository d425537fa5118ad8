// Lists as table programs write them, and what is said of the lines that are refused.
import Testing

@testable import LolaCore

@Suite("CSV")
struct CSVTests {
    private static func records(_ text: String) -> [CSVReader.Record] {
        var reader = CSVReader([UInt8](text: text))
        var records: [CSVReader.Record] = []
        while let record = reader.next() { records.append(record) }
        return records
    }

    @Test("values with and without quotes, blanks, line ends and a byte order mark", arguments: [
        ("", []), ("a", [["a"]]), ("a,b\n", [["a", "b"]]), ("a,b\r\nc\r\n", [["a", "b"], ["c"]]),
        ("\u{FEFF}a,b", [["a", "b"]]), ("\u{FEFF}\"a\",b", [["a", "b"]]), (" a b\t, c ", [["a b", "c"]]),
        ("\" a \" , \"b\"\t\r\n", [[" a ", "b"]]), ("\"a\"\"b\",\"\"", [["a\"b", ""]]), ("\"\"\"\"", [["\""]]),
        ("\"a\nb\r\nc\",d\ne", [["a\nb\r\nc", "d"], ["e"]]), ("a,,\n\n,", [["a", "", ""], [""], ["", ""]]),
        ("\"a,b\"", [["a,b"]]), ("é,ñ", [["é", "ñ"]]),
    ] as [(String, [[String]])])
    func values(_ row: (text: String, values: [[String]])) {
        let wanted = row.values.map { CSVReader.Content.values($0) }
        #expect(Self.records(row.text).map(\.content) == wanted, "\(row.text)")
    }

    @Test("every fault has its line and column, and takes no other line along", arguments: [
        ("a\nb,c\"d\ne", [(1, .values(["a"])), (2, .fault(.quoteInside, column: 2)), (3, .values(["e"]))]),
        ("\"a\nb\",c\n\"d\"e,f\ng", [
            (1, .values(["a\nb", "c"])), (3, .fault(.textBehindQuote, column: 1)), (4, .values(["g"])),
        ]),
        ("a,b,\"c\nd\ne", [(1, .fault(.quoteOpen, column: 3)), (2, .values(["d"])), (3, .values(["e"]))]),
        ("\"", [(1, .fault(.quoteOpen, column: 1))]),
    ] as [(String, [(Int, CSVReader.Content)])])
    func faults(_ row: (text: String, records: [(Int, CSVReader.Content)])) {
        let wanted = row.records.map { CSVReader.Record(line: $0.0, content: $0.1) }
        #expect(Self.records(row.text) == wanted, "\(row.text)")
    }

    @Test("what is written is read again")
    func written() {
        for values in [["a", "b\"c", "d,e"], ["x\ny", "", "+15550100"], ["é", "two words", "\"\""]] {
            let wanted = [CSVReader.Content.values(values)]
            #expect(Self.records(CSVLine.line(values)).map(\.content) == wanted)
        }
    }

    @Test("a line of the do-not-contact list is an entry, nothing, or refused with its column and why", arguments: [
        ("address,reason", .nothing), ("", .nothing), (",,", .nothing),
        ("+15550100", .entry(address: "+15550100", reason: nil)),
        ("ana@bank.example , said no ,20", .entry(address: "ana@bank.example", reason: "said no")),
        ("telegram:7,\" two \r\n lines \n\"", .entry(address: "telegram:7", reason: "two lines")),
        ("whatsapp:US.1349,", .entry(address: "whatsapp:US.1349", reason: nil)),
        (",x", .fault("address is empty")),
        ("nobody,x", .fault(
            "address is neither a number in E.164, a mail address, telegram:<id> nor whatsapp:<id>")),
        ("+15550100,a\u{7}b", .fault("reason has characters that do not show")),
        ("+15550100,\"x", .fault("column 2: a quote is not closed")),
    ] as [(String, SuppressionRow)])
    func rows(_ row: (text: String, result: SuppressionRow)) {
        let found = Self.records(row.text + "\n").first.map { SuppressionRow($0) }
        #expect(found == row.result, "\(row.text)")
    }

    @Test("a reason has the length that the gateway takes")
    func reasons() {
        let most = Limits.operatorTextMax.bytes
        for (count, isTaken) in [(most, true), (most + 1, false)] {
            let reason = String(repeating: "x", count: count)
            let found = Self.records("+15550100," + reason).first.map { SuppressionRow($0) }
            let refused = SuppressionRow.fault("reason is longer than \(most) octets")
            let wanted = isTaken ? SuppressionRow.entry(address: "+15550100", reason: reason) : refused
            #expect(found == wanted)
        }
    }

    @Test("a heading is the first line only, and any octets are read to their end")
    func anything() {
        let rows = Self.records("+15550100\naddress,x").map { SuppressionRow($0) }
        #expect(rows.first == .entry(address: "+15550100", reason: nil) && rows.last != .nothing)
        var random = SeededGenerator(seed: 12)
        let letters = [UInt8](text: "a\", \r\n\u{FEFF}")
        for _ in 0..<2_000 {
            let bytes = (0..<Int(random.next() % 40)).map { _ in letters[Int(random.next() % UInt64(letters.count))] }
            var reader = CSVReader(bytes)
            var last = 0
            while let record = reader.next() {
                #expect(record.line > last)
                last = record.line
            }
            let lineEnds = bytes.filter { $0 == ASCII.lineFeed }.count
            #expect(last <= 1 + lineEnds)
        }
    }
}
