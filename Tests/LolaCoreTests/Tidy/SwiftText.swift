// Swift source as the tidy tests see it: comments and the contents of string literals are blanked, octet for octet,
// so that what is left is code and every line keeps its number. Code inside `\( )` of a string stays code.

struct SwiftText {
    /// A word of the code with the octets around it.
    struct Word: Equatable {
        let text: String
        /// From 1.
        let line: Int
        let start: Int
        let end: Int
    }

    /// The source with comments and string contents turned into spaces.
    let code: [UInt8]
    let words: [Word]

    init(_ source: String) {
        var blanker = Blanker(source: Array(source.utf8))
        blanker.run()
        code = blanker.code
        words = Self.words(of: code)
    }

    /// The first octet before `position` that is no white space; nil at the start.
    func octet(before position: Int) -> UInt8? {
        code[..<position].last { !Self.isSpace($0) }
    }

    /// The first octet at or after `position` that is no white space; nil at the end.
    func octet(from position: Int) -> UInt8? {
        code[position...].first { !Self.isSpace($0) }
    }

    func line(of position: Int) -> Int { 1 + code[..<position].count { $0 == 0x0A } }

    static func isWordOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x80...: true
        default: false
        }
    }

    static func isSpace(_ octet: UInt8) -> Bool { octet == 0x20 || (0x09...0x0D).contains(octet) }

    private static func words(of code: [UInt8]) -> [Word] {
        var words: [Word] = []
        var line = 1
        var position = 0
        while position < code.count {
            if code[position] == 0x0A { line += 1 }
            guard isWordOctet(code[position]) else {
                position += 1
                continue
            }
            let start = position
            while position < code.count, isWordOctet(code[position]) { position += 1 }
            words.append(Word(
                text: String(decoding: code[start..<position], as: UTF8.self), line: line, start: start, end: position))
        }
        return words
    }
}

/// Walks the source once. Recursive only where Swift is: code holds strings, strings hold code.
private struct Blanker {
    let source: [UInt8]
    var code: [UInt8]
    var position = 0

    init(source: [UInt8]) {
        self.source = source
        code = source
    }

    mutating func run() { walkCode(inInterpolation: false) }

    private func isNext(_ text: String) -> Bool { source[position...].starts(with: text.utf8) }

    private mutating func blank(_ count: Int) {
        for _ in 0..<count where position < source.count {
            if source[position] != 0x0A { code[position] = 0x20 }
            position += 1
        }
    }

    private mutating func walkCode(inInterpolation: Bool) {
        var depth = 0
        while position < source.count {
            if isNext("//") {
                while position < source.count, source[position] != 0x0A { blank(1) }
            } else if isNext("/*") {
                blankBlockComment()
            } else if let hashes = stringStart() {
                walkString(hashes)
            } else {
                if source[position] == 0x28 { depth += 1 }
                if source[position] == 0x29 {
                    if inInterpolation, depth == 0 { return }
                    depth -= 1
                }
                position += 1
            }
        }
    }

    private mutating func blankBlockComment() {
        var depth = 0
        repeat {
            if isNext("/*") {
                depth += 1
                blank(2)
            } else if isNext("*/") {
                depth -= 1
                blank(2)
            } else {
                blank(1)
            }
        } while depth > 0 && position < source.count
    }

    /// The number of `#` before the quote when a string literal starts here.
    private func stringStart() -> Int? {
        let hashes = source[position...].prefix { $0 == 0x23 }.count
        guard position + hashes < source.count, source[position + hashes] == 0x22 else { return nil }
        return hashes
    }

    private mutating func walkString(_ hashes: Int) {
        let marks = String(repeating: "#", count: hashes)
        position += hashes
        let quote = isNext("\"\"\"") ? "\"\"\"" : "\""
        position += quote.utf8.count
        while position < source.count {
            if isNext(quote + marks) {
                position += quote.utf8.count + hashes
                return
            }
            if isNext("\\" + marks + "(") {
                blank(1 + hashes)
                position += 1
                walkCode(inInterpolation: true)
                position = min(position + 1, source.count)
            } else if isNext("\\" + marks) {
                blank(2 + hashes)
            } else {
                blank(1)
            }
        }
    }
}
