// What CardToken knows from outside: the prefixes and lengths of the card networks (ISO/IEC 7812-1 as issued), and the
// marks that people put between the groups of a number. Plain values and pure functions, any thread.

/// Prefixes of the card networks and the lengths each issues.
enum CardNetwork {
    /// Bit n is set when a card number of n digits may begin with these digits; 0 when no network's does.
    static func lengths(of digits: ArraySlice<UInt8>) -> UInt32 {
        guard digits.count >= CardNumber.digitsMin else { return 0 }
        var prefix: UInt16 = 0
        for digit in digits.prefix(4) { prefix = prefix &* 10 &+ UInt16(digit) }
        var lengths: UInt32 = 0
        for row in table where row.first <= prefix && prefix <= row.last { lengths |= row.lengths }
        return lengths
    }

    private struct Row {
        let first: UInt16
        let last: UInt16
        let lengths: UInt32
    }

    private static let sixteen: UInt32 = 1 << 16
    private static let long: UInt32 = 1 << 16 | 1 << 17 | 1 << 18 | 1 << 19

    /// First four digits, from and to. The shorter Maestro lengths are left to the rule of the whole run: as parts
    /// of other numbers they would nearly always be chance.
    private static let table: [Row] = [
        Row(first: 2200, last: 2204, lengths: long),  // Mir
        Row(first: 2221, last: 2720, lengths: sixteen),  // Mastercard
        Row(first: 3000, last: 3059, lengths: 1 << 14 | sixteen),  // Diners Club
        Row(first: 3095, last: 3095, lengths: 1 << 14 | sixteen),
        Row(first: 3400, last: 3499, lengths: 1 << 15),  // American Express
        Row(first: 3528, last: 3589, lengths: long),  // JCB
        Row(first: 3600, last: 3699, lengths: 1 << 14 | sixteen),  // Diners Club
        Row(first: 3700, last: 3799, lengths: 1 << 15),  // American Express
        Row(first: 3800, last: 3999, lengths: 1 << 14 | sixteen),  // Diners Club
        Row(first: 4000, last: 4999, lengths: 1 << 13 | sixteen | 1 << 19),  // Visa
        Row(first: 5000, last: 5099, lengths: sixteen | 1 << 18 | 1 << 19),  // Maestro, Elo, Verve, RuPay
        Row(first: 5100, last: 5599, lengths: sixteen),  // Mastercard
        Row(first: 5600, last: 5899, lengths: sixteen | 1 << 18 | 1 << 19),  // Maestro
        Row(first: 6000, last: 6099, lengths: sixteen | 1 << 19),  // Discover, RuPay, Hipercard
        Row(first: 6200, last: 6299, lengths: long),  // UnionPay
        Row(first: 6300, last: 6399, lengths: sixteen | 1 << 18 | 1 << 19),  // Maestro, Elo
        Row(first: 6440, last: 6599, lengths: sixteen | 1 << 18 | 1 << 19),  // Discover, RuPay, Troy, Verve
        Row(first: 6700, last: 6799, lengths: sixteen | 1 << 18 | 1 << 19),  // Maestro
        Row(first: 8100, last: 8299, lengths: sixteen),  // UnionPay, RuPay
        Row(first: 9792, last: 9792, lengths: sixteen),  // Troy
    ]
}

/// A mark between two groups of digits that is no blank, dash, dot, slash or bracket.
enum CardMark: Hashable, Sendable {
    /// `_`, `|`, `~`, a comma, a middle dot: any number of them.
    case odd
    /// The same, also in clocks.
    case colon
    /// `*`, `;`, `=`, `&`, quotes and their like: two at most.
    case rare
    /// `#`, `$`, `%`, `@`: they say what the number is, so only right between two digits.
    case tight
    /// Right between two short groups, as a form writes blanks.
    case plus

    /// Nil for a scalar that never stands inside a number.
    init?(_ scalar: ArraySlice<UInt8>) {
        guard let first = scalar.first else { return nil }
        if scalar.count > 1 {
            guard let mark = Self.wide.first(where: { scalar.elementsEqual($0.octets) }) else { return nil }
            self = mark.mark
            return
        }
        switch first {
        case 0x5F, 0x7C, 0x7E, 0x2C: self = .odd
        case 0x3A: self = .colon
        case 0x21, 0x22, 0x26, 0x27, 0x2A, 0x3B...0x3F, 0x5C, 0x5E, 0x60, 0x7B, 0x7D: self = .rare
        case 0x23, 0x24, 0x25, 0x40: self = .tight
        case 0x2B: self = .plus
        default: return nil
        }
    }

    /// Middle dot, bullet, fraction and division slash, and full-width forms.
    private static let wide: [(octets: [UInt8], mark: CardMark)] = [
        ([0xC2, 0xB7], .odd), ([0xE2, 0x80, 0xA2], .rare), ([0xE2, 0x81, 0x84], .rare), ([0xE2, 0x88, 0x95], .rare),
        ([0xEF, 0xBC, 0x8A], .rare), ([0xEF, 0xBC, 0x8C], .odd), ([0xEF, 0xBC, 0x9A], .colon),
        ([0xEF, 0xBC, 0x9B], .rare), ([0xEF, 0xBC, 0xBF], .odd), ([0xEF, 0xBD, 0x9C], .odd),
    ]
}
