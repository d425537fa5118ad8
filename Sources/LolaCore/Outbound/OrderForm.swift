// Reads an order from the members that an agent sent: one reader for the REST surface and for both tools, so that what
// one refuses the other refuses too. Whether the order may go out is the gate's to say.

extension OutboundOrder {
    /// What the place where an order came in takes.
    enum Form: Sendable {
        /// Messages and calls.
        case any
        case message
        /// The channel is voice without being named.
        case call
    }

    /// Members that are not an order's are passed over here.
    ///
    /// - Parameters:
    ///   - root: an object.
    ///   - agent: in whose name it goes out.
    init(_ root: JSONView, of agent: AgentID, _ form: Form) throws(OutboundFormFault) {
        let fields = OutboundFields(root)
        let target = form == .call ? try Self.callee(fields) : try Self.target(fields)
        guard let text = try fields.text("text", max: Limits.outboundTextMax) else { throw .field("text is required") }
        self.init(agent, target, text: text)
        subject = try fields.line("subject", max: Limits.outboundSubjectMax)
        html = try fields.text("html", max: Limits.outboundHTMLMax)
        if let word = try fields.text("purpose", max: .bytes(16)) {
            guard let purpose = Purpose(rawValue: word.text) else {
                throw .field("purpose must be service or marketing")
            }
            self.purpose = purpose
        }
        records = try fields.flag("record") ?? false
        try check(form)
    }

    /// Whether somebody is called; a conversation is always one of messages.
    var isCall: Bool { channel == .voice }

    private func check(_ form: Form) throws(OutboundFormFault) {
        guard form != .message || !isCall else { throw .field("channel must be sms, whatsapp, telegram or email") }
        guard isCall || !records else { throw .field("record is for calls") }
        let isMail = channel == .email
        guard isMail || subject == nil && html == nil else { throw .field("subject and html are for mail") }
        // Who answers in a conversation need not know that it is one of mails.
        if case .address(.email, _) = target, subject == nil { throw .field("subject is required for mail") }
        guard script.map({ TwiML.fits($0) }) ?? true else {
            throw .field("text is too long for a call: at most \(Limits.twilioScriptMax) characters as TwiML")
        }
    }

    /// What a call says; nil for a message. A card number in it is as long when it is masked, or shorter.
    private var script: CallScript? {
        guard case .address(.voice, .phone(let number)) = target else { return nil }
        return CallScript(
            announcement: records ? OutboundRules.announcement(toRecord: number.digits) : nil, text: text)
    }

    /// The channel that was named, or that of the conversation; nil for a conversation of none, which the gate refuses.
    private var channel: AgentChannel? {
        switch target {
        case .address(let channel, _): channel
        case .conversation(let key): ConversationParts(key)?.channel.agentChannel
        }
    }

    private static func target(_ fields: OutboundFields) throws(OutboundFormFault) -> Target {
        let channel = try fields.text("channel", max: .bytes(16))
        let to = try fields.text("to", max: Limits.personAddressMax)
        if let conversation = try fields.text("conversation", max: Limits.conversationKeyMax) {
            guard channel == nil, to == nil else { throw .field("either conversation, or channel and to") }
            return .conversation(ConversationKey(bytes: conversation))
        }
        guard let channel, let to else { throw .field("conversation, or channel and to, are required") }
        guard let named = AgentChannel(rawValue: channel.text) else {
            throw .field("channel must be sms, whatsapp, telegram, email or voice")
        }
        guard let address = named.address(to) else { throw .field("to is no address of this channel") }
        return .address(named, address)
    }

    private static func callee(_ fields: OutboundFields) throws(OutboundFormFault) -> Target {
        guard let to = try fields.text("to", max: Limits.personAddressMax), let number = AgentChannel.voice.address(to)
        else { throw .field("to is no phone number") }
        return .address(.voice, number)
    }
}
