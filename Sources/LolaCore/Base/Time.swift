// Time as values: a monotonic instant for deadlines, a wall time for what people and protocols see,
// an interval with its unit in the type. Only World/ reads a clock; everything else is given these.

/// A span of time, in nanoseconds. Never negative where a deadline or a limit is meant.
struct Interval: Hashable, Comparable, Sendable {
    let nanoseconds: Int64

    static let zero = Interval(nanoseconds: 0)
    static func microseconds(_ value: Int64) -> Interval { Interval(nanoseconds: value &* 1_000) }
    static func milliseconds(_ value: Int64) -> Interval { Interval(nanoseconds: value &* 1_000_000) }
    static func seconds(_ value: Int64) -> Interval { Interval(nanoseconds: value &* 1_000_000_000) }
    static func minutes(_ value: Int64) -> Interval { seconds(value &* 60) }
    static func hours(_ value: Int64) -> Interval { seconds(value &* 3_600) }
    static func days(_ value: Int64) -> Interval { seconds(value &* 86_400) }

    var inMicroseconds: Int64 { nanoseconds / 1_000 }
    var inMilliseconds: Int64 { nanoseconds / 1_000_000 }
    var inSeconds: Int64 { nanoseconds / 1_000_000_000 }
    /// Whole seconds that are not less: what a client is told to wait. At least 0.
    var inSecondsRoundedUp: Int64 { nanoseconds <= 0 ? 0 : (nanoseconds - 1) / 1_000_000_000 + 1 }

    static func < (left: Interval, right: Interval) -> Bool { left.nanoseconds < right.nanoseconds }
    static func + (left: Interval, right: Interval) -> Interval {
        Interval(nanoseconds: left.nanoseconds &+ right.nanoseconds)
    }
    static func - (left: Interval, right: Interval) -> Interval {
        Interval(nanoseconds: left.nanoseconds &- right.nanoseconds)
    }
    static func * (left: Interval, right: Int64) -> Interval {
        Interval(nanoseconds: left.nanoseconds &* right)
    }
}

/// A point of the monotonic clock, in nanoseconds since an arbitrary start. Never goes back.
struct Instant: Hashable, Comparable, Sendable {
    let nanoseconds: Int64

    static let distantFuture = Instant(nanoseconds: .max)

    static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }
    static func + (left: Instant, right: Interval) -> Instant {
        let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.nanoseconds)
        return overflow ? .distantFuture : Instant(nanoseconds: sum)
    }
    static func - (left: Instant, right: Instant) -> Interval {
        Interval(nanoseconds: left.nanoseconds &- right.nanoseconds)
    }
    /// The point so long ago, which may lie before the clock's start.
    func before(_ interval: Interval) -> Instant { Instant(nanoseconds: nanoseconds &- interval.nanoseconds) }
}

/// A point of civil time, in milliseconds since 1970-01-01T00:00:00Z (UTC, no leap seconds).
struct WallTime: Hashable, Comparable, Sendable {
    let milliseconds: Int64

    init(milliseconds: Int64) { self.milliseconds = milliseconds }
    init(seconds: Int64) { self.milliseconds = seconds &* 1_000 }

    var inSeconds: Int64 { milliseconds >= 0 ? milliseconds / 1_000 : (milliseconds - 999) / 1_000 }

    static func < (left: WallTime, right: WallTime) -> Bool { left.milliseconds < right.milliseconds }
    static func + (left: WallTime, right: Interval) -> WallTime {
        WallTime(milliseconds: left.milliseconds &+ right.inMilliseconds)
    }
    static func - (left: WallTime, right: WallTime) -> Interval {
        .milliseconds(left.milliseconds &- right.milliseconds)
    }
}
