// What a channel makes of one incoming message: plain values, no channel format left in them.
// Made by Channels/, proved by VerifiedMessage, read by the pipeline and the agents.

/// The channels Lola speaks. The raw text is the word used in conversations, records and logs.
enum ChannelName: String, CaseIterable, Sendable {
    case whatsapp
    case telegram
    case twilioSMS = "twilio_sms"
    /// WhatsApp by way of Twilio.
    case twilioWhatsApp = "twilio_whatsapp"
    /// E-mail.
    case resend

    /// The raw text, known at compile time.
    var word: StaticString {
        switch self {
        case .whatsapp: "whatsapp"
        case .telegram: "telegram"
        case .twilioSMS: "twilio_sms"
        case .twilioWhatsApp: "twilio_whatsapp"
        case .resend: "resend"
        }
    }

    /// The word before the native id in a message's key: that of the provider, whose ids are unique (CONTRACT §5).
    fileprivate var providerWord: StaticString {
        switch self {
        case .twilioSMS, .twilioWhatsApp: "twilio"
        case .whatsapp, .telegram, .resend: word
        }
    }

    var bytes: [UInt8] { Self.key(word) }

    /// By the case, not by the text as the standard library would: it is asked for at every step.
    func hash(into hasher: inout Hasher) { hasher.combine(place) }

    /// Five cases that nobody else chooses need no mixing in tables either.
    func _rawHashValue(seed: Int) -> Int { place ^ seed }

    private var place: Int {
        switch self {
        case .whatsapp: 0
        case .telegram: 1
        case .twilioSMS: 2
        case .twilioWhatsApp: 3
        case .resend: 4
        }
    }

    /// The parts of a key, with colons between them.
    fileprivate static func key(_ word: StaticString, _ parts: [UInt8]...) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(parts.reduce(word.utf8CodeUnitCount) { $0 + 1 + $1.count })
        out.append(word: word)
        for part in parts {
            out.append(0x3A)
            out += part
        }
        return out
    }
}

/// `<provider>:<native id>` (CONTRACT §5): the idempotency key of a message, everywhere.
struct MessageKey: Hashable, Sendable {
    let bytes: [UInt8]

    init(_ channel: ChannelName, nativeID: [UInt8]) { bytes = ChannelName.key(channel.providerWord, nativeID) }
    init(bytes: [UInt8]) { self.bytes = bytes }
    var text: String { bytes.text }

    func hash(into hasher: inout Hasher) { hasher.combine(octets: bytes) }
}

/// `<channel>:<own number or bot id>:<sender as the channel gave it>` (CONTRACT §5). Order, limits and
/// agent state belong to a conversation.
struct ConversationKey: Hashable, Sendable {
    let bytes: [UInt8]

    init(_ channel: ChannelName, own: [UInt8], sender: [UInt8]) {
        bytes = ChannelName.key(channel.word, own, sender)
    }
    init(bytes: [UInt8]) { self.bytes = bytes }
    var text: String { bytes.text }

    /// FNV-1a over the key: stable, cheap, independent of the per-process hashing seed.
    var lane: Lane {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return Lane(Int(truncatingIfNeeded: hash ^ hash >> 32))
    }

    func hash(into hasher: inout Hasher) { hasher.combine(octets: bytes) }
}

/// Where a reply goes: exactly the address the channel gave, never a rewritten one (CONTRACT §5).
enum ReplyAddress: Hashable, Sendable {
    /// WhatsApp `wa_id`, digits as received.
    case whatsappNumber([UInt8])
    /// WhatsApp business-scoped user id, for example `US.1349…`; such a sender has no phone.
    case whatsappUser([UInt8])
    /// Telegram chat.
    case telegramChat(Int64)
    /// SMS by Twilio: from the number of ours that was written to, to the sender. A short code or a name is possible.
    case sms(own: [UInt8], sender: [UInt8])
    /// The same on WhatsApp, both without the prefix `whatsapp:`.
    case twilioWhatsApp(own: [UInt8], sender: [UInt8])
    case mail(MailThread)
}

