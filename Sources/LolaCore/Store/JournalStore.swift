// The embedded store as one loop sees it. Lives on its loop's thread. What a loop asks in one round goes through the
// shared lock together when the loop asks for answers; answers wait here until the writer's verdict.

final class JournalStore: Store {
    private struct Waiting {
        let place: UInt64
        let answer: StoreAnswer
        let completion: (StoreAnswer) -> Void
    }

    private let journal: Journal
    private let loop: Int
    private var requests = Collected<JournalRequest>()
    private var outcomes: [JournalOutcome] = []
    private var verdicts: [JournalVerdict] = []
    /// In the order of their places.
    private var waiting = FIFO<Waiting>()
    private var next: Waiting?
    private var hasDelivered = false

    /// What an earlier process left comes through `onEntry`; what this one appends stays with who appended it.
    let returnsEntries = false
    var onEntry: ((QueueEntry) -> Void)?
    let epoch: [UInt8]?

    /// `loop` is the place of the loop among those of the journal.
    init(_ journal: Journal, loop: Int) {
        self.journal = journal
        self.loop = loop
        epoch = journal.epoch
    }

    func submit(_ operation: StoreOperation, _ completion: @escaping (StoreAnswer) -> Void) {
        requests.append(JournalRequest(operation: operation, completion: completion))
    }

    /// Applies what was submitted, and gives the answers that may be given. What a completion submits comes with the
    /// next call, so that one call always ends.
    func deliver(at now: WallTime) -> Bool {
        var worked = recover()
        if requests.isEmpty && next == nil && waiting.isEmpty { return worked }
        let asked = requests.take()
        outcomes.removeAll(keepingCapacity: true)
        verdicts.removeAll(keepingCapacity: true)
        journal.exchange(loop, asked, at: now, &outcomes, &verdicts)
        if decide() { worked = true }
        if answer(asked) { worked = true }
        // A long round is applied in steps: on what came first the writer may have decided before the last was applied.
        if decide() { worked = true }
        requests.reuse(asked)
        return worked
    }

    /// What need not be durable is answered now; the rest waits.
    private func answer(_ asked: [JournalRequest]) -> Bool {
        var worked = false
        let lent = asked.span
        for place in lent.indices {
            let outcome = outcomes[place]
            if outcome.waitsFor == 0 {
                worked = true
                lent[place].completion(outcome.answer)
            } else {
                waiting.append(
                    Waiting(place: outcome.waitsFor, answer: outcome.answer, completion: lent[place].completion))
            }
        }
        return worked
    }

    /// Completions never run inside `deliver` of another: this is called by the loop only, once per round.
    private func decide() -> Bool {
        var worked = false
        for verdict in verdicts {
            while let oldest = next ?? waiting.popFirst() {
                guard oldest.place <= verdict.through else {
                    next = oldest
                    break
                }
                next = nil
                worked = true
                oldest.completion(verdict.isDurable ? oldest.answer : .unavailable)
            }
        }
        return worked
    }

    private func recover() -> Bool {
        if hasDelivered { return false }
        hasDelivered = true
        guard let onEntry else { return false }
        // Not what a loop that started first has appended since: that is handed over once it is durable.
        let entries = journal.entries(of: loop, through: journal.recovered)
        for entry in entries { onEntry(entry) }
        return !entries.isEmpty
    }
}
