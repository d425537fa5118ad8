// Reads the settings file: JSON with comments, trailing commas, single quotes and bare keys, and no other freedom of
// JSON5. One recursive pass, bounded in size and depth; called once at start-up and by `lola check-config`.

struct JSON5Reader {
    private let source: [UInt8]
    private var at = 0
    private var line = 1
    /// Offset of the first octet of the line.
    private var lineStart = 0
    /// Octets of the line that continue a character, so that columns count characters.
    private var continuations = 0
    private var depth = 0

    private init(source: [UInt8]) { self.source = source }

    /// Reads a whole file: one value, usually an object, with comments around it. A byte order mark is passed over.
    static func read(_ bytes: [UInt8]) throws(JSON5Fault) -> JSON5Node {
        guard bytes.count <= Limits.settingsFileMax.bytes else {
            let size = "the file is longer than \(Limits.settingsFileMax.bytes) octets"
            throw JSON5Fault(line: 1, column: 1, sentence: size)
        }
        var reader = JSON5Reader(source: bytes)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF] as [UInt8]) {
            reader.at = 3
            reader.lineStart = 3
        }
        try reader.skipBlanks()
        guard reader.at < bytes.count else { throw reader.fault("the file is empty") }
        let root = try reader.value()
        try reader.skipBlanks()
        guard reader.at == bytes.count else {
            throw reader.fault("\(reader.described()) comes after the end of the settings")
        }
        return root
    }

    // MARK: Values

    private mutating func value() throws(JSON5Fault) -> JSON5Node {
        guard at < source.count else { throw fault("the file ends where a value is expected") }
        let line = line
        let column = column
        let value: JSON5Node.Value
        switch source[at] {
        case 0x7B: value = .object(try object())
        case 0x5B: value = .array(try array())
        case 0x22, 0x27: value = .string(try string().text)
        case 0x30...0x39, 0x2B, 0x2D, 0x2E: value = .number(try number())
        case let first where Self.beginsWord(first): value = try word()
        default: throw fault("\(described()) cannot begin a value")
        }
        return JSON5Node(value: value, line: line, column: column)
    }

    private mutating func object() throws(JSON5Fault) -> [(key: String, value: JSON5Node)] {
        var members: [(key: String, value: JSON5Node)] = []
        var lines: [[UInt8]: Int] = [:]
        try enter(closing: 0x7D)
        while try !leaves(closing: 0x7D) {
            let start = self
            let key = try self.key()
            if let first = lines.updateValue(start.line, forKey: key) {
                throw start.fault("the key \"\(key.text)\" stands here a second time, first on line \(first)")
            }
            try skipBlanks()
            guard octet == 0x3A else { throw fault("a colon is expected after the key, not \(described())") }
            at += 1
            try skipBlanks()
            members.append((key: key.text, value: try value()))
            try separator(closing: 0x7D)
        }
        return members
    }

    private mutating func array() throws(JSON5Fault) -> [JSON5Node] {
        var elements: [JSON5Node] = []
        try enter(closing: 0x5D)
        while try !leaves(closing: 0x5D) {
            elements.append(try value())
            try separator(closing: 0x5D)
        }
        return elements
    }

    private mutating func enter(closing: UInt8) throws(JSON5Fault) {
        guard depth < Limits.jsonDepthMax else { throw fault("more than \(Limits.jsonDepthMax) levels of nesting") }
        depth += 1
        at += 1
        try skipBlanks()
    }

    /// Passes the closing bracket if it stands here.
    private mutating func leaves(closing: UInt8) throws(JSON5Fault) -> Bool {
        guard octet == closing else { return false }
        at += 1
        depth -= 1
        return true
    }

    /// Passes a comma; only the closing bracket may stand in its place.
    private mutating func separator(closing: UInt8) throws(JSON5Fault) {
        try skipBlanks()
        if octet == closing { return }
        guard octet == 0x2C else {
            let bracket = Unicode.Scalar(closing)
            throw fault("a comma or \"\(bracket)\" is expected, not \(described())")
        }
        at += 1
        try skipBlanks()
    }

    private mutating func key() throws(JSON5Fault) -> [UInt8] {
        if octet == 0x22 || octet == 0x27 { return try string() }
        guard let first = octet, Self.beginsWord(first) else { throw fault("a key is expected, not \(described())") }
        let name = bareWord()
        if let next = octet, next == 0x2D || next == 0x2E || next >= 0x80 {
            throw fault("a key with \(described()) must be in quotes")
        }
        return name
    }

    private mutating func word() throws(JSON5Fault) -> JSON5Node.Value {
        let start = self
        let name = bareWord().text
        switch name {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        case "Infinity", "NaN": throw start.fault("\(name) is not supported, write a finite number")
        default: throw start.fault("a text must be in quotes: \"\(name)\"")
        }
    }

    private mutating func bareWord() -> [UInt8] {
        let start = at
        while let next = octet, Self.beginsWord(next) || ASCII.isDigit(next) { at += 1 }
        return Array(source[start..<at])
    }

    // MARK: Numbers

    private mutating func number() throws(JSON5Fault) -> String {
        let begin = self
        if octet == 0x2B { throw fault("a number is written without \"+\"") }
        if octet == 0x2D { at += 1 }
        if octet == 0x2E { throw begin.fault("a number needs a digit before the point") }
        guard let first = octet, ASCII.isDigit(first) else { throw begin.fault("a minus sign without a number") }
        at += 1
        if first == 0x30, let next = octet {
            if next | 0x20 == 0x78 { throw begin.fault("hexadecimal numbers are not supported, write it in decimal") }
            if ASCII.isDigit(next) { throw begin.fault("a number is written without leading zeros") }
        }
        skipDigits()
        if octet == 0x2E {
            at += 1
            guard skipDigits() else { throw begin.fault("a number needs a digit after the point") }
        }
        if let next = octet, next | 0x20 == 0x65 {
            at += 1
            if octet == 0x2B || octet == 0x2D { at += 1 }
            guard skipDigits() else { throw begin.fault("a number needs a digit in its exponent") }
        }
        if let next = octet, Self.beginsWord(next) || next == 0x2E {
            throw begin.fault("a number with a unit must be in quotes, as in \"10s\"")
        }
        return source[begin.at..<at].text
    }

    /// Whether there was one digit or more.
    @discardableResult
    private mutating func skipDigits() -> Bool {
        let start = at
        while let next = octet, ASCII.isDigit(next) { at += 1 }
        return at > start
    }

    // MARK: Strings

    /// The unescaped octets of the text in single or double quotes that begins here.
    private mutating func string() throws(JSON5Fault) -> [UInt8] {
        let opening = self
        let quote = source[at]
        var out: [UInt8] = []
        at += 1
        while let next = octet {
            if next == quote {
                at += 1
                return out
            }
            if next == 0x0A || next == 0x0D {
                throw opening.fault("the text that begins here is not closed on its line")
            }
            if next == 0x5C {
                try escape(into: &out)
            } else if next < 0x20 || next == 0x7F {
                throw fault("\(described()) must be written as an escape")
            } else {
                let start = at
                try character()
                out.append(contentsOf: source[start..<at])
            }
        }
        throw opening.fault("the text that begins here is never closed")
    }

    private mutating func escape(into out: inout [UInt8]) throws(JSON5Fault) {
        let begin = self
        at += 1
        guard let letter = octet else { throw fault("the file ends inside a text") }
        switch letter {
        case 0x22, 0x27, 0x2F, 0x5C: out.append(letter)
        case 0x62: out.append(0x08)
        case 0x66: out.append(0x0C)
        case 0x6E: out.append(0x0A)
        case 0x72: out.append(0x0D)
        case 0x74: out.append(0x09)
        case 0x0A, 0x0D: return lineEnd()
        case 0x75:
            at += 1
            guard let scalar = escapedScalar() else {
                throw begin.fault("\\u needs four hexadecimal digits that stand for a character, or a whole pair")
            }
            out.append(contentsOf: Array(String(scalar).utf8))
            return
        default: throw begin.fault("there is no such escape; a backslash itself is written \\\\")
        }
        at += 1
    }

    private mutating func escapedScalar() -> Unicode.Scalar? {
        guard let first = codeUnit() else { return nil }
        guard first & 0xFC00 == 0xD800 else { return Unicode.Scalar(first) }
        guard octet == 0x5C, at + 1 < source.count, source[at + 1] == 0x75 else { return nil }
        at += 2
        guard let second = codeUnit(), second & 0xFC00 == 0xDC00 else { return nil }
        return Unicode.Scalar(0x1_0000 + ((first & 0x3FF) << 10 | second & 0x3FF))
    }

    private mutating func codeUnit() -> UInt32? {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let next = octet, let digit = JSONText.hexDigit(next) else { return nil }
            unit = unit << 4 | digit
            at += 1
        }
        return unit
    }
}

