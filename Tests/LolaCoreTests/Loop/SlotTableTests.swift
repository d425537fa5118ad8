// Handles must never find a stranger.
import Testing

@testable import LolaCore

@Suite("Slot table")
struct SlotTableTests {
    @Test("a handle finds its element until it is removed, and nothing after that")
    func stale() {
        var table = SlotTable<String>()
        let first = table.insert { _ in "first" }
        #expect(table[first] == "first" && table.count == 1)
        let removed = table.remove(first)
        #expect(removed == "first")
        #expect(table[first] == nil && table.count == 0)
        let second = table.insert { _ in "second" }
        #expect(second.slot == first.slot && second.generation != first.generation)
        #expect(table[first] == nil && table[second] == "second")
        let again = table.remove(first)
        #expect(again == nil && table.count == 1)
    }

    @Test("a handle from nowhere finds nothing")
    func unknown() {
        var table = SlotTable<Int>()
        #expect(table[Handle(slot: 0, generation: 1)] == nil)
        _ = table.insert { _ in 1 }
        #expect(table[Handle(slot: 9, generation: 1)] == nil)
        #expect(table[Handle(slot: 0, generation: 0)] == nil)
        #expect(table[Handle(word: 0)] == nil)
    }

    @Test("the element is told the handle under which it is found, and the word brings it back")
    func word() {
        var table = SlotTable<Handle>()
        for _ in 0..<5 {
            let handle = table.insert { $0 }
            #expect(table[handle] == handle && Handle(word: handle.word) == handle)
            table.remove(handle)
        }
    }

    @Test("random inserts and removals agree with a dictionary")
    func againstReference() {
        var random = SeededGenerator(seed: 11)
        var table = SlotTable<UInt64>()
        var reference: [Handle: UInt64] = [:]
        var gone: [Handle] = []
        var order: [Handle] = []
        for _ in 0..<20_000 {
            if random.next() % 5 < 3 || order.isEmpty {
                let value = random.next()
                let handle = table.insert { _ in value }
                #expect(reference[handle] == nil)
                reference[handle] = value
                order.append(handle)
            } else {
                let handle = order.remove(at: Int(random.next() % UInt64(order.count)))
                let removed = table.remove(handle)
                let expected = reference.removeValue(forKey: handle)
                #expect(removed == expected)
                gone.append(handle)
            }
        }
        #expect(table.count == reference.count)
        #expect(reference.allSatisfy { table[$0.key] == $0.value })
        #expect(gone.allSatisfy { table[$0] == nil })
    }
}
