import Testing

@testable import LolaCore

@Suite("Lanes in Redis: one owner at a time, order kept, nothing lost when a gateway dies", .serialized)
struct RedisLanesTests {
    private static let lease = Interval.milliseconds(600)

    private func settled(_ members: [RedisMember], _ shares: [Int]) -> Bool {
        RealLoop.run(members.map(\.real)) { members.map(\.store.lanes.held).sorted() == shares.sorted() }
    }

    /// Entries of each lane in the order of their numbers.
    private func isInOrder(_ entries: [QueueEntry]) -> Bool {
        var last: [Lane: UInt64] = [:]
        for entry in entries {
            if let before = last[entry.lane], before >= entry.key.id.high { return false }
            last[entry.lane] = entry.key.id.high
        }
        return true
    }

    @Test("an entry is ours while its lease holds, unsure past it or after a fence, lost with its lane")
    func standing() {
        func integers(_ values: [Int64]) -> RESPValue { .array(values.map { .integer($0) }) }
        func beat(kept: [Int64], lost: [Int64], taken: [Int64]) -> [RESPValue] {
            [.integer(1), .integer(1), .integer(1), .integer(64), integers(kept), integers(lost), integers(taken)]
        }
        let start = Instant(nanoseconds: 0)
        var lanes = RedisLanes(member: [0x6D])
        _ = lanes.learn(beat(kept: [], lost: [], taken: [7, 1]), until: start + .seconds(8))
        let asked = lanes.readArguments(at: start)
        #expect(asked?.count == 7)
        let id = RecordID(digest: Digest.sha256([1]))
        let entry: [RESPValue] = [.bulk([UInt8](text: "1-0")), .bulk(id.hex), .bulk([0x76])]
        let isTaken = lanes.read([.integer(1), .array([.bulk([0x37]), .integer(1)] + entry)])
        #expect(isTaken)
        #expect(lanes.standing(of: id, at: start) == .ours)
        #expect(lanes.standing(of: id, at: start + .seconds(8)) == .unsure)
        lanes.doubt(id, at: start)
        #expect(lanes.standing(of: id, at: start) == .unsure && lanes.isInDoubt)
        _ = lanes.learn(beat(kept: [7], lost: [], taken: []), until: start + .seconds(9))
        #expect(lanes.standing(of: id, at: start) == .ours && !lanes.isInDoubt)
        _ = lanes.learn(beat(kept: [], lost: [7], taken: []), until: start + .seconds(9))
        #expect(lanes.standing(of: id, at: start) == .lost)
    }

    @Test("lanes are shared out evenly as members come and go")
    func shares() throws {
        let server = try RedisServer()
        var members = [try RedisMember(server.address(), lease: Self.lease)]
        #expect(settled(members, [64]))
        members.append(try RedisMember(server.address(), lease: Self.lease))
        #expect(settled(members, [32, 32]))
        members.append(try RedisMember(server.address(), lease: Self.lease))
        #expect(settled(members, [20, 22, 22]))
        let drained = members.removeFirst()
        drained.store.beginDrain()
        RealLoop.run(members.map(\.real) + [drained.real]) { drained.store.isDrained }
        #expect(drained.store.isDrained)
        drained.end()
        #expect(settled(members, [32, 32]))
        // Dies without a word.
        members.removeFirst().end()
        #expect(settled(members, [64]))
        #expect(members[0].real.counters.value(.redisLanesTaken) >= 64)
        members[0].end()
    }

    @Test("whoever appends, the owner of the lane gets the entries, each once and in order, with no heartbeat between")
    func order() throws {
        let server = try RedisServer()
        let members = try (0..<2).map { _ in try RedisMember(server.address()) }
        let loops = members.map(\.real)
        #expect(settled(members, [32, 32]))
        var done = 0
        for number in 0..<640 {
            let operation = StoreOperation.append(redisEntry(number, lane: number % 64))
            members[number % 3 == 0 ? 0 : 1].store.submit(operation) {
                #expect($0 == .done)
                done += 1
            }
            // Order between loops is the order of answers.
            if number % 64 == 63 { RealLoop.run(loops) { done == number + 1 } }
        }
        RealLoop.run(loops, for: .seconds(2)) { members[0].entries.count + members[1].entries.count >= 640 }
        #expect(members[0].entries.count + members[1].entries.count == 640)
        #expect(members.allSatisfy { isInOrder($0.entries) })
        #expect(Set(members[0].entries.map(\.lane)).isDisjoint(with: members[1].entries.map(\.lane)))
        for member in members { member.end() }
    }

