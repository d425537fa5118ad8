// The store of the process once it is open, and each loop's view of it. Opened once, before the loops start.

enum OpenStore: Sendable {
    /// Nothing outlives the process: tests and the simulator.
    case memory(MemoryTable)
    case embedded(Journal)

    /// The view of loop `number`, without seals; call it on the loop's own thread.
    func view(of number: Int) -> any Store {
        switch self {
        case .memory(let table): MemoryStore(table)
        case .embedded(let journal): JournalStore(journal, loop: number)
        }
    }

    /// Whether changes are taken now.
    var isOpen: Bool { status?.isOpen ?? true }

    /// Figures of the journal; nil without one.
    var status: JournalStatus? {
        switch self {
        case .memory: nil
        case .embedded(let journal): journal.status()
        }
    }
}
