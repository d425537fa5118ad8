// A text as a filter reads it: lower case, without accents, look-alikes and hidden characters undone, cut into words.
// What people do to slip past a word list falls together with the plain spelling. A value; any thread.

struct FoldedText: Sendable {
    /// Scalar values of Unicode. Not a String: every text that goes out is folded.
    typealias Letters = [UInt32]

    struct Piece: Sendable {
        let letters: Letters
        /// Its letters stood alone; it may be several words.
        let isSpread: Bool
    }

    /// Runs of letters and digits, folded; a word whose letters were spread out ("s t o p") is one word again.
    let pieces: [Piece]
    /// A `!` stands between two letters: it may be one itself.
    let hasInnerMark: Bool
    /// A `*` stands between two letters, no digits: it may hide one.
    let hasInnerStar: Bool

    var words: [String] { pieces.map { Self.text($0.letters) } }

    /// - Parameters:
    ///   - text: UTF-8; what is not well-formed is read as a space.
    ///   - inner: the letter for which a `!` between two letters stands; nil when it parts words as elsewhere.
    ///   - keepsStars: whether a `*` between two letters belongs to their word; it parts words otherwise.
    init(_ text: [UInt8], inner: Unicode.Scalar? = nil, keepsStars: Bool = false) {
        let scalars = Self.scalars(text)
        var run = SpreadRun()
        var word: Letters = []
        var marked = false
        var starred = false
        for (place, scalar) in scalars.enumerated() {
            if Self.fold(scalar, to: &word) { continue }
            let isMark = Self.isMark(scalar)
            if isMark || scalar == Self.star, place > 0, place + 1 < scalars.count {
                let (before, after) = (Self.folded(scalars[place - 1]), Self.folded(scalars[place + 1]))
                if isMark, before != nil, after != nil {
                    marked = true
                    if let inner {
                        word.append(inner.value)
                        continue
                    }
                } else if !isMark, Self.isWritten(before), Self.isWritten(after) {
                    starred = true
                    if keepsStars {
                        word.append(scalar)
                        continue
                    }
                }
            }
            if !word.isEmpty {
                run.add(word)
                word = []
            }
            run.part(scalar)
        }
        run.add(word)
        pieces = run.end()
        hasInnerMark = marked
        hasInnerStar = starred
    }

    static let star: UInt32 = 0x2A

    static func text(_ letters: Letters) -> String {
        String(String.UnicodeScalarView(letters.compactMap { Unicode.Scalar($0) }))
    }

    /// The letters of a text that is one word as it stands.
    static func letters(_ text: some StringProtocol) -> Letters { text.unicodeScalars.map(\.value) }

    /// A word of a list, as the words of a text are compared with it.
    static func word(_ text: some StringProtocol) -> Letters {
        plain(FoldedText(Array(text.utf8)).pieces.flatMap(\.letters))
    }

    /// The word with the digits and signs that stand for letters read as such: `k1ll` is `kill`.
    static func plain(_ word: Letters) -> Letters { word.map(standIn) }

    /// Signs inside words that stand for letters.
    private static func standIn(_ letter: UInt32) -> UInt32 {
        switch letter {
        case 0x30: 0x6F  // 0, o
        case 0x31: 0x69  // 1, i
        case 0x33: 0x65  // 3, e
        case 0x34, 0x40: 0x61  // 4, @, a
        case 0x35, 0x24: 0x73  // 5, $, s
        case 0x37: 0x74  // 7, t
        case 0x38: 0x62  // 8, b
        default: letter
        }
    }

    /// Without what nobody sees.
    private static func scalars(_ text: [UInt8]) -> Letters {
        var scalars: Letters = []
        scalars.reserveCapacity(text.count)
        if text.allSatisfy({ $0 < 0x80 }) {
            for octet in text { scalars.append(UInt32(octet)) }
        } else {
            for scalar in String(decoding: text, as: UTF8.self).unicodeScalars where !isHidden(scalar) {
                scalars.append(scalar.value)
            }
        }
        return scalars
    }

    /// A letter, and no digit.
    private static func isWritten(_ letters: Letters?) -> Bool {
        letters?.first.map { !(0x30...0x39).contains($0) } ?? false
    }

    private static func folded(_ scalar: UInt32) -> Letters? {
        var letters: Letters = []
        return fold(scalar, to: &letters) ? letters : nil
    }

    /// Adds the letter that the scalar is, or the letters. False for what parts words.
    private static func fold(_ scalar: UInt32, to word: inout Letters) -> Bool {
        if scalar < 0x80 {
            switch scalar {
            case 0x61...0x7A, 0x30...0x39, 0x40, 0x24: word.append(scalar)
            case 0x41...0x5A: word.append(scalar + 32)
            default: return false
            }
            return true
        }
        guard let known = Unicode.Scalar(scalar) else { return false }
        if let plain = lookAlikes[known] {
            word += plain
            return true
        }
        if let plain = undressed(scalar) {
            word.append(plain)
            return true
        }
        // Full-width forms of ASCII.
        if (0xFF01...0xFF5E).contains(scalar) { return fold(scalar - 0xFEE0, to: &word) }
        guard known.properties.isAlphabetic || known.properties.numericType != nil else { return false }
        word += letters(known.properties.lowercaseMapping)
        return true
    }

