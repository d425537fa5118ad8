// What every store must do, whatever is behind it. A store's own tests call `run` with a maker of fresh stores.
import Testing

@testable import LolaCore

/// Two loops' views of the same records.
struct StorePair {
    let left: any Store
    let right: any Store
}

final class StoreContract {
    private let make: () throws -> StorePair
    private var pair: StorePair
    private var now = WallTime(seconds: 1_795_168_800)

    init(_ make: @escaping () throws -> StorePair) throws {
        self.make = make
        pair = try make()
    }

    func run() throws {
        let parts: [() throws -> Void] = [
            getsAndPuts, removes, claimsOnce, expires, batchIsAtomic, batchWins, batchSeesItself, answersInOrder,
            neverAnswersEarly, loopsShare, keysAreOctets,
        ]
        for part in parts {
            pair = try make()
            try part()
        }
    }

    // MARK: Driving

    private func key(_ text: String) -> StoreKey { StoreKey(.state, [UInt8](text: text)) }

    private func ask(_ operation: StoreOperation, onRight: Bool = false) throws -> StoreAnswer {
        let store = onRight ? pair.right : pair.left
        var answers: [StoreAnswer] = []
        store.submit(operation) { answers.append($0) }
        for _ in 0..<100 where answers.isEmpty { _ = store.deliver(at: now) }
        _ = store.deliver(at: now)
        try #require(answers.count == 1)
        return answers[0]
    }

    // MARK: Parts

    private func getsAndPuts() throws {
        #expect(try ask(.get(key("a"))) == .value(nil))
        #expect(try ask(.put(key("a"), [1, 2], expires: nil)) == .done)
        #expect(try ask(.get(key("a"))) == .value([1, 2]))
        #expect(try ask(.put(key("a"), [], expires: nil)) == .done)
        #expect(try ask(.get(key("a"))) == .value([]))
        #expect(try ask(.get(StoreKey(.seen, [UInt8](text: "a")))) == .value(nil))
    }

    private func removes() throws {
        #expect(try ask(.remove(key("a"))) == .done)
        _ = try ask(.put(key("a"), [1], expires: nil))
        #expect(try ask(.remove(key("a"))) == .done)
        #expect(try ask(.get(key("a"))) == .value(nil))
        _ = try ask(.claim(key("a"), expires: .seconds(10)))
        _ = try ask(.remove(key("a")))
        #expect(try ask(.claim(key("a"), expires: .seconds(10))) == .claimed(true))
    }

    private func claimsOnce() throws {
        #expect(try ask(.claim(key("a"), expires: .seconds(10))) == .claimed(true))
        #expect(try ask(.claim(key("a"), expires: .seconds(10))) == .claimed(false))
        #expect(try ask(.claim(key("b"), expires: .seconds(10))) == .claimed(true))
        _ = try ask(.put(key("c"), [1], expires: nil))
        #expect(try ask(.claim(key("c"), expires: .seconds(10))) == .claimed(false))
        #expect(try ask(.get(key("c"))) == .value([1]))
    }

    private func expires() throws {
        _ = try ask(.put(key("a"), [1], expires: .seconds(10)))
        _ = try ask(.claim(key("b"), expires: .seconds(10)))
        _ = try ask(.put(key("c"), [1], expires: nil))
        now = now + .milliseconds(9_999)
        #expect(try ask(.get(key("a"))) == .value([1]))
        #expect(try ask(.claim(key("b"), expires: .seconds(10))) == .claimed(false))
        now = now + .milliseconds(1)
        #expect(try ask(.get(key("a"))) == .value(nil))
        #expect(try ask(.claim(key("b"), expires: .seconds(10))) == .claimed(true))
        now = now + .days(3_000)
        #expect(try ask(.get(key("c"))) == .value([1]))
        #expect(try ask(.get(key("b"))) == .value(nil))
    }

    private func batchIsAtomic() throws {
        _ = try ask(.put(key("old"), [1], expires: nil))
        _ = try ask(.claim(key("taken"), expires: .seconds(10)))
        let parts: [StoreOperation] = [
            .put(key("old"), [2], expires: nil), .put(key("new"), [3], expires: nil), .remove(key("old")),
            .claim(key("free"), expires: .seconds(10)),
        ]
        for place in 0...parts.count {
            var batch = parts
            batch.insert(.claim(key("taken"), expires: .seconds(10)), at: place)
            #expect(try ask(.batch(batch)) == .claimed(false))
            #expect(try ask(.batch([.batch(batch)])) == .claimed(false))
        }
        #expect(try ask(.get(key("old"))) == .value([1]))
        #expect(try ask(.get(key("new"))) == .value(nil))
        #expect(try ask(.claim(key("free"), expires: .seconds(10))) == .claimed(true))
    }

    private func batchWins() throws {
        let batch: [StoreOperation] = [
            .claim(key("a"), expires: .seconds(10)), .put(key("b"), [1], expires: nil),
            .claim(key("c"), expires: .seconds(10)),
        ]
        #expect(try ask(.batch(batch)) == .claimed(true))
        #expect(try ask(.get(key("b"))) == .value([1]))
        #expect(try ask(.batch(batch)) == .claimed(false))
        #expect(try ask(.batch([.put(key("d"), [4], expires: nil), .remove(key("b"))])) == .done)
        #expect(try ask(.get(key("b"))) == .value(nil))
        #expect(try ask(.get(key("d"))) == .value([4]))
        #expect(try ask(.batch([])) == .done)
    }

    private func batchSeesItself() throws {
        let twice: [StoreOperation] = [.claim(key("a"), expires: .seconds(1)), .claim(key("a"), expires: .seconds(1))]
        #expect(try ask(.batch(twice)) == .claimed(false))
        #expect(try ask(.claim(key("a"), expires: .seconds(10))) == .claimed(true))
        #expect(try ask(.batch([.remove(key("a"))] + twice.prefix(1))) == .claimed(true))
    }

    private func answersInOrder() throws {
        var order: [Int] = []
        for number in 0..<20 {
            pair.left.submit(.put(key("n"), [UInt8(number)], expires: nil)) { _ in order.append(number) }
        }
        for _ in 0..<100 where order.count < 20 { _ = pair.left.deliver(at: now) }
        #expect(order == Array(0..<20))
        #expect(try ask(.get(key("n"))) == .value([19]))
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
        for _ in 0..<100 where answered < 2 { _ = store.deliver(at: now) }
        #expect(answered == 2)
        #expect(!store.deliver(at: now))
    }

    private func loopsShare() throws {
        #expect(try ask(.claim(key("a"), expires: .seconds(10))) == .claimed(true))
        #expect(try ask(.claim(key("a"), expires: .seconds(10)), onRight: true) == .claimed(false))
        _ = try ask(.put(key("b"), [7], expires: nil), onRight: true)
        #expect(try ask(.get(key("b"))) == .value([7]))
    }

    private func keysAreOctets() throws {
        let keys = [[], [0], [0xFF, 0x2F], [0x2F, 0xFF], [UInt8](repeating: 7, count: 4_000)] as [[UInt8]]
        for (number, bytes) in keys.enumerated() {
            _ = try ask(.put(StoreKey(.contact, bytes), [UInt8(number)], expires: nil))
        }
        for (number, bytes) in keys.enumerated() {
            #expect(try ask(.get(StoreKey(.contact, bytes))) == .value([UInt8(number)]))
        }
    }
}