/// Where the answer to a mail goes, and what makes it an answer.
struct MailThread: Hashable, Sendable {
    /// The address of ours that was written to.
    let own: [UInt8]
    /// Who wrote: `local@domain`, the domain in lower case.
    let sender: [UInt8]
    /// Subject of the mail, one line, possibly empty.
    var subject: [UInt8]
    /// `<…>` of the mail; nil when there is none of that form.
    let messageID: [UInt8]?
}

/// A keyword of the provider's own opt-out handling (Twilio `OptOutType`).
enum AnsweredKeyword: String, CaseIterable, Sendable {
    case stop, start, help
}

/// The `type` an agent sees in `message.type`. Words are fixed by the channels' own vocabulary.
enum MessageType: String, CaseIterable, Sendable {
    case text
    case button
    case list
    case contact
    case location
    case image
    case video
    case audio
    case voice
    case sticker
    case document
    case reaction
    case order
    case flow
    case start
    case unsupported
    /// No message of the sender: something happened outside the chat (`event` says what).
    case event

    /// Files and images are answered with one text-only notice; no agent runs (product document, channels).
    var isFile: Bool {
        switch self {
        case .image, .video, .audio, .voice, .sticker, .document: true
        default: false
        }
    }
}

/// What came beside the text. Only what an agent may see; file contents are never fetched.
enum Attachment: Sendable, Hashable {
    /// A shared contact card. `phone` is the spelling in the card; `isOwn` when the channel proves that the
    /// card is the sender's own (Telegram: `contact.user_id == from.id`; WhatsApp: answer to a contact request).
    case contact(name: [UInt8], phone: [UInt8]?, isOwn: Bool)
    case location(latitude: Double, longitude: Double, name: [UInt8]?)
    /// A file by its kind and media type; never its content or its URL.
    case file(type: MessageType, mediaType: [UInt8]?, fileName: [UInt8]?)
}

/// One message as a channel decoded it. Nothing here is trusted until it sits in a `VerifiedMessage`.
/// An object that never changes, so that whoever passes it on copies one reference and not a dozen.
final class InboundMessage: Hashable, Sendable {
    let channel: ChannelName
    /// `wamid…`, `update_id`; unique per channel, the base of the message key.
    let nativeID: [UInt8]
    let conversation: ConversationKey
    let replyTo: ReplyAddress
    /// The sender as the channel names it (`wa_id`, business-scoped id, Telegram user id).
    let senderID: [UInt8]
    /// A phone spelling that the channel vouches for: WhatsApp `wa_id`, or the sender's own shared contact; empty
    /// when the own contact holds nothing that can be a number.
    let phone: [UInt8]?
    /// The channel's language hint for the sender (Telegram `language_code`), lower-case, or nil.
    let language: [UInt8]?
    let type: MessageType
    /// Text typed, title of a button or list reply, caption of a file. Card numbers are masked before use.
    let text: [UInt8]?
    /// Telegram deep-link payload of `/start`, when there is one.
    let startPayload: [UInt8]?
    /// Identifier of the pressed button or chosen list item.
    let choiceID: [UInt8]?
    let attachments: [Attachment]
    /// When the sender wrote it, by the channel's clock.
    let at: WallTime
    /// Telegram callback query to be answered, so that the button stops spinning.
    let callbackQueryID: [UInt8]?
    /// What the channel keeps of the message and gives only when asked (Resend: the id of the mail); nil when the
    /// message is complete.
    let contentID: [UInt8]?
    /// The provider took the text for a keyword and has answered it already: nobody answers it again.
    let answeredKeyword: AnsweredKeyword?
    /// What happened outside the chat, when this is no message of the sender.
    let event: CallbackEvent?
    /// Made once: it is asked for at every step.
    let key: MessageKey

    init(
        channel: ChannelName, nativeID: [UInt8], conversation: ConversationKey, replyTo: ReplyAddress,
        senderID: [UInt8], phone: [UInt8]?, language: [UInt8]?, type: MessageType, text: [UInt8]?,
        startPayload: [UInt8]?, choiceID: [UInt8]?, attachments: [Attachment], at: WallTime,
        callbackQueryID: [UInt8]?, contentID: [UInt8]? = nil, answeredKeyword: AnsweredKeyword? = nil,
        event: CallbackEvent? = nil
    ) {
        self.event = event
        self.channel = channel
        self.nativeID = nativeID
        self.conversation = conversation
        self.replyTo = replyTo
        self.senderID = senderID
        self.phone = phone
        self.language = language
        self.type = type
        self.text = text
        self.startPayload = startPayload
        self.choiceID = choiceID
        self.attachments = attachments
        self.at = at
        self.callbackQueryID = callbackQueryID
        self.contentID = contentID
        self.answeredKeyword = answeredKeyword
        key = event?.key ?? MessageKey(channel, nativeID: nativeID)
    }

