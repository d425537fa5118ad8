// What `lola store check` tells of a journal, as text for people and as JSON: files, live records by room, the data
// keys that are still needed, and every damage.

struct StoreInspection {
    /// Live records read at a time.
    private static let step = 4_096
    /// A sealed value begins with the id of its key, a nonce of 12 octets, and ends with a tag of 16.
    private static let sealedMin = 4 + 12 + 16
    let report: JournalReport
    private(set) var live: [StoreRoom: Int] = [:]
    /// Live values by the id of the data key that sealed them.
    private(set) var keys: [UInt32: Int] = [:]

    init(_ disk: any Disk, at now: WallTime) throws(JournalFault) {
        let (table, report) = try JournalRecovery.open(disk, .inspection, at: now)
        self.report = report
        var cursor = SnapshotCursor()
        while true {
            let piece = table.snapshot(&cursor, limit: Self.step, at: now)
            if piece.isEmpty { break }
            for change in piece { count(change) }
        }
    }

    private mutating func count(_ change: StoreChange) {
        live[change.key.room, default: 0] += 1
        let value: [UInt8]
        switch change {
        case .set(_, let octets, _): value = octets
        case .entry(let entry, _): value = entry.value
        case .claim, .remove: return
        }
        // What the store knows of itself is open, but for the key of its hashes.
        let isSealed = change.key.room.isSealed || change.key == IndexKey.record
        guard value.count >= Self.sealedMin, isSealed else { return }
        keys[value.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }, default: 0] += 1
    }

    private static func hex(_ key: UInt32) -> String {
        let digits = String(key, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    // MARK: Text

    func text(of folder: String) -> String {
        let from = report.snapshot.map { "snapshot \($0) and " } ?? ""
        var lines = [
            "\(folder): \(from)\(report.segments.count) segments, \(report.records) records",
            "live records:",
        ]
        for room in StoreRoom.allCases {
            lines.append("  \(room.word): \(live[room] ?? 0) (\(report.changes[room] ?? 0) changes)")
        }
        let used = keys.sorted { $0.key < $1.key }.map { "\(Self.hex($0.key)) (\($0.value) values)" }
        lines.append("data keys in use: \(used.isEmpty ? "none" : used.joined(separator: ", "))")
        lines += report.tornTails.map { "\($0.text); cut at the next start" }
        lines += report.damages.map(\.text)
        lines.append(report.isWhole ? "whole" : "damaged; `lola store repair` keeps what is readable")
        return lines.joined(separator: "\n")
    }

    /// What a repair did.
    static func repairText(_ report: JournalReport) -> String {
        var lines = report.tornTails.map { "\($0.text): cut" }
        lines += report.damages.map(\.text)
        lines.append("\(report.records) records read, a fresh snapshot is written")
        lines.append(report.isWhole ? "nothing is lost" : "what is lost stands above")
        return lines.joined(separator: "\n")
    }

    // MARK: JSON

    var json: [UInt8] {
        var writer = JSONWriter(capacity: 2_048)
        writer.object { writer in
            Self.write(report, to: &writer)
            writer.key("live")
            Self.write(live, to: &writer)
            writer.key("keys")
            writer.object { writer in
                for (key, count) in keys.sorted(by: { $0.key < $1.key }) {
                    writer.key(bytes: [UInt8](text: Self.hex(key)))
                    writer.integer(count)
                }
            }
        }
        return writer.bytes
    }

    static func json(_ report: JournalReport) -> [UInt8] {
        var writer = JSONWriter(capacity: 2_048)
        writer.object { write(report, to: &$0) }
        return writer.bytes
    }

    private static func write(_ report: JournalReport, to writer: inout JSONWriter) {
        writer.member("whole", report.isWhole)
        writer.key("snapshot")
        if let snapshot = report.snapshot { writer.integer(Int(clamping: snapshot)) } else { writer.null() }
        writer.key("segments")
        writer.array { writer in
            for segment in report.segments { writer.integer(Int(clamping: segment)) }
        }
        writer.member("records", report.records)
        writer.key("changes")
        write(report.changes, to: &writer)
        writer.key("torn_tails")
        writer.array { writer in
            for tail in report.tornTails {
                writer.object { writer in
                    writer.member("file", tail.file)
                    writer.member("offset", tail.offset)
                    writer.member("octets", tail.count)
                }
            }
        }
        writer.key("damages")
        writer.array { writer in
            for damage in report.damages {
                writer.object { writer in
                    writer.member("kind", damage.kind.rawValue)
                    writer.member("file", damage.file)
                    writer.member("offset", damage.offset)
                    writer.member("octets", damage.count)
                    writer.member("quarantine", damage.quarantine)
                }
            }
        }
    }

    private static func write(_ counts: [StoreRoom: Int], to writer: inout JSONWriter) {
        writer.object { writer in
            for room in StoreRoom.allCases {
                writer.key(room.word)
                writer.integer(counts[room] ?? 0)
            }
        }
    }
}
