import Testing

@testable import LolaCore

@Suite("ClaimTable")
struct ClaimTableTests {
    private func live(_ table: ClaimTable, at now: WallTime) -> [RecordID: Int64] {
        var found: [RecordID: Int64] = [:]
        for range in 0..<ClaimTable.rangeCount {
            table.live(range: range, at: now) { id, expires in
                #expect(found.updateValue(expires, forKey: id) == nil, "\(id) came twice")
            }
        }
        return found
    }

    @Test("agrees with a dictionary over random operations", arguments: [40, 20_000] as [UInt64])
    func model(ids: UInt64) {
        var random = SeededGenerator(seed: ids)
        var table = ClaimTable()
        var model: [RecordID: Int64] = [:]
        var now = WallTime(seconds: 1_795_168_800)
        for step in 0..<100_000 {
            now = now + .milliseconds(1)
            // One half of the ids differs in the last octets only, the other is spread.
            let number = UInt64.random(in: 0..<ids, using: &random)
            let id = RecordID(high: number % 2 == 0 ? 7 : number &* 0x9E37_79B9_7F4A_7C15, low: number)
            switch Int.random(in: 0..<8, using: &random) {
            case 0..<4:
                let expires = now.milliseconds + Int64.random(in: 1...60_000, using: &random)
                table.set(id, expires: expires)
                model[id] = expires
            case 4..<6:
                table.remove(id)
                model[id] = nil
            case 6: table.sweep(4, at: now)
            default: break
            }
            #expect(alive(table.expiry(id), at: now) == alive(model[id], at: now))
            if step % 20_000 == 0 {
                #expect(live(table, at: now) == model.filter { now.milliseconds < $0.value })
            }
        }
        table.sweep(200_000, at: now)
        model = model.filter { now.milliseconds < $0.value }
        #expect(table.count == model.count)
        #expect(live(table, at: now) == model)
        for (id, expires) in model { #expect(table.expiry(id) == expires) }
        for id in model.keys { table.remove(id) }
        #expect(table.count == 0 && live(table, at: now).isEmpty)
    }

    private func alive(_ expires: Int64?, at now: WallTime) -> Int64? {
        expires.flatMap { now.milliseconds < $0 ? $0 : nil }
    }

    @Test("an id costs at most 64 octets, from ten thousand to a million, and all are found again")
    func memory() {
        var random = SeededGenerator(seed: 3)
        var table = ClaimTable()
        var next = 10_000
        while table.count < 1_000_000 {
            table.set(RecordID(high: random.next(), low: random.next()), expires: Int64(table.count))
            guard table.count == next else { continue }
            #expect(table.octets <= 64 * next, "\(Double(table.octets) / Double(next)) octets at \(next)")
            next = min(next + next / 8, 1_000_000)
        }
        #expect(table.octets <= 64 * 1_000_000)
        random = SeededGenerator(seed: 3)
        for number in 0..<1_000_000 where number % 10 == 0 {
            #expect(table.expiry(RecordID(high: random.next(), low: random.next())) == Int64(number))
            for _ in 0..<18 { _ = random.next() }
        }
    }

    @Test("any expiry and any id may stand in it")
    func edges() {
        var table = ClaimTable()
        let ids = [RecordID(high: 0, low: 0), RecordID(high: .max, low: .max), RecordID(high: 0, low: .max)]
        for id in ids {
            #expect(table.expiry(id) == nil)
            table.remove(id)
            table.set(id, expires: .max)
            #expect(table.expiry(id) == .max)
            table.set(id, expires: .min)
            #expect(table.expiry(id) == .min + 1)
        }
        #expect(table.count == 3)
        table.sweep(10_000, at: WallTime(milliseconds: 0))
        #expect(table.count == 0)
    }

    @Test("a sweep takes no more steps than it may, and comes round to every claim")
    func sweep() {
        var table = ClaimTable()
        let now = WallTime(milliseconds: 1_000)
        for number in 0..<2_000 as Range<UInt64> {
            table.set(RecordID(high: number, low: 0), expires: number % 2 == 0 ? 1_000 : 1_001)
        }
        var steps = 0
        while table.count > 1_000 {
            let before = table.count
            table.sweep(10, at: now)
            steps += 10
            #expect(before - table.count <= 10 && steps < 10_000)
            guard steps < 10_000 else { break }
        }
        #expect(live(table, at: now).values.allSatisfy { $0 == 1_001 })
        table.sweep(10_000, at: now)
        #expect(table.count == 1_000)
    }
}
