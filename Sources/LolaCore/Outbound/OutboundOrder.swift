// What an agent wants to go out: right in form, not yet allowed. Made by the REST surface and by tools, judged by the
// outbound gate. Plain values; any thread.

struct OutboundOrder: Hashable, Sendable {
    /// What a message is for (CONTRACT §11): marketing needs express consent.
    enum Purpose: String, CaseIterable, Sendable { case service, marketing }

    enum Target: Hashable, Sendable {
        case address(AgentChannel, PersonAddress)
        /// A conversation that the person began on one of our channels.
        case conversation(ConversationKey)
    }

    let agent: AgentID
    let target: Target
    /// Said in a call, written in everything else; never empty.
    let text: [UInt8]
    /// Of mail only.
    var subject: [UInt8]?
    var html: [UInt8]?
    var purpose = Purpose.service
    /// Whether a call is to be recorded.
    var records = false

    init(_ agent: AgentID, _ target: Target, text: [UInt8]) {
        self.agent = agent
        self.target = target
        self.text = text
    }
}
