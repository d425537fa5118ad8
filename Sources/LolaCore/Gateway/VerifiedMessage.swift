// The gate between octets and messages. `VerifiedMessage` can be made only in this file, only after the
// channel's proof succeeded, or after a seal of ours proved that it once did: whoever holds one need not ask again.
// Runs on the loop that accepted the request or took the message back from the store.

/// A message whose origin is proven and whose free text (names of cards and files too) holds no card number.
/// An object, so that whoever passes it on copies one reference and not a dozen.
final class VerifiedMessage: Hashable, Sendable {
    let message: InboundMessage
    let receivedAt: WallTime
    /// How many card numbers were masked in the text (CONTRACT §5).
    let maskedCards: Int

    static func == (left: VerifiedMessage, right: VerifiedMessage) -> Bool {
        left.message == right.message && left.receivedAt == right.receivedAt && left.maskedCards == right.maskedCards
    }

    func hash(into hasher: inout Hasher) { hasher.combine(message) }

    fileprivate init(_ message: InboundMessage, receivedAt: WallTime) {
        var masked = 0
        func clean(_ text: [UInt8]?) -> [UInt8]? {
            guard let text else { return nil }
            let result = CardNumber.mask(text)
            masked += result.count
            return result.masked
        }
        let (text, startPayload) = (clean(message.text), clean(message.startPayload))
        var replyTo = message.replyTo
        if case .mail(var thread) = replyTo {
            thread.subject = clean(thread.subject) ?? []
            replyTo = .mail(thread)
        }
        let attachments: [Attachment] = message.attachments.map { attachment in
            switch attachment {
            case .contact(let name, let phone, let isOwn): .contact(name: clean(name) ?? [], phone: phone, isOwn: isOwn)
            case .location(let latitude, let longitude, let name):
                .location(latitude: latitude, longitude: longitude, name: clean(name))
            case .file(let type, let mediaType, let fileName):
                .file(type: type, mediaType: mediaType, fileName: clean(fileName))
            }
        }
        self.message =
            masked == 0
            ? message
            : InboundMessage(
                message, text: text, startPayload: startPayload, attachments: attachments, replyTo: replyTo,
                contentID: message.contentID)
        self.receivedAt = receivedAt
        maskedCards = masked
    }

    fileprivate init(_ fields: RestoredFields) {
        message = fields.message
        receivedAt = fields.receivedAt
        maskedCards = fields.maskedCards
    }
}

/// A webhook whose proof held, not decoded yet. Can be made only in this file.
final class ProvenWebhook {
    let channel: any Channel
    let body: [UInt8]
    fileprivate let head: HTTPRequestHead

    fileprivate init(_ channel: any Channel, _ head: HTTPRequestHead, _ body: [UInt8]) {
        self.channel = channel
        self.head = head
        self.body = body
    }
}

/// The parts of one proven webhook body. An object: it is passed on a few times.
final class VerifiedWebhook: Sendable {
    let messages: [VerifiedMessage]
    let receipts: [DeliveryReceipt]
    let quarantined: [QuarantineReason]
    let ignored: Int
    let signals: [ContactSignal]
    /// What the provider is told instead of the channel's usual answer.
    let answer: HTTPResponse?

    fileprivate init(_ decoded: DecodedWebhook, at now: WallTime) {
        messages = decoded.messages.map { VerifiedMessage($0, receivedAt: now) }
        receipts = decoded.receipts
        quarantined = decoded.quarantined
        ignored = decoded.ignored
        signals = decoded.signals
        answer = decoded.answer
    }
}

enum WebhookGate {
    /// Proof first, on the raw octets.
    static func prove(
        _ channel: any Channel, head: HTTPRequestHead, body: [UInt8]
    ) throws(Refusal) -> ProvenWebhook {
        try channel.authenticate(head, body)
        return ProvenWebhook(channel, head, body)
    }

    /// Only then decoding and card masking.
    static func admit(_ proven: ProvenWebhook, at now: WallTime) -> VerifiedWebhook {
        VerifiedWebhook(proven.channel.decode(proven.head, proven.body), at: now)
    }

    /// A proven message with the content that its channel kept, fetched from the provider with our own credentials.
    static func completed(_ verified: VerifiedMessage, with message: InboundMessage) -> VerifiedMessage {
        precondition(message.key == verified.message.key, "the content of another message")
        return VerifiedMessage(message, receivedAt: verified.receivedAt)
    }

    /// The second proof: octets of `MessageCodec.encode` that a seal of ours opened (SealedStore). The seal is ours
    /// alone and names the record it belongs to, so only a message that passed `admit` can come out, and under its own
    /// id. Never for octets from anywhere else. Text was masked before it was sealed and is not masked again.
    static func restored(_ opened: [UInt8]) throws(RecordFault) -> VerifiedMessage {
        VerifiedMessage(try MessageCodec.decode(opened))
    }

    /// The same for a message that is part of a larger record, written there by `MessageCodec.write`.
    static func restored(from reader: inout RecordReader) throws(RecordFault) -> VerifiedMessage {
        VerifiedMessage(try MessageCodec.read(&reader))
    }

    /// An event of a callback whose token, session and ticket were proven and whose claim the same operation makes: its
    /// sender is whoever the ticket's conversation is with, and the identity service is asked about them anew.
    static func redeemed(_ message: InboundMessage, at now: WallTime) -> VerifiedMessage {
        precondition(message.event != nil, "only an event is redeemed")
        return VerifiedMessage(message, receivedAt: now)
    }

    /// A message made up by an operator for a dry run: never delivered, never stored, never given to an agent.
    static func imagined(_ message: InboundMessage, at now: WallTime) -> VerifiedMessage {
        VerifiedMessage(message, receivedAt: now)
    }
}
