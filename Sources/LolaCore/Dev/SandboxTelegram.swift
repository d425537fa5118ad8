// The sandbox Bot API of `lola dev`: `sendMessage` and `answerCallbackQuery` as Telegram takes them, written into the
// chat instead of sent (reference: protocols §2). Called by the console on its loop.

struct SandboxTelegram {
    private struct Fault: Error {
        let code: Int
        let description: String

        static func bad(_ text: String) -> Fault { Fault(code: 400, description: "Bad Request: \(text)") }
    }

    let world: SandboxWorld
    let botToken: SecretBytes
    let botID: [UInt8]

    /// - Parameter path: what follows `/dev/sandbox/telegram`: `bot<token>`, method.
    func answer(_ request: HTTPRequest, path: [[UInt8]], at now: WallTime) -> HTTPResponse {
        do throws(Fault) {
            guard path.count == 2, path[0].starts(with: "bot".utf8) else {
                throw Fault(code: 404, description: "Not Found")
            }
            guard botToken.equals(path[0].dropFirst(3)) else { throw Fault(code: 401, description: "Unauthorized") }
            guard let root = (try? JSONDocument.parse(request.body))?.root, root.kind == .object else {
                throw .bad("the body is not a JSON object")
            }
            switch path[1].text {
            case "sendMessage": return try send(root, at: now)
            case "answerCallbackQuery":
                guard root["callback_query_id"]?.textBytes != nil else { throw .bad("query id is missing") }
                return success { $0.bool(true) }
            default: throw Fault(code: 404, description: "Not Found")
            }
        } catch {
            return refuse(error)
        }
    }

    private func send(_ root: JSONView, at now: WallTime) throws(Fault) -> HTTPResponse {
        guard let chat = root["chat_id"]?.integer, chat > 0 else { throw .bad("chat not found") }
        guard let text = root["text"]?.textBytes, !text.isEmpty else { throw .bad("message text is empty") }
        guard SandboxText.units(text) <= 4_096 else { throw .bad("message is too long") }
        let buttons = try root["reply_markup"].map { markup throws(Fault) in try self.buttons(markup) } ?? []
        let entry = SandboxEntry(kind: buttons.isEmpty ? .text : .buttons, text: text, buttons: buttons, at: now)
        let number = world.record(entry, with: .telegramChat(chat))
        return success { writer in
            writer.object { writer in
                writer.key("message_id")
                writer.integer(number % 1_000_000_000)
                writer.member("from") { writer in
                    writer.object { writer in
                        writer.member("id", ASCII.decimal(botID) ?? 0)
                        writer.member("is_bot", true)
                        writer.member("first_name", "Lola")
                    }
                }
                writer.member("chat") { writer in
                    writer.object { writer in
                        writer.key("id")
                        writer.integer(chat)
                        writer.member("type", "private")
                    }
                }
                writer.key("date")
                writer.integer(now.inSeconds)
                writer.member("text", bytes: text)
            }
        }
    }

    private func buttons(_ markup: JSONView) throws(Fault) -> [SandboxButton] {
        var found: [SandboxButton] = []
        guard let rows = markup["inline_keyboard"] ?? markup["keyboard"] else { return [] }
        for row in rows.elements {
            for button in row.elements { found.append(try self.button(button)) }
        }
        guard found.count <= 100 else { throw .bad("reply markup is too long") }
        return found
    }

    private func button(_ button: JSONView) throws(Fault) -> SandboxButton {
        guard let title = button["text"]?.textBytes, !title.isEmpty else { throw .bad("text buttons are empty") }
        if let data = button["callback_data"]?.textBytes {
            guard (1...64).contains(data.count) else { throw .bad("BUTTON_DATA_INVALID") }
            return SandboxButton(title: title, press: .choice(id: data))
        }
        if let url = button["url"]?.textBytes {
            guard HTTPURL(url) != nil else { throw .bad("BUTTON_URL_INVALID") }
            return SandboxButton(title: title, press: .link(url: url))
        }
        guard button["request_contact"]?.bool == true else { throw .bad("BUTTON_TYPE_INVALID") }
        return SandboxButton(title: title, press: .contact)
    }

    private func success(_ result: (inout JSONWriter) -> Void) -> HTTPResponse {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("ok", true)
            writer.member("result", result)
        }
        return .json(200, writer.bytes)
    }

    private func refuse(_ fault: Fault) -> HTTPResponse {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("ok", false)
            writer.member("error_code", fault.code)
            writer.member("description", fault.description)
        }
        return .json(fault.code, writer.bytes)
    }
}
