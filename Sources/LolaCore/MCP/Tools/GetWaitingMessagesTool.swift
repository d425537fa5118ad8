// `comms_get_waiting_messages`: what an agent has not taken yet. Reading takes nothing: a message goes when the agent
// names it in a later call, so that none is lost with an answer that never arrived.

final class GetWaitingMessagesTool: Tool {
    let facts = ToolFacts(
        .getWaitingMessages, title: "Get waiting messages",
        text: """
            Lists what people have written to the agent and it has not acknowledged, the oldest first. Name the ids \
            that you have dealt with in acknowledge: they are taken before the list is made. What is not acknowledged \
            comes again. Heard are the channels that an operator gave the agent by name; without any, only answers to \
            what the agent wrote itself.
            """,
        hints: .init(isIdempotent: true),
        input: MailboxResults.filters + [
            .init(
                "acknowledge", .list(.text(min: 1, max: 256), 1...Limits.toolMessagesMax),
                "Ids of messages that are done."),
        ],
        output: MailboxResults.fields)

    private let mailbox: (any AgentMailbox)?

    init(_ mailbox: (any AgentMailbox)?) { self.mailbox = mailbox }

    func carryOut(_ call: ToolCall) {
        call.run { () throws(ToolFault) in
            let agent = try call.agent()
            guard let mailbox else { throw MailboxResults.off }
            guard let ids = call["acknowledge"]?.elements.compactMap(\.textBytes), !ids.isEmpty else {
                return MailboxResults.list(call, mailbox, agent, waitingOnly: true, 0)
            }
            mailbox.acknowledge(ids, of: agent) { result in
                switch result {
                case .failure(let refusal): call.fail(ToolFault(refusal))
                case .success(let taken): MailboxResults.list(call, mailbox, agent, waitingOnly: true, taken)
                }
            }
        }
    }
}
