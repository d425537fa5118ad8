import Dispatch
import Synchronization
import Testing

@testable import LolaCore

@Suite("MemoryStore")
struct MemoryStoreTests {
    private let start = WallTime(seconds: 1_795_168_800)

    private func key(_ number: Int) -> StoreKey { StoreKey(.seen, RecordID(high: 1, low: UInt64(number))) }

    @Test("keeps the contract of all stores")
    func contract() throws {
        try StoreContract {
            let table = MemoryTable()
            return StorePair(left: MemoryStore(table), right: MemoryStore(table))
        }.run()
    }

    @Test("the store that injects faults keeps the contract while it injects none, and then says unavailable")
    func faults() throws {
        try StoreContract {
            let table = MemoryTable()
            return StorePair(left: PlainStore(table), right: PlainStore(table))
        }.run()
        let store = PlainStore()
        store.failures = 1
        var answers: [StoreAnswer] = []
        for _ in 0..<2 { store.submit(.claim(key(1), expires: .seconds(10))) { answers.append($0) } }
        _ = store.deliver(at: start)
        // What was asked may have lasted: whoever asks again is told so.
        #expect(answers == [.unavailable, .claimed(false)])
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
