// Reads the identity service's answer into a ContextUser (CONTRACT §5): strict in what it must rely on, closed in
// what it lets through. Pure functions, any thread; called by the IdentityLookup middleware.

/// Why a 200 of the identity service cannot be used.
enum IdentityFault: String, Error, Hashable, Sendable, CaseIterable {
    case notJSON = "not_json"
    case malformed
    /// The answer is about another number than the one asked for.
    case otherPhone = "other_phone"

    var word: StaticString {
        switch self {
        case .notJSON: "not_json"
        case .malformed: "malformed"
        case .otherPhone: "other_phone"
        }
    }
}

enum IdentityAnswer {
    /// The sender, or nil when the service knows nobody under this number.
    /// - Parameters:
    ///   - phone: the number that was asked for; it becomes the sender's `phone`.
    ///   - candidates: all forms of the sender's number, one of which the answer may repeat.
    static func decode(
        _ response: OutboundResponse, askedFor phone: E164, candidates: [E164]
    ) throws(IdentityFault) -> ContextUser? {
        guard isPlain(response.head) else { throw .malformed }
        guard isJSON(response.head) else { throw .notJSON }
        return try decode(response.body, askedFor: phone, candidates: candidates)
    }

    static func decode(
        _ body: [UInt8], askedFor phone: E164, candidates: [E164]
    ) throws(IdentityFault) -> ContextUser? {
        guard let root = (try? JSONDocument.parse(body))?.root else { throw .notJSON }
        guard let sender = root["sender"] else { throw .malformed }
        if sender.isNull { return nil }
        guard sender.kind == .object else { throw .malformed }
        try check(sender["phone"], candidates)
        return ContextUser(
            id: try identifier(sender["id"]),
            name: try display(sender["name"]) ?? [],
            phone: phone,
            country: try country(sender["country"], of: phone),
            verdict: try verdict(sender["verdict"]),
            isBlocked: try flag(sender["is_blocked"]),
            cards: try list(sender["cards"]) { card throws(IdentityFault) in
                guard let text = try display(card) else { throw .malformed }
                return text
            },
            paymentMethods: try list(sender["payment_methods"]) { method throws(IdentityFault) in
                guard method.kind == .object, let type = try display(method["type"]),
                    let text = try display(method["display"])
                else { throw .malformed }
                return PaymentMethodSummary(type: type, display: text)
            })
    }

    /// No content coding (RFC 9110 §8.4): none was offered, so what the octets mean is not known for sure even when
    /// they read as JSON.
    private static func isPlain(_ head: HTTPResponseHead) -> Bool {
        guard head.count("Content-Encoding") > 0 else { return true }
        return head.only("Content-Encoding").map { ASCII.equalIgnoringCase($0, "identity") } ?? false
    }

    /// `application/json`, or a type whose name ends in `+json` (RFC 6839 §3.1), said once.
    private static func isJSON(_ head: HTTPResponseHead) -> Bool {
        guard let value = head.only("Content-Type") else { return false }
        var type = value.prefix { $0 != 0x3B }
        while let last = type.last, last == ASCII.space || last == ASCII.tab { type = type.dropLast() }
        if ASCII.equalIgnoringCase(type, "application/json") { return true }
        return ASCII.equalIgnoringCase(type.prefix(12), "application/") && type.count > 17
            && ASCII.equalIgnoringCase(type.suffix(5), "+json")
    }

    private static func identifier(_ view: JSONView?) throws(IdentityFault) -> [UInt8] {
        guard let view else { throw .malformed }
        if let number = view.integer { return [UInt8](text: "\(number)") }
        guard let text = view.textBytes, text.count <= Limits.identityIDMax.bytes, !text.isEmpty,
            DisplayText.clean(text) == text
        else { throw .malformed }
        return text
    }

    /// The answer may repeat the number. Another person's number means another person's data: refused whole.
    private static func check(_ view: JSONView?, _ candidates: [E164]) throws(IdentityFault) {
        guard let view, !view.isNull else { return }
        guard let text = view.textBytes, let phone = try? PhoneNormalizer.normalize(text, .international) else {
            throw .malformed
        }
        guard candidates.contains(phone) else { throw .otherPhone }
    }

    /// Two letters, else the country of the number: a courtesy to agents, no decision hangs on it.
    private static func country(_ view: JSONView?, of phone: E164) throws(IdentityFault) -> [UInt8] {
        if let view, !view.isNull {
            guard let text = view.textBytes else { throw .malformed }
            if text.count == 2, text.allSatisfy(ASCII.isLetter) { return text.map { $0 & 0xDF } }
        }
        return [UInt8](text: phone.country ?? "")
    }

    /// A word we do not know is a check that is not over (CONTRACT §11).
    private static func verdict(_ view: JSONView?) throws(IdentityFault) -> ComplianceVerdict {
        guard let word = view?.text, !word.isEmpty else { throw .malformed }
        return ComplianceVerdict(rawValue: word) ?? .pending
    }

    private static func flag(_ view: JSONView?) throws(IdentityFault) -> Bool {
        guard let view, !view.isNull else { return false }
        guard let value = view.bool else { throw .malformed }
        return value
    }

    private static func display(_ view: JSONView?) throws(IdentityFault) -> [UInt8]? {
        guard let view, !view.isNull else { return nil }
        guard let text = view.textBytes else { throw .malformed }
        return DisplayText.cleanWithoutCards(text)
    }

    private static func list<Item>(
        _ view: JSONView?, _ read: (JSONView) throws(IdentityFault) -> Item
    ) throws(IdentityFault) -> [Item] {
        guard let view, !view.isNull else { return [] }
        guard view.kind == .array else { throw .malformed }
        var items: [Item] = []
        for element in view.elements {
            let item = try read(element)
            if items.count < Limits.displayItemsMax { items.append(item) }
        }
        return items
    }
}
