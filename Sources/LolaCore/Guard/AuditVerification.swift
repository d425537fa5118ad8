// Verifies an audit trail: every octet of every segment, in order, against the keys, and its end against heads that
// were kept elsewhere. Reads only; the gateway may run. Used by `lola audit verify`, the export and the tests.

struct AuditVerification {
    /// What is wrong; closed, the raw value is the word that is shown.
    enum Fault: String, CaseIterable, Sendable {
        case segmentMissing = "segment_missing"
        case headerInvalid = "header_invalid"
        /// Another LOLA_AUDIT_KEY or another store, or a header that was changed.
        case keyUnknown = "key_unknown"
        case recordInvalid = "record_invalid"
        /// Octets that belong to no record.
        case surplus
        /// The trail is shorter than a head that was kept elsewhere.
        case shorterThanHead = "shorter_than_head"
        /// The record with the number of a head is another one.
        case headDiffers = "head_differs"
        /// A start has found the trail shorter than the head it had in the store.
        case foundBroken = "found_broken"
    }

    struct Bad: Hashable, Sendable {
        /// Number of the first record that is not what was written.
        let sequence: UInt64
        let segment: UInt64
        let fault: Fault
    }

    private(set) var records = 0
    private(set) var segments = 0
    /// The last good record.
    private(set) var head = AuditHead.none
    private(set) var bad: Bad?
    /// Octets of a last write that a crash left unfinished.
    private(set) var unfinished = 0
    /// Whether the end was compared with a head kept elsewhere.
    private(set) var isAnchored = false

    private let disk: any Disk
    private let keys: AuditKeys
    private let heads: [AuditHead]
    private let onEntry: (AuditScanner.Entry) -> Void
    private var mac = AuditHead.none.mac
    private var lastAction = ""

    /// - Parameters:
    ///   - heads: kept elsewhere; read them before the trail when the gateway runs.
    ///   - onEntry: told of each good record in order, up to the first bad one.
    static func run(
        _ disk: any Disk, _ keys: AuditKeys, heads: [AuditHead],
        onEntry: @escaping (AuditScanner.Entry) -> Void = { _ in }
    ) throws(DiskFault) -> AuditVerification {
        var verification = AuditVerification(disk: disk, keys: keys, heads: heads, onEntry: onEntry)
        try verification.walk()
        verification.compare()
        return verification
    }

    private init(
        disk: any Disk, keys: AuditKeys, heads: [AuditHead], onEntry: @escaping (AuditScanner.Entry) -> Void
    ) {
        self.disk = disk
        self.keys = keys
        self.heads = heads
        self.onEntry = onEntry
    }

    private mutating func walk() throws(DiskFault) {
        let numbers = try disk.names().compactMap { AuditFileName.number($0) }.sorted()
        for (index, number) in numbers.enumerated() {
            guard bad == nil else { return }
            guard number == UInt64(index) + 1 else { return accuse(.segmentMissing, in: UInt64(index) + 1) }
            let file = try disk.open(AuditFileName.segment(number))
            defer { disk.close(file) }
            switch try AuditScanner.open(disk, file, keys) {
            case .keyUnknown: accuse(.keyUnknown, in: number)
            case .invalid(let size):
                // A start that was cut off: nothing can stand in it.
                guard number == numbers.last, size <= AuditHeader.count else {
                    return accuse(.headerInvalid, in: number)
                }
                unfinished += size
            case .segment(let scanner):
                // Of a next one whose header does not hold, the next round says what is wrong with it.
                try take(scanner, number == numbers.last ? nil : try header(of: number + 1))
            }
        }
    }

    /// The header of a segment, when it holds.
    private func header(of number: UInt64) throws(DiskFault) -> AuditHeader? {
        let file: DiskFile
        do throws(DiskFault) { file = try disk.open(AuditFileName.segment(number)) } catch {
            if error == .notFound { return nil }
            throw error
        }
        defer { disk.close(file) }
        guard case .segment(let scanner) = try AuditScanner.open(disk, file, keys) else { return nil }
        return scanner.header.number == number ? scanner.header : nil
    }

    private mutating func take(_ start: AuditScanner, _ next: AuditHeader?) throws(DiskFault) {
        var scanner = start
        let header = scanner.header
        let number = header.number
        guard number == UInt64(segments) + 1, ConstantTime.equal(header.previousMAC, mac),
            (header.joint == .first) == (number == 1) || header.joint == .broken
        else { return accuse(.headerInvalid, in: number) }
        if header.joint == .broken { return accuse(.foundBroken, in: number) }
        guard header.firstSequence == head.sequence + 1 else { return accuse(.headerInvalid, in: number) }
        segments += 1
        // A stop ends its own segment: what the next start left unfinished stands in another.
        lastAction = ""
        let end = next.map { Int(clamping: $0.previousCount) } ?? scanner.size
        // Asked first: what a gateway writes meanwhile stands behind it.
        let contentEnd = try scanner.contentEnd()
        while let entry = try scanner.next(before: end) {
            records += 1
            head = AuditHead(sequence: entry.record.sequence, mac: entry.mac)
            lastAction = entry.record.action
            for other in heads where other.sequence == head.sequence && !ConstantTime.equal(other.mac, head.mac) {
                return accuse(.headDiffers, at: head.sequence, in: number)
            }
            onEntry(entry)
        }
        mac = scanner.mac
        // Whoever goes on from a whole segment has given back the room reserved behind it.
        let rest = (next?.joint == .clean ? scanner.size : contentEnd) - scanner.at
        if next != nil {
            guard scanner.at == end else { return accuse(.recordInvalid, in: number) }
            if rest > 0 { return accuse(.surplus, in: number) }
        } else if rest > 0 {
            // The gateway writes nothing behind its stop: the next start makes a new segment.
            if lastAction == AuditEvent.Action.stopped.rawValue { return accuse(.surplus, in: number) }
            unfinished += rest
        }
    }

    /// The end against the heads that were kept elsewhere.
    private mutating func compare() {
        guard bad == nil else { return }
        for other in heads where other.sequence > head.sequence {
            return accuse(unfinished > 0 ? .recordInvalid : .shorterThanHead, in: UInt64(segments))
        }
        isAnchored = !heads.isEmpty
    }

    private mutating func accuse(_ fault: Fault, at sequence: UInt64? = nil, in segment: UInt64) {
        guard bad == nil else { return }
        bad = Bad(sequence: sequence ?? head.sequence + 1, segment: segment, fault: fault)
    }
}
