// Whom an erasure is about: all names under which one person or one conversation stands in the store. Made from what an
// operator writes; grows while the erasure learns more. A value.

struct ErasureSubject: Sendable {
    /// A person as a channel names one.
    struct Sender: Hashable, Sendable {
        let channel: ChannelName
        let id: [UInt8]
    }

    /// As consents and the do-not-contact list know the person.
    private(set) var addresses: [PersonAddress] = []
    /// Every form of the number.
    private(set) var phones: Set<E164> = []
    private(set) var senders: Set<Sender> = []
    /// Named by the operator.
    private(set) var conversation: ConversationKey?

    /// A number in any spelling, an e-mail address, `telegram:<id>`, `whatsapp:<number or user id>`, or a conversation
    /// key (CONTRACT §5). Nil for everything else.
    init?(_ text: [UInt8]) {
        guard (1...Limits.erasureSubjectMax.bytes).contains(text.count) else { return nil }
        let parts = text.split(separator: 0x3A, maxSplits: 2, omittingEmptySubsequences: false).map { Array($0) }
        if parts.count == 3, let address = Self.sender(of: parts) {
            conversation = ConversationKey(bytes: text)
            add(address)
        } else {
            guard let address = PersonAddress(text) else { return nil }
            add(address)
        }
    }

    /// The other end of a conversation, by the words that keys begin with.
    private static func sender(of parts: [[UInt8]]) -> PersonAddress? {
        guard !parts[1].isEmpty, !parts[2].isEmpty else { return nil }
        switch parts[0].text {
        case "whatsapp", "telegram": return PersonAddress(parts[0] + [0x3A] + parts[2])
        case "twilio_sms", "twilio_whatsapp", "resend": return PersonAddress(parts[2])
        default: return nil
        }
    }

    mutating func add(_ address: PersonAddress) {
        guard !addresses.contains(address) else { return }
        addresses.append(address)
        switch address {
        case .phone(let number):
            let forms = PhoneNormalizer.candidates(for: number)
            phones.formUnion(forms)
            for form in forms {
                senders.insert(Sender(channel: .whatsapp, id: form.digits))
                senders.insert(Sender(channel: .twilioSMS, id: form.bytes))
                senders.insert(Sender(channel: .twilioWhatsApp, id: form.bytes))
            }
        case .telegram(let id): senders.insert(Sender(channel: .telegram, id: [UInt8](text: "\(id)")))
        case .whatsappUser(let id): senders.insert(Sender(channel: .whatsapp, id: id))
        case .email(let text): senders.insert(Sender(channel: .resend, id: text))
        }
    }

    /// A sender that a shared contact tied to the number.
    mutating func add(_ sender: Sender) {
        switch sender.channel {
        case .telegram: if let address = PersonAddress([UInt8](text: "telegram:") + sender.id) { add(address) }
        case .whatsapp: if let address = PersonAddress([UInt8](text: "whatsapp:") + sender.id) { add(address) }
        case .twilioSMS, .twilioWhatsApp, .resend: if let address = PersonAddress(sender.id) { add(address) }
        }
        senders.insert(sender)
    }

    /// Whether a message is the subject's: by its sender, by the number the channel vouches for, or by the number of
    /// the sender's own card.
    func holds(_ message: InboundMessage) -> Bool {
        if senders.contains(Sender(channel: message.channel, id: message.senderID)) { return true }
        if message.conversation == conversation { return true }
        // An address of mail is one person's in whatever case it is written.
        if message.channel == .resend, let address = PersonAddress(message.senderID) {
            return addresses.contains(address)
        }
        guard let spelling = message.phone, let phone = try? PhoneNormalizer.normalize(spelling, .international) else {
            return false
        }
        return phones.contains(phone)
    }

    /// Whether a conversation is with one of the subject's senders, whichever of our numbers it is with.
    func holds(_ conversation: ConversationKey) -> Bool {
        guard let parts = ConversationParts(conversation) else { return false }
        return senders.contains(Sender(channel: parts.channel, id: parts.sender))
    }
}
