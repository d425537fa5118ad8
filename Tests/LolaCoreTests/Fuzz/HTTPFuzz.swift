// What a fuzzer calls for the HTTP formats: any octets in, a trap when a rule of ours is broken. Each function reads
// its input whole and in two pieces and wants the same events. Used by the corpus test and by libFuzzer.

@testable import LolaCore

/// Octets of requests on one connection.
func fuzzHTTPRequest(_ bytes: [UInt8]) {
    let whole = HTTPTranscript.requests(bytes)
    precondition(whole.violations.isEmpty, "\(whole.violations)")
    precondition(whole == HTTPTranscript.requests(bytes, cuts: [cut(bytes)]), "a cut changed the verdict")
    var parser = HTTPRequestParser()
    var start = 0
    while true {
        let (step, consumed) = parser.next(bytes.span.extracting(start...))
        start += consumed
        switch step {
        case .head(let head): checkRequestHead(head)
        case .needMore, .fault: return
        case .body, .end: break
        }
    }
}

/// Octets of answers on one connection: to GET and to HEAD.
func fuzzHTTPResponse(_ bytes: [UInt8]) {
    for toHead in [false, true] {
        let whole = HTTPTranscript.responses(bytes, toHead: toHead)
        precondition(whole.violations.isEmpty, "\(whole.violations)")
        let parts = HTTPTranscript.responses(bytes, cuts: [cut(bytes)], toHead: toHead)
        precondition(whole == parts, "a cut changed the verdict")
    }
}

/// A raw path, and the same octets as form and as authority.
func fuzzHTTPTarget(_ bytes: [UInt8]) {
    if let segments = try? HTTPTarget.segments(of: bytes[...]) {
        let octets = segments.joined()
        precondition(!octets.contains { ASCII.isControl($0) || $0 == 0x2F || $0 == 0x5C }, "a boundary was decoded")
        precondition(!segments.contains { $0 == [0x2E] || $0 == [0x2E, 0x2E] }, "a dot segment came through")
    }
    if let fields = try? FormFields(bytes[...]) {
        precondition(fields.pairs.count <= Limits.formPairsMax, "too many pairs")
        let pieces = fields.pairs.map { Percent.encode($0.name) + [0x3D] + Percent.encode($0.value) }
        let text = Array(pieces.joined(separator: [0x26]))
        precondition((try? FormFields(text[...])) == fields, "a form does not survive being written")
    }
    if HTTPHost.isValid(bytes[...]) {
        var out: [UInt8] = []
        try? HTTPRequestWriter.start(.get, target: [0x2F], host: bytes[...], to: &out)
        HTTPRequestWriter.endHead(to: &out)
        precondition(HTTPTranscript.requests(out).text == "GET / .", "a valid host is not accepted in a request")
    }
}

/// What must hold of every head that the parser lets through, found again by simpler means.
private func checkRequestHead(_ head: HTTPRequestHead) {
    precondition(head.bytes.count <= Limits.requestHeadMax.bytes && head.fields.count <= Limits.requestFieldsMax)
    precondition(head.bytes.suffix(4) == [13, 10, 13, 10], "a head ends with an empty line")
    let lines = head.bytes.dropLast(2).split(separator: 10)
    precondition(lines.count == head.fields.count + 1, "one line a field")
    precondition(lines.allSatisfy { $0.last == 13 && $0.count { $0 == 13 } == 1 }, "every line ends with CRLF")
    precondition(!head.bytes.contains { $0 < 32 && ![9, 10, 13].contains($0) }, "control octets")
    precondition(head.count("host") == 1 || (head.minorVersion == 0 && head.count("host") == 0), "one host")
    precondition(head.count("content-length") + head.count("transfer-encoding") <= 1, "one framing")
    precondition((head.framing == .chunked) == (head.count("transfer-encoding") == 1), "framing by field")
    fuzzHTTPTarget(Array(head.bytes[head.path.asRange]))
    if let query = head.query { fuzzHTTPTarget(Array(head.bytes[query.asRange])) }
}

/// Where to cut, chosen by the input itself so that the fuzzer can move it.
private func cut(_ bytes: [UInt8]) -> Int {
    var hash = 5_381
    for byte in bytes { hash = hash &* 33 &+ Int(byte) }
    return bytes.isEmpty ? 0 : Int(hash.magnitude % UInt(bytes.count))
}