    @Test("an entry is withdrawn by anybody: whoever has it in hand is fenced, and nobody gets it again")
    func withdrawn() throws {
        let server = try RedisServer()
        let members = try (0..<2).map { _ in try RedisMember(server.address(), lease: Self.lease) }
        #expect(settled(members, [32, 32]))
        for number in 0..<64 { _ = try members[0].ask(.append(redisEntry(number, lane: number))) }
        RealLoop.run(members.map(\.real)) { members[0].entries.count + members[1].entries.count == 64 }
        let theirs = try #require(members[1].entries.first)
        #expect(try members[0].ask(.remove(theirs.key)) == .fenced)
        #expect(try members[0].ask(.batch([.withdraw(theirs.key), .remove(StoreKey(.outbox, theirs.key.id))])) == .done)
        #expect(try members[1].ask(.batch([.holding(theirs.key), .remove(theirs.key)])) == .fenced)
        #expect(try members[0].ask(.get(theirs.key)) == .value(nil))
        for member in members { member.end() }
        let heir = try RedisMember(server.address(), lease: Self.lease)
        #expect(heir.open())
        #expect(RealLoop.run([heir.real], for: .seconds(5)) { heir.entries.count == 63 })
        #expect(!heir.entries.map(\.key).contains(theirs.key))
        heir.end()
    }

