// `comms_ping`: whether the gateway answers, and as whom it knows the caller.

final class PingTool: Tool {
    let facts = ToolFacts(
        .ping, title: "Ping",
        text: "Checks that the gateway answers, and tells in whose name this token acts. Changes nothing.",
        hints: .init(isReadOnly: true, isIdempotent: true),
        input: [
            ToolFields.agent,
            .init("message", .text(min: 0, max: 1_000), "A text that comes back as echo."),
        ],
        output: [
            .init("status", .word(["ok"]), "", isRequired: true),
            .init("server", .word(["lola"]), "", isRequired: true),
            .init("version", .text(min: 1, max: 64), "", isRequired: true),
            .init("time", .time, "The gateway's clock.", isRequired: true),
            .init("agentId", .orNull(.text(min: 1, max: AgentID.countMax)), "", isRequired: true),
            .init("echo", .text(min: 0, max: 1_000), ""),
        ])

    func carryOut(_ call: ToolCall) {
        call.run { () throws(ToolFault) in
            let agent = try call.agentIfAny()
            call.done { writer in
                writer.member("status", word: "ok")
                writer.member("server", word: "lola")
                writer.member("version", BuildFacts.version)
                writer.member("time", bytes: CivilDate(call.now).rfc3339())
                writer.member("agentId", agent?.text)
                if let text = call.text("message") { writer.member("echo", bytes: text) }
            }
        }
    }
}
