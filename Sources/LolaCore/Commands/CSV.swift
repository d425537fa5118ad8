// CSV (RFC 4180) as table programs write it: read record by record with the lines they begin in, and written. Used by
// the commands that take and give lists.

struct CSVReader {
    enum Fault: String, Sendable {
        case quoteOpen = "a quote is not closed"
        case quoteInside = "a quote stands inside a value without quotes"
        case textBehindQuote = "text stands behind a closing quote"
    }

    enum Content: Equatable, Sendable {
        /// Without the blanks around values that stand in no quotes.
        case values([String])
        /// In the column with that number, from 1.
        case fault(Fault, column: Int)
    }

    struct Record: Equatable, Sendable {
        /// The one it begins in, from 1.
        let line: Int
        let content: Content
    }

    private enum Value {
        case octets([UInt8])
        case fault(Fault)
    }

    private let bytes: [UInt8]
    private var at: Int
    private var line = 1

    /// - Parameter bytes: UTF-8; a byte order mark before it is passed over.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        at = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The next record; an empty line is one with one empty value. Nil at the end. What follows a fault is read from
    /// the next line, so that an open quote takes no other record along.
    mutating func next() -> Record? {
        guard at < bytes.count else { return nil }
        let start = (at: at, line: line)
        var values: [String] = []
        while true {
            switch value() {
            case .fault(let fault):
                (at, line) = start
                at = (bytes[at...].firstIndex(of: ASCII.lineFeed) ?? bytes.count - 1) + 1
                line += 1
                return Record(line: start.line, content: .fault(fault, column: values.count + 1))
            case .octets(let octets): values.append(octets.text)
            }
            let octet = at < bytes.count ? bytes[at] : ASCII.lineFeed
            at = min(at + 1, bytes.count)
            if octet != Self.comma {
                line += 1
                return Record(line: start.line, content: .values(values))
            }
        }
    }

    /// Up to a comma, a line end or the end.
    private mutating func value() -> Value {
        skipBlanks()
        if at < bytes.count, bytes[at] == Self.quote { return quoted() }
        let start = at
        while at < bytes.count, bytes[at] != Self.comma, bytes[at] != ASCII.lineFeed { at += 1 }
        var value = bytes[start..<at]
        if value.contains(Self.quote) { return .fault(.quoteInside) }
        while let last = value.last, Self.isBlank(last) { value = value.dropLast() }
        return .octets(Array(value))
    }

    private mutating func quoted() -> Value {
        var value: [UInt8] = []
        at += 1
        while at < bytes.count {
            let octet = bytes[at]
            at += 1
            if octet != Self.quote {
                if octet == ASCII.lineFeed { line += 1 }
                value.append(octet)
            } else if at < bytes.count, bytes[at] == Self.quote {
                at += 1
                value.append(Self.quote)
            } else {
                skipBlanks()
                let isEnd = at == bytes.count || bytes[at] == Self.comma || bytes[at] == ASCII.lineFeed
                return isEnd ? .octets(value) : .fault(.textBehindQuote)
            }
        }
        return .fault(.quoteOpen)
    }

    private mutating func skipBlanks() {
        while at < bytes.count, Self.isBlank(bytes[at]) { at += 1 }
    }

    /// The carriage return of a line end is one.
    private static func isBlank(_ octet: UInt8) -> Bool {
        octet == ASCII.space || octet == ASCII.tab || octet == ASCII.carriageReturn
    }

    private static let quote: UInt8 = 0x22
    private static let comma: UInt8 = 0x2C
}

enum CSVLine {
    /// Quoted where it must be; what a table program would take for a formula begins with an apostrophe.
    static func line(_ fields: [String]) -> String {
        fields.map { field in
            let isNumber = field.utf8.first == 0x2B && field.utf8.dropFirst().allSatisfy(ASCII.isDigit)
            let isFormula = field.utf8.first.map { "=@+-\t\r".utf8.contains($0) } == true && !isNumber
            let safe = isFormula ? "'" + field : field
            let needsQuotes = safe.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 < 0x20 }
            return needsQuotes ? "\"" + safe.replacing("\"", with: "\"\"") + "\"" : safe
        }.joined(separator: ",")
    }
}
