// What `comms_get_messages` and `comms_get_waiting_messages` share: the form of a message that waits for its agent.

enum MailboxResults {
    static let fields: [ToolSchema.Field] = [
        .init("messages", .list(.object([
            .init("id", .text(min: 1, max: 256), "Acknowledge the message by it.", isRequired: true),
            .init("channel", ToolFields.channels, "", isRequired: true),
            .init("from", .text(min: 1, max: 512), "The person's address.", isRequired: true),
            .init("conversation", .text(min: 1, max: 1_024), "Answer into it.", isRequired: true),
            .init("text", .text(min: 0, max: 65_536), "", isRequired: true),
            .init("type", .word(MessageType.allCases.map(\.rawValue)), "", isRequired: true),
            .init(
                "identity", .word(MailboxMessage.Identity.allCases.map(\.rawValue)),
                "What the identity service said of the person when it came.", isRequired: true),
            .init("at", .time, "When it came.", isRequired: true),
        ]), 0...Limits.toolMessagesMax), "The oldest first.", isRequired: true),
        .init("count", .integer(0...Limits.toolMessagesMax), "", isRequired: true),
        .init("acknowledged", .integer(0...Limits.toolMessagesMax), "By this call.", isRequired: true),
    ]

    static let filters: [ToolSchema.Field] = [
        ToolFields.agent,
        .init("channel", ToolFields.channels, "Messages of this channel only."),
        .init("limit", .integer(1...Limits.toolMessagesMax), "At most so many; 50 when left out."),
    ]

    static let off = ToolFault(.unavailable, "This gateway keeps no mailbox for agents.")

    static func list(_ call: ToolCall, _ mailbox: any AgentMailbox, _ agent: AgentID, waitingOnly: Bool, _ taken: Int) {
        mailbox.list(
            agent, channel: call.word("channel", AgentChannel.self), waitingOnly: waitingOnly,
            limit: Int(call["limit"]?.integer ?? 50)
        ) { result in
            switch result {
            case .failure(let refusal): call.fail(ToolFault(refusal))
            case .success(let messages): call.done { write(messages, taken, to: &$0) }
            }
        }
    }

    private static func write(_ messages: [MailboxMessage], _ taken: Int, to writer: inout JSONWriter) {
        writer.member("messages") { writer in
            writer.array { writer in
                for message in messages { writer.object { write(message, to: &$0) } }
            }
        }
        writer.member("count", messages.count)
        writer.member("acknowledged", taken)
    }

    /// The members of one message.
    static func write(_ message: MailboxMessage, to writer: inout JSONWriter) {
        writer.member("id", bytes: message.id)
        writer.member("channel", message.channel.rawValue)
        writer.member("from", bytes: message.from)
        writer.member("conversation", bytes: message.conversation)
        writer.member("text", bytes: message.text)
        writer.member("type", message.type.rawValue)
        writer.member("identity", message.identity.rawValue)
        writer.member("at", bytes: CivilDate(message.at).rfc3339())
    }
}
