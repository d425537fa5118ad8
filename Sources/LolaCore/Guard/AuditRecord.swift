// One record of the audit trail: what an event says, its number and its time, as length-prefixed fields. A value; the
// writer makes it, the reader and the export show it.

struct AuditRecord: Sendable {
    /// From 1, without gaps.
    let sequence: UInt64
    let at: WallTime
    /// The word of `AuditEvent.Action`; kept as text, for a trail may be older or newer than the program.
    let action: String
    let actor: String
    let subject: String
    let outcome: String
    let facts: [(name: String, value: String)]

    private static let version: UInt8 = 1

    init(_ event: AuditEvent, sequence: UInt64, at: WallTime) {
        self.sequence = sequence
        self.at = at
        action = event.action.rawValue
        actor = Self.shortened(event.actor)
        subject = Self.shortened(event.subject)
        outcome = Self.shortened(event.outcome)
        facts = event.facts.prefix(Limits.auditFactsMax).map { ("\($0.name)", Self.shortened($0.value)) }
    }

    /// Reads back what `bytes` gave.
    init(_ bytes: [UInt8]) throws(RecordFault) {
        var reader = try RecordReader(bytes, version: Self.version)
        sequence = try reader.word()
        at = WallTime(milliseconds: try reader.signedWord())
        action = try reader.octets().text
        actor = try reader.octets().text
        subject = try reader.octets().text
        outcome = try reader.octets().text
        facts = try reader.list { (reader) throws(RecordFault) in
            (name: try reader.octets().text, value: try reader.octets().text)
        }
        try reader.end()
    }

    var bytes: [UInt8] {
        var writer = RecordWriter(version: Self.version)
        writer.word(sequence)
        writer.word(at.milliseconds)
        writer.octets([UInt8](text: action))
        writer.octets([UInt8](text: actor))
        writer.octets([UInt8](text: subject))
        writer.octets([UInt8](text: outcome))
        writer.list(facts) { writer, fact in
            writer.octets([UInt8](text: fact.name))
            writer.octets([UInt8](text: fact.value))
        }
        return writer.bytes
    }

    /// As operators see it.
    func write(to writer: inout JSONWriter) {
        writer.member("seq", Int(clamping: sequence))
        writer.member("at", bytes: CivilDate(at).rfc3339(milliseconds: true))
        writer.member("action", action)
        writer.member("actor", actor)
        writer.member("subject", subject)
        writer.member("outcome", outcome)
        writer.member("facts") { writer in
            writer.object { writer in
                for fact in facts {
                    writer.key(bytes: [UInt8](text: fact.name))
                    writer.string(fact.value)
                }
            }
        }
    }

    private static func shortened(_ text: String) -> String {
        let most = Limits.auditFieldMax.bytes
        if text.utf8.count <= most { return text }
        var kept = ""
        for scalar in text.unicodeScalars {
            if kept.utf8.count + 4 > most { break }
            kept.unicodeScalars.append(scalar)
        }
        return kept
    }
}
