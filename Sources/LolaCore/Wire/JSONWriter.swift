// Writes one JSON document on one line, always valid UTF-8, whatever text it is given. A plain value; everybody who
// answers or calls with JSON uses it. Misuse (a value without a key, a key in an array) is our fault and stops.

struct JSONWriter {
    /// What may come next.
    private enum Place {
        case root, complete, firstElement, nextElement, firstKey, nextKey, memberValue
    }

    /// What has been written; a whole document once the outermost value is closed.
    private(set) var bytes: [UInt8] = []
    private var place = Place.root

    /// `capacity` is the expected number of octets; it is no limit.
    init(capacity: Int = 256) { bytes.reserveCapacity(capacity) }

    /// The document stands behind these octets, such as the lines before it.
    init(after bytes: consuming [UInt8]) { self.bytes = bytes }

    // MARK: Containers

    mutating func object(_ body: (inout JSONWriter) -> Void) {
        let after = beginValue()
        bytes.append(0x7B)
        place = .firstKey
        body(&self)
        precondition(place == .firstKey || place == .nextKey, "a JSON key was written without its value")
        bytes.append(0x7D)
        place = after
    }

    mutating func array(_ body: (inout JSONWriter) -> Void) {
        let after = beginValue()
        bytes.append(0x5B)
        place = .firstElement
        body(&self)
        bytes.append(0x5D)
        place = after
    }

    /// The key of the next value, a plain word without anything to escape. Keys of one object must differ; the
    /// writer does not check it.
    mutating func key(_ key: StaticString) {
        precondition(place == .firstKey || place == .nextKey, "a JSON key has no place here")
        bytes.write(atMost: key.utf8CodeUnitCount + 4) { pen in
            if place == .nextKey { pen.put(0x2C) }
            pen.put(0x22)
            pen.put(word: key)
            pen.put(word: "\":")
        }
        place = .memberValue
    }

    mutating func key(bytes key: some Collection<UInt8>) {
        beginKey()
        quoted(Array(key))
        endKey()
    }

    // MARK: Values

    mutating func string(_ text: String) {
        let after = beginValue()
        quoted(text)
        place = after
    }

    /// Text of unknown origin: each ill-formed UTF-8 sequence becomes U+FFFD.
    mutating func string(bytes text: some Collection<UInt8>) {
        let after = beginValue()
        quoted(Array(text))
        place = after
    }

    mutating func integer(_ value: Int) {
        let after = beginValue()
        ASCII.append(value, to: &bytes)
        place = after
    }

    mutating func integer(_ value: Int64) { integer(Int(value)) }

    mutating func bool(_ value: Bool) { plain(value ? "true" : "false") }

    mutating func null() { plain("null") }

    /// A value known to be valid JSON, such as `JSONView.raw`. Line ends and tabs are left out: in valid JSON they
    /// are blanks between tokens.
    mutating func raw(_ json: some Collection<UInt8>) {
        let after = beginValue()
        let start = bytes.count
        bytes.append(contentsOf: json)
        if Self.least(bytes.span.extracting(start...)) < 0x20 {
            bytes.replaceSubrange(start..., with: bytes[start...].filter { $0 >= 0x20 })
        }
        place = after
    }

    /// The same for what a writer made, which is in one line.
    mutating func raw(written json: [UInt8]) {
        let after = beginValue()
        bytes += json
        place = after
    }

    /// Without a branch for each octet: lists of tools are long.
    private static func least(_ octets: Span<UInt8>) -> UInt8 {
        var least = UInt8.max
        for at in octets.indices { least = min(least, octets[at]) }
        return least
    }

    /// A word without anything to escape.
    mutating func string(word: StaticString) {
        let after = beginValue()
        bytes.write(atMost: word.utf8CodeUnitCount + 2) { pen in
            pen.put(0x22)
            pen.put(word: word)
            pen.put(0x22)
        }
        place = after
    }

    /// The 16 hex digits of a number, as a string.
    mutating func string(hex word: UInt64) {
        let after = beginValue()
        bytes.append(0x22)
        Hex.append(word, to: &bytes)
        bytes.append(0x22)
        place = after
    }

    /// Ends the line of a whole document.
    mutating func endLine() {
        precondition(place == .complete, "a line ends behind a whole document")
        bytes.append(0x0A)
    }

    // MARK: Members

    mutating func member(_ key: StaticString, word: StaticString) {
        self.key(key)
        string(word: word)
    }

    mutating func member(_ key: StaticString, hex word: UInt64) {
        self.key(key)
        string(hex: word)
    }

    /// A string, or `null` for nil.
    mutating func member(_ key: StaticString, _ text: String?) {
        self.key(key)
        if let text { string(text) } else { null() }
    }

