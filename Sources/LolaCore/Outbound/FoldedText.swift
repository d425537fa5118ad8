// A text as a filter reads it: lower case, without accents, look-alikes and hidden characters undone, cut into words. What
// people do to slip past a word list falls together with the plain spelling. A value; any thread.

struct FoldedText: Sendable {
    /// Runs of letters and digits, folded; a word whose letters were spread out ("s t o p") is one word again.
    let words: [String]

    /// - Parameter text: UTF-8; what is not well-formed is read as a space.
    init(_ text: [UInt8]) {
        var found: [String] = []
        var word = ""
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            if Self.isHidden(scalar) { continue }
            if let letter = Self.letter(scalar) {
                word.unicodeScalars.append(contentsOf: letter.unicodeScalars)
            } else if !word.isEmpty {
                found.append(word)
                word = ""
            }
        }
        if !word.isEmpty { found.append(word) }
        words = Self.joinSpread(found)
    }

    /// The word with the digits and signs that stand for letters read as such, repeated letters as one: `k1lll` is `kil`.
    static func plain(_ word: String) -> String {
        var out = ""
        var last: Unicode.Scalar?
        for scalar in word.unicodeScalars {
            let letter = standIns[scalar] ?? scalar
            if letter != last { out.unicodeScalars.append(letter) }
            last = letter
        }
        return out
    }

    /// Signs inside words that stand for letters.
    private static let standIns: [Unicode.Scalar: Unicode.Scalar] = [
        "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i",
    ]

    /// Nil for what parts words.
    private static func letter(_ scalar: Unicode.Scalar) -> String? {
        if scalar.value < 0x80 {
            switch scalar {
            case "a"..."z", "0"..."9": return String(scalar)
            case "A"..."Z": return Unicode.Scalar(scalar.value + 32).map { String($0) }
            case "@", "$": return String(scalar)
            case "!": return nil
            default: return nil
            }
        }
        if let plain = lookAlikes[scalar] { return plain }
        // Full-width forms of ASCII.
        if (0xFF01...0xFF5E).contains(scalar.value), let narrow = Unicode.Scalar(scalar.value - 0xFEE0) {
            return letter(narrow)
        }
        guard scalar.properties.isAlphabetic || scalar.properties.numericType != nil else { return nil }
        return scalar.properties.lowercaseMapping
    }

    /// Zero-width, direction marks, soft hyphen, combining accents, variation selectors.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0x2066...0x2069, 0xFEFF, 0x300...0x36F,
            0xFE00...0xFE0F, 0xE0000...0xE007F:
            true
        default: false
        }
    }

    /// Latin letters with accents, and Greek and Cyrillic letters that look Latin.
    private static let lookAlikes: [Unicode.Scalar: String] = {
        let rows: [(String, String)] = [
            ("a", "àáâãäåāăąÀÁÂÃÄÅĀĂĄаАαΑ"), ("c", "çćčÇĆČсС"), ("d", "ďđĎĐ"), ("e", "èéêëēėęÈÉÊËĒĖĘеЕεΕ"),
            ("g", "ğĞ"), ("h", "һҺ"), ("i", "ìíîïīıÌÍÎÏĪİіІιΙ"), ("j", "јЈ"), ("k", "кКκΚ"), ("l", "łŁ"),
            ("m", "мМΜ"), ("n", "ñńÑŃΝ"), ("o", "òóôõöøōÒÓÔÕÖØŌоОοΟ"), ("p", "рРρΡ"), ("s", "śšşŚŠŞѕЅ"),
            ("t", "тТτΤ"), ("u", "ùúûüūÙÚÛÜŪ"), ("x", "хХχΧ"), ("y", "ýÿÝуУ"), ("z", "źžżŹŽŻ"), ("ss", "ß"),
            ("ae", "æÆ"), ("oe", "œŒ"),
        ]
        var table: [Unicode.Scalar: String] = [:]
        for (plain, letters) in rows { for letter in letters.unicodeScalars { table[letter] = plain } }
        return table
    }()

    /// Four or more single letters in a row are one word with its letters spread out.
    private static func joinSpread(_ words: [String]) -> [String] {
        var out: [String] = []
        var run: [String] = []
        func flush() {
            if run.count >= 4 { out.append(run.joined()) } else { out += run }
            run = []
        }
        for word in words {
            if word.unicodeScalars.count == 1 { run.append(word); continue }
            flush()
            out.append(word)
        }
        flush()
        return out
    }
}
