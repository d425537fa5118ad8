// What a mail to people must hold (CAN-SPAM, RFC 2369): a way out. And what of it a content filter has to read. Pure
// functions, any thread.

enum MailRules {
    /// Whether text or html offer a way to unsubscribe: the word, and something to press or to write to.
    static func offersWayOut(text: [UInt8], html: [UInt8]?) -> Bool {
        offersWayOut(text, links: ["http://", "https://", "mailto:"])
            || html.map { offersWayOut($0, links: ["href="]) } ?? false
    }

    private static func offersWayOut(_ text: [UInt8], links: [String]) -> Bool {
        let lower = text.map { ASCII.lowercased($0) }
        guard links.contains(where: { contains(lower, [UInt8](text: $0)) }) else { return false }
        let words = " " + FoldedText(text).words.joined(separator: " ") + " "
        return phrases.contains { words.contains(" \($0) ") || words.contains(" \($0)") && $0.hasSuffix("ribe") }
    }

    private static let phrases = [
        "unsubscribe", "opt out", "dar de baja", "darse de baja", "darte de baja", "cancelar suscripcion",
        "cancelar la suscripcion", "desuscribirse", "desuscribirte", "se desabonner", "manage preferences",
    ]

    private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        guard text.count >= part.count, let first = part.first else { return false }
        return text.indices.dropLast(part.count - 1).contains { text[$0] == first && text[$0...].starts(with: part) }
    }
}
