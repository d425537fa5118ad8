// Reads an order of a ticket from the members that an agent sent, the same for REST and for the tool, and says which
// member is wrong. A value; used by TicketAPI.

/// Why no ticket is made, with a sentence where the order itself is wrong.
struct TicketFault: Error, Hashable, Sendable {
    let refusal: Refusal
    let detail: String?

    init(_ refusal: Refusal) { self.init(refusal: refusal, detail: nil) }

    /// A member that is missing, unknown, or not what it must be.
    static func field(_ sentence: String) -> TicketFault { TicketFault(refusal: .fieldInvalid, detail: sentence) }

    /// No JSON object.
    static let body = TicketFault(refusal: .bodyInvalid, detail: "The body must be a JSON object.")

    private init(refusal: Refusal, detail: String?) {
        self.refusal = refusal
        self.detail = detail
    }

    /// A problem has the members that all have (CONTRACT §4): the sentence is for tools.
    func response(_ requestID: [UInt8]) -> HTTPResponse { .refusal(refusal, requestID: requestID) }
}

struct TicketForm {
    /// Our number or bot at each channel that is on.
    let ownIDs: [ChannelName: [UInt8]]
    let operations: TicketOperations
    /// The longest life, and that of a ticket which names none.
    let lifeMax: Interval

    private static let members = ["conversation", "operation", "actions", "ttl"]

    /// - Parameter extra: members that are not ours to judge.
    func read(
        _ root: JSONView, by who: String, agent: AgentID?, besides extra: [String]
    ) throws(TicketFault) -> TicketOrder {
        guard root.kind == .object else { throw .body }
        let known = (Self.members + extra).map { [UInt8](text: $0) }
        for (key, _) in root.members where !known.contains(where: { key.elementsEqual($0) }) {
            throw .field("members other than conversation, operation, actions and ttl are not taken")
        }
        let order = TicketOrder(conversation: try conversation(root), terms: try terms(root), who: who)
        return try complete(order, root, agent)
    }

    private func complete(
        _ order: TicketOrder, _ root: JSONView, _ agent: AgentID?
    ) throws(TicketFault) -> TicketOrder {
        var order = order
        order.agent = agent.map { [UInt8](text: $0.text) }
        guard let life = root["ttl"], !life.isNull else { return order }
        guard let seconds = life.integer, (1...lifeMax.inSeconds).contains(seconds) else {
            throw .field("ttl must be a whole number of seconds from 1 to \(lifeMax.inSeconds)")
        }
        order.life = .seconds(seconds)
        return order
    }

    private func text(_ root: JSONView, _ name: StaticString) throws(TicketFault) -> [UInt8] {
        guard let value = root[name], !value.isNull else { throw .field("\(name) is required") }
        guard let text = value.textBytes else { throw .field("\(name) must be a string") }
        return text
    }

    private func conversation(_ root: JSONView) throws(TicketFault) -> ConversationKey {
        let conversation = ConversationKey(bytes: try text(root, "conversation"))
        guard let parts = ConversationParts(conversation) else {
            throw .field("conversation must be <channel>:<own id>:<sender>")
        }
        guard parts.isOurs(ownIDs) else { throw .field("conversation is of no channel that is on here") }
        return conversation
    }

    private func terms(_ root: JSONView) throws(TicketFault) -> TicketTerms {
        let operation = try text(root, "operation")
        guard operations.names.contains(operation) else {
            throw .field("operation must be one of " + operations.names.map(\.text).joined(separator: ", "))
        }
        let actions = root["actions"]
        if let terms = TicketTerms(operation: root["operation"], actions: actions, among: operations) { return terms }
        guard let actions, !actions.isNull else { throw .field("actions are required for this operation") }
        throw .field(
            "actions must be a list of 1 to \(Limits.ticketActionsMax) different texts, each <operation>:<word>")
    }
}
