// A journal with many live ids, as a gateway leaves it at worst: a snapshot that holds all of them, and behind it
// finished messages in segments just too short for the next compaction. For the measured start; built by bench/micro.

enum Fill {
    private static var clock: LinuxClock { LinuxClock() }
    private static let value = [UInt8](repeating: 0x61, count: 700)

    /// Fills a folder that holds no journal yet.
    static func run(_ folder: String, _ count: Int) throws {
        guard let waker = EventFD() else { throw DiskFault.exhausted }
        let disk = try LinuxDisk(folder)
        let store = try EmbeddedStore.open(
            disk, at: clock.wall, wakers: .init(loops: [waker], writer: waker, compactor: waker))
        let writer = JournalWriter(store.journal, disk: disk, clock: clock, segment: store.segment)
        let compactor = JournalCompactor(store.journal, disk: disk, clock: clock)
        let view = JournalStore(store.journal, loop: 0)
        func settle() {
            _ = view.deliver(at: clock.wall)
            writer.step()
            _ = view.deliver(at: clock.wall)
        }
        for number in 0..<count {
            view.submit(.claim(StoreKey(.seen, id(number)), expires: .days(8))) { kept($0) }
            if number % 10_000 == 9_999 { settle() }
        }
        settle()
        _ = compactor.step(isWanted: true)
        while compactor.step() != .idle { writer.step() }
        var number = count
        while store.journal.status().octets < Limits.journalCompactionMin.bytes - 4 * 1_048_576 {
            for _ in 0..<1_000 {
                for step in message(number) { view.submit(step) { kept($0) } }
                number += 1
            }
            settle()
        }
        writer.close()
    }

    /// Accepted, and done.
    private static func message(_ number: Int) -> [StoreOperation] {
        let (seen, inbound) = (StoreKey(.seen, id(number)), StoreKey(.inbound, id(number)))
        return [
            .batch([
                .claim(seen, expires: .days(8)),
                .append(QueueEntry(key: inbound, lane: Lane(number), value: value)),
            ]),
            .batch([.holding(inbound), .remove(inbound)]),
        ]
    }

    private static func kept(_ answer: StoreAnswer) {
        precondition(answer != .unavailable && answer != .fenced, "the store refused")
    }

    /// Spread like the keyed hashes that ids are (the finisher of MurmurHash3).
    private static func id(_ number: Int) -> RecordID {
        func mix(_ number: UInt64) -> UInt64 {
            var word = number
            for factor: UInt64 in [0xFF51_AFD7_ED55_8CCD, 0xC4CE_B9FE_1A85_EC53] {
                word = (word ^ (word >> 33)) &* factor
            }
            return word ^ (word >> 33)
        }
        return RecordID(high: mix(UInt64(number) + 1), low: mix(~UInt64(number)))
    }
}
