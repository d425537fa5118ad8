// The two historic forms of a WhatsApp number in Mexico, Argentina and Brazil (reference: protocols §1.6). Pure.
// Only for sending once more after error 131026; what identifies a sender is `PhoneNormalizer`'s to say.

enum WhatsAppNumber {
    /// The other form of a number written as digits without `+`; nil when there is none.
    ///
    /// Mexico with and without 1, Argentina with and without 9, Brazil with and without the ninth digit. Brazilian
    /// landlines (eight digits that start with 2 to 5) have one form only.
    static func otherForm(of digits: [UInt8]) -> [UInt8]? {
        guard digits.allSatisfy({ ASCII.isDigit($0) }) else { return nil }
        return switch digits.prefix(2) {
        case [0x35, 0x32]: toggled(digits, 0x31, national: 10)
        case [0x35, 0x34]: toggled(digits, 0x39, national: 10)
        case [0x35, 0x35]: brazilian(digits)
        default: nil
        }
    }

    /// Puts the digit after the country code, or takes it away.
    private static func toggled(_ digits: [UInt8], _ digit: UInt8, national: Int) -> [UInt8]? {
        let rest = digits[2...]
        if rest.count == national { return digits[..<2] + [digit] + rest }
        if rest.count == national + 1 && rest.first == digit { return digits[..<2] + rest.dropFirst() }
        return nil
    }

    private static func brazilian(_ digits: [UInt8]) -> [UInt8]? {
        let subscriber = digits.dropFirst(4)
        let isOld = subscriber.count == 8
        guard isOld || subscriber.count == 9 && subscriber.first == 0x39 else { return nil }
        let old = isOld ? subscriber : subscriber.dropFirst()
        guard let first = old.first, first >= 0x36 else { return nil }
        return digits[..<4] + (isOld ? [0x39] + old : Array(old))
    }
}
