// Writes replies as WhatsApp messages (reference: protocols §1.5). Limits are counted in Unicode scalars, which are
// never fewer than WhatsApp's characters. A value made for one reply by `WhatsAppChannel.encode`.

struct WhatsAppEncoder {
    let address: ReplyAddress
    /// Comes back in statuses; left out when it is longer than WhatsApp carries.
    let reference: [UInt8]

    private static let unit = TextUnit.scalar

    /// The bodies of the messages in the order in which they must arrive. None for an empty text.
    func bodies(of reply: Reply) -> [JSONWriter] {
        switch reply {
        case .text(let text):
            return plain(text)
        case .buttons(let text, let choices):
            let canCarry = ChannelText.carries(
                choices, max: Limits.whatsAppButtonsMax, idMax: Limits.whatsAppButtonIDMax)
            return canCarry ? buttons(text, choices) : plain(ChannelText.numbered(text, choices))
        case .list(let text, let button, let items):
            let canCarry = ChannelText.carries(items, max: Limits.whatsAppRowsMax, idMax: Limits.whatsAppRowIDMax)
            return canCarry ? list(text, button, items) : plain(ChannelText.numbered(text, items))
        case .link(let text, let url):
            return ChannelText.linked(text, url, max: Limits.whatsAppTextMax, Self.unit).map { self.text($0) }
        case .contactRequest(let text, _):
            // WhatsApp draws the button in the sender's language.
            return interactive(text, "request_contact_info") { json in
                json.member("name", "request_contact_info")
            }
        }
    }

    // MARK: Text

    private func plain(_ text: [UInt8]) -> [JSONWriter] {
        ChannelText.pieces(text, max: Limits.whatsAppTextMax, Self.unit).map { self.text($0) }
    }

    private func text(_ text: [UInt8]) -> JSONWriter {
        message("text") { json in
            json.member("body", bytes: text)
            json.member("preview_url", false)
        }
    }

    // MARK: Choices

    private func buttons(_ text: [UInt8], _ choices: [Choice]) -> [JSONWriter] {
        let titles = ChannelText.titles(choices, max: Limits.whatsAppButtonTitleMax, Self.unit)
        return interactive(text, "button") { json in
            json.key("buttons")
            json.array { json in
                for (choice, title) in zip(choices, titles) {
                    json.object { json in
                        json.member("type", "reply")
                        json.key("reply")
                        json.object { json in
                            json.member("id", bytes: choice.id)
                            json.member("title", bytes: title)
                        }
                    }
                }
            }
        }
    }

    private func list(_ text: [UInt8], _ button: [UInt8], _ items: [Choice]) -> [JSONWriter] {
        interactive(text, "list") { json in
            let label = ChannelText.title(button, max: Limits.whatsAppButtonTitleMax, Self.unit)
            json.member("button", bytes: label)
            json.key("sections")
            json.array { json in
                json.object { json in
                    json.key("rows")
                    json.array { json in
                        for item in items { row(item, &json) }
                    }
                }
            }
        }
    }

    private func row(_ item: Choice, _ json: inout JSONWriter) {
        json.object { json in
            json.member("id", bytes: item.id)
            json.member("title", bytes: ChannelText.title(item.title, max: Limits.whatsAppRowTitleMax, Self.unit))
            if let description = item.description, !description.isEmpty {
                let line = ChannelText.title(description, max: Limits.whatsAppRowDescriptionMax, Self.unit)
                json.member("description", bytes: line)
            }
        }
    }

    // MARK: Envelope

    /// A text too long to stand above an action goes first, as plain messages.
    private func interactive(
        _ text: [UInt8], _ type: StaticString, action: (inout JSONWriter) -> Void
    ) -> [JSONWriter] {
        let parts = ChannelText.parts(
            text, lastMax: Limits.whatsAppBodyMax, max: Limits.whatsAppTextMax, Self.unit)
        let last = message("interactive") { json in
            json.member("type", type.description)
            json.key("body")
            json.object { $0.member("text", bytes: parts.last) }
            json.key("action")
            json.object(action)
        }
        return parts.first.map { self.text($0) } + [last]
    }

    private func message(_ type: StaticString, _ content: (inout JSONWriter) -> Void) -> JSONWriter {
        var json = JSONWriter()
        json.object { json in
            json.member("messaging_product", "whatsapp")
            json.member("recipient_type", "individual")
            switch address {
            case .whatsappNumber(let digits): json.member("to", bytes: digits)
            case .whatsappUser(let user): json.member("recipient", bytes: user)
            case .telegramChat, .sms, .twilioWhatsApp, .mail: preconditionFailure("this is no address of WhatsApp")
            }
            json.member("type", type.description)
            json.key(type)
            json.object(content)
            if (1...Limits.whatsAppReferenceMax.bytes).contains(reference.count) {
                json.member("biz_opaque_callback_data", bytes: reference)
            }
        }
        return json
    }
}
