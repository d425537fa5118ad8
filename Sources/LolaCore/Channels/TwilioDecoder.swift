// Reads one proven webhook of Twilio: a message (SMS, MMS, WhatsApp), a status of one of ours, or a call. What it is,
// its parameters say; parameters that are not known are ignored. Lives for one call of `TwilioChannel.decode`.

struct TwilioDecoder {
    let form: FormFields
    /// The reference of an order, where the address of the webhook names one.
    let order: [UInt8]?
    /// The time of what Twilio gives none for.
    let now: WallTime
    private(set) var webhook = DecodedWebhook()
    /// The webhook is about a telephone call.
    private(set) var isCall = false

    init(_ form: FormFields, order: [UInt8]?, now: WallTime) {
        self.form = form
        self.order = order
        self.now = now
    }

    mutating func read() {
        if let id = word("MessageSid") ?? word("SmsSid") {
            if let status = form.first("MessageStatus"), form.first("Body") == nil {
                return self.status(status, of: id)
            }
            return message(id)
        }
        guard let id = word("CallSid"), let status = word("CallStatus") else { return quarantine(.wrongShape) }
        isCall = true
        self.call(id, status)
    }

    // MARK: Calls

    /// Twilio tells the end of a call with how long it was, never what it costs.
    private mutating func call(_ id: [UInt8], _ status: [UInt8]) {
        let state: DeliveryReceipt.State
        switch status.text {
        case "queued", "initiated", "ringing":
            webhook.ignored += 1
            return
        case "in-progress": state = .sent
        case "completed": state = .delivered
        case "busy", "no-answer", "failed", "canceled": state = .failed
        default: return quarantine(.unknownType)
        }
        // Of a call to us there is nothing to be kept.
        guard form.first("Direction")?.starts(with: "outbound".utf8) == true else {
            webhook.ignored += 1
            return
        }
        let seconds = form.first("CallDuration").flatMap { ASCII.decimal($0) }
        webhook.receipts.append(DeliveryReceipt(
            providerID: id, state: state, errorCode: nil, reference: nil,
            call: CallReport(seconds: seconds.map { min($0, Limits.callSecondsMax) }), order: order))
    }

    // MARK: Messages

    private mutating func message(_ id: [UInt8]) {
        guard let to = form.first("To"), let from = form.first("From") else { return quarantine(.wrongShape) }
        guard let own = TwilioAddress(to), let sender = TwilioAddress(from), own.isWhatsApp == sender.isWhatsApp else {
            return quarantine(.wrongShape)
        }
        let channel = sender.isWhatsApp ? ChannelName.twilioWhatsApp : .twilioSMS
        let content = content()
        let keyword = form.first("OptOutType").flatMap { AnsweredKeyword(rawValue: $0.map(ASCII.lowercased).text) }
        switch keyword {
        case .stop: webhook.signals.append(ContactSignal(kind: .optedOut, channel: channel, address: sender.id))
        case .start: webhook.signals.append(ContactSignal(kind: .optedIn, channel: channel, address: sender.id))
        case .help, nil: break
        }
        webhook.messages.append(
            InboundMessage(
                channel: channel, nativeID: id, conversation: ConversationKey(channel, own: own.id, sender: sender.id),
                replyTo: sender.isWhatsApp
                    ? .twilioWhatsApp(own: own.id, sender: sender.id) : .sms(own: own.id, sender: sender.id),
                senderID: sender.id, phone: sender.isNumber ? sender.id : nil, language: nil, type: content.type,
                text: content.text, startPayload: nil, choiceID: content.choiceID, attachments: content.attachments,
                at: now, callbackQueryID: nil, answeredKeyword: keyword))
    }

    private func content() -> MessageContent {
        let body = text("Body")
        if let payload = text("ButtonPayload") {
            return MessageContent(.button, text: text("ButtonText") ?? body, choiceID: payload)
        }
        if let item = text("ListId") { return MessageContent(.list, text: text("ListTitle") ?? body, choiceID: item) }
        let files = files()
        if case .file(let type, _, _)? = files.first {
            return MessageContent(type, text: body, attachments: files)
        }
        if let place = place() { return MessageContent(.location, text: body, attachments: [place]) }
        return MessageContent(body == nil ? .unsupported : .text, text: body)
    }