// MARK: - Characters, lines and comments

extension JSON5Reader {
    private var octet: UInt8? { at < source.count ? source[at] : nil }

    private var column: Int { at - lineStart - continuations + 1 }

    private static func beginsWord(_ octet: UInt8) -> Bool { ASCII.isLetter(octet) || octet == 0x5F || octet == 0x24 }

    private func fault(_ sentence: String) -> JSON5Fault { JSON5Fault(line: line, column: column, sentence: sentence) }

    /// The character that stands here, for a sentence: quoted when it can be shown, else its number.
    private func described() -> String {
        guard let first = octet else { return "the end of the file" }
        if first > 0x20 && first < 0x7F { return first == 0x22 ? "a quote" : "\"\(Unicode.Scalar(first))\"" }
        var decoder = JSONScalarDecoder()
        for next in source[at...].prefix(4) {
            guard case .scalar(let value) = decoder.feed(next) else { continue }
            let digits = String(value, radix: 16, uppercase: true)
            return "the character U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        }
        return "an octet that is not UTF-8"
    }

    /// Passes blanks, line ends and comments.
    private mutating func skipBlanks() throws(JSON5Fault) {
        while let next = octet {
            switch next {
            case 0x20, 0x09: at += 1
            case 0x0A, 0x0D: lineEnd()
            case 0x2F: try skipComment()
            default: return
            }
        }
    }

    private mutating func skipComment() throws(JSON5Fault) {
        let opening = self
        at += 1
        if octet == 0x2F {
            while let next = octet, next != 0x0A && next != 0x0D { try character() }
            return
        }
        guard octet == 0x2A else { throw opening.fault("a comment begins with // or /*") }
        at += 1
        while let next = octet {
            if next == 0x2A, at + 1 < source.count, source[at + 1] == 0x2F {
                at += 2
                return
            }
            if next == 0x0A || next == 0x0D { lineEnd() } else { try character() }
        }
        throw opening.fault("the comment that begins here is never closed")
    }

    /// Passes LF, CR or CRLF.
    private mutating func lineEnd() {
        if octet == 0x0D, at + 1 < source.count, source[at + 1] == 0x0A { at += 1 }
        at += 1
        line += 1
        lineStart = at
        continuations = 0
    }

    /// Passes one character that is no line end. The Unicode line separators are refused everywhere: editors and
    /// readers disagree whether they end a line, and a comment must end where the operator sees it end.
    private mutating func character() throws(JSON5Fault) {
        guard source[at] >= 0x80 else { return at += 1 }
        var decoder = JSONScalarDecoder()
        var next = at
        while next < source.count {
            let step = decoder.feed(source[next])
            next += 1
            if step == .more { continue }
            guard case .scalar(let value) = step else { break }
            if value == 0x2028 || value == 0x2029 { throw fault("\(described()) must be written as an escape") }
            continuations += next - at - 1
            at = next
            return
        }
        throw fault("an octet that is not UTF-8")
    }
}
