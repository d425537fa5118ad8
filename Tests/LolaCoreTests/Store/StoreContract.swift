// What every store must do, whatever is behind it. A store's own tests call `run` with a maker of fresh stores.
import Testing

@testable import LolaCore

extension RecordID {
    /// Up to 16 octets of text, zeros behind.
    init(text: String) { self.init(digest: ([UInt8](text: text) + [UInt8](repeating: 0, count: 16)).prefix(16)) }
}

final class StoreContract {
    private let make: () throws -> StorePair
    private var pair: StorePair
    private var now = WallTime(seconds: 1_795_168_800)
    /// What either view gave through `onEntry`, in order.
    private var returned: [QueueEntry] = []

    init(_ make: @escaping () throws -> StorePair) throws {
        self.make = make
        pair = try make()
    }

    func run() throws {
        let parts: [() throws -> Void] = [
            getsAndPuts, removes, claimsOnce, expires, expiresExactly, adds, counterEnds, appends, holds, lists,
            batchIsAtomic, batchWins, batchSeesItself, answersInOrder, readsItsOwn, neverAnswersEarly, loopsShare,
            idsAreWhole, roomsAreApart, survives,
        ]
        for part in parts {
            try use(make())
            try part()
        }
    }

    // MARK: Driving

    private func use(_ fresh: StorePair) throws {
        pair = fresh
        returned = []
        pair.left.onEntry = { [self] in returned.append($0) }
        pair.right.onEntry = { [self] in returned.append($0) }
    }

    private func key(_ text: String, _ room: StoreRoom = .state) -> StoreKey { StoreKey(room, RecordID(text: text)) }

    private func entry(_ text: String, lane: Int, _ value: [UInt8] = [1]) -> QueueEntry {
        QueueEntry(key: key(text, .inbound), lane: Lane(lane), value: value)
    }

    private func ask(_ operation: StoreOperation, onRight: Bool = false) throws -> StoreAnswer {
        let store = onRight ? pair.right : pair.left
        var answers: [StoreAnswer] = []
        store.submit(operation) { answers.append($0) }
        #expect(answers.isEmpty)
        wait { !answers.isEmpty }
        step()
        try #require(answers.count == 1, "\(operation)")
        return answers[0]
    }

    private func wait(until isDone: () -> Bool) {
        for _ in 0..<pair.patience where !isDone() { step() }
    }

    private func step() {
        pair.pump()
        _ = pair.left.deliver(at: now)
        _ = pair.right.deliver(at: now)
    }

    private func pass(_ interval: Interval) {
        now = now + interval
        pair.passTime?(interval)
    }

    private var half: Interval { .milliseconds(pair.life.inMilliseconds / 2) }

    private func ids(_ room: StoreRoom) throws -> [RecordID] {
        guard case .page(let page) = try ask(.list(room, after: nil, limit: 1_000)) else { return [] }
        return page.map(\.id)
    }

    // MARK: Records and claims

    private func getsAndPuts() throws {
        #expect(try ask(.get(key("a"))) == .value(nil))
        #expect(try ask(.put(key("a"), [1, 2], expires: nil)) == .done)
        #expect(try ask(.get(key("a"))) == .value([1, 2]))
        #expect(try ask(.put(key("a"), [], expires: nil)) == .done)
        #expect(try ask(.get(key("a"))) == .value([]))
        let all = (0...255).map { UInt8($0) }
        #expect(try ask(.put(key("a"), all + all, expires: nil)) == .done)
        #expect(try ask(.get(key("a"))) == .value(all + all))
    }

    private func removes() throws {
        #expect(try ask(.remove(key("a"))) == .done)
        #expect(try ask(.remove(key("a", .seen))) == .done)
        #expect(try ask(.remove(key("a", .inbound))) == .done)
        _ = try ask(.put(key("a"), [1], expires: nil))
        #expect(try ask(.remove(key("a"))) == .done)
        #expect(try ask(.get(key("a"))) == .value(nil))
        _ = try ask(.claim(key("a", .seen), expires: pair.life))
        #expect(try ask(.remove(key("a", .seen))) == .done)
        #expect(try ask(.claim(key("a", .seen), expires: pair.life)) == .claimed(true))
    }

    private func claimsOnce() throws {
        #expect(try ask(.get(key("a", .seen))) == .value(nil))
        #expect(try ask(.claim(key("a", .seen), expires: .days(1))) == .claimed(true))
        #expect(try ask(.claim(key("a", .seen), expires: .days(1))) == .claimed(false))
        #expect(try ask(.claim(key("b", .seen), expires: .days(1))) == .claimed(true))
        #expect(try ask(.get(key("a", .seen))) == .value([]))
    }

