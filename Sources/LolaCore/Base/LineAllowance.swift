// How many log lines of one kind may be written in a second, and how many were not. A value without a clock.

struct LineAllowance {
    private let most: Int
    private var second: Instant?
    private var written = 0
    private var suppressed = 0

    init(most: Int) { self.most = most }

    /// Whether a line may be written now; one that may not is counted.
    mutating func take(at now: Instant) -> Bool {
        if second.map({ now >= $0 + .seconds(1) }) ?? true {
            second = now
            written = 0
        }
        guard written < most else {
            suppressed += 1
            return false
        }
        written += 1
        return true
    }

    /// How many lines were not written, once their second is over; then the count begins anew.
    mutating func settle(at now: Instant) -> Int {
        guard suppressed > 0, let second, now >= second + .seconds(1) else { return 0 }
        defer { suppressed = 0 }
        return suppressed
    }
}
