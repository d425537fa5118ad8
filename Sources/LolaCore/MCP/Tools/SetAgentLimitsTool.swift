// `comms_set_agent_limits`: what an agent may do by itself.

final class SetAgentLimitsTool: Tool {
    let facts = ToolFacts(
        nil, name: "comms_set_agent_limits", title: "Set an agent's limits",
        text: """
            Sets limits of an agent: actions per minute, hour and day, calls per day to the same number, and dollars \
            per day and month. What is not named stays; null takes the agent's own limit away, so that the gateway's \
            holds; 0 allows nothing. Holds from the next action on. Refused without the orchestrator token.
            """,
        hints: .init(isIdempotent: true),
        input: [
            ToolFields.requiredAgent,
            .init("limits", ToolFields.limits, "Numbers only.", isRequired: true),
        ],
        output: [
            .init("agentId", .text(min: 1, max: AgentID.countMax), "", isRequired: true),
            .init("limits", ToolFields.effectiveLimits, "As they hold, money in dollars.", isRequired: true),
        ])

    private let desk: AgentDesk

    init(_ desk: AgentDesk) { self.desk = desk }

    func carryOut(_ call: ToolCall) {
        call.run { () throws(ToolFault) in
            let id = try call.agent()
            let changes = ToolFields.changes(call["limits"])
            desk.update(id, .limitsChanged, actor: call.actor, { account in
                for (member, value) in changes { account.limits[member] = value }
            }, { [self] result in
                switch result {
                case .failure(.routeUnknown): call.fail(ToolFault(.agentUnknown, "There is no agent of that id."))
                case .failure(let refusal): call.fail(ToolFault(refusal))
                case .success(let account):
                    call.done { writer in
                        writer.member("agentId", id.text)
                        writer.member("limits") {
                            ToolFields.write(account.limits.over(desk.accounts.defaults), to: &$0)
                        }
                    }
                }
            })
        }
    }
}
