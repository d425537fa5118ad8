// Writes replies as `sendMessage` of the Bot API (reference: protocols §2): plain text without parse mode, so that
// nothing needs escaping, and without link previews. A value made for one reply by `TelegramChannel.encode`.

struct TelegramEncoder {
    let chat: Int64

    private static let unit = TextUnit.utf16

    /// The bodies of the messages in the order in which they must arrive. None for an empty text.
    func bodies(of reply: Reply) -> [JSONWriter] {
        switch reply {
        case .text(let text):
            return plain(text)
        case .buttons(let text, let choices), .list(let text, button: _, let choices):
            return self.choices(text, choices)
        case .link(let text, let url):
            return link(text, url)
        case .contactRequest(let text, let button):
            return marked(text) { json in
                json.key("keyboard")
                json.array { json in
                    json.array { json in
                        json.object { json in
                            json.member("text", bytes: Self.title(button))
                            json.member("request_contact", true)
                        }
                    }
                }
                json.member("one_time_keyboard", true)
                json.member("resize_keyboard", true)
            }
        }
    }

    private func plain(_ text: [UInt8]) -> [JSONWriter] {
        ChannelText.pieces(text, max: Limits.telegramTextMax, Self.unit).map { message($0) }
    }

    /// Buttons stand below the text, one a row, and need no button that opens them. Descriptions have no room on a
    /// button and go into the text.
    private func choices(_ text: [UInt8], _ choices: [Choice]) -> [JSONWriter] {
        guard ChannelText.carries(choices, max: Limits.telegramRowsMax, idMax: Limits.telegramCallbackDataMax) else {
            return plain(ChannelText.numbered(text, choices))
        }
        let titles = ChannelText.titles(choices, max: Limits.telegramButtonTitleMax, Self.unit)
        return keyboard(described(text, choices)) { json in
            for (choice, title) in zip(choices, titles) {
                json.array { json in
                    json.object { json in
                        json.member("text", bytes: title)
                        json.member("callback_data", bytes: choice.id)
                    }
                }
            }
        }
    }

    private func described(_ text: [UInt8], _ choices: [Choice]) -> [UInt8] {
        var out = text
        for choice in choices {
            guard let description = choice.description, !description.isEmpty else { continue }
            if !out.isEmpty { out += out.count == text.count ? [ASCII.lineFeed, ASCII.lineFeed] : [ASCII.lineFeed] }
            out += choice.title + [UInt8](text: " - ") + description
        }
        return out
    }

    /// A button named after the host, which needs no language and shows where it leads. Telegram refuses buttons to
    /// other schemes and to hosts without a dot: there the URL stands on a line of its own.
    private func link(_ text: [UInt8], _ url: [UInt8]) -> [JSONWriter] {
        if let parts = HTTPURL(url), parts.origin.isTLS, parts.origin.host.contains(0x2E) {
            return keyboard(text) { json in
                json.array { json in
                    json.object { json in
                        json.member("text", bytes: Self.title(parts.origin.authority))
                        json.member("url", bytes: url)
                    }
                }
            }
        }
        return ChannelText.linked(text, url, max: Limits.telegramTextMax, Self.unit).map { message($0) }
    }

    // MARK: Envelope

    private func keyboard(_ text: [UInt8], rows: (inout JSONWriter) -> Void) -> [JSONWriter] {
        marked(text) { json in
            json.key("inline_keyboard")
            json.array(rows)
        }
    }

    /// The last part of the text carries the markup.
    private func marked(_ text: [UInt8], markup: (inout JSONWriter) -> Void) -> [JSONWriter] {
        let parts = ChannelText.parts(
            text, lastMax: Limits.telegramTextMax, max: Limits.telegramTextMax, Self.unit)
        let last = message(parts.last) { json in
            json.key("reply_markup")
            json.object(markup)
        }
        return parts.first.map { message($0) } + [last]
    }

    private func message(_ text: [UInt8], more: (inout JSONWriter) -> Void = { _ in }) -> JSONWriter {
        var json = JSONWriter()
        json.object { json in
            json.key("chat_id")
            json.integer(chat)
            json.member("text", bytes: text)
            json.key("link_preview_options")
            json.object { $0.member("is_disabled", true) }
            more(&json)
        }
        return json
    }

    private static func title(_ text: [UInt8]) -> [UInt8] {
        ChannelText.title(text, max: Limits.telegramButtonTitleMax, unit)
    }
}
