// Where the audit trail of an earlier process ends: the last segment is read and its chain checked, the rest of a write
// that a crash left unfinished is cut. What the store remembers decides whether something is missing. Used at start.

struct AuditRecovery {
    /// The last segment; 0 when there is none.
    private(set) var number: UInt64 = 0
    /// Octets of it that count.
    private(set) var octets = 0
    /// The last record.
    private(set) var head = AuditHead.none
    /// Code that the next header follows.
    private(set) var mac = AuditHead.none.mac
    private(set) var joint = AuditHeader.Joint.first
    private(set) var notices: [AuditNotice] = []

    private let disk: any Disk
    private let keys: AuditKeys
    private let known: AuditHead?

    static func run(_ disk: any Disk, _ keys: AuditKeys, known: AuditHead?) throws(DiskFault) -> AuditRecovery {
        var recovery = AuditRecovery(disk: disk, keys: keys, known: known)
        try recovery.find()
        return recovery
    }

    private init(disk: any Disk, keys: AuditKeys, known: AuditHead?) {
        self.disk = disk
        self.keys = keys
        self.known = known
    }

    private mutating func find() throws(DiskFault) {
        let numbers = try disk.names().compactMap { AuditFileName.number($0) }.sorted()
        guard let last = numbers.last else {
            if known != nil { accuse() }
            return
        }
        if try take(last) { return }
        // A start that was cut off leaves a header without records, or a part of it; what counts is before it.
        guard numbers.count > 1, numbers[numbers.count - 2] == last - 1, number != last else {
            number = last
            return known == nil && isUnfinished(last) ? try remove(last) : accuse()
        }
        guard isUnfinished(last), try take(last - 1) else {
            number = last
            return accuse()
        }
        if joint != .broken { try remove(last) } else { number = last }
    }

    /// A file no longer than a header holds no record.
    private func isUnfinished(_ number: UInt64) -> Bool {
        guard let file = try? disk.open(AuditFileName.segment(number)) else { return false }
        defer { disk.close(file) }
        return (try? disk.size(file)).map { $0 <= AuditHeader.count } ?? false
    }

    private mutating func remove(_ unfinished: UInt64) throws(DiskFault) {
        try disk.remove(AuditFileName.segment(unfinished))
        try disk.syncDirectory()
        if number == unfinished { number = unfinished - 1 }
    }

    /// Reads a segment to its end. False when its header does not hold.
    private mutating func take(_ number: UInt64) throws(DiskFault) -> Bool {
        let file = try disk.open(AuditFileName.segment(number))
        defer { disk.close(file) }
        guard case .segment(var scanner) = try AuditScanner.open(disk, file, keys), scanner.header.number == number else {
            return false
        }
        var found: AuditHead?
        var remembered = known.map { $0.sequence < scanner.header.firstSequence } ?? true
        while let entry = try scanner.next(before: scanner.size) {
            found = AuditHead(sequence: entry.record.sequence, mac: entry.mac)
            if found == known { remembered = true }
        }
        self.number = number
        octets = scanner.at
        mac = scanner.mac
        head = found ?? AuditHead(sequence: scanner.sequence, mac: AuditHead.none.mac)
        joint = .clean
        guard remembered else {
            accuse()
            return true
        }
        let surplus = scanner.size - scanner.at
        if surplus > 0 {
            try disk.truncate(file, to: scanner.at)
            try disk.sync(file)
            notices.append(.tailCut(segment: number, octets: surplus))
        }
        return true
    }

    /// Something is missing: the trail goes on behind a gap that stays, under numbers that were never used.
    private mutating func accuse() {
        joint = .broken
        let known = known ?? .none
        notices.append(.broken(known, found: head.sequence))
        head = AuditHead(sequence: max(head.sequence, known.sequence) + 1, mac: head.mac)
    }
}
