// The fields of mails that Lola reads and repeats: addresses, subjects, message ids. Everything here ends in one line
// of visible characters, so that nothing of a stranger's mail can become a header of ours. Pure functions.

enum MailText {
    /// The one address of a `From`: `local@domain`, the domain in lower case. Nil for none, for several, and for forms
    /// that nobody needs (quoted local parts, comments, groups). A name in front proves nothing and is dropped.
    static func address(_ field: [UInt8]) -> [UInt8]? {
        let text = HTTPSyntax.trimmed(field[...])
        guard text.contains(0x3C) || text.contains(0x3E) else { return bare(text) }
        guard text.last == 0x3E, let open = unquoted(text).lastIndex(of: 0x3C) else { return nil }
        let name = unquoted(text)[..<open]
        // What is outside of quotes may hold neither a second address nor the end of a list.
        guard !name.contains(where: { $0 == 0x2C || $0 == 0x3A || $0 == 0x3B || $0 == 0x3C || $0 == 0x3E }) else {
            return nil
        }
        return bare(text[(text.startIndex + (open - text.startIndex) + 1)..<(text.endIndex - 1)])
    }

    /// The text with everything in double quotes blanked out, the places kept. An open quote runs to the end.
    private static func unquoted(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var out = text
        var isQuoted = false
        var isEscaped = false
        for index in text.indices {
            let octet = text[index]
            if isQuoted { out[index] = ASCII.space }
            if isEscaped {
                isEscaped = false
            } else if isQuoted && octet == 0x5C {
                isEscaped = true
            } else if octet == 0x22 {
                isQuoted.toggle()
                out[index] = ASCII.space
            }
        }
        return out
    }

    private static func bare(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard (3...Limits.mailAddressMax.bytes).contains(text.count), let at = text.firstIndex(of: 0x40),
            text.lastIndex(of: 0x40) == at, at > text.startIndex, at < text.endIndex - 1
        else { return nil }
        let isPlain = text.allSatisfy { octet in
            octet > 0x20 && octet < 0x7F && !Self.specials.contains(octet)
        }
        guard isPlain else { return nil }
        let domain = text[(at + 1)...]
        guard domain.first != 0x2E, domain.last != 0x2E, domain.allSatisfy(isDomain) else { return nil }
        return Array(text[...at]) + domain.map(ASCII.lowercased)
    }

    /// `"(),:;<>[\]` (RFC 5322 §3.2.3); the colon also separates the parts of our keys.
    private static let specials: Set<UInt8> = [0x22, 0x28, 0x29, 0x2C, 0x3A, 0x3B, 0x3C, 0x3E, 0x5B, 0x5C, 0x5D]

    private static func isDomain(_ octet: UInt8) -> Bool {
        ASCII.isLetter(octet) || ASCII.isDigit(octet) || octet == 0x2D || octet == 0x2E
    }

    /// One line without control characters, cut at `Limits.mailSubjectMax`; empty for nothing.
    static func subject(_ text: [UInt8]) -> [UInt8] {
        let repaired = [UInt8](text: text.text)
        guard repaired.contains(where: { $0 > ASCII.space && $0 != 0x7F }) else { return [] }
        return ChannelText.title(repaired, max: Limits.mailSubjectMax, .scalar)
    }

    /// `Re: ` and the subject, once.
    static func answer(to subject: [UInt8]) -> [UInt8] {
        let clean = self.subject(subject)
        if clean.isEmpty { return [UInt8](text: "Re: your message") }
        let isAnswer = ASCII.equalIgnoringCase(clean.prefix(3), "re:")
        return isAnswer ? clean : [UInt8](text: "Re: ") + clean
    }

    /// `<…@…>` of visible ASCII without blanks; nil for everything else.
    static func messageID(_ text: [UInt8]) -> [UInt8]? {
        let id = HTTPSyntax.trimmed(text[...])
        guard (3...Limits.mailMessageIDMax.bytes).contains(id.count), id.first == 0x3C, id.last == 0x3E else {
            return nil
        }
        let inner = id.dropFirst().dropLast()
        guard inner.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x3C && $0 != 0x3E && $0 != 0x2C }) else { return nil }
        return Array(id)
    }
}
