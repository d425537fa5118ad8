// What reaches the store below is sealed, what comes back is opened, and what does not open is never taken for absent.
import Testing

@testable import LolaCore

/// Rings as the tests of this folder need them.
enum SealFixture {
    static func secret(_ octet: UInt8) -> SecretBytes { SecretBytes([UInt8](repeating: octet, count: 32)) }

    static func keys(_ octets: UInt8..., entropy: any Entropy = CountingEntropy()) throws -> SealKeys {
        try SealKeys(octets.map { secret($0) }, entropy: entropy)
    }

    static func id(_ number: UInt64) -> RecordID { RecordID(high: number, low: ~number) }
}

/// A sealed view and the bare one of the same table.
private final class SealBench {
    let table = MemoryTable()
    let bare: MemoryStore
    let store: SealedStore
    let unopened = SealLog()
    let now = WallTime(seconds: 1_795_168_800)

    init(_ keys: SealKeys) {
        bare = MemoryStore(table)
        store = SealedStore(bare, keys: keys) { [unopened] in unopened.keys.append($0) }
    }

    func ask(_ operation: StoreOperation) throws -> StoreAnswer {
        var answers: [StoreAnswer] = []
        store.submit(operation) { answers.append($0) }
        #expect(answers.isEmpty)
        while answers.isEmpty { try #require(store.deliver(at: now)) }
        #expect(answers.count == 1)
        return answers[0]
    }

    /// What stands below.
    func below(_ key: StoreKey) throws -> [UInt8] {
        guard case .value(let value?) = table.apply(.get(key), at: now) else {
            throw SampleFault(description: "nothing below")
        }
        return value
    }
}

private final class SealLog {
    var keys: [StoreKey] = []
}

@Suite("Sealed store")
struct SealedStoreTests {
    private let value: [UInt8] = [UInt8](text: "what Ana wrote")

    @Test("keeps the contract of all stores")
    func contract() throws {
        try StoreContract {
            let table = MemoryTable()
            return StorePair(
                left: SealedStore(MemoryStore(table), keys: try SealFixture.keys(1)),
                right: SealedStore(MemoryStore(table), keys: try SealFixture.keys(1)))
        }.run()
    }

    @Test("a value is sealed below and comes back whole", arguments: StoreRoom.allCases.filter(\.isSealed))
    func sealsValues(room: StoreRoom) throws {
        let bench = SealBench(try SealFixture.keys(1))
        let key = StoreKey(room, SealFixture.id(1))
        let lane = Lane(3)
        let write = room == .inbound
            ? StoreOperation.append(QueueEntry(key: key, lane: lane, value: value)) : .put(key, value, expires: nil)
        #expect(try bench.ask(write) == .done)
        #expect(try bench.ask(.get(key)) == .value(value))
        #expect(try bench.ask(.list(room, after: nil, limit: 9)) == .page([StoreRecord(id: key.id, value: value)]))
        let sealed = try bench.below(key)
        #expect(sealed.count == value.count + SealKeys.overhead)
        #expect(!sealed.text.contains("Ana") && bench.store.sealCount == 1)
    }

    @Test("values inside a batch are sealed; its claims, fences and removals pass through")
    func batches() throws {
        let bench = SealBench(try SealFixture.keys(1))
        let outbox = StoreKey(.outbox, SealFixture.id(1))
        let inbound = StoreKey(.inbound, SealFixture.id(2))
        let claim = StoreKey(.seen, SealFixture.id(3))
        let batch = StoreOperation.batch([
            .claim(claim, expires: .days(1)), .append(QueueEntry(key: inbound, lane: Lane(0), value: value)),
            .put(outbox, value, expires: .days(1)),
        ])
        #expect(try bench.ask(batch) == .claimed(true))
        #expect(try bench.ask(batch) == .claimed(false))
        for key in [outbox, inbound] {
            #expect(try bench.ask(.get(key)) == .value(value))
            #expect(try bench.below(key).count == value.count + SealKeys.overhead)
        }
        #expect(try bench.ask(.batch([.holding(inbound), .remove(inbound), .remove(outbox)])) == .done)
        #expect(try bench.ask(.batch([.holding(inbound), .put(outbox, value, expires: nil)])) == .fenced)
        #expect(try bench.ask(.get(outbox)) == .value(nil))
    }

    @Test("counters and the store's own records are left as they are")
    func plainRooms() throws {
        let bench = SealBench(try SealFixture.keys(1))
        let count = StoreKey(.suspect, SealFixture.id(1))
        #expect(try bench.ask(.add(count, 2, within: .days(1))) == .sum(2))
        #expect(try bench.ask(.add(count, 1, within: .days(1))) == .sum(3))
        for room in [StoreRoom.meta, .progress] {
            let key = StoreKey(room, SealFixture.id(2))
            #expect(try bench.ask(.put(key, value, expires: nil)) == .done)
            #expect(try bench.below(key) == value)
            #expect(try bench.ask(.get(key)) == .value(value))
        }
        #expect(bench.store.sealCount == 0 && bench.store.unopenedCount == 0)
    }