    mutating func member(_ key: StaticString, _ value: Int) {
        self.key(key)
        integer(value)
    }

    mutating func member(_ key: StaticString, _ value: Bool) {
        self.key(key)
        bool(value)
    }

    /// A string from octets of unknown origin.
    mutating func member(_ key: StaticString, bytes text: some Collection<UInt8>) {
        self.key(key)
        string(bytes: text)
    }

    /// `body` writes exactly one value.
    mutating func member(_ key: StaticString, _ body: (inout JSONWriter) -> Void) {
        self.key(key)
        body(&self)
        precondition(place == .nextKey, "a JSON member needs one value")
    }

    // MARK: Parts

    /// Writes the comma; returns the place after the value.
    private mutating func beginValue() -> Place {
        switch place {
        case .root: return .complete
        case .firstElement: return .nextElement
        case .nextElement:
            bytes.append(0x2C)
            return .nextElement
        case .memberValue: return .nextKey
        case .complete, .firstKey, .nextKey: preconditionFailure("a JSON value has no place here")
        }
    }

    private mutating func plain(_ word: StaticString) {
        let after = beginValue()
        bytes.append(word: word)
        place = after
    }

    private mutating func beginKey() {
        precondition(place == .firstKey || place == .nextKey, "a JSON key has no place here")
        if place == .nextKey { bytes.append(0x2C) }
    }

    private mutating func endKey() {
        bytes.append(0x3A)
        place = .memberValue
    }

    private mutating func quoted(_ text: String) {
        let octets = text.utf8Span.span
        if JSONText.afterPlain(octets, 0) < octets.count { return quoted(Array(text.utf8)) }
        quoted(plain: octets)
    }

    private mutating func quoted(plain octets: Span<UInt8>) {
        bytes.write(atMost: octets.count + 2) { pen in
            pen.put(0x22)
            pen.put(copying: octets)
            pen.put(0x22)
        }
    }

    private mutating func quoted(_ text: [UInt8]) {
        if JSONText.afterPlain(text.span, 0) == text.count { return quoted(plain: text.span) }
        bytes.append(0x22)
        var at = 0
        while at < text.count {
            let end = JSONText.afterPlain(text.span, at)
            if end > at { bytes.append(copying: text.span.extracting(at..<end)) }
            at = end
            if at < text.count { at = special(text, at) }
        }
        bytes.append(0x22)
    }

    /// Writes one character that is not plain; returns the offset after it.
    private mutating func special(_ text: [UInt8], _ start: Int) -> Int {
        if text[start] < 0x80 {
            ascii(text[start])
            return start + 1
        }
        var decoder = JSONScalarDecoder()
        for at in start..<text.count {
            switch decoder.feed(text[at]) {
            case .more: continue
            case .scalar(let value):
                scalar(value)
                return at + 1
            case .invalid:
                scalar(0xFFFD)
                return at + 1
            case .broken:
                scalar(0xFFFD)
                return at
            }
        }
        scalar(0xFFFD)
        return text.count
    }

    /// An ASCII character that cannot stand for itself.
    private mutating func ascii(_ octet: UInt8) {
        switch octet {
        case 0x22, 0x5C:
            bytes.append(0x5C)
            bytes.append(octet)
        case 0x08: escaped(0x62)
        case 0x09: escaped(0x74)
        case 0x0A: escaped(0x6E)
        case 0x0C: escaped(0x66)
        case 0x0D: escaped(0x72)
        default: escaped(codeUnit: UInt32(octet))
        }
    }

    /// A scalar above U+007F. The two line separators are escaped so that a line of output stays one line everywhere.
    private mutating func scalar(_ value: UInt32) {
        if value == 0x2028 || value == 0x2029 { return escaped(codeUnit: value) }
        if value < 0x800 {
            bytes.append(UInt8(truncatingIfNeeded: 0xC0 | value >> 6))
        } else {
            if value < 0x1_0000 {
                bytes.append(UInt8(truncatingIfNeeded: 0xE0 | value >> 12))
            } else {
                bytes.append(UInt8(truncatingIfNeeded: 0xF0 | value >> 18))
                bytes.append(UInt8(truncatingIfNeeded: 0x80 | value >> 12 & 0x3F))
            }
            bytes.append(UInt8(truncatingIfNeeded: 0x80 | value >> 6 & 0x3F))
        }
        bytes.append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
    }

    private mutating func escaped(_ letter: UInt8) {
        bytes.append(0x5C)
        bytes.append(letter)
    }

    private mutating func escaped(codeUnit: UInt32) {
        escaped(0x75)
        for shift in [12 as UInt32, 8, 4, 0] {
            let digit = UInt8(truncatingIfNeeded: codeUnit >> shift & 0xF)
            bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}
