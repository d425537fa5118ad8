// What people have written to an agent and it has not yet taken: as tools ask for it. A message stays until the agent
// says that it has it, so that none is lost between a read and a crash.

/// One message that waits for its agent.
struct MailboxMessage: Hashable, Sendable {
    /// Names it when it is acknowledged.
    let id: [UInt8]
    let channel: AgentChannel
    /// The address of the person, in the spelling of `PersonAddress`.
    let from: [UInt8]
    let conversation: [UInt8]
    let text: [UInt8]
    let at: WallTime
}

/// Bounded, one for each agent. One object per loop.
protocol AgentMailbox: AnyObject {
    /// The oldest first; those that wait only, or also those that were acknowledged and are still kept.
    func list(
        _ agent: AgentID, channel: AgentChannel?, waitingOnly: Bool, limit: Int,
        _ completion: @escaping (Result<[MailboxMessage], Refusal>) -> Void)
    /// How many of these were waiting and do no longer; nothing else changes.
    func acknowledge(
        _ ids: [[UInt8]], of agent: AgentID, by actor: String,
        _ completion: @escaping (Result<Int, Refusal>) -> Void)
}
