// Brings the audit trail to the disk: what waits is written at once, one sync decides all of it. Each start and each
// fault is followed by a new segment whose header joins the end before it. Lives on its own thread in production; tests
// and the simulator step it. It alone writes the folder.

final class AuditWriter {
    private let trail: AuditTrail
    private let disk: any Disk
    private let clock: any Clock
    private let keys: AuditKeys
    private let segmentMax: ByteCount
    /// What the store remembered of an earlier process.
    private let known: AuditHead?
    private var isOpen = false
    private var isRecovered = false
    private var isLocked = false
    private var file: DiskFile?
    private var number: UInt64 = 0
    /// Octets of the segment that count.
    private var octets = 0
    private var reserve = DiskReserve(size: 0, step: Limits.auditReserve)
    private var head = AuditHead.none
    private var joint = AuditHeader.Joint.first
    /// The file may hold more than counts, or what counts may not be durable: it is written anew before more follows.
    private var isUncertain = false
    /// Code that the next record follows.
    private var mac = AuditHead.none.mac
    private var pause = Limits.auditPauseMin
    private var retryAt: Instant
    private var outageBegan: Instant?
    private var lastFault: DiskFault?
    private var buffer: [UInt8] = []
    /// Written and not yet durable, and the code of the last of them.
    private var written: [AuditRecord] = []
    private var writtenMAC = AuditHead.none.mac

    /// - Parameter known: the head of the trail as the store remembers it; nil when it remembers none.
    init(
        _ trail: AuditTrail, disk: any Disk, clock: any Clock, keys: AuditKeys, known: AuditHead?,
        segmentMax: ByteCount = Limits.auditSegmentMax
    ) {
        self.trail = trail
        self.disk = disk
        self.clock = clock
        self.keys = keys
        self.known = known
        self.segmentMax = segmentMax
        retryAt = clock.now
    }

    /// When `step` must be called although nobody asks for it: the next try to open the trail.
    var wakeAt: Instant? { isOpen ? nil : retryAt }

    /// One round.
    func step() {
        write()
        commit()
    }

    /// Writes everything that waits. It is not durable yet, and nobody is answered.
    func write() {
        if !isOpen, clock.now >= retryAt { open() }
        guard isOpen, written.isEmpty else { return }
        let entries = trail.take()
        if entries.isEmpty { return }
        do throws(DiskFault) {
            if octets >= segmentMax.bytes { try startNext(.clean) }
            try write(entries)
        } catch {
            abandon(error)
        }
    }

    /// Makes durable what was written, and has it answered.
    func commit() {
        guard isOpen, let file, let last = written.last else { return }
        do throws(DiskFault) { try disk.sync(file) } catch { return abandon(error) }
        octets += buffer.count
        mac = writtenMAC
        head = AuditHead(sequence: last.sequence, mac: writtenMAC)
        let records = written
        written = []
        if buffer.capacity > Limits.journalBufferKept.bytes { buffer = [] }
        trail.commit(head, records)
    }

    private func write(_ entries: [AuditEntry]) throws(DiskFault) {
        guard let file else { throw .io }
        buffer.removeAll(keepingCapacity: true)
        var sequence = head.sequence
        writtenMAC = mac
        for entry in entries {
            sequence += 1
            let record = AuditRecord(entry.event, sequence: sequence, at: entry.at)
            writtenMAC = AuditFrame.append(record, after: writtenMAC, keys.signing, to: &buffer)
            written.append(record)
        }
        try disk.write(file, buffer, at: octets)
        let end = octets + buffer.count
        // Nothing follows the stop: then the file ends where the trail does.
        if entries.last?.event.action == .stopped {
            try reserve.giveBack(behind: end, of: file, on: disk)
        } else {
            try reserve.cover(end, of: file, on: disk)
        }
    }

    // MARK: Opening

    private func open() {
        do throws(DiskFault) {
            if !isLocked { try disk.lock(AuditFileName.lock) }
            isLocked = true
            var notices: [AuditNotice] = []
            if !isRecovered { notices = try recover() }
            isRecovered = true
            if isUncertain { try AuditRecovery.rewrite(disk, number, octets: octets) }
            isUncertain = false
            try startNext(joint)
            joint = .clean
            if let outageBegan { notices.append(.reopened(segment: number, after: clock.now - outageBegan)) }
            notices.append(.opened(segment: number, sequence: head.sequence))
            outageBegan = nil
            lastFault = nil
            pause = Limits.auditPauseMin
            isOpen = true
            trail.open(head, notices)
        } catch {
            retry(error)
        }
    }

    /// Finds the end of the trail that an earlier process left.
    private func recover() throws(DiskFault) -> [AuditNotice] {
        let found = try AuditRecovery.run(disk, keys, known: known)
        number = found.number
        octets = found.octets
        head = found.head
        mac = found.mac
        joint = found.joint
        isUncertain = found.isUncertain
        return found.notices
    }

    private func startNext(_ joint: AuditHeader.Joint) throws(DiskFault) {
        // Before the header that says where this one ends: its file ends there too.
        if let file, try reserve.giveBack(behind: octets, of: file, on: disk) { try disk.sync(file) }
        let header = AuditHeader(
            joint: joint, number: number + 1, firstSequence: head.sequence + 1, previousCount: UInt64(octets),
            previousMAC: mac, created: clock.wall)
        let bytes = header.bytes(keys.signing)
        let name = AuditFileName.segment(number + 1)
        // What is left of an attempt that failed holds no record.
        if outageBegan != nil { try? disk.remove(name) }
        let fresh = try disk.create(name)
        do throws(DiskFault) {
            try disk.write(fresh, bytes, at: 0)
            try disk.sync(fresh)
            try disk.syncDirectory()
        } catch {
            disk.close(fresh)
            throw error
        }
        if let file { disk.close(file) }
        file = fresh
        number += 1
        octets = bytes.count
        reserve = DiskReserve(size: octets, step: Limits.auditReserve)
        mac = [UInt8](bytes.suffix(AuditKey.macCount))
    }

    // MARK: Faults

    private func abandon(_ fault: DiskFault) {
        if let file { disk.close(file) }
        file = nil
        isOpen = false
        isUncertain = true
        written = []
        outageBegan = clock.now
        pause = Limits.auditPauseMin
        retryAt = clock.now + pause
        lastFault = fault
        trail.close(fault, isNews: true)
    }

    private func retry(_ fault: DiskFault) {
        if outageBegan == nil { outageBegan = clock.now }
        pause = min(pause * 2, Limits.auditPauseMax)
        retryAt = clock.now + pause
        trail.close(fault, isNews: fault != lastFault)
        lastFault = fault
    }
}
