// What the tidy tests want to know of a Swift source: which types it declares at file level, how long its functions
// are, and where it says words that the rules forbid. Works on `SwiftText`; no parser, exact enough for our own code.

extension SwiftText {
    /// Names of types declared outside of any other declaration.
    var fileLevelTypes: [Word] {
        let keywords: Set = ["struct", "class", "enum", "protocol", "actor", "typealias"]
        var types: [Word] = []
        var depth = 0
        var position = 0
        for (index, word) in words.enumerated() {
            depth += code[position..<word.start].reduce(0) { $0 + Self.step($1) }
            position = word.start
            guard depth == 0, keywords.contains(word.text), index + 1 < words.count else { continue }
            // `class` is also a modifier of members, and a requirement (`: class`); neither stands at file level.
            types.append(words[index + 1])
        }
        return types
    }

    /// Functions, initialisers and deinitialisers that have a body: name and number of lines, both ends included.
    var functions: [(name: String, line: Int, lines: Int)] {
        var found: [(name: String, line: Int, lines: Int)] = []
        for (index, word) in words.enumerated() where Self.functionKeywords.contains(word.text) {
            if word.start > 0, code[word.start - 1] == 0x2E { continue }
            let isInit = word.text != "func"
            guard let body = bodyStart(after: index), let end = closingBrace(of: body) else { continue }
            let name = isInit ? word.text : (index + 1 < words.count ? words[index + 1].text : "")
            found.append((name, word.line, line(of: end) - word.line + 1))
        }
        return found
    }

    /// Lines on which a value is unwrapped by force, or a type is implicitly unwrapped.
    var forceUnwraps: [Int] {
        code.indices.dropFirst().filter { index in
            guard code[index] == 0x21 else { return false }
            let before = code[index - 1]
            guard Self.isWordOctet(before) || [0x29, 0x5D, 0x7D, 0x3E, 0x60].contains(before) else { return false }
            return index + 1 == code.count || code[index + 1] != 0x3D
        }.map(line(of:))
    }

    /// Lines with a `throws` that does not say what is thrown.
    var untypedThrows: [Int] {
        words.filter { $0.text == "rethrows" || ($0.text == "throws" && octet(from: $0.end) != 0x28) }.map(\.line)
    }

    /// Lines on which `print` of the standard library is called.
    var prints: [Int] {
        words.filter {
            ["print", "debugPrint", "dump"].contains($0.text) && octet(from: $0.end) == 0x28
                && octet(before: $0.start) != 0x2E && !isDeclared($0)
        }.map(\.line)
    }

    /// Modules imported, in order.
    var imports: [String] {
        zip(words, words.dropFirst()).filter { $0.0.text == "import" }.map(\.1.text)
    }

    // MARK: Helpers

    private static let functionKeywords: Set = ["func", "init", "deinit"]
    private static let declarationKeywords: Set = [
        "func", "init", "deinit", "var", "let", "case", "static", "mutating", "struct", "class", "enum", "protocol",
        "typealias", "subscript", "associatedtype",
    ]

    private static func step(_ octet: UInt8) -> Int { octet == 0x7B ? 1 : octet == 0x7D ? -1 : 0 }

    private func isDeclared(_ word: Word) -> Bool {
        guard let index = words.firstIndex(of: word), index > 0 else { return false }
        return words[index - 1].text == "func"
    }

    /// The opening brace of the declaration whose keyword is `words[index]`; nil when it has no body.
    private func bodyStart(after index: Int) -> Int? {
        let next = words[(index + 1)...]
        var declarations = next.lazy.filter { Self.declarationKeywords.contains($0.text) }.map(\.start).makeIterator()
        var limit = declarations.next() ?? code.count
        var depth = 0
        var position = words[index].end
        while position < code.count {
            switch code[position] {
            case 0x28, 0x5B: depth += 1
            case 0x29, 0x5D: depth -= 1
            case 0x7B where depth == 0: return position
            case 0x7D where depth == 0: return nil
            default: break
            }
            if position == limit {
                if depth == 0 { return nil }
                limit = declarations.next() ?? code.count
            }
            position += 1
        }
        return nil
    }

    private func closingBrace(of open: Int) -> Int? {
        var depth = 0
        for position in open..<code.count {
            depth += Self.step(code[position])
            if depth == 0 { return position }
        }
        return nil
    }
}
