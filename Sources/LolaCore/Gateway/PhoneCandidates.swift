// The numbers under which one sender may be known at the identity service (CONTRACT §5 and §11). Three
// countries changed their mobile numbers while WhatsApp kept the old ids; both forms are one line, so asking
// for both merges nobody. Pure, any thread; called by the IdentityLookup middleware and the dry-run.

extension PhoneNormalizer {
    /// The numbers to ask for, in order and without repetition: canonical form, number as received, legacy
    /// form. One entry for most of the world, two for mobile numbers of Mexico, Argentina and Brazil.
    /// - Parameter number: the sender as received, normalised. It stays the message's phone and reply address.
    static func candidates(for number: E164) -> [E164] {
        // All three lie in zone 5.
        guard number.zone == 5 else { return [number] }
        let digits = number.digits
        if let modern = modernForm(digits), let canonical = E164(digits: modern) { return [canonical, number] }
        if let old = legacyForm(digits), let legacy = E164(digits: old) { return [number, legacy] }
        return [number]
    }

    /// Today's form of an old number; nil when the number is not an old one.
    private static func modernForm(_ digits: [UInt8]) -> [UInt8]? {
        let national = digits.dropFirst(2)
        switch (digits.prefix(2).text, national.count) {
        // Mexico dropped the mobile digit 1 on 2019-08-03.
        case ("52", 11) where national.first == 0x31: return removing(digits, at: 2)
        // Argentina: a mobile has a 9 behind the country code.
        case ("54", 10) where national.first != 0x39: return inserting(0x39, in: digits, at: 2)
        // Brazil: mobile numbers got a ninth digit until 2016; fixed lines begin with 2 to 5.
        case ("55", 10) where hasBrazilianArea(national) && isBrazilianMobile(national.dropFirst(2)):
            return inserting(0x39, in: digits, at: 4)
        default: return nil
        }
    }

    /// The old form of a number of today; nil when it never had another one.
    private static func legacyForm(_ digits: [UInt8]) -> [UInt8]? {
        let national = digits.dropFirst(2)
        switch (digits.prefix(2).text, national.count) {
        case ("52", 10): return inserting(0x31, in: digits, at: 2)
        case ("54", 11) where national.first == 0x39 && national.dropFirst().first != 0x39:
            return removing(digits, at: 2)
        case ("55", 11) where hasBrazilianArea(national) && national.dropFirst(2).first == 0x39
            && isBrazilianMobile(national.dropFirst(3)):
            return removing(digits, at: 4)
        default: return nil
        }
    }

    private static func inserting(_ digit: UInt8, in digits: [UInt8], at index: Int) -> [UInt8] {
        var out = digits
        out.insert(digit, at: index)
        return out
    }

    private static func removing(_ digits: [UInt8], at index: Int) -> [UInt8] {
        var out = digits
        out.remove(at: index)
        return out
    }

    /// Area codes have two digits, neither of them zero.
    private static func hasBrazilianArea(_ national: ArraySlice<UInt8>) -> Bool {
        !national.prefix(2).contains(0x30)
    }

    private static func isBrazilianMobile(_ subscriber: ArraySlice<UInt8>) -> Bool {
        guard let first = subscriber.first else { return false }
        return (0x36...0x39).contains(first)
    }
}
