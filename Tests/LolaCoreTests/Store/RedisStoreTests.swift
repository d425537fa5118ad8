import Testing

@testable import LolaCore

@Suite("Redis store, against a real server", .serialized)
struct RedisStoreTests {
    /// Two views of one database, the left one with all lanes. Each pair gets a database of its own.
    private final class Pairs {
        let server: RedisServer
        private var database = 0
        private var members: [RedisMember] = []

        init() throws { server = try RedisServer() }

        func make() throws -> StorePair {
            database += 1
            return try pair()
        }

        private func pair() throws -> StorePair {
            for member in members { member.end() }
            let address = server.address(database: database)
            members = [
                try RedisMember(address, lease: .milliseconds(240)),
                try RedisMember(address, lease: .milliseconds(240), takesLanes: false),
            ]
            let loops = members.map(\.real)
            try #require(RealLoop.run(loops) { members.allSatisfy(\.store.isOpen) })
            return StorePair(
                left: members[0].store, right: members[1].store,
                pump: { RealLoop.run(loops, for: .milliseconds(1)) { false } }, patience: 5_000,
                passTime: { RealLoop.run(loops, for: $0) { false } }, life: .milliseconds(1_000),
                reopen: { [self] in try pair() })
        }

        func end() { for member in members { member.end() } }
    }

    @Test("keeps the contract of all stores")
    func contract() throws {
        let pairs = try Pairs()
        try StoreContract { try pairs.make() }.run()
        pairs.end()
    }

    private func key(_ number: Int, _ room: StoreRoom = .state) -> StoreKey {
        StoreKey(room, RecordID(high: 7, low: UInt64(number)))
    }

    private func claim(_ number: Int, _ life: Interval = .seconds(60)) -> StoreOperation {
        .claim(key(number, .seen), expires: life)
    }

    @Test("keeps any octets, replaces, removes, and tells an empty value from none")
    func values() throws {
        let server = try RedisServer()
        let member = try RedisMember(server.address(database: 3))
        try #require(member.open())
        let all = (0...255).map { UInt8($0) }
        #expect(try member.ask(.get(key(1))) == .value(nil))
        #expect(try member.ask(.put(key(1), all, expires: nil)) == .done)
        #expect(try member.ask(.get(key(1))) == .value(all))
        #expect(try member.ask(.put(key(1), [], expires: nil)) == .done)
        #expect(try member.ask(.get(key(1))) == .value([]))
        #expect(try member.ask(.get(key(1, .contact))) == .value(nil))
        #expect(try member.ask(.remove(key(1))) == .done)
        #expect(try member.ask(.remove(key(1))) == .done)
        #expect(try member.ask(.get(key(1))) == .value(nil))
        let big = [UInt8](repeating: 1, count: 2_000_000)
        #expect(try member.ask(.put(key(2), big, expires: nil)) == .done)
        #expect(try member.ask(.get(key(2))) == .value(big))
        let tooBig = [UInt8](repeating: 1, count: Limits.redisBulkMax.bytes + 1)
        #expect(try member.ask(.put(key(3), tooBig, expires: nil)) == .unavailable)
        #expect(try member.ask(.get(key(3))) == .value(nil))
        member.end()
    }

    @Test("a claim has one winner until it expires, on whichever loop")
    func claims() throws {
        let server = try RedisServer()
        let left = try RedisMember(server.address())
        let right = try RedisMember(server.address())
        try #require(left.open() && right.open())
        #expect(try left.ask(claim(1)) == .claimed(true))
        #expect(try right.ask(claim(1)) == .claimed(false))
        #expect(try right.ask(.get(key(1, .seen))) == .value([]))
        #expect(try left.ask(.remove(key(1, .seen))) == .done)
        #expect(try right.ask(claim(1)) == .claimed(true))
        #expect(try left.ask(claim(2, .milliseconds(40))) == .claimed(true))
        #expect(try left.ask(.put(key(2), [1], expires: .milliseconds(40))) == .done)
        var isFree = false
        RealLoop.run([left.real]) {
            if let answer = try? left.ask(.get(key(2, .seen))) { isFree = answer == .value(nil) }
            return isFree
        }
        #expect(isFree)
        #expect(try left.ask(claim(2)) == .claimed(true))
        #expect(try left.ask(.get(key(2))) == .value(nil))
        left.end()
        right.end()
    }

