// Reads one proven webhook of Resend: a mail that came in, or what became of one of ours. A mail comes without its
// text, which is fetched on the message's own way (ResendContent). Lives for one call of `ResendChannel.decode`.

struct ResendDecoder {
    /// `svix-id`: the same over all attempts of one event.
    let eventID: [UInt8]
    /// The address that our mails come from.
    let from: [UInt8]
    let now: WallTime
    private(set) var webhook = DecodedWebhook()

    init(eventID: [UInt8], from: [UInt8], now: WallTime) {
        self.eventID = eventID
        self.from = from
        self.now = now
    }

    mutating func read(_ body: [UInt8]) {
        guard let document = try? JSONDocument.parse(body) else { return quarantine(.notJSON) }
        guard let type = document.root["type"]?.text, let data = document.root["data"], data.kind == .object else {
            return quarantine(.wrongShape)
        }
        switch type {
        case "email.received": received(data)
        case "email.sent": receipt(data, .sent)
        case "email.delivered": receipt(data, .delivered)
        case "email.opened", "email.clicked": receipt(data, .read)
        case "email.failed": receipt(data, .failed)
        case "email.bounced":
            receipt(data, .failed)
            // A full mailbox is no reason never to write again.
            if data["bounce"]?["type"]?.isText("Permanent") ?? false { signal(.bounced, data) }
        case "email.suppressed":
            receipt(data, .failed)
            signal(.bounced, data)
        case "email.complained":
            receipt(data, .delivered)
            signal(.complained, data)
        // Delays and schedules change nothing; contacts, domains and what is yet to come are not ours.
        default: webhook.ignored += 1
        }
    }

    // MARK: Mails

    /// `From` is what the writer claims: it says where the answer goes, never who somebody is.
    private mutating func received(_ data: JSONView) {
        guard let id = data["email_id"]?.filledText, id.count <= Limits.mailIDMax.bytes, id.allSatisfy(Self.isPathWord),
            let claimed = data["from"]?.textBytes, let sender = MailText.address(claimed), let own = own(data)
        else { return quarantine(.wrongShape) }
        // What we or a mail server wrote is never answered: two machines would write to each other for ever.
        if sender == from || sender == own || Self.isMachine(sender) {
            webhook.ignored += 1
            return
        }
        let thread = MailThread(
            own: own, sender: sender, subject: MailText.subject(data["subject"]?.textBytes ?? []),
            messageID: data["message_id"]?.textBytes.flatMap { MailText.messageID($0) })
        webhook.messages.append(
            InboundMessage(
                channel: .resend, nativeID: eventID, conversation: ConversationKey(.resend, own: own, sender: sender),
                replyTo: .mail(thread), senderID: sender, phone: nil, language: nil, type: .text, text: nil,
                startPayload: nil, choiceID: nil, attachments: Self.attachments(data), at: now, callbackQueryID: nil,
                contentID: id))
    }

    /// Which of the addresses is ours: Resend says for whom it took the mail.
    private func own(_ data: JSONView) -> [UInt8]? {
        for list in [data["received_for"], data["to"]] {
            if let list, list.kind == .array, let address = list[0]?.textBytes.flatMap({ MailText.address($0) }) {
                return address
            }
        }
        return nil
    }

    private static func attachments(_ data: JSONView) -> [Attachment] {
        guard let list = data["attachments"]?.present, list.kind == .array else { return [] }
        var found: [Attachment] = []
        for item in list.elements where found.count < Limits.attachmentsMax {
            found.append(
                .file(
                    type: .document, mediaType: item["content_type"]?.filledText,
                    fileName: item["filename"]?.filledText))
        }
        return found
    }

    /// Letters, digits, `-` and `_`: it becomes part of a path.
    private static func isPathWord(_ octet: UInt8) -> Bool {
        ASCII.isLetter(octet) || ASCII.isDigit(octet) || octet == 0x2D || octet == 0x5F
    }

    private static func isMachine(_ address: [UInt8]) -> Bool {
        let local = address.prefix { $0 != 0x40 }
        return ASCII.equalIgnoringCase(local, "mailer-daemon") || ASCII.equalIgnoringCase(local, "postmaster")
    }

    // MARK: Statuses

    private mutating func receipt(_ data: JSONView, _ state: DeliveryReceipt.State) {
        guard let id = data["email_id"]?.filledText, id.count <= Limits.mailIDMax.bytes else {
            return quarantine(.wrongShape)
        }
        webhook.receipts.append(DeliveryReceipt(providerID: id, state: state, errorCode: nil, reference: nil))
    }

    private mutating func signal(_ kind: ContactSignal.Kind, _ data: JSONView) {
        guard let list = data["to"], list.kind == .array else { return }
        for item in list.elements {
            guard let address = item.textBytes.flatMap({ MailText.address($0) }) else { continue }
            webhook.signals.append(ContactSignal(kind: kind, channel: .resend, address: address))
        }
    }

    private mutating func quarantine(_ reason: QuarantineReason) { webhook.quarantined.append(reason) }
}
