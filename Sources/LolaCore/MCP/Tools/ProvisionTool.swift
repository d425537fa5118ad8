// `comms_provision_channels`: an agent, what it may use, its limits and its first token, in one call.

final class ProvisionTool: Tool {
    let facts = ToolFacts(
        nil, name: "comms_provision_channels", title: "Provision an agent",
        text: """
            Makes an agent (or switches one that was deprovisioned on again), says which channels it may use and \
            within which limits, and gives a token, which is shown this once and never again. Refused for an agent \
            that is active already, and without the orchestrator token.
            """,
        hints: .init(),
        input: [
            ToolFields.requiredAgent,
            .init("name", .text(min: 1, max: Limits.operatorTextMax.bytes), "What people call it."),
            .init(
                "channels", .list(ToolFields.channels, 1...AgentChannel.allCases.count),
                "Where it may act and what it hears. Left out: it may act everywhere and hears who it wrote to."),
            .init("limits", ToolFields.limits, "Its own limits; those of the gateway hold where none is named."),
            .init(
                "scopes", .list(.word(TokenScope.allCases.map(\.rawValue)), 1...TokenScope.allCases.count),
                "The tools that the token may use; all tools of agents when left out."),
            .init(
                "expires", .integer(1...Int(Limits.agentTokenLifeMax.inSeconds)),
                "Seconds for which the token is good; 90 days when left out."),
        ],
        output: [
            .init("agentId", .text(min: 1, max: AgentID.countMax), "", isRequired: true),
            .init("status", .word(AgentAccount.Status.allCases.map(\.rawValue)), "", isRequired: true),
            .init("channels", .orNull(.list(ToolFields.channels, 1...8)), "Null: everywhere.", isRequired: true),
            .init("limits", ToolFields.effectiveLimits, "As they hold, money in dollars.", isRequired: true),
            .init("token", .text(min: 1, max: 128), "Shown this once.", isRequired: true),
            .init("tokenId", .text(min: 32, max: 32), "Revokes it.", isRequired: true),
            .init("expiresAt", .time, "", isRequired: true),
        ])

    private let desk: AgentDesk

    init(_ desk: AgentDesk) { self.desk = desk }

    func carryOut(_ call: ToolCall) {
        call.run { () throws(ToolFault) in
            let id = try call.agent()
            guard desk.isReady else { throw ToolFault(.storeUnavailable) }
            let (channels, name) = (call.words("channels", AgentChannel.self), call.text("name")?.text)
            let changes = ToolFields.changes(call["limits"])
            let change: (inout AgentAccount) -> Void = { account in
                account.channels = channels
                account.name = name ?? account.name
                account.status = .active
                account.limits = AgentLimits()
                for (member, value) in changes { account.limits[member] = value }
            }
            guard let known = desk.accounts[id] else {
                var account = AgentAccount(id, created: call.now)
                change(&account)
                desk.create(account, actor: call.actor) { [self, account] refusal in
                    if let refusal { return call.fail(ToolFault(refusal)) }
                    mint(account, call)
                }
                return
            }
            guard known.status == .inactive else { throw ToolFault(.exists, "The agent is active already.") }
            desk.update(id, .agentChanged, actor: call.actor, change) { [self] result in
                switch result {
                case .failure(let refusal): call.fail(ToolFault(refusal))
                case .success(let account): mint(account, call)
                }
            }
        }
    }

    private func mint(_ account: AgentAccount, _ call: ToolCall) {
        let life = call["expires"]?.integer.map { Interval.seconds($0) } ?? Limits.agentTokenLife
        desk.mint(
            account.id, label: "provisioned", scopes: call.words("scopes", TokenScope.self), life: life,
            actor: call.actor
        ) { [self] result in
            switch result {
            case .success(let minted): call.done { write(account, minted, to: &$0) }
            case .failure(let refusal):
                // Without a token nobody could use it: off, the same call can be made again.
                desk.update(account.id, .agentChanged, actor: call.actor, { $0.status = .inactive }, { _ in
                    call.fail(ToolFault(refusal))
                })
            }
        }
    }

    private func write(_ account: AgentAccount, _ minted: AgentDesk.Minted, to writer: inout JSONWriter) {
        writer.member("agentId", account.id.text)
        writer.member("status", account.status.rawValue)
        writer.member("channels") { writer in
            guard let channels = account.channels else { return writer.null() }
            writer.words(channels.map(\.rawValue))
        }
        writer.member("limits") { ToolFields.write(account.limits.over(desk.accounts.defaults), to: &$0) }
        writer.member("token", bytes: minted.text)
        writer.member("tokenId", bytes: minted.token.id.hex)
        writer.member("expiresAt", bytes: CivilDate(minted.token.expires).rfc3339())
    }
}
