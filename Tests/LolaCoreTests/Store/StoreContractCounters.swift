// What every store must do with counters, shares of them, and marks. Parts of the contract of stores.
import Testing

@testable import LolaCore

extension StoreContract {
    func adds() throws {
        #expect(try ask(.add(key("a"), 3, within: .days(1))) == .sum(3))
        #expect(try ask(.add(key("a"), 4, within: .days(1))) == .sum(7))
        #expect(try ask(.add(key("a"), -9, within: .days(1))) == .sum(-2))
        #expect(try ask(.add(key("a"), 0, within: .days(1))) == .sum(-2))
        #expect(try ask(.add(key("b"), 1, within: .days(1))) == .sum(1))
        _ = try ask(.remove(key("a")))
        #expect(try ask(.add(key("a"), 1, within: .days(1)), onRight: true) == .sum(1))
    }

    /// The window begins with the first addition; later ones do not move it.
    func counterEnds() throws {
        _ = try ask(.add(key("a"), 1, within: pair.life))
        pass(half)
        #expect(try ask(.add(key("a"), 1, within: .days(1))) == .sum(2))
        pass(half)
        #expect(try ask(.add(key("a"), 1, within: pair.life)) == .sum(1))
    }

    /// A mark is set again and again, and lives from the last time on.
    func marks() throws {
        #expect(try ask(.mark(key("a", .heard), expires: pair.life)) == .done)
        #expect(try ask(.get(key("a", .heard))) == .value([]))
        pass(half)
        let mark = StoreOperation.mark(key("a", .heard), expires: pair.life)
        let batch = StoreOperation.batch([.claim(key("m", .seen), expires: .days(1)), mark])
        #expect(try ask(batch) == .claimed(true))
        pass(half)
        pass(.milliseconds(pair.life.inMilliseconds / 8))
        #expect(try ask(.get(key("a", .heard))) == .value([]))
        #expect(try ask(batch) == .claimed(false))
        pass(half)
        #expect(try ask(.get(key("a", .heard))) == .value(nil))
        #expect(try ask(.claim(key("a", .heard), expires: .days(1))) == .claimed(true))
        #expect(try ask(.remove(key("a", .heard))) == .done)
        #expect(try ask(.get(key("a", .heard))) == .value(nil))
    }

    func share(_ text: String, _ amount: Int64, most: Int64) -> StoreShare {
        StoreShare(key(text, .usage), amount, most: most, within: .days(1))
    }

    func sums(_ answer: StoreAnswer) -> [Int64]? {
        guard case .reserved(let readings) = answer else { return nil }
        return readings.map(\.sum)
    }

    /// Place and sum of the counter without room.
    func excess(_ answer: StoreAnswer) -> [Int64]? {
        guard case .exceeded(let place, let reading) = answer else { return nil }
        return [Int64(place), reading.sum]
    }

    /// All or nothing, whichever counter has no room, on whichever loop.
    func reserves() throws {
        let three = [share("a", 1, most: 2), share("b", 40, most: 100), share("c", 0, most: 0)]
        #expect(try ask(.reserve([])) == .reserved([]))
        #expect(sums(try ask(.reserve(three))) == [1, 40, 0])
        #expect(try ask(.get(key("c", .usage))) == .value(nil))
        #expect(sums(try ask(.reserve(three), onRight: true)) == [2, 80, 0])
        #expect(excess(try ask(.reserve(three))) == [0, 2])
        #expect(excess(try ask(.reserve(Array(three.reversed())))) == [1, 80])
        #expect(excess(try ask(.reserve([share("d", 5, most: 9), share("b", 21, most: 100)]))) == [1, 80])
        #expect(try ask(.get(key("d", .usage))) == .value(nil))
        #expect(excess(try ask(.reserve([share("e", 1, most: 0)]))) == [0, 0])
        #expect(sums(try ask(.reserve([share("b", 20, most: 100), share("d", 9, most: 9)]))) == [100, 9])
        // Nothing is asked of a counter that is full, or fuller than it may be by now.
        #expect(sums(try ask(.reserve([share("b", 0, most: 50), share("a", 1, most: 3)]))) == [100, 3])
        #expect(sums(try ask(.reserve([share("big", 1 << 51, most: 1 << 52)]))) == [1 << 51])
        #expect(excess(try ask(.reserve([share("big", 1 + 1 << 51, most: 1 << 52)]))) == [0, 1 << 51])
        #expect(sums(try ask(.reserve([share("big", 1 << 51, most: 1 << 52)]))) == [1 << 52])
    }

    func givesBack() throws {
        #expect(sums(try ask(.reserve([share("a", 5, most: 9), share("b", 5, most: 9)]))) == [5, 5])
        #expect(sums(try ask(.reserve([share("a", -2, most: 0), share("b", -7, most: 0)]))) == [3, 0])
        #expect(sums(try ask(.reserve([share("b", -1, most: 0), share("c", -4, most: 0)]))) == [0, 0])
        #expect(try ask(.get(key("c", .usage))) == .value(nil))
        #expect(sums(try ask(.reserve([share("a", 6, most: 9), share("b", 9, most: 9)]))) == [9, 9])
        // What others took below zero is not lifted by a gift.
        _ = try ask(.add(key("n", .usage), -3, within: .days(1)))
        #expect(sums(try ask(.reserve([share("n", -1, most: 0)]))) == [-3])
        #expect(sums(try ask(.reserve([share("n", 4, most: 1)]))) == [1])
        _ = try ask(.put(key("t", .usage), [UInt8](text: "words"), expires: nil))
        #expect(sums(try ask(.reserve([share("t", 2, most: 2)]))) == [2])
    }

    /// The answer says when the window ends, and what is given back after that makes no counter.
    func reserveEnds() throws {
        let taking = StoreShare(key("a", .usage), 1, most: 1, within: pair.life)
        guard case .reserved(let first) = try ask(.reserve([taking])), let end = first.first?.ends else {
            Issue.record("no end")
            return
        }
        let span = (end - now).inMilliseconds
        #expect(pair.passTime == nil ? span == pair.life.inMilliseconds : span > 0)
        pass(half)
        guard case .exceeded(0, let full) = try ask(.reserve([taking])), let later = full.ends else {
            Issue.record("not full")
            return
        }
        #expect(full.sum == 1)
        if pair.passTime == nil { #expect(later == end) }
        pass(half)
        #expect(sums(try ask(.reserve([StoreShare(taking.key, -1, most: 1, within: pair.life)]))) == [0])
        #expect(try ask(.get(taking.key)) == .value(nil))
        #expect(try ask(.reserve([StoreShare(taking.key, 0, most: 1, within: pair.life)]))
            == .reserved([CounterReading(sum: 0, ends: nil)]))
        #expect(sums(try ask(.reserve([taking]))) == [1])
    }
}