    /// The same message with other free text.
    init(
        _ other: InboundMessage, text: [UInt8]?, startPayload: [UInt8]?, attachments: [Attachment],
        replyTo: ReplyAddress, contentID: [UInt8]?
    ) {
        self.text = text
        self.startPayload = startPayload
        self.attachments = attachments
        channel = other.channel
        nativeID = other.nativeID
        conversation = other.conversation
        self.replyTo = replyTo
        self.contentID = contentID
        answeredKeyword = other.answeredKeyword
        senderID = other.senderID
        phone = other.phone
        language = other.language
        type = other.type
        choiceID = other.choiceID
        at = other.at
        callbackQueryID = other.callbackQueryID
        event = other.event
        key = other.key
    }

    static func == (left: InboundMessage, right: InboundMessage) -> Bool {
        left.key == right.key && left.conversation == right.conversation && left.replyTo == right.replyTo
            && left.senderID == right.senderID && left.phone == right.phone && left.language == right.language
            && left.type == right.type && left.text == right.text && left.startPayload == right.startPayload
            && left.choiceID == right.choiceID && left.attachments == right.attachments && left.at == right.at
            && left.callbackQueryID == right.callbackQueryID && left.contentID == right.contentID
            && left.answeredKeyword == right.answeredKeyword && left.event == right.event
    }

    func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

/// A delivery receipt of a message we sent. Recorded; never a message to an agent.
struct DeliveryReceipt: Sendable {
    enum State: String, Sendable { case sent, delivered, read, failed }
    /// Our message id at the provider.
    let providerID: [UInt8]
    let state: State
    /// Provider error code of a failure.
    let errorCode: Int?
    /// Our own reference of the message, as the provider carried it back; nil when there is none of that form.
    let reference: [UInt8]?
    /// Where the message went, when that is another channel than the one whose webhook tells of it.
    var channel: ChannelName?
    /// Of a telephone call; nil for a message.
    var call: CallReport?
    /// Our own reference of an agent's order, which counts only while nobody knows the provider's id. Of the form of
    /// `DeliveryReference`.
    var order: [UInt8]?
}

/// The reference under which a delivery is known to a provider that carries one back: lower-case hex digits, a dot,
/// and the number of the reply.
enum DeliveryReference {
    /// Whether these octets can be a reference of ours; whether they are one, the receipt's reader must know.
    static func isWellFormed(_ text: [UInt8]) -> Bool {
        guard text.count <= Limits.deliveryReferenceMax.bytes else { return false }
        let name = text.prefix { $0 != 0x2E }
        let number = text[name.endIndex...].dropFirst()
        guard !name.isEmpty, name.allSatisfy({ Hex.value(of: $0) != nil && !ASCII.isUpper($0) }) else { return false }
        return (1...4).contains(number.count) && number.allSatisfy(ASCII.isDigit)
            && (number.count == 1 || number.first != 0x30)
    }
}

/// What one signed webhook body held. Each part stands alone: a bad one never takes the others with it.
struct DecodedWebhook: Sendable {
    var messages: [InboundMessage] = []
    var receipts: [DeliveryReceipt] = []
    /// Signed but not understood: kept for an operator, answered 200 (a retry cannot mend it).
    var quarantined: [QuarantineReason] = []
    /// Understood and of no interest (typing, own echoes, account notices).
    var ignored = 0
    /// What was said about writing to somebody; kept before the webhook is acknowledged.
    var signals: [ContactSignal] = []
    /// What the provider is told instead of the channel's usual answer: the script of a call.
    var answer: HTTPResponse?
}

/// Why a signed body, or a part of it, was put aside.
enum QuarantineReason: String, Sendable, CaseIterable {
    case notJSON = "not_json"
    case wrongShape = "wrong_shape"
    case unknownAccount = "unknown_account"
    case unknownType = "unknown_type"
}
