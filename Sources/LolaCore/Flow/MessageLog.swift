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
        /// Where deliveries stand, by their id at the provider; and those ids by record, so that they go with it.
        var places: [ProviderID: DeliveryPlace] = [:]
        var providerIDs: [RecordID: [ProviderID]] = [:]
        /// Receipts that came before the answer to the delivery itself. All are forgotten when there are too many:
        /// most belong to deliveries whose record is gone.
        var early: [ProviderID: [DeliveryReceipt]] = [:]

        /// The record goes, and with it what is known of its deliveries.
        mutating func forgetPlaces(of record: RecordID) {
            for id in providerIDs.removeValue(forKey: record) ?? [] { places[id] = nil }
        }
    }

    /// One delivery of one record.
    struct DeliveryPlace: Sendable {
        let record: RecordID
        let index: Int
    }

    private struct ProviderID: Hashable {
        let provider: ChannelName
        let id: [UInt8]

        /// Ids of Twilio are its own whatever they carry.
        init(_ channel: ChannelName, _ id: [UInt8]) {
            provider = channel == .twilioWhatsApp ? .twilioSMS : channel
            self.id = id
        }

        func hash(into hasher: inout Hasher) { hasher.combine(octets: id) }
    }

    private let ring = Mutex(Ring())
    private let capacity: Int

    init(capacity: Int = Limits.messageRecordsMax) { self.capacity = capacity }

    /// - Parameter record: of a message that comes into hand. One whose record is not at its end is in hand already.
    func insert(_ record: consuming MessageRecord) {
        var stored = record
        let id = stored.id
        ring.withLock { ring in
            if let slot = ring.slots[id], !ring.records[slot].status.isFinal { return }
            ring.version += 1
            stored.stamp(ring.version)
            if ring.records.count < capacity {
                ring.slots[id] = ring.records.count
                ring.records.append(stored)
            } else {
                let oldest = ring.records[ring.oldest].id
                if ring.slots[oldest] == ring.oldest {
                    ring.slots[oldest] = nil
                    ring.forgetPlaces(of: oldest)
                }
                ring.records[ring.oldest] = stored
                ring.slots[id] = ring.oldest
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

    // MARK: Receipts

    /// The provider has accepted a delivery under this id.
    func sent(_ providerID: [UInt8], by channel: ChannelName, as place: DeliveryPlace) {
        ring.withLock { ring in
            guard ring.slots[place.record] != nil else { return }
            let id = ProviderID(channel, providerID)
            ring.places[id] = place
            ring.providerIDs[place.record, default: []].append(id)
            for receipt in ring.early.removeValue(forKey: id) ?? [] { Self.advance(&ring, place, receipt) }
        }
    }

    /// What became of a delivery. One that is not known may be known in a moment.
    func receipt(_ receipt: DeliveryReceipt, of channel: ChannelName) {
        ring.withLock { ring in
            let id = ProviderID(channel, receipt.providerID)
            if let place = ring.places[id] { return Self.advance(&ring, place, receipt) }
            if ring.early.count >= Limits.receiptsEarlyMax { ring.early.removeAll(keepingCapacity: true) }
            var known = ring.early[id] ?? []
            if !known.contains(where: { $0.state == receipt.state }) { known.append(receipt) }
            ring.early[id] = known
        }
    }

    private static func advance(_ ring: inout Ring, _ place: DeliveryPlace, _ receipt: DeliveryReceipt) {
        guard let slot = ring.slots[place.record], place.index < ring.records[slot].deliveries.count,
            ring.records[slot].deliveries[place.index].advance(receipt)
        else { return }
        ring.version += 1
        ring.records[slot].stamp(ring.version)
    }

    // MARK: Reading

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
            for record in inOrder where ring.slots[record.id] == nil { ring.forgetPlaces(of: record.id) }
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