    private func expires() throws {
        _ = try ask(.put(key("a"), [1], expires: pair.life))
        _ = try ask(.claim(key("b", .seen), expires: pair.life))
        _ = try ask(.put(key("c"), [1], expires: pair.life))
        _ = try ask(.put(key("c"), [2], expires: nil))
        pass(half)
        #expect(try ask(.get(key("a"))) == .value([1]))
        #expect(try ask(.claim(key("b", .seen), expires: .days(1))) == .claimed(false))
        pass(pair.life)
        #expect(try ask(.get(key("a"))) == .value(nil))
        #expect(try ids(.state) == [key("c").id])
        #expect(try ask(.get(key("b", .seen))) == .value(nil))
        #expect(try ask(.claim(key("b", .seen), expires: .days(1))) == .claimed(true))
        #expect(try ask(.get(key("c"))) == .value([2]))
    }

    private func expiresExactly() throws {
        guard pair.passTime == nil else { return }
        _ = try ask(.put(key("a"), [1], expires: .seconds(10)))
        _ = try ask(.put(key("c"), [1], expires: nil))
        _ = try ask(.claim(key("b", .seen), expires: .seconds(10)))
        pass(.milliseconds(9_999))
        #expect(try ask(.get(key("a"))) == .value([1]))
        #expect(try ask(.claim(key("b", .seen), expires: .seconds(10))) == .claimed(false))
        pass(.milliseconds(1))
        #expect(try ask(.get(key("a"))) == .value(nil))
        #expect(try ask(.claim(key("b", .seen), expires: .seconds(10))) == .claimed(true))
        pass(.days(3_000))
        #expect(try ask(.get(key("c"))) == .value([1]))
        #expect(try ask(.get(key("b", .seen))) == .value(nil))
    }

    // MARK: Counters

    private func adds() throws {
        #expect(try ask(.add(key("a"), 3, within: .days(1))) == .sum(3))
        #expect(try ask(.add(key("a"), 4, within: .days(1))) == .sum(7))
        #expect(try ask(.add(key("a"), -9, within: .days(1))) == .sum(-2))
        #expect(try ask(.add(key("a"), 0, within: .days(1))) == .sum(-2))
        #expect(try ask(.add(key("b"), 1, within: .days(1))) == .sum(1))
        _ = try ask(.remove(key("a")))
        #expect(try ask(.add(key("a"), 1, within: .days(1)), onRight: true) == .sum(1))
    }

    /// The window begins with the first addition; later ones do not move it.
    private func counterEnds() throws {
        _ = try ask(.add(key("a"), 1, within: pair.life))
        pass(half)
        #expect(try ask(.add(key("a"), 1, within: .days(1))) == .sum(2))
        pass(half)
        #expect(try ask(.add(key("a"), 1, within: pair.life)) == .sum(1))
    }

    // MARK: Queue

