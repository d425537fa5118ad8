// A complete, judged request head: one copy of its octets and ranges into it. Made by HTTPRequestParser only when
// every rule of RFC 9112 §3, §5, §6 held; the server routes by it and the channels read their fields from it.

/// How the content of a message ends; `.none` = neither Content-Length nor Transfer-Encoding is present.
enum HTTPBodyFraming: Hashable, Sendable {
    case none, length(Int), chunked
}

struct HTTPRequestHead: Sendable {
    /// Exactly the octets of the head, from the method to the empty line.
    let bytes: [UInt8]
    let method: HTTPMethod
    let methodText: ByteRange
    let target: ByteRange
    /// The raw path, before `?`. Empty for authority-form and for absolute-form without a path; `*` for asterisk-form.
    let path: ByteRange
    /// The raw query without `?`; nil when there is no `?`.
    let query: ByteRange?
    /// The authority of the Host field; empty only for HTTP/1.0 without one.
    let host: ByteRange
    /// 0 or 1; 1.2 to 1.9 are handled as 1.1 (RFC 9110 §2.5).
    let minorVersion: Int
    let fields: [HTTPField]
    let framing: HTTPBodyFraming
    let keepsAlive: Bool
    /// The client waits for 100 before it sends content (RFC 9110 §10.1.1); never set for HTTP/1.0 or without content.
    let expectsContinue: Bool

    /// Judges a head whose octets are well-formed. The order is fixed: target, host, framing, expectation.
    init(_ bytes: [UInt8], line: HTTPRequestLine, fields: [HTTPField]) throws(HTTPFault) {
        self.bytes = bytes
        self.fields = fields
        methodText = line.method
        method = HTTPMethod(bytes[line.method.asRange])
        target = line.target
        minorVersion = line.minorVersion
        let parts = try HTTPTargetParts(bytes, target: line.target, method: method)
        path = parts.path
        query = parts.query

        let summary = HTTPFieldSummary(bytes, fields)
        if summary.hosts > 1 { throw .hostRepeated }
        if summary.hosts == 0 && minorVersion >= 1 { throw .hostMissing }
        host = summary.host
        if summary.hosts == 1 && !HTTPHost.isValid(bytes[host.asRange]) { throw .badHost }
        if let authority = parts.authority, !HTTPHost.areEqual(bytes[authority.asRange], bytes[host.asRange]) {
            throw .targetHostMismatch
        }
        framing = try summary.framing(minorVersion: minorVersion)
        if summary.expectsOther { throw .expectation }
        let hasContent = framing != .none && framing != .length(0)
        expectsContinue = summary.expectsContinue && minorVersion >= 1 && hasContent
        keepsAlive = summary.keepsAlive(minorVersion: minorVersion)
    }

    /// The value of the first field of that name, ASCII case ignored.
    func field(_ name: StaticString) -> ArraySlice<UInt8>? {
        fields.first { ASCII.equalIgnoringCase(bytes[$0.name.asRange], name) }.map { bytes[$0.value.asRange] }
    }

    /// How many fields have that name; callers refuse a repeated signature or credential.
    func count(_ name: StaticString) -> Int {
        fields.count { ASCII.equalIgnoringCase(bytes[$0.name.asRange], name) }
    }
}

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
