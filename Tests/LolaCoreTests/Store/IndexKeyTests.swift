// The key of the record hashes: one for each store, whoever starts first, whatever the data key becomes later.
import Testing

@testable import LolaCore

@Suite("Index key")
struct IndexKeyTests {
    private let now = WallTime(seconds: 1_795_168_800)

    private func find(
        _ table: MemoryTable, _ keys: SealKeys, entropy first: UInt8 = 1
    ) throws(IndexKeyFault) -> IndexKey {
        try IndexKey.find(keys: keys, entropy: CountingEntropy(from: first)) { table.apply($0, at: now) }
    }

    private func octets(_ key: IndexKey) -> [UInt8] { key.secret.withBytes { [UInt8](copying: $0) } }

    @Test("made once, found ever after, and never in the clear")
    func once() throws {
        let table = MemoryTable()
        let made = try find(table, SealFixture.keys(1))
        #expect(made.origin == .made && octets(made) == [UInt8](1...32))
        let found = try find(table, SealFixture.keys(1), entropy: 99)
        #expect(found.origin == .found && octets(found) == octets(made))
        guard case .value(let kept?) = table.apply(.get(IndexKey.record), at: now + .days(400)) else {
            throw SampleFault(description: "not kept")
        }
        #expect(kept.count == IndexKey.count + SealKeys.overhead)
        #expect(kept.firstIndex(of: 20).map { Array(kept[$0...].prefix(8)) } != [UInt8](20..<28))
        #expect(try found.pseudonymKey().equals(try made.pseudonymKey()))
        #expect(try !found.pseudonymKey().equals(found.secret))
    }

    @Test("a store that lost it gets it back from who still has it; a store with another one says so")
    func offered() throws {
        func offer(_ table: MemoryTable, _ secret: SecretBytes) throws -> IndexKey {
            let keys = try SealFixture.keys(1)
            var search = IndexKeySearch(keys: keys, entropy: CountingEntropy(from: 77), offer: secret)
            var step = search.begin()
            while true {
                switch step {
                case .ask(let operation): step = search.take(table.apply(operation, at: now))
                case .done(let key): return key
                case .failed(let fault): throw fault
                }
            }
        }
        let made = try find(MemoryTable(), SealFixture.keys(1))
        let flushed = MemoryTable()
        let put = try offer(flushed, made.secret)
        let found = try find(flushed, SealFixture.keys(1), entropy: 99)
        #expect(octets(put) == octets(made) && octets(found) == octets(made))
        let replaced = MemoryTable()
        let other = try find(replaced, SealFixture.keys(1), entropy: 99)
        let met = try offer(replaced, made.secret)
        #expect(octets(met) == octets(other) && !met.secret.equals(made.secret))
    }

    @Test("who is alone makes it anew where the making was claimed and nothing is left; others wait")
    func lostRecord() throws {
        let table = MemoryTable()
        let made = try find(table, SealFixture.keys(1))
        #expect(table.apply(.remove(IndexKey.record), at: now) == .done)
        #expect(throws: IndexKeyFault.unavailable) { try find(table, SealFixture.keys(1), entropy: 9) }
        let keys = try SealFixture.keys(1)
        let back = try IndexKey.find(
            keys: keys, entropy: CountingEntropy(from: 9), offer: made.secret, isAlone: true
        ) { table.apply($0, at: now) }
        #expect(back.origin == .made && octets(back) == octets(made))
        #expect(octets(try find(table, SealFixture.keys(1), entropy: 9)) == octets(made))
    }

    @Test("its copy says the same key, sealed, under the first data key, and nothing when it is closed or cut")
    func copy() throws {
        let disk = SimDisk()
        func copy(_ ring: [UInt8]) throws -> IndexKeyCopy {
            let keys = try SealKeys(ring.map { SealFixture.secret($0) }, entropy: CountingEntropy())
            return IndexKeyCopy(disk: disk, keys: keys)
        }
        func held(_ copy: IndexKeyCopy) -> [UInt8]? {
            if case .key(let secret) = copy.read() { secret.withBytes { [UInt8](copying: $0) } } else { nil }
        }
        guard case .none = try copy([1]).read() else { throw SampleFault(description: "a copy of nothing") }
        let secret = [UInt8](1...32)
        try copy([1]).keep(SecretBytes(secret))
        #expect(try held(copy([1])) == secret && held(copy([2, 1])) == secret && held(copy([2])) == nil)
        guard case .closed = try copy([2]).read() else { throw SampleFault(description: "opened by a foreign key") }
        // Under a new first key it is sealed anew, and the old one is no longer needed.
        try copy([2, 1]).keep(SecretBytes(secret))
        #expect(try held(copy([2])) == secret)
        let sealed = try #require(IndexKeyCopy.sealed(disk))
        try copy([2]).keep(SecretBytes(secret))
        #expect(IndexKeyCopy.sealed(disk) == sealed && !sealed.contains { _ in sealed.starts(with: secret) })
        let file = try disk.open(IndexKeyCopy.name)
        try disk.truncate(file, to: 40)
        disk.close(file)
        #expect(try held(copy([2])) == nil)
        try copy([2]).keep(SecretBytes(secret))
        #expect(try held(copy([2])) == secret)
    }

