// What may not be said to anybody in a bank's name: threats, hate, profanity, in English and Spanish. Whole words and
// phrases over the folded text, so that ordinary words that contain others pass. Immutable; any thread.

struct ContentFilter: Sendable {
    enum Category: String, CaseIterable, Sendable { case threat, hate, profanity, listed }

    /// A phrase as the words that must follow each other; `*` at a word's end takes any ending, `_` takes up to two
    /// words, `~` before the last word means that it must not follow.
    private struct Phrase: Sendable {
        let category: Category
        let words: [String]
    }

    /// By the first word's first three letters, so that a text is read once.
    private let phrases: [String: [Phrase]]
    private let allowed: Set<String>

    /// - Parameters:
    ///   - blocked: further words and phrases of the operator.
    ///   - allowed: words that are never taken for anything, as a name of a product may need.
    init(blocked: [String] = [], allowed: [String] = []) {
        var table: [String: [Phrase]] = [:]
        func add(_ text: some StringProtocol, _ category: Category) {
            let words = text.split(separator: " ").map { word in
                let isOpen = word.hasSuffix("*")
                if word == "_" { return "_" }
                if word.hasPrefix("~") { return "~" + FoldedText.plain(String(word.dropFirst())) }
                let plain = FoldedText(Array(word.utf8)).words.joined()
                return FoldedText.plain(plain) + (isOpen ? "*" : "")
            }
            guard let first = words.first, !first.isEmpty, first != "_", first != "*" else { return }
            table[String(first.prefix(2)), default: []].append(Phrase(category: category, words: words))
        }
        for (category, list) in Self.lists {
            for text in list.split(whereSeparator: { $0 == "\n" || $0 == "," }) {
                add(String(text).trimmed, category)
            }
        }
        for text in blocked { add(text, .listed) }
        phrases = table
        self.allowed = Set(allowed.map { FoldedText.plain(FoldedText(Array($0.utf8)).words.joined()) })
    }

    /// Why the text may not go out; nil when it may. The words found are not told: they would stand in logs. A `!`
    /// inside a word is read as what it is, as an `i` and as an `l`.
    func verdict(_ text: [UInt8]) -> Category? {
        let folded = FoldedText(text)
        if let found = verdict(folded) { return found }
        guard folded.hasInnerMark else { return nil }
        return verdict(FoldedText(text, inner: "i")) ?? verdict(FoldedText(text, inner: "l"))
    }

    private func verdict(_ text: FoldedText) -> Category? {
        let words = text.pieces.map { FoldedText.Piece(text: FoldedText.plain($0.text), isSpread: $0.isSpread) }
            .filter { !allowed.contains($0.text) }
        for place in words.indices {
            if let found = category(words[place...], by: 2) { return found }
            // A run of letters may begin with a word of one letter.
            if words[place].isSpread, let found = category(words[place...], by: 1) { return found }
        }
        return nil
    }

    /// The category of a phrase that the words begin with, among those whose first letters are the same.
    private func category(_ words: ArraySlice<FoldedText.Piece>, by letters: Int) -> Category? {
        guard let first = words.first, let candidates = phrases[String(first.text.prefix(letters))] else { return nil }
        return candidates.first { Self.matches($0.words[...], words) }?.category
    }

    /// - Parameter rest: what is left of the first word, a spread one, when a phrase's words took its beginning.
    private static func matches(
        _ phrase: ArraySlice<String>, _ words: ArraySlice<FoldedText.Piece>, rest: Substring? = nil
    ) -> Bool {
        guard let wanted = phrase.first else { return true }
        let following = phrase.dropFirst()
        if wanted == "_" {
            if rest != nil { return matches(following, words, rest: rest) }
            return (0...2).contains { words.count >= $0 && matches(following, words.dropFirst($0)) }
        }
        if wanted.hasPrefix("~") { return words.first.map { $0.text != wanted.dropFirst() } ?? true }
        guard let word = words.first else { return false }
        let text = rest ?? word.text[...]
        let isOpen = wanted.hasSuffix("*")
        let isSame = isOpen ? text.hasPrefix(wanted.dropLast()) : text == wanted
        if isSame, matches(following, words.dropFirst()) { return true }
        guard word.isSpread, !isOpen, !following.isEmpty, text.hasPrefix(wanted), text.count > wanted.count else {
            return false
        }
        return matches(following, words, rest: text.dropFirst(wanted.count))
    }

