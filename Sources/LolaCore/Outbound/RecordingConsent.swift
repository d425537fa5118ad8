// Whether a call that is recorded must say so first. Who is called decides: in most states of the USA one party's consent
// is enough; everywhere else, and where a number does not tell its place, everybody is told. Pure functions, any thread.

enum RecordingConsent {
    enum Rule: String, Sendable {
        /// One party's consent is enough: the caller's own.
        case oneParty = "one_party"
        /// Everybody must agree, or the law is not known: the call begins with an announcement.
        case announced
    }

    /// - Parameter digits: of an E.164 number without its plus.
    static func rule(digits: some Collection<UInt8>) -> Rule {
        let octets = [UInt8](digits)
        guard octets.count == 11, octets[0] == 0x31, let area = ASCII.decimal(octets[1..<4]) else { return .announced }
        return contains(area) ? .oneParty : .announced
    }

    private static func contains(_ area: Int) -> Bool {
        var (low, high) = (0, RecordingTable.oneParty.count)
        while low < high {
            let middle = (low + high) / 2
            if Int(RecordingTable.oneParty[middle]) < area { low = middle + 1 } else { high = middle }
        }
        return low < RecordingTable.oneParty.count && Int(RecordingTable.oneParty[low]) == area
    }
}
