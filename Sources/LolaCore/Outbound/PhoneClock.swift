// What time it may be where a telephone rings: the clocks of a number by its leading digits, and from them the hours in
// which it may be called. Where a number does not tell its place, all clocks it may live by must agree. Values; any thread.

struct PhoneClock: Sendable {
    /// Every clock of the number; never empty.
    private let rules: [ZoneRule]

    /// - Parameter digits: of an E.164 number without its plus. A number of no known place has all clocks of the world.
    init(digits: some Collection<UInt8>) {
        guard let set = Self.set(of: [UInt8](digits)) else {
            rules = ZoneTable.rules
            return
        }
        let (first, end) = (Int(ZoneTable.starts[set]), Int(ZoneTable.starts[set + 1]))
        rules = ZoneTable.members[first..<end].map { ZoneTable.rules[Int($0)] }
    }

    /// Whether every clock of the number shows an hour from `start` to before `end`.
    func isWithin(_ hours: CallingHours, at time: WallTime) -> Bool { isWithin(hours, minute: Self.minute(time)) }

    /// The next time at which `isWithin` holds, `time` itself when it does; nil when there is none in a week, as with
    /// clocks so far apart that no hour suits all.
    func next(_ hours: CallingHours, from time: WallTime) -> WallTime? {
        let now = Self.minute(time)
        if isWithin(hours, minute: now) { return time }
        // Offsets and changes lie on quarters of an hour.
        var quarter = now / 15 + 1
        let end = quarter + 7 * 96
        while quarter < end {
            if isWithin(hours, minute: quarter * 15) { return WallTime(milliseconds: Int64(quarter) * 900_000) }
            quarter += 1
        }
        return nil
    }

    /// Offsets of all clocks at an instant, in minutes east of UTC.
    func offsets(at time: WallTime) -> Set<Int> {
        var found: Set<Int> = []
        for rule in rules {
            let (first, second) = rule.offsets(atMinute: Self.minute(time))
            found.insert(first)
            found.insert(second)
        }
        return found
    }

    private func isWithin(_ hours: CallingHours, minute utc: Int) -> Bool {
        rules.allSatisfy { rule in
            let (first, second) = rule.offsets(atMinute: utc)
            return Self.isWithin(hours, utc + first) && (first == second || Self.isWithin(hours, utc + second))
        }
    }

    private static func isWithin(_ hours: CallingHours, _ local: Int) -> Bool {
        let minute = ((local % 1_440) + 1_440) % 1_440
        return (hours.start * 60..<hours.end * 60).contains(minute)
    }

    /// Whole minutes since the epoch, rounded down.
    private static func minute(_ time: WallTime) -> Int {
        let seconds = Int(time.inSeconds)
        return seconds >= 0 ? seconds / 60 : (seconds - 59) / 60
    }

    /// The set of the longest prefix in the table.
    private static func set(of digits: [UInt8]) -> Int? {
        var found: Int?
        var number: UInt32 = 0
        for digit in digits.prefix(9) {
            guard ASCII.isDigit(digit), digits[0] != 0x30 else { return nil }
            number = number * 10 + UInt32(digit - 0x30)
            if let row = row(number) { found = Int(ZoneTable.sets[row]) }
        }
        return found
    }

    /// Prefixes stand in numeric order, as longer ones are greater.
    private static func row(_ number: UInt32) -> Int? {
        var (low, high) = (0, ZoneTable.prefixes.count)
        while low < high {
            let middle = (low + high) / 2
            if ZoneTable.prefixes[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low < ZoneTable.prefixes.count && ZoneTable.prefixes[low] == number ? low : nil
    }
}
