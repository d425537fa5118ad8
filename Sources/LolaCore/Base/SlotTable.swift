// Objects addressed by slot and generation instead of by reference: a late event of a reused slot finds
// nothing, and nobody needs a back pointer. Confined to one thread.

/// A place in a `SlotTable` and the generation that lived there. Fits the 64-bit word of an epoll event.
struct Handle: Hashable, Sendable {
    let slot: UInt32
    let generation: UInt32

    init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }
    init(word: UInt64) {
        slot = UInt32(truncatingIfNeeded: word)
        generation = UInt32(truncatingIfNeeded: word >> 32)
    }
    var word: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}

struct SlotTable<Element> {
    private var elements: [Element?] = []
    private var generations: [UInt32] = []
    private var free: [UInt32] = []
    private(set) var count = 0

    /// The element behind a handle; nil once it was removed, whoever lives in the slot now.
    subscript(_ handle: Handle) -> Element? {
        let slot = Int(handle.slot)
        guard slot < elements.count, generations[slot] == handle.generation else { return nil }
        return elements[slot]
    }

    /// Makes an element that knows its own handle.
    mutating func insert(_ make: (Handle) -> Element) -> Handle {
        let slot: UInt32
        if let reused = free.popLast() {
            slot = reused
        } else {
            slot = UInt32(elements.count)
            elements.append(nil)
            generations.append(1)
        }
        let handle = Handle(slot: slot, generation: generations[Int(slot)])
        elements[Int(slot)] = make(handle)
        count += 1
        return handle
    }

    @discardableResult
    mutating func remove(_ handle: Handle) -> Element? {
        let slot = Int(handle.slot)
        guard slot < elements.count, generations[slot] == handle.generation, let element = elements[slot] else {
            return nil
        }
        elements[slot] = nil
        generations[slot] &+= 1
        free.append(handle.slot)
        count -= 1
        return element
    }
}
