// Octets of JSON strings: the checks of escapes and UTF-8 while parsing, and unescaping afterwards. Pure functions
// over the source of a document, called by the parser, the key check and the views.

enum JSONText {
    /// The offset of the first octet that needs a look: a quote, a backslash, a control, DEL or no ASCII.
    ///
    /// Eight octets at a time. The high bit of an octet of `special` is set when that octet is special; a borrow or
    /// a carry can set more bits only above one that is, and the lowest is the one used.
    @inline(__always)
    static func afterPlain(_ source: Span<UInt8>, _ start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var at = start
        while source.count &- at >= 8 {
            let word = source.word(at: at)
            let quote = (word ^ (ones &* 0x22)) &- ones
            let backslash = (word ^ (ones &* 0x5C)) &- ones
            let control = word &- (ones &* 0x20)
            let delete = word &+ ones
            let special = (quote | backslash | control | delete | word) & (ones &* 0x80)
            if special != 0 { return at &+ special.trailingZeroBitCount &>> 3 }
            at &+= 8
        }
        while at < source.count {
            let octet = source[at]
            if octet &- 0x20 >= 0x5F || octet == 0x22 || octet == 0x5C { break }
            at &+= 1
        }
        return at
    }

    /// Checks one well-formed UTF-8 sequence of two octets or more (RFC 3629 §4); returns the offset after it.
    static func afterScalar(_ source: Span<UInt8>, _ start: Int) throws(JSONFault) -> Int {
        let first = source[start]
        var low: UInt8 = 0x80
        var high: UInt8 = 0xBF
        let tail: Int
        switch first {
        case 0xC2...0xDF: tail = 1
        case 0xE0...0xEF:
            tail = 2
            if first == 0xE0 { low = 0xA0 }
            if first == 0xED { high = 0x9F }
        case 0xF0...0xF4:
            tail = 3
            if first == 0xF0 { low = 0x90 }
            if first == 0xF4 { high = 0x8F }
        default: throw JSONFault(.invalidUTF8, at: start)
        }
        for step in 1...tail {
            let at = start &+ step
            guard at < source.count else { throw JSONFault(.unexpectedEnd, at: at) }
            guard source[at] >= low, source[at] <= high else { throw JSONFault(.invalidUTF8, at: at) }
            low = 0x80
            high = 0xBF
        }
        return start &+ tail &+ 1
    }

    /// Checks one escape that begins with the backslash at `start`; a surrogate pair counts as one.
    static func afterEscape(_ source: Span<UInt8>, _ start: Int) throws(JSONFault) -> Int {
        let at = start &+ 1
        guard at < source.count else { throw JSONFault(.unexpectedEnd, at: at) }
        switch source[at] {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74:
            return at &+ 1
        case 0x75:
            let unit = try codeUnit(source, at &+ 1)
            if unit & 0xF800 != 0xD800 { return at &+ 5 }
            guard unit < 0xDC00 else { throw JSONFault(.loneSurrogate, at: start) }
            let next = at &+ 5
            guard next < source.count else { throw JSONFault(.unexpectedEnd, at: next) }
            guard source[next] == 0x5C else { throw JSONFault(.loneSurrogate, at: start) }
            guard next &+ 1 < source.count else { throw JSONFault(.unexpectedEnd, at: next &+ 1) }
            guard source[next &+ 1] == 0x75 else { throw JSONFault(.loneSurrogate, at: start) }
            guard try codeUnit(source, next &+ 2) & 0xFC00 == 0xDC00 else {
                throw JSONFault(.loneSurrogate, at: start)
            }
            return next &+ 6
        default:
            throw JSONFault(.invalidEscape, at: at)
        }
    }

    private static func codeUnit(_ source: Span<UInt8>, _ start: Int) throws(JSONFault) -> UInt32 {
        var unit: UInt32 = 0
        for step in 0..<4 {
            let at = start &+ step
            guard at < source.count else { throw JSONFault(.unexpectedEnd, at: at) }
            guard let digit = hexDigit(source[at]) else { throw JSONFault(.invalidEscape, at: at) }
            unit = unit << 4 | digit
        }
        return unit
    }

    @inline(__always) static func hexDigit(_ octet: UInt8) -> UInt32? {
        if ASCII.isDigit(octet) { return UInt32(octet &- 0x30) }
        let letter = octet | 0x20
        guard letter >= 0x61 && letter <= 0x66 else { return nil }
        return UInt32(letter &- 0x57)
    }

