// A request target cut into path, query and authority, by its form (RFC 9112 §3.2). Used when a head is judged.

/// The four forms of a request target (RFC 9112 §3.2), cut into ranges of the head.
struct HTTPTargetParts: Sendable {
    let path: ByteRange
    let query: ByteRange?
    /// Only of absolute-form.
    let authority: ByteRange?

    init(_ bytes: [UInt8], target: ByteRange, method: HTTPMethod) throws(HTTPFault) {
        let text = bytes[target.asRange]
        var pathStart = target.start
        if method == .connect {
            guard HTTPHost.isValid(text, portRequired: true) else { throw .badTarget }
            (path, query, authority) = (ByteRange(start: target.end, end: target.end), nil, nil)
            return
        }
        if text.first == 0x2A {
            guard text.count == 1, method == .options else { throw .badTarget }
            (path, query, authority) = (target, nil, nil)
            return
        }
        if text.first == 0x2F {
            authority = nil
        } else {
            guard let scheme = Self.schemeLength(text) else { throw .badTarget }
            let start = target.start + scheme
            pathStart = bytes[start..<target.end].firstIndex { $0 == 0x2F || $0 == 0x3F } ?? target.end
            guard HTTPHost.isValid(bytes[start..<pathStart]) else { throw .badTarget }
            authority = ByteRange(start: start, end: pathStart)
        }
        if let mark = bytes[pathStart..<target.end].firstIndex(of: 0x3F) {
            path = ByteRange(start: pathStart, end: mark)
            query = ByteRange(start: mark + 1, end: target.end)
        } else {
            path = ByteRange(start: pathStart, end: target.end)
            query = nil
        }
    }

    private static func schemeLength(_ text: ArraySlice<UInt8>) -> Int? {
        if ASCII.equalIgnoringCase(text.prefix(7), "http://") { return 7 }
        return ASCII.equalIgnoringCase(text.prefix(8), "https://") ? 8 : nil
    }
}
