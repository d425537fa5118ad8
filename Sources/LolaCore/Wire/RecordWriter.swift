// The octets of a record at rest, written part by part: one version octet, then fields without names. Pure value; the
// codecs of messages, replies and outbox records use it. Equal values have equal octets.

struct RecordWriter {
    private(set) var bytes: [UInt8]

    /// `version` of the record's form; a reader refuses those it does not know.
    init(version: UInt8) {
        bytes = []
        bytes.reserveCapacity(256)
        bytes.append(version)
    }

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func flag(_ value: Bool) { bytes.append(value ? 1 : 0) }

    /// Seven bits an octet, the lowest first; all but the last octet have the top bit (LEB128, in its shortest form).
    mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Eight octets, the lowest first.
    mutating func word(_ value: UInt64) {
        bytes.append(littleEndian: value)
    }

    mutating func word(_ value: Int64) { word(UInt64(bitPattern: value)) }

    /// A count, then the octets.
    mutating func octets(_ value: [UInt8]) {
        number(UInt64(value.count))
        bytes += value
    }

    /// The same, of a text.
    mutating func octets(of text: String) {
        number(UInt64(text.utf8.count))
        bytes += text.utf8
    }

    /// A flag, then the value when there is one.
    mutating func optional<Value>(_ value: Value?, _ write: (inout RecordWriter, Value) -> Void) {
        flag(value != nil)
        if let value { write(&self, value) }
    }

    mutating func optional(_ value: [UInt8]?) { optional(value) { $0.octets($1) } }

    /// A count, then each element; an element takes at least one octet.
    mutating func list<Element>(_ elements: [Element], _ write: (inout RecordWriter, Element) -> Void) {
        number(UInt64(elements.count))
        for element in elements { write(&self, element) }
    }
}
