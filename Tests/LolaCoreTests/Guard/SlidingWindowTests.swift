// Exact counts over a sliding window, against a list that knows everything.
import Synchronization
import Testing

@testable import LolaCore

@Suite("Sliding window")
struct SlidingWindowTests {
    /// Every event with its key: the plain way.
    private struct Plain {
        var events: [(at: Int64, key: UInt64)] = []
        let window: Int64
        let eventsMax: Int

        mutating func settle(_ now: Int64) { events.removeAll { $0.at + window <= now } }
        func used(_ key: UInt64) -> Int { events.count { $0.key == key } }
        func eases(_ key: UInt64) -> Int64? { events.first { $0.key == key }.map { $0.at + window } }
        mutating func add(_ key: UInt64, _ now: Int64) {
            if events.count == eventsMax { events.removeFirst() }
            events.append((now, key))
        }
    }

    @Test("agrees with a plain list in every answer, whatever comes", arguments: [1, 2, 3, 4, 5, 6, 7, 8])
    func model(seed: UInt64) {
        let random = SimRandom(seed: seed)
        let eventsMax = random.pick([1, 3, 50, 300, 2_000])
        var window = SlidingWindow(window: Interval(nanoseconds: 1_000), eventsMax: eventsMax)
        var plain = Plain(window: 1_000, eventsMax: eventsMax)
        // Few hashes far apart and many close together: chains of the table meet and wrap.
        let keys = (0..<random.pick([2, 40, 1_000])).map { number -> UInt64 in
            number % 2 == 0 ? UInt64.max &- UInt64(number) : random.word() | 1
        }
        var now: Int64 = 0
        for step in 0..<20_000 {
            now += Int64(random.pick([0, 0, 1, 1, 2, 30, random.chance(5) ? 2_000 : 3]))
            let key = random.pick(keys)
            let at = Instant(nanoseconds: now)
            window.settle(at: at)
            plain.settle(now)
            let standing = window.standing(of: key)
            #expect(standing.used == plain.used(key), "step \(step)")
            #expect(standing.eases?.nanoseconds == plain.eases(key), "step \(step)")
            #expect(window.eases?.nanoseconds == plain.events.first.map { $0.at + 1_000 })
            #expect(window.count == plain.events.count)
            if random.chance(800) {
                window.add(key, at: at)
                plain.add(key, now)
            }
            if step % 500 == 0 { #expect(window.keyCount == Set(plain.events.map(\.key)).count) }
        }
    }

    @Test("a key that is removed begins anew, the others stay")
    func removal() {
        var window = SlidingWindow(window: .seconds(60), eventsMax: 100)
        for second in 0..<30 {
            window.add(second % 3 == 0 ? 7 : 9, at: Instant(nanoseconds: Int64(second) * 1_000_000_000))
        }
        window.remove(7)
        window.remove(8)
        let now = Instant(nanoseconds: 30_000_000_000)
        window.settle(at: now)
        #expect(window.standing(of: 7) == .init() && window.standing(of: 9).used == 20)
        window.add(7, at: now)
        #expect(window.standing(of: 7) == .init(used: 1, eases: now + .seconds(60)))
        window.settle(at: Instant(nanoseconds: 62_000_000_000))
        #expect(window.standing(of: 9).used == 18 && window.standing(of: 7).used == 1)
        window.settle(at: now + .seconds(60))
        #expect(window.count == 0 && window.keyCount == 0 && window.standing(of: 7) == .init())
    }

    @Test("a clock of another loop that is a little behind counts as the latest one")
    func order() {
        var window = SlidingWindow(window: .seconds(60), eventsMax: 100)
        window.add(1, at: Instant(nanoseconds: 5_000))
        window.add(2, at: Instant(nanoseconds: 4_000))
        #expect(window.standing(of: 2).eases == Instant(nanoseconds: 5_000) + .seconds(60))
    }

    @Test("a million addresses take at most 64 MB with everything else the guard counts, and leave nothing behind")
    func memory() throws {
        let limits = HTTPLimits(
            http: LimitQuotas(perBlock: 60, global: 100), widget: LimitQuotas(perBlock: 120, global: nil))
        let key = AddressKey(SecretBytes([UInt8](repeating: 5, count: 16)))
        var now = Instant(nanoseconds: 0)
        var wrong = 0
        for number in 0..<1_000_000 {
            now = now + .microseconds(50)
            let octets = (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
            let block = AddressBlock(IPAddress(octets))
            let verdict = limits.take(.widget, key.name(block), at: now)
            if verdict.retryAfter != nil || verdict.remaining != 119 { wrong += 1 }
        }
        #expect(wrong == 0)
        let failures = Limits.lockoutFailuresKept * (20 + 25)
        // A dictionary's place: key, three words, and a quarter of them free.
        let lockouts = Limits.lockoutsMax * 2 * 33
        #expect(limits.octets + failures + lockouts <= 64 * 1_048_576, "\(limits.octets)")
        // Counted exactly: the first one has still used one.
        let first = key.name(AddressBlock(IPAddress([0, 0, 0, 0])))
        #expect(limits.look(.widget, first, at: now).remaining == 119)
        #expect(limits.look(.widget, first, at: now + .seconds(61)).remaining == 120)
        #expect(limits.octets == 0)
    }
}
