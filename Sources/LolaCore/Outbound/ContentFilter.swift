// What may not be said to anybody in a bank's name: threats, hate, profanity, in English and Spanish. Whole words and
// phrases over the folded text, so that ordinary words that contain others pass. Immutable; any thread.

struct ContentFilter: Sendable {
    enum Category: String, CaseIterable, Sendable { case threat, hate, profanity, listed }

    private let phrases: PhraseTable
    private let everyday: PhraseTable
    private let blocked: PhraseTable
    private let allowed: Set<FoldedText.Letters>

    /// - Parameters:
    ///   - blocked: further words and phrases of the operator.
    ///   - allowed: words that are never taken for anything, as a name of a product may need.
    init(blocked: [String] = [], allowed: [String] = []) {
        var phrases = PhraseTable()
        for (category, list) in Self.lists { phrases.add(list: list, category) }
        self.phrases = phrases
        var everyday = PhraseTable()
        everyday.add(list: Self.everyday, nil)
        self.everyday = everyday
        var own = PhraseTable()
        for text in blocked { own.add(text, .listed) }
        self.blocked = own
        self.allowed = Set(allowed.map { FoldedText.word($0) })
    }

    /// Why the text may not go out; nil when it may. The words found are not told: they would stand in logs. A `!`
    /// inside a word is read as what it is, as an `i` and as an `l`; a `*` as any letter of a profane word.
    func verdict(_ text: [UInt8]) -> Category? {
        let folded = FoldedText(text)
        if let found = verdict(folded) { return found }
        let starred = folded.hasInnerStar ? FoldedText(text, keepsStars: true).pieces : []
        if starred.contains(where: { Self.isProfane($0.letters) }) {
            return .profanity
        }
        guard folded.hasInnerMark else { return nil }
        return verdict(FoldedText(text, inner: "i")) ?? verdict(FoldedText(text, inner: "l"))
    }

    private func verdict(_ text: FoldedText) -> Category? {
        var words: [FoldedText.Piece] = []
        words.reserveCapacity(text.pieces.count)
        for piece in text.pieces {
            let letters = FoldedText.plain(piece.letters)
            if !allowed.isEmpty, allowed.contains(letters) { continue }
            words.append(FoldedText.Piece(letters: letters, isSpread: piece.isSpread))
        }
        let others = withoutEveryday(words)
        for place in words.indices {
            if let found = phrases.found(others[place...]) ?? blocked.found(words[place...]) { return found.category }
        }
        return nil
    }

    /// The words with nothing in the places of those that mean no harm together. What stands around them does not
    /// become a phrase by that.
    private func withoutEveryday(_ words: [FoldedText.Piece]) -> [FoldedText.Piece] {
        var others = words
        var place = 0
        while place < words.count {
            guard let end = everyday.found(words[place...])?.end else {
                place += 1
                continue
            }
            for index in place..<end { others[index] = FoldedText.Piece(letters: [], isSpread: false) }
            place = max(end, place + 1)
        }
        return others
    }

    // MARK: A star for a letter

    /// Whether a word with one star in it is a profane one of as many letters, or begins with one that takes any
    /// ending.
    private static func isProfane(_ word: FoldedText.Letters) -> Bool {
        let letters = FoldedText.plain(word)
        guard letters.count(where: { $0 == FoldedText.star }) == 1, let first = letters.first else { return false }
        return profaneWords[first, default: []].contains { profane in
            let more = letters.count - profane.letters.count
            guard more == 0 || more > 0 && profane.isOpen else { return false }
            return zip(letters, profane.letters).allSatisfy { $0 == $1 || $0 == FoldedText.star }
        }
    }

    /// The profane words of four letters or more by their first letters: `w*f` is a product of numbers.
    private static let profaneWords: [UInt32: [(letters: FoldedText.Letters, isOpen: Bool)]] = {
        var words: [UInt32: [(letters: FoldedText.Letters, isOpen: Bool)]] = [:]
        for (category, list) in lists where category == .profanity {
            for text in list.split(whereSeparator: { $0 == "\n" || $0 == "," }) {
                let parts = text.split(separator: " ")
                guard parts.count == 1, let word = parts.first else { continue }
                let letters = FoldedText.letters(word).filter { $0 != FoldedText.star }
                guard letters.count >= 4, let first = letters.first else { continue }
                words[first, default: []].append((letters, word.hasSuffix("*")))
            }
        }
        return words
    }()
}
