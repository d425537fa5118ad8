// The store of the process, and each loop's view of it. Opened once before the loops start.

enum OpenStore: Sendable {
    /// Nothing outlives the process: tests and the simulator.
    case memory(MemoryTable)

    /// The view of loop `number`; call it on the loop's own thread.
    func view(of number: Int) -> any Store {
        switch self {
        case .memory(let table): MemoryStore(table)
        }
    }
}
