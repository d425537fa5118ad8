// A text as a filter reads it: lower case, without accents, look-alikes and hidden characters undone, cut into words.
// What people do to slip past a word list falls together with the plain spelling. A value; any thread.

struct FoldedText: Sendable {
    struct Piece: Sendable {
        let text: String
        /// Its letters stood alone; it may be several words.
        let isSpread: Bool
    }

    /// Runs of letters and digits, folded; a word whose letters were spread out ("s t o p") is one word again.
    let pieces: [Piece]
    /// A `!` stands between two letters: it may be one itself.
    let hasInnerMark: Bool
    /// A `*` stands between two letters, no digits: it may hide one.
    let hasInnerStar: Bool

    var words: [String] { pieces.map(\.text) }

    /// - Parameters:
    ///   - text: UTF-8; what is not well-formed is read as a space.
    ///   - inner: the letter for which a `!` between two letters stands; nil when it parts words as elsewhere.
    ///   - keepsStars: whether a `*` between two letters belongs to their word; it parts words otherwise.
    init(_ text: [UInt8], inner: Unicode.Scalar? = nil, keepsStars: Bool = false) {
        let scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars).filter { !Self.isHidden($0) }
        let letters = scalars.map { Self.letter($0) }
        var run = SpreadRun()
        var word = ""
        var marked = false
        var starred = false
        for (place, scalar) in scalars.enumerated() {
            var letter = letters[place]
            if letter == nil, place > 0, letters[place - 1] != nil, place + 1 < letters.count,
                letters[place + 1] != nil {
                if Self.isMark(scalar) {
                    marked = true
                    letter = inner.map { String($0) }
                } else if scalar == "*", !Self.isDigit(letters[place - 1]), !Self.isDigit(letters[place + 1]) {
                    starred = true
                    letter = keepsStars ? "*" : nil
                }
            }
            if let letter {
                word.unicodeScalars.append(contentsOf: letter.unicodeScalars)
            } else {
                run.add(word)
                word = ""
                run.part(scalar)
            }
        }
        run.add(word)
        pieces = run.end()
        hasInnerMark = marked
        hasInnerStar = starred
    }

    /// The word with the digits and signs that stand for letters read as such: `k1ll` is `kill`.
    static func plain(_ word: String) -> String {
        var out = ""
        for scalar in word.unicodeScalars { out.unicodeScalars.append(standIns[scalar] ?? scalar) }
        return out
    }

    private static func isDigit(_ letter: String?) -> Bool {
        letter?.utf8.first.map { ASCII.isDigit($0) } ?? false
    }

    /// Signs inside words that stand for letters.
    private static let standIns: [Unicode.Scalar: Unicode.Scalar] = [
        "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s",
    ]

    /// Nil for what parts words.
    private static func letter(_ scalar: Unicode.Scalar) -> String? {
        if scalar.value < 0x80 {
            switch scalar {
            case "a"..."z", "0"..."9": return String(scalar)
            case "A"..."Z": return Unicode.Scalar(scalar.value + 32).map { String($0) }
            case "@", "$": return String(scalar)
            default: return nil
            }
        }
        if let plain = lookAlikes[scalar] ?? undressed(scalar.value) { return plain }
        // Full-width forms of ASCII.
        if (0xFF01...0xFF5E).contains(scalar.value), let narrow = Unicode.Scalar(scalar.value - 0xFEE0) {
            return letter(narrow)
        }
        guard scalar.properties.isAlphabetic || scalar.properties.numericType != nil else { return nil }
        return scalar.properties.lowercaseMapping
    }

    /// The letter or digit in mathematical type, a circle, a square or brackets; nil for everything else.
    private static func undressed(_ value: UInt32) -> String? {
        let octet: UInt32 =
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
            default: 0
            }
        return octet == 0 ? nil : Unicode.Scalar(octet).map { String($0) }
    }

    /// Exclamation marks, also the wide one and the one that begins Spanish sentences.
    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "!" || scalar.value == 0xA1 || scalar.value == 0xFF01
    }

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
    private static let lookAlikes: [Unicode.Scalar: String] = {
        let rows: [(String, String)] = [
            ("a", "àáâãäåāăąÀÁÂÃÄÅĀĂĄаАαΑ"), ("c", "çćčÇĆČсС"), ("d", "ďđĎĐ"), ("e", "èéêëēėęÈÉÊËĒĖĘеЕεΕ"),
            ("g", "ğĞ"), ("h", "һҺ"), ("i", "ìíîïīıÌÍÎÏĪİіІιΙ"), ("j", "јЈ"), ("k", "кКκΚ"), ("l", "łŁӀӏ"),
            ("m", "мМΜ"), ("n", "ñńÑŃΝ"), ("o", "òóôõöøōÒÓÔÕÖØŌоОοΟ"), ("p", "рРρΡ"), ("s", "śšşŚŠŞѕЅ"),
            ("t", "тТτΤ"), ("u", "ùúûüūÙÚÛÜŪ"), ("x", "хХχΧ"), ("y", "ýÿÝуУ"), ("z", "źžżŹŽŻ"), ("ss", "ß"),
            ("ae", "æÆ"), ("oe", "œŒ"), ("b", "ℬ"), ("c", "ℂℭ"), ("e", "ℯℰ"), ("f", "ℱ"), ("g", "ℊ"), ("h", "ℋℌℍℎ"),
            ("i", "ℐℑ"), ("l", "ℒℓ"), ("m", "ℳ"), ("n", "ℕ"), ("o", "ℴ"), ("p", "ℙ"), ("q", "ℚ"), ("r", "ℛℜℝ"),
            ("z", "ℤℨ"),
        ]
        var table: [Unicode.Scalar: String] = [:]
        for (plain, letters) in rows { for letter in letters.unicodeScalars { table[letter] = plain } }
        return table
    }()
}

/// Puts words together whose letters were spread out: four or more single letters in a row, and three with one space,
/// dot or hyphen between them.
private struct SpreadRun {
    private var out: [FoldedText.Piece] = []
    private var letters: [String] = []
    /// Every gap inside the run is one space, dot or hyphen.
    private var isNarrow = true
    /// What stands between the last word and the next.
    private var gap: [Unicode.Scalar] = []

    /// What parts words, scalar by scalar.
    mutating func part(_ scalar: Unicode.Scalar) {
        if gap.count < 2 { gap.append(scalar) }
    }

    mutating func add(_ word: String) {
        if word.isEmpty { return }
        let isNear = gap == [" "] || gap == ["."] || gap == ["-"]
        gap = []
        guard word.unicodeScalars.count == 1 else {
            flush()
            return out.append(FoldedText.Piece(text: word, isSpread: false))
        }
        if !letters.isEmpty, !isNear { isNarrow = false }
        letters.append(word)
    }

    mutating func end() -> [FoldedText.Piece] {
        flush()
        return out
    }

    private mutating func flush() {
        if letters.count >= 4 || letters.count == 3 && isNarrow {
            out.append(FoldedText.Piece(text: letters.joined(), isSpread: true))
        } else {
            out += letters.map { FoldedText.Piece(text: $0, isSpread: false) }
        }
        letters = []
        isNarrow = true
    }
}
