// The members of an order as an agent sends them, each with its type and its range, and what is said to an agent whose
// order has another form. Values; used by the REST surface.

/// Why an order is not even an order.
enum OutboundFormFault: Error, Hashable, Sendable {
    /// No JSON object.
    case body
    /// A member that is missing, unknown, or not what it must be.
    case field(String)
    /// The token may not do this.
    case scope(TokenScope)
    /// A token of one agent, an order for another.
    case foreign(own: String, named: String)

    func response(_ requestID: [UInt8]) -> HTTPResponse {
        let (refusal, detail): (Refusal, String) =
            switch self {
            case .body: (.bodyInvalid, "The body must be a JSON object.")
            case .field(let sentence): (.fieldInvalid, sentence)
            case .scope(let scope): (.accessDenied, "The token has no scope \(scope.rawValue).")
            case .foreign(let own, let named):
                (.accessDenied, "Token for agent \"\(own)\" cannot access agent \"\(named)\"")
            }
        return .problem(refusal.status, code: refusal.publicCode, requestID: requestID) { writer in
            writer.member("detail", detail)
        }
    }
}

struct OutboundFields {
    private let root: JSONView

    init(_ root: JSONView) { self.root = root }

    /// A text that shows something and holds no control characters but line ends and tabs; nil when there is none.
    func text(_ name: StaticString, max: ByteCount) throws(OutboundFormFault) -> [UInt8]? {
        guard let value = root[name], !value.isNull else { return nil }
        guard let text = value.textBytes else { throw .field("\(name) must be a string") }
        guard text.count <= max.bytes else { throw .field("\(name) is longer than \(max.bytes) octets") }
        let isPlain = text.allSatisfy {
            $0 >= 0x20 && $0 != 0x7F || $0 == ASCII.lineFeed || $0 == ASCII.carriageReturn || $0 == ASCII.tab
        }
        guard isPlain else { throw .field("\(name) must not contain control characters") }
        guard text.contains(where: { $0 > 0x20 }) else { throw .field("\(name) must not be empty") }
        return text
    }

    /// The same on one line: nothing can be added to the head of a mail.
    func line(_ name: StaticString, max: ByteCount) throws(OutboundFormFault) -> [UInt8]? {
        guard let text = try text(name, max: max) else { return nil }
        guard text.allSatisfy({ $0 >= 0x20 }) else { throw .field("\(name) must be one line") }
        return text
    }

    func flag(_ name: StaticString) throws(OutboundFormFault) -> Bool? {
        guard let value = root[name], !value.isNull else { return nil }
        guard let flag = value.bool else { throw .field("\(name) must be true or false") }
        return flag
    }
}
