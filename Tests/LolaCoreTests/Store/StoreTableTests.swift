import Testing

@testable import LolaCore

@Suite("StoreTable")
struct StoreTableTests {
    private let start = WallTime(seconds: 1_795_168_800)

    private func seen(_ number: Int) -> StoreKey { StoreKey(.seen, RecordID(high: 1, low: UInt64(number))) }
    private func state(_ number: Int) -> StoreKey { StoreKey(.state, RecordID(high: 1, low: UInt64(number))) }

    // MARK: Bounds

    @Test("a full table refuses claims and forgets none; room comes back when claims expire")
    func claimsAreBounded() {
        let table = MemoryTable(claimsMax: 100)
        for number in 0..<100 {
            #expect(table.apply(.claim(seen(number), expires: .seconds(10)), at: start) == .claimed(true))
        }
        #expect(table.apply(.claim(seen(100), expires: .seconds(10)), at: start) == .unavailable)
        let batch = StoreOperation.batch([
            .put(state(1), [1], expires: nil), .claim(seen(100), expires: .seconds(10)),
        ])
        #expect(table.apply(batch, at: start) == .unavailable)
        #expect(table.apply(.get(state(1)), at: start) == .value(nil))
        #expect(table.apply(.claim(seen(7), expires: .seconds(10)), at: start) == .claimed(false))
        #expect(table.apply(.put(state(2), [1], expires: nil), at: start) == .done)
        #expect(table.apply(.remove(seen(7)), at: start) == .done)
        #expect(table.apply(.claim(seen(100), expires: .seconds(99)), at: start) == .claimed(true))
        let later = start + .seconds(10)
        #expect(table.apply(.claim(seen(101), expires: .seconds(10)), at: later) == .claimed(true))
        #expect(table.apply(.claim(seen(100), expires: .seconds(10)), at: later) == .claimed(false))
    }

    @Test("octets are bounded, and replacing a value counts only the difference")
    func octetsAreBounded() {
        let table = MemoryTable(octetsMax: .bytes(900 + Limits.storeRecordCost.bytes))
        let big = [UInt8](repeating: 1, count: 900)
        #expect(table.apply(.put(state(1), big, expires: nil), at: start) == .done)
        #expect(table.apply(.put(state(2), [], expires: nil), at: start) == .unavailable)
        #expect(table.apply(.add(state(2), 1, within: .days(1)), at: start) == .unavailable)
        let entry = QueueEntry(key: StoreKey(.inbound, RecordID(text: "a")), lane: Lane(1), value: [])
        #expect(table.apply(.append(entry), at: start) == .unavailable)
        #expect(table.apply(.get(entry.key), at: start) == .value(nil))
        #expect(table.apply(.put(state(1), big, expires: nil), at: start) == .done)
        #expect(table.apply(.put(state(1), big + [1], expires: nil), at: start) == .unavailable)
        #expect(table.apply(.claim(seen(1), expires: .days(1)), at: start) == .claimed(true))
        #expect(table.apply(.batch([.remove(state(1)), .append(entry)]), at: start) == .done)
        #expect(table.apply(.get(state(1)), at: start) == .value(nil))
    }

    @Test("expired records make room for new ones, and leave the memory although nobody asks for them")
    func sweep() {
        let table = MemoryTable(octetsMax: .bytes(1_000 * (Limits.storeRecordCost.bytes + 1)))
        for number in 0..<1_000 {
            _ = table.apply(.claim(seen(number), expires: .seconds(10)), at: start)
            #expect(table.apply(.put(state(number), [1], expires: .seconds(10)), at: start) == .done)
        }
        #expect(table.apply(.put(state(-1 & 0xFFFF), [1], expires: nil), at: start) == .unavailable)
        #expect(table.count == 2_000)
        let later = start + .seconds(10)
        #expect(table.apply(.put(state(5_000), [1], expires: nil), at: later) == .done)
        for _ in 0..<(6_400 / Limits.storeSweepStep) { _ = table.apply(.get(seen(-1 & 0xFFFF)), at: later) }
        #expect(table.count == 1)
    }

