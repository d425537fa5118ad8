// Several octets, words and numbers appended to an array in one piece: room is made once and written without asking
// the array again for each of them. What text of messages, heads and records is made with on the path.

/// Writes forward into room that an array has made. More than that ends the process instead of running over.
@safe struct OctetPen: ~Copyable {
    private var next: UnsafeMutablePointer<UInt8>
    private let end: UnsafeMutablePointer<UInt8>

    fileprivate init(_ start: UnsafeMutablePointer<UInt8>, _ count: Int) {
        unsafe next = start
        unsafe end = start + count
    }

    fileprivate func written(since start: UnsafeMutablePointer<UInt8>) -> Int { unsafe next - start }

    @inline(__always)
    private func check(_ count: Int) { unsafe precondition(count <= end - next, "more octets than there is room for") }

    @inline(__always)
    mutating func put(_ octet: UInt8) {
        check(1)
        unsafe next.pointee = octet
        unsafe next += 1
    }

    @inline(__always)
    mutating func put(word: StaticString) {
        let count = word.utf8CodeUnitCount
        check(count)
        unsafe next.update(from: word.utf8Start, count: count)
        unsafe next += count
    }

    @inline(__always)
    mutating func put(copying octets: Span<UInt8>) {
        check(octets.count)
        unsafe octets.withUnsafeBufferPointer {
            if let start = $0.baseAddress { unsafe next.update(from: start, count: $0.count) }
        }
        unsafe next += octets.count
    }

    /// The last digits of a number, with zeros before it where it is shorter.
    @inline(__always)
    mutating func put(_ value: UInt, digits: Int) {
        check(digits)
        var rest = value
        var place = digits
        while place > 0 {
            place &-= 1
            unsafe next[place] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        unsafe next += digits
    }

    /// All octets of a number, least significant first.
    @inline(__always)
    mutating func put<Number: FixedWidthInteger>(littleEndian number: Number) {
        check(Number.bitWidth / 8)
        unsafe UnsafeMutableRawPointer(next).storeBytes(of: number.littleEndian, as: Number.self)
        unsafe next += Number.bitWidth / 8
    }
}

extension [UInt8] {
    /// Appends what `body` writes, at most so many octets.
    @inline(__always)
    mutating func write(atMost count: Int, _ body: (inout OctetPen) -> Void) {
        append(addingCapacity: count) { output in
            unsafe output.withUnsafeMutableBufferPointer { room, written in
                guard let base = room.baseAddress else { return }
                let start = unsafe base + written
                var pen = unsafe OctetPen(start, room.count - written)
                body(&pen)
                unsafe written += pen.written(since: start)
            }
        }
    }
}
