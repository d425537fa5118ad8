// Calendar arithmetic without a library: days to year-month-day (proleptic Gregorian) and the two
// spellings the wire needs, RFC 3339 and IMF-fixdate (RFC 9110 §5.6.7). Pure functions, any thread.

struct CivilDate: Hashable, Sendable {
    let year: Int
    let month: Int
    let day: Int
    let hour: Int
    let minute: Int
    let second: Int
    let millisecond: Int
    /// 0 is Sunday.
    let weekday: Int

    /// The UTC civil date of `time`, by the days-from-civil method on 400-year eras.
    init(_ time: WallTime) {
        let seconds = time.inSeconds
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let ofDay = Int(seconds - days * 86_400)
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        month = Int(marchMonth < 10 ? marchMonth + 3 : marchMonth - 9)
        day = Int(dayOfYear - (153 * marchMonth + 2) / 5 + 1)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
        hour = ofDay / 3_600
        minute = ofDay / 60 % 60
        second = ofDay % 60
        millisecond = Int(time.milliseconds - seconds * 1_000)
        weekday = Int(((days % 7) + 11) % 7)
    }

    /// `2026-11-20T10:00:00Z`, or with milliseconds `2026-11-20T10:00:00.123Z` (RFC 3339).
    func rfc3339(milliseconds: Bool = false) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(24)
        Self.append(year, digits: 4, to: &out)
        out.append(0x2D)
        Self.append(month, digits: 2, to: &out)
        out.append(0x2D)
        Self.append(day, digits: 2, to: &out)
        out.append(0x54)
        appendClock(to: &out)
        if milliseconds {
            out.append(0x2E)
            Self.append(millisecond, digits: 3, to: &out)
        }
        out.append(0x5A)
        return out
    }

    /// `Fri, 20 Nov 2026 10:00:00 GMT` (RFC 9110 §5.6.7).
    func imfFixdate() -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(29)
        out.append(contentsOf: Self.weekdays[weekday].utf8)
        out.append(contentsOf: ", ".utf8)
        Self.append(day, digits: 2, to: &out)
        out.append(0x20)
        out.append(contentsOf: Self.months[month - 1].utf8)
        out.append(0x20)
        Self.append(year, digits: 4, to: &out)
        out.append(0x20)
        appendClock(to: &out)
        out.append(contentsOf: " GMT".utf8)
        return out
    }

    private func appendClock(to out: inout [UInt8]) {
        Self.append(hour, digits: 2, to: &out)
        out.append(0x3A)
        Self.append(minute, digits: 2, to: &out)
        out.append(0x3A)
        Self.append(second, digits: 2, to: &out)
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func append(_ value: Int, digits: Int, to out: inout [UInt8]) {
        out.write(atMost: digits) { $0.put(UInt(truncatingIfNeeded: value), digits: digits) }
    }
}
