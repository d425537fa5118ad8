// A complete, judged request head: one copy of its octets and ranges into it. Made by HTTPRequestParser only when
// every rule of RFC 9112 §3, §5, §6 held; the server routes by it and the channels read their fields from it.

/// An object: whoever passes it on copies one reference, and it is gone when nobody reads it any more.
final class HTTPRequestHead: HTTPHead {
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
        minorVersion = line.version.effectiveMinor
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
}
