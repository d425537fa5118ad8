// One record of a segment or a snapshot: magic u16, kind u8, flags u8 (0), length u32, CRC-32C u32 over kind to
// payload, payload. Little endian. Reading takes any octets whatever and never traps.

struct JournalRecord: Hashable, Sendable {
    enum Kind: UInt8, Sendable {
        /// Changes that were made together: all of them or none.
        case changes = 1
        /// The end of a snapshot: the number of its changes, u64.
        case end = 2
        /// How many octets of the segment were durable when this was written, u64. Stands before each write.
        case durable = 3
    }

    /// What stands at a place.
    enum Reading: Hashable, Sendable {
        case record(JournalRecord)
        /// It may be a record, of so many octets with its head; fewer are here.
        case short(Int)
        case damaged
    }

    static let magic: UInt16 = 0x4C93
    /// Octets before the payload.
    static let headCount = 12
    /// The checksum stands behind magic, kind, flags and length.
    private static let checksumPlace = 8

    let kind: Kind
    /// Where the payload lies in the octets that were read.
    let payload: Range<Int>

    /// Octets of the record with its head.
    var count: Int { Self.headCount + payload.count }

    /// Appends a record whose payload is what `write` appends. False, and nothing appended, when that is more than
    /// `Limits.journalRecordMax`.
    static func append(_ kind: Kind, to out: inout [UInt8], _ write: (inout [UInt8]) -> Void) -> Bool {
        let start = out.count
        out.write(atMost: headCount) { pen in
            pen.put(littleEndian: magic)
            pen.put(kind.rawValue)
            pen.put(0)
            pen.put(littleEndian: UInt64(0))
        }
        write(&out)
        let length = out.count - start - headCount
        guard length <= Limits.journalRecordMax.bytes else {
            out.removeSubrange(start...)
            return false
        }
        out.replace(at: start + 4, littleEndian: UInt32(truncatingIfNeeded: length))
        out.replace(at: start + checksumPlace, littleEndian: checksum(out, start, length))
        return true
    }

    /// What stands at `place` of `bytes`, which hold everything up to their end.
    static func read(_ bytes: [UInt8], at place: Int) -> Reading {
        guard place >= 0, place <= bytes.count - headCount else { return .short(headCount) }
        guard let count = claimedCount(bytes, at: place) else { return .damaged }
        guard place <= bytes.count - count else { return .short(count) }
        var reader = LittleEndianReader(bytes, (place + checksumPlace)..<(place + headCount))
        guard let kind = Kind(rawValue: bytes[place + 2]), reader.next() == checksum(bytes, place, count - headCount)
        else { return .damaged }
        return .record(JournalRecord(kind: kind, payload: (place + headCount)..<(place + count)))
    }

    /// How many octets a record at `place` has, going by its head alone; nil when no record begins so.
    static func claimedCount(_ bytes: [UInt8], at place: Int) -> Int? {
        guard place >= 0, place <= bytes.count - headCount else { return nil }
        var reader = LittleEndianReader(bytes, place..<bytes.count)
        guard reader.next() == magic, let kind = reader.next(UInt8.self), Kind(rawValue: kind) != nil,
            reader.next() == UInt8(0), let length = reader.next(UInt32.self), length <= Limits.journalRecordMax.bytes
        else { return nil }
        return headCount + Int(length)
    }

    /// Over kind, flags and length, and on over the payload.
    private static func checksum(_ bytes: [UInt8], _ place: Int, _ length: Int) -> UInt32 {
        let head = CRC32C.of(bytes, (place + 2)..<(place + checksumPlace))
        return CRC32C.of(bytes, (place + headCount)..<(place + headCount + length), after: head)
    }
}
