// `comms_record_consent`: what a person has agreed to.

final class RecordConsentTool: Tool {
    let facts = ToolFacts(
        .recordConsent, title: "Record consent",
        text: """
            Notes that a person has agreed to be contacted on a channel. Record only what the person has said or \
            signed; each record stands in the audit trail with this agent's name. Does not lift a do-not-contact entry.
            """,
        hints: .init(isIdempotent: true), input: ConsentResults.input, output: ConsentResults.output)

    private let book: ConsentBook

    init(_ book: ConsentBook) { self.book = book }

    func carryOut(_ call: ToolCall) { ConsentResults.put(call, book, .granted) }
}
