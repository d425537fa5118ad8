// Finds payment card numbers in free text and masks them before anything is stored or sent on (CONTRACT §5).
// Octets in, octets out, linear time. Pure, any thread; used on free text and on `result` values, never on
// ids, phones or conversation keys.

enum CardNumber {
    /// The text with card numbers masked, and how many there were. In a run of digits that holds a card number
    /// every digit becomes `*`, but the last four of the number: what stands beside it is its date or its code.
    /// Separators and all other text stay as they are, and the result holds no card number.
    /// - Parameter issuedOnly: spares numbers without the prefix and length of a card network, which pass the check
    ///   digit by chance: for texts of the bank itself, where references and account numbers must arrive.
    static func mask(_ text: [UInt8], issuedOnly: Bool = false) -> (masked: [UInt8], count: Int) {
        var places: [ByteRange] = []
        var count = 0
        scan(text) { token in
            let cards = token.cards(issuedOnly: issuedOnly)
            count += cards.count
            guard !cards.isEmpty else { return true }
            for (index, isShown) in token.shown(of: cards).enumerated() where !isShown {
                places.append(token.places[index])
            }
            return true
        }
        guard !places.isEmpty else { return (text, 0) }
        var masked: [UInt8] = []
        masked.reserveCapacity(text.count)
        var copied = 0
        for place in places {
            masked.append(contentsOf: text[copied..<place.start])
            masked.append(0x2A)
            copied = place.end
        }
        masked.append(contentsOf: text[copied...])
        return (masked, count)
    }

    /// Whether the text holds a card number.
    static func contains(_ text: [UInt8]) -> Bool { lastFour(text) != nil }

    /// The last four digits of the first card number, as ASCII; nil when there is none.
    static func lastFour(_ text: [UInt8]) -> [UInt8]? {
        var found: [UInt8]?
        scan(text) { token in
            guard let card = token.cards(issuedOnly: false).first else { return true }
            found = token.values[card.end - 4..<card.end].map { 0x30 &+ $0 }
            return false
        }
        return found
    }

    /// Shortest and longest card number in digits (ISO/IEC 7812-1 as issued today).
    static let digitsMin = 13
    static let digitsMax = 19

    /// Calls `body` for each run of at least 13 digits with nothing but separators between them, in order,
    /// until it returns false. One pass without allocation over texts with fewer digits than that.
    private static func scan(_ text: [UInt8], _ body: (CardToken) -> Bool) {
        guard mayHold(text) else { return }
        var token = CardToken()
        var index = 0
        while index < text.count {
            let start = index
            switch PhoneScalar.next(text, &index) {
            case .digit(let value): token.append(value, at: ByteRange(start: start, end: index))
            case .space, .dash, .dot, .invisible: token.separate()
            case .slash, .bracket: token.separateOddly()
            case .lineBreak: token.breakLine()
            case let scalar:
                let isBeforeDigit = index < text.count && ASCII.isDigit(text[index])
                if let mark = CardMark(text[start..<index]), token.separate(by: mark, isBeforeDigit) { continue }
                if token.values.count >= digitsMin, !body(token) { return }
                token.restart(afterPlus: scalar == .plus)
            }
        }
        if token.values.count >= digitsMin { _ = body(token) }
    }

    /// Whether there may be 13 digits at all: ASCII digits, and octets that may begin a digit of another script.
    private static func mayHold(_ text: [UInt8]) -> Bool {
        var digits = 0
        for byte in text where ASCII.isDigit(byte) || byte >= 0xC2 {
            digits += 1
            if digits == digitsMin { return true }
        }
        return false
    }
}
