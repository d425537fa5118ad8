// Reads one proven Telegram update. Conversations with a bank are private chats between a person and the bot:
// groups, channels, other bots and edits are understood and ignored. Lives for one call of `TelegramChannel.decode`.

struct TelegramDecoder {
    let botID: [UInt8]
    /// The time of what Telegram gives none for.
    let now: WallTime
    private(set) var webhook = DecodedWebhook()

    init(botID: [UInt8], now: WallTime) {
        self.botID = botID
        self.now = now
    }

    mutating func read(_ body: [UInt8]) {
        guard let document = try? JSONDocument.parse(body) else { return quarantine(.notJSON) }
        let update = document.root
        guard let number = update["update_id"]?.integer, number >= 0 else { return quarantine(.wrongShape) }
        var id: [UInt8] = []
        ASCII.append(Int(number), to: &id)
        if let message = update["message"] {
            self.message(message, id: id)
        } else if let query = update["callback_query"] {
            callback(query, id: id)
        } else if Self.others.contains(where: { update[$0] != nil }) {
            ignore()
        } else {
            quarantine(.unknownType)
        }
    }

    /// Updates of Bot API 10.0 that are no message of a person to the bot. A business message belongs to another
    /// account; an edit must not change what an agent has already acted on.
    private static let others: [StaticString] = [
        "edited_message", "channel_post", "edited_channel_post", "inline_query", "chosen_inline_result",
        "shipping_query", "pre_checkout_query", "poll", "poll_answer", "my_chat_member", "chat_member",
        "chat_join_request", "chat_boost", "removed_chat_boost", "message_reaction", "message_reaction_count",
        "business_connection", "business_message", "edited_business_message", "deleted_business_messages",
        "purchased_paid_media", "managed_bot", "guest_message",
    ]

    // MARK: Updates

    private mutating func message(_ message: JSONView, id: [UInt8]) {
        guard let chat = message["chat"], chat.kind == .object, let at = message["date"]?.unixTime else {
            return quarantine(.wrongShape)
        }
        guard chat["type"]?.isText("private") ?? false else { return ignore() }
        guard let sender = TelegramSender(message["from"], chat: chat) else { return quarantine(.wrongShape) }
        if sender.isBot { return ignore() }
        guard let content = TelegramContent.read(message, sender: sender) else { return ignore() }
        append(content, from: sender, id: id, at: at)
    }

    /// A press on a button of ours. One below an inline message, or of a game, is not a choice we gave.
    private mutating func callback(_ query: JSONView, id: [UInt8]) {
        guard let queryID = query["id"]?.filledText, queryID.count <= Limits.nativeIDMax.bytes else {
            return quarantine(.wrongShape)
        }
        guard let chat = query["message"]?["chat"], chat["type"]?.isText("private") ?? false,
            let data = query["data"]?.textBytes
        else { return ignore() }
        guard let sender = TelegramSender(query["from"], chat: chat) else { return quarantine(.wrongShape) }
        if sender.isBot { return ignore() }
        let title = TelegramContent.title(of: data, in: query["message"])
        let content = MessageContent(.button, text: title ?? data, choiceID: data)
        append(content, from: sender, id: id, at: now, queryID: queryID)
    }

    private mutating func append(
        _ content: MessageContent, from sender: TelegramSender, id: [UInt8], at: WallTime, queryID: [UInt8]? = nil
    ) {
        var senderID: [UInt8] = []
        ASCII.append(Int(sender.id), to: &senderID)
        webhook.messages.append(
            InboundMessage(
                channel: .telegram, nativeID: id,
                conversation: ConversationKey(.telegram, own: botID, sender: senderID),
                replyTo: .telegramChat(sender.chat), senderID: senderID, phone: content.ownPhone,
                language: sender.language, type: content.type, text: content.text,
                startPayload: content.startPayload, choiceID: content.choiceID, attachments: content.attachments,
                at: at, callbackQueryID: queryID))
    }

    private mutating func quarantine(_ reason: QuarantineReason) { webhook.quarantined.append(reason) }
    private mutating func ignore() { webhook.ignored += 1 }
}

/// A user of Telegram and the private chat with the bot. Ids need 52 bits.
struct TelegramSender {
    let id: Int64
    let chat: Int64
    let isBot: Bool
    /// IETF tag, lower-case; nil when absent or not one.
    let language: [UInt8]?

    /// Nil when the user or the chat has no id.
    init?(_ user: JSONView?, chat: JSONView) {
        guard let user, let id = user["id"]?.integer, id > 0, let chat = chat["id"]?.integer else { return nil }
        self.id = id
        self.chat = chat
        isBot = user["is_bot"]?.bool ?? false
        let tag = user["language_code"]?.filledText?.map(ASCII.lowercased)
        let isTag = tag?.allSatisfy { ASCII.isLower($0) || ASCII.isDigit($0) || $0 == 0x2D } ?? false
        language = isTag && (tag?.count ?? 0) <= 35 ? tag : nil
    }
}
