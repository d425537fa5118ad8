// What a callback of a widget tells an agent (CONTRACT §6 `event`), as a message of its conversation: who the person is
// comes from the conversation, never from the widget. Made by the tickets, written to agents by AgentEnvelope.

/// How a ticket ended outside the chat.
struct CallbackEvent: Hashable, Sendable {
    enum Outcome: UInt8, CaseIterable, Sendable {
        case success = 1
        case failure = 2

        var word: StaticString {
            switch self {
            case .success: "success"
            case .failure: "failure"
            }
        }
    }

    let ticket: RecordID
    let operation: [UInt8]
    let outcome: Outcome
    /// A JSON object without any card number, as the widget wrote it.
    let result: [UInt8]

    /// `callback:<ticket id>`: one ticket makes one event, ever.
    var key: MessageKey { Self.key(of: ticket) }

    static func key(of ticket: RecordID) -> MessageKey { MessageKey(bytes: [UInt8](text: "callback:") + ticket.hex) }
}

enum CallbackEventCodec {
    static func write(_ event: CallbackEvent, to writer: inout RecordWriter) {
        writer.octets(event.ticket.bytes)
        writer.octets(event.operation)
        writer.byte(event.outcome.rawValue)
        writer.octets(event.result)
    }

    static func read(_ reader: inout RecordReader) throws(RecordFault) -> CallbackEvent {
        let id = try reader.octets()
        guard id.count == RecordID.count else { throw .malformed }
        let operation = try reader.octets()
        guard let outcome = CallbackEvent.Outcome(rawValue: try reader.byte()) else { throw .malformed }
        return CallbackEvent(
            ticket: RecordID(digest: id), operation: operation, outcome: outcome, result: try reader.octets())
    }
}

extension InboundMessage {
    /// An event as a message of its conversation; nil when the key is none of a channel that Lola speaks.
    convenience init?(_ event: CallbackEvent, in conversation: ConversationKey, at now: WallTime) {
        guard let place = ConversationParts(conversation) else { return nil }
        self.init(
            channel: place.channel, nativeID: event.ticket.hex, conversation: conversation, replyTo: place.replyTo,
            senderID: place.sender, phone: place.phone, language: nil, type: .event, text: nil, startPayload: nil,
            choiceID: nil, attachments: [], at: now, callbackQueryID: nil, event: event)
    }
}

/// What a conversation's key says of its channel and its people (CONTRACT §5).
struct ConversationParts: Hashable, Sendable {
    let channel: ChannelName
    /// Our own number or bot at the channel.
    let own: [UInt8]
    /// The sender as the channel names it.
    let sender: [UInt8]
    let replyTo: ReplyAddress
    /// The number, where the channel's name of the sender is one.
    let phone: [UInt8]?

    init?(_ conversation: ConversationKey) {
        let parts = conversation.bytes.split(separator: 0x3A, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }),
            conversation.bytes.count <= Limits.conversationKeyMax.bytes,
            conversation.bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            let channel = ChannelName.allCases.first(where: { parts[0].equals($0.word) })
        else { return nil }
        self.channel = channel
        own = [UInt8](parts[1])
        sender = [UInt8](parts[2])
        switch channel {
        case .whatsapp:
            switch WhatsAppName(sender) {
            case .number: (phone, replyTo) = (sender, .whatsappNumber(sender))
            case .user: (phone, replyTo) = (nil, .whatsappUser(sender))
            case nil: return nil
            }
        case .telegram:
            // Conversations with the bot are private chats, whose id is that of the person.
            guard sender.allSatisfy(ASCII.isDigit), let chat = ASCII.decimal(sender) else { return nil }
            phone = nil
            replyTo = .telegramChat(Int64(chat))
        case .twilioSMS:
            phone = E164(sender) == nil ? nil : sender
            replyTo = .sms(own: own, sender: sender)
        case .twilioWhatsApp:
            phone = E164(sender) == nil ? nil : sender
            replyTo = .twilioWhatsApp(own: own, sender: sender)
        case .resend:
            phone = nil
            replyTo = .mail(MailThread(own: own, sender: sender, subject: [], messageID: nil))
        }
    }

    /// Whether our end is the one that the settings name.
    func isNamed(_ ownIDs: [ChannelName: [UInt8]]) -> Bool { ownIDs[channel] == own }

    /// Whether our end can be one that we answer from, given that of each channel which is on. An account of Twilio
    /// and a domain of Resend have more of them than the settings name.
    func isOurs(_ ownIDs: [ChannelName: [UInt8]]) -> Bool {
        guard let id = ownIDs[channel] else { return false }
        switch channel {
        case .whatsapp, .telegram: return own == id
        case .twilioSMS, .twilioWhatsApp: return E164(own) != nil || own.allSatisfy(ASCII.isDigit)
        case .resend: return own.contains(0x40)
        }
    }
}
