// Fits text into what a channel carries: splitting, cutting, and choices as numbered lines. Pure functions over
// well-formed UTF-8 (replies are made from JSON), called by the encoders of all channels.

/// What a channel counts when it limits a text.
enum TextUnit: Sendable {
    /// Unicode scalars. Never fewer than the characters a person sees, so a text within the limit is within it.
    case scalar
    /// Code units of UTF-16: a scalar above U+FFFF counts twice.
    case utf16

    /// Units of the scalar that begins with this octet.
    @inline(__always) fileprivate func width(_ lead: UInt8) -> Int { self == .utf16 && lead >= 0xF0 ? 2 : 1 }
}

enum ChannelText {
    static let ellipsis: [UInt8] = [0xE2, 0x80, 0xA6]

    /// Length in units.
    static func count(_ text: [UInt8], _ unit: TextUnit) -> Int {
        var units = 0
        for octet in text where !isContinuation(octet) { units &+= unit.width(octet) }
        return units
    }

    /// The parts of a text of at most `max` (≥ 2) units each, in order. Cut at the end of a paragraph or line when
    /// that leaves a part at least half full, else between words, else between scalars. Blanks around a cut are
    /// dropped; a text of blanks has no parts.
    static func split(_ text: [UInt8], max: Int, _ unit: TextUnit) -> [ByteRange] {
        var parts: [ByteRange] = []
        var start = afterBlanks(text, 0)
        while start < text.count {
            let reach = end(of: text, from: start, max: max, unit)
            let cut = reach == text.count ? reach : breakpoint(text, start, reach)
            parts.append(ByteRange(start: start, end: beforeBlanks(text, start, cut)))
            start = afterBlanks(text, cut)
        }
        return parts
    }

    /// The parts of `split` as texts of their own.
    static func pieces(_ text: [UInt8], max: Int, _ unit: TextUnit) -> [[UInt8]] {
        split(text, max: max, unit).map { Array(text[$0.asRange]) }
    }

    /// A text with a URL on a line of its own at its end. The URL shares the last message when it fits there, and is
    /// never cut unless it is longer than a message.
    static func linked(_ text: [UInt8], _ url: [UInt8], max: Int, _ unit: TextUnit) -> [[UInt8]] {
        let room = max - count(url, unit) - 1
        guard room >= 2, !text.isEmpty else { return pieces(text, max: max, unit) + pieces(url, max: max, unit) }
        let parts = parts(text, lastMax: room, max: max, unit)
        return parts.first + [parts.last + [ASCII.lineFeed] + url]
    }

    /// A text as plain messages that go first and a last part short enough to stand above choices. Providers refuse
    /// choices without a text: an empty one becomes `…`.
    static func parts(
        _ text: [UInt8], lastMax: Int, max: Int, _ unit: TextUnit
    ) -> (first: [[UInt8]], last: [UInt8]) {
        guard let last = split(text, max: lastMax, unit).last else { return ([], ellipsis) }
        return (pieces(Array(text[..<last.start]), max: max, unit), Array(text[last.asRange]))
    }

    /// One line of at most `max` units: control characters become spaces, an overlong text ends in `…`, and an
    /// empty one, which providers refuse, is `…`.
    static func title(_ text: [UInt8], max: Int, _ unit: TextUnit) -> [UInt8] {
        let spaced = text.map { ASCII.isControl($0) ? ASCII.space : $0 }
        let start = afterBlanks(spaced, 0)
        let line = Array(spaced[start..<beforeBlanks(spaced, start, spaced.count)])
        if line.isEmpty { return ellipsis }
        guard count(line, unit) > max else { return line }
        let cut = unglued(line, 0, end(of: line, from: 0, max: max - 1, unit))
        return line[..<beforeBlanks(line, 0, cut)] + ellipsis
    }

    /// Titles as by `title`, made different from each other by a number where cutting or the agent made them equal.
    static func titles(_ choices: [Choice], max: Int, _ unit: TextUnit) -> [[UInt8]] {
        var titles: [[UInt8]] = []
        for choice in choices {
            var line = title(choice.title, max: max, unit)
            if titles.contains(line) {
                var number: [UInt8] = [ASCII.space]
                ASCII.append(titles.count + 1, to: &number)
                line = title(choice.title, max: max - number.count, unit) + number
            }
            titles.append(line)
        }
        return titles
    }

