// The queue against an array that does the same slowly.
import Testing

@testable import LolaCore

@Suite("First in, first out")
struct FIFOTests {
    @Test("elements leave in the order of their arrival, whatever the mixture")
    func order() {
        var random = SeededGenerator(seed: 11)
        var queue = FIFO<UInt64>()
        var reference: [UInt64] = []
        for _ in 0..<5_000 {
            if random.next() % 5 < 3 {
                let value = random.next()
                queue.append(value)
                reference.append(value)
            } else {
                let expected = reference.isEmpty ? nil : reference.removeFirst()
                #expect(queue.popFirst() == expected)
            }
            #expect(queue.isEmpty == reference.isEmpty)
        }
    }
}
