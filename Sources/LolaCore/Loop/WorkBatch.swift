// Work of one kind that waits on a loop, done for all that wait in one go. A message needs more code than a processor
// keeps at hand, and waking a peer costs more than what it is told: taken through a step together, messages share what
// the step has to fetch and whom it wakes.

final class WorkBatch<Item> {
    private let loop: Loop
    private let work: (Item) -> Void
    private var waiting = Collected<Item>()

    /// - Parameter work: done for each item, in the order of `add`, before the loop sleeps again and never before `add`
    ///   returns. Batches of one loop are worked off in the order in which they were made, also between the events of a
    ///   round that has many.
    init(_ loop: Loop, _ work: @escaping (Item) -> Void) {
        self.loop = loop
        self.work = work
        loop.addStep { [self] in workOff() }
    }

    func add(_ item: Item) {
        waiting.append(item)
        loop.workCame()
    }

    /// What the work itself adds comes with the next call, so that each call ends.
    private func workOff() -> Bool {
        if waiting.isEmpty { return false }
        let items = waiting.take()
        workOff(items)
        waiting.reuse(items)
        return true
    }

    /// Lends one after the other, for a loop over the array would copy each. A function of its own: what is lent lasts
    /// to its end, and until then the memory is not free to be used again.
    private func workOff(_ items: [Item]) {
        let lent = items.span
        for place in lent.indices { work(lent[place]) }
    }
}
