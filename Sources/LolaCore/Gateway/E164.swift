// A telephone number in the form of ITU-T E.164: the only form in which Lola keeps, compares and looks up a
// phone. Plain value of one machine word, any thread; made by PhoneNormalizer and by whoever reads one back.

/// One to fifteen decimal digits, the first not zero. Equal numbers are equal values, whatever their spelling was.
struct E164: Hashable, Sendable {
    /// The digits read as one number: no leading zero, so nothing is lost, and 15 digits fit.
    private let number: UInt64

    /// Reads the canonical spelling `+15550100` and nothing else; nil for every other text.
    init?(_ text: some Collection<UInt8>) {
        guard text.first == 0x2B else { return nil }
        self.init(digits: text.dropFirst())
    }

    /// Reads the digits behind the plus sign; nil unless they are 1 to 15 ASCII digits, the first not zero.
    init?(digits: some Collection<UInt8>) {
        guard (1...Self.digitsMax).contains(digits.count), digits.first != 0x30 else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard ASCII.isDigit(digit) else { return nil }
            value = value &* 10 &+ UInt64(digit &- 0x30)
        }
        number = value
    }

    /// Longest number (ITU-T E.164 §6.1), without the plus sign.
    static let digitsMax = 15

    /// ASCII digits without the plus sign, the way WhatsApp writes a `wa_id`.
    var digits: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(Self.digitsMax)
        ASCII.append(Int(truncatingIfNeeded: number), to: &out)
        return out
    }

    /// The first digit (ITU-T E.164 zone), 1 to 9.
    var zone: Int {
        var rest = number
        while rest >= 10 { rest /= 10 }
        return Int(rest)
    }

    /// The canonical spelling: a plus sign and ASCII digits.
    var bytes: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(1 + Self.digitsMax)
        out.append(0x2B)
        ASCII.append(Int(truncatingIfNeeded: number), to: &out)
        return out
    }

    /// The canonical spelling, for logs and people.
    var text: String { bytes.text }

    /// ISO 3166 code of the country or territory: by the leading digits where the table knows them, else the
    /// main country of the calling code. Nil for unknown codes and for codes of no country (`+800`, `+881`).
    var country: String? { PhonePlan(of: digits[...])?.country(of: digits) }

    /// Whether the national part has a length the numbering plan knows. Advice only: normalisation does not ask it.
    var isPossible: Bool {
        let digits = digits
        guard let plan = PhonePlan(of: digits[...]) else { return false }
        return plan.allows(digits.count - plan.codeDigits)
    }
}
