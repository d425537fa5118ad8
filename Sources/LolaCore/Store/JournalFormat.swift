// The octets of a journal on disk: names of files, their header, and changes as the payload of records. Everything is
// little endian and carries a checksum. The writer, the compactor and recovery share it; nothing else knows it.

/// The first 48 octets of a segment or a snapshot: magic 8, version u16, kind u8, flags u8, number u64, previous u64,
/// octets of the previous u64, created i64, CRC-32C u32 over what is before it. Every later version keeps magic,
/// version and the place of the checksum, so that an older program knows a newer file from a damaged one.
struct JournalHeader: Hashable, Sendable {
    enum Kind: UInt8, Sendable {
        case segment = 1
        case snapshot = 2
    }

    enum Reading: Hashable, Sendable {
        case header(JournalHeader)
        /// Whole, but of a version this program does not know.
        case newer(UInt16)
        case damaged
    }

    static let count = 48
    static let version: UInt16 = 1
    private static let marked: UInt8 = 1
    /// "LOLAJRNL"
    private static let magic: [UInt8] = [0x4C, 0x4F, 0x4C, 0x41, 0x4A, 0x52, 0x4E, 0x4C]

    let kind: Kind
    /// Of a segment its own number, from 1; of a snapshot the first segment that is read after it.
    let number: UInt64
    /// The segment that was written before this one; 0 for the first and for snapshots. Segments between the two are
    /// attempts that came to nothing: what is in them never counted.
    var previous: UInt64 = 0
    /// How many octets of the previous segment count; what follows them was abandoned or reserved.
    var previousCount: UInt64 = 0
    let created: WallTime
    /// Each write to the segment begins with a mark of what was durable before it (flag 1).
    var isMarked = false

    var bytes: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(Self.count)
        out += Self.magic
        out.append(littleEndian: Self.version)
        out.append(kind.rawValue)
        out.append(isMarked ? Self.marked : 0)
        out.append(littleEndian: number)
        out.append(littleEndian: previous)
        out.append(littleEndian: previousCount)
        out.append(littleEndian: created.milliseconds)
        out.append(littleEndian: CRC32C.of(out))
        return out
    }

    /// Reads the beginning of a file.
    static func read(_ bytes: [UInt8]) -> Reading {
        var reader = LittleEndianReader(bytes)
        guard bytes.count >= count, reader.octets(magic.count) == magic, let version = reader.next(UInt16.self),
            let kind = reader.next(UInt8.self), let flags = reader.next(UInt8.self),
            let number = reader.next(UInt64.self), let previous = reader.next(UInt64.self),
            let previousCount = reader.next(UInt64.self), let created = reader.next(Int64.self),
            let checksum = reader.next(UInt32.self), checksum == CRC32C.of(bytes, 0..<(count - 4))
        else { return .damaged }
        if version > Self.version { return .newer(version) }
        guard version == Self.version, flags <= marked, let kind = Kind(rawValue: kind) else { return .damaged }
        return .header(
            JournalHeader(
                kind: kind, number: number, previous: previous, previousCount: previousCount,
                created: WallTime(milliseconds: created), isMarked: flags == marked))
    }
}

/// Names of the files of a journal.
enum JournalName: Hashable, Sendable {
    case segment(UInt64)
    case snapshot(UInt64)
    /// Octets of a segment or snapshot that could not be read, copied from there.
    case quarantine(of: String, offset: Int)
    /// Being written; worth nothing after a crash.
    case temporary(String)
    case lock

    private static let temporaryEnd = ".tmp"

    var text: String {
        switch self {
        case .segment(let number): "segment-" + Self.digits(number)
        case .snapshot(let number): "snapshot-" + Self.digits(number)
        case .quarantine(let name, let offset): "quarantine-\(name)-\(offset)"
        case .temporary(let name): name + Self.temporaryEnd
        case .lock: "lock"
        }
    }

    /// What a name in the directory is; nil when it is none of ours, and for quarantined octets, which are never read.
    init?(_ text: String) {
        if text == JournalName.lock.text {
            self = .lock
        } else if text.hasSuffix(Self.temporaryEnd) {
            self = .temporary(String(text.dropLast(Self.temporaryEnd.count)))
        } else if let number = Self.number(text, after: "segment-") {
            self = .segment(number)
        } else if let number = Self.number(text, after: "snapshot-") {
            self = .snapshot(number)
        } else {
            return nil
        }
    }

    /// Ten digits, so that names sort as their numbers do.
    private static func digits(_ number: UInt64) -> String {
        let plain = String(number)
        return String(repeating: "0", count: max(0, 10 - plain.count)) + plain
    }

    private static func number(_ text: String, after start: String) -> UInt64? {
        guard text.hasPrefix(start), let number = UInt64(text.dropFirst(start.count)),
            (1..<UInt64(Int64.max)).contains(number), text == start + digits(number)
        else { return nil }
        return number
    }
}

enum JournalFormat {
    /// What stands before the room of a change.
    private enum Mark: UInt8 {
        case set = 1
        case claim = 2
        case entry = 3
        case remove = 4
    }

    /// Expiry of a value that has none.
    private static let never = Int64.max
    /// No store counts so far; a greater one would leave no place for the next entry.
    private static let sequenceMax = UInt64(Int64.max)
    /// Octets of changes after which a snapshot begins a new record.
    private static let pieceCount = 1_048_576