    @Test("slots are used again: a table that turns over does not grow")
    func turnover() {
        let table = MemoryTable(claimsMax: 50, octetsMax: .bytes(50 * (Limits.storeRecordCost.bytes + 1)))
        for number in 0..<5_000 {
            let now = start + .seconds(Int64(number))
            #expect(table.apply(.claim(seen(number), expires: .seconds(20)), at: now) == .claimed(true))
            #expect(table.apply(.put(state(number), [1], expires: .seconds(20)), at: now) == .done)
        }
        #expect(table.count <= 100)
    }

    // MARK: Values

    @Test("counters stop at their ends, are eight octets from the lowest, and what is no counter starts anew")
    func counters() {
        let table = MemoryTable()
        let max = Int64.max
        #expect(table.apply(.add(state(1), max - 1, within: .days(1)), at: start) == .sum(max - 1))
        #expect(table.apply(.add(state(1), 5, within: .days(1)), at: start) == .sum(max))
        #expect(table.apply(.add(state(2), -max, within: .days(1)), at: start) == .sum(-max))
        #expect(table.apply(.add(state(2), -5, within: .days(1)), at: start) == .sum(.min))
        #expect(table.apply(.add(state(3), 0x0102, within: .days(1)), at: start) == .sum(0x0102))
        #expect(table.apply(.get(state(3)), at: start) == .value([2, 1, 0, 0, 0, 0, 0, 0]))
        _ = table.apply(.put(state(4), [1], expires: nil), at: start)
        #expect(table.apply(.add(state(4), 1, within: .seconds(1)), at: start) == .sum(1))
        #expect(table.apply(.get(state(4)), at: start + .seconds(1)) == .value(nil))
    }

    @Test("what changes nothing is not written: lost claims, reads, removal of what is absent or expired")
    func noChanges() {
        var table = StoreTable()
        var changes: [StoreChange] = []
        var undo: [StoreUndo] = []
        _ = table.apply(.claim(seen(1), expires: .seconds(1)), at: start, changes: &changes, undo: &undo)
        _ = table.apply(.put(state(1), [1], expires: .seconds(1)), at: start, changes: &changes, undo: &undo)
        #expect(changes.count == 2 && undo == [.absent(seen(1)), .absent(state(1))])
        let idle: [StoreOperation] = [
            .claim(seen(1), expires: .seconds(1)), .get(seen(1)), .list(.state, after: nil, limit: 5),
            .remove(seen(2)), .remove(state(2)), .batch([]), .batch([.remove(state(2))]),
            .batch([.put(state(3), [], expires: nil), .claim(seen(1), expires: .seconds(1))]),
            .holding(StoreKey(.inbound, RecordID(text: "a"))),
        ]
        for operation in idle { _ = table.apply(operation, at: start, changes: &changes, undo: &undo) }
        for key in [seen(1), state(1)] {
            _ = table.apply(.remove(key), at: start + .seconds(1), changes: &changes, undo: &undo)
        }
        #expect(changes.count == 2 && undo.count == 2)
        #expect(changes[0] == .claim(seen(1), expires: start.milliseconds + 1_000))
        #expect(changes[1] == .set(state(1), [1], expires: start.milliseconds + 1_000))
    }

    @Test("the queue is in the order of appending, also when it is read from a journal in another")
    func queue() {
        var table = StoreTable()
        let entries = (0..<9).map {
            QueueEntry(key: StoreKey(.inbound, RecordID(text: "\(9 - $0)")), lane: Lane($0), value: [UInt8($0)])
        }
        for number in [4, 2, 8, 0, 6, 1, 3, 5, 7] {
            table.restore(.entry(entries[number], sequence: UInt64(number + 10)), at: start)
        }
        #expect(table.inboundEntries() == entries)
        var changes: [StoreChange] = []
        var undo: [StoreUndo] = []
        let next = QueueEntry(key: StoreKey(.inbound, RecordID(text: "x")), lane: Lane(0), value: [])
        _ = table.apply(.append(next), at: start, changes: &changes, undo: &undo)
        #expect(changes == [.entry(next, sequence: 19)])
        _ = table.apply(.append(entries[0]), at: start, changes: &changes, undo: &undo)
        #expect(table.inboundEntries() == entries[1...] + [next, entries[0]])
    }

