// The two ways in which WhatsApp names a person: who wrote a message, and who can be written to. Read from webhooks by
// the channel, and from conversation keys that agents write.

enum WhatsAppName: Hashable, Sendable {
    /// `wa_id`: the digits of a number, 5 to 15 of them.
    case number([UInt8])
    /// A business-scoped id, `US.13491208655302741918`: a country, and up to 128 letters and digits; `US.ENT.` names a
    /// parent (protocols §1.4).
    case user([UInt8])

    /// Nil for a text of any other form.
    init?(_ id: [UInt8]) {
        if (5...15).contains(id.count), id.allSatisfy(ASCII.isDigit) {
            self = .number(id)
        } else if Self.isUserID(id) {
            self = .user(id)
        } else {
            return nil
        }
    }

    private static func isUserID(_ id: [UInt8]) -> Bool {
        guard (4...135).contains(id.count), ASCII.isUpper(id[0]), ASCII.isUpper(id[1]), id[2] == 0x2E else {
            return false
        }
        return id[3...].allSatisfy { ASCII.isLetter($0) || ASCII.isDigit($0) || $0 == 0x2E }
    }
}
