// The content of a mail, as Resend's API gives it after the webhook: text or html, and the headers that tell an
// automatic answer from a letter (reference: protocols §4, RFC 3834). Pure, called by ResendChannel.

enum ResendContent {
    static func verdict(_ message: InboundMessage, _ response: OutboundResponse) -> ContentVerdict {
        guard response.status == 200 else { return failure(response) }
        guard let root = (try? JSONDocument.parse(response.body))?.root, root.kind == .object else {
            return .retry(word: "content_unreadable", after: nil)
        }
        if let headers = root["headers"]?.present, isAutomatic(headers) { return .automatic }
        return .complete(complete(message, root))
    }

    /// The text; that of the html when there is none; the subject when both are empty. A mail with nothing but files
    /// is a file.
    private static func complete(_ message: InboundMessage, _ root: JSONView) -> InboundMessage {
        var text = root["text"]?.filledText.map { trimmed($0) } ?? []
        if text.isEmpty, let html = root["html"]?.filledText { text = trimmed(HTMLText.plain(html)) }
        if text.isEmpty, message.attachments.isEmpty, case .mail(let thread) = message.replyTo { text = thread.subject }
        let hasFiles = !message.attachments.isEmpty
        let type: MessageType = !text.isEmpty ? .text : hasFiles ? .document : .unsupported
        return InboundMessage(
            channel: message.channel, nativeID: message.nativeID, conversation: message.conversation,
            replyTo: message.replyTo, senderID: message.senderID, phone: nil, language: nil, type: type,
            text: text.isEmpty ? nil : text, startPayload: nil, choiceID: nil, attachments: message.attachments,
            at: message.at, callbackQueryID: nil)
    }

    /// Line ends as line feeds, no blanks around, cut at a character.
    private static func trimmed(_ text: [UInt8]) -> [UInt8] {
        var lines = text.filter {
            $0 != ASCII.carriageReturn && ($0 >= 0x20 || $0 == ASCII.lineFeed || $0 == ASCII.tab)
        }
        if lines.count > Limits.mailTextMax.bytes {
            var end = Limits.mailTextMax.bytes
            while end > 0 && lines[end] & 0xC0 == 0x80 { end -= 1 }
            lines = lines[..<end] + ChannelText.ellipsis
        }
        let isBlank = { (octet: UInt8) in octet <= ASCII.space }
        guard let first = lines.firstIndex(where: { !isBlank($0) }),
            let last = lines.lastIndex(where: { !isBlank($0) })
        else { return [] }
        return Array(lines[first...last])
    }

    /// Any `Auto-Submitted` but `no`, lists and bulk: such mail must not be answered.
    private static func isAutomatic(_ headers: JSONView) -> Bool {
        guard headers.kind == .object else { return false }
        for (name, value) in headers.members {
            let word = (value.textBytes ?? []).prefix { $0 != 0x3B && $0 != ASCII.space }
            if ASCII.equalIgnoringCase(name, "auto-submitted"), !ASCII.equalIgnoringCase(word, "no") { return true }
            if ASCII.equalIgnoringCase(name, "precedence") {
                let bulk: [StaticString] = ["bulk", "junk", "list", "auto_reply"]
                if bulk.contains(where: { ASCII.equalIgnoringCase(word, $0) }) { return true }
            }
            if ASCII.equalIgnoringCase(name, "x-autoreply") || ASCII.equalIgnoringCase(name, "list-id") { return true }
        }
        return false
    }

    /// A mail may be there a moment after its webhook, so 404 is asked again too.
    private static func failure(_ response: OutboundResponse) -> ContentVerdict {
        switch response.status {
        case 401, 403: .final(word: "token_invalid")
        case 404, 408, 425, 429, 500...: .retry(word: "content_unavailable", after: RetryAfter.interval(response.head))
        default: .final(word: "content_refused")
        }
    }
}
