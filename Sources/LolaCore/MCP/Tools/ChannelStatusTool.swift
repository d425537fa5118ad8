// `comms_get_channel_status`: where an agent can send, and whether it may.

final class ChannelStatusTool: Tool {
    let facts = ToolFacts(
        .getChannelStatus, title: "Channel status",
        text: """
            Tells whether the agent is active, and for each channel whether the gateway has a provider for it \
            (available) and whether the agent may use it (allowed). Ask before a first send. Changes nothing.
            """,
        hints: .init(isReadOnly: true, isIdempotent: true), input: [ToolFields.agent],
        output: [
            .init("agentId", .text(min: 1, max: AgentID.countMax), "", isRequired: true),
            .init("name", .orNull(.text(min: 0, max: 256)), "", isRequired: true),
            .init("status", .word(AgentAccount.Status.allCases.map(\.rawValue)), "", isRequired: true),
            .init("createdAt", .time, "", isRequired: true),
            .init("channels", .object(AgentChannel.allCases.map { channel in
                .init(channel.rawValue, .object([
                    .init("available", .flag, "", isRequired: true), .init("allowed", .flag, "", isRequired: true),
                ]), "", isRequired: true)
            }), "", isRequired: true),
        ])

    private let accounts: AgentAccounts
    private let desk: (any OutboundDesk)?

    init(_ accounts: AgentAccounts, _ desk: (any OutboundDesk)?) {
        self.accounts = accounts
        self.desk = desk
    }

    func carryOut(_ call: ToolCall) {
        call.run { () throws(ToolFault) in
            guard let account = accounts[try call.agent()] else {
                throw ToolFault(.agentUnknown, "There is no agent of that id.")
            }
            let available = desk?.channels ?? []
            call.done { writer in
                writer.member("agentId", account.id.text)
                writer.member("name", account.name)
                writer.member("status", account.status.rawValue)
                writer.member("createdAt", bytes: CivilDate(account.created).rfc3339())
                writer.member("channels") { writer in
                    writer.object { writer in
                        for channel in AgentChannel.allCases {
                            writer.key(bytes: [UInt8](text: channel.rawValue))
                            writer.object { writer in
                                writer.member("available", available.contains(channel))
                                writer.member("allowed", account.channels?.contains(channel) ?? true)
                            }
                        }
                    }
                }
            }
        }
    }
}
