// A parsed JSON document: the source octets and a flat tape of small nodes over them. Immutable and Sendable; made
// by `JSONDocument.parse` on any thread, read through `JSONView`. Used for every JSON octet that comes from outside.

/// Why a document was refused, and where.
struct JSONFault: Error, Hashable, Sendable {
    enum Kind: Hashable, Sendable, CaseIterable {
        /// No octets, or blanks only.
        case empty
        /// More than `Limits.jsonDocumentMax`.
        case tooLarge
        /// The document begins with EF BB BF (RFC 8259 §8.1 forbids writing it).
        case byteOrderMark
        /// The document ends inside a value.
        case unexpectedEnd
        /// An octet that no rule of the grammar allows here; comments and NaN end here too.
        case unexpectedOctet
        /// Something other than blanks after the document.
        case trailingOctets
        /// A comma before `]` or `}`.
        case trailingComma
        /// Something like `true`, `false` or `null` that is not it.
        case invalidLiteral
        /// Leading zero, no digit after `-`, `.` or `e`.
        case invalidNumber
        /// Ill-formed, overlong or surrogate UTF-8 (RFC 3629 §4).
        case invalidUTF8
        /// An unknown escape, or `\u` without four hexadecimal digits.
        case invalidEscape
        /// `\uD800`…`\uDFFF` that is not one half of a pair.
        case loneSurrogate
        /// A raw octet below 0x20 inside a string.
        case rawControl
        /// Nested deeper than `Limits.jsonDepthMax`.
        case tooDeep
        /// The same key twice in one object, compared after unescaping.
        case duplicateKey

        /// Stable name for logs and metrics.
        var word: StaticString {
            switch self {
            case .empty: "empty"
            case .tooLarge: "too_large"
            case .byteOrderMark: "byte_order_mark"
            case .unexpectedEnd: "unexpected_end"
            case .unexpectedOctet: "unexpected_octet"
            case .trailingOctets: "trailing_octets"
            case .trailingComma: "trailing_comma"
            case .invalidLiteral: "invalid_literal"
            case .invalidNumber: "invalid_number"
            case .invalidUTF8: "invalid_utf8"
            case .invalidEscape: "invalid_escape"
            case .loneSurrogate: "lone_surrogate"
            case .rawControl: "raw_control"
            case .tooDeep: "too_deep"
            case .duplicateKey: "duplicate_key"
            }
        }
    }

    let kind: Kind
    /// Offset of the octet that broke the rule; the number of octets when the document ended too early.
    let offset: Int

    init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
    }
}

/// One value, or one key, on the tape. 16 octets.
///
/// A container is followed by its children; a member is its key node and then its value. Offsets and counts fit
/// because a document is at most `Limits.jsonDocumentMax`.
struct JSONNode: Sendable {
    /// First octet of the value in the source; the quote of a string.
    let start: UInt32
    /// One after the last octet; set when a container closes.
    var end: UInt32
    /// Value: index of the node after this value and all inside it (while a container is open: its parent).
    /// Key: fingerprint of the unescaped key, see `JSONKeys`.
    var link: UInt32
    /// Bits 0-2 kind, bit 3 `mark`, bits 4-31 number of elements or members.
    private var packed: UInt32

    /// The meaning of `mark`: true for `true`, for a number without fraction and exponent, for a string with escapes.
    var mark: Bool { packed & 8 != 0 }
    var count: Int { Int(packed >> 4) }
    var kind: JSONView.Kind { JSONView.Kind(rawValue: UInt8(packed & 7)) ?? .null }

    init(_ kind: JSONView.Kind, start: Int, end: Int, link: Int, mark: Bool = false) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
        self.link = UInt32(truncatingIfNeeded: link)
        self.packed = UInt32(kind.rawValue) | (mark ? 8 : 0)
    }

    @inline(__always) mutating func countOne() { packed &+= 16 }
}

/// Owner of the octets and the nodes, shared by all views of one document: a view is then one reference and an index.
final class JSONTape: Sendable {
    let source: [UInt8]
    let nodes: [JSONNode]

    init(source: [UInt8], nodes: [JSONNode]) {
        self.source = source
        self.nodes = nodes
    }
}

/// A document that obeys RFC 8259 and the narrower rules of `JSONFault`.
struct JSONDocument: Sendable {
    private let tape: JSONTape

    /// Checks the whole document; nothing of a refused document can be read.
    ///
    /// Time and memory are linear in the number of octets whatever they are.
    static func parse(_ bytes: [UInt8]) throws(JSONFault) -> JSONDocument {
        JSONDocument(tape: JSONTape(source: bytes, nodes: try JSONParser.nodes(of: bytes)))
    }

    var root: JSONView { JSONView(tape: tape, index: 0) }
}