    @Test("a value that does not open is unavailable, not absent; it stays, and is reported")
    func unopened() throws {
        let bench = SealBench(try SealFixture.keys(1))
        let key = StoreKey(.contact, SealFixture.id(1))
        let other = StoreKey(.contact, SealFixture.id(2))
        #expect(try bench.ask(.put(key, value, expires: nil)) == .done)
        let sealed = try bench.below(key)
        let state = StoreKey(.state, key.id)
        let damaged: [(StoreKey, [UInt8])] = [
            // Moved to another record, to another room, cut, empty, changed.
            (other, sealed), (state, sealed), (other, Array(sealed.dropLast())), (other, []),
            (other, sealed.dropLast() + [sealed[sealed.count - 1] ^ 1]), (other, Array(sealed.prefix(31))),
        ]
        for (key, value) in damaged {
            _ = bench.table.apply(.put(key, value, expires: nil), at: bench.now)
            #expect(try bench.ask(.get(key)) == .unavailable)
            #expect(try bench.below(key) == value)
            #expect(bench.unopened.keys.last == key)
        }
        #expect(bench.store.unopenedCount == damaged.count && bench.unopened.keys.count == damaged.count)
        #expect(try bench.ask(.get(key)) == .value(value))
    }

    @Test("a page is filled up for what does not open, so that a short page ends the room", arguments: 1...7)
    func pages(limit: Int) throws {
        let bench = SealBench(try SealFixture.keys(1))
        var expected: [RecordID] = []
        for number in 1...20 as ClosedRange<UInt64> {
            let key = StoreKey(.dead, SealFixture.id(number))
            if [1, 5, 6, 7, 8, 20].contains(number) {
                _ = bench.table.apply(.put(key, [1, 2, 3], expires: nil), at: bench.now)
            } else {
                #expect(try bench.ask(.put(key, value, expires: nil)) == .done)
                expected.append(key.id)
            }
        }
        var found: [RecordID] = []
        while true {
            guard case .page(let page) = try bench.ask(.list(.dead, after: found.last, limit: limit)) else {
                throw SampleFault(description: "no page")
            }
            #expect(page.allSatisfy { $0.value == value })
            found += page.map(\.id)
            if page.count < limit { break }
        }
        #expect(found == expected)
        #expect(Set(bench.unopened.keys).count == 6)
    }

    @Test("entries come opened and in order; one that does not open is reported and not given")
    func entries() throws {
        let inner = EntrySource()
        let keys = try SealFixture.keys(1)
        let log = SealLog()
        let store = SealedStore(inner, keys: keys) { log.keys.append($0) }
        var given: [QueueEntry] = []
        store.onEntry = { given.append($0) }
        let lane = Lane(5)
        let plain = (1...3 as ClosedRange<UInt64>).map { number in
            QueueEntry(key: StoreKey(.inbound, SealFixture.id(number)), lane: lane, value: [UInt8(number)])
        }
        for entry in plain {
            let sealed = entry.key == plain[1].key ? [9] : keys.seal(entry.value, for: entry.key)
            inner.onEntry?(QueueEntry(key: entry.key, lane: lane, value: sealed))
        }
        #expect(given == [plain[0], plain[2]])
        #expect(log.keys == [plain[1].key] && store.unopenedCount == 1)
        #expect(store.returnsEntries)
        store.onEntry = nil
        #expect(inner.onEntry == nil)
    }

    @Test("what the store below cannot answer stays unanswered")
    func unavailable() throws {
        let inner = EntrySource()
        let store = SealedStore(inner, keys: try SealFixture.keys(1))
        var answers: [StoreAnswer] = []
        let key = StoreKey(.state, SealFixture.id(1))
        for operation in [StoreOperation.get(key), .list(.state, after: nil, limit: 5), .put(key, [1], expires: nil)] {
            store.submit(operation) { answers.append($0) }
        }
        #expect(store.deliver(at: WallTime(seconds: 0)))
        #expect(answers == [.unavailable, .unavailable, .unavailable])
    }
}

/// A store that gives entries when told and cannot answer.
private final class EntrySource: Store {
    private var waiting: [(StoreAnswer) -> Void] = []
    var onEntry: ((QueueEntry) -> Void)?
    var returnsEntries: Bool { true }

    func submit(_ operation: StoreOperation, _ completion: @escaping (StoreAnswer) -> Void) {
        waiting.append(completion)
    }

    func deliver(at now: WallTime) -> Bool {
        let batch = waiting
        waiting = []
        for completion in batch { completion(.unavailable) }
        return !batch.isEmpty
    }
}
