// Appends HTTP/1.1 messages to a buffer (RFC 9112). Names are ours, values may come from outside: a value that could
// end its line is refused and nothing of it is written. Used by the server's answers and the outbound client.

/// What both kinds of message are written with, after their first line.
protocol HTTPMessageWriter {}

extension HTTPMessageWriter {
    /// - Throws: `.badFieldValue` for CR, LF, NUL or another control octet; `out` is then unchanged.
    static func field(
        name: StaticString, value: some Collection<UInt8>, to out: inout [UInt8]
    ) throws(HTTPFault) {
        for octet in value where !HTTPSyntax.isFieldValue(octet) { throw .badFieldValue }
        out.append(word: name)
        out.append(0x3A)
        out.append(ASCII.space)
        out.append(contentsOf: value)
        endLine(to: &out)
    }

    /// The same for a value in one piece.
    static func field(name: StaticString, value: [UInt8], to out: inout [UInt8]) throws(HTTPFault) {
        let octets = value.span
        guard HTTPSyntax.endOfFieldValue(octets, from: 0) == octets.count else { throw .badFieldValue }
        out.write(atMost: name.utf8CodeUnitCount + octets.count + 4) { pen in
            pen.put(word: name)
            pen.put(word: ": ")
            pen.put(copying: octets)
            pen.put(word: "\r\n")
        }
    }

    /// A field whose value is known at compile time.
    static func field(name: StaticString, value: StaticString, to out: inout [UInt8]) {
        out.write(atMost: name.utf8CodeUnitCount + value.utf8CodeUnitCount + 4) { pen in
            pen.put(word: name)
            pen.put(word: ": ")
            pen.put(word: value)
            pen.put(word: "\r\n")
        }
    }

    /// Content-Length, in octets.
    static func length(_ count: Int, to out: inout [UInt8]) {
        out.append(word: "Content-Length: ")
        ASCII.append(count, to: &out)
        endLine(to: &out)
    }

    static func date(_ now: WallTime, to out: inout [UInt8]) {
        out.append(word: "Date: ")
        out.append(contentsOf: CivilDate(now).imfFixdate())
        endLine(to: &out)
    }

    /// The empty line between head and content.
    static func endHead(to out: inout [UInt8]) { endLine(to: &out) }

    /// One chunk of a chunked message; nothing for no octets, since an empty chunk would end the message.
    static func chunk(_ bytes: some Collection<UInt8>, to out: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        var shift = (Int.bitWidth - bytes.count.leadingZeroBitCount - 1) / 4 * 4
        while shift >= 0 {
            out.append(Hex.digit(UInt8(truncatingIfNeeded: bytes.count >> shift & 15)))
            shift -= 4
        }
        endLine(to: &out)
        out.append(contentsOf: bytes)
        endLine(to: &out)
    }

    /// The end of a chunked message, without trailers.
    static func lastChunk(to out: inout [UInt8]) { out.append(contentsOf: "0\r\n\r\n".utf8) }

    fileprivate static func endLine(to out: inout [UInt8]) {
        out.append(ASCII.carriageReturn)
        out.append(ASCII.lineFeed)
    }
}

enum HTTPRequestWriter: HTTPMessageWriter {
    /// Request line and Host field.
    /// - Parameters:
    ///   - target: origin-form, beginning with `/`, encoded.
    ///   - host: name and, when not the scheme's own, the port.
    /// - Throws: `.badMethod` for `.other`, `.badTarget`, `.badHost`; `out` is then unchanged.
    static func start(
        _ method: HTTPMethod, target: ArraySlice<UInt8>, host: ArraySlice<UInt8>, to out: inout [UInt8]
    ) throws(HTTPFault) {
        if method == .other { throw .badMethod }
        guard target.first == 0x2F, target.allSatisfy({ HTTPSyntax.isTarget($0) }) else { throw .badTarget }
        guard HTTPHost.isValid(host) else { throw .badHost }
        out.append(word: method.word)
        out.append(ASCII.space)
        out.append(contentsOf: target)
        out.append(word: " HTTP/1.1\r\nHost: ")
        out.append(contentsOf: host)
        endLine(to: &out)
    }
}

enum HTTPResponseWriter: HTTPMessageWriter {
    /// `HTTP/1.1 404 Not Found` and its CRLF. An unknown status has an empty reason (RFC 9112 §4).
    /// - Parameter status: 100 to 599, ours.
    static func statusLine(_ status: Int, to out: inout [UInt8]) {
        precondition((100...599).contains(status), "a status has three digits")
        out.append(word: "HTTP/1.1 ")
        ASCII.append(status, to: &out)
        out.append(ASCII.space)
        out.append(word: HTTPStatus.reason(status))
        endLine(to: &out)
    }

    /// The whole interim answer to `Expect: 100-continue`.
    static let continueLine = [UInt8](text: "HTTP/1.1 100 Continue\r\n\r\n")
}
