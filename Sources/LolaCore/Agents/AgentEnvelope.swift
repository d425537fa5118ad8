// What an agent is told about one message (CONTRACT §6), as JSON: the verified sender, never what was not verified.
// Pure functions, any thread; called by HTTPAgent.

enum AgentEnvelope {
    static func write(_ agent: AgentName, _ turn: Turn, state: [UInt8]?) -> [UInt8] {
        // With its head a piece as the allocator keeps at hand, of 1,032 octets at most.
        var writer = JSONWriter(capacity: 960)
        writer.object { root in
            root.member("version", 1)
            root.member("agent", agent.rawValue)
            root.member("conversation", bytes: turn.message.conversation.bytes)
            root.member("message") { message(turn, to: &$0) }
            root.member("context_user") { user(turn.identity, to: &$0) }
            root.member("unavailable_service", isUnavailable(turn.identity))
            root.member("state") { self.state(state, to: &$0) }
            root.member("event") { event(turn.message.event, to: &$0) }
        }
        return writer.bytes
    }

    /// `start` stands only in the beginning of a Telegram chat, `choice` only where a choice was made: the id that the
    /// agent gave to the button or item.
    private static func message(_ turn: Turn, to writer: inout JSONWriter) {
        let message = turn.message
        writer.object { object in
            object.member("key", bytes: message.key.bytes)
            object.member("type", message.type.rawValue)
            object.member("text", bytes: message.type == .start ? [] : message.text ?? [])
            object.member("at", bytes: CivilDate(message.at).rfc3339())
            object.member("attachments") { list in
                list.array { for attachment in turn.attachments { self.attachment(attachment, to: &$0) } }
            }
            object.member("command") { command(turn.command, to: &$0) }
            if message.type == .start { object.member("start") { optional(message.startPayload, to: &$0) } }
            if let choice = message.choiceID { object.member("choice", bytes: choice) }
        }
    }

    private static func event(_ event: CallbackEvent?, to writer: inout JSONWriter) {
        guard let event else { return writer.null() }
        writer.object { object in
            object.member("type", "callback")
            object.member("ticket_id", bytes: event.ticket.hex)
            object.member("operation", bytes: event.operation)
            object.member("outcome", "\(event.outcome.word)")
            object.member("result") { $0.raw(event.result) }
        }
    }

    private static func attachment(_ attachment: Attachment, to writer: inout JSONWriter) {
        writer.object { object in
            switch attachment {
            case .contact(let name, let phone, let isOwn):
                object.member("type", "contact")
                object.member("name", bytes: name)
                object.member("phone") { optional(phone, to: &$0) }
                object.member("own", isOwn)
            case .location(let latitude, let longitude, let name):
                object.member("type", "location")
                object.member("latitude") { number(latitude, to: &$0) }
                object.member("longitude") { number(longitude, to: &$0) }
                object.member("name") { optional(name, to: &$0) }
            case .file(let type, let mediaType, let fileName):
                object.member("type", type.rawValue)
                object.member("media_type") { optional(mediaType, to: &$0) }
                object.member("file_name") { optional(fileName, to: &$0) }
            }
        }
    }

    private static func command(_ command: SlashCommand?, to writer: inout JSONWriter) {
        guard let command else { return writer.null() }
        writer.object { object in
            object.member("name", bytes: command.name)
            object.member("arguments", bytes: command.arguments)
        }
    }

    private static func user(_ identity: Identity, to writer: inout JSONWriter) {
        guard case .known(let user) = identity else { return writer.null() }
        writer.object { object in
            object.member("id", bytes: user.id)
            object.member("name", bytes: user.name)
            object.member("phone", bytes: user.phone.bytes)
            object.member("country", bytes: user.country)
            object.member("verdict", user.verdict.rawValue)
            object.member("is_blocked", user.isBlocked)
            object.member("cards") { cards in
                cards.array { for card in user.cards { $0.string(bytes: card) } }
            }
            object.member("payment_methods") { methods in
                methods.array { list in
                    for method in user.paymentMethods {
                        list.object { entry in
                            entry.member("type", bytes: method.type)
                            entry.member("display", bytes: method.display)
                        }
                    }
                }
            }
        }
    }

    private static func isUnavailable(_ identity: Identity) -> Bool {
        if case .unavailable = identity { true } else { false }
    }

    /// The state comes from the store: what is no JSON object any more is told as none.
    private static func state(_ state: [UInt8]?, to writer: inout JSONWriter) {
        guard let state, (try? JSONDocument.parse(state))?.root.kind == .object else { return writer.null() }
        writer.raw(state)
    }

    private static func optional(_ text: [UInt8]?, to writer: inout JSONWriter) {
        if let text { writer.string(bytes: text) } else { writer.null() }
    }

    private static func number(_ value: Double, to writer: inout JSONWriter) {
        if value.isFinite { writer.raw("\(value)".utf8) } else { writer.null() }
    }
}
