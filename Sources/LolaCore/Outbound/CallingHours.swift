// When people may be called: a setting, and what quiet hours are judged by. A value; any thread.

/// Hours of the recipient's day in which calls are allowed: from `start` up to, but not including, `end`.
struct CallingHours: Hashable, Sendable {
    let start: Int
    let end: Int

    /// `8-21`: start 0…23, end 1…24, start before end.
    init?(_ text: [UInt8]) {
        let parts = text.split(separator: 0x2D, omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.count) }), let start = ASCII.decimal(parts[0]),
            let end = ASCII.decimal(parts[1]), start < end, end <= 24
        else { return nil }
        self.start = start
        self.end = end
    }
}
