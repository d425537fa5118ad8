// The body of a callback (CONTRACT §7): which ticket, and what the widget found out, in the open or sealed to the
// ticket's key. Nothing that is a card number passes, wherever it stands. Pure but for the key; used by CallbackDoor.

enum CallbackPayload {
    /// A body that has the right form.
    struct Form {
        let ticket: RecordID
        fileprivate let content: Content
    }

    fileprivate enum Content {
        case open([UInt8])
        case sealed([UInt8])
    }

    /// The form of a body. `isFailure`: whoever tells of a failure need not say more.
    static func read(_ body: [UInt8], isFailure: Bool) throws(Refusal) -> Form {
        guard let document = try? JSONDocument.parse(body), document.root.kind == .object else { throw .payloadInvalid }
        let root = document.root
        let text = root["ticket_id"]?.textBytes
        let id = text.flatMap { RecordID(hex: $0) }.flatMap { $0.hex == text ? $0 : nil }
        // Before anything else is looked at. An id may hold any digits, and octets that are sealed mean nothing.
        let spared = (id == nil ? ["sealed"] : ["sealed", "ticket_id"]).map { [UInt8](text: $0) }
        guard !CardSearch.holdsCard(root, except: spared) else { throw .cardDataRefused }
        let known = ["ticket_id", "result", "sealed"].map { [UInt8](text: $0) }
        guard root.members.allSatisfy({ known.contains($0.key) }), let ticket = id else { throw .payloadInvalid }
        switch (root["result"], root["sealed"]) {
        case (let result?, nil) where result.kind == .object:
            return Form(ticket: ticket, content: .open([UInt8](result.raw)))
        case (nil, let sealed?):
            guard let compact = sealed.textBytes else { throw .payloadInvalid }
            return Form(ticket: ticket, content: .sealed(compact))
        case (nil, nil) where isFailure: return Form(ticket: ticket, content: .open([UInt8](text: "{}")))
        default: throw .payloadInvalid
        }
    }

    /// The result as a JSON object without any card number.
    static func result(_ form: Form, seal: Ticket.Seal) throws(Refusal) -> [UInt8] {
        switch form.content {
        case .open(let result): return result
        case .sealed(let compact):
            guard let key = try? SealKey(pem: seal.pem), let plain = try? JWE.open(compact, key: key) else {
                throw .sealInvalid
            }
            guard let document = try? JSONDocument.parse(plain), document.root.kind == .object else {
                throw .payloadInvalid
            }
            guard !CardSearch.holdsCard(document.root) else { throw .cardDataRefused }
            return [UInt8](document.root.raw)
        }
    }
}

/// Looks for card numbers in a JSON document: in texts, in keys, and in numbers however they are written.
enum CardSearch {
    /// `except`: members of the outermost object that are not looked at. The depth is bounded by the parser's.
    static func holdsCard(_ view: JSONView, except spared: [[UInt8]] = []) -> Bool {
        switch view.kind {
        case .null, .bool: false
        case .string: isCard(view.textBytes ?? [])
        case .number: CardNumber.contains([UInt8](view.raw)) || isCard(view.double)
        case .array: view.elements.contains { holdsCard($0) } || isSplit(view)
        case .object: view.members.contains { isCard($0.key) || !spared.contains($0.key) && holdsCard($0.value) }
        }
    }

    /// A single word with letters is a token or a digest: digits in it that pass the check digit by chance are none,
    /// digits that a card network would issue are.
    private static func isCard(_ text: [UInt8]) -> Bool {
        let isWord = text.contains(where: ASCII.isLetter) && !text.contains { $0 <= 0x20 }
        return CardNumber.mask(text, issuedOnly: isWord).count > 0
    }

    /// `4.111111111111111e15` is a card number too.
    private static func isCard(_ value: Double?) -> Bool {
        guard let value, abs(value) >= 1e12, abs(value) < 9e18, value == value.rounded(.towardZero) else {
            return false
        }
        var digits: [UInt8] = []
        ASCII.append(Int(abs(value)), to: &digits)
        return CardNumber.contains(digits)
    }

    /// So are its groups in a row: `["4111", "1111", "1111", "1111"]`.
    private static func isSplit(_ array: JSONView) -> Bool {
        var joined: [UInt8] = []
        for element in array.elements {
            guard let part = element.textBytes ?? element.integer.map({ [UInt8](text: "\($0)") }),
                (1...6).contains(part.count), part.allSatisfy(ASCII.isDigit)
            else { return false }
            joined += part
        }
        return CardNumber.contains(joined)
    }
}
