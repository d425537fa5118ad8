// Writes one Telegram update as the Bot API sends it, with the secret token beside it (reference: protocols §2). A
// value made for one message by WebhookForge.

struct TelegramForge {
    let person: SandboxPerson
    let secrets: WebhookSecrets
    let now: WallTime
    let random: [UInt8]

    func webhook(_ content: ForgedContent) -> ForgedWebhook {
        let id = WebhookForge.number(random.prefix(4)) & 0x7FFF_FFFF
        var json = JSONWriter(capacity: 512)
        json.object { json in
            json.member("update_id", id)
            switch content {
            case .button(let choice, let title), .listItem(let choice, let title):
                json.member("callback_query") { json in json.object { query(choice, title, to: &$0) } }
            case .text, .image, .contact:
                json.member("message") { json in json.object { message(content, to: &$0) } }
            }
        }
        var secret: [UInt8] = []
        secrets.telegramSecret.withBytes { bytes in
            for index in bytes.indices { secret.append(bytes[index]) }
        }
        return ForgedWebhook(
            path: [UInt8](text: "/webhooks/telegram"),
            fields: [
                OutboundField(name: "Content-Type", value: [UInt8](text: "application/json")),
                OutboundField(name: "X-Telegram-Bot-Api-Secret-Token", value: secret),
            ],
            body: json.bytes, key: MessageKey(.telegram, nativeID: [UInt8](text: "\(id)")))
    }

    private func message(_ content: ForgedContent, to json: inout JSONWriter) {
        head(id: WebhookForge.number(random.suffix(3)) + 1, to: &json)
        switch content {
        case .text(let text):
            json.member("text", bytes: text)
            if text.first == 0x2F { command(text, to: &json) }
        case .image(let caption):
            json.member("photo") { json in
                json.array { json in
                    json.object { json in
                        json.member("file_id", bytes: Base64.encode(random))
                        json.member("file_unique_id", bytes: Base64.encode(random.prefix(6)))
                        json.member("width", 1_280)
                        json.member("height", 960)
                    }
                }
            }
            if let caption { json.member("caption", bytes: caption) }
        case .contact:
            json.member("contact") { json in
                json.object { json in
                    json.member("phone_number", bytes: person.phone.digits)
                    names(to: &json)
                    json.key("user_id")
                    json.integer(person.telegramID)
                }
            }
        case .button, .listItem: preconditionFailure("a pressed button is a callback query")
        }
    }

    /// A press on an inline button, with the message it stands under.
    private func query(_ choice: [UInt8], _ title: [UInt8], to json: inout JSONWriter) {
        json.member("id", "\(WebhookForge.number(random))")
        json.member("from") { user(to: &$0) }
        json.member("chat_instance", "\(WebhookForge.number(random.reversed()))")
        json.member("data", bytes: choice)
        json.member("message") { json in
            json.object { json in
                json.member("message_id", WebhookForge.number(random.suffix(3)) + 1)
                json.member("from") { json in
                    json.object { json in
                        json.member("id", ASCII.decimal(secrets.telegramBotID) ?? 0)
                        json.member("is_bot", true)
                        json.member("first_name", "Lola")
                    }
                }
                json.member("chat") { chat(to: &$0) }
                json.key("date")
                json.integer(now.inSeconds)
                json.member("text", "…")
                json.member("reply_markup") { json in
                    json.object { json in
                        json.member("inline_keyboard") { keyboard(choice, title, to: &$0) }
                    }
                }
            }
        }
    }

    private func keyboard(_ choice: [UInt8], _ title: [UInt8], to json: inout JSONWriter) {
        json.array { json in
            json.array { json in
                json.object { json in
                    json.member("text", bytes: title)
                    json.member("callback_data", bytes: choice)
                }
            }
        }
    }

    // MARK: Parts

    private func head(id: Int, to json: inout JSONWriter) {
        json.member("message_id", id)
        json.member("from") { user(to: &$0) }
        json.member("chat") { chat(to: &$0) }
        json.key("date")
        json.integer(now.inSeconds)
    }

    private func user(to json: inout JSONWriter) {
        json.object { json in
            json.key("id")
            json.integer(person.telegramID)
            json.member("is_bot", false)
            names(to: &json)
            if let language = person.language { json.member("language_code", language) }
        }
    }

    private func chat(to json: inout JSONWriter) {
        json.object { json in
            json.key("id")
            json.integer(person.telegramID)
            names(to: &json)
            json.member("type", "private")
        }
    }

    private func names(to json: inout JSONWriter) {
        let parts = person.name.split(separator: " ", maxSplits: 1)
        json.member("first_name", parts.first.map { String($0) } ?? person.name)
        if parts.count > 1 { json.member("last_name", String(parts[1])) }
    }

    /// Telegram marks the command in a text.
    private func command(_ text: [UInt8], to json: inout JSONWriter) {
        let word = text.prefix { $0 > ASCII.space }
        json.member("entities") { json in
            json.array { json in
                json.object { json in
                    json.member("offset", 0)
                    json.member("length", SandboxText.units(Array(word)))
                    json.member("type", "bot_command")
                }
            }
        }
    }
}
