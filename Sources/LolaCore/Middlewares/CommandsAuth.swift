// Slash commands (CONTRACT §5): whether this deployment has them at all, and which. Never waits. One instance per
// loop; called by the pipeline.

final class CommandsAuth: Middleware {
    let name = MiddlewareName.commandsAuth
    private let isActive: Bool
    private let allowed: Set<[UInt8]>

    /// - Parameter allowed: names with their slash, ASCII case ignored: `/info`.
    init(isActive: Bool, allowed: [String]) {
        self.isActive = isActive
        self.allowed = Set(allowed.map { [UInt8](text: $0).map(ASCII.lowercased) })
    }

    /// Telegram's `/start` begins a chat and is no command; the channel has made it a message of its own type.
    func process(_ turn: Turn) -> Verdict {
        guard turn.message.type != .start, let text = turn.message.text,
            let command = SlashCommand(text, on: turn.message.channel)
        else { return .next }
        guard isActive else {
            return .stop(.commandsDisabled, reply: .text([UInt8](text: "Commands are disabled")))
        }
        guard allowed.contains(command.name) else {
            return .stop(.commandNotAllowed, reply: .text([UInt8](text: "Command not allowed")))
        }
        turn.command = command
        turn.detail = command.name.text
        return .next
    }
}
