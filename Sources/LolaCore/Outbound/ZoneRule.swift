// One clock of the world as its laws stand today: an offset, or two with the days on which they change. A value; any
// thread. The form of a POSIX TZ rule (IEEE 1003.1 §8.3): "second Sunday of March at two in the morning".

struct ZoneRule: Sendable {
    /// A yearly change: month 1…12, week 1…5 (5 is the last), weekday 0…6 (0 is Sunday), minute of that day by the clock
    /// before the change; it may lie outside of 0…1440.
    private struct Change {
        let month: Int
        let week: Int
        let weekday: Int
        let minute: Int

        init(_ parts: (Int, Int, Int, Int)) { (month, week, weekday, minute) = parts }

        /// Minutes since the epoch by the clock before the change.
        func minute(in year: Int) -> Int {
            let first = ZoneRule.day(year, month, 1)
            let shift = (weekday - ZoneRule.weekday(first) + 7) % 7
            var day = first + shift + (week - 1) * 7
            let next = month == 12 ? ZoneRule.day(year + 1, 1, 1) : ZoneRule.day(year, month + 1, 1)
            if day >= next { day -= 7 }
            return day * 1_440 + minute
        }
    }

    private let standard: Int
    private let other: Int
    private let changes: (begin: Change, end: Change)?

    /// Minutes east of UTC. Two offsets without changes: either may hold at any time, so both count.
    init(_ standard: Int, _ other: Int) {
        self.standard = standard
        self.other = other
        changes = nil
    }

    init(_ standard: Int, _ other: Int, _ begin: (Int, Int, Int, Int), _ end: (Int, Int, Int, Int)) {
        self.standard = standard
        self.other = other
        changes = (Change(begin), Change(end))
    }

    /// The offsets that may hold at an instant, in minutes east of UTC: one, or two where the law cannot be told.
    func offsets(atMinute utc: Int) -> (first: Int, second: Int) {
        guard let changes else { return (standard, other) }
        let year = CivilDate(WallTime(milliseconds: Int64(utc + standard) * 60_000)).year
        let begin = changes.begin.minute(in: year) - standard
        let end = changes.end.minute(in: year) - other
        // South of the equator the summer lies around the new year.
        let isOther = begin < end ? (begin..<end).contains(utc) : !(end..<begin).contains(utc)
        let offset = isOther ? other : standard
        return (offset, offset)
    }

    /// Days from 1 January 1970 to a date (proleptic Gregorian).
    private static func day(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// 0 is Sunday.
    private static func weekday(_ day: Int) -> Int { ((day % 7) + 11) % 7 }
}
