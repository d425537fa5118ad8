// When calls to a sick server are held back, and how it gets its chance again.
import Testing

@testable import LolaCore

@Suite("Circuit breaker")
struct CircuitBreakerTests {
    private static let start = Instant(nanoseconds: 1_000_000_000)

    private static func breaker(failures: Int, successes: Int = 0) -> CircuitBreaker {
        var breaker = CircuitBreaker(at: start)
        for _ in 0..<successes { _ = breaker.ended(failed: false, at: start) }
        for _ in 0..<failures { _ = breaker.ended(failed: true, at: start) }
        return breaker
    }

    @Test("opens with enough failures that are at least half of the calls", arguments: [
        (failures: 19, successes: 0, opens: false), (failures: 20, successes: 0, opens: true),
        (failures: 20, successes: 20, opens: true), (failures: 20, successes: 21, opens: false),
        (failures: 22, successes: 21, opens: true), (failures: 0, successes: 100, opens: false),
    ])
    func opening(_ row: (failures: Int, successes: Int, opens: Bool)) {
        #expect(Self.breaker(failures: row.failures, successes: row.successes).isOpen == row.opens)
    }

    @Test("failures of an older window do not count")
    func window() {
        var breaker = Self.breaker(failures: 19)
        let later = Self.start + Limits.breakerWindow + .milliseconds(1)
        let opened = breaker.ended(failed: true, at: later)
        #expect(!opened && !breaker.isOpen)
    }

    @Test("open: nothing for the pause, then one probe, whose success closes it")
    func probing() {
        var breaker = Self.breaker(failures: 20)
        let later = Self.start + Limits.breakerPause
        let answers = [
            breaker.permits(at: Self.start + .milliseconds(999)), breaker.permits(at: later),
            breaker.permits(at: later), breaker.permits(at: later + .hours(1)),
            breaker.ended(failed: false, at: later + .seconds(1)), breaker.permits(at: later + .seconds(1)),
        ]
        #expect(answers == [false, true, false, false, false, true])
        #expect(!breaker.isOpen)
    }

    @Test("a probe that fails opens it for another pause")
    func failedProbe() {
        var breaker = Self.breaker(failures: 20)
        let probe = Self.start + Limits.breakerPause
        let answers = [
            breaker.permits(at: probe), breaker.ended(failed: true, at: probe + .seconds(2)),
            breaker.permits(at: probe + .milliseconds(2_999)), breaker.permits(at: probe + .seconds(3)),
        ]
        #expect(answers == [true, true, false, true])
    }

    @Test("calls from before the opening that end late change nothing")
    func stragglers() {
        var breaker = Self.breaker(failures: 20)
        for failed in [false, true] {
            let opened = breaker.ended(failed: failed, at: Self.start)
            #expect(!opened && breaker.isOpen)
        }
    }

    @Test("a probe that was never made gives its place back")
    func withdrawn() {
        var breaker = Self.breaker(failures: 20)
        let later = Self.start + Limits.breakerPause
        let first = breaker.permits(at: later)
        breaker.withdraw(at: later)
        let second = breaker.permits(at: later)
        #expect(first && second && breaker.isOpen)
    }

    @Test("while one call finds out, no call from before decides", arguments: [false, true])
    func others(failed: Bool) {
        var breaker = Self.breaker(failures: 20)
        let later = Self.start + Limits.breakerPause
        #expect(breaker.permits(at: later) && breaker.isProbing)
        let opened = breaker.ended(failed: failed, isProbe: false, at: later)
        #expect(!opened && breaker.isProbing && !breaker.permits(at: later))
        _ = breaker.ended(failed: false, isProbe: true, at: later)
        #expect(!breaker.isOpen)
    }
}