    /// The text between two offsets that the parser has checked, without its escapes.
    static func unescaped(_ source: Span<UInt8>, _ start: Int, _ end: Int) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(end &- start)
        var cursor = JSONTextCursor(at: start, end: end)
        while let octet = cursor.next(source) { out.append(octet) }
        return out
    }

    /// The text of a string or key.
    static func unescaped(_ node: JSONNode, of source: [UInt8]) -> [UInt8] {
        let start = Int(node.start) &+ 1
        let end = Int(node.end) &- 1
        return node.mark ? unescaped(source.span, start, end) : [UInt8](copying: source.span.extracting(start..<end))
    }

    /// Whether a string or key is this text.
    static func equal(_ source: Span<UInt8>, _ node: JSONNode, _ text: Span<UInt8>) -> Bool {
        if node.mark { return equalUnescaped(source, node, text) }
        guard Int(node.end &- node.start) == text.count &+ 2 else { return false }
        let own = source.extracting(Int(node.start) &+ 1..<Int(node.end) &- 1)
        var at = 0
        while text.count &- at >= 8 {
            if own.word(at: at) != text.word(at: at) { return false }
            at &+= 8
        }
        while at < text.count {
            if own[at] != text[at] { return false }
            at &+= 1
        }
        return true
    }

    private static func equalUnescaped(_ source: Span<UInt8>, _ node: JSONNode, _ text: Span<UInt8>) -> Bool {
        var cursor = JSONTextCursor(at: Int(node.start) &+ 1, end: Int(node.end) &- 1)
        for at in 0..<text.count where cursor.next(source) != text[at] { return false }
        return cursor.next(source) == nil
    }

    /// Whether two checked texts of one source are the same after unescaping.
    static func equal(_ source: Span<UInt8>, _ left: JSONNode, _ right: JSONNode) -> Bool {
        var first = JSONTextCursor(at: Int(left.start) &+ 1, end: Int(left.end) &- 1)
        var second = JSONTextCursor(at: Int(right.start) &+ 1, end: Int(right.end) &- 1)
        while true {
            let octet = first.next(source)
            if octet != second.next(source) { return false }
            if octet == nil { return true }
        }
    }
}

/// Walks the unescaped octets of a checked text, without an allocation.
struct JSONTextCursor {
    private var at: Int
    private let end: Int
    /// Octets of an escaped character still to give, the next one lowest.
    private var pending: UInt32 = 0
    private var pendingCount = 0

    init(at: Int, end: Int) {
        self.at = at
        self.end = end
    }

    mutating func next(_ source: Span<UInt8>) -> UInt8? {
        if pendingCount > 0 {
            pendingCount &-= 1
            let octet = UInt8(truncatingIfNeeded: pending)
            pending >>= 8
            return octet
        }
        guard at < end else { return nil }
        let octet = source[at]
        at &+= 1
        return octet == 0x5C ? escape(source) : octet
    }

    private mutating func escape(_ source: Span<UInt8>) -> UInt8 {
        let letter = source[at]
        at &+= 1
        switch letter {
        case 0x62: return 0x08
        case 0x66: return 0x0C
        case 0x6E: return 0x0A
        case 0x72: return 0x0D
        case 0x74: return 0x09
        case 0x75: break
        default: return letter
        }
        var scalar = unit(source)
        if scalar & 0xFC00 == 0xD800 {
            at &+= 2
            scalar = 0x1_0000 &+ ((scalar & 0x3FF) << 10 | unit(source) & 0x3FF)
        }
        return spread(scalar)
    }

    private mutating func unit(_ source: Span<UInt8>) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            unit = unit << 4 | (JSONText.hexDigit(source[at]) ?? 0)
            at &+= 1
        }
        return unit
    }

    /// Gives the first octet of a scalar's UTF-8 and keeps the others.
    private mutating func spread(_ scalar: UInt32) -> UInt8 {
        if scalar < 0x80 { return UInt8(truncatingIfNeeded: scalar) }
        let last = 0x80 | scalar & 0x3F
        let middle = 0x80 | (scalar >> 6) & 0x3F
        if scalar < 0x800 {
            pending = last
            pendingCount = 1
            return UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6)
        }
        if scalar < 0x1_0000 {
            pending = last << 8 | middle
            pendingCount = 2
            return UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12)
        }
        pending = last << 16 | middle << 8 | 0x80 | (scalar >> 12) & 0x3F
        pendingCount = 3
        return UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18)
    }
}
