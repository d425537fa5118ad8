// Every spelling of a telephone number to one E.164 form (CONTRACT §5). Form only: the digits of the number
// are never exchanged for others; what the quirks of WhatsApp allow is in PhoneCandidates. Pure, any thread;
// called by the PhoneNormalization middleware, the channels and the admin surface.

/// What digits without an international mark mean.
enum PhoneSource: Sendable {
    /// They begin with the calling code: a `wa_id`, a Telegram contact, the dry-run of an administrator.
    case international
    /// They mean nothing and are refused (Twilio short codes): only `+`, `00` and `011` are read.
    case prefixed
}

enum PhoneNormalizer {
    /// The E.164 form of one written number.
    ///
    /// Needs an assigned calling code and 7 to 15 digits; lengths of national numbers are not enforced
    /// (`E164.isPossible`). The result, written out, normalises to itself.
    /// - Throws: the first reason found, reading from the left.
    static func normalize(_ raw: [UInt8], _ source: PhoneSource) throws(PhoneFault) -> E164 {
        let digits = try international(PhoneSpelling(raw), source)
        guard let plan = PhonePlan(of: digits) else { throw .callingCode }
        let written = digits.dropFirst(plan.codeDigits)
        let national = plan.withoutTrunk(written)
        guard plan.withoutTrunk(national) == national else { throw .trunk }
        // A trunk prefix is never taken away without the number becoming shorter.
        let whole = national.count == written.count ? digits : digits.prefix(plan.codeDigits) + national
        guard whole.count >= digitsMin, let number = E164(digits: whole) else { throw .length }
        return number
    }

    /// Shortest whole number: those of Saint Helena and Niue have a three-digit code and four more digits.
    static let digitsMin = 7

    /// The digits from the calling code on.
    private static func international(
        _ spelling: PhoneSpelling, _ source: PhoneSource
    ) throws(PhoneFault) -> ArraySlice<UInt8> {
        let digits = spelling.digits[...]
        if spelling.hasPlus { return digits }
        if digits.starts(with: [0x30, 0x30]) { return digits.dropFirst(2) }
        if digits.starts(with: [0x30, 0x31, 0x31]) { return digits.dropFirst(3) }
        guard source == .international, digits.first != 0x30 else { throw .national }
        return digits
    }
}
