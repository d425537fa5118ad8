// Small values that only settings need: money, calling hours, spans of time and sizes as an operator spells them.
// Pure parsing over octets; a nil answer becomes a problem in the loader.

/// An amount of US dollars, in cents, never negative.
struct DollarAmount: Hashable, Comparable, Sendable {
    let cents: Int

    init(cents: Int) { self.cents = cents }

    /// `10` or `10.50`; at most two decimals.
    init?(_ text: [UInt8]) {
        let parts = text.split(separator: 0x2E, maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, first.count <= 9, let dollars = ASCII.decimal(first) else { return nil }
        var cents = 0
        if parts.count == 2 {
            guard (1...2).contains(parts[1].count), let fraction = ASCII.decimal(parts[1]) else { return nil }
            cents = parts[1].count == 1 ? fraction * 10 : fraction
        }
        self.cents = dollars * 100 + cents
    }

    static func < (left: DollarAmount, right: DollarAmount) -> Bool { left.cents < right.cents }
}

extension Interval {
    /// `500ms`, `10s`, `2m`, `1h`: whole numbers, one unit. Nil for anything else or more than a year.
    init?(setting text: [UInt8]) {
        let digits = text.prefix(while: ASCII.isDigit)
        guard digits.count <= 10, let number = ASCII.decimal(digits) else { return nil }
        let unit: Int
        switch text[digits.endIndex...].text {
        case "ms": unit = 1
        case "s": unit = 1_000
        case "m": unit = 60_000
        case "h": unit = 3_600_000
        default: return nil
        }
        let milliseconds = number * unit
        guard milliseconds <= 366 * 86_400_000 else { return nil }
        self = .milliseconds(Int64(milliseconds))
    }

    /// The shortest spelling that `init(setting:)` reads back.
    var settingText: String {
        let all = inMilliseconds
        let units: [(Int64, String)] = [(3_600_000, "h"), (60_000, "m"), (1_000, "s")]
        for (unit, name) in units where all != 0 && all % unit == 0 { return "\(all / unit)\(name)" }
        return "\(all)ms"
    }
}

extension ByteCount {
    /// `512B`, `64KiB`, `4MiB`, `1GiB`: whole numbers, one unit. Nil for anything else or more than 1024 GiB.
    init?(setting text: [UInt8]) {
        let digits = text.prefix(while: ASCII.isDigit)
        guard digits.count <= 12, let number = ASCII.decimal(digits) else { return nil }
        let shift: Int
        switch text[digits.endIndex...].text {
        case "B": shift = 0
        case "KiB": shift = 10
        case "MiB": shift = 20
        case "GiB": shift = 30
        default: return nil
        }
        guard number <= (1 << 40) >> shift else { return nil }
        self.init(bytes: number << shift)
    }
}
