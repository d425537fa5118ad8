// Brings the journal to the disk: what waits is written at once, one sync decides all of it. After any fault the
// segment is abandoned, never synced again, and a new one is tried. Lives on its own thread in production; tests and
// the simulator step it. It alone writes segments.

final class JournalWriter {
    private let journal: Journal
    private let disk: any Disk
    private let clock: any Clock
    /// The segment that counts last, and how many octets of it do.
    private var segment: JournalSegment
    /// Nil before the first write to a segment that stood at the start, and after a fault.
    private var file: DiskFile?
    /// Octets of the segment with those that are not yet synced.
    private var written: Int
    private var reserve: DiskReserve
    /// The last number tried; attempts that came to nothing use up theirs.
    private var numbered: UInt64
    private var isOpen = true
    private var batch = JournalBatch()
    private var buffer: [UInt8] = []
    private var spent: [StoreUndo] = []
    /// Beginning of the first write since the last sync.
    private var began = Instant(nanoseconds: 0)
    /// What the last sync decided, or the next one will, takes a message further.
    private var hasMessages = false
    private var outageBegan = Instant(nanoseconds: 0)
    private var retryAt = Instant.distantFuture
    private var pause = Limits.journalPauseMin
    private var lastFault: DiskFault?

    /// - Parameter segment: the open one of the journal, made by `startSegment` on any thread.
    init(_ journal: Journal, disk: any Disk, clock: any Clock, segment: JournalSegment) {
        self.journal = journal
        self.disk = disk
        self.clock = clock
        self.segment = segment
        written = segment.octets
        reserve = DiskReserve(size: segment.octets, step: Limits.journalReserve)
        numbered = segment.number
    }

    /// When `step` must be called although nobody asks for it: the next try for a new segment.
    var wakeAt: Instant? { isOpen ? nil : retryAt }

    /// How long the next round should wait, so that what comes meanwhile shares its sync; zero or less: not at all.
    /// Only behind messages, which come by themselves and in numbers: all else is asked by somebody who waits for the
    /// answer.
    var rest: Interval { hasMessages ? began + Limits.journalSyncInterval - clock.now : .zero }

    /// One round.
    func step() {
        if !isOpen, clock.now >= retryAt { reopen() }
        write()
        commit()
    }

    /// Writes everything that waits. It is not durable yet, and nobody is answered.
    func write() {
        let now = clock.now
        guard isOpen, journal.take(into: &batch, at: now) else { return }
        if written == segment.octets {
            began = now
            hasMessages = false
        }
        hasMessages = hasMessages || batch.changes.contains(where: \.isOfMessage)
        encode()
        batch.clear()
        do throws(DiskFault) {
            if file == nil { file = try disk.open(JournalName.segment(segment.number).text) }
            if let file { try disk.write(file, buffer, at: written) }
            written += buffer.count
            if let file { try reserve.cover(written, of: file, on: disk) }
        } catch {
            abandon(error)
        }
        if buffer.capacity > Limits.journalBufferKept.bytes { buffer = [] }
    }

    /// Makes durable what was written, and has it answered.
    func commit() {
        guard isOpen else { return }
        do throws(DiskFault) {
            if written > segment.octets, let file {
                try disk.sync(file)
                segment.octets = written
                let now = clock.now
                journal.commit(octets: written, took: now - began, at: now, spent: &spent)
            }
            if segment.octets >= journal.sizes.segmentMax.bytes || journal.wantsSegment { try startNext() }
        } catch {
            abandon(error)
        }
    }

    /// At the end of the process: a last mark, so that damage to the last write cannot be taken for an unfinished one.
    func close() {
        guard isOpen, segment.octets > JournalHeader.count, let file else { return }
        buffer.removeAll(keepingCapacity: true)
        JournalFormat.encodeDurable(count: segment.octets, into: &buffer)
        do throws(DiskFault) {
            try disk.write(file, buffer, at: written)
            written += buffer.count
            try reserve.giveBack(behind: written, of: file, on: disk)
            try disk.sync(file)
        } catch {
            abandon(error)
        }
    }

    // MARK: Segments

    /// Makes a segment whose header says which one it follows and how many octets of that one count, and has both the
    /// header and the name durable.
    static func startSegment(
        _ number: UInt64, after previous: JournalSegment?, on disk: any Disk, at created: WallTime
    ) throws(DiskFault) -> DiskFile {
        let header = JournalHeader(
            kind: .segment, number: number, previous: previous?.number ?? 0,
            previousCount: UInt64(previous?.octets ?? 0), created: created, isMarked: true)
        let file = try disk.create(JournalName.segment(number).text)
        do throws(DiskFault) {
            try disk.write(file, header.bytes, at: 0)
            try disk.sync(file)
            try disk.syncDirectory()
        } catch {
            disk.close(file)
            throw error
        }
        return file
    }

    /// A fault here abandons the segment too, although all of it is durable: the header of the new one may already
    /// stand on disk and say where this one ends, so nothing may be added to it.
    private func startNext() throws(DiskFault) {
        if let file { try reserve.giveBack(behind: written, of: file, on: disk) }
        numbered += 1
        let fresh = try Self.startSegment(numbered, after: segment, on: disk, at: clock.wall)
        if let file { disk.close(file) }
        file = fresh
        segment = JournalSegment(number: numbered, octets: JournalHeader.count)
        written = segment.octets
        reserve = DiskReserve(size: written, step: Limits.journalReserve)
        journal.open(segment)
    }

    private func abandon(_ fault: DiskFault) {
        if let file { disk.close(file) }
        file = nil
        isOpen = false
        written = segment.octets
        outageBegan = clock.now
        pause = Limits.journalPauseMin
        retryAt = outageBegan + pause
        lastFault = fault
        journal.abandon(segment: segment.number, fault)
    }

    private func reopen() {
        do throws(DiskFault) {
            try startNext()
            isOpen = true
            journal.tell(.reopened(segment: segment.number, after: clock.now - outageBegan))
        } catch {
            // What is left of the attempt never counts; it would only be in the way of whoever looks.
            try? disk.remove(JournalName.segment(numbered).text)
            pause = min(pause * 2, Limits.journalPauseMax)
            retryAt = clock.now + pause
            if error != lastFault { journal.tell(.stillFailing(error)) }
            lastFault = error
        }
    }

    private func encode() {
        buffer.removeAll(keepingCapacity: true)
        JournalFormat.encodeDurable(count: segment.octets, into: &buffer)
        var start = 0
        for end in batch.ends {
            let fits = JournalFormat.encode(batch.changes[start..<end], into: &buffer)
            precondition(fits, "an operation larger than a record was let in")
            start = end
        }
    }
}
