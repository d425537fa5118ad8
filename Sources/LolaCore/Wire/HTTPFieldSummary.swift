// What the fields of a head say about framing, host, persistence and expectation, gathered in one pass and judged
// afterwards, so that the order of the field lines does not change the verdict (RFC 9112 §6.3, §9.3).

struct HTTPFieldSummary: Sendable {
    enum Coding: Sendable { case none, chunked, unknown, malformed }

    private(set) var hosts = 0
    private(set) var host = ByteRange.empty
    private(set) var lengths = 0
    private(set) var codings = 0
    private(set) var asksClose = false
    private(set) var asksKeepAlive = false
    private(set) var expectsContinue = false
    private(set) var expectsOther = false
    private var length: Int?
    private var coding = Coding.none

    init(_ bytes: [UInt8], _ fields: [HTTPField]) {
        for field in fields {
            switch field.name.count {
            case 4 where Self.matches(bytes, field, "host"):
                hosts &+= 1
                host = field.value
            case 6 where Self.matches(bytes, field, "expect"):
                if ASCII.equalIgnoringCase(bytes[field.value.asRange], "100-continue") {
                    expectsContinue = true
                } else {
                    expectsOther = true
                }
            case 10 where Self.matches(bytes, field, "connection"):
                let value = bytes[field.value.asRange]
                // What nearly everybody sends needs no reading as a list.
                if ASCII.equalIgnoringCase(value, "keep-alive") {
                    asksKeepAlive = true
                    continue
                }
                if HTTPSyntax.list(value, contains: "close") { asksClose = true }
                if HTTPSyntax.list(value, contains: "keep-alive") { asksKeepAlive = true }
            case 14 where Self.matches(bytes, field, "content-length"):
                lengths &+= 1
                length = Self.length(bytes[field.value.asRange])
            case 17 where Self.matches(bytes, field, "transfer-encoding"):
                codings &+= 1
                coding = Self.coding(bytes[field.value.asRange])
            default: break
            }
        }
    }

    /// The framing both directions agree on. Everything but one plain length or one plain `chunked` is refused,
    /// equal repetitions included: a peer that counts differently must not share a connection with us.
    func framing(minorVersion: Int) throws(HTTPFault) -> HTTPBodyFraming {
        if lengths > 0 && codings > 0 { throw .lengthAndCoding }
        if lengths > 1 { throw .lengthRepeated }
        if lengths == 1 {
            guard let length else { throw .badLength }
            return .length(length)
        }
        guard codings > 0 else { return .none }
        if minorVersion == 0 { throw .codingInOldVersion }
        if codings > 1 || coding == .malformed { throw .badCoding }
        if coding == .unknown { throw .unknownCoding }
        return .chunked
    }

    /// RFC 9112 §9.3: 1.1 persists unless told otherwise, 1.0 only when asked to.
    func keepsAlive(minorVersion: Int) -> Bool {
        !asksClose && (minorVersion >= 1 || asksKeepAlive)
    }

    @inline(__always)
    private static func matches(_ bytes: [UInt8], _ field: HTTPField, _ name: StaticString) -> Bool {
        ASCII.equalIgnoringCase(bytes[field.name.asRange], name)
    }

    /// 1*DIGIT in its one spelling: a leading zero is refused, since some readers take it for octal.
    private static func length(_ value: ArraySlice<UInt8>) -> Int? {
        if value.count > 1 && value.first == 0x30 { return nil }
        return ASCII.decimal(value)
    }

    /// A list of known grammar with a coding other than chunked is `.unknown` (501); chunked twice, not last,
    /// with parameters, or anything that is not a list of tokens is `.malformed` (400).
    private static func coding(_ value: ArraySlice<UInt8>) -> Coding {
        if ASCII.equalIgnoringCase(value, "chunked") { return .chunked }
        let parts = value.split(separator: 0x2C, omittingEmptySubsequences: false).map { HTTPSyntax.trimmed($0) }
        guard parts.allSatisfy({ HTTPSyntax.isToken($0) }) else { return .malformed }
        return parts.dropLast().contains { ASCII.equalIgnoringCase($0, "chunked") } ? .malformed : .unknown
    }
}
