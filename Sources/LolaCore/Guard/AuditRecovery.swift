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
    /// The segment must be written anew before anything follows it.
    private(set) var isUncertain = false

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

    /// The newest segment that has a header, when its key is none of the ring: the wrong key was given, or somebody
    /// changed the header. Nil when the trail can be gone on with, or says itself what is wrong with it.
    static func foreignSegment(_ disk: any Disk, _ keys: AuditKeys) throws(DiskFault) -> UInt64? {
        for number in try disk.names().compactMap({ AuditFileName.number($0) }).sorted(by: >) {
            let file = try disk.open(AuditFileName.segment(number))
            defer { disk.close(file) }
            switch try AuditScanner.open(disk, file, keys) {
            case .keyUnknown: return number
            case .segment: return nil
            // A start that was cut off left it; the one before counts.
            case .invalid(let size) where size <= AuditHeader.count: continue
            case .invalid: return nil
            }
        }
        return nil
    }

    private mutating func find() throws(DiskFault) {
        var numbers = try disk.names().compactMap { AuditFileName.number($0) }.sorted()
        guard !numbers.isEmpty else {
            if known != nil { accuse() }
            return
        }
        while let last = numbers.last {
            let content = try take(last)
            if content == .records { return }
            // A start that was cut off leaves a header without records, a part of it, or a first write of which nobody
            // knows whether it is durable; what counts is before it.
            let mayGo = content == .header ? true : try isStub(last)
            guard mayGo, numbers.count == 1 || numbers[numbers.count - 2] == last - 1 else {
                number = last
                return accuse()
            }
            try disk.remove(AuditFileName.segment(last))
            try disk.syncDirectory()
            numbers.removeLast()
        }
        if known != nil { accuse() }
    }

    /// A file no longer than a header holds no record.
    private func isStub(_ number: UInt64) throws(DiskFault) -> Bool {
        let file = try disk.open(AuditFileName.segment(number))
        defer { disk.close(file) }
        return try disk.size(file) <= AuditHeader.count
    }

    private enum Content {
        case records
        /// A header that holds and no record that the store remembers.
        case header
        case unreadable
    }

    /// Reads a segment to its end.
    private mutating func take(_ number: UInt64) throws(DiskFault) -> Content {
        let file = try disk.open(AuditFileName.segment(number))
        defer { disk.close(file) }
        guard case .segment(var scanner) = try AuditScanner.open(disk, file, keys), scanner.header.number == number
        else { return .unreadable }
        var found: AuditHead?
        var lastAction = ""
        var isRemembered = known.map { $0.sequence < scanner.header.firstSequence } ?? true
        while let entry = try scanner.next(before: scanner.size) {
            found = AuditHead(sequence: entry.record.sequence, mac: entry.mac)
            lastAction = entry.record.action
            if found == known { isRemembered = true }
        }
        let surplus = max(0, try scanner.contentEnd() - scanner.at)
        // One that lost the records which the store remembers is not empty.
        if found == nil, isRemembered {
            if surplus > 0 { notices.append(.tailCut(segment: number, octets: surplus)) }
            return .header
        }
        self.number = number
        octets = scanner.at
        mac = scanner.mac
        head = found ?? AuditHead(sequence: scanner.sequence, mac: AuditHead.none.mac)
        joint = .clean
        guard isRemembered else {
            accuse()
            return .records
        }
        if surplus > 0 { notices.append(.tailCut(segment: number, octets: surplus)) }
        // The next header says that the file ends where its records do. Only of a stop that the store remembers is it
        // known that both were synced: of other records the end of the file may not have been.
        let isStopped = lastAction == AuditEvent.Action.stopped.rawValue
        isUncertain = scanner.size > scanner.at || found != known || !isStopped
        return .records
    }

    /// Puts a file in the place of a segment that holds just the octets that count and is durable, whatever became of
    /// writes to the old one.
    static func rewrite(_ disk: any Disk, _ number: UInt64, octets: Int) throws(DiskFault) {
        let name = AuditFileName.segment(number)
        let fresh = name + ".new"
        if try disk.names().contains(fresh) { try disk.remove(fresh) }
        do throws(DiskFault) {
            try copy(disk, name, to: fresh, octets: octets)
        } catch {
            // A part of it would only take the room that is wanted.
            try? disk.remove(fresh)
            throw error
        }
        try disk.rename(fresh, to: name)
        // Before the header that says where this one ends: names may become durable in any order.
        try disk.syncDirectory()
    }

    /// The beginning of a file as another one, durable when this returns.
    private static func copy(
        _ disk: any Disk, _ name: String, to other: String, octets: Int
    ) throws(DiskFault) {
        let source = try disk.open(name)
        defer { disk.close(source) }
        let target = try disk.create(other)
        defer { disk.close(target) }
        var place = 0
        while place < octets {
            let piece = try disk.read(source, at: place, count: min(Limits.journalReadStep.bytes, octets - place))
            guard !piece.isEmpty else { throw .io }
            try disk.write(target, piece, at: place)
            place += piece.count
        }
        try disk.sync(target)
    }

    /// Something is missing: the trail goes on behind a gap that stays, under numbers that were never used.
    private mutating func accuse() {
        joint = .broken
        let known = known ?? .none
        notices.append(.broken(known, found: head.sequence))
        head = AuditHead(sequence: max(head.sequence, known.sequence) + 1, mac: head.mac)
    }
}
