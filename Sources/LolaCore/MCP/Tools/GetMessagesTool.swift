// `comms_get_messages`: what people have written to an agent, taken or not.

final class GetMessagesTool: Tool {
    let facts = ToolFacts(
        .getMessages, title: "Get messages",
        text: """
            Lists what people have written to the agent lately, the oldest first, also what was acknowledged already. \
            Changes nothing: use comms_get_waiting_messages to take messages.
            """,
        hints: .init(isReadOnly: true, isIdempotent: true), input: MailboxResults.filters,
        output: MailboxResults.fields)

    private let mailbox: (any AgentMailbox)?

    init(_ mailbox: (any AgentMailbox)?) { self.mailbox = mailbox }

    func carryOut(_ call: ToolCall) {
        call.run { () throws(ToolFault) in
            let agent = try call.agent()
            guard let mailbox else { throw MailboxResults.off }
            MailboxResults.list(call, mailbox, agent, waitingOnly: false, 0)
        }
    }
}
