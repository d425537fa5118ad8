// The strict reader: one pass over the octets, no recursion, one growing array of nodes. Pure functions and a value
// that lives for one call; only `JSONDocument.parse` calls it.

struct JSONParser {
    private var nodes: [JSONNode] = []
    /// Index of the innermost open container; -1 at the root.
    private var open = -1
    private var openIsObject = false
    private var depth = 0

    /// The tape of a document; the first node is the root.
    static func nodes(of bytes: [UInt8]) throws(JSONFault) -> [JSONNode] {
        guard bytes.count <= Limits.jsonDocumentMax.bytes else {
            throw JSONFault(.tooLarge, at: Limits.jsonDocumentMax.bytes)
        }
        if bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF {
            throw JSONFault(.byteOrderMark, at: 0)
        }
        var parser = JSONParser()
        parser.nodes.reserveCapacity(bytes.count / 10 + 8)
        try parser.document(bytes.span)
        return parser.nodes
    }

    private mutating func document(_ source: Span<UInt8>) throws(JSONFault) {
        var at = Self.afterBlanks(source, 0)
        guard at < source.count else { throw JSONFault(.empty, at: at) }
        while true {
            at = try value(source, at)
            at = try separator(source, Self.afterBlanks(source, at))
            if depth == 0 { return }
        }
    }

    /// Reads openings until one whole value, or one empty container, has been read; returns the offset after it.
    private mutating func value(_ source: Span<UInt8>, _ start: Int) throws(JSONFault) -> Int {
        var at = start
        while true {
            let octet = Self.octet(source, at)
            switch octet {
            case 0x22:
                return try string(source, at, isKey: false)
            case 0x7B:
                try push(.object, at)
                at = Self.afterBlanks(source, at &+ 1)
                if Self.octet(source, at) == 0x7D { return at }
                at = try key(source, at)
            case 0x5B:
                try push(.array, at)
                at = Self.afterBlanks(source, at &+ 1)
                if Self.octet(source, at) == 0x5D { return at }
                nodes[open].countOne()
            case 0x2D, 0x30...0x39:
                return try number(source, at)
            case 0x74:
                return try literal(source, at, .bool, "rue", mark: true)
            case 0x66:
                return try literal(source, at, .bool, "alse")
            case 0x6E:
                return try literal(source, at, .null, "ull")
            default:
                throw Self.unexpected(source, at)
            }
        }
    }

    /// Reads what follows a value: closings, then a comma and the next key. Returns the offset of the next value, or
    /// leaves depth 0 when the document is complete.
    private mutating func separator(_ source: Span<UInt8>, _ start: Int) throws(JSONFault) -> Int {
        var at = start
        while depth > 0 {
            let octet = Self.octet(source, at)
            if octet == 0x2C {
                let comma = at
                at = Self.afterBlanks(source, at &+ 1)
                let next = Self.octet(source, at)
                if next == 0x7D || next == 0x5D { throw JSONFault(.trailingComma, at: comma) }
                if openIsObject { return try key(source, at) }
                nodes[open].countOne()
                return at
            }
            guard octet == (openIsObject ? 0x7D : 0x5D) else { throw Self.unexpected(source, at) }
            try pop(source, end: at &+ 1)
            at = Self.afterBlanks(source, at &+ 1)
        }
        guard at == source.count else { throw JSONFault(.trailingOctets, at: at) }
        return at
    }

    // MARK: Containers

    private mutating func push(_ kind: JSONView.Kind, _ at: Int) throws(JSONFault) {
        guard depth < Limits.jsonDepthMax else { throw JSONFault(.tooDeep, at: at) }
        depth &+= 1
        nodes.append(JSONNode(kind, start: at, end: at, link: open))
        open = nodes.count &- 1
        openIsObject = kind == .object
    }

    private mutating func pop(_ source: Span<UInt8>, end: Int) throws(JSONFault) {
        if openIsObject && nodes[open].count > 1 {
            if let offset = JSONKeys.duplicate(of: open, in: nodes, source) {
                throw JSONFault(.duplicateKey, at: offset)
            }
        }
        let parent = Int(Int32(bitPattern: nodes[open].link))
        nodes[open].end = UInt32(truncatingIfNeeded: end)
        nodes[open].link = UInt32(truncatingIfNeeded: nodes.count)
        open = parent
        openIsObject = parent >= 0 && nodes[parent].kind == .object
        depth &-= 1
    }

