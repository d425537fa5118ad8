// The pace of checks under floods: who waits, how long at most, and that nothing grows without bound.
import Testing

@testable import LolaCore

@Suite("Webhook pace")
struct WebhookPaceTests {
    private static let start = Instant(nanoseconds: 5_000_000_000)
    private static let one = block(1)
    private static let other = block(2)

    private static func block(_ number: Int) -> AddressBlock {
        AddressBlock(IPAddress((0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }))
    }

    private static func after(_ milliseconds: Int64) -> Instant { start + .milliseconds(milliseconds) }

    /// A pace after `count` refusals of one address at the start.
    private static func flooded(_ count: Int = Limits.webhookPaceRefusalsMax + 1) -> WebhookPace {
        var pace = WebhookPace()
        for _ in 0..<count { pace.refused(one, at: start) }
        return pace
    }

    @Test("up to the threshold nobody waits; above it only who is above it")
    func threshold() {
        var pace = Self.flooded(Limits.webhookPaceRefusalsMax)
        for _ in 0..<10 { #expect(pace.arrived(from: Self.one, octets: 1, at: Self.start) == .now) }
        pace.refused(Self.one, at: Self.start)
        #expect(pace.arrived(from: Self.one, octets: 1, at: Self.start) == .now)
        #expect(pace.arrived(from: Self.one, octets: 1, at: Self.start) == .later(Limits.webhookPaceInterval))
        #expect(pace.arrived(from: Self.other, octets: 1, at: Self.start) == .now)
        #expect(pace.waiting == 1 && pace.waitingOctets == 1)
    }

    @Test("checks come at the pace, and what it cannot take comes after the longest delay")
    func delays() {
        var pace = Self.flooded()
        let delays = (0..<100).map { _ in pace.arrived(from: Self.one, octets: 1, at: Self.start) }
        let most = Limits.webhookPaceDelayMax
        let expected = (0..<100).map { Limits.webhookPaceInterval * Int64($0) }.map { $0 < most ? $0 : most }
        #expect(delays == expected.map { $0 == .zero ? .now : .later($0) })
    }

    @Test("a proof that holds costs nothing: a provider beside a flood that has ended is not slowed")
    func refund() {
        var pace = Self.flooded()
        for step in 0..<1_000 {
            let now = Self.after(Int64(step) * 5)
            #expect(pace.arrived(from: Self.one, octets: 1, at: now) == .now)
            pace.proven(Self.one, at: now)
        }
        // The same without proofs is above the pace.
        let later = Self.after(5_000)
        #expect(pace.arrived(from: Self.one, octets: 1, at: later) == .now)
        #expect(pace.arrived(from: Self.one, octets: 1, at: later) == .later(Limits.webhookPaceInterval))
    }

    @Test("refusals count for the length of the window, sliding", arguments: [
        (9_999, 0, false), (9_999, 1, true), (10_000, 0, false), (15_000, 50, false), (15_000, 51, true),
        (19_999, 100, false), (19_999, 101, true), (20_000, 100, false), (60_000, 0, false), (60_000, 101, true),
    ] as [(Int64, Int, Bool)])
    func window(_ row: (at: Int64, more: Int, isSlowed: Bool)) {
        var pace = Self.flooded(Limits.webhookPaceRefusalsMax)
        for _ in 0..<row.more { pace.refused(Self.one, at: Self.after(row.at)) }
        _ = pace.arrived(from: Self.one, octets: 1, at: Self.after(row.at))
        let second = pace.arrived(from: Self.one, octets: 1, at: Self.after(row.at))
        #expect((second != .now) == row.isSlowed)
    }

    @Test("nobody overtakes who waits, also when the flood is over")
    func order() {
        var pace = Self.flooded()
        for _ in 0..<50 { _ = pace.arrived(from: Self.one, octets: 1, at: Self.after(19_500)) }
        #expect(pace.waiting == 0)
        pace = Self.flooded(1_000)
        for _ in 0..<50 { _ = pace.arrived(from: Self.one, octets: 1, at: Self.after(18_500)) }
        #expect(pace.waiting == 49)
        for _ in 0..<50 { pace.proven(Self.one, at: Self.after(19_000)) }
        #expect(pace.arrived(from: Self.one, octets: 1, at: Self.after(19_400)) == .later(.milliseconds(100)))
        #expect(pace.arrived(from: Self.one, octets: 1, at: Self.after(19_500)) == .now)
    }

    @Test("places and octets are bounded, and free again when a wait is over")
    func places() {
        var pace = WebhookPace(waitingMax: 3, octetsMax: .bytes(100))
        for _ in 0...Limits.webhookPaceRefusalsMax { pace.refused(Self.one, at: Self.start) }
        func ask(_ octets: Int) -> Bool { pace.arrived(from: Self.one, octets: octets, at: Self.start) != .full }
        #expect(ask(1_000))
        #expect(ask(60) && !ask(41) && ask(39) && ask(1) && !ask(0))
        #expect(pace.waiting == 3 && pace.waitingOctets == 100)
        pace.started(octets: 60)
        #expect(ask(60) && !ask(0))
        pace.started(octets: 60)
        pace.started(octets: 39)
        pace.started(octets: 1)
        #expect(pace.waiting == 0 && pace.waitingOctets == 0)
    }

    @Test("addresses are bounded; the one that was quiet for longest is forgotten")
    func memory() {
        var pace = WebhookPace(blocksMax: 100)
        for number in 0..<100 {
            let now = Self.after(Int64(number))
            for _ in 0...Limits.webhookPaceRefusalsMax { pace.refused(Self.block(number), at: now) }
        }
        #expect(pace.blockCount == 100)
        // Number 0 speaks again, so number 1 is the next to go; then numbers 2 and 3.
        pace.refused(Self.block(0), at: Self.after(200))
        for number in 1_000..<1_003 { pace.refused(Self.block(number), at: Self.after(300)) }
        #expect(pace.blockCount == 100)
        func isSlowed(_ number: Int) -> Bool {
            _ = pace.arrived(from: Self.block(number), octets: 1, at: Self.after(400))
            return pace.arrived(from: Self.block(number), octets: 1, at: Self.after(400)) != .now
        }
        #expect([0, 1, 2, 3, 4, 99, 1_000].map(isSlowed) == [true, false, false, false, true, true, false])
        for number in 5_000..<20_000 { pace.refused(Self.block(number), at: Self.after(500)) }
        #expect(pace.blockCount == 100 && !isSlowed(4))
    }

    @Test("whatever comes: no delay above a second, no overtaking, every place given back", arguments: [
        1, 2, 3, 5, 8, 13, 21, 34,
    ] as [UInt64])
    func anything(seed: UInt64) {
        let random = SimRandom(seed: seed)
        var pace = WebhookPace(blocksMax: 4, waitingMax: 50, octetsMax: .bytes(2_000))
        var now = Self.start
        var last: [AddressBlock: Instant] = [:]
        var waiting: [(until: Instant, octets: Int)] = []
        var fulls = 0
        for _ in 0..<5_000 {
            now = now + .milliseconds(Int64(random.chance(3) ? random.below(15_000) : random.below(8)))
            for done in waiting where done.until <= now { pace.started(octets: done.octets) }
            waiting.removeAll { $0.until <= now }
            // Fewer addresses than places, so that none is forgotten while something of it waits.
            let block = Self.block(random.below(3))
            let octets = random.below(100)
            switch pace.arrived(from: block, octets: octets, at: now) {
            case .now:
                #expect(now >= last[block] ?? now)
                last[block] = now
                if random.chance(200) { pace.proven(block, at: now) } else { pace.refused(block, at: now) }
            case .later(let delay):
                #expect(delay > .zero && delay <= Limits.webhookPaceDelayMax && now + delay >= last[block] ?? now)
                last[block] = now + delay
                waiting.append((now + delay, octets))
                if random.chance(200) { pace.proven(block, at: now) } else { pace.refused(block, at: now) }
            case .full:
                fulls += 1
            }
            #expect(pace.waiting == waiting.count && pace.waiting <= 50)
            #expect(pace.waitingOctets == waiting.reduce(0) { $0 + $1.octets } && pace.waitingOctets <= 2_000)
        }
        #expect(fulls > 0 && fulls < 4_000)
    }
}
