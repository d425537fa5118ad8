// Phrases to be found in a folded text, whole words of it, by their first letters, so that a text is read once. A
// value; any thread.

struct PhraseTable: Sendable {
    /// A word of a phrase: the letters it must have, and whether any ending may follow; a gap takes up to two words.
    private struct Word: Sendable {
        let letters: FoldedText.Letters
        var isOpen = false
        var isGap = false
    }

    private struct Phrase: Sendable {
        let category: ContentFilter.Category?
        let words: [Word]
    }

    private var phrases: [UInt64: [Phrase]] = [:]

    init() {}

    /// Phrases parted by commas and line ends.
    mutating func add(list: String, _ category: ContentFilter.Category?) {
        for text in list.split(whereSeparator: { $0 == "\n" || $0 == "," }) { add(text, category) }
    }

    /// A phrase's words must follow each other; `*` at a word's end takes any ending, `_` takes up to two words. A
    /// letter counts for as often as it is written or more: `kil` takes `kill` and `kiil`, `kill` does not take `kil`.
    mutating func add(_ text: some StringProtocol, _ category: ContentFilter.Category?) {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).compactMap { word -> Word? in
            if word == "_" { return Word(letters: [], isGap: true) }
            let plain = FoldedText.word(word)
            let isOpen = word.hasSuffix("*")
            return plain.isEmpty && !isOpen ? nil : Word(letters: plain, isOpen: isOpen)
        }
        guard let first = words.first?.letters, !first.isEmpty else { return }
        phrases[Self.key(first, 2), default: []].append(Phrase(category: category, words: words))
    }

    /// The first phrase that the words begin with, and the place behind its last word.
    func found(_ words: ArraySlice<FoldedText.Piece>) -> (category: ContentFilter.Category?, end: Int)? {
        if let match = found(words, by: 2) { return match }
        // A run of letters may begin with a word of one letter.
        return words.first?.isSpread == true ? found(words, by: 1) : nil
    }

    private func found(
        _ words: ArraySlice<FoldedText.Piece>, by letters: Int
    ) -> (category: ContentFilter.Category?, end: Int)? {
        guard let first = words.first, let candidates = phrases[Self.key(first.letters, letters)] else { return nil }
        for phrase in candidates {
            if let end = Self.place(after: phrase.words[...], words) { return (phrase.category, end) }
        }
        return nil
    }

    /// The first letters, one or two of them, repeated ones as one.
    private static func key(_ word: FoldedText.Letters, _ letters: Int) -> UInt64 {
        guard let first = word.first else { return 0 }
        guard letters > 1, let second = word.first(where: { $0 != first }) else { return UInt64(first) }
        return UInt64(first) << 32 | UInt64(second)
    }

    /// The place behind the words that the phrase takes; nil when it takes none.
    /// - Parameter rest: what is left of the first word, a spread one, when a phrase's words took its beginning.
    private static func place(
        after phrase: ArraySlice<Word>, _ words: ArraySlice<FoldedText.Piece>, rest: ArraySlice<UInt32>? = nil
    ) -> Int? {
        guard let wanted = phrase.first else { return words.startIndex }
        let following = phrase.dropFirst()
        if wanted.isGap {
            if rest != nil { return place(after: following, words, rest: rest) }
            for count in 0...min(2, words.count) {
                if let match = place(after: following, words.dropFirst(count)) { return match }
            }
            return nil
        }
        guard let word = words.first,
            let left = remainder(of: rest ?? word.letters[...], after: wanted.letters)
        else { return nil }
        if wanted.isOpen || left.isEmpty { return place(after: following, words.dropFirst()) }
        guard word.isSpread, !following.isEmpty else { return nil }
        return place(after: following, words, rest: left)
    }

    /// What is left of a text that begins with the letters, each repeated as often or more; nil when it does not.
    private static func remainder(
        of text: ArraySlice<UInt32>, after letters: FoldedText.Letters
    ) -> ArraySlice<UInt32>? {
        var (place, taken) = (text.startIndex, 0)
        while taken < letters.count {
            let letter = letters[taken]
            while taken < letters.count, letters[taken] == letter {
                guard place < text.endIndex, text[place] == letter else { return nil }
                (place, taken) = (place + 1, taken + 1)
            }
            while place < text.endIndex, text[place] == letter { place += 1 }
        }
        return text[place...]
    }
}
