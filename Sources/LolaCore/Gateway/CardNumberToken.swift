// One run of digits and separators in a text, and the card numbers in it by length, check digit (Luhn, ISO/IEC 7812-1)
// and prefix. Plain value; filled and asked by CardNumber only.

struct CardToken {
    /// Digits between two separators.
    private struct Group {
        let start: Int
        /// What stands before it, after another group of the run.
        var isOddlySeparated = false
        var followsColon = false
        var followsLineBreak = false
    }

    /// Digit values in order.
    private(set) var values: [UInt8] = []
    /// Where each digit stands in the text.
    private(set) var places: [ByteRange] = []
    private var groups: [Group] = []
    private var isSeparated = true
    private var followsPlus = false
    /// What has been seen since the last digit.
    private var gap = Group(start: 0)
    private var rareMarks = 0

    mutating func append(_ value: UInt8, at place: ByteRange) {
        if isSeparated {
            var group = values.isEmpty ? Group(start: 0) : Group(start: values.count)
            if !values.isEmpty {
                group.isOddlySeparated = gap.isOddlySeparated
                group.followsColon = gap.followsColon
                group.followsLineBreak = gap.followsLineBreak
            }
            groups.append(group)
            gap = Group(start: 0)
            rareMarks = 0
        }
        isSeparated = false
        values.append(value)
        places.append(place)
    }

    mutating func separate() { isSeparated = true }

    /// A separator that people use, but dates and paths more often: the number then needs the prefix of a network.
    mutating func separateOddly() {
        isSeparated = true
        gap.isOddlySeparated = true
    }

    mutating func breakLine() {
        isSeparated = true
        gap.followsLineBreak = true
    }

    /// Whether the mark separates two groups of one number; false when it ends the run.
    mutating func separate(by mark: CardMark, _ isBeforeDigit: Bool) -> Bool {
        switch mark {
        case .odd: break
        case .colon: gap.followsColon = true
        case .rare:
            // Where many stand there was something else, for example a number that is masked already.
            rareMarks += 1
            guard rareMarks <= Self.rareMarksMax else { return false }
        case .tight, .plus:
            guard !isSeparated, isBeforeDigit else { return false }
            // A plus sign behind a long group begins another phone number.
            guard mark == .tight || values.count - (groups.last?.start ?? 0) <= Self.plusGroupMax else { return false }
        }
        separateOddly()
        return true
    }

    private static let rareMarksMax = 2
    private static let plusGroupMax = 6

    /// Forgets the run; the next one begins. `afterPlus`: a plus sign stands before it.
    mutating func restart(afterPlus: Bool) {
        if !values.isEmpty {
            values.removeAll(keepingCapacity: true)
            places.removeAll(keepingCapacity: true)
            groups.removeAll(keepingCapacity: true)
        }
        isSeparated = true
        followsPlus = afterPlus
        gap = Group(start: 0)
        rareMarks = 0
    }

