import Foundation
import Testing

@testable import LolaCore

@Suite("Redis that dies, forgets or goes back in time", .serialized)
struct RedisLossTests {
    private func claim(_ number: Int) -> StoreOperation {
        .claim(StoreKey(.seen, RecordID(high: 3, low: UInt64(number))), expires: .days(1))
    }

    @Test("killed and restarted 50 times under claims and entries: nothing acknowledged is lost, nothing is won twice")
    func kills() throws {
        let server = try RedisServer()
        let members = try (0..<2).map { _ in try RedisMember(server.address(), lease: .seconds(2)) }
        let loops = members.map(\.real)
        var random = SeededGenerator(seed: 5)
        var next = 0
        var kept: Set<UInt64> = []
        var wins: [Int: Int] = [:]
        var under = 0
        /// Both members want the same claim, with an entry in the same batch.
        func race() {
            let number = next
            next += 1
            for (side, member) in members.enumerated() {
                let entry = redisEntry(number * 2 + side, lane: number % 64)
                under += 1
                member.store.submit(.batch([claim(number), .append(entry)])) {
                    under -= 1
                    guard $0 == .claimed(true) else { return }
                    wins[number, default: 0] += 1
                    kept.insert(entry.key.id.high)
                }
            }
        }
        var slowest = Interval.zero
        for _ in 0..<50 {
            #expect(RealLoop.run(loops) { members.allSatisfy(\.store.isOpen) })
            let target = next + Int.random(in: 20...60, using: &random)
            while next < target {
                race()
                RealLoop.run(loops, for: .milliseconds(2)) { under == 0 }
            }
            server.kill()
            race()
            RealLoop.run(loops) { !members.contains(where: \.store.isOpen) }
            try server.start()
            let started = LinuxClock().now
            #expect(RealLoop.run(loops, for: .seconds(5)) { members.allSatisfy(\.store.isOpen) })
            slowest = max(slowest, LinuxClock().now - started)
        }
        #expect(RealLoop.run(loops) { under == 0 })
        #expect(wins.values.allSatisfy { $0 == 1 } && wins.count > 900)
        #expect(slowest < .seconds(3), "the server's own start included")
        #expect(members.allSatisfy { $0.count(.epochChanged) == 0 })
        for number in 0..<next where wins[number] != nil {
            #expect(try members[0].ask(claim(number)) == .claimed(false))
        }
        RealLoop.run(loops) { kept.isSubset(of: members.flatMap(\.entries).map(\.key.id.high)) || finishAll(members) }
        let seen = members.flatMap(\.entries).map(\.key.id.high)
        #expect(kept.isSubset(of: seen))
        for member in members { member.end() }
    }

    /// Removes what the members have in hand, so that they read on. Always false.
    private func finishAll(_ members: [RedisMember]) -> Bool {
        for member in members {
            for entry in member.entries { member.store.submit(.remove(entry.key)) { _ in } }
        }
        return false
    }

    @Test("FLUSHALL under the hands of two members: no claim is answered from the empty store before it is noticed")
    func flush() throws {
        let server = try RedisServer()
        let members = try (0..<2).map { _ in try RedisMember(server.address()) }
        #expect(RealLoop.run(members.map(\.real)) { members.allSatisfy(\.store.isOpen) })
        let before = try #require(members[0].store.epoch)
        #expect(members[1].store.epoch == before)
        _ = try members[0].ask(.append(redisEntry(1, lane: 1)))
        #expect(try members[0].ask(claim(1)) == .claimed(true))
        let third = try RedisMember(server.address())
        #expect(third.open())
        third.store.connection.send([[UInt8](text: "FLUSHALL")]) { _ in }
        RealLoop.run([third.real], for: .milliseconds(50)) { false }
        for member in members { #expect(try member.ask(claim(1)) == .unavailable) }
        let loops = (members + [third]).map(\.real)
        #expect(
            RealLoop.run(loops) { (members + [third]).allSatisfy { $0.count(.epochChanged) == 1 && $0.store.isOpen } })
        let after = Set((members + [third]).map(\.store.epoch))
        #expect(after.count == 1 && after != [before])
        #expect(try members[0].ask(claim(1)) == .claimed(true))
        #expect(members[0].real.counters.value(.redisStoreChanges) == 1)
        _ = try members[0].ask(.append(redisEntry(2, lane: 2)))
        #expect(RealLoop.run(loops) { (members + [third]).flatMap(\.entries).contains(redisEntry(2, lane: 2)) })
        for member in members + [third] { member.end() }
    }

