// Numbers as octets, least significant first: how journals write them. Reading is bounded and never traps, whatever the
// octets are.

extension [UInt8] {
    /// Appends all octets of a number.
    @inline(__always)
    mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        unsafe Swift.withUnsafeBytes(of: number.littleEndian) { unsafe append(contentsOf: $0) }
    }

    /// Writes a number over octets that are there.
    mutating func replace(at place: Int, littleEndian number: some FixedWidthInteger) {
        precondition(place >= 0 && place + number.bitWidth / 8 <= count, "a number beside the octets")
        unsafe withUnsafeMutableBytes { octets in
            unsafe octets.storeBytes(of: number.littleEndian, toByteOffset: place, as: type(of: number))
        }
    }
}

/// Takes numbers and octets from a part of an array, in order.
struct LittleEndianReader {
    private let bytes: [UInt8]
    private(set) var at: Int
    private let end: Int

    /// What of `range` lies outside of `bytes` is not there.
    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        end = Swift.min(Swift.max(range.upperBound, 0), bytes.count)
        at = Swift.min(Swift.max(range.lowerBound, 0), end)
    }

    init(_ bytes: [UInt8]) { self.init(bytes, 0..<bytes.count) }

    var left: Int { end - at }

    /// The next number, nil when too few octets are left.
    @inline(__always)
    mutating func next<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number? {
        let count = Number.bitWidth / 8
        guard left >= count else { return nil }
        let start = at
        at += count
        let number = unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: start, as: Number.self) }
        return Number(littleEndian: number)
    }

    /// The next octets, nil when fewer are left or `count` is no number of octets.
    mutating func octets(_ count: Int) -> [UInt8]? {
        guard count >= 0, count <= left else { return nil }
        defer { at += count }
        return Array(bytes[at..<(at + count)])
    }
}
