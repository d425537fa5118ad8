// Octets of words known at compile time, and hashing of octets in one piece: both without making a String and
// without a call per octet. The standard library's own ways cost several times as much on the path of a message.

extension StaticString {
    /// Lends the octets of the word.
    @inline(__always)
    func withOctets<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        body(unsafe Span(_unsafeStart: utf8Start, count: utf8CodeUnitCount))
    }
}

extension Span<UInt8> {
    /// Eight octets as one number, the first one lowest; those beyond the end stop the process.
    @inline(__always)
    func word(at place: Int) -> UInt64 {
        unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self))
    }
}

extension [UInt8] {
    /// A copy of lent octets, in one piece.
    @inline(__always)
    init(copying octets: Span<UInt8>) {
        self = unsafe octets.withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }

    /// Appends lent octets, in one piece.
    @inline(__always)
    mutating func append(copying octets: Span<UInt8>) {
        unsafe octets.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    /// Appends the octets of a word.
    @inline(__always)
    mutating func append(word: StaticString) {
        unsafe append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }
}

extension [UInt8] {
    /// Whether these are exactly the octets of the word.
    func equals(_ word: StaticString) -> Bool { self[...].equals(word) }
}

extension ArraySlice<UInt8> {
    /// Whether these are exactly the octets of the word.
    func equals(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        return word.withOctets { octets in
            for index in octets.indices where self[startIndex + index] != octets[index] { return false }
            return true
        }
    }
}

extension Hasher {
    /// Feeds all octets at once.
    @inline(__always)
    mutating func combine(octets: [UInt8]) {
        unsafe octets.withUnsafeBytes { unsafe combine(bytes: $0) }
    }
}

extension [UInt8] {
    /// How many there are before the zeros at their end. Eight at a time: there may be many.
    var countWithoutZerosAtEnd: Int {
        unsafe withUnsafeBytes { octets in
            var end = octets.count
            while end >= 8, unsafe octets.loadUnaligned(fromByteOffset: end - 8, as: UInt64.self) == 0 { end -= 8 }
            while end > 0, unsafe octets[end - 1] == 0 { end -= 1 }
            return end
        }
    }
}