    // MARK: Writing

    /// Appends the changes as one record: after a crash all of them are there or none. False, and nothing appended,
    /// when they take more than `Limits.journalRecordMax`.
    static func encode(_ changes: some Sequence<StoreChange>, into out: inout [UInt8]) -> Bool {
        JournalRecord.append(.changes, to: &out) { out in
            for change in changes { append(change, to: &out) }
        }
    }

    /// Appends the changes as records of a moderate size, each with at least one change. False, and nothing appended,
    /// when one change alone takes more than `Limits.journalRecordMax`.
    static func encodePieces(_ changes: [StoreChange], into out: inout [UInt8]) -> Bool {
        let start = out.count
        var rest = changes[...]
        while !rest.isEmpty {
            let fits = JournalRecord.append(.changes, to: &out) { out in
                let begin = out.count
                while let change = rest.popFirst() {
                    append(change, to: &out)
                    if out.count - begin >= pieceCount { break }
                }
            }
            guard fits else {
                out.removeSubrange(start...)
                return false
            }
        }
        return true
    }

    /// Appends the end of a snapshot that holds so many changes.
    static func encodeEnd(count: Int, into out: inout [UInt8]) {
        let fits = JournalRecord.append(.end, to: &out) { $0.append(littleEndian: UInt64(count)) }
        precondition(fits, "the end of a snapshot is larger than a record")
    }

    /// Appends the mark that so many octets of the segment are durable.
    static func encodeDurable(count: Int, into out: inout [UInt8]) {
        let fits = JournalRecord.append(.durable, to: &out) { $0.append(littleEndian: UInt64(count)) }
        precondition(fits, "a mark is larger than a record")
    }

    private static func append(_ change: StoreChange, to out: inout [UInt8]) {
        switch change {
        case .set(let key, let value, let expires):
            append(.set, key, to: &out)
            out.append(littleEndian: expires ?? never)
            append(value, to: &out)
        case .claim(let key, let expires):
            append(.claim, key, to: &out)
            out.append(littleEndian: expires)
        case .entry(let entry, let sequence):
            append(.entry, entry.key, to: &out)
            out.append(entry.lane.number)
            out.append(littleEndian: sequence)
            append(entry.value, to: &out)
        case .remove(let key):
            append(.remove, key, to: &out)
        }
    }

    private static func append(_ mark: Mark, _ key: StoreKey, to out: inout [UInt8]) {
        out.write(atMost: 2 + RecordID.count) { pen in
            pen.put(mark.rawValue)
            pen.put(key.room.rawValue)
            pen.put(littleEndian: key.id.high.byteSwapped)
            pen.put(littleEndian: key.id.low.byteSwapped)
        }
    }

    private static func append(_ value: [UInt8], to out: inout [UInt8]) {
        // A value beyond 4 GiB makes the record too large, whatever its length says.
        out.append(littleEndian: UInt32(truncatingIfNeeded: value.count))
        out += value
    }

    // MARK: Reading

    /// The changes of a record, nil when its payload is none this program writes.
    static func decode(_ bytes: [UInt8], _ payload: Range<Int>) -> [StoreChange]? {
        var reader = LittleEndianReader(bytes, payload)
        var changes: [StoreChange] = []
        while reader.left > 0 {
            guard let change = change(&reader) else { return nil }
            changes.append(change)
        }
        return changes
    }

    /// The count that the end of a snapshot, or a mark, tells.
    static func decodeEnd(_ bytes: [UInt8], _ payload: Range<Int>) -> UInt64? {
        var reader = LittleEndianReader(bytes, payload)
        guard reader.left == 8 else { return nil }
        return reader.next()
    }

    private static func change(_ reader: inout LittleEndianReader) -> StoreChange? {
        guard let mark = reader.next(UInt8.self).flatMap(Mark.init), let key = key(&reader) else { return nil }
        switch mark {
        case .set:
            guard !key.room.holdsClaims, key.room != .inbound, let expires = reader.next(Int64.self),
                let value = value(&reader)
            else { return nil }
            return .set(key, value, expires: expires == never ? nil : expires)
        case .claim:
            guard key.room.holdsClaims, let expires = reader.next(Int64.self) else { return nil }
            return .claim(key, expires: expires)
        case .entry:
            guard key.room == .inbound, let lane = reader.next(UInt8.self), lane < Lane.count,
                let sequence = reader.next(UInt64.self), sequence < sequenceMax, let value = value(&reader)
            else { return nil }
            return .entry(QueueEntry(key: key, lane: Lane(Int(lane)), value: value), sequence: sequence)
        case .remove:
            return .remove(key)
        }
    }

    private static func key(_ reader: inout LittleEndianReader) -> StoreKey? {
        guard let room = reader.next(UInt8.self).flatMap(StoreRoom.init), let high = reader.next(UInt64.self),
            let low = reader.next(UInt64.self)
        else { return nil }
        return StoreKey(room, RecordID(high: high.byteSwapped, low: low.byteSwapped))
    }

    private static func value(_ reader: inout LittleEndianReader) -> [UInt8]? {
        guard let count = reader.next(UInt32.self) else { return nil }
        return reader.octets(Int(count))
    }
}
