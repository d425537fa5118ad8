// One run of digits and separators in a text, and the card numbers in it: Luhn check (ISO/IEC 7812-1) and
// issuer prefixes. Plain value; filled and asked by CardNumber only.

struct CardToken {
    /// Digit values in order.
    private(set) var values: [UInt8] = []
    /// Where each digit stands in the text.
    private(set) var places: [ByteRange] = []
    /// Index of the first digit of each group; groups are what separators divide.
    private var groups: [Int] = []
    private var isSeparated = true
    private var followsPlus = false
    private var endsLine = false
    private var breaksLine = false
    private var isOdd = false

    mutating func append(_ value: UInt8, at place: ByteRange) {
        if isSeparated { groups.append(values.count) }
        if endsLine && !values.isEmpty { breaksLine = true }
        isSeparated = false
        endsLine = false
        values.append(value)
        places.append(place)
    }

    mutating func separate() { isSeparated = true }

    /// A separator that people use, but dates and paths more often: the run then needs the prefix of a network.
    mutating func separateOddly() {
        isSeparated = true
        if !values.isEmpty { isOdd = true }
    }

    mutating func breakLine() {
        isSeparated = true
        endsLine = true
    }

    /// Forgets the run; the next one begins. `afterPlus`: a plus sign stands before it.
    mutating func restart(afterPlus: Bool) {
        if !values.isEmpty {
            values.removeAll(keepingCapacity: true)
            places.removeAll(keepingCapacity: true)
            groups.removeAll(keepingCapacity: true)
        }
        isSeparated = true
        followsPlus = afterPlus
        endsLine = false
        breaksLine = false
        isOdd = false
    }

    /// The digit ranges that are card numbers, in order; they may overlap, for what overlaps is hidden anyway.
    ///
    /// The whole run counts when its length and check digit are right and it stands on one line. A part of a run
    /// (a number with its date or code behind it, two numbers in a row) counts only with the prefix and length of
    /// a network and only where `mayStand` allows it: else every long number would hold some part that passes.
    func cards() -> [ByteRange] {
        if followsPlus && values.count <= E164.digitsMax { return [] }
        let whole = ByteRange(start: 0, end: values.count)
        let fits = (CardNumber.digitsMin...CardNumber.digitsMax).contains(values.count)
        let isLikely = !isOdd || CardNetwork.lengths(of: values[...]) >> UInt32(values.count) & 1 == 1
        if fits && !breaksLine && values[0] != 0 && isLikely && passesLuhn(whole) { return [whole] }
        var found: [ByteRange] = []
        var group = 0
        for start in values.indices {
            if group + 1 < groups.count && groups[group + 1] == start { group += 1 }
            let lengths = CardNetwork.lengths(of: values[start...])
            guard lengths != 0 else { continue }
            for length in stride(from: CardNumber.digitsMax, through: CardNumber.digitsMin, by: -1) {
                let part = ByteRange(start: start, end: start + length)
                guard lengths >> UInt32(length) & 1 == 1, mayStand(part, in: group), passesLuhn(part) else { continue }
                found.append(part)
                break
            }
        }
        return found
    }

    /// Which digits may stay when these are card numbers: the last four of each that belong to no other's front.
    func shown(of cards: [ByteRange]) -> [Bool] {
        var shown = [Bool](repeating: false, count: values.count)
        for card in cards {
            for index in card.end - 4..<card.end { shown[index] = true }
        }
        for card in cards {
            for index in card.start..<card.end - 4 { shown[index] = false }
        }
        return shown
    }

    /// Whether a part that begins in this group may be a card number: from the start of a group to the end of
    /// one; at an end of a group of 17 to 19 digits (a code glued to the number); anywhere in a longer group.
    private func mayStand(_ part: ByteRange, in group: Int) -> Bool {
        guard part.end <= values.count else { return false }
        let start = groups[group]
        let end = endOfGroup(group)
        if part.end < end || part.start > start {
            guard part.end <= end, end - start > 16 else { return false }
            return end - start > CardNumber.digitsMax || part.start == start || part.end == end
        }
        var last = group
        while endOfGroup(last) < part.end { last += 1 }
        return endOfGroup(last) == part.end
    }

    private func endOfGroup(_ group: Int) -> Int { group + 1 < groups.count ? groups[group + 1] : values.count }

    private func passesLuhn(_ range: ByteRange) -> Bool {
        var sum = 0
        var doubles = false
        for index in stride(from: range.end - 1, through: range.start, by: -1) {
            let value = Int(values[index])
            sum += doubles ? (value < 5 ? value * 2 : value * 2 - 9) : value
            doubles.toggle()
        }
        return sum % 10 == 0
    }
}

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

    /// First four digits, from and to. Thirteen-digit Visa and the shorter Maestro lengths are left to the
    /// whole-run rule: as parts of other numbers they would nearly always be chance.
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
        Row(first: 4000, last: 4999, lengths: sixteen | 1 << 19),  // Visa
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