    /// Kinds and media types only: what is behind the URLs is never fetched.
    private func files() -> [Attachment] {
        let count = min(form.first("NumMedia").flatMap { ASCII.decimal($0) } ?? 0, Limits.attachmentsMax)
        let types = form.pairs.filter { $0.name.starts(with: "MediaContentType".utf8) }
        return (0..<count).map { index in
            let name = [UInt8](text: "MediaContentType\(index)")
            let media = types.first { $0.name == name }?.value
            return .file(type: Self.kind(media), mediaType: media.map { [UInt8](text: $0.text) }, fileName: nil)
        }
    }

    private static func kind(_ media: [UInt8]?) -> MessageType {
        guard let media else { return .document }
        if media.starts(with: "image/webp".utf8) { return .sticker }
        if media.starts(with: "image/".utf8) { return .image }
        if media.starts(with: "video/".utf8) { return .video }
        return media.starts(with: "audio/".utf8) ? .audio : .document
    }

    private func place() -> Attachment? {
        guard let latitude = form.first("Latitude").flatMap({ Double($0.text) }), (-90...90).contains(latitude),
            let longitude = form.first("Longitude").flatMap({ Double($0.text) }), (-180...180).contains(longitude)
        else { return nil }
        return .location(latitude: latitude, longitude: longitude, name: text("Label") ?? text("Address"))
    }

    /// A value that is not empty, as UTF-8.
    private func text(_ name: StaticString) -> [UInt8]? {
        guard let value = form.first(name), !value.isEmpty else { return nil }
        return [UInt8](text: value.text)
    }

    /// A value that may become part of a key: visible ASCII without a colon.
    private func word(_ name: StaticString) -> [UInt8]? {
        guard let value = form.first(name), (1...Limits.nativeIDMax.bytes).contains(value.count) else { return nil }
        return value.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A } ? value : nil
    }

    // MARK: Statuses

    private mutating func status(_ word: [UInt8], of id: [UInt8]) {
        let state: DeliveryReceipt.State
        switch word.text {
        case "accepted", "scheduled", "queued", "sending":
            webhook.ignored += 1
            return
        case "sent": state = .sent
        case "delivered": state = .delivered
        case "read": state = .read
        case "undelivered", "failed", "canceled": state = .failed
        default: return quarantine(.unknownType)
        }
        let code = form.first("ErrorCode").flatMap { ASCII.decimal($0) }
        let to = form.first("To").flatMap { TwilioAddress($0) }
        let channel = to?.isWhatsApp == true ? ChannelName.twilioWhatsApp : .twilioSMS
        webhook.receipts.append(DeliveryReceipt(
            providerID: id, state: state, errorCode: code, reference: nil, channel: channel, order: order))
        // The person has opted out at Twilio, which takes nothing for this number any more.
        guard code == TwilioJudge.optedOut, let to else { return }
        webhook.signals.append(ContactSignal(kind: .optedOut, channel: channel, address: to.id))
    }

    private mutating func quarantine(_ reason: QuarantineReason) { webhook.quarantined.append(reason) }
}

/// `From` or `To`: a number in E.164, a short code, a name, each perhaps behind `whatsapp:`.
struct TwilioAddress: Hashable {
    /// Without the prefix.
    let id: [UInt8]
    let isWhatsApp: Bool

    /// Nil for what can be no address of SMS or WhatsApp, such as `messenger:1`.
    init?(_ text: [UInt8]) {
        let prefix = "whatsapp:".utf8
        isWhatsApp = text.starts(with: prefix)
        id = isWhatsApp ? Array(text.dropFirst(prefix.count)) : text
        guard (1...Limits.twilioAddressMax.bytes).contains(id.count), id.first != ASCII.space, id.last != ASCII.space,
            id.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x3A })
        else { return nil }
    }

    /// Whether it is a number in E.164: what the network vouches for. Short codes and names are nobody's phone.
    var isNumber: Bool { E164(id) != nil }
}
