// The wheel against a sorted list: never early, at most one slot late, whatever the distances.
import Testing

@testable import LolaCore

@Suite("Timer wheel")
struct TimerWheelTests {
    private static let slot = TimerWheel.resolution.nanoseconds

    @Test("a deadline is never early and at most one slot late", arguments: [
        0, 1, 7, 8, 9, 503, 512, 513, 4_000, 32_768, 100_000,
    ])
    func onTime(_ milliseconds: Int64) {
        var wheel = TimerWheel(startingAt: Instant(nanoseconds: 3_000_001))
        let deadline = Instant(nanoseconds: 3_000_001) + .milliseconds(milliseconds)
        wheel.schedule(42, at: deadline)
        var now: Int64 = 3_000_001
        var due: [UInt64] = []
        while due.isEmpty, now < deadline.nanoseconds + 10 * Self.slot {
            now += 500_000
            wheel.advance(to: Instant(nanoseconds: now), due: &due)
        }
        #expect(due == [42])
        #expect(now >= deadline.nanoseconds)
        #expect(now <= deadline.nanoseconds + Self.slot + 500_000)
        #expect(wheel.count == 0)
    }

    @Test("a deadline in the past comes with the next slot")
    func past() {
        var wheel = TimerWheel(startingAt: Instant(nanoseconds: 1_000_000_000))
        wheel.schedule(7, at: Instant(nanoseconds: 5))
        var due: [UInt64] = []
        wheel.advance(to: Instant(nanoseconds: 1_000_000_000), due: &due)
        #expect(due.isEmpty)
        wheel.advance(to: Instant(nanoseconds: 1_000_000_000 + Self.slot), due: &due)
        #expect(due == [7])
    }

    @Test("a deadline beyond the rings is kept until it is due", arguments: [10, 39] as [Int64])
    func far(_ hours: Int64) {
        var wheel = TimerWheel(startingAt: Instant(nanoseconds: 0))
        let deadline = Instant(nanoseconds: 0) + .hours(hours)
        wheel.schedule(9, at: deadline)
        var due: [UInt64] = []
        wheel.advance(to: Instant(nanoseconds: deadline.nanoseconds - 1), due: &due)
        #expect(due.isEmpty)
        wheel.advance(to: deadline + .milliseconds(9), due: &due)
        #expect(due == [9])
    }

    @Test("the distant future does not trap and does not come")
    func never() {
        var wheel = TimerWheel(startingAt: Instant(nanoseconds: 0))
        wheel.schedule(1, at: .distantFuture)
        var due: [UInt64] = []
        wheel.advance(to: Instant(nanoseconds: 0) + .hours(1), due: &due)
        #expect(due.isEmpty && wheel.count == 1)
    }

    @Test("the next deadline is never later than the first that is due")
    func nextDeadline() throws {
        var random = SeededGenerator(seed: 5)
        var wheel = TimerWheel(startingAt: Instant(nanoseconds: 0))
        #expect(wheel.nextDeadline() == nil)
        var first = Int64.max
        for word in 0..<200 {
            let at = Int64(random.next() % 40_000_000_000)
            first = min(first, at)
            wheel.schedule(UInt64(word), at: Instant(nanoseconds: at))
        }
        var due: [UInt64] = []
        var steps = 0
        while due.isEmpty {
            let next = try #require(wheel.nextDeadline())
            #expect(next.nanoseconds <= first + Self.slot)
            wheel.advance(to: next, due: &due)
            steps += 1
            if steps > 100 { break }
        }
        #expect(!due.isEmpty)
    }

    @Test("100,000 random deadlines come as a sorted list says, slot by slot")
    func againstReference() {
        var random = SeededGenerator(seed: 2_026)
        let start: Int64 = 77_777_777
        var wheel = TimerWheel(startingAt: Instant(nanoseconds: start))
        var reference: [(at: Int64, word: UInt64)] = []
        var now = start
        var due: [UInt64] = []
        var word: UInt64 = 0
        var early = 0
        var late = 0
        var deadlines = [Int64](repeating: 0, count: 100_000)
        var last = start
        while word < 100_000 || wheel.count > 0 {
            for _ in 0..<min(100, 100_000 - Int(word)) {
                // Near ones and far ones alike.
                let span = Int64(1) << Int64(random.next() % 42)
                let at = now + Int64(random.next() % UInt64(span))
                deadlines[Int(word)] = at
                reference.append((at, word))
                wheel.schedule(word, at: Instant(nanoseconds: at))
                word += 1
            }
            last = now
            now += Int64(random.next() % 8_000_000_000)
            due.removeAll()
            wheel.advance(to: Instant(nanoseconds: now), due: &due)
            for fired in due {
                let at = deadlines[Int(fired)]
                if at > now { early += 1 }
                // It was not due by more than a slot at the advance before.
                if at + Self.slot <= last - Self.slot { late += 1 }
            }
        }
        #expect(reference.count == 100_000)
        #expect(early == 0)
        #expect(late == 0)
    }

    @Test("words of different slots come in the order of their slots")
    func order() {
        var wheel = TimerWheel(startingAt: Instant(nanoseconds: 0))
        for index in (0..<64).reversed() {
            wheel.schedule(UInt64(index), at: Instant(nanoseconds: Int64(index) * 20_000_000))
        }
        var due: [UInt64] = []
        wheel.advance(to: Instant(nanoseconds: 10_000_000_000), due: &due)
        #expect(due == (0..<64).map { UInt64($0) })
    }
}
