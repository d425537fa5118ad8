// When to try again: fixed steps with ±20 % of jitter, so that many failures do not return in step
// (CONTRACT §11 "Agent retries"). A value; the randomness is given.

struct RetrySchedule: Sendable {
    let delays: [Interval]

    /// The wait before attempt `attempt + 1`, when `attempt` (from 1) has failed; nil when it was the last.
    /// A time that the other side named is honoured when it is longer.
    func delay(afterAttempt attempt: Int, named: Interval?, entropy: any Entropy) -> Interval? {
        guard attempt >= 1, attempt <= delays.count else { return nil }
        let base = delays[attempt - 1].nanoseconds
        let spread = base / 5
        let jitter = spread > 0 ? Int64(entropy.number(below: UInt64(2 * spread + 1))) - spread : 0
        let own = Interval(nanoseconds: base + jitter)
        guard let named else { return own }
        return max(own, min(named, Limits.retryAfterMax))
    }
}
