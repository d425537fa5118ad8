// What people have written to an agent and it has not yet taken: as tools ask for it. A message stays until the agent
// says that it has it, so that none is lost between a read and a crash.

/// One message that waits for its agent.
struct MailboxMessage: Hashable, Sendable {
    /// What the identity service said of the person when the message came.
    enum Identity: String, CaseIterable, Sendable {
        case passed
        /// Known, and not verified yet.
        case pending
        /// Nobody that the service knows.
        case unknown
    }

    /// Names it when it is acknowledged.
    let id: [UInt8]
    let channel: AgentChannel
    /// The address of the person, in the spelling of `PersonAddress`.
    let from: [UInt8]
    let conversation: [UInt8]
    let text: [UInt8]
    let at: WallTime
    var type = MessageType.text
    var identity = Identity.unknown
}

/// Bounded, one for each agent. One object per loop.
protocol AgentMailbox: AnyObject {
    /// Those that wait, from the oldest on; or the newest, whether they were acknowledged or not. Either way the older
    /// one first, and no more than an answer can hold.
    func list(
        _ agent: AgentID, channel: AgentChannel?, waitingOnly: Bool, limit: Int,
        _ completion: @escaping (Result<[MailboxMessage], Refusal>) -> Void)
    /// How many of these were waiting and do no longer; nothing else changes.
    func acknowledge(
        _ ids: [[UInt8]], of agent: AgentID, _ completion: @escaping (Result<Int, Refusal>) -> Void)
}
