// Memory of a loop that one user at a time fills and empties: connections need none of their own while nothing waits,
// and what passes through the loop stays near the processor. Lives on its loop.

struct LentBuffer {
    private var memory: [UInt8] = []
    private var isOut = false

    /// Puts the memory into `buffer`. False when somebody has it already, or `buffer` holds something: then `buffer`
    /// grows by itself.
    mutating func lend(to buffer: inout [UInt8]) -> Bool {
        guard !isOut, buffer.isEmpty else { return false }
        isOut = true
        swap(&memory, &buffer)
        return true
    }

    /// The end of what `lend` began. What is still in `buffer` stays there, in memory of its own.
    mutating func takeBack(from buffer: inout [UInt8]) {
        isOut = false
        let rest = buffer.isEmpty ? [] : [UInt8](copying: buffer.span)
        swap(&memory, &buffer)
        buffer = rest
        if memory.capacity > Limits.lentBufferMax.bytes { memory = [] } else { memory.removeAll(keepingCapacity: true) }
    }
}