    @Test("counters add exactly, end with their window, and stop at the largest number")
    func counters() throws {
        let server = try RedisServer()
        let member = try RedisMember(server.address())
        try #require(member.open())
        #expect(try member.ask(.add(key(1), 5, within: .seconds(60))) == .sum(5))
        #expect(try member.ask(.add(key(1), -7, within: .seconds(60))) == .sum(-2))
        #expect(try member.ask(.add(key(2), .max - 1, within: .seconds(60))) == .sum(.max - 1))
        #expect(try member.ask(.add(key(2), 1, within: .seconds(60))) == .sum(.max))
        #expect(try member.ask(.add(key(2), 1, within: .seconds(60))) == .sum(.max))
        #expect(try member.ask(.add(key(3), .min, within: .seconds(60))) == .sum(.min))
        #expect(try member.ask(.add(key(3), -1, within: .seconds(60))) == .sum(.min))
        #expect(try member.ask(.add(key(4), 1, within: .milliseconds(40))) == .sum(1))
        var sum = StoreAnswer.sum(2)
        // The window is the first addition's: it ends although more is added.
        RealLoop.run([member.real]) {
            sum = (try? member.ask(.add(key(4), 1, within: .seconds(60)))) ?? sum
            return sum == .sum(1)
        }
        #expect(sum == .sum(1))
        _ = try member.ask(.put(key(5), [UInt8](text: "word"), expires: nil))
        #expect(try member.ask(.add(key(5), 3, within: .seconds(60))) == .sum(3))
        member.end()
    }

    @Test("a batch is all or nothing, whatever place the lost claim or the failing hold has in it")
    func batches() throws {
        let server = try RedisServer()
        let member = try RedisMember(server.address())
        try #require(member.open())
        _ = try member.ask(.put(key(1), [1], expires: nil))
        _ = try member.ask(claim(9))
        let parts: [StoreOperation] = [
            .put(key(1), [2], expires: nil), .put(key(2), [3], expires: nil), .remove(key(1)), claim(8),
            .add(key(3), 4, within: .seconds(60)), .append(redisEntry(1, lane: 5)),
        ]
        let failing: [(StoreOperation, StoreAnswer)] = [
            (claim(9), .claimed(false)), (.holding(redisEntry(77, lane: 5).key), .fenced),
        ]
        for (operation, answer) in failing {
            for place in 0...parts.count {
                var batch = parts
                batch.insert(operation, at: place)
                #expect(try member.ask(.batch(batch)) == answer)
            }
        }
        #expect(try member.ask(.batch([claim(9), .holding(redisEntry(77, lane: 5).key)])) == .claimed(false))
        #expect(try member.ask(.batch([.holding(redisEntry(77, lane: 5).key), claim(9)])) == .fenced)
        #expect(try member.ask(.get(key(1))) == .value([1]))
        #expect(try member.ask(.get(key(2))) == .value(nil))
        #expect(try member.ask(.get(key(3))) == .value(nil))
        #expect(try member.ask(.get(redisEntry(1, lane: 5).key)) == .value(nil))
        #expect(try member.ask(.batch(parts)) == .claimed(true))
        #expect(try member.ask(.get(key(1))) == .value(nil))
        #expect(try member.ask(.add(key(3), 1, within: .seconds(60))) == .sum(5))
        #expect(try member.ask(.get(redisEntry(1, lane: 5).key)) == .value([UInt8](text: "1")))
        #expect(try member.ask(.batch([claim(20), claim(20)])) == .claimed(false))
        #expect(try member.ask(.batch([.remove(key(9, .seen)), claim(9)])) == .claimed(true))
        #expect(try member.ask(.batch([])) == .done)
        member.end()
    }

