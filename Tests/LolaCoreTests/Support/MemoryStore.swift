// The memory store as one loop sees it: operations wait in order and are carried out on the shared table when the
// loop asks for answers. Lives on its loop's thread; nothing of it survives the process.

@testable import LolaCore

final class MemoryStore: Store {
    private struct Request {
        let operation: StoreOperation
        let completion: (StoreAnswer) -> Void
    }

    private let table: MemoryTable
    private var waiting: [Request] = []

    /// Never called: no earlier process left anything.
    var onEntry: ((QueueEntry) -> Void)?
    var returnsEntries: Bool { false }

    init(_ table: MemoryTable) { self.table = table }

    func submit(_ operation: StoreOperation, _ completion: @escaping (StoreAnswer) -> Void) {
        waiting.append(Request(operation: operation, completion: completion))
    }

    /// What a completion submits is answered by the next call, so that one call always ends.
    func deliver(at now: WallTime) -> Bool {
        let batch = waiting
        waiting = []
        for request in batch { request.completion(table.apply(request.operation, at: now)) }
        return !batch.isEmpty
    }
}
