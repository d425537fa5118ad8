// Makes a long journal short: a snapshot of what lives stands for the segments before it, which are then removed. It is
// taken in pieces while loops and writer go on. Lives on its own thread in production; tests step it between anything.

/// Why a snapshot in pieces is right. Let N be the segment that is open when the first piece is read. Everything that
/// is durable before N had been applied by then; everything applied later is written to N or after it, and is replayed
/// on top of the snapshot in order. So a key ends as its last change says, or, unchanged since N, as the snapshot says.
/// A piece may show effects that are not durable. Therefore the snapshot counts only once all of them are, in N or
/// after it, which also makes whole every operation of which the pieces saw a half; and when a segment is abandoned
/// before that, effects may have been taken back that a piece has seen: then the snapshot is thrown away.
final class JournalCompactor {
    enum Progress: Sendable {
        /// Nothing to do.
        case idle
        /// For the writer; whoever runs this is woken.
        case waiting
        case working
    }

    /// A snapshot in the making.
    private struct Draft {
        let file: DiskFile
        let number: UInt64
        let octetsBefore: Int
        var cursor = SnapshotCursor()
        var written = 0
        var synced = 0
        var changes = 0
        /// The last place whose effects may be in it.
        var given: UInt64 = 0

        var name: String { JournalName.snapshot(number).text }
        var draftName: String { JournalName.temporary(name).text }
    }

    private enum Phase {
        case idle
        case awaitingSegment
        case copying(Draft)
        case settling(Draft)
    }

    private let journal: Journal
    private let disk: any Disk
    private let clock: any Clock
    private var phase = Phase.idle
    private var epoch: UInt64 = 0
    private var began = Instant(nanoseconds: 0)
    private var buffer: [UInt8] = []

    init(_ journal: Journal, disk: any Disk, clock: any Clock) {
        self.journal = journal
        self.disk = disk
        self.clock = clock
    }

    /// One small step. `isWanted` begins a compaction although the journal is short.
    func step(isWanted: Bool = false) -> Progress {
        guard case .idle = phase else {
            if journal.progress().epoch != epoch { return fail(nil) }
            do throws(DiskFault) { return try advance() } catch { return fail(error) }
        }
        guard let epoch = journal.beginCompaction(at: clock.now, isWanted: isWanted) else { return .idle }
        self.epoch = epoch
        began = clock.now
        phase = .awaitingSegment
        return .waiting
    }

    private func advance() throws(DiskFault) -> Progress {
        switch phase {
        case .idle:
            return .idle
        case .awaitingSegment:
            guard let start = journal.segmentForCompaction() else { return .waiting }
            phase = .copying(try begin(start.number, octetsBefore: start.octetsBefore))
            return .working
        case .copying(var draft):
            let isDone = try copy(&draft)
            phase = isDone ? .settling(draft) : .copying(draft)
            return .working
        case .settling(let draft):
            let progress = journal.progress()
            // Asked at once: a segment abandoned before this verdict shows in the epoch.
            if progress.epoch != epoch { return fail(nil) }
            guard progress.decided >= draft.given else { return .waiting }
            try finish(draft)
            return .working
        }
    }

    private func begin(_ number: UInt64, octetsBefore: Int) throws(DiskFault) -> Draft {
        let name = JournalName.temporary(JournalName.snapshot(number).text).text
        let header = JournalHeader(kind: .snapshot, number: number, created: clock.wall)
        let file = try disk.create(name)
        var draft = Draft(file: file, number: number, octetsBefore: octetsBefore)
        // From here on a fault removes the file.
        phase = .copying(draft)
        buffer.removeAll(keepingCapacity: true)
        buffer += header.bytes
        try put(&draft)
        return draft
    }

    /// True after the last piece.
    private func copy(_ draft: inout Draft) throws(DiskFault) -> Bool {
        let piece = journal.piece(&draft.cursor, at: clock.wall)
        draft.given = piece.given
        draft.changes += piece.changes.count
        buffer.removeAll(keepingCapacity: true)
        if piece.changes.isEmpty {
            JournalFormat.encodeEnd(count: draft.changes, into: &buffer)
            try put(&draft)
            try disk.sync(draft.file)
            return true
        }
        let fits = JournalFormat.encodePieces(piece.changes, into: &buffer)
        precondition(fits, "a change larger than a record was let in")
        try put(&draft)
        if draft.written - draft.synced >= journal.sizes.snapshotSyncStep.bytes {
            try disk.sync(draft.file)
            draft.synced = draft.written
        }
        return false
    }

    private func put(_ draft: inout Draft) throws(DiskFault) {
        try disk.write(draft.file, buffer, at: draft.written)
        draft.written += buffer.count
    }

    private func finish(_ draft: Draft) throws(DiskFault) {
        try disk.rename(draft.draftName, to: draft.name)
        // Before the name is durable nothing that it replaces may go.
        try disk.syncDirectory()
        disk.close(draft.file)
        phase = .idle
        journal.compacted(before: draft.number)
        removeReplaced(by: draft.number)
        journal.tell(
            .compacted(octetsBefore: draft.octetsBefore, octetsAfter: draft.written, took: clock.now - began))
    }

    /// The journal stays as long as it was; nothing of it is lost.
    private func fail(_ fault: DiskFault?) -> Progress {
        switch phase {
        case .copying(let draft), .settling(let draft):
            disk.close(draft.file)
            try? disk.remove(draft.draftName)
        case .idle, .awaitingSegment:
            break
        }
        phase = .idle
        journal.compactionFailed(notBefore: clock.now + Limits.journalCompactionPause)
        journal.tell(.compactionFailed(fault))
        return .idle
    }

    /// Removes what snapshot `number` stands for. What cannot be removed is tried again by the next compaction and the
    /// next start; it is never read.
    private func removeReplaced(by number: UInt64) {
        guard let names = try? disk.names() else { return }
        for name in names {
            switch JournalName(name) {
            case .segment(let own) where own < number, .snapshot(let own) where own < number: try? disk.remove(name)
            default: break
            }
        }
    }
}
