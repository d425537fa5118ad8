// The epoch of the embedded store: kept in it, and made anew when a start finds that something acknowledged was lost.
// What was given out for one use under an older epoch may have been used, and nobody knows. Found before the loops
// start.

enum StoreEpoch {
    static let record = StoreKey(.meta, RecordID(hashOf: [UInt8](text: "lola store epoch")))
    static let count = 16

    struct Found: Hashable {
        let octets: [UInt8]
        /// Made now, because a loss was met for the first time.
        let isOfLoss: Bool
    }

    /// The epoch by asking the store itself; `ask` waits for the answer. Nil when the store does not answer.
    static func find(
        _ report: JournalReport, entropy: any Entropy, ask: (StoreOperation) -> StoreAnswer
    ) -> Found? {
        guard case .value(let found) = ask(.get(record)) else { return nil }
        let losses = losses(report)
        if let found, found.count == count + Digest.sha256Count, losses == nil || losses == [UInt8](found[count...]) {
            return Found(octets: [UInt8](found[..<count]), isOfLoss: false)
        }
        let fresh = entropy.bytes(count)
        let none = [UInt8](repeating: 0, count: Digest.sha256Count)
        guard ask(.put(record, fresh + (losses ?? none), expires: nil)) == .done else { return nil }
        return Found(octets: fresh, isOfLoss: losses != nil)
    }

    /// A digest of what was lost, so that the same loss is noticed once; nil when nothing was.
    static func losses(_ report: JournalReport) -> [UInt8]? {
        let places = report.damages.filter(\.isLoss).map { "\($0.kind.rawValue) \($0.file) \($0.offset)" }
        return places.isEmpty ? nil : Digest.sha256([UInt8](text: places.sorted().joined(separator: "\n")))
    }
}

extension JournalReport.Damage {
    /// Whether records are gone with it.
    fileprivate var isLoss: Bool {
        switch kind {
        case .missing, .short, .records: true
        case .header, .snapshot: false
        }
    }
}