    @Test("pages are in the order of ids, without what has expired, and every record stands on one")
    func pages() throws {
        let server = try RedisServer()
        let member = try RedisMember(server.address())
        try #require(member.open())
        for number in [5, 3, 9, 1, 7] { _ = try member.ask(.put(key(number, .dead), [UInt8(number)], expires: nil)) }
        _ = try member.ask(.put(key(4, .dead), [4], expires: .milliseconds(20)))
        _ = try member.ask(.add(key(6, .dead), 6, within: .seconds(60)))
        _ = try member.ask(.remove(key(9, .dead)))
        RealLoop.run([member.real]) { (try? member.ask(.get(key(4, .dead)))) == .value(nil) }
        func page(_ after: Int?, _ limit: Int) throws -> [UInt64] {
            let after = after.map { key($0).id }
            guard case .page(let records) = try member.ask(.list(.dead, after: after, limit: limit)) else { return [] }
            #expect(records.allSatisfy { $0.id.high == 7 })
            return records.map(\.id.low)
        }
        #expect(try page(nil, 100) == [1, 3, 5, 6, 7])
        #expect(try page(nil, 2) == [1, 3])
        #expect(try page(3, 2) == [5, 6])
        #expect(try page(4, 2) == [5, 6])
        #expect(try page(7, 2).isEmpty)
        #expect(try page(nil, 0).isEmpty)
        _ = try member.ask(.append(redisEntry(3, lane: 1)))
        #expect(
            try member.ask(.list(.inbound, after: nil, limit: 9))
                == .page([
                    StoreRecord(id: redisEntry(3, lane: 1).key.id, value: [UInt8](text: "3"))
                ]))
        member.end()
    }

    @Test("answers come in the order of submission, also when the server has forgotten every script")
    func order() throws {
        let server = try RedisServer()
        let member = try RedisMember(server.address())
        try #require(member.open())
        for round in 0..<3 {
            var order: [Int] = []
            if round > 0 {
                member.store.connection.send([[UInt8](text: "SCRIPT"), [UInt8](text: "FLUSH")]) { _ in }
            }
            for number in 0..<200 {
                let isRead = number % 5 == 4
                let operation: StoreOperation =
                    isRead ? .get(key(1)) : .put(key(1), [UInt8(number)], expires: nil)
                member.store.submit(operation) {
                    #expect($0 == (isRead && round == 0 ? .value([UInt8(number - 1)]) : isRead ? $0 : .done))
                    order.append(number)
                }
            }
            RealLoop.run([member.real]) { order.count == 200 }
            #expect(order == Array(0..<200))
            #expect(try member.ask(.get(key(1))) == .value([198]))
        }
        #expect(member.events.contains(.refused(.noScript)))
        member.end()
    }

    @Test("what somebody else put in the place of our keys makes operations unavailable, and half of none happens")
    func foreignTypes() throws {
        let server = try RedisServer()
        let member = try RedisMember(server.address())
        try #require(member.open())
        for name in ["lola:index:dead", "lola:inbound:5", "lola:expiry:contact"] {
            member.store.connection.send([[UInt8](text: "SET"), [UInt8](text: name), [1]]) { _ in }
        }
        let batches: [[StoreOperation]] = [
            [.put(key(1), [1], expires: nil), .put(key(1, .dead), [1], expires: nil)],
            [.put(key(1), [1], expires: nil), .append(redisEntry(1, lane: 5))],
            [.put(key(1), [1], expires: nil), .remove(key(1, .contact))],
        ]
        for batch in batches { #expect(try member.ask(.batch(batch)) == .unavailable) }
        #expect(try member.ask(.get(key(1))) == .value(nil))
        #expect(try member.ask(.put(key(1), [1], expires: nil)) == .done)
        #expect(member.events.contains(.refused(.wrongType)) && member.store.isOpen)
        member.end()
    }

    @Test("a Redis that is full refuses, keeps what it has, and takes up again")
    func full() throws {
        let server = try RedisServer(["--maxmemory", "8mb"])
        let member = try RedisMember(server.address())
        try #require(member.open())
        let entry = redisEntry(1, lane: 1)
        _ = try member.ask(.append(entry))
        RealLoop.run([member.real]) { member.entries.count == 1 }
        var kept = 0
        while try member.ask(.put(key(kept), [UInt8](repeating: 1, count: 500_000), expires: nil)) == .done {
            kept += 1
        }
        #expect(kept > 2 && kept < 20)
        #expect(member.events.contains(.refused(.outOfMemory)) && member.store.isOpen)
        #expect(try member.ask(.get(key(kept))) == .value(nil))
        // Or a full store would stay full.
        #expect(try member.ask(.batch([.holding(entry.key), .remove(entry.key)])) == .done)
        #expect(try member.ask(.get(entry.key)) == .value(nil))
        #expect(try member.ask(.get(key(0))) == .value([UInt8](repeating: 1, count: 500_000)))
        let config = ["CONFIG", "SET", "maxmemory", "100mb"].map { [UInt8](text: $0) }
        member.store.connection.send(config) { _ in }
        #expect(try member.ask(.put(key(kept), [1], expires: nil)) == .done)
        member.end()
    }
}
