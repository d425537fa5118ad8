// What stands in a WhatsApp message, by its type (reference: protocols §1.4). A missing or ill-formed inner object
// never loses the message: it becomes a message with less in it. Pure functions called by the decoder.

enum WhatsAppContent {
    static func read(_ message: JSONView, type: JSONView) -> MessageContent {
        if type.isText("text") { return MessageContent(.text, text: message["text"]?["body"]?.textBytes) }
        if type.isText("interactive") { return interactive(message["interactive"]) }
        if type.isText("button") {
            let button = message["button"]
            return MessageContent(
                .button, text: button?["text"]?.textBytes, choiceID: button?["payload"]?.textBytes)
        }
        if type.isText("location") {
            let place = message["location"]
            let attachment = place?.location(name: place?["name"]?.filledText)
            return MessageContent(.location, attachments: attachment.map { [$0] } ?? [])
        }
        if type.isText("contacts") { return contacts(message) }
        if type.isText("order") { return MessageContent(.order, text: message["order"]?["text"]?.filledText) }
        // The sender has opened the chat for the first time and waits for a word.
        if type.isText("request_welcome") { return MessageContent(.start, text: []) }
        return file(message, type: type) ?? MessageContent(.unsupported)
    }

    /// Replies to what we sent: a button, a row of a list, a filled-in form. A form's content is the agent's to
    /// fetch; what else there is (call permissions, kinds to come) is not supported.
    private static func interactive(_ interactive: JSONView?) -> MessageContent {
        if let reply = interactive?["button_reply"]?.present {
            return MessageContent(.button, text: reply["title"]?.textBytes, choiceID: reply["id"]?.textBytes)
        }
        if let reply = interactive?["list_reply"]?.present {
            return MessageContent(.list, text: reply["title"]?.textBytes, choiceID: reply["id"]?.textBytes)
        }
        return MessageContent(interactive?["nfm_reply"]?.present != nil ? .flow : .unsupported)
    }

    /// The card is the sender's own only as the answer to a contact request, and then it is one card with one
    /// number. Some providers write `origin` into the card.
    private static func contacts(_ message: JSONView) -> MessageContent {
        guard let cards = message["contacts"] else { return MessageContent(.contact) }
        var attachments: [Attachment] = []
        for card in cards.elements.prefix(Limits.attachmentsMax) {
            let name = card["name"]?["formatted_name"]?.filledText ?? card["name"]?["first_name"]?.filledText
            let phones = card["phones"]
            let phone = phones?[0]?["phone"]?.filledText ?? phones?[0]?["wa_id"]?.filledText
            let origin = message["origin"] ?? card["origin"]
            let isAnswer = origin?.isText("contact_request") ?? false
            let isOwn = isAnswer && cards.count == 1 && phones?.count == 1 && phone != nil
            attachments.append(.contact(name: name ?? [], phone: phone, isOwn: isOwn))
        }
        return MessageContent(.contact, attachments: attachments)
    }

    private static func file(_ message: JSONView, type: JSONView) -> MessageContent? {
        let kinds: [(word: StaticString, type: MessageType)] = [
            ("image", .image), ("audio", .audio), ("document", .document), ("video", .video), ("sticker", .sticker),
        ]
        guard let kind = kinds.first(where: { type.isText($0.word) }) else { return nil }
        let object = message[kind.word]
        let isVoice = kind.type == .audio && object?["voice"]?.bool == true
        let file = Attachment.file(
            type: isVoice ? .voice : kind.type, mediaType: object?["mime_type"]?.filledText,
            fileName: object?["filename"]?.filledText)
        return MessageContent(
            isVoice ? .voice : kind.type, text: object?["caption"]?.filledText, attachments: [file])
    }
}
