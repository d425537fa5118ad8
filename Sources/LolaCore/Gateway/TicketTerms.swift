// What a ticket is for: an operation and what the widget may do for it, as agents write them in answers and over REST.
// Pure, any thread.

struct TicketTerms: Hashable, Sendable {
    let operation: [UInt8]
    let actions: [[UInt8]]

    /// Operations that have a widget.
    static let operations = ["cip", "card"].map { [UInt8](text: $0) }

    /// Terms that were judged before.
    init(operation: [UInt8], actions: [[UInt8]]) {
        self.operation = operation
        self.actions = actions
    }

    /// Everything that Lola knows of an operation.
    init(operation: [UInt8]) { self.init(operation: operation, actions: Self.all(of: operation)) }

    /// Nil unless the operation is one of ours and each action is `<operation>:<word>`, once. Without actions the
    /// ticket allows all of its operation that Lola knows.
    init?(operation: JSONView?, actions: JSONView?) {
        guard let operation = operation?.textBytes, Self.operations.contains(operation) else { return nil }
        self.operation = operation
        guard let actions, !actions.isNull else {
            self.actions = Self.all(of: operation)
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
        let words = operation == [UInt8](text: "cip")
            ? ["cip:scan-id", "cip:pol-token", "cip:pol-validate"] : ["card:authorize"]
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
