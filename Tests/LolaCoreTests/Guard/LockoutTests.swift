// Lock-outs: ten wrong credentials within a quarter of an hour, and nobody else is shut out; they outlive the process
// and are shared by gateways of one store.
import Testing

@testable import LolaCore

@Suite("Lock-outs")
struct LockoutTests {
    private static let attacker = GuardFixture.address("198.51.100.7")
    private static let neighbour = GuardFixture.address("198.51.100.8")

    private func fail(_ bench: GuardBench, _ count: Int, from address: IPAddress = Self.attacker) {
        for _ in 0..<count {
            var isDone = false
            bench.lockouts.failed(address) { isDone = true }
            #expect(!isDone)
            bench.wait(.milliseconds(1))
            #expect(isDone)
        }
    }

    private func records(_ table: MemoryTable, _ room: StoreRoom, _ bench: GuardBench) -> [StoreRecord] {
        guard case .page(let records) = table.apply(.list(room, after: nil, limit: 1_000), at: bench.rig.clock.wall)
        else { return [] }
        return records
    }

    /// What the next process finds.
    private func memory(_ table: MemoryTable, _ bench: GuardBench) -> GuardMemory {
        var memory = GuardMemory()
        memory.records = GuardRecords(
            failures: records(table, .failure, bench), lockouts: records(table, .lockout, bench))
        return memory
    }

    @Test("the tenth failure locks out for a quarter of an hour, tells everybody, and then it is over")
    func tenth() throws {
        let bench = try GuardBench()
        fail(bench, 9)
        #expect(!bench.lockouts.isLocked(Self.attacker) && bench.alerts.texts.isEmpty && bench.audit.events.isEmpty)
        fail(bench, 1)
        let left = try #require(bench.lockouts.remaining(Self.attacker))
        #expect(left > .minutes(15) - .seconds(1) && left <= .minutes(15))
        #expect(!bench.lockouts.isLocked(Self.neighbour))
        #expect(bench.alerts.texts == ["HIGH lockout 10 wrong credentials within 15 minutes"])
        #expect(bench.audit.events == ["lockout.began gateway ok"] && bench.log.lines == ["began 10"])
        #expect(bench.rig.counters.value(.lockoutsBegun) == 1 && bench.rig.counters.value(.authenticationsFailed) == 10)
        // More of the same changes nothing.
        fail(bench, 20)
        #expect(bench.alerts.texts.count == 1 && bench.watched.count == 30)
        bench.wait(.minutes(15))
        #expect(!bench.lockouts.isLocked(Self.attacker))
        fail(bench, 9)
        #expect(!bench.lockouts.isLocked(Self.attacker))
        fail(bench, 1)
        #expect(bench.lockouts.isLocked(Self.attacker))
    }

    @Test("the window slides: nine failures, and one more after each of them is forgotten, lock nobody out")
    func sliding() throws {
        let bench = try GuardBench()
        fail(bench, 9)
        for _ in 0..<5 {
            bench.wait(.minutes(15))
            fail(bench, 9)
            #expect(!bench.lockouts.isLocked(Self.attacker))
        }
        // Spread evenly: never ten within the window.
        bench.wait(.minutes(15))
        for _ in 0..<40 {
            bench.wait(.seconds(101))
            #expect(!bench.lockouts.isLocked(Self.attacker))
            fail(bench, 1)
        }
    }

    @Test("a /64 is one caller, IPv4 addresses are one each, mapped ones the same")
    func blocks() throws {
        let bench = try GuardBench()
        for number in 0..<10 { fail(bench, 1, from: GuardFixture.address("2001:db8:0:7::\(number)")) }
        #expect(bench.lockouts.isLocked(GuardFixture.address("2001:db8:0:7:ffff::1")))
        #expect(!bench.lockouts.isLocked(GuardFixture.address("2001:db8:0:8::1")))
        for number in 0..<10 { fail(bench, 1, from: GuardFixture.address("192.0.2.\(number)")) }
        #expect(!bench.lockouts.isLocked(GuardFixture.address("192.0.2.0")))
        fail(bench, 10, from: GuardFixture.address("::ffff:192.0.2.99"))
        #expect(bench.lockouts.isLocked(GuardFixture.address("192.0.2.99")))
    }

    @Test("failures and lock-outs go on in the next process, for the time that is left")
    func restart() throws {
        let table = MemoryTable()
        let first = try GuardBench(table: table)
        fail(first, 10)
        fail(first, 7, from: Self.neighbour)
        first.wait(.minutes(4))
        let second = try GuardBench(table: table, memory: memory(table, first))
        // Its own clock stands where the first one's stood at the beginning: go on from there.
        let third = try GuardBench(table: table)
        third.wait(.minutes(4))
        third.state.restore(memory(table, first), at: third.rig.clock.now, third.rig.clock.wall)
        #expect(second.lockouts.isLocked(Self.attacker))
        let left = try #require(third.lockouts.remaining(Self.attacker)).inSeconds
        #expect(left > 650 && left <= 660)
        fail(third, 2, from: Self.neighbour)
        #expect(!third.lockouts.isLocked(Self.neighbour))
        fail(third, 1, from: Self.neighbour)
        #expect(third.lockouts.isLocked(Self.neighbour))
        third.wait(.minutes(11) + .seconds(1))
        #expect(!third.lockouts.isLocked(Self.attacker) && third.lockouts.isLocked(Self.neighbour))
    }

