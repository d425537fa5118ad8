// Whom an order goes to, by which channel, and under which names that person may have written to us. A plain value;
// made by the gate for each order.

struct OutboundRecipient: Hashable, Sendable {
    let channel: AgentChannel
    let address: PersonAddress
    /// Of a conversation that the person began: the answer goes where it came from.
    var conversation: ConversationParts?

    /// Nil for a conversation that is not one of ours, and for an address that the channel cannot reach.
    ///
    /// - Parameter ownIDs: our number or bot at each channel that is on.
    init?(_ target: OutboundOrder.Target, ownIDs: [ChannelName: [UInt8]]) {
        switch target {
        case .address(let channel, let address):
            guard channel.takes(address.kind) else { return nil }
            self.channel = channel
            self.address = address
        case .conversation(let key):
            guard let parts = ConversationParts(key), parts.isOurs(ownIDs),
                let address = parts.address
            else { return nil }
            channel = parts.channel.agentChannel
            self.address = address
            conversation = parts
        }
    }

    /// Digits of the number without its plus; nil for an address that is none.
    var digits: [UInt8]? {
        if case .phone(let number) = address { number.digits } else { nil }
    }
}

extension AgentChannel {
    /// What an agent writes into `to`: an address in any spelling that `PersonAddress` reads; for Telegram and WhatsApp
    /// the bare id too. Nil when it is none, or none of this channel.
    func address(_ text: [UInt8]) -> PersonAddress? {
        if let address = PersonAddress(text), takes(address.kind) { return address }
        guard self == .telegram || self == .whatsapp else { return nil }
        let named = PersonAddress([UInt8](text: rawValue + ":") + text)
        return named.flatMap { takes($0.kind) ? $0 : nil }
    }
}

extension ChannelName {
    /// How agents call the channel.
    var agentChannel: AgentChannel {
        switch self {
        case .whatsapp, .twilioWhatsApp: .whatsapp
        case .telegram: .telegram
        case .twilioSMS: .sms
        case .resend: .email
        }
    }
}

extension ConversationParts {
    /// The person at the other end.
    var address: PersonAddress? {
        switch channel {
        case .whatsapp: PersonAddress(whatsapp: sender)
        case .telegram: PersonAddress(telegramID: sender)
        case .twilioSMS, .twilioWhatsApp, .resend: PersonAddress(sender)
        }
    }
}

extension PersonAddress {
    /// Every name under which a channel may know the person, for messages that came in.
    var senders: [(channel: ChannelName, id: [UInt8])] {
        switch self {
        case .phone(let number):
            PhoneNormalizer.candidates(for: number).flatMap { number in
                [(.whatsapp, number.digits), (.twilioSMS, number.bytes), (.twilioWhatsApp, number.bytes)]
            }
        case .telegram(let id): [(.telegram, [UInt8](text: "\(id)"))]
        case .whatsappUser(let id): [(.whatsapp, id)]
        case .email(let address): [(.resend, address)]
        }
    }

    /// Whether the channel tells no number of the person, who may have shared one.
    var isNumberless: Bool {
        switch self {
        case .telegram, .whatsappUser: true
        case .phone, .email: false
        }
    }
}
