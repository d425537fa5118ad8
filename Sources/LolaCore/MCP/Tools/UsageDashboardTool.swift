// `comms_get_usage_dashboard`: what an agent has used of its limits.

final class UsageDashboardTool: Tool {
    let facts = ToolFacts(
        .getUsageDashboard, title: "Usage",
        text: """
            Tells how much of each limit the agent has used, what holds, what is left and when the window ends, and \
            how many messages went out by channel and were refused by reason. Money is in dollars. Changes nothing.
            """,
        hints: .init(isReadOnly: true, isIdempotent: true), input: [ToolFields.agent],
        output: [
            .init("agentId", .text(min: 1, max: AgentID.countMax), "", isRequired: true),
            .init("limits", .list(.object([
                .init("limit", .word(AgentLimits.Member.allCases.map(\.rawValue)), "", isRequired: true),
                .init("used", .number, "", isRequired: true), .init("max", .number, "", isRequired: true),
                .init("remaining", .number, "", isRequired: true),
                .init("resetsAt", .orNull(.time), "Null while nothing is used.", isRequired: true),
            ]), 0...16), "", isRequired: true),
            .init("sent", .object(AgentChannel.allCases.map { .init($0.rawValue, .number, "") }), "", isRequired: true),
            .init("refused", .object(codes.map { .init($0.rawValue, .number, "") }), "", isRequired: true),
        ])

    private static let codes = OutboundRefusal.Code.allCases.filter(\.isCounted)

    private let desk: (any OutboundDesk)?

    init(_ desk: (any OutboundDesk)?) { self.desk = desk }

    func carryOut(_ call: ToolCall) {
        call.run { () throws(ToolFault) in
            let agent = try call.agent()
            guard let desk else { throw ToolFault(OutboundRefusal(.unavailable), at: call.now) }
            desk.usage(of: agent) { result in
                switch result {
                case .failure(let refusal): call.fail(ToolFault(refusal, at: call.now))
                case .success(let usage): call.done { Self.write(agent, usage, to: &$0) }
                }
            }
        }
    }

    private static func write(_ agent: AgentID, _ usage: OutboundUsage, to writer: inout JSONWriter) {
        writer.member("agentId", agent.text)
        writer.member("limits") { writer in
            writer.array { writer in
                for line in usage.lines {
                    writer.object { writer in
                        writer.member("limit", line.limit.rawValue)
                        writer.member("used") { $0.quantity(line.limit, line.used) }
                        writer.member("max") { $0.quantity(line.limit, line.max) }
                        writer.member("remaining") { $0.quantity(line.limit, max(0, line.max - line.used)) }
                        writer.member("resetsAt", time: line.resetsAt)
                    }
                }
            }
        }
        writer.member("sent") { counts(AgentChannel.allCases.map { ($0.rawValue, usage.sent[$0]) }, to: &$0) }
        writer.member("refused") { counts(codes.map { ($0.rawValue, usage.refused[$0]) }, to: &$0) }
    }

    private static func counts(_ counts: [(name: String, count: Int?)], to writer: inout JSONWriter) {
        writer.object { writer in
            for case (let name, let count?) in counts {
                writer.key(bytes: [UInt8](text: name))
                writer.integer(count)
            }
        }
    }
}
