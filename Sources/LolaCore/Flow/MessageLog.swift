// The records of the last messages, shared by all loops: a ring under a lock. Bounded; the oldest go first.
import Synchronization

final class MessageLog: Sendable {
    private struct Ring {
        var records: [MessageRecord] = []
        /// Slot of the oldest record once the ring is full.
        var oldest = 0
        /// Where the newest record of a message is, by its id: hashing a key costs several times as much.
        var slots: [RecordID: Int] = [:]
        var version = 0
    }

    private let ring = Mutex(Ring())
    private let capacity: Int

    init(capacity: Int = Limits.messageRecordsMax) { self.capacity = capacity }

    func insert(_ record: MessageRecord) {
        ring.withLock { ring in
            ring.version += 1
            var stored = record
            stored.stamp(ring.version)
            if ring.records.count < capacity {
                ring.slots[record.id] = ring.records.count
                ring.records.append(stored)
            } else {
                let oldest = ring.records[ring.oldest].id
                if ring.slots[oldest] == ring.oldest { ring.slots[oldest] = nil }
                ring.records[ring.oldest] = stored
                ring.slots[record.id] = ring.oldest
                ring.oldest = (ring.oldest + 1) % capacity
            }
        }
    }

    /// Changes a record that is still kept.
    func update(_ id: RecordID, _ change: (inout MessageRecord) -> Void) {
        ring.withLock { ring in
            guard let slot = ring.slots[id] else { return }
            ring.version += 1
            change(&ring.records[slot])
            ring.records[slot].stamp(ring.version)
        }
    }

    /// Forgets records for good.
    /// - Returns: how many there were.
    func remove(where isWanted: (MessageRecord) -> Bool) -> Int {
        ring.withLock { ring in
            let count = ring.records.count
            let inOrder = (0..<count).map { ring.records[(ring.oldest + $0) % max(count, 1)] }
            let kept = inOrder.filter { !isWanted($0) }
            guard kept.count < count else { return 0 }
            ring.version += 1
            ring.records = kept
            ring.oldest = 0
            ring.slots = [:]
            for (slot, record) in kept.enumerated() { ring.slots[record.id] = slot }
            return count - kept.count
        }
    }

    /// The number of the newest change.
    var version: Int { ring.withLock { $0.version } }

    func find(_ id: RecordID) -> MessageRecord? {
        ring.withLock { ring in ring.slots[id].map { ring.records[$0] } }
    }

    /// The newest record of a key. Looks at all of them: for operators.
    func find(_ key: MessageKey) -> MessageRecord? {
        ring.withLock { ring in
            guard let any = ring.records.first(where: { $0.key == key }) else { return nil }
            return ring.slots[any.id].map { ring.records[$0] }
        }
    }

    /// The newest records first: at most `limit`, after passing over the `skipping` newest ones.
    func newest(limit: Int, skipping: Int) -> (records: [MessageRecord], hasMore: Bool) {
        ring.withLock { ring in
            let count = ring.records.count
            var found: [MessageRecord] = []
            var index = skipping
            while index < count, found.count < limit {
                let slot = (ring.oldest + count - 1 - index) % max(count, 1)
                found.append(ring.records[slot])
                index += 1
            }
            return (found, index < count)
        }
    }

    /// Records changed after `version`, in the order of their changes, at most `limit`; and the newest version.
    func changes(since version: Int, limit: Int) -> (records: [MessageRecord], version: Int) {
        ring.withLock { ring in
            guard version < ring.version else { return ([], ring.version) }
            let changed = ring.records.filter { $0.version > version }.sorted { $0.version < $1.version }
            let page = Array(changed.prefix(limit))
            return (page, page.count < changed.count ? page[page.count - 1].version : ring.version)
        }
    }
}
