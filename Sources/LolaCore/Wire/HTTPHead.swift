// What request and response heads have in common: their octets, their fields and the look-up by name. They never change
// and may go to any thread.

/// How the content of a request ends; `.none` = neither Content-Length nor Transfer-Encoding is present.
enum HTTPBodyFraming: Hashable, Sendable {
    case none, length(Int), chunked

    /// A declared length is above the limit.
    func exceeds(_ limit: ByteCount) -> Bool {
        if case .length(let length) = self { return length > limit.bytes }
        return false
    }
}

/// One field line: ranges into the octets of its head; the value is without surrounding white space.
struct HTTPField: Hashable, Sendable {
    // Sixteen bits each: no head and no trailers are as long as 64 KiB (`Limits`).
    private let nameStart: UInt16
    private let nameEnd: UInt16
    private let valueStart: UInt16
    private let valueEnd: UInt16

    /// Ranges that end at `endMax` or before; `HTTPFieldSection` makes no others.
    init(name: ByteRange, value: ByteRange) {
        nameStart = UInt16(truncatingIfNeeded: name.start)
        nameEnd = UInt16(truncatingIfNeeded: name.end)
        valueStart = UInt16(truncatingIfNeeded: value.start)
        valueEnd = UInt16(truncatingIfNeeded: value.end)
    }

    /// How far from the first octet of a head a field may end.
    static let endMax = Int(UInt16.max)

    var name: ByteRange { ByteRange(start: Int(nameStart), end: Int(nameEnd)) }
    var value: ByteRange { ByteRange(start: Int(valueStart), end: Int(valueEnd)) }
}

protocol HTTPHead: Sendable {
    /// Exactly the octets of the head, start line and empty line included.
    var bytes: [UInt8] { get }
    var fields: [HTTPField] { get }
}

extension HTTPHead {
    /// The value of the first field of that name, ASCII case ignored.
    func field(_ name: StaticString) -> ArraySlice<UInt8>? {
        let octets = bytes.span
        for field in fields where matches(octets, field, name) { return bytes[field.value.asRange] }
        return nil
    }

    /// The value of the only field of that name; nil when there is none, and when there are several.
    func only(_ name: StaticString) -> ArraySlice<UInt8>? {
        let octets = bytes.span
        var found: ByteRange?
        for field in fields where matches(octets, field, name) {
            if found != nil { return nil }
            found = field.value
        }
        return found.map { bytes[$0.asRange] }
    }

    /// How many fields have that name; callers refuse a repeated signature or credential.
    func count(_ name: StaticString) -> Int {
        let octets = bytes.span
        var count = 0
        for field in fields where matches(octets, field, name) { count += 1 }
        return count
    }

    @inline(__always)
    private func matches(_ octets: Span<UInt8>, _ field: HTTPField, _ name: StaticString) -> Bool {
        guard field.name.count == name.utf8CodeUnitCount else { return false }
        return name.withOctets { word in
            for place in word.indices {
                let octet = octets[field.name.start + place]
                if ASCII.lowercased(octet) != ASCII.lowercased(word[place]) { return false }
            }
            return true
        }
    }
}
