import Dispatch
import Synchronization
import Testing

@testable import LolaCore

@Suite("MemoryStore")
struct MemoryStoreTests {
    private let start = WallTime(seconds: 1_795_168_800)

    private func key(_ number: Int) -> StoreKey { StoreKey(.seen, [UInt8](text: "\(number)")) }

    @Test("keeps the contract of all stores")
    func contract() throws {
        try StoreContract {
            let table = MemoryTable()
            return StorePair(left: MemoryStore(table), right: MemoryStore(table))
        }.run()
    }

    @Test("a full table refuses claims and forgets none; room comes back when claims expire")
    func claimsAreBounded() {
        let table = MemoryTable(claimsMax: 100)
        for number in 0..<100 {
            #expect(table.apply(.claim(key(number), expires: .seconds(10)), at: start) == .claimed(true))
        }
        #expect(table.apply(.claim(key(100), expires: .seconds(10)), at: start) == .unavailable)
        let batch = StoreOperation.batch([.put(key(500), [1], expires: nil), .claim(key(100), expires: .seconds(10))])
        #expect(table.apply(batch, at: start) == .unavailable)
        #expect(table.apply(.get(key(500)), at: start) == .value(nil))
        #expect(table.apply(.claim(key(7), expires: .seconds(10)), at: start) == .claimed(false))
        #expect(table.apply(.put(key(501), [1], expires: nil), at: start) == .done)
        #expect(table.apply(.remove(key(7)), at: start) == .done)
        #expect(table.apply(.claim(key(100), expires: .seconds(99)), at: start) == .claimed(true))
        let later = start + .seconds(10)
        #expect(table.apply(.claim(key(101), expires: .seconds(10)), at: later) == .claimed(true))
        #expect(table.apply(.claim(key(100), expires: .seconds(10)), at: later) == .claimed(false))
    }

    @Test("octets are bounded, and replacing a value counts only the difference")
    func octetsAreBounded() {
        let table = MemoryTable(octetsMax: .bytes(1_000))
        let big = [UInt8](repeating: 1, count: 900)
        #expect(table.apply(.put(key(1), big, expires: nil), at: start) == .done)
        #expect(table.apply(.put(key(2), big, expires: nil), at: start) == .unavailable)
        #expect(table.apply(.put(key(1), big, expires: nil), at: start) == .done)
        #expect(table.apply(.remove(key(1)), at: start) == .done)
        #expect(table.apply(.put(key(2), big, expires: nil), at: start) == .done)
        #expect(table.apply(.get(key(2)), at: start) == .value(big))
    }

    @Test("expired records leave the memory although nobody asks for them")
    func sweep() {
        let table = MemoryTable()
        for number in 0..<1_000 { _ = table.apply(.claim(key(number), expires: .seconds(10)), at: start) }
        #expect(table.count == 1_000)
        for _ in 0..<200 { _ = table.apply(.get(key(-1)), at: start + .seconds(10)) }
        #expect(table.count == 0)
    }

    @Test("slots are used again: a table that turns over does not grow")
    func turnover() {
        let table = MemoryTable(claimsMax: 50)
        for number in 0..<5_000 {
            let now = start + .seconds(Int64(number))
            #expect(table.apply(.claim(key(number), expires: .seconds(20)), at: now) == .claimed(true))
        }
        #expect(table.count <= 50)
    }

    @Test("agrees with a simple model over random operations")
    func model() {
        var random = SeededGenerator(seed: 11)
        let table = MemoryTable()
        var model: [Int: (value: [UInt8], expires: WallTime?)] = [:]
        var now = start
        for _ in 0..<20_000 {
            now = now + .milliseconds(Int64.random(in: 0...50, using: &random))
            let number = Int.random(in: 0..<40, using: &random)
            if let expires = model[number]?.expires, expires <= now { model[number] = nil }
            let life = Interval.milliseconds(Int64.random(in: 1...2_000, using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                #expect(table.apply(.get(key(number)), at: now) == .value(model[number]?.value))
            case 1:
                let value = [UInt8.random(in: 0...255, using: &random)]
                #expect(table.apply(.put(key(number), value, expires: life), at: now) == .done)
                model[number] = (value, now + life)
            case 2:
                let isFree = model[number] == nil
                #expect(table.apply(.claim(key(number), expires: life), at: now) == .claimed(isFree))
                if isFree { model[number] = ([], now + life) }
            default:
                #expect(table.apply(.remove(key(number)), at: now) == .done)
                model[number] = nil
            }
        }
    }

    @Test("of many threads that claim the same keys, one wins each")
    func threads() {
        let table = MemoryTable()
        let counts = Tally()
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            var won = 0
            for number in 0..<2_000
            where table.apply(.claim(key(number), expires: .days(1)), at: start) == .claimed(true) {
                won += 1
            }
            counts.add(won)
        }
        #expect(counts.total == 2_000)
    }
}

/// A sum over threads.
private final class Tally: Sendable {
    private let sum = Mutex(0)

    func add(_ value: Int) { sum.withLock { $0 += value } }
    var total: Int { sum.withLock { $0 } }
}
