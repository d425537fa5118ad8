// `comms_deprovision_channels`: an agent is switched off, and none of its tokens is good any more.

final class DeprovisionTool: Tool {
    let facts = ToolFacts(
        nil, name: "comms_deprovision_channels", title: "Deprovision an agent",
        text: """
            Switches an agent off and revokes all of its tokens: nothing goes out in its name, its streams end within \
            a second. Consents, do-not-contact entries and the ledger stay. Refused without the orchestrator token.
            """,
        hints: .init(isDestructive: true, isIdempotent: true), input: [ToolFields.requiredAgent],
        output: [
            .init("agentId", .text(min: 1, max: AgentID.countMax), "", isRequired: true),
            .init("status", .word(AgentAccount.Status.allCases.map(\.rawValue)), "", isRequired: true),
            .init("tokensRevoked", .integer(0...Limits.agentTokensMax), "By this call.", isRequired: true),
        ])

    private let desk: AgentDesk

    init(_ desk: AgentDesk) { self.desk = desk }

    func carryOut(_ call: ToolCall) {
        call.run { () throws(ToolFault) in
            let id = try call.agent()
            desk.update(id, .agentChanged, actor: call.actor, { $0.status = .inactive }, { [self] result in
                switch result {
                case .failure(.routeUnknown): call.fail(ToolFault(.agentUnknown, "There is no agent of that id."))
                case .failure(let refusal): call.fail(ToolFault(refusal))
                case .success: revoke(id, call)
                }
            })
        }
    }

    private func revoke(_ id: AgentID, _ call: ToolCall) {
        desk.revokeAll(of: id, actor: call.actor) { result in
            switch result {
            case .failure(let refusal): call.fail(ToolFault(refusal))
            case .success(let count):
                call.done { writer in
                    writer.member("agentId", id.text)
                    writer.member("status", AgentAccount.Status.inactive.rawValue)
                    writer.member("tokensRevoked", count)
                }
            }
        }
    }
}
