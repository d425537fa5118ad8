// Reads what RecordWriter wrote and nothing else: every length is checked against what is left, each value has one
// spelling only, and octets left over are a fault. No input makes it trap or reserve more than the input's own size.

struct RecordReader {
    private let bytes: [UInt8]
    private var next = 0

    /// Takes the version octet. Throws `.cut` when there is none, `.versionUnknown` when it is not `version`.
    init(_ bytes: [UInt8], version: UInt8) throws(RecordFault) {
        self.bytes = bytes
        guard try byte() == version else { throw .versionUnknown }
    }

    mutating func byte() throws(RecordFault) -> UInt8 {
        guard next < bytes.count else { throw .cut }
        defer { next += 1 }
        return bytes[next]
    }

    mutating func flag() throws(RecordFault) -> Bool {
        let value = try byte()
        guard value <= 1 else { throw .malformed }
        return value == 1
    }

    /// Throws `.malformed` for more than 64 bits and for a spelling that is not the shortest.
    mutating func number() throws(RecordFault) -> UInt64 {
        var value: UInt64 = 0
        for place in 0..<10 {
            let octet = try byte()
            if place == 9, octet > 1 { throw .malformed }
            value |= UInt64(octet & 0x7F) << UInt64(7 * place)
            if octet & 0x80 == 0 {
                if octet == 0, place > 0 { throw .malformed }
                return value
            }
        }
        throw .malformed
    }

    mutating func word() throws(RecordFault) -> UInt64 {
        guard bytes.count - next >= 8 else { throw .cut }
        var value: UInt64 = 0
        for place in 0..<8 { value |= UInt64(bytes[next + place]) << UInt64(8 * place) }
        next += 8
        return value
    }

    mutating func signedWord() throws(RecordFault) -> Int64 { Int64(bitPattern: try word()) }

    mutating func octets() throws(RecordFault) -> [UInt8] {
        let count = try self.count()
        defer { next += count }
        return [UInt8](bytes[next..<(next + count)])
    }

    /// Octets that are well-formed UTF-8; `.malformed` otherwise, so that a text is written again as it was read.
    mutating func text() throws(RecordFault) -> String {
        let octets = try octets()
        let text = octets.text
        guard text.utf8.elementsEqual(octets) else { throw .malformed }
        return text
    }

    mutating func optionalText() throws(RecordFault) -> String? {
        try optional { (reader) throws(RecordFault) in try reader.text() }
    }

    mutating func optional<Value>(
        _ read: (inout RecordReader) throws(RecordFault) -> Value
    ) throws(RecordFault) -> Value? {
        try flag() ? try read(&self) : nil
    }

    mutating func optionalOctets() throws(RecordFault) -> [UInt8]? {
        try optional { (reader) throws(RecordFault) in try reader.octets() }
    }

    mutating func list<Element>(
        _ read: (inout RecordReader) throws(RecordFault) -> Element
    ) throws(RecordFault) -> [Element] {
        let count = try self.count()
        var elements: [Element] = []
        for _ in 0..<count { elements.append(try read(&self)) }
        return elements
    }

    /// Ends the record. Throws `.surplus` when octets are left.
    func end() throws(RecordFault) {
        guard next == bytes.count else { throw .surplus }
    }

    /// A number of things that take at least one octet each: never more than is left.
    private mutating func count() throws(RecordFault) -> Int {
        let value = try number()
        guard value <= UInt64(bytes.count - next) else { throw .cut }
        return Int(value)
    }
}
