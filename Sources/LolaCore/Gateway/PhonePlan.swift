// What the generated table knows of one calling code: its digits, national lengths, trunk rule and regions.
// Plain value, any thread; asked by PhoneNormalizer and E164.

/// How a trunk prefix written behind the calling code is recognised. Raw values are those of the table.
enum PhoneTrunk: UInt32, Sendable {
    /// No trunk prefix, or national numbers that begin with zero themselves (Italy): nothing is taken away.
    case none
    /// National numbers never begin with 0, so a 0 is the trunk prefix (most of the world).
    case zero
    /// 0 is the trunk prefix before another digit; `00…` is a national number (Japan, Korea).
    case zeroBeforeNonzero
    /// 06 is the trunk prefix (Hungary).
    case zeroSix
    /// 8 is the trunk prefix when the number is too long with it (Russia, Kazakhstan, Turkmenistan).
    case eight
    /// 1 is the trunk prefix when the number is too long with it (North America).
    case one
    /// 0, or 8 when the number is too long with it (Lithuania).
    case zeroOrEight
    /// 0, or 80 before nine digits, or 8 when the number is too long with it (Belarus).
    case belarus
    /// 0; and `area 15 subscriber` is the national way to write the mobile `9 area subscriber` (Argentina).
    case argentina
    /// 0 when the number is too long with it; other zeros belong to the number (Gabon).
    case zeroIfNeeded
}

struct PhonePlan: Sendable {
    /// Position in the table.
    private let row: Int
    /// Number of digits of the calling code, 1 to 3.
    let codeDigits: Int

    /// The plan of the calling code these digits begin with (codes are prefix-free); nil when there is none.
    init?(of digits: ArraySlice<UInt8>) {
        guard digits.first != 0x30 else { return nil }
        var code: UInt32 = 0
        var count = 0
        for digit in digits.prefix(3) {
            code = code << 4 | UInt32(digit & 15)
            count += 1
            if let row = Self.search(PhoneTable.rows, for: code, by: { $0 >> 20 }) {
                self.row = row
                codeDigits = count
                return
            }
        }
        return nil
    }

    var trunk: PhoneTrunk { PhoneTrunk(rawValue: PhoneTable.rows[row] >> 16 & 15) ?? .none }

    /// Whether a national number of the main region may have `count` digits.
    func allows(_ count: Int) -> Bool { (0..<16).contains(count) && PhoneTable.rows[row] >> UInt32(count) & 1 == 1 }

    /// The region of a whole number (calling code first), nil when the code belongs to no country.
    func country(of digits: [UInt8]) -> String? {
        for length in stride(from: min(digits.count, Self.leadDigitsMax), through: codeDigits + 1, by: -1) {
            var prefix: UInt32 = 0
            for digit in digits.prefix(length) { prefix = prefix &* 10 &+ UInt32(digit & 15) }
            if let index = Self.search(PhoneTable.leads, for: prefix, by: { $0 }) {
                return Self.region(PhoneTable.leadRegions, index)
            }
        }
        return Self.region(PhoneTable.mainRegions, row)
    }

    /// The national number without its trunk prefix; the same digits when there is none.
    func withoutTrunk(_ national: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = national
        switch trunk {
        case .none: break
        case .zero, .argentina: rest = droppingZero(from: rest)
        case .zeroBeforeNonzero:
            let second = rest.dropFirst().first ?? 0x30
            if second != 0x30 && allows(rest.count - 1) { rest = dropping(0, from: rest) }
        case .zeroSix:
            if rest.starts(with: [0x30, 0x36]) { rest = rest.dropFirst(2) }
        case .eight: rest = droppingIfNeeded(8, from: rest)
        case .one: rest = droppingIfNeeded(1, from: rest)
        case .zeroOrEight: rest = droppingIfNeeded(8, from: droppingZero(from: rest))
        case .belarus:
            if rest.count == 11, rest.starts(with: [0x38, 0x30]) {
                rest = rest.dropFirst(2)
            } else {
                rest = droppingIfNeeded(8, from: droppingZero(from: rest))
            }
        case .zeroIfNeeded: rest = droppingIfNeeded(0, from: rest)
        }
        return trunk == .argentina ? Self.argentineMobile(rest) : rest
    }

    /// Calling code and leading digits of the longest entry of the table.
    private static let leadDigitsMax = 7

    private func dropping(_ digit: UInt8, from national: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        national.first == 0x30 &+ digit ? national.dropFirst() : national
    }

    /// Drops a zero, unless only the zero makes the length possible.
    private func droppingZero(from national: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        allows(national.count) && !allows(national.count - 1) ? national : dropping(0, from: national)
    }

    /// Drops the digit only when that makes a possible length of an impossible one.
    private func droppingIfNeeded(_ digit: UInt8, from national: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        !allows(national.count) && allows(national.count - 1) ? dropping(digit, from: national) : national
    }

    /// `11 15 2345 6789` is the domestic spelling of the mobile `9 11 2345 6789`: area code and subscriber
    /// number have ten digits together, so twelve digits with 15 behind a known area code are this spelling.
    private static func argentineMobile(_ national: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard national.count == 12 else { return national }
        for length in [4, 3, 2] {
            let area = national.prefix(length)
            let rest = national.dropFirst(length)
            guard rest.starts(with: [0x31, 0x35]), let code = ASCII.decimal(area) else { continue }
            if search(PhoneTable.argentineAreas, for: UInt16(truncatingIfNeeded: code), by: { $0 }) != nil {
                return [0x39] + area + rest.dropFirst(2)
            }
        }
        return national
    }

    private static func region(_ letters: [UInt8], _ index: Int) -> String? {
        let code = letters[index * 2..<index * 2 + 2]
        return code.first == 0x2D ? nil : code.text
    }

    private static func search<Element, Key: Comparable>(
        _ table: [Element], for key: Key, by keyOf: (Element) -> Key
    ) -> Int? {
        var low = 0
        var high = table.count
        while low < high {
            let middle = (low + high) / 2
            if keyOf(table[middle]) < key { low = middle + 1 } else { high = middle }
        }
        return low < table.count && keyOf(table[low]) == key ? low : nil
    }
}
