// Reads the body of an agent's 200 (CONTRACT §6, §11): strict, because what is accepted here is sent to a person.
// Members that CONTRACT does not name are ignored, card numbers in texts masked. Pure functions, any thread; called by
// HTTPAgent.

enum AgentAnswerReader {
    /// - Parameter operations: what the agent may want a ticket for.
    static func read(
        _ body: [UInt8], operations: TicketOperations = .builtIn
    ) throws(AgentAnswerFault) -> AgentAnswer {
        let root: JSONView
        do throws(JSONFault) {
            root = try JSONDocument.parse(body).root
        } catch {
            if error.kind == .empty { return AgentAnswer() }
            throw .notJSON
        }
        guard root.kind == .object else { throw .notAnObject }
        let replies = try replies(root["replies"]).map { $0.withoutCards() }
        return AgentAnswer(
            replies: replies.map(\.reply), state: try state(root["state"]),
            maskedCards: replies.reduce(0) { $0 + $1.count }, ticket: try ticket(root["ticket"], operations))
    }

    private static func replies(_ view: JSONView?) throws(AgentAnswerFault) -> [Reply] {
        guard let view, !view.isNull else { return [] }
        guard view.kind == .array else { throw .replies }
        guard view.count <= Limits.agentRepliesMax else { throw .replyCount }
        var replies: [Reply] = []
        for element in view.elements { replies.append(try reply(element)) }
        return replies
    }

    private static func reply(_ view: JSONView) throws(AgentAnswerFault) -> Reply {
        guard view.kind == .object, let type = view["type"] else { throw .replies }
        if type.isText("text") { return .text(try text(view)) }
        if type.isText("buttons") {
            return .buttons(
                text: try text(view),
                choices: try choices(view["buttons"], max: Limits.replyButtonsMax, described: false))
        }
        if type.isText("list") {
            return .list(
                text: try text(view), button: try label(view["button"]),
                items: try choices(view["items"], max: Limits.replyItemsMax, described: true))
        }
        if type.isText("link") { return .link(text: try text(view), url: try url(view["url"])) }
        if type.isText("contact_request") {
            return .contactRequest(text: try text(view), button: try label(view["button"]))
        }
        throw .replyType
    }

    private static func text(_ view: JSONView) throws(AgentAnswerFault) -> [UInt8] {
        guard let text = view["text"]?.textBytes, text.count <= Limits.replyTextMax.bytes, shows(text) else {
            throw .text
        }
        return text
    }

    private static func label(_ view: JSONView?) throws(AgentAnswerFault) -> [UInt8] {
        guard let text = view?.textBytes, text.count <= Limits.choiceTitleMax.bytes, shows(text) else { throw .choices }
        return text
    }

    /// Choices with different ids: the one that comes back must name one of them.
    private static func choices(
        _ view: JSONView?, max: Int, described: Bool
    ) throws(AgentAnswerFault) -> [Choice] {
        guard let view, view.kind == .array, (1...max).contains(view.count) else { throw .choices }
        var choices: [Choice] = []
        for element in view.elements {
            guard let id = element["id"]?.textBytes, id.count <= Limits.choiceIDMax.bytes, shows(id) else {
                throw .choices
            }
            guard !choices.contains(where: { $0.id == id }) else { throw .choices }
            let title = try label(element["title"])
            let description = described ? try self.description(element["description"]) : nil
            choices.append(Choice(id: id, title: title, description: description))
        }
        return choices
    }

    private static func description(_ view: JSONView?) throws(AgentAnswerFault) -> [UInt8]? {
        guard let view, !view.isNull else { return nil }
        guard let text = view.textBytes, text.count <= Limits.choiceDescriptionMax.bytes else { throw .choices }
        return shows(text) ? text : nil
    }

    /// An absolute http or https URL. A person's browser opens it, so a fragment is allowed.
    private static func url(_ view: JSONView?) throws(AgentAnswerFault) -> [UInt8] {
        guard let text = view?.textBytes, text.count <= Limits.replyURLMax.bytes else { throw .url }
        let address = text.prefix { $0 != 0x23 }
        guard HTTPURL(Array(address)) != nil,
            text[address.endIndex...].dropFirst().allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x23 })
        else { throw .url }
        return text
    }

    private static func state(_ view: JSONView?) throws(AgentAnswerFault) -> [UInt8]? {
        guard let view else { return nil }
        if view.isNull { return [] }
        guard view.kind == .object else { throw .state }
        guard view.raw.count <= Limits.agentStateMax.bytes else { throw .stateTooLarge }
        return Array(view.raw)
    }

    private static func ticket(
        _ view: JSONView?, _ operations: TicketOperations
    ) throws(AgentAnswerFault) -> TicketWish? {
        guard let view, !view.isNull else { return nil }
        guard view.kind == .object,
            let terms = TicketTerms(operation: view["operation"], actions: view["actions"], among: operations)
        else { throw .ticket }
        var reply = [UInt8](text: "{link}")
        if let text = view["reply"], !text.isNull {
            guard let octets = text.textBytes, octets.count <= Limits.replyTextMax.bytes, shows(octets) else {
                throw .ticket
            }
            reply = CardNumber.mask(octets, issuedOnly: true).masked
        }
        return TicketWish(operation: terms.operation, actions: terms.actions, reply: reply)
    }

    /// Whether there is anything but blanks: no channel sends an empty text.
    private static func shows(_ text: [UInt8]) -> Bool { text.contains { $0 > 0x20 && $0 != 0x7F } }
}
