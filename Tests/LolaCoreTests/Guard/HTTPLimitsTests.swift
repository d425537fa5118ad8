// HTTP limits: exact in any window, whoever asks at the same time; who is refused charges nobody; a restart forgives
// nobody.
import Synchronization
import Testing

@testable import LolaCore

@Suite("HTTP limits")
struct HTTPLimitsTests {
    private final class Tally: Sendable {
        let passed = Mutex<[UInt64: Int]>([:])
        let running = Atomic<Int>(8)
    }

    private func limits(_ perBlock: Int, _ global: Int, widget: Int = 5) -> HTTPLimits {
        HTTPLimits(
            http: LimitQuotas(perBlock: perBlock, global: global), widget: LimitQuotas(perBlock: widget, global: nil))
    }

    private func time(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    @Test("no window of a minute ever holds more than the limit, and none less that could", arguments: [1, 2, 3, 4])
    func exact(seed: UInt64) throws {
        let random = SimRandom(seed: seed)
        let (perBlock, global) = (random.between(1, 30), random.between(10, 60))
        let limits = limits(perBlock, global)
        var passed: [(at: Int64, block: UInt64)] = []
        var now: Int64 = 0
        for _ in 0..<6_000 {
            now += Int64(random.between(0, random.pick([20, 300, 4_000])))
            let block = UInt64(random.between(1, 6))
            let verdict = limits.take(.http, block, at: time(now))
            let recent = passed.filter { $0.at > now - 60_000 }
            let own = recent.filter { $0.block == block }
            let mayGo = own.count < perBlock && recent.count < global
            #expect((verdict.retryAfter == nil) == mayGo)
            if mayGo {
                passed.append((now, block))
                #expect(verdict.remaining == min(perBlock - own.count, global - recent.count) - 1)
            } else {
                // What it is told is the truth: at that time one passes, a millisecond before none does.
                let wait = try #require(verdict.retryAfter).inMilliseconds
                #expect(wait > 0 && wait <= 60_000 && verdict.remaining == 0)
                #expect(limits.look(.http, block, at: time(now)).retryAfter == verdict.retryAfter)
                let later = passed.filter { $0.at > now + wait - 60_000 }
                let before = passed.filter { $0.at > now + wait - 1 - 60_000 }
                #expect(later.count < global && later.count { $0.block == block } < perBlock)
                #expect(before.count >= global || before.count { $0.block == block } >= perBlock)
            }
        }
    }

    @Test("64 clients on many threads get exactly what the limits allow")
    func threads() {
        let limits = limits(50, 1_000)
        let tally = Tally()
        let ended = EventFD(blocking: true)
        for thread in 0..<8 {
            LinuxThread.start(name: "limits-\(thread)") {
                for round in 0..<200 {
                    for client in 0..<8 {
                        let block = UInt64(thread * 8 + client) % 32 + 1
                        let verdict = limits.take(.http, block, at: Instant(nanoseconds: Int64(round)))
                        if verdict.retryAfter == nil { tally.passed.withLock { $0[block, default: 0] += 1 } }
                    }
                }
                if tally.running.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 { ended?.wake() }
            }
        }
        ended?.clear()
        let counts = tally.passed.withLock { $0 }
        #expect(counts.values.reduce(0, +) == 1_000 && counts.values.allSatisfy { $0 <= 50 })
    }

    @Test("who is refused for himself does not use up what is there for all, nor the other way round")
    func charging() {
        let limits = limits(2, 5)
        for _ in 0..<100 { _ = limits.take(.http, 1, at: time(0)) }
        #expect(limits.look(.http, 2, at: time(0)).remaining == 2)
        for block in [2, 2, 3] as [UInt64] { #expect(limits.take(.http, block, at: time(1)).retryAfter == nil) }
        for _ in 0..<100 { #expect(limits.take(.http, 4, at: time(2)).retryAfter == .milliseconds(59_998)) }
        #expect(limits.take(.http, 4, at: time(60_000)).retryAfter == nil)
        // Widgets have a limit of their own.
        for _ in 0..<5 { #expect(limits.take(.widget, 1, at: time(2)).retryAfter == nil) }
        #expect(limits.take(.widget, 1, at: time(3)).retryAfter == .milliseconds(59_999))
        #expect(limits.take(.widget, 2, at: time(3)).retryAfter == nil)
    }

    @Test("who waits for both limits is told the longer wait")
    func longer() {
        let limits = limits(1, 2)
        _ = limits.take(.http, 1, at: time(0))
        _ = limits.take(.http, 2, at: time(30_000))
        #expect(limits.take(.http, 2, at: time(30_000)).retryAfter == .milliseconds(60_000))
        #expect(limits.take(.http, 3, at: time(30_000)).retryAfter == .milliseconds(30_000))
    }

    @Test("the fields of an answer: quotas, what is left in the tighter one, when it grows")
    func fields() throws {
        let rig = LoopRig()
        let keeper = LimitKeeper(limits(3, 4), loop: rig.loop, store: MemoryStore(MemoryTable()))
        func said(_ limit: LimitClass, _ block: UInt64) -> [String] {
            keeper.fields(limit, block).map { "\($0.name): \($0.value.text)" }
        }
        let policy = #"RateLimit-Policy: "address";q=3;w=60, "all";q=4;w=60"#
        #expect(said(.http, 1) == [policy, #"RateLimit: "address";r=3"#])
        #expect(said(.widget, 1) == [#"RateLimit-Policy: "address";q=5;w=60"#, #"RateLimit: "address";r=5"#])
        _ = keeper.take(.http, 1)
        rig.run(for: .milliseconds(1_500))
        _ = keeper.take(.http, 1)
        #expect(said(.http, 1) == [policy, #"RateLimit: "address";r=1;t=59"#])
        _ = keeper.take(.http, 2)
        #expect(said(.http, 2) == [policy, #"RateLimit: "all";r=1;t=59"#])
    }

    @Test("what was let through is in the store a quarter of a second later, as one record, and counts after a restart")
    func restart() throws {
        let table = MemoryTable()
        let bench = try GuardBench(table: table, perBlock: 10, global: 100)
        for _ in 0..<7 { #expect(try bench.pass() != nil) }
        let before = table.count
        bench.wait(Limits.limitBatchInterval + .milliseconds(20))
        #expect(table.count == before + 1)
        bench.wait(.seconds(5))
        #expect(table.count == before + 1 && bench.rig.loop.actionCount == 0)
        let page = table.apply(.list(.limit, after: nil, limit: 10), at: bench.rig.clock.wall)
        var records: [StoreRecord] = []
        if case .page(let found) = page { records = found }
        #expect(records.count == 1)
        // The next process: its monotonic clock began anew, ten seconds of civil time later.
        let limits = limits(10, 100)
        var memory = GuardMemory()
        memory.batches = records.map(\.value) + [[9, 9], []]
        let (now, wall) = (Instant(nanoseconds: 40), bench.rig.clock.wall + .seconds(10))
        let state = try GuardState(
            clients: ClientAddress(trusted: []), filters: AddressFilters(denylist: [], adminAllowlist: []),
            limits: limits, secret: SecretBytes([UInt8](repeating: 9, count: 32)))
        state.restore(memory, at: now, wall)
        let block = state.addresses.name(AddressBlock(GuardFixture.address("192.0.2.1")))
        #expect(limits.look(.http, block, at: now).remaining == 3)
        let eases = try #require(limits.look(.http, block, at: now).eases).inMilliseconds
        #expect(eases > 44_000 && eases < 45_100)
    }

    @Test("a batch reads what was written and nothing else; clocks that were set do not trap")
    func batch() throws {
        let now = Instant(nanoseconds: 90_000_000_000)
        let batch = LimitBatch(requests: [
            CountedRequest(limit: .http, block: 1, at: now.before(.seconds(3))),
            CountedRequest(limit: .widget, block: .max, at: now),
        ])
        let wall = WallTime(seconds: 1_000)
        let bytes = batch.encoded(at: now, wall)
        #expect(try LimitBatch(bytes, at: now, wall) == batch)
        #expect(try LimitBatch(bytes, at: now, wall + .seconds(7)).requests[1].at == now.before(.seconds(7)))
        for odd in [WallTime(milliseconds: .min), WallTime(milliseconds: .max), WallTime(seconds: 1)] {
            #expect(try LimitBatch(bytes, at: now, odd).requests.allSatisfy { $0.at <= now })
        }
        for count in bytes.indices {
            #expect(throws: RecordFault.self) { try LimitBatch([UInt8](bytes[..<count]), at: now, wall) }
        }
        #expect(throws: RecordFault.surplus) { try LimitBatch(bytes + [0], at: now, wall) }
    }
}
