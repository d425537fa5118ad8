// What recovery found in a journal and did about it: for log lines, for `lola store check` and `repair`, and for the
// writer that goes on behind it.

struct JournalReport: Hashable, Sendable {
    struct Damage: Hashable, Sendable {
        enum Kind: String, Sendable {
            /// The file is gone.
            case missing
            /// The file ends before octets that were durable.
            case short
            /// The beginning of the file; its records are read all the same.
            case header
            /// Records, or what was left of them; reading went on behind.
            case records
            /// A snapshot that an older one and its segments replace: nothing is lost.
            case snapshot
        }

        let kind: Kind
        let file: String
        let offset: Int
        let count: Int
        /// The file with a copy of the octets, when one was made.
        var quarantine: String?
        /// Found for the first time: the copy is of now.
        var isNew = true

        var text: String {
            let copied = quarantine.map { "; kept in \($0)" } ?? ""
            return switch kind {
            case .missing: "\(file) is missing: what it held is lost"
            case .short where count == 0: "\(file) ends at \(offset): what stood behind it is lost"
            case .short: "\(file) ends at \(offset): \(count) octets behind it are lost"
            case .header: "\(file): its header is damaged, what follows it was read\(copied)"
            case .records: "\(file): \(count) octets at \(offset) cannot be read, their records are lost\(copied)"
            case .snapshot: "\(file) is damaged at \(offset); the one before it was read, nothing is lost\(copied)"
            }
        }
    }

    /// The end of the last segment that no record fills, without the zeros that room was reserved by: what a crash
    /// leaves of a write that was never acknowledged.
    struct TornTail: Hashable, Sendable {
        let file: String
        let offset: Int
        let count: Int

        var text: String { "\(file): \(count) octets at \(offset) are the rest of an unfinished write" }
    }

    /// Of the snapshot that was read.
    var snapshot: UInt64?
    /// Segments that were read, in order.
    var segments: [UInt64] = []
    var records = 0
    /// Changes by room, those of the snapshot included.
    var changes: [StoreRoom: Int] = [:]
    var damages: [Damage] = []
    /// Cut off when the journal was opened for writing.
    var tornTails: [TornTail] = []
    /// Files that are worth nothing any more, removed when the journal was opened for writing.
    var leftovers: [String] = []
    /// The segment behind which writing goes on, in a new one; 0 when there is none.
    var lastSegment: UInt64 = 0
    /// How many of its octets count.
    var lastCount = 0

    var isWhole: Bool { damages.isEmpty }
    /// A number no segment here has.
    var nextSegment: UInt64 { max(lastSegment, snapshot ?? 0, highest) &+ 1 }
    /// The highest number of any segment, attempts that came to nothing included.
    var highest: UInt64 = 0
}
