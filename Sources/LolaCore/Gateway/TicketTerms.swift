// What a ticket is for: an operation and what the widget may do for it, as agents write them in answers and over REST.
// Pure, any thread.

/// The operations that tickets can be for: the two with a built-in widget, and those that the bank has a widget for.
struct TicketOperations: Hashable, Sendable {
    static let builtIn = TicketOperations(own: [])

    let names: [[UInt8]]

    /// - Parameter own: names of `widgets.operations`.
    init(own: [[UInt8]]) { names = ["cip", "card"].map { [UInt8](text: $0) } + own }

    /// 1–32 lower-case letters, digits, `-` and `_`, a letter first.
    static func isName(_ text: some Collection<UInt8>) -> Bool {
        guard let first = text.first, ASCII.isLower(first), text.count <= Limits.operationNameMax.bytes else {
            return false
        }
        return text.allSatisfy { ASCII.isLower($0) || ASCII.isDigit($0) || $0 == 0x2D || $0 == 0x5F }
    }
}

struct TicketTerms: Hashable, Sendable {
    let operation: [UInt8]
    let actions: [[UInt8]]

    /// Terms that were judged before.
    init(operation: [UInt8], actions: [[UInt8]]) {
        self.operation = operation
        self.actions = actions
    }

    /// Everything that Lola knows of an operation.
    init(operation: [UInt8]) { self.init(operation: operation, actions: Self.all(of: operation)) }

    /// Nil unless the operation is one of `operations` and each action is `<operation>:<word>`, once. Without actions
    /// the ticket allows all of its operation that Lola knows; of an operation of the bank's own it knows none.
    init?(operation: JSONView?, actions: JSONView?, among operations: TicketOperations) {
        guard let operation = operation?.textBytes, operations.names.contains(operation) else { return nil }
        self.operation = operation
        guard let actions, !actions.isNull else {
            self.actions = Self.all(of: operation)
            if self.actions.isEmpty { return nil }
            return
        }
        guard actions.kind == .array, (1...Limits.ticketActionsMax).contains(actions.count) else { return nil }
        var words: [[UInt8]] = []
        for element in actions.elements {
            guard let word = element.textBytes, Self.isAction(word, of: operation), !words.contains(word) else {
                return nil
            }
            words.append(word)
        }
        self.actions = words
    }

    private static func all(of operation: [UInt8]) -> [[UInt8]] {
        let words =
            switch operation.text {
            case "cip": ["cip:scan-id", "cip:pol-token", "cip:pol-validate"]
            case "card": ["card:authorize"]
            default: [String]()
            }
        return words.map { [UInt8](text: $0) }
    }

    private static func isAction(_ word: [UInt8], of operation: [UInt8]) -> Bool {
        let prefix = operation + [0x3A]
        guard word.count > prefix.count, word.count <= Limits.ticketActionMax.bytes, word.starts(with: prefix) else {
            return false
        }
        return word[prefix.count...].allSatisfy { ASCII.isLower($0) || ASCII.isDigit($0) || $0 == 0x2D || $0 == 0x5F }
    }
}
