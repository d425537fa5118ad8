// How the audit trail stands on disk: segments `<number>.trail`, each a signed header and a chain of records. The
// header says which end of the trail the segment goes on from. Pure; the writer, the scanner and the verifier use it.

/// Names of files in the audit folder.
enum AuditFileName {
    private static let digits = 16
    private static let ending = ".trail"
    static let lock = "lock"

    static func segment(_ number: UInt64) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text + ending
    }

    /// The number of a segment; nil for other files.
    static func number(_ name: String) -> UInt64? {
        guard name.hasSuffix(ending), let number = UInt64(name.dropLast(ending.count)), segment(number) == name else {
            return nil
        }
        return number
    }
}

/// What a segment begins with: 120 octets.
struct AuditHeader: Equatable, Sendable {
    /// How the segment joins the one before it.
    enum Joint: UInt32, Sendable {
        /// There is none.
        case first = 1
        /// The one before ends where the header says, and so does its file.
        case clean = 2
        /// At the start the trail did not reach the head that the store remembers: something is missing before this.
        case broken = 3
    }

    static let count = 120
    private static let magic = [UInt8](text: "LOLAAUDT")
    private static let version: UInt32 = 1

    let joint: Joint
    /// From 1.
    let number: UInt64
    /// Number of the first record.
    let firstSequence: UInt64
    /// Octets of the segment before that count.
    let previousCount: UInt64
    /// Code of the record before the first one.
    let previousMAC: [UInt8]
    let created: WallTime

    /// The octets, signed.
    func bytes(_ key: AuditKey) -> [UInt8] {
        var out = Self.magic
        out.append(littleEndian: Self.version)
        out.append(littleEndian: joint.rawValue)
        out.append(littleEndian: number)
        out.append(littleEndian: firstSequence)
        out.append(littleEndian: previousCount)
        out += previousMAC
        out.append(littleEndian: created.milliseconds)
        out += key.id
        return out + key.code(ofHeader: out)
    }

    enum Reading {
        /// The key that signed it, and the code that its first record follows.
        case header(AuditHeader, AuditKey, mac: [UInt8])
        case keyUnknown
        case invalid
    }

    static func read(_ octets: [UInt8], _ keys: AuditKeys) -> Reading {
        guard octets.count >= count, octets.starts(with: magic) else { return .invalid }
        var reader = LittleEndianReader(octets, magic.count..<count)
        guard reader.next(UInt32.self) == version, let word = reader.next(UInt32.self),
            let joint = Joint(rawValue: word), let number = reader.next(UInt64.self),
            let firstSequence = reader.next(UInt64.self), let previousCount = reader.next(UInt64.self),
            let previousMAC = reader.octets(AuditKey.macCount), let created = reader.next(Int64.self),
            let id = reader.octets(AuditKey.idCount), let mac = reader.octets(AuditKey.macCount)
        else { return .invalid }
        guard let key = keys.key(named: id) else { return .keyUnknown }
        let signed = [UInt8](octets[..<(count - AuditKey.macCount)])
        guard ConstantTime.equal(key.code(ofHeader: signed), mac) else { return .invalid }
        let header = AuditHeader(
            joint: joint, number: number, firstSequence: firstSequence, previousCount: previousCount,
            previousMAC: previousMAC, created: WallTime(milliseconds: created))
        return .header(header, key, mac: mac)
    }
}

/// A record between its length and its code.
enum AuditFrame {
    static let overhead = 4 + AuditKey.macCount

    /// Appends the frame of a record; the answer is its code.
    static func append(
        _ record: AuditRecord, after previous: [UInt8], _ key: AuditKey, to out: inout [UInt8]
    ) -> [UInt8] {
        let body = record.bytes
        var frame: [UInt8] = []
        frame.reserveCapacity(body.count + overhead)
        frame.append(littleEndian: UInt32(clamping: body.count))
        frame += body
        let mac = key.code(of: frame, after: previous)
        out += frame
        out += mac
        return mac
    }
}
