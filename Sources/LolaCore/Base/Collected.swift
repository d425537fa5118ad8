// What is collected during one round of a loop and worked off together. The memory of a usual round is kept for the
// next one, that of an unusual one is not.

struct Collected<Item> {
    private var items: [Item] = []
    private var spare: [Item] = []

    /// Items for which memory is kept.
    private static var kept: Int { 1_024 }

    var isEmpty: Bool { items.isEmpty }

    mutating func append(_ item: Item) { items.append(item) }

    /// All of it, in the order of `append`. What is appended from now on is for the next time.
    mutating func take() -> [Item] {
        var taken = spare
        spare = []
        swap(&taken, &items)
        return taken
    }

    /// Gives back the memory of what `take` gave and nobody needs any more.
    mutating func reuse(_ taken: consuming [Item]) {
        guard taken.capacity <= Self.kept else { return }
        taken.removeAll(keepingCapacity: true)
        spare = taken
    }
}