    @Test("a new first data key renews it; then the old one is no longer needed, nor enough")
    func rotation() throws {
        let table = MemoryTable()
        let made = try find(table, SealFixture.keys(1))
        let renewed = try find(table, SealFixture.keys(2, 1))
        #expect(renewed.origin == .renewed && octets(renewed) == octets(made))
        let found = try find(table, SealFixture.keys(2))
        #expect(found.origin == .found && octets(found) == octets(made))
        #expect(throws: IndexKeyFault.dataKeyWrong) { try find(table, SealFixture.keys(1)) }
    }

    @Test("a data key of another store is told apart from an empty store", arguments: [[UInt8](), [1, 2, 3]])
    func wrongKey(damage: [UInt8]) throws {
        let table = MemoryTable()
        _ = try find(table, SealFixture.keys(1))
        #expect(throws: IndexKeyFault.dataKeyWrong) { try find(table, SealFixture.keys(9)) }
        _ = table.apply(.put(IndexKey.record, damage, expires: nil), at: now)
        #expect(throws: IndexKeyFault.dataKeyWrong) { try find(table, SealFixture.keys(1)) }
        let short = try SealFixture.keys(1).seal([1], for: IndexKey.record)
        _ = table.apply(.put(IndexKey.record, short, expires: nil), at: now)
        #expect(throws: IndexKeyFault.dataKeyWrong) { try find(table, SealFixture.keys(1)) }
    }

    /// Kept under which key, found with which keys, the answer that fails: empty store, rotation, lost race.
    @Test(
        "a store that does not answer gives no key, at any of its questions",
        arguments: [
            (nil, [1], 0), (nil, [1], 1), (1, [2, 1], 0), (1, [2, 1], 1), (1, [1], 0),
        ] as [(UInt8?, [UInt8], Int)])
    func unavailable(kept: UInt8?, keys: [UInt8], refused: Int) throws {
        let table = MemoryTable()
        if let kept { _ = try find(table, SealFixture.keys(kept)) }
        let ring = try SealKeys(keys.map { SealFixture.secret($0) }, entropy: CountingEntropy())
        var asked = 0
        #expect(throws: IndexKeyFault.unavailable) {
            try IndexKey.find(keys: ring, entropy: CountingEntropy()) { operation in
                defer { asked += 1 }
                return asked == refused ? .unavailable : table.apply(operation, at: now)
            }
        }
        #expect(asked == refused + 1)
    }

    /// Several gateways that start at once, each step of each in an order of chance.
    @Test("of gateways that start together, one makes the key and all have the same", arguments: 0..<50)
    func race(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let table = MemoryTable()
        let count = 4
        var searches: [IndexKeySearch] = []
        var steps: [IndexKeySearch.Step] = []
        for number in 0..<count {
            let entropy = CountingEntropy(from: UInt8(40 * number))
            var search = IndexKeySearch(keys: try SealFixture.keys(1, entropy: entropy), entropy: entropy)
            steps.append(search.begin())
            searches.append(search)
        }
        var found: [Int: IndexKey] = [:]
        while found.count < count {
            let place = Int.random(in: 0..<count, using: &random)
            switch steps[place] {
            case .ask(let operation): steps[place] = searches[place].take(table.apply(operation, at: now))
            case .done(let key): found[place] = key
            case .failed(let fault): throw fault
            }
        }
        #expect(Set(found.values.map { octets($0) }).count == 1)
        #expect(found.values.count { $0.origin == .made } == 1)
    }

    @Test("a key that is being made by another gateway, and is not there yet, is waited for")
    func halfMade() throws {
        let table = MemoryTable()
        _ = try find(table, SealFixture.keys(1))
        _ = table.apply(.remove(IndexKey.record), at: now)
        #expect(throws: IndexKeyFault.unavailable) { try find(table, SealFixture.keys(1)) }
    }
}