    /// The letter or digit in mathematical type, a circle, a square or brackets; nil for everything else.
    private static func undressed(_ value: UInt32) -> UInt32? {
        switch value {
        // Thirteen alphabets of 26 capitals and 26 small letters, what Unicode has elsewhere left open; then the
        // dotless ones, and five rows of digits.
        case 0x1D400...0x1D6A3: 0x61 + (value - 0x1D400) % 52 % 26
        case 0x1D6A4: 0x69
        case 0x1D6A5: 0x6A
        case 0x1D7CE...0x1D7FF: 0x30 + (value - 0x1D7CE) % 10
        case 0x249C...0x24B5: 0x61 + value - 0x249C
        case 0x24B6...0x24E9: 0x61 + (value - 0x24B6) % 26
        // Capitals in brackets, squares, dark circles and dark squares, 32 places for each.
        case 0x1F110...0x1F189 where (value - 0x1F110) % 32 < 26: 0x61 + (value - 0x1F110) % 32
        default: nil
        }
    }

    /// Exclamation marks, also the wide one and the one that begins Spanish sentences.
    private static func isMark(_ scalar: UInt32) -> Bool { scalar == 0x21 || scalar == 0xA1 || scalar == 0xFF01 }

    /// Zero-width, direction marks, soft hyphen, combining accents, variation selectors.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xAD, 0x180E, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0x2066...0x2069, 0xFEFF, 0x300...0x36F,
            0xFE00...0xFE0F, 0xE0000...0xE007F:
            true
        default: false
        }
    }

    /// Latin letters with accents, Greek and Cyrillic letters that look Latin, and the mathematical letters that stand
    /// apart from their alphabets.
    private static let lookAlikes: [Unicode.Scalar: Letters] = {
        let rows: [(String, String)] = [
            ("a", "àáâãäåāăąÀÁÂÃÄÅĀĂĄаАαΑ"), ("c", "çćčÇĆČсС"), ("d", "ďđĎĐ"), ("e", "èéêëēėęÈÉÊËĒĖĘеЕεΕ"),
            ("g", "ğĞ"), ("h", "һҺ"), ("i", "ìíîïīıÌÍÎÏĪİіІιΙ"), ("j", "јЈ"), ("k", "кКκΚ"), ("l", "łŁӀӏ"),
            ("m", "мМΜ"), ("n", "ñńÑŃΝ"), ("o", "òóôõöøōÒÓÔÕÖØŌоОοΟ"), ("p", "рРρΡ"), ("s", "śšşŚŠŞѕЅ"),
            ("t", "тТτΤ"), ("u", "ùúûüūÙÚÛÜŪ"), ("x", "хХχΧ"), ("y", "ýÿÝуУ"), ("z", "źžżŹŽŻ"), ("ss", "ß"),
            ("ae", "æÆ"), ("oe", "œŒ"), ("b", "ℬ"), ("c", "ℂℭ"), ("e", "ℯℰ"), ("f", "ℱ"), ("g", "ℊ"), ("h", "ℋℌℍℎ"),
            ("i", "ℐℑ"), ("l", "ℒℓ"), ("m", "ℳ"), ("n", "ℕ"), ("o", "ℴ"), ("p", "ℙ"), ("q", "ℚ"), ("r", "ℛℜℝ"),
            ("z", "ℤℨ"),
        ]
        var table: [Unicode.Scalar: Letters] = [:]
        for (plain, alike) in rows { for letter in alike.unicodeScalars { table[letter] = letters(plain) } }
        return table
    }()
}

/// Puts words together whose letters were spread out: four or more single letters in a row, and three with one space,
/// dot or hyphen between them.
private struct SpreadRun {
    private var out: [FoldedText.Piece] = []
    private var letters: FoldedText.Letters = []
    /// Every gap inside the run is one space, dot or hyphen.
    private var isNarrow = true
    /// What stands between the last word and the next.
    private var gap = Gap.none

    private enum Gap { case none, narrow, wide }

    /// What parts words, scalar by scalar.
    mutating func part(_ scalar: UInt32) {
        let isNarrow = gap == .none && (scalar == 0x20 || scalar == 0x2E || scalar == 0x2D)
        gap = isNarrow ? .narrow : .wide
    }

    mutating func add(_ word: FoldedText.Letters) {
        if word.isEmpty { return }
        let isNear = gap == .narrow
        gap = .none
        guard word.count == 1 else {
            flush()
            return out.append(FoldedText.Piece(letters: word, isSpread: false))
        }
        if !letters.isEmpty, !isNear { isNarrow = false }
        letters += word
    }

    mutating func end() -> [FoldedText.Piece] {
        flush()
        return out
    }

    private mutating func flush() {
        if letters.count >= 4 || letters.count == 3 && isNarrow {
            out.append(FoldedText.Piece(letters: letters, isSpread: true))
        } else {
            for letter in letters { out.append(FoldedText.Piece(letters: [letter], isSpread: false)) }
        }
        letters = []
        isNarrow = true
    }
}
