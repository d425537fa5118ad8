// Keeps one sick server from eating the time of everybody: when half of the recent calls of an origin failed
// without an answer, further calls fail at once for a second, then a single one tries. A value, no clock.

struct CircuitBreaker: Sendable {
    private enum State: Equatable, Sendable {
        case closed
        case open(until: Instant)
        /// One call is on its way to find out.
        case probing
    }

    private var state = State.closed
    private var windowStart: Instant
    private var calls = 0
    private var failures = 0

    init(at now: Instant) { windowStart = now }

    var isOpen: Bool { state != .closed }

    /// Whether a call may be made now. A true answer in the open state makes this call the probe.
    mutating func permits(at now: Instant) -> Bool {
        switch state {
        case .closed: return true
        case .probing: return false
        case .open(let until):
            guard now >= until else { return false }
            state = .probing
            return true
        }
    }

    /// A permitted call was not made after all, for a reason of ours.
    mutating func withdraw(at now: Instant) {
        if state == .probing { state = .open(until: now) }
    }

    /// The call that was permitted last is the one that finds out.
    var isProbing: Bool { state == .probing }

    /// Notes how a permitted call ended; an answer of any status is a success. True when the breaker opened.
    /// - Parameter isProbe: the call that finds out: while one does, no other one decides.
    mutating func ended(failed: Bool, isProbe: Bool = true, at now: Instant) -> Bool {
        if state == .probing {
            guard isProbe else { return false }
            if failed {
                state = .open(until: now + Limits.breakerPause)
                return true
            }
            self = CircuitBreaker(at: now)
            return false
        }
        guard state == .closed else { return false }
        if now - windowStart > Limits.breakerWindow {
            windowStart = now
            calls = 0
            failures = 0
        }
        calls += 1
        if failed { failures += 1 }
        guard failures >= Limits.breakerFailuresMin, failures * 2 >= calls else { return false }
        state = .open(until: now + Limits.breakerPause)
        return true
    }
}