    @Test("an operator lets an address in; the trail knows first, and the old failures do not come back")
    func lift() throws {
        let table = MemoryTable()
        let bench = try GuardBench(table: table)
        fail(bench, 10)
        let id = try #require(records(table, .lockout, bench).first).id
        func lift(_ id: RecordID) -> Lockouts.Lift? {
            var outcome: Lockouts.Lift?
            bench.lockouts.lift(id, by: "orchestrator") { outcome = $0 }
            bench.wait(.milliseconds(10))
            return outcome
        }
        #expect(lift(RecordID(high: 1, low: 1)) == .unknown)
        bench.audit.keeps = false
        #expect(lift(id) == .unavailable && bench.lockouts.isLocked(Self.attacker))
        bench.audit.keeps = true
        #expect(lift(id) == .done && !bench.lockouts.isLocked(Self.attacker))
        #expect(bench.audit.events.last == "lockout.lifted orchestrator ok" && bench.log.lines.last == "lifted")
        #expect(lift(id) == .unknown)
        let next = try GuardBench(table: table)
        next.wait(.seconds(1))
        next.state.restore(memory(table, bench), at: next.rig.clock.now, next.rig.clock.wall)
        #expect(!next.lockouts.isLocked(Self.attacker))
        fail(next, 9)
        #expect(!next.lockouts.isLocked(Self.attacker))
        fail(next, 1)
        #expect(next.lockouts.isLocked(Self.attacker))
    }

    @Test("gateways of one store count together and know each other's lock-outs within five seconds")
    func shared() throws {
        let table = MemoryTable()
        let benches = try [GuardBench(table: table), GuardBench(table: table, seed: 2)]
        for bench in benches { bench.lockouts.follow() }
        func wait(_ span: Interval) { for bench in benches { bench.wait(span) } }
        fail(benches[0], 6)
        wait(.seconds(5))
        fail(benches[1], 3)
        wait(.seconds(5))
        #expect(benches.allSatisfy { !$0.lockouts.isLocked(Self.attacker) })
        fail(benches[0], 1)
        #expect(benches[0].lockouts.isLocked(Self.attacker))
        wait(.seconds(5))
        #expect(benches[1].lockouts.isLocked(Self.attacker))
        #expect(benches[1].alerts.texts.isEmpty)
        let id = try #require(records(table, .lockout, benches[1]).first).id
        benches[1].lockouts.lift(id, by: "orchestrator") { #expect($0 == .done) }
        // The benches take turns: what the second one writes is there before the first one looks.
        benches[1].wait(.milliseconds(10))
        wait(.seconds(5))
        #expect(benches.allSatisfy { !$0.lockouts.isLocked(Self.attacker) })
        // Old marks and failures are read again and again, and change nothing any more.
        fail(benches[0], 9)
        wait(.seconds(30))
        #expect(benches.allSatisfy { !$0.lockouts.isLocked(Self.attacker) })
        fail(benches[1], 1)
        #expect(benches[1].lockouts.isLocked(Self.attacker))
    }

    @Test("counts of several gateways that are ten only together lock out too")
    func together() throws {
        let table = MemoryTable()
        let (one, other) = (try GuardBench(table: table), try GuardBench(table: table, seed: 2))
        fail(one, 5)
        fail(other, 5)
        other.lockouts.follow()
        other.wait(.seconds(5))
        #expect(other.lockouts.isLocked(Self.attacker) && other.alerts.texts.count == 1)
    }

    @Test("a full table of lock-outs gives up none of them, and still refuses who failed ten times")
    func full() throws {
        let key = AddressKey(SecretBytes([UInt8](repeating: 3, count: 16)))
        let book = LockoutBook(key)
        let (now, wall) = (Instant(nanoseconds: 0), WallTime(seconds: 1_000))
        func block(_ number: Int) -> AddressBlock {
            AddressBlock(IPAddress((0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }))
        }
        var records: [LockoutRecord] = []
        for number in 0..<Limits.lockoutsMax {
            records.append(LockoutRecord(
                block: block(number), since: wall, until: wall + Limits.lockoutTime, failures: 10, isLifted: false))
        }
        #expect(book.merge([], records, at: now, wall).isEmpty)
        let last = block(Limits.lockoutsMax)
        for number in 0..<12 {
            let id = RecordID(high: 1, low: UInt64(number))
            #expect(book.failed(last, record: id, at: now, wall) == nil)
        }
        #expect(book.remaining(last, at: now) != nil)
        #expect((0..<Limits.lockoutsMax).allSatisfy { book.remaining(block($0), at: now) != nil })
        let later = now + Limits.lockoutTime
        #expect(book.remaining(last, at: later) == nil && book.remaining(block(5), at: later) == nil)
    }

    @Test("records read what was written and nothing else")
    func codecs() throws {
        let block = AddressBlock(GuardFixture.address("2001:db8::1"))
        let failure = FailureRecord(block: block, at: WallTime(milliseconds: 1_234))
        #expect(try FailureRecord(failure.encoded) == failure)
        let lockout = LockoutRecord(
            block: block, since: WallTime(seconds: 5), until: WallTime(seconds: 905), failures: 10, isLifted: false)
        #expect(try LockoutRecord(lockout.encoded) == lockout)
        #expect(lockout.isActive(at: WallTime(seconds: 904)) && !lockout.isActive(at: WallTime(seconds: 905)))
        for bytes in [failure.encoded, lockout.encoded] {
            for count in bytes.indices {
                #expect(throws: RecordFault.self) { try FailureRecord([UInt8](bytes[..<count])) }
                #expect(throws: RecordFault.self) { try LockoutRecord([UInt8](bytes[..<count])) }
            }
        }
        #expect(throws: RecordFault.surplus) { try FailureRecord(failure.encoded + [0]) }
        #expect(throws: RecordFault.surplus) { try LockoutRecord(lockout.encoded + [0]) }
    }
}
