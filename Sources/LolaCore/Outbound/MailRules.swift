// What a mail to people must hold (CAN-SPAM, RFC 2369): a way out. And what of it a content filter has to read. Pure
// functions, any thread.

enum MailRules {
    /// Whether text or html offer a way to unsubscribe: the word, and something to press or to write to. Of the html
    /// counts what a person sees: no comments, and no links without text or out of sight.
    static func offersWayOut(text: [UInt8], html: [UInt8]?) -> Bool {
        let lower = text.map(ASCII.lowercased)
        if ["http://", "https://", "mailto:"].contains(where: { contains(lower, $0) }), says(text) { return true }
        guard let html else { return false }
        let seen = SeenLinks(html)
        return seen.hasLink && says(seen.html)
    }

    private static func says(_ text: [UInt8]) -> Bool {
        let words = " " + FoldedText(text).words.joined(separator: " ") + " "
        return phrases.contains { words.contains(" \($0) ") || words.contains(" \($0)") && $0.hasSuffix("ribe") }
    }

    private static let phrases = [
        "unsubscribe", "opt out", "dar de baja", "darse de baja", "darte de baja", "cancelar suscripcion",
        "cancelar la suscripcion", "desuscribirse", "desuscribirte", "se desabonner", "manage preferences",
    ]

    fileprivate static func contains(_ text: [UInt8], _ word: String) -> Bool {
        let part = [UInt8](text: word)
        guard text.count >= part.count, let first = part.first else { return false }
        return text.indices.dropLast(part.count - 1).contains { text[$0] == first && text[$0...].starts(with: part) }
    }
}

/// A document without its comments and without the anchors that nobody sees. Linear in the document.
private struct SeenLinks {
    private(set) var html: [UInt8] = []
    private(set) var hasLink = false

    init(_ document: [UInt8]) {
        let source = Self.withoutComments(document)
        html.reserveCapacity(source.count)
        var at = 0
        while at < source.count {
            guard Self.beginsAnchor(source[at...]) else {
                html.append(source[at])
                at += 1
                continue
            }
            let inside = Self.end(ofTag: source, from: at)
            var end = inside
            // Anchors do not nest: the next one ends this one too.
            while end < source.count, !Self.beginsAnchor(source[end...]), !Self.endsAnchor(source[end...]) { end += 1 }
            let tag = source[at..<inside].filter { $0 > ASCII.space }.map(ASCII.lowercased)
            if !Self.isHidden(tag), Self.shows(Array(source[inside..<end])) {
                html += source[at..<end]
                if MailRules.contains(tag, "href=") { hasLink = true }
            }
            at = end
        }
    }

    /// - Parameter tag: without blanks, in lower case.
    private static func isHidden(_ tag: [UInt8]) -> Bool {
        MailRules.contains(tag, "display:none") || MailRules.contains(tag, "visibility:hidden")
    }

    /// Whether there are letters to read, or a picture.
    private static func shows(_ content: [UInt8]) -> Bool {
        !FoldedText(HTMLText.plain(content)).words.isEmpty
            || MailRules.contains(content.map(ASCII.lowercased), "<img")
    }

    private static func beginsAnchor(_ rest: ArraySlice<UInt8>) -> Bool {
        guard rest.first == 0x3C, let name = rest.dropFirst().first, name | 0x20 == 0x61 else { return false }
        return rest.dropFirst(2).first.map { $0 <= ASCII.space || $0 == 0x2F || $0 == 0x3E } ?? false
    }

    private static func endsAnchor(_ rest: ArraySlice<UInt8>) -> Bool {
        guard rest.starts(with: "</".utf8), rest.dropFirst(2).first.map({ $0 | 0x20 == 0x61 }) == true else {
            return false
        }
        return rest.dropFirst(3).first.map { !ASCII.isLetter($0) && !ASCII.isDigit($0) } ?? true
    }

    /// Behind the `>` of the tag that begins there; one inside quotes ends nothing. The end when there is none.
    private static func end(ofTag source: [UInt8], from start: Int) -> Int {
        var quote: UInt8?
        for at in start..<source.count {
            let octet = source[at]
            if let open = quote {
                if octet == open { quote = nil }
            } else if octet == 0x22 || octet == 0x27 {
                quote = octet
            } else if octet == 0x3E {
                return at + 1
            }
        }
        return source.count
    }

    /// What follows a comment that does not end is part of it.
    private static func withoutComments(_ source: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(source.count)
        var at = 0
        while at < source.count {
            guard source[at] == 0x3C, source[at...].starts(with: "<!--".utf8) else {
                out.append(source[at])
                at += 1
                continue
            }
            // `<!-->` is a whole one.
            at += 2
            while at < source.count, !source[at...].starts(with: "-->".utf8) { at += 1 }
            at = min(at + 3, source.count)
        }
        return out
    }
}
