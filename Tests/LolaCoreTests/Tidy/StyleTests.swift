// The rules of docs/STYLE.md that a machine can hold, by reading the repository.
import Testing

@Suite("Style: what the sources must not say, and how long they may be")
struct StyleTests {
    /// Words that do not occur in the product, with what is used instead.
    private static let banned: [String: String] = [
        "fatalError": "a precondition with a message", "unchecked": "a Sendable value, a lock or an atomic",
        "nonisolated": "confinement", "weak": "a handle", "unowned": "a handle", "async": "a completion on the loop",
        "await": "a completion on the loop", "Task": "a loop", "actor": "a loop", "DispatchQueue": "a loop",
        "NSRegularExpression": "a scanner over octets", "Regex": "a scanner over octets",
    ]

    private static let product = Repository.sources
    private static let swift = Repository.files.filter { $0.path.hasSuffix(".swift") }

    @Test("words that hide a crash, a race or a leak do not occur")
    func bannedWords() {
        for source in Self.product {
            for word in source.text.words {
                guard let instead = Self.banned[word.text] else { continue }
                // Who did something is an actor too: only a declaration is meant.
                if word.text == "actor" {
                    let line = source.file.lines[word.line - 1]
                    if line.firstRange(of: /actor [A-Z]/) == nil { continue }
                }
                Issue.record("\(source.file.path):\(word.line) says \(word.text); use \(instead)")
            }
        }
    }

    @Test("nothing is forced: no try!, no as!, no unwrapping by !")
    func nothingForced() {
        for source in Self.product {
            for line in source.text.forceUnwraps { Issue.record("\(source.file.path):\(line) forces a value") }
        }
    }

    @Test("every throws says what is thrown")
    func typedThrows() {
        for source in Self.product {
            for line in source.text.untypedThrows { Issue.record("\(source.file.path):\(line) throws anything") }
        }
    }

    @Test("unsafe stands only where octets meet C")
    func unsafeWords() {
        for source in Self.product {
            let isAllowed = Layers.layer(of: source.file.path).map(Layers.mayUse(unsafeIn:)) ?? false
            for word in source.text.words where word.text == "unsafe" && !isAllowed {
                Issue.record("\(source.file.path):\(word.line) is unsafe")
            }
        }
    }

    @Test("only commands print")
    func printing() {
        for source in Self.product {
            let isAllowed = Layers.layer(of: source.file.path).map(Layers.mayPrint(in:)) ?? false
            for line in source.text.prints where !isAllowed { Issue.record("\(source.file.path):\(line) prints") }
        }
    }

    @Test("nothing is left to do")
    func nothingLeft() {
        // Put together here, so that this file does not find itself.
        let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"]
        for file in Self.swift {
            for mark in marks where file.text.contains(mark) { Issue.record("\(file.path) says \(mark)") }
        }
    }

    @Test("a file has at most 400 lines, a line 120 columns, a function 70 lines")
    func lengths() {
        for file in Self.swift where file.path != "Package.swift" {
            // The last line end makes one empty line more.
            #expect(file.lines.count <= 401, "\(file.path) has \(file.lines.count - 1) lines")
            for (number, line) in file.lines.enumerated() where line.count > 120 {
                Issue.record("\(file.path):\(number + 1) has \(line.count) columns")
            }
            for function in SwiftText(file.text).functions where function.lines > 70 {
                Issue.record("\(file.path):\(function.line) \(function.name) has \(function.lines) lines")
            }
        }
    }

    @Test("a file begins with one to four lines that say what it is")
    func headers() {
        for file in Self.swift where file.path != "Package.swift" {
            let header = file.lines.prefix { $0.hasPrefix("//") }.count
            let isSuite = file.path.hasPrefix("Tests/") && file.text.contains("@Suite(\"")
            let isGood = (1...4).contains(header) || (header == 0 && isSuite)
            #expect(isGood, "\(file.path) has a header of \(header) lines")
        }
    }

    @Test("lines end in a line feed, without blanks before it and without tabs")
    func whiteSpace() {
        for file in Self.swift {
            let isClosed = file.text.hasSuffix("\n") && !file.text.hasSuffix("\n\n")
            #expect(isClosed, "\(file.path) does not end in one line feed")
            for (number, line) in file.lines.enumerated() where line.hasSuffix(" ") || line.contains("\t") {
                Issue.record("\(file.path):\(number + 1) has a blank at its end or a tab")
            }
        }
    }
}