    @Test("what was written and is expired when it is read again leaves its key empty")
    func restoreExpired() {
        var table = StoreTable()
        let end = start.milliseconds
        table.restore(.set(state(1), [1], expires: nil), at: start)
        table.restore(.set(state(1), [2], expires: end), at: start)
        table.restore(.claim(seen(1), expires: end + 1), at: start)
        table.restore(.claim(seen(1), expires: end), at: start)
        table.restore(.claim(seen(2), expires: end + 1), at: start)
        #expect(Array(table.contents(at: start).keys) == [seen(2)])
    }

    // MARK: Random operations

    @Test(
        "agrees with a simple model; undo and journal give back exactly what was",
        arguments: [1, 2, 3, 4, 5] as [UInt64])
    func model(seed: UInt64) {
        var source = RandomOperations(seed: seed)
        var table = StoreTable()
        var model = StoreModel()
        /// Rebuilt from the changes that lasted, as after a crash.
        var replayed = StoreTable()
        var history: [(before: StoreModel, changes: [StoreChange], undo: [StoreUndo])] = []
        var now = start
        for step in 0..<10_000 {
            now = now + .milliseconds(Int64.random(in: 0...20, using: &source.random))
            let operation = source.next()
            var changes: [StoreChange] = []
            var undo: [StoreUndo] = []
            let before = model
            #expect(
                table.apply(operation, at: now, changes: &changes, undo: &undo) == model.apply(operation, at: now))
            history.append((before, changes, undo))
            switch Int.random(in: 0..<60, using: &source.random) {
            case 0:
                let kept = Int.random(in: 0...history.count, using: &source.random)
                guard kept < history.count else { continue }
                table.revert(history[kept...].flatMap(\.undo))
                model.records = history[kept].before.records
                history.removeSubrange(kept...)
            case 1..<4:
                for change in history.flatMap(\.changes) { replayed.restore(change, at: now) }
                history = []
                if step % 5 == 0 { compare(table, replayed, model, at: now) }
            default: break
            }
        }
        for change in history.flatMap(\.changes) { replayed.restore(change, at: now) }
        compare(table, replayed, model, at: now)
        sweepAll(&table, at: now)
        let live = model.live(at: now)
        #expect(table.claimCount == live.keys.filter(\.room.holdsClaims).count)
        let records = live.filter { !$0.key.room.holdsClaims }
        #expect(table.count == records.count)
        #expect(table.octets == records.reduce(0) { $0 + $1.value.value.count + Limits.storeRecordCost.bytes })
    }

    private func compare(_ table: StoreTable, _ replayed: StoreTable, _ model: StoreModel, at now: WallTime) {
        var expected = model.live(at: now)
        for key in expected.keys { expected[key]?.sequence = 0 }
        #expect(table.contents(at: now) == expected)
        #expect(replayed.contents(at: now, limit: 100) == expected)
        #expect(table.inboundEntries().map(\.key) == model.queue)
        #expect(replayed.inboundEntries().map(\.key) == model.queue)
    }

    private func sweepAll(_ table: inout StoreTable, at now: WallTime) {
        var changes: [StoreChange] = []
        var undo: [StoreUndo] = []
        for _ in 0..<2_000 { _ = table.apply(.get(seen(0)), at: now, changes: &changes, undo: &undo) }
    }

    @Test("a snapshot in pieces and the changes since it began give back everything", arguments: [1, 20, 500])
    func fuzzySnapshot(limit: Int) {
        var source = RandomOperations(seed: UInt64(limit))
        source.keysPerRoom = 300
        var table = StoreTable()
        var undo: [StoreUndo] = []
        var now = start
        for _ in 0..<30 {
            var ignored: [StoreChange] = []
            for _ in 0..<1_000 { _ = table.apply(source.next(), at: now, changes: &ignored, undo: &undo) }
            var cursor = SnapshotCursor()
            var snapshot: [StoreChange] = []
            var since: [StoreChange] = []
            while true {
                let piece = table.snapshot(&cursor, limit: limit, at: now)
                if piece.isEmpty { break }
                snapshot += piece
                now = now + .milliseconds(2)
                for _ in 0..<min(40, limit) {
                    _ = table.apply(source.next(), at: now, changes: &since, undo: &undo)
                }
            }
            undo = []
            var rebuilt = StoreTable()
            for change in snapshot + since { rebuilt.restore(change, at: now) }
            #expect(rebuilt.contents(at: now) == table.contents(at: now))
            #expect(rebuilt.inboundEntries() == table.inboundEntries())
        }
    }
}
