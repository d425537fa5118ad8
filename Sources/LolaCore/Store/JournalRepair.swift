// What `lola store repair` does on purpose: recovery as at a start, then a fresh snapshot, so that damage that was
// reported once is not met again; and the same snapshot after a change of the data key. The lock is held.

enum JournalRepair {
    /// Records of a snapshot that are written at a time.
    private static let step = 1_024

    static func run(_ disk: any Disk, at now: WallTime) throws(JournalFault) -> JournalReport {
        do throws(DiskFault) {
            try disk.lock(JournalName.lock.text)
        } catch {
            throw .disk(error, file: JournalName.lock.text)
        }
        var (table, report) = try JournalRecovery.open(disk, at: now)
        // The next start finds nothing lost any more: it must find no epoch either.
        if StoreEpoch.losses(report) != nil { table.restore(.remove(StoreEpoch.record), at: now) }
        try rewrite(table, behind: report, on: disk, at: now)
        return report
    }

    /// A snapshot of the whole table in place of everything that `report` tells of. The lock is held.
    static func rewrite(
        _ table: StoreTable, behind report: JournalReport, on disk: any Disk, at now: WallTime
    ) throws(JournalFault) {
        let number = report.nextSegment
        let header = JournalHeader(
            kind: .segment, number: number, previous: report.lastSegment, previousCount: UInt64(report.lastCount),
            created: now)
        try make(JournalName.segment(number).text, on: disk) { write throws(JournalFault) in try write(header.bytes) }
        let snapshot = JournalName.snapshot(number).text
        let draft = JournalName.temporary(snapshot).text
        try make(draft, on: disk) { write throws(JournalFault) in
            try write(JournalHeader(kind: .snapshot, number: number, created: now).bytes)
            var cursor = SnapshotCursor()
            var count = 0
            while true {
                let piece = table.snapshot(&cursor, limit: step, at: now)
                if piece.isEmpty { break }
                var octets: [UInt8] = []
                let fits = JournalFormat.encodePieces(piece, into: &octets)
                precondition(fits, "a record that was read is too large to write")
                try write(octets)
                count += piece.count
            }
            var end: [UInt8] = []
            JournalFormat.encodeEnd(count: count, into: &end)
            try write(end)
        }
        do throws(DiskFault) {
            try disk.rename(draft, to: snapshot)
            try disk.syncDirectory()
        } catch {
            throw .disk(error, file: snapshot)
        }
        var files = try JournalFiles(disk)
        let old = files.segments.map(\.number).filter { $0 < number }.map { JournalName.segment($0).text }
        let replaced = files.snapshots.filter { $0 < number }.map { JournalName.snapshot($0).text }
        try files.remove(old + replaced)
    }

    /// A new file, durable with its name when this returns.
    private static func make(
        _ name: String, on disk: any Disk,
        _ body: (([UInt8]) throws(JournalFault) -> Void) throws(JournalFault) -> Void
    ) throws(JournalFault) {
        let file: DiskFile
        do throws(DiskFault) {
            file = try disk.create(name)
        } catch {
            throw .disk(error, file: name)
        }
        defer { disk.close(file) }
        var place = 0
        try body { octets throws(JournalFault) in
            do throws(DiskFault) {
                try disk.write(file, octets, at: place)
            } catch {
                throw .disk(error, file: name)
            }
            place += octets.count
        }
        do throws(DiskFault) {
            try disk.sync(file)
            try disk.syncDirectory()
        } catch {
            throw .disk(error, file: name)
        }
    }
}
