// Fields that several tools and the REST description share, and limits as people write them. Pure values.

enum ToolFields {
    typealias Field = ToolSchema.Field

    static let agent = Field(
        "agentId", .text(min: 1, max: AgentID.countMax),
        "The agent in whose name this is done. Leave it out with an agent token; the orchestrator must name it.")
    static let requiredAgent = Field(
        "agentId", .text(min: 1, max: AgentID.countMax), "The agent: letters, digits, '.', '_' and '-'.",
        isRequired: true)
    static let channels = ToolSchema.word(AgentChannel.allCases.map(\.rawValue))
    static let messageChannels = ToolSchema.word(["sms", "whatsapp", "telegram", "email"])
    static let address = ToolSchema.text(min: 1, max: Limits.personAddressMax.bytes)
    static let conversation = ToolSchema.text(min: 1, max: Limits.conversationKeyMax.bytes)
    /// How a conversation key is made up (CONTRACT §5).
    static let conversationForm = "<channel>:<own id>:<sender>, where the channel is one of "
        + ChannelName.allCases.map(\.rawValue).joined(separator: ", ") + ", such as whatsapp:1065:15550100"
    /// Of an order.
    static let orderConversation = Field(
        "conversation", conversation, "In place of channel and to, a conversation key: \(conversationForm).")
    static let text = ToolSchema.text(min: 1, max: Limits.outboundTextMax.bytes)
    static let subject = ToolSchema.text(min: 1, max: Limits.outboundSubjectMax.bytes)
    static let html = ToolSchema.text(min: 1, max: Limits.outboundHTMLMax.bytes)
    static let purpose = Field(
        "purpose", .word(OutboundOrder.Purpose.allCases.map(\.rawValue)),
        "service (default) or marketing. Marketing needs the person's express consent.")
    static let consentAddress = Field(
        "contactAddress", address, "A phone number (E.164), an e-mail address, or telegram:<chat id>.",
        isRequired: true)
    static let consentType = Field(
        "consentType", .word(ConsentRecord.Kind.allCases.map(\.rawValue)),
        "express (default; covers marketing) or transactional.")

    static let remaining = Field(
        "remaining", .object(AgentLimits.Member.allCases.map { member in
            Field(member.rawValue, member.isMoney ? .number : .integer(0...Limits.agentLimitMax), "")
        }), "What is left of each limit that holds: actions, calls, or dollars.", isRequired: true)
    /// What an accepted send or call gives back.
    static let receipt: [Field] = [
        Field("key", .text(min: 1, max: 64), "Names the message from now on.", isRequired: true),
        Field("channel", channels, "", isRequired: true),
        Field("status", .word(OutboundReceipt.Status.allCases.map(\.rawValue)), "", isRequired: true),
        Field(
            "warnings", .list(.text(min: 1, max: 1_000), 0...32), "What the gate added or noticed.", isRequired: true),
        remaining,
    ]
    static let limits = ToolSchema.object(AgentLimits.Member.allCases.map { member in
        Field(
            member.rawValue,
            member.isMoney
                ? .orNull(.dollars(max: Limits.agentSpendCentsMax)) : .orNull(.integer(0...Limits.agentLimitMax)),
            (member.isMoney ? "Dollars; " : "") + "null takes the agent's own limit away.")
    })
    /// Limits as they hold.
    static let effectiveLimits = ToolSchema.object(AgentLimits.Member.allCases.map { member in
        Field(member.rawValue, .orNull(.number), "", isRequired: true)
    })

    static func write(_ limits: AgentLimits, to writer: inout JSONWriter) {
        writer.object { writer in
            for member in AgentLimits.Member.allCases { writer.limit(member, limits[member]) }
        }
    }

    /// The limits in an object that fits `limits`: what is named, and whether it is taken away.
    static func changes(_ view: JSONView?) -> [(AgentLimits.Member, Int?)] {
        guard let view else { return [] }
        var changes: [(AgentLimits.Member, Int?)] = []
        for member in AgentLimits.Member.allCases {
            guard let value = view.member([UInt8](text: member.rawValue)) else { continue }
            changes.append((member, member.isMoney ? DollarText.cents(value.raw) : value.integer.map { Int($0) }))
        }
        return changes
    }
}

extension JSONWriter {
    /// A value of a limit in the unit that people use: dollars for money.
    mutating func limit(_ member: AgentLimits.Member, _ value: Int?) {
        key(bytes: [UInt8](text: member.rawValue))
        quantity(member, value)
    }

    mutating func quantity(_ member: AgentLimits.Member?, _ value: Int?) {
        guard let value else { return null() }
        if member?.isMoney == true { raw(Dollars.text(cents: value).utf8) } else { integer(value) }
    }
}
