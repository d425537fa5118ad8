// Opening the embedded store: lock, recovery, a new segment. What the start of the process does on its main thread; the
// threads that go on from here are made from what it returns.

struct EmbeddedStore: Sendable {
    let journal: Journal
    /// The open segment, where the writer goes on.
    let segment: JournalSegment
    /// What recovery found.
    let report: JournalReport

    /// Who is to be woken.
    struct Wakers: Sendable {
        /// One per loop.
        let loops: [any Waker]
        let writer: any Waker
        let compactor: any Waker
    }

    /// Takes the lock for the life of `disk`, reads the journal and begins a new segment: nothing is ever added to a
    /// segment of an earlier process.
    static func open(
        _ disk: any Disk, at now: WallTime, wakers: Wakers, sizes: JournalSizes = JournalSizes(),
        renew: ((StoreKey, [UInt8]) -> [UInt8]?)? = nil
    ) throws(JournalFault) -> EmbeddedStore {
        do throws(DiskFault) { try disk.lock(JournalName.lock.text) } catch {
            throw .disk(error, file: JournalName.lock.text)
        }
        var (table, report) = try JournalRecovery.open(disk, .start, at: now)
        if let renew, rewrite(&table, renew, at: now) {
            try JournalRepair.rewrite(table, behind: report, on: disk, at: now)
            let (damages, tails) = (report.damages, report.tornTails)
            (table, report) = try JournalRecovery.open(disk, .start, at: now)
            report.damages += damages
            report.tornTails += tails
        }
        var segments = old(report, on: disk)
        let last = JournalSegment(number: report.lastSegment, octets: report.lastCount)
        let previous = last.number == 0 ? nil : last
        let number = report.nextSegment
        do throws(DiskFault) {
            disk.close(try JournalWriter.startSegment(number, after: previous, on: disk, at: now))
        } catch {
            throw .disk(error, file: JournalName.segment(number).text)
        }
        let segment = JournalSegment(number: number, octets: JournalHeader.count)
        segments.append(segment)
        let journal = Journal(
            table: table, segments: segments, loops: wakers.loops, writer: wakers.writer,
            compactor: wakers.compactor, sizes: sizes)
        return EmbeddedStore(journal: journal, segment: segment, report: report)
    }

    /// Puts new values in place of old ones; true when there was any. `renew` gives nil for what stays.
    private static func rewrite(
        _ table: inout StoreTable, _ renew: (StoreKey, [UInt8]) -> [UInt8]?, at now: WallTime
    ) -> Bool {
        var renewed: [StoreChange] = []
        var cursor = SnapshotCursor()
        while true {
            let piece = table.snapshot(&cursor, limit: 1_024, at: now)
            if piece.isEmpty { break }
            for change in piece {
                switch change {
                case .set(let key, let value, let expires):
                    if let value = renew(key, value) { renewed.append(.set(key, value, expires: expires)) }
                case .entry(let entry, let sequence):
                    guard let value = renew(entry.key, entry.value) else { continue }
                    let entry = QueueEntry(key: entry.key, lane: entry.lane, value: value)
                    renewed.append(.entry(entry, sequence: sequence))
                case .claim, .remove: break
                }
            }
        }
        for change in renewed { table.restore(change, at: now) }
        return !renewed.isEmpty
    }

    /// The segments that were read, with their sizes: what they weigh against compaction.
    private static func old(_ report: JournalReport, on disk: any Disk) -> [JournalSegment] {
        report.segments.map { number in
            JournalSegment(number: number, octets: size(of: JournalName.segment(number).text, on: disk))
        }
    }

    /// 0 when it cannot be told.
    private static func size(of name: String, on disk: any Disk) -> Int {
        guard let file = try? disk.open(name) else { return 0 }
        defer { disk.close(file) }
        return (try? disk.size(file)) ?? 0
    }
}