    @Test("a new beginning serves nobody but the look for the index key until that is proved, and takes no lanes")
    func unproved() throws {
        let server = try RedisServer()
        let (old, other) = (try RedisMember(server.address()), try RedisMember(server.address()))
        old.store.awaitsProof = true
        #expect(old.open() && other.open())
        #expect(try old.ask(claim(1)) == .claimed(true))
        other.store.connection.send([[UInt8](text: "FLUSHALL")]) { _ in }
        #expect(RealLoop.run([old.real, other.real]) { old.count(.epochChanged) == 1 && old.store.isOpen })
        let key = IndexKey.record
        let text = StoreKey(.meta, RecordID(high: 7, low: 7))
        for refused in [.get(text), .put(text, [1], expires: nil), claim(1), .batch([.put(text, [1], expires: nil)]),
            .remove(key), .reserve([]), .list(.meta, after: nil, limit: 9)] as [StoreOperation]
        {
            #expect(try old.ask(refused) == .unavailable)
        }
        #expect(try old.ask(.get(key)) == .value(nil))
        let making = StoreOperation.batch([
            .claim(StoreKey(.seen, key.id), expires: .seconds(9)), .put(key, [9], expires: nil),
        ])
        #expect(try old.ask(making) == .claimed(true))
        RealLoop.run([old.real, other.real], for: .milliseconds(300)) { old.store.lanes.held > 0 }
        #expect(old.store.lanes.held == 0)
        old.store.prove()
        #expect(try old.ask(.get(text)) == .value(nil))
        #expect(RealLoop.run([old.real, other.real]) { old.store.lanes.held > 0 })
        for member in [old, other] { member.end() }
    }

    @Test("restarted with an empty folder, or with yesterday's: noticed before the first answer, by everybody")
    func older() throws {
        for isEmpty in [true, false] {
            let server = try RedisServer()
            let members = try (0..<2).map { _ in try RedisMember(server.address()) }
            let loops = members.map(\.real)
            #expect(RealLoop.run(loops) { members.allSatisfy(\.store.isOpen) })
            let before = members[0].store.epoch
            let data = server.folder.appendingPathComponent("appendonlydir")
            let copy = server.folder.appendingPathComponent("copy")
            server.kill()
            try FileManager.default.copyItem(at: data, to: copy)
            RealLoop.run(loops) { !members.contains(where: \.store.isOpen) }
            try server.start()
            #expect(RealLoop.run(loops) { members.allSatisfy(\.store.isOpen) })
            #expect(members.allSatisfy { $0.count(.epochChanged) == 0 })
            #expect(try members[0].ask(claim(1)) == .claimed(true))
            server.kill()
            try FileManager.default.removeItem(at: data)
            if !isEmpty { try FileManager.default.moveItem(at: copy, to: data) }
            try server.start()
            // One of them is back long before the other, and writes.
            RealLoop.run([members[1].real]) { members[1].store.isOpen && members[1].count(.connected) == 3 }
            for number in 0..<30 { _ = try members[1].ask(claim(100 + number)) }
            #expect(RealLoop.run(loops) { members.allSatisfy { $0.store.isOpen && $0.count(.epochChanged) == 1 } })
            #expect(members[0].store.epoch == members[1].store.epoch && members[0].store.epoch != before)
            for member in members { member.end() }
        }
    }

    @Test("a Redis that stands still gives unavailable within 5 s, at once afterwards, and is used again when it moves")
    func stall() throws {
        let server = try RedisServer()
        let member = try RedisMember(server.address())
        #expect(member.open())
        #expect(try member.ask(claim(1)) == .claimed(true))
        server.freeze(true)
        let clock = LinuxClock()
        let start = clock.now
        #expect(try member.ask(claim(2)) == .unavailable)
        #expect(clock.now - start < .seconds(5))
        let again = clock.now
        #expect(try member.ask(claim(3)) == .unavailable)
        #expect(clock.now - again < .milliseconds(100))
        server.freeze(false)
        let freed = clock.now
        #expect(member.open(within: .seconds(5)))
        #expect(clock.now - freed < .seconds(3))
        #expect(try member.ask(claim(1)) == .claimed(false))
        member.end()
    }
}