    /// Whether a channel can carry these choices unchanged: their number, and ids that are there, short enough and
    /// different. If not, they become numbered lines: a cut id would be another id.
    static func carries(_ choices: [Choice], max: Int, idMax: ByteCount) -> Bool {
        guard (1...max).contains(choices.count) else { return false }
        guard choices.allSatisfy({ (1...idMax.bytes).contains($0.id.count) }) else { return false }
        return Set(choices.map(\.id)).count == choices.count
    }

    /// The text and below it `1. title - description`, one line a choice (CONTRACT §11).
    static func numbered(_ text: [UInt8], _ choices: [Choice]) -> [UInt8] {
        var out = text
        if !choices.isEmpty && !text.isEmpty { out += [ASCII.lineFeed] }
        for (index, choice) in choices.enumerated() {
            if !out.isEmpty { out.append(ASCII.lineFeed) }
            ASCII.append(index + 1, to: &out)
            out += [0x2E, ASCII.space] + choice.title
            if let description = choice.description, !description.isEmpty { out += [UInt8](text: " - ") + description }
        }
        return out
    }

    // MARK: Places

    @inline(__always) private static func isContinuation(_ octet: UInt8) -> Bool { octet & 0xC0 == 0x80 }

    @inline(__always) private static func isBlank(_ octet: UInt8) -> Bool {
        octet == ASCII.space || octet == ASCII.lineFeed || octet == ASCII.tab || octet == ASCII.carriageReturn
    }

    private static func afterBlanks(_ text: [UInt8], _ start: Int) -> Int {
        var at = start
        while at < text.count && isBlank(text[at]) { at &+= 1 }
        return at
    }

    private static func beforeBlanks(_ text: [UInt8], _ start: Int, _ end: Int) -> Int {
        var at = end
        while at > start && isBlank(text[at &- 1]) { at &-= 1 }
        return at
    }

    /// The offset after the last scalar that fits.
    private static func end(of text: [UInt8], from start: Int, max: Int, _ unit: TextUnit) -> Int {
        var left = max
        var at = start
        while at < text.count {
            left &-= unit.width(text[at])
            if left < 0 { return at }
            at &+= 1
            while at < text.count && isContinuation(text[at]) { at &+= 1 }
        }
        return at
    }

    /// Where to cut a part that may reach up to `reach`, which is inside the text.
    private static func breakpoint(_ text: [UInt8], _ start: Int, _ reach: Int) -> Int {
        let half = start + (reach - start) / 2
        var line: Int?
        var word: Int?
        var at = reach
        while at > start {
            if text[at] == ASCII.lineFeed {
                if at >= half && text[at &- 1] == ASCII.lineFeed { return at }
                if line == nil && at >= half { line = at }
            }
            if word == nil && isBlank(text[at]) { word = at }
            if at < half && word != nil { break }
            at &-= 1
        }
        return line ?? word ?? unglued(text, start, reach)
    }

    /// The next place at or before `end` that does not tear what is drawn as one character: no cut before a joiner,
    /// variation selector, combining mark or skin tone, nor after a joiner. Gives up after 16 scalars.
    private static func unglued(_ text: [UInt8], _ start: Int, _ end: Int) -> Int {
        var at = end
        for _ in 0..<16 {
            if !isGlued(text, at) { return at }
            repeat { at &-= 1 } while at > start && isContinuation(text[at])
            if at <= start { return end }
        }
        return end
    }

    private static func isGlued(_ text: [UInt8], _ at: Int) -> Bool {
        let next = text[at...].prefix(4)
        let joiner: [UInt8] = [0xE2, 0x80, 0x8D]
        if next.starts(with: joiner) || text[..<at].suffix(3).elementsEqual(joiner) { return true }
        // U+0300…U+036F, U+FE0F, U+1F3FB…U+1F3FF.
        if next.count >= 2 && (next[at] == 0xCC || next[at] == 0xCD && next[at &+ 1] < 0xB0) { return true }
        if next.starts(with: [0xEF, 0xB8, 0x8F]) { return true }
        return next.starts(with: [0xF0, 0x9F, 0x8F]) && next.count == 4 && next[at &+ 3] >= 0xBB
    }
}