    @Test("a member that dies with entries in hand: another gets them, first and in order, and the dead one is fenced")
    func takeover() throws {
        let server = try RedisServer()
        let dead = try RedisMember(server.address(), lease: Self.lease)
        #expect(settled([dead], [64]))
        for number in 0..<40 { _ = try dead.ask(.append(redisEntry(number, lane: number % 4))) }
        RealLoop.run([dead.real]) { dead.entries.count == 40 }
        for number in 0..<10 { #expect(try dead.ask(.remove(redisEntry(number, lane: number % 4).key)) == .done) }
        // Its loop stands still from here on.
        let heir = try RedisMember(server.address(), lease: Self.lease)
        #expect(heir.open())
        for number in 40..<60 { _ = try heir.ask(.append(redisEntry(number, lane: number % 4))) }
        #expect(RealLoop.run([heir.real], for: .seconds(5)) { heir.entries.count == 50 })
        #expect(isInOrder(heir.entries) && Set(heir.entries.map(\.key.id.high)) == Set(10..<60))
        // It comes back and believes that it still holds them.
        let entry = redisEntry(20, lane: 0)
        let put = StoreOperation.put(StoreKey(.outbox, entry.key.id), [1], expires: nil)
        #expect(try dead.ask(.batch([.holding(entry.key), put])) == .fenced)
        #expect(try dead.ask(.remove(redisEntry(21, lane: 1).key)) == .fenced)
        #expect(try heir.ask(.get(StoreKey(.outbox, entry.key.id))) == .value(nil))
        #expect(try heir.ask(.batch([.holding(entry.key), put, .remove(entry.key)])) == .done)
        #expect(dead.entries.count == 40)
        RealLoop.run([dead.real, heir.real]) { dead.store.lanes.held == 32 }
        #expect(dead.real.counters.value(.redisLanesLost) > 0)
        dead.end()
        heir.end()
    }

    /// Who has how many entries of the lane in hand, as the server's own means tell.
    private func pending(_ member: RedisMember, lane: Int) throws -> [String: Int64] {
        let parts = try #require(try member.say("XPENDING lola:inbound:\(lane) lola").elements)
        guard let consumers = parts.last?.elements else { return [:] }
        return try consumers.reduce(into: [:]) { counts, consumer in
            let pair = try #require(consumer.elements)
            counts[try #require(pair[0].octets).text] = pair[1].octets.flatMap(RESPParser.integer)
        }
    }

    @Test("what is read is pending in the group under its reader's name, and under the heir's after a takeover")
    func group() throws {
        let server = try RedisServer()
        let dead = try RedisMember(server.address(), lease: Self.lease)
        #expect(settled([dead], [64]))
        for number in 0..<30 { _ = try dead.ask(.append(redisEntry(number, lane: 5))) }
        RealLoop.run([dead.real]) { dead.entries.count == 30 }
        for number in 0..<3 { #expect(try dead.ask(.remove(redisEntry(number, lane: 5).key)) == .done) }
        #expect(try pending(dead, lane: 5) == [dead.store.lanes.member.text: 27])
        dead.end()
        let heir = try RedisMember(server.address(), lease: Self.lease)
        #expect(RealLoop.run([heir.real], for: .seconds(5)) { heir.entries.count == 27 })
        #expect(isInOrder(heir.entries))
        #expect(try pending(heir, lane: 5) == [heir.store.lanes.member.text: 27])
        for entry in heir.entries { #expect(try heir.ask(.batch([.holding(entry.key), .remove(entry.key)])) == .done) }
        #expect(try pending(heir, lane: 5) == [:])
        let consumers = try #require(try heir.say("XINFO CONSUMERS lola:inbound:5 lola").elements)
        #expect(consumers.map { $0.elements?[1].octets?.text } == [heir.store.lanes.member.text])
        heir.end()
    }

    @Test("a reading whose answer never came is taken over by the same member: each entry once, in order")
    func lostAnswer() throws {
        let server = try RedisServer()
        let member = try RedisMember(server.address(), answer: .milliseconds(300))
        let other = try RedisMember(server.address(), takesLanes: false)
        #expect(settled([member], [64]) && other.open())
        for number in 0..<5 { #expect(try member.ask(.append(redisEntry(number, lane: 3))) == .done) }
        RealLoop.run([member.real]) { member.entries.count == 5 }
        // It is woken, and the server stands still before it has asked.
        for number in 5..<25 { #expect(try other.ask(.append(redisEntry(number, lane: 3))) == .done) }
        server.freeze(true)
        RealLoop.run([member.real], for: .seconds(5)) { !member.store.isOpen }
        #expect(!member.store.isOpen && member.entries.count == 5)
        // The server carries out what it was asked, for nobody.
        server.freeze(false)
        RealLoop.run([other.real], for: .seconds(5)) {
            (try? pending(other, lane: 3)) == [member.store.lanes.member.text: 25]
        }
        #expect(try pending(other, lane: 3) == [member.store.lanes.member.text: 25])
        #expect(RealLoop.run([member.real], for: .seconds(5)) { member.entries.count >= 25 })
        RealLoop.run([member.real], for: .milliseconds(200)) { false }
        #expect(member.entries.map(\.key.id.high) == (0..<25).map(UInt64.init))
        member.end()
        other.end()
    }

    @Test("a reading that arrives after a later connection has read takes nothing, new or in hand")
    func lateReading() throws {
        let server = try RedisServer()
        let member = try RedisMember(server.address())
        let other = try RedisMember(server.address(), takesLanes: false)
        #expect(settled([member], [64]) && other.open())
        for number in 0..<3 { #expect(try member.ask(.append(redisEntry(number, lane: 3))) == .done) }
        RealLoop.run([member.real]) { member.entries.count == 3 }
        // The connection breaks, and the next one has read.
        member.store.connection.refuse(.closed)
        #expect(RealLoop.run([member.real], for: .seconds(5)) { member.store.isOpen })
        #expect(try member.ask(.append(redisEntry(3, lane: 3))) == .done)
        RealLoop.run([member.real], for: .seconds(5)) { member.entries.count == 4 }
        // What was asked on the first one comes now, while there is something that nobody has read.
        #expect(try other.ask(.append(redisEntry(4, lane: 3))) == .done)
        let owner = try #require(try other.say("HGET lola:owner 3").octets)
        let epoch = try #require(other.store.epoch)
        for (from, state) in [(">", 4), ("-", 0)] as [(String, Int64)] {
            let script = [[UInt8](text: "EVAL"), [UInt8](text: RedisScript.read.text), [UInt8](text: "0")]
            let arguments = [epoch, member.store.lanes.member] + ["0", "128", "1000000", "3"].map { [UInt8](text: $0) }
            let reply = try other.say(script + arguments + [owner, [UInt8](text: from)])
            let found = try #require(reply.elements?.last?.elements)
            #expect(found.count == 2 && found[1].integer == state)
        }
        #expect(try pending(other, lane: 3) == [member.store.lanes.member.text: 4])
        RealLoop.run([member.real], for: .seconds(5)) { member.entries.count >= 5 }
        #expect(try member.ask(.append(redisEntry(5, lane: 3))) == .done)
        RealLoop.run([member.real], for: .seconds(5)) { member.entries.count >= 6 }
        #expect(member.entries.map(\.key.id.high) == (0..<6).map(UInt64.init))
        member.end()
        other.end()
    }

    @Test("large entries are read one after the other, each answer below what a reply may be")
    func largeEntries() throws {
        let server = try RedisServer()
        let member = try RedisMember(server.address())
        let other = try RedisMember(server.address(), takesLanes: false)
        #expect(settled([member], [64]) && other.open())
        let value = [UInt8](repeating: 0x61, count: Limits.redisBulkMax.bytes - 1_024)
        for number in 0..<10 { #expect(try other.ask(.append(redisEntry(number, lane: 7, value: value))) == .done) }
        #expect(RealLoop.run([member.real], for: .seconds(10)) { member.entries.count == 6 })
        for number in 0..<10 {
            RealLoop.run([member.real], for: .seconds(10)) { member.entries.count > number }
            #expect(try member.ask(.remove(redisEntry(number, lane: 7).key)) == .done)
        }
        #expect(member.entries.map(\.key.id.high) == (0..<10).map(UInt64.init))
        #expect(member.count(.away(.malformed)) == 0 && member.real.counters.value(.redisProtocolFaults) == 0)
        member.end()
        other.end()
    }

    @Test(
        "a server that forgot a reading or the whole group tells it again, and nothing comes twice",
        arguments: ["XGROUP SETID lola:inbound:9 lola 0", "XGROUP DESTROY lola:inbound:9 lola"])
    func forgottenReading(accident: String) throws {
        let server = try RedisServer()
        let member = try RedisMember(server.address())
        #expect(settled([member], [64]))
        for number in 0..<12 { _ = try member.ask(.append(redisEntry(number, lane: 9))) }
        RealLoop.run([member.real]) { member.entries.count == 12 }
        _ = try member.say(accident)
        for number in 12..<15 { #expect(try member.ask(.append(redisEntry(number, lane: 9))) == .done) }
        RealLoop.run([member.real], for: .seconds(5)) { member.entries.count >= 15 }
        RealLoop.run([member.real], for: .milliseconds(200)) { false }
        #expect(member.entries.map(\.key.id.high) == (0..<15).map(UInt64.init))
        for entry in member.entries { #expect(try member.ask(.remove(entry.key)) == .done) }
        #expect(try pending(member, lane: 9) == [:] && member.say("XLEN lola:inbound:9").integer == 0)
        member.end()
    }

    @Test("a lane goes back only when nothing of it is in hand")
    func handBack() throws {
        let server = try RedisServer()
        let busy = try RedisMember(server.address(), lease: Self.lease)
        #expect(settled([busy], [64]))
        for lane in 0..<64 { _ = try busy.ask(.append(redisEntry(lane, lane: lane))) }
        RealLoop.run([busy.real]) { busy.entries.count == 64 }
        let idle = try RedisMember(server.address(), lease: Self.lease)
        RealLoop.run([busy.real, idle.real], for: .seconds(2)) { idle.store.lanes.held > 0 }
        #expect(busy.store.lanes.held == 64 && idle.store.lanes.held == 0)
        // A lane that waits to go back is not read any further.
        for lane in 0..<64 { _ = try idle.ask(.append(redisEntry(100 + lane, lane: lane))) }
        RealLoop.run([busy.real, idle.real], for: .seconds(1)) { busy.entries.count == 96 }
        #expect(busy.entries.count == 96)
        for entry in busy.entries { _ = try busy.ask(.remove(entry.key)) }
        #expect(settled([busy, idle], [32, 32]))
        RealLoop.run([busy.real, idle.real]) { idle.entries.count == 32 }
        #expect(idle.entries.count == 32 && idle.entries.allSatisfy { $0.key.id.high >= 100 })
        busy.end()
        idle.end()
    }

    @Test("one loop takes no more into its hands than it may, and goes on as it finishes")
    func bounded() throws {
        let server = try RedisServer()
        let member = try RedisMember(server.address())
        #expect(settled([member], [64]))
        let count = Limits.redisEntriesInHandMax + 300
        var appended = 0
        for number in 0..<count {
            // Fewer than may wait for their answers.
            if number % 1_000 == 999 { RealLoop.run([member.real]) { appended == number } }
            member.store.submit(.append(redisEntry(number, lane: number % 64))) { _ in appended += 1 }
        }
        RealLoop.run([member.real]) { appended == count && member.entries.count >= Limits.redisEntriesInHandMax }
        RealLoop.run([member.real], for: .milliseconds(300)) { false }
        #expect(
            member.entries.count == Limits.redisEntriesInHandMax && member.store.lanes.inHand == member.entries.count)
        var (asked, finished) = (0, 0)
        RealLoop.run([member.real]) {
            for entry in member.entries[asked...] {
                member.store.submit(.batch([.holding(entry.key), .remove(entry.key)])) {
                    #expect($0 == .done)
                    finished += 1
                }
            }
            asked = member.entries.count
            return finished == count
        }
        #expect(finished == count)
        #expect(member.entries.count == count && isInOrder(member.entries) && member.store.lanes.inHand == 0)
        member.end()
    }

    @Test("Redis away for longer than a lease: the same member goes on with what it has in hand, nothing comes twice")
    func longOutage() throws {
        let server = try RedisServer()
        let member = try RedisMember(server.address(), lease: Self.lease, answer: .milliseconds(300))
        #expect(settled([member], [64]))
        for number in 0..<8 { _ = try member.ask(.append(redisEntry(number, lane: number))) }
        RealLoop.run([member.real]) { member.entries.count == 8 }
        server.freeze(true)
        RealLoop.run([member.real], for: .seconds(5)) { !member.store.isOpen }
        #expect(!member.store.isOpen)
        RealLoop.run([member.real], for: .milliseconds(900)) { false }
        #expect(try member.ask(.holding(redisEntry(1, lane: 1).key)) == .unavailable)
        server.freeze(false)
        #expect(member.open(within: .seconds(3)))
        for number in 0..<8 {
            let key = redisEntry(number, lane: number).key
            #expect(try member.ask(.batch([.holding(key), .remove(key)])) == .done)
        }
        #expect(member.entries.count == 8 && member.store.lanes.inHand == 0)
        member.end()
    }

    @Test("a last word hands everything back at once, in hand or not")
    func lastWord() throws {
        let server = try RedisServer()
        let leaving = try RedisMember(server.address())
        #expect(settled([leaving], [64]))
        _ = try leaving.ask(.append(redisEntry(1, lane: 1)))
        RealLoop.run([leaving.real]) { leaving.entries.count == 1 }
        leaving.store.beginDrain()
        _ = try leaving.ask(.append(redisEntry(2, lane: 1)))
        RealLoop.run([leaving.real]) { leaving.store.lanes.held == 1 }
        #expect(!leaving.store.isDrained && leaving.entries.count == 1)
        var isHeard = false
        leaving.store.releaseAll { isHeard = true }
        RealLoop.run([leaving.real]) { isHeard }
        #expect(isHeard && leaving.store.isDrained)
        leaving.end()
        let next = try RedisMember(server.address())
        #expect(RealLoop.run([next.real], for: .seconds(2)) { next.entries.count == 2 })
        next.end()
    }
}
