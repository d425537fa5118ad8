// Waits between attempts: the steps, their jitter, what the other side may ask for.
import Testing

@testable import LolaCore

@Suite("Retry schedule")
struct RetryScheduleTests {
    private static let schedule = RetrySchedule(delays: [.seconds(1), .seconds(5), .seconds(30), .minutes(2)])

    @Test("each wait is its step, give or take a fifth", arguments: [
        (1, 1_000), (2, 5_000), (3, 30_000), (4, 120_000),
    ] as [(Int, Int64)])
    func bounds(_ row: (attempt: Int, milliseconds: Int64)) throws {
        let entropy = SimEntropy(SimRandom(seed: 4))
        var least = Interval.hours(1)
        var most = Interval.zero
        for _ in 0..<2_000 {
            let delay = try #require(Self.schedule.delay(afterAttempt: row.attempt, named: nil, entropy: entropy))
            least = min(least, delay)
            most = max(most, delay)
        }
        let step = Interval.milliseconds(row.milliseconds)
        let fifth = Interval(nanoseconds: step.nanoseconds / 5)
        #expect(least >= step - fifth && most <= step + fifth)
        // The jitter is real: both ends are nearly reached.
        #expect(least < step - fifth * 9 / 10 && most > step + fifth * 9 / 10)
    }

    @Test("after the last step there is no other try", arguments: [0, -1, 5, 6])
    func ends(_ attempt: Int) {
        let entropy = SimEntropy(SimRandom(seed: 1))
        #expect(Self.schedule.delay(afterAttempt: attempt, named: .seconds(1), entropy: entropy) == nil)
    }

    @Test("a time that the other side named counts when it is longer, up to an hour", arguments: [
        (Interval.zero, Interval.milliseconds(800), Interval.milliseconds(1_200)),
        (.seconds(9), .seconds(9), .seconds(9)),
        (.hours(50), .hours(1), .hours(1)),
    ])
    func named(_ row: (named: Interval, least: Interval, most: Interval)) throws {
        let entropy = SimEntropy(SimRandom(seed: 9))
        let delay = try #require(Self.schedule.delay(afterAttempt: 1, named: row.named, entropy: entropy))
        #expect(delay >= row.least && delay <= row.most)
    }

    @Test("steps too short for jitter are taken as they are")
    func tiny() {
        let schedule = RetrySchedule(delays: [Interval(nanoseconds: 3), .zero])
        let entropy = SimEntropy(SimRandom(seed: 1))
        #expect(schedule.delay(afterAttempt: 1, named: nil, entropy: entropy) == Interval(nanoseconds: 3))
        #expect(schedule.delay(afterAttempt: 2, named: nil, entropy: entropy) == .zero)
    }
}

extension Interval {
    static func / (left: Interval, right: Int64) -> Interval { Interval(nanoseconds: left.nanoseconds / right) }
}
