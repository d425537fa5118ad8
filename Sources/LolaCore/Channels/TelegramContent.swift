// What stands in a Telegram message: its kind is the member that is present (reference: protocols §2). Pure
// functions called by the decoder.

enum TelegramContent {
    /// Nil for service notices (a pinned message, a changed timer) and whatever else a person did not write.
    static func read(_ message: JSONView, sender: TelegramSender) -> MessageContent? {
        if let text = message["text"]?.textBytes { return start(text) ?? MessageContent(.text, text: text) }
        if let contact = message["contact"] { return self.contact(contact, message, sender) }
        if let place = message["venue"]?["location"] ?? message["location"] {
            let attachment = place.location(name: message["venue"]?["title"]?.filledText)
            return MessageContent(.location, attachments: attachment.map { [$0] } ?? [])
        }
        if let file = file(message) { return file }
        let others: [StaticString] = ["poll", "dice", "game", "story", "paid_media", "checklist"]
        return others.contains { message[$0] != nil } ? MessageContent(.unsupported) : nil
    }

    /// The title of the button with this data below a message that is still accessible.
    static func title(of data: [UInt8], in message: JSONView?) -> [UInt8]? {
        guard let rows = message?["reply_markup"]?["inline_keyboard"] else { return nil }
        for row in rows.elements {
            for button in row.elements where button["callback_data"]?.textBytes == data {
                return button["text"]?.filledText
            }
        }
        return nil
    }

    /// `/start`, `/start payload`, either with `@bot`: the beginning of a chat, not a command (CONTRACT §11). What
    /// is no payload by Telegram's rules (1 to 64 of `A-Za-z0-9_-`) was typed by hand and is dropped.
    private static func start(_ text: [UInt8]) -> MessageContent? {
        let word = text.prefix { $0 > ASCII.space }
        guard ASCII.equalIgnoringCase(word.prefix { $0 != 0x40 }, "/start") else { return nil }
        let rest = text[word.endIndex...].drop { $0 <= ASCII.space }
        var content = MessageContent(.start, text: [])
        let isPayload = rest.allSatisfy { ASCII.isLetter($0) || ASCII.isDigit($0) || $0 == 0x5F || $0 == 0x2D }
        if isPayload && (1...Limits.telegramStartPayloadMax.bytes).contains(rest.count) {
            content.startPayload = Array(rest)
        }
        return content
    }

    /// Own is only a card of the sender, sent by the sender's own hand, with something that can be a number in it.
    /// The chat is private and the sender no bot: the decoder has seen to that.
    private static func contact(
        _ contact: JSONView, _ message: JSONView, _ sender: TelegramSender
    ) -> MessageContent {
        let name = [contact["first_name"]?.filledText, contact["last_name"]?.filledText].compactMap { $0 }
        let phone = contact["phone_number"]?.filledText
        let isFirstHand = message["forward_origin"]?.present == nil && message["via_bot"]?.present == nil
        let isOfSender = contact["user_id"]?.integer == sender.id && isFirstHand
        let isOwn = isOfSender && (phone.map(isNumber) ?? false)
        let card = Attachment.contact(name: Array(name.joined(separator: [ASCII.space])), phone: phone, isOwn: isOwn)
        var content = MessageContent(.contact, attachments: [card])
        content.isOwnContactUnreadable = isOfSender && !isOwn
        return content
    }

    private static func isNumber(_ phone: [UInt8]) -> Bool {
        let marks: [UInt8] = [0x2B, 0x20, 0x2D, 0x28, 0x29, 0x2E]
        guard phone.count <= Limits.phoneTextMax.bytes else { return false }
        return phone.allSatisfy { ASCII.isDigit($0) || marks.contains($0) } && phone.count(where: ASCII.isDigit) >= 5
    }

    /// An animation is a document too, for old clients: the first match is the right one.
    private static func file(_ message: JSONView) -> MessageContent? {
        let kinds: [(member: StaticString, type: MessageType)] = [
            ("photo", .image), ("animation", .video), ("video", .video), ("video_note", .video), ("voice", .voice),
            ("audio", .audio), ("sticker", .sticker), ("document", .document),
        ]
        for kind in kinds {
            guard let object = message[kind.member] else { continue }
            let file = Attachment.file(
                type: kind.type, mediaType: object["mime_type"]?.filledText,
                fileName: object["file_name"]?.filledText)
            return MessageContent(kind.type, text: message["caption"]?.filledText, attachments: [file])
        }
        return nil
    }
}