    private func appends() throws {
        let entries = (0..<30).map { entry("e\(30 - $0)", lane: $0 % 3, [UInt8($0)]) }
        for entry in entries { #expect(try ask(.append(entry)) == .done) }
        #expect(try ids(.inbound) == entries.map(\.key.id).sorted())
        for entry in entries { #expect(try ask(.get(entry.key)) == .value(entry.value)) }
        if pair.left.returnsEntries {
            wait { returned.count >= entries.count }
            expectOrder(entries)
        } else {
            #expect(returned.isEmpty)
        }
    }

    /// Each entry once, and each lane in its order.
    private func expectOrder(_ entries: [QueueEntry]) {
        #expect(returned.count == entries.count)
        for lane in Set(entries.map(\.lane)) {
            #expect(returned.filter { $0.lane == lane } == entries.filter { $0.lane == lane })
        }
    }

    private func holds() throws {
        #expect(try ask(.holding(key("a", .inbound))) == .fenced)
        _ = try ask(.append(entry("a", lane: 5)))
        wait { !returned.isEmpty || !pair.left.returnsEntries }
        #expect(try ask(.holding(key("a", .inbound))) == .done)
        let parts: [StoreOperation] = [
            .holding(key("a", .inbound)), .put(key("o", .outbox), [2], expires: nil), .remove(key("a", .inbound)),
        ]
        #expect(try ask(.batch(parts)) == .done)
        #expect(try ask(.get(key("o", .outbox))) == .value([2]))
        #expect(try ask(.get(key("a", .inbound))) == .value(nil))
        #expect(try ask(.holding(key("a", .inbound))) == .fenced)
        #expect(try ask(.batch([.put(key("o", .outbox), [3], expires: nil)] + parts)) == .fenced)
        #expect(try ask(.get(key("o", .outbox))) == .value([2]))
        _ = try ask(.append(entry("w", lane: 5)))
        wait { returned.count > 1 || !pair.left.returnsEntries }
        #expect(try ask(.batch([.withdraw(key("w", .inbound)), .withdraw(key("none", .inbound))])) == .done)
        #expect(try ask(.get(key("w", .inbound))) == .value(nil))
        #expect(try ask(.holding(key("w", .inbound))) == .fenced)
    }

    private func lists() throws {
        let names = ["d", "a", "c", "e", "b"]
        for name in names { _ = try ask(.put(key(name, .dead), [UInt8](text: name), expires: nil)) }
        _ = try ask(.put(key("ab", .quarantine), [1], expires: nil))
        let sorted = names.sorted().map { StoreRecord(id: RecordID(text: $0), value: [UInt8](text: $0)) }
        #expect(try ask(.list(.dead, after: nil, limit: 10)) == .page(sorted))
        #expect(try ask(.list(.dead, after: nil, limit: 2)) == .page(Array(sorted[0..<2])))
        #expect(try ask(.list(.dead, after: RecordID(text: "b"), limit: 2)) == .page(Array(sorted[2..<4])))
        #expect(try ask(.list(.dead, after: RecordID(text: "bb"), limit: 9)) == .page(Array(sorted[2...])))
        #expect(try ask(.list(.dead, after: RecordID(text: "e"), limit: 2)) == .page([]))
        #expect(try ask(.list(.suspect, after: nil, limit: 2)) == .page([]))
        _ = try ask(.remove(key("c", .dead)))
        #expect(try ids(.dead) == ["a", "b", "d", "e"].map { RecordID(text: $0) })
    }

    // MARK: Batches

    private func batchIsAtomic() throws {
        _ = try ask(.put(key("old"), [1], expires: nil))
        _ = try ask(.claim(key("taken", .seen), expires: .days(1)))
        _ = try ask(.append(entry("here", lane: 1)))
        wait { !returned.isEmpty || !pair.left.returnsEntries }
        let parts: [StoreOperation] = [
            .holding(key("here", .inbound)), .put(key("old"), [2], expires: nil), .put(key("new"), [3], expires: nil),
            .remove(key("old")), .claim(key("free", .seen), expires: .days(1)), .remove(key("taken", .seen)),
            .append(entry("late", lane: 1)), .add(key("n"), 5, within: .days(1)), .remove(key("here", .inbound)),
        ]
        for place in 0...parts.count {
            var batch = parts
            if place <= 5 {
                batch.insert(.claim(key("taken", .seen), expires: .days(1)), at: place)
                #expect(try ask(.batch(batch)) == .claimed(false))
                batch = parts
            }
            batch.insert(.holding(key("gone", .inbound)), at: place)
            #expect(try ask(.batch(batch)) == .fenced)
        }
        #expect(try ids(.state) == [key("old").id])
        #expect(try ask(.get(key("old"))) == .value([1]))
        #expect(try ids(.inbound) == [key("here").id])
        #expect(try ask(.claim(key("free", .seen), expires: .days(1))) == .claimed(true))
        #expect(try ask(.claim(key("taken", .seen), expires: .days(1))) == .claimed(false))
        #expect(try ask(.add(key("n"), 1, within: .days(1))) == .sum(1))
        #expect(returned.count == (pair.left.returnsEntries ? 1 : 0))
    }

    private func batchWins() throws {
        let batch: [StoreOperation] = [
            .claim(key("a", .seen), expires: .days(1)), .put(key("b"), [1], expires: nil),
            .claim(key("c", .seen), expires: .days(1)), .append(entry("e", lane: 9)),
            .add(key("n"), 2, within: .days(1)),
        ]
        #expect(try ask(.batch(batch)) == .claimed(true))
        #expect(try ask(.get(key("b"))) == .value([1]))
        #expect(try ask(.get(key("e", .inbound))) == .value([1]))
        #expect(try ask(.batch(batch)) == .claimed(false))
        #expect(try ask(.add(key("n"), 1, within: .days(1))) == .sum(3))
        #expect(try ask(.batch([.put(key("d"), [4], expires: nil), .remove(key("b"))])) == .done)
        #expect(try ask(.get(key("b"))) == .value(nil))
        #expect(try ask(.get(key("d"))) == .value([4]))
        #expect(try ask(.batch([])) == .done)
    }

    private func batchSeesItself() throws {
        let claim = StoreOperation.claim(key("a", .seen), expires: .days(1))
        #expect(try ask(.batch([claim, claim])) == .claimed(false))
        #expect(try ask(claim) == .claimed(true))
        #expect(try ask(.batch([.remove(key("a", .seen)), claim])) == .claimed(true))
        #expect(try ask(claim) == .claimed(false))
    }

    // MARK: Answers

    private func answersInOrder() throws {
        var order: [Int] = []
        for number in 0..<20 {
            pair.left.submit(.put(key("n"), [UInt8(number)], expires: nil)) { _ in order.append(number) }
        }
        wait { order.count == 20 }
        #expect(order == Array(0..<20))
        #expect(try ask(.get(key("n"))) == .value([19]))
    }

    /// What one loop asks takes effect in the order it asked, answered or not.
    private func readsItsOwn() throws {
        var answers: [StoreAnswer] = []
        pair.left.submit(.put(key("a"), [7], expires: nil)) { _ in }
        pair.left.submit(.claim(key("a", .seen), expires: .days(1))) { _ in }
        #expect(try ask(.get(key("a"))) == .value([7]))
        pair.left.submit(.claim(key("a", .seen), expires: .days(1))) { answers.append($0) }
        wait { !answers.isEmpty }
        #expect(answers == [.claimed(false)])
    }

    private func neverAnswersEarly() throws {
        var answered = 0
        let (store, key) = (pair.left, key("a"))
        store.submit(.get(key)) { _ in
            answered += 1
            store.submit(.get(key)) { _ in answered += 1 }
            #expect(answered == 1)
        }
        #expect(answered == 0)
        wait { answered == 2 }
        #expect(answered == 2)
        #expect(!store.deliver(at: now))
    }

    private func loopsShare() throws {
        #expect(try ask(.claim(key("a", .seen), expires: .days(1))) == .claimed(true))
        #expect(try ask(.claim(key("a", .seen), expires: .days(1)), onRight: true) == .claimed(false))
        _ = try ask(.put(key("b"), [7], expires: nil), onRight: true)
        #expect(try ask(.get(key("b"))) == .value([7]))
    }

    // MARK: Keys

    /// Every bit of an id counts.
    private func idsAreWhole() throws {
        let ids = (0..<16).flatMap { place in
            [1, 0x2F, 0x3A, 0x80, 0xFF].map { octet in
                RecordID(digest: (0..<16).map { $0 == place ? octet : 0 as UInt8 })
            }
        }
        for (number, id) in ids.enumerated() {
            _ = try ask(.put(StoreKey(.contact, id), [UInt8(number)], expires: nil))
            #expect(try ask(.claim(StoreKey(.seen, id), expires: .days(1))) == .claimed(true))
        }
        for (number, id) in ids.enumerated() {
            #expect(try ask(.get(StoreKey(.contact, id))) == .value([UInt8(number)]))
        }
        #expect(try self.ids(.contact) == ids.sorted())
    }

    private func roomsAreApart() throws {
        let rooms = StoreRoom.allCases.filter { !$0.holdsClaims && $0 != .inbound }
        for room in rooms { _ = try ask(.put(key("a", room), [room.rawValue], expires: nil)) }
        #expect(try ask(.get(key("a", .seen))) == .value(nil))
        #expect(try ask(.get(key("a", .inbound))) == .value(nil))
        for room in StoreRoom.allCases where room.holdsClaims {
            #expect(try ask(.claim(key("c", room), expires: .days(1))) == .claimed(true))
            #expect(try ask(.claim(key("c", room), expires: .days(1))) == .claimed(false))
        }
        for room in rooms { #expect(try ask(.get(key("a", room))) == .value([room.rawValue])) }
    }

    // MARK: The next process

    private func survives() throws {
        guard let reopen = pair.reopen else { return }
        let entries = (0..<12).map { entry("e\(12 - $0)", lane: $0 % 4, [UInt8($0)]) }
        for entry in entries { _ = try ask(.append(entry)) }
        _ = try ask(.remove(entries[5].key))
        _ = try ask(.put(key("a"), [1], expires: nil))
        _ = try ask(.put(key("a"), [2], expires: pair.life))
        _ = try ask(.put(key("b"), [3], expires: nil))
        _ = try ask(.remove(key("b")))
        _ = try ask(.claim(key("a", .seen), expires: .days(1)))
        _ = try ask(.add(key("n"), 5, within: .days(1)))
        try use(reopen())
        step()
        var left = entries
        left.remove(at: 5)
        wait { returned.count >= left.count }
        expectOrder(left)
        #expect(try ids(.state) == [key("a").id, key("n").id])
        #expect(try ask(.get(key("a"))) == .value([2]))
        #expect(try ask(.claim(key("a", .seen), expires: .days(1))) == .claimed(false))
        #expect(try ask(.add(key("n"), 1, within: .days(1))) == .sum(6))
        #expect(try ask(.batch([.holding(left[0].key), .remove(left[0].key)])) == .done)
        pass(pair.life)
        #expect(try ask(.get(key("a"))) == .value(nil))
    }
}
