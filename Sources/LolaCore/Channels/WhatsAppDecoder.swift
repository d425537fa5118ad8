// Reads one proven WhatsApp webhook: all entries, changes, messages and statuses, each on its own, so that a
// malformed one is put aside without the others. A value that lives for one call of `WhatsAppChannel.decode`.

struct WhatsAppDecoder {
    let phoneNumberID: [UInt8]
    private(set) var webhook = DecodedWebhook()

    init(phoneNumberID: [UInt8]) { self.phoneNumberID = phoneNumberID }

    mutating func read(_ body: [UInt8]) {
        guard let document = try? JSONDocument.parse(body) else { return quarantine(.notJSON) }
        guard let object = document.root["object"], object.kind == .string else { return quarantine(.wrongShape) }
        guard object.isText("whatsapp_business_account") else { return ignore() }
        guard let entries = document.root["entry"], entries.kind == .array else { return quarantine(.wrongShape) }
        for entry in entries.elements {
            guard let changes = entry["changes"], changes.kind == .array else {
                quarantine(.wrongShape)
                continue
            }
            for element in changes.elements { change(element) }
        }
    }

    private mutating func change(_ change: JSONView) {
        guard let field = change["field"], field.kind == .string, let value = change["value"], value.kind == .object
        else { return quarantine(.wrongShape) }
        // Template and account notices, calls, echoes of what we sent: none of them is a message to us.
        guard field.isText("messages") else { return ignore() }
        guard let number = value["metadata"]?["phone_number_id"]?.textBytes else { return quarantine(.wrongShape) }
        // One app receives the webhooks of all its numbers.
        guard number == phoneNumberID else { return quarantine(.unknownAccount) }
        let messages = value["messages"]?.present
        let statuses = value["statuses"]?.present
        if messages == nil && statuses == nil { ignore() }
        if let messages {
            if messages.kind != .array { quarantine(.wrongShape) }
            for element in messages.elements { message(element, contacts: value["contacts"]) }
        }
        if let statuses {
            if statuses.kind != .array { quarantine(.wrongShape) }
            for element in statuses.elements { status(element) }
        }
    }

    // MARK: Messages

    private mutating func message(_ message: JSONView, contacts: JSONView?) {
        guard let id = Self.nativeID(message), let type = message["type"], type.kind == .string,
            let at = message["timestamp"]?.unixTime
        else { return quarantine(.wrongShape) }
        // A group is no private conversation; notices, edits, revocations and reactions say nothing to an agent.
        let isOfGroup = message["group_id"]?.present != nil
        if isOfGroup || Self.isNotice(type) { return ignore() }
        guard let sender = WhatsAppSender(message, contacts: contacts) else { return quarantine(.wrongShape) }
        let content = WhatsAppContent.read(message, type: type)
        webhook.messages.append(
            InboundMessage(
                channel: .whatsapp, nativeID: id,
                conversation: ConversationKey(.whatsapp, own: phoneNumberID, sender: sender.id),
                replyTo: sender.address, senderID: sender.id, phone: sender.phone ?? content.ownPhone, language: nil,
                type: content.type, text: content.text, startPayload: nil, choiceID: content.choiceID,
                attachments: content.attachments, at: at, callbackQueryID: nil))
    }

    private static func isNotice(_ type: JSONView) -> Bool {
        type.isText("system") || type.isText("reaction") || type.isText("edit") || type.isText("revoke")
    }

    /// The id of a message, ours or theirs: visible ASCII, because it becomes part of keys.
    private static func nativeID(_ message: JSONView) -> [UInt8]? {
        guard let id = message["id"]?.filledText, id.count <= Limits.nativeIDMax.bytes else { return nil }
        return id.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? id : nil
    }

    // MARK: Statuses

    private mutating func status(_ status: JSONView) {
        guard let id = Self.nativeID(status), let word = status["status"], word.kind == .string else {
            return quarantine(.wrongShape)
        }
        guard let state = Self.state(word) else { return quarantine(.unknownType) }
        let code = status["errors"]?[0]?["code"]?.integer
        let reference = status["biz_opaque_callback_data"]?.textBytes
        webhook.receipts.append(
            DeliveryReceipt(
                providerID: id, state: state, errorCode: code.map { Int($0) },
                reference: reference.flatMap { DeliveryReference.isWellFormed($0) ? $0 : nil }))
    }

    private static func state(_ word: JSONView) -> DeliveryReceipt.State? {
        if word.isText("sent") { return .sent }
        if word.isText("delivered") { return .delivered }
        // Of a voice message: heard, so read.
        if word.isText("read") || word.isText("played") { return .read }
        return word.isText("failed") ? .failed : nil
    }

    private mutating func quarantine(_ reason: QuarantineReason) { webhook.quarantined.append(reason) }
    private mutating func ignore() { webhook.ignored += 1 }
}

/// Who wrote a message: the number as WhatsApp knows it, or the business-scoped id of a sender without one.
struct WhatsAppSender {
    let id: [UInt8]
    let phone: [UInt8]?
    let address: ReplyAddress

    /// Nil when the message names nobody, or somebody in a form that WhatsApp does not have.
    init?(_ message: JSONView, contacts: JSONView?) {
        if let from = message["from"]?.present {
            guard let digits = from.textBytes else { return nil }
            if !digits.isEmpty {
                guard case .number = WhatsAppName(digits) else { return nil }
                (id, phone, address) = (digits, digits, .whatsappNumber(digits))
                return
            }
        }
        // Without the id in the message only a single contact is certainly its sender.
        let named = message["from_user_id"]?.filledText
        let listed = contacts?.count == 1 ? contacts?[0]?["user_id"]?.filledText : nil
        guard let user = named ?? listed, case .user = WhatsAppName(user) else { return nil }
        (id, phone, address) = (user, nil, .whatsappUser(user))
    }
}