    private static let lists: [(Category, String)] = [
        (.threat, """
            i will kill _ you, i ll kill you, im going to kill _ you, i m going to kill _ you, gonna kill you
            i am going to kill you, i m going to hurt you, we will kill you, we are going to kill you
            kill yourself, kill your family
            i will hurt you, i am going to hurt you, we will hurt you, hurt your family, hurt your children
            i will find you and, we know where you live, we will find you and, you will regret this
            i will destroy you, i will burn your, burn your house, break your legs, break your bones, break your neck
            you are dead, you re dead, you will die, you are going to die, you better pay or, pay or else
            or else we will
            i will shoot you, shoot you, stab you, slit your throat, bomb your, blow up your, put a bullet in
            beat you up, i will beat you, we will hunt you, hunt you down, watch your back
            te voy a matar, te vamos a matar, los voy a matar, voy a matarte, vamos a matarte, te mataremos, te matare
            te voy a hacer dano, te vamos a hacer dano, te voy a golpear, te vamos a golpear, te voy a romper
            te romperemos, sabemos donde vives, se donde vives, vas a morir, te vas a morir, estas muerto, estas muerta
            te arrepentiras, paga o, te quemaremos, quemar tu casa
            cuida tu espalda, mataremos a tu familia, matar a tu familia, te pegare un tiro
            """),
        (.hate, """
            nigger*, nigga*, faggot*, kike*, wetback*, spic, spics, gook, gooks, raghead*, towelhead*
            tranny, trannies, retard, retards, retarded, beaner, beaners
            white power, heil hitler, gas the jews, death to all, kill all jews, kill all muslims, kill all blacks
            go back to your country ~list, subhuman*, untermensch*
            all _ should die, all _ must die, all immigrants are, all mexicans are
            sudaca*, maricon, maricones, marica, maricas, negro de mierda, negra de mierda, indio de mierda, sidoso*
            muerte a los, muerte a todos los, vuelve a tu pais, vete a tu pais, moro de mierda, judio de mierda
            """),
        (.profanity, """
            fuck*, motherfuck*, shit, shits, shitty, bullshit, asshole*, bitch, bitches, bitching, bastard, bastards
            cunt, cunts, dickhead*, cocksucker*, twats, wanker*, slut, sluts, whore, whores, dumbass
            goddamn, piss off, pissed off, screw you, son of a bitch, prick, pricks, bollocks, arsehole*, stfu, wtf
            puta, putas, puto, putos, hijueputa*, hijoputa*, hijo de puta, hija de puta, mierda, mierdas, pendejo*
            pendeja*, cabron, cabrones, cabrona, chinga, chingar, chingado, chingada, chingaderas, joder, jodete, jodido
            jodida, gilipollas, cono de tu madre, mamon, mamona, verga, vergas, culero, culera, culeros, carajo
            pinche, pinches, malparido*, malparida*, gonorrea hijueputa, boludo de mierda, la concha de tu madre
            conchetumadre, concha tu madre, imbecil de mierda, zorra, zorras, come mierda, comemierda*
            """),
    ]
}

extension String {
    /// Without blanks around.
    fileprivate var trimmed: Substring {
        let head = drop(while: { $0 == " " || $0 == "\t" })
        var tail = head
        while let last = tail.last, last == " " || last == "\t" { tail = tail.dropLast() }
        return tail
    }
}