    /// Reads a key, its colon and the blanks around it; returns the offset of the value.
    private mutating func key(_ source: Span<UInt8>, _ start: Int) throws(JSONFault) -> Int {
        guard Self.octet(source, start) == 0x22 else { throw Self.unexpected(source, start) }
        nodes[open].countOne()
        var at = Self.afterBlanks(source, try string(source, start, isKey: true))
        guard Self.octet(source, at) == 0x3A else { throw Self.unexpected(source, at) }
        at = Self.afterBlanks(source, at &+ 1)
        return at
    }

    // MARK: Scalars

    @inline(__always)
    private mutating func string(_ source: Span<UInt8>, _ start: Int, isKey: Bool) throws(JSONFault) -> Int {
        var at = start &+ 1
        var escaped = false
        while true {
            at = JSONText.afterPlain(source, at)
            guard at < source.count else { throw JSONFault(.unexpectedEnd, at: at) }
            let octet = source[at]
            if octet == 0x22 { break }
            if octet >= 0x80 {
                at = try JSONText.afterScalar(source, at)
            } else if octet == 0x5C {
                escaped = true
                at = try JSONText.afterEscape(source, at)
            } else if octet == 0x7F {
                at &+= 1
            } else {
                throw JSONFault(.rawControl, at: at)
            }
        }
        let link = isKey ? JSONKeys.fingerprint(source, start &+ 1, at, escaped: escaped) : nodes.count &+ 1
        nodes.append(JSONNode(.string, start: start, end: at &+ 1, link: link, mark: escaped))
        return at &+ 1
    }

    private mutating func number(_ source: Span<UInt8>, _ start: Int) throws(JSONFault) -> Int {
        var at = Self.octet(source, start) == 0x2D ? start &+ 1 : start
        let first = at
        at = try Self.afterDigits(source, at)
        if source[first] == 0x30 && at > first &+ 1 { throw JSONFault(.invalidNumber, at: first) }
        var integer = true
        if Self.octet(source, at) == 0x2E {
            integer = false
            at = try Self.afterDigits(source, at &+ 1)
        }
        if Self.octet(source, at) | 0x20 == 0x65 {
            integer = false
            at &+= 1
            let sign = Self.octet(source, at)
            at = try Self.afterDigits(source, sign == 0x2B || sign == 0x2D ? at &+ 1 : at)
        }
        nodes.append(JSONNode(.number, start: start, end: at, link: nodes.count &+ 1, mark: integer))
        return at
    }

    /// `rest` is the literal without its first letter, which the caller has seen.
    private mutating func literal(
        _ source: Span<UInt8>, _ start: Int, _ kind: JSONView.Kind, _ rest: String, mark: Bool = false
    ) throws(JSONFault) -> Int {
        var at = start &+ 1
        for letter in rest.utf8 {
            guard at < source.count else { throw JSONFault(.unexpectedEnd, at: at) }
            guard source[at] == letter else { throw JSONFault(.invalidLiteral, at: at) }
            at &+= 1
        }
        nodes.append(JSONNode(kind, start: start, end: at, link: nodes.count &+ 1, mark: mark))
        return at
    }

    // MARK: Octets

    /// The octet at an offset, 0 after the end. A NUL in the source is no token either, so the two need no telling
    /// apart before `unexpected`.
    @inline(__always) private static func octet(_ source: Span<UInt8>, _ at: Int) -> UInt8 {
        at < source.count ? source[at] : 0
    }

    @inline(__always) private static func afterBlanks(_ source: Span<UInt8>, _ start: Int) -> Int {
        var at = start
        while at < source.count {
            let octet = source[at]
            guard octet <= 0x20, octet == 0x20 || octet == 0x0A || octet == 0x0D || octet == 0x09 else { return at }
            at &+= 1
        }
        return at
    }

    /// One digit or more.
    private static func afterDigits(_ source: Span<UInt8>, _ start: Int) throws(JSONFault) -> Int {
        var at = start
        while at < source.count && ASCII.isDigit(source[at]) { at &+= 1 }
        if at == start { throw JSONFault(at < source.count ? .invalidNumber : .unexpectedEnd, at: at) }
        return at
    }

    private static func unexpected(_ source: Span<UInt8>, _ at: Int) -> JSONFault {
        at < source.count ? JSONFault(.unexpectedOctet, at: at) : JSONFault(.unexpectedEnd, at: source.count)
    }
}
