// Walks over one segment of the audit trail, record by record, and checks the chain. Reads the file in pieces; used by
// the writer at start, by the verifier and by whoever reads the trail.

struct AuditScanner {
    struct Entry {
        let record: AuditRecord
        let previous: [UInt8]
        let mac: [UInt8]
        /// The octets of the segment's header, with its first record.
        let header: [UInt8]?
    }

    private let disk: any Disk
    private let file: DiskFile
    let size: Int
    private let key: AuditKey
    let header: AuditHeader
    private let headerOctets: [UInt8]
    /// Code that the next record follows.
    private(set) var mac: [UInt8]
    /// Number of the last good record.
    private(set) var sequence: UInt64
    /// Where the last good record ends.
    private(set) var at = AuditHeader.count
    private var piece: [UInt8] = []
    private var pieceStart = 0

    enum Opening {
        case segment(AuditScanner)
        case keyUnknown
        /// The header does not hold; the file has so many octets.
        case invalid(size: Int)
    }

    static func open(_ disk: any Disk, _ file: DiskFile, _ keys: AuditKeys) throws(DiskFault) -> Opening {
        let size = try disk.size(file)
        let start = try disk.read(file, at: 0, count: AuditHeader.count)
        switch AuditHeader.read(start, keys) {
        case .invalid: return .invalid(size: size)
        case .keyUnknown: return .keyUnknown
        case .header(let header, let key, let mac):
            return .segment(AuditScanner(disk, file, size: size, key, header, start, mac))
        }
    }

    private init(
        _ disk: any Disk, _ file: DiskFile, size: Int, _ key: AuditKey, _ header: AuditHeader, _ octets: [UInt8],
        _ mac: [UInt8]
    ) {
        headerOctets = octets
        self.disk = disk
        self.file = file
        self.size = size
        self.key = key
        self.header = header
        self.mac = mac
        sequence = header.firstSequence &- 1
    }

    /// The next record before `end`; nil where the chain does not go on: at the end, or at what is damaged.
    mutating func next(before end: Int) throws(DiskFault) -> AuditScanner.Entry? {
        guard let prefix = try take(4, at: at), at + 4 <= end else { return nil }
        var reader = LittleEndianReader(prefix)
        guard let length = reader.next(UInt32.self), length <= UInt32(Limits.auditRecordMax.bytes) else { return nil }
        let count = Int(length)
        guard at + count + AuditFrame.overhead <= end,
            let frame = try take(4 + count, at: at), let code = try take(AuditKey.macCount, at: at + 4 + count),
            ConstantTime.equal(key.code(of: frame, after: mac), code),
            let record = try? AuditRecord([UInt8](frame.dropFirst(4))), record.sequence == sequence &+ 1
        else { return nil }
        let isFirst = at == AuditHeader.count
        let entry = AuditScanner.Entry(
            record: record, previous: mac, mac: code, header: isFirst ? headerOctets : nil)
        mac = code
        sequence = record.sequence
        at += count + AuditFrame.overhead
        return entry
    }

    /// Where the zeros begin at the end of the file. They are reserved room, or the end of a code.
    func contentEnd() throws(DiskFault) -> Int { try disk.contentEnd(file, before: size) }

    /// Octets at a place of the file; nil when it does not reach so far.
    private mutating func take(_ count: Int, at place: Int) throws(DiskFault) -> [UInt8]? {
        guard place + count <= size else { return nil }
        if place < pieceStart || place + count > pieceStart + piece.count {
            pieceStart = place
            piece = try disk.read(file, at: place, count: max(count, Limits.journalReadStep.bytes))
        }
        guard place + count <= pieceStart + piece.count else { return nil }
        return [UInt8](piece[(place - pieceStart)..<(place - pieceStart + count)])
    }
}