    /// The digit ranges that are card numbers, in order; they may overlap, for what overlaps is hidden anyway.
    ///
    /// The whole run, or what stands before an expiry date, counts when its length and check digit are right and it
    /// stands on one line. A part of a run (a number with its code behind it, two numbers in a row) counts only with
    /// the prefix and length of a network and only where `mayStand` allows it: else every long number would hold some
    /// part that passes. Behind a plus sign nothing counts that can be a phone number.
    /// - Parameter issuedOnly: the prefix and length of a network are always asked for.
    func cards(issuedOnly: Bool) -> [ByteRange] {
        let hasPhoneForm = followsPlus && values.count <= E164.digitsMax
        if hasPhoneForm && isPossiblePhone { return [] }
        for count in [groups.count, groupsBeforeExpiry] {
            if let number = number(ofFirst: count, issuedOnly: issuedOnly || hasPhoneForm) { return [number] }
        }
        var found: [ByteRange] = []
        var group = 0
        for start in values.indices {
            if group + 1 < groups.count && groups[group + 1].start == start { group += 1 }
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

    /// The first groups as one card number; nil when they are none.
    private func number(ofFirst count: Int, issuedOnly: Bool) -> ByteRange? {
        guard count > 0 else { return nil }
        let range = ByteRange(start: 0, end: endOfGroup(count - 1))
        guard (CardNumber.digitsMin...CardNumber.digitsMax).contains(range.end), values[0] != 0 else { return nil }
        let between = groups[1..<count]
        guard !between.contains(where: \.followsLineBreak) else { return nil }
        if issuedOnly || between.contains(where: \.isOddlySeparated) {
            guard CardNetwork.lengths(of: values[...]) >> UInt32(range.end) & 1 == 1, hasCardGroups(range, from: 0)
            else { return nil }
        }
        return passesLuhn(range) ? range : nil
    }

    /// How many groups stand before `MM/YY` or `MM/YYYY`, with or without a code of 3 or 4 digits behind it, at the
    /// end of the run; 0 when it does not end so. A clock (`10:30`) and the end of a longer date are no expiry.
    private var groupsBeforeExpiry: Int {
        for code in [0, 1] {
            let month = groups.count - code - 2
            guard month > 0 else { continue }
            if code == 1 && !(3...4).contains(length(of: month + 2)) { continue }
            guard length(of: month) == 2, (1...12).contains(number(month)), !groups[month + 1].followsColon,
                length(of: month - 1) > 2
            else { continue }
            let year = number(month + 1)
            let isShort = length(of: month + 1) == 2 && (20...49).contains(year)
            if isShort || length(of: month + 1) == 4 && (2020...2049).contains(year) { return month }
        }
        return 0
    }

    /// The value of a group of at most four digits; 0 for longer ones.
    private func number(_ group: Int) -> Int {
        guard length(of: group) <= 4 else { return 0 }
        return values[groups[group].start..<endOfGroup(group)].reduce(0) { $0 * 10 + Int($1) }
    }

    private func length(of group: Int) -> Int { endOfGroup(group) - groups[group].start }

    /// Whether the digits can be a phone number with its calling code, by the lengths of its numbering plan.
    private var isPossiblePhone: Bool {
        let spelling = [0x2B] + values.map { 0x30 &+ $0 }
        guard let phone = try? PhoneNormalizer.normalize(spelling, .international) else { return false }
        return phone.isPossible
    }

    /// Whether the groups are as on a card, where that is asked: of thirteen digits, which are so few, and where marks
    /// of dates and amounts (`20/11/2026`, `4,500.00`) stand between. Those have short groups in front.
    private func hasCardGroups(_ range: ByteRange, from group: Int) -> Bool {
        var lengths: [Int] = []
        var isOdd = false
        var next = group
        while next < groups.count && groups[next].start < range.end {
            if next > group && groups[next].isOddlySeparated { isOdd = true }
            lengths.append(length(of: next))
            next += 1
        }
        if range.end - range.start == CardNumber.digitsMin {
            let isWhole = groups[group].start == range.start
            return isWhole && [[13], [4, 3, 3, 3], [4, 4, 4, 1]].contains(lengths)
        }
        guard isOdd else { return true }
        let shortest = lengths.dropLast().min() ?? 0
        let longest = lengths.max() ?? 0
        return shortest >= 3 || longest == 1 || longest == 2 && shortest == 2 && values[range.start] >= 4
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
        guard hasCardGroups(part, from: group) else { return false }
        let start = groups[group].start
        let end = endOfGroup(group)
        if part.end < end || part.start > start {
            guard part.end <= end, end - start > 16 else { return false }
            return end - start > CardNumber.digitsMax || part.start == start || part.end == end
        }
        var last = group
        while endOfGroup(last) < part.end { last += 1 }
        return endOfGroup(last) == part.end
    }

    private func endOfGroup(_ group: Int) -> Int {
        group + 1 < groups.count ? groups[group + 1].start : values.count
    }

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
