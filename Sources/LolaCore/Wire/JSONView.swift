// One value of a parsed document, as the readers see it: channels, agents, the identity client. A reference to the
// document and an index, so it costs no allocation; reading never fails, a wrong type answers nil.

struct JSONView: Sendable {
    enum Kind: UInt8, Hashable, Sendable {
        case null, bool, number, string, array, object
    }

    private let tape: JSONTape
    private let index: Int

    init(tape: JSONTape, index: Int) {
        self.tape = tape
        self.index = index
    }

    private var node: JSONNode { tape.nodes[index] }

    var kind: Kind { node.kind }

    // MARK: Members and elements

    /// The member with a key; nil when there is none or this is no object. Time is linear in the number of members.
    subscript(_ key: StaticString) -> JSONView? {
        key.withOctets { member($0) }
    }

    /// The same for a key that is not known at compile time; `key` is compared with the unescaped key.
    func member(_ key: [UInt8]) -> JSONView? { member(key.span) }

    private func member(_ key: Span<UInt8>) -> JSONView? {
        let object = node
        guard object.kind == .object else { return nil }
        let source = tape.source
        var member = index &+ 1
        while member < object.link {
            if JSONText.equal(source.span, tape.nodes[member], key) { return JSONView(tape: tape, index: member &+ 1) }
            member = Int(tape.nodes[member &+ 1].link)
        }
        return nil
    }

    /// The element at a place counted from 0; nil outside the array. Time is linear in the place.
    subscript(_ place: Int) -> JSONView? {
        let array = node
        guard array.kind == .array && place >= 0 && place < array.count else { return nil }
        var element = index &+ 1
        for _ in 0..<place { element = Int(tape.nodes[element].link) }
        return JSONView(tape: tape, index: element)
    }

    /// The elements in order; none unless this is an array.
    var elements: JSONElements {
        JSONElements(tape: tape, first: index &+ 1, end: kind == .array ? Int(node.link) : index &+ 1)
    }

    /// Keys, unescaped, and values in order; none unless this is an object.
    var members: JSONMembers {
        JSONMembers(tape: tape, first: index &+ 1, end: kind == .object ? Int(node.link) : index &+ 1)
    }

    /// Number of elements or members; 0 for every other value.
    var count: Int { node.count }

    // MARK: Scalars

    var isNull: Bool { kind == .null }

    var bool: Bool? { kind == .bool ? node.mark : nil }

    /// The value of a number written without fraction and exponent that fits; `1.0` and `1e2` answer nil.
    var integer: Int64? {
        let number = node
        guard number.kind == .number && number.mark else { return nil }
        let source = tape.source
        var at = Int(number.start)
        let isNegative = source[at] == 0x2D
        if isNegative { at &+= 1 }
        // Counted downwards, because the smallest value has no positive counterpart.
        var value: Int64 = 0
        while at < number.end {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.subtractingReportingOverflow(Int64(source[at] &- 0x30))
            if overflow || carry { return nil }
            value = sum
            at &+= 1
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// The nearest binary64 value; nil when the number is too large for a finite one.
    var double: Double? {
        guard kind == .number, let value = Double(raw.text), value.isFinite else { return nil }
        return value
    }

    /// The unescaped text of a string.
    var text: String? {
        let string = node
        guard string.kind == .string else { return nil }
        if string.mark { return JSONText.unescaped(string, of: tape.source).text }
        return tape.source[Int(string.start) &+ 1..<Int(string.end) &- 1].text
    }

    /// The unescaped octets of a string, well-formed UTF-8.
    var textBytes: [UInt8]? {
        let string = node
        guard string.kind == .string else { return nil }
        return JSONText.unescaped(string, of: tape.source)
    }

    /// Whether this is a string with exactly this text.
    func isText(_ word: StaticString) -> Bool {
        let string = node
        guard string.kind == .string else { return false }
        let source = tape.source
        return word.withOctets { JSONText.equal(source.span, string, $0) }
    }

    /// The exact source octets of this value, with the quotes or brackets and whatever blanks are inside.
    var raw: ArraySlice<UInt8> { tape.source[Int(node.start)..<Int(node.end)] }
}

/// The elements of an array, in order.
struct JSONElements: Sequence, Sendable {
    fileprivate let tape: JSONTape
    fileprivate let first: Int
    fileprivate let end: Int

    func makeIterator() -> Iterator { Iterator(tape: tape, place: first, end: end) }

    struct Iterator: IteratorProtocol {
        fileprivate let tape: JSONTape
        fileprivate var place: Int
        fileprivate let end: Int

        mutating func next() -> JSONView? {
            guard place < end else { return nil }
            defer { place = Int(tape.nodes[place].link) }
            return JSONView(tape: tape, index: place)
        }
    }
}

/// The members of an object, in order, keys unescaped.
struct JSONMembers: Sequence, Sendable {
    fileprivate let tape: JSONTape
    fileprivate let first: Int
    fileprivate let end: Int

    func makeIterator() -> Iterator { Iterator(tape: tape, place: first, end: end) }

    struct Iterator: IteratorProtocol {
        fileprivate let tape: JSONTape
        fileprivate var place: Int
        fileprivate let end: Int

        mutating func next() -> (key: [UInt8], value: JSONView)? {
            guard place < end else { return nil }
            let key = JSONText.unescaped(tape.nodes[place], of: tape.source)
            let value = JSONView(tape: tape, index: place &+ 1)
            place = Int(tape.nodes[place &+ 1].link)
            return (key, value)
        }
    }
}
