// The tools of one loop: who sees which, and the checks that stand before each of them. What is not allowed is a result
// that a model can read, never a tool that is called anyway.

final class ToolBox {
    let tools: [any Tool]
    private let loop: Loop
    private let audit: any AuditLog
    private let accounts: AgentAccounts
    private let pageMax: Int

    /// - Parameter tools: with different names, in the order in which they are listed.
    init(
        _ loop: Loop, audit: any AuditLog, accounts: AgentAccounts, tools: [any Tool],
        pageMax: Int = Limits.mcpToolsPageMax
    ) {
        precondition(Set(tools.map(\.facts.name)).count == tools.count, "two tools have one name")
        self.loop = loop
        self.audit = audit
        self.accounts = accounts
        self.tools = tools
        self.pageMax = pageMax
    }

    func view(_ caller: Principal) -> ToolView { ToolView(self, caller, pageMax: pageMax) }

    /// Any tool of that name: one that a caller may not use refuses by itself.
    func tool(_ name: [UInt8]) -> (any Tool)? { tools.first { $0.facts.key == name } }

    /// Calls a tool for a caller who was let in. `completion` runs exactly once.
    func call(
        _ tool: any Tool, _ arguments: JSONView?, by caller: Principal, _ completion: @escaping (ToolOutcome) -> Void
    ) {
        let call = ToolCall(arguments: arguments, caller: caller, now: loop.wall, complete: completion)
        if let fault = Self.refusal(tool.facts, caller) {
            note(fault, tool.facts, caller)
            return call.fail(fault)
        }
        if let fault = tool.facts.fault(of: arguments) { return call.fail(ToolFault(.argumentsInvalid, fault + ".")) }
        do throws(ToolFault) {
            // Whose name is used is asked before anything else is done, by every tool alike.
            let agent = try call.agentIfAny()
            if tool.facts.needsActiveAgent, agent.map(accounts.isSwitchedOff) == true {
                throw ToolFault(OutboundRefusal(.agentInactive), at: call.now)
            }
            if tool.facts.needsKnownAgent, caller.kind != .agent, let agent, accounts[agent] == nil {
                guard accounts.mirror.isLoaded else { throw ToolFault(.storeUnavailable) }
                throw ToolFault(.agentUnknown, "There is no agent of that id.")
            }
        } catch {
            note(error, tool.facts, caller)
            return call.fail(error)
        }
        tool.carryOut(call)
    }

    /// Nil when the caller may use the tool.
    private static func refusal(_ facts: ToolFacts, _ caller: Principal) -> ToolFault? {
        switch caller.kind {
        case .orchestrator, .demo: return nil
        case .widget, .anonymous: return ToolFault(.adminRequired, "Authentication required")
        case .agent:
            guard let scope = facts.scope else {
                return ToolFault(
                    .adminRequired, "Admin access required. Agent tokens cannot perform this action.")
            }
            guard let scopes = caller.scopes, !scopes.contains(scope.rawValue) else { return nil }
            return ToolFault(.scopeMissing, "The token does not have the scope \"\(scope.rawValue)\".")
        }
    }

    static func isSeen(_ facts: ToolFacts, by caller: Principal) -> Bool { refusal(facts, caller) == nil }

    private func note(_ fault: ToolFault, _ facts: ToolFacts, _ caller: Principal) {
        audit.note(AuditEvent(
            action: .accessRefused, actor: caller.actor, subject: facts.name, outcome: fault.code,
            facts: [(name: "action", value: "tools.call")]))
    }
}

/// The tools as one caller sees them.
struct ToolView {
    struct Page {
        let tools: [any Tool]
        /// Where the next page begins.
        let next: String?
    }

    private let box: ToolBox
    private let caller: Principal
    private let pageMax: Int

    init(_ box: ToolBox, _ caller: Principal, pageMax: Int) {
        self.box = box
        self.caller = caller
        self.pageMax = pageMax
    }

    func tool(_ name: [UInt8]) -> (any Tool)? { box.tool(name) }

    /// The page of `tools/list` that `params.cursor` names. Throws `.invalidParams` for a cursor that no page gave.
    func page(_ params: JSONView?) throws(RPCFault) -> Page {
        let seen = box.tools.filter { ToolBox.isSeen($0.facts, by: caller) }
        var start = 0
        if let cursor = params?["cursor"] {
            guard let text = cursor.text, let place = seen.firstIndex(where: { $0.facts.name == text }) else {
                throw RPCFault(.invalidParams, "The cursor is of no page.")
            }
            start = place
        }
        let end = min(seen.count, start + pageMax)
        return Page(tools: Array(seen[start..<end]), next: end < seen.count ? seen[end].facts.name : nil)
    }
}
