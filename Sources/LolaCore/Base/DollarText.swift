// Amounts of dollars as people and programs write them, read without rounding. Pure functions.

/// Money as people write it: `10`, `10.5`, `10.50` dollars; no sign, no exponent.
enum DollarText {
    static func cents(_ text: ArraySlice<UInt8>) -> Int? {
        let parts = text.split(separator: 0x2E, maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, first.count <= 9, let dollars = ASCII.decimal(first) else { return nil }
        guard parts.count == 2 else { return dollars * 100 }
        guard (1...2).contains(parts[1].count), let fraction = ASCII.decimal(parts[1]) else { return nil }
        return dollars * 100 + (parts[1].count == 1 ? fraction * 10 : fraction)
    }
}
