// `comms_revoke_consent`: a person has taken consent back.

final class RevokeConsentTool: Tool {
    let facts = ToolFacts(
        .revokeConsent, title: "Revoke consent",
        text: """
            Notes that a person has taken consent for a channel back. Holds at once, for every agent. Use it as soon \
            as the person says so, in whatever words.
            """,
        hints: .init(isDestructive: true, isIdempotent: true), input: ConsentResults.input,
        output: ConsentResults.output)

    private let book: ConsentBook

    init(_ book: ConsentBook) { self.book = book }

    func carryOut(_ call: ToolCall) { ConsentResults.put(call, book, .revoked) }
}
