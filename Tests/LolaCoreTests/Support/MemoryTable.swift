// The records of the memory store: one table for all loops, behind a lock that is held for one operation at a time.
// Nothing of it survives the process.
import Synchronization

@testable import LolaCore

final class MemoryTable: Sendable {
    private let table: Mutex<StoreTable>

    /// - Parameters:
    ///   - claimsMax: claims kept at a time.
    ///   - octetsMax: all other records.
    init(claimsMax: Int = Limits.storeClaimsMax, octetsMax: ByteCount = Limits.storeOctetsMax) {
        table = Mutex(StoreTable(claimsMax: claimsMax, octetsMax: octetsMax))
    }

    func apply(_ operation: StoreOperation, at now: WallTime) -> StoreAnswer {
        table.withLock { table in
            var changes: [StoreChange] = []
            var undo: [StoreUndo] = []
            return table.apply(operation, at: now, changes: &changes, undo: &undo)
        }
    }

    /// Records and claims in memory, expired ones that are not yet swept included.
    var count: Int { table.withLock { $0.count + $0.claimCount } }
}
