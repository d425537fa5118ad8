// What a mail says by itself: its own paragraphs without quoted lines and signatures, its subject without the marks
// of answers. Only for finding a word of opting out in it. Pure, any thread.

enum MailWords {
    /// What may be such a word in a mail: the whole first paragraph of its own.
    struct Said: Sendable {
        /// Empty when nothing in the text is the writer's own.
        var paragraph: [UInt8] = []
        /// More of the writer's own follows.
        var hasMore = false
    }

    static func said(in text: [UInt8]) -> Said {
        let lines = text.split(separator: ASCII.lineFeed, omittingEmptySubsequences: false).map { trimmed($0) }
        var said = Said()
        var isOver = false
        var index = 0
        while index < lines.count {
            let line = lines[index]
            if endsOwn(line) { break }
            let count = quotedCount(lines[index...])
            if count > 0 || line.isEmpty {
                isOver = !said.paragraph.isEmpty
            } else if isOver {
                said.hasMore = true
                break
            } else {
                if !said.paragraph.isEmpty { said.paragraph.append(ASCII.lineFeed) }
                said.paragraph += line
            }
            index += max(1, count)
        }
        return said
    }

    /// Without the marks that answering, forwarding and mail servers put in front: `Re:`, `Fwd:`, `[EXTERNAL]`.
    static func bare(subject: [UInt8]) -> [UInt8] {
        var rest = trimmed(subject[...])
        while let after = afterMark(rest) { rest = trimmed(after) }
        return Array(rest)
    }

    /// What stands behind the first mark; nil when there is none.
    private static func afterMark(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        if text.first == 0x5B {
            guard let end = text.firstIndex(of: 0x5D) else { return nil }
            return text[(end + 1)...]
        }
        guard let colon = text.firstIndex(of: 0x3A) else { return nil }
        // Some count their answers: `Re[2]:`, `AW (2):`.
        let word = text[..<colon].prefix { ASCII.isLetter($0) }
        let count = text[word.endIndex..<colon]
        let isCount = count.allSatisfy { ASCII.isDigit($0) || [ASCII.space, 0x28, 0x29, 0x5B, 0x5D].contains($0) }
        guard isCount, answerMarks.contains(where: { ASCII.equalIgnoringCase(word, $0) }) else { return nil }
        return text[(colon + 1)...]
    }

    private static let answerMarks: [StaticString] = [
        "re", "fwd", "fw", "aw", "antw", "wg", "rv", "tr", "res", "enc", "sv", "vs", "rif", "ref",
    ]

    /// The first line of a signature, or of the mail that is answered when the whole of it follows.
    private static func endsOwn(_ line: ArraySlice<UInt8>) -> Bool {
        if line.starts(with: "--".utf8) || line.starts(with: "__".utf8) { return true }
        return tailBeginnings.contains { begins(line, with: $0) }
    }

    /// What telephones write under a mail, and the heads of mails below an answer.
    private static let tailBeginnings: [StaticString] = [
        "sent from", "sent via", "get outlook for", "enviado desde", "enviado con", "enviado por", "obtener outlook",
        "envoy\u{E9} de", "envoy\u{E9} depuis", "from:", "de:", "von:",
    ]

    /// How many lines at the beginning are quoted, or lead to quoted ones (`On … wrote:`, perhaps broken).
    private static func quotedCount(_ lines: ArraySlice<ArraySlice<UInt8>>) -> Int {
        guard let first = lines.first else { return 0 }
        if first.first == 0x3E { return 1 }
        let openings: [StaticString] = ["on ", "el ", "le ", "am "]
        guard openings.contains(where: { begins(first, with: $0) }), first.contains(where: ASCII.isDigit) else {
            return 0
        }
        for (number, line) in lines.prefix(3).enumerated() {
            if line.isEmpty { return 0 }
            if line.last == 0x3A { return number + 1 }
        }
        return 0
    }

    private static func begins(_ line: ArraySlice<UInt8>, with text: StaticString) -> Bool {
        ASCII.equalIgnoringCase(line.prefix(text.utf8CodeUnitCount), text)
    }

    /// Without blanks around it, those that break no line among them.
    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line
        while true {
            if let first = line.first, first <= ASCII.space {
                line = line.dropFirst()
            } else if line.starts(with: noBreak) {
                line = line.dropFirst(noBreak.count)
            } else if let last = line.last, last <= ASCII.space {
                line = line.dropLast()
            } else if line.suffix(noBreak.count).elementsEqual(noBreak) {
                line = line.dropLast(noBreak.count)
            } else {
                return line
            }
        }
    }

    private static let noBreak: [UInt8] = [0xC2, 0xA0]
}
