// Amounts of dollars as people and programs write them, in and out. Pure functions.

/// Money as people write it: `10`, `10.5`, `10.50` dollars; no sign, no exponent.
enum DollarText {
    static func cents(_ text: ArraySlice<UInt8>) -> Int? {
        let parts = text.split(separator: 0x2E, maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, first.count <= 9, let dollars = ASCII.decimal(first) else { return nil }
        guard parts.count == 2 else { return dollars * 100 }
        guard (1...2).contains(parts[1].count), let fraction = ASCII.decimal(parts[1]) else { return nil }
        return dollars * 100 + (parts[1].count == 1 ? fraction * 10 : fraction)
    }

    /// `10` or `10.50`.
    static func text(_ cents: Int) -> [UInt8] {
        var text: [UInt8] = []
        ASCII.append(cents / 100, to: &text)
        guard cents % 100 != 0 else { return text }
        return text + [0x2E, 0x30 + UInt8(cents % 100 / 10), 0x30 + UInt8(cents % 10)]
    }
}
