// JSON-RPC 2.0 as MCP uses it: what a message is, and how answers and errors are written. Pure functions and values;
// used by MCPSession and the doors.

/// The id of a request, sent back as it came: a number or a text.
enum RPCID: Hashable, Sendable {
    case number(Int64)
    case text([UInt8])

    /// Nil for anything else, `null` and fractions included, and for what is too long.
    init?(_ view: JSONView) {
        if let number = view.integer {
            self = .number(number)
        } else if let text = view.textBytes, text.count <= Limits.mcpRequestIDMax.bytes {
            self = .text(text)
        } else {
            return nil
        }
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .number(let number): writer.integer(number)
        case .text(let text): writer.string(bytes: text)
        }
    }
}

/// Why a message is answered by an error (JSON-RPC 2.0 §5.1, MCP 2026-07-28).
struct RPCFault: Error, Hashable, Sendable {
    enum Code: Int, CaseIterable, Sendable {
        case parseError = -32_700
        case invalidRequest = -32_600
        case methodNotFound = -32_601
        case invalidParams = -32_602
        case internalError = -32_603
        /// A header of the stateless revision is missing or says something else than the body.
        case headerMismatch = -32_020
        case versionUnsupported = -32_022
    }

    let code: Code
    let message: String
    /// Of `versionUnsupported`: what was asked for.
    var requested: [UInt8]?

    init(_ code: Code, _ message: String, requested: [UInt8]? = nil) {
        self.code = code
        self.message = message
        self.requested = requested
    }

    static let unknownTool = RPCFault(.invalidParams, "Unknown tool")
}

/// One message of a client.
enum RPCMessage: Sendable {
    case request(RPCID, method: [UInt8], params: JSONView?)
    case notification(method: [UInt8], params: JSONView?)
    /// An answer to something that a server asked; Lola asks nothing.
    case answer
    case broken(RPCID?, RPCFault)

    init(_ view: JSONView) {
        guard view.kind == .object else {
            self = .broken(nil, RPCFault(.invalidRequest, "A message is an object."))
            return
        }
        let id = view["id"].flatMap { RPCID($0) }
        let refuse: (String) -> RPCMessage = { .broken(id, RPCFault(.invalidRequest, $0)) }
        guard view["jsonrpc"]?.isText("2.0") == true else {
            self = refuse("The member jsonrpc must be \"2.0\".")
            return
        }
        let isAnswer = view["method"] == nil && (view["result"] != nil) != (view["error"] != nil)
        if isAnswer {
            self = .answer
            return
        }
        guard let method = view["method"]?.textBytes, !method.isEmpty else {
            self = refuse("The member method must be a text.")
            return
        }
        if view["id"] != nil, id == nil {
            self = refuse("An id is a whole number or a text of at most 256 octets.")
            return
        }
        let params = view["params"]
        if let params, params.kind != .object {
            self = .broken(id, RPCFault(.invalidParams, "The member params must be an object."))
            // A notification is never answered.
            if id == nil { self = .notification(method: method, params: nil) }
            return
        }
        self = id.map { .request($0, method: method, params: params) } ?? .notification(method: method, params: params)
    }
}

/// Messages of the server.
enum RPC {
    /// - Parameter capacity: octets that the answer is likely to take.
    static func result(_ id: RPCID, capacity: Int = 512, _ write: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(capacity: capacity)
        writer.object { writer in
            writer.member("jsonrpc", word: "2.0")
            writer.member("id") { id.write(to: &$0) }
            writer.member("result") { write(&$0) }
        }
        return writer.bytes
    }

    /// Without an id when none could be read: the newer schemas allow that, and no schema allows `null`.
    static func error(_ id: RPCID?, _ fault: RPCFault) -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.object { writer in
            writer.member("jsonrpc", word: "2.0")
            if let id { writer.member("id") { id.write(to: &$0) } }
            writer.member("error") { writer in
                writer.object { writer in
                    writer.member("code", fault.code.rawValue)
                    writer.member("message", fault.message)
                    guard let requested = fault.requested else { return }
                    writer.member("data") { data in
                        data.object { data in
                            data.member("supported") { $0.words(MCPRevision.newestFirst.map(\.rawValue)) }
                            data.member("requested", bytes: requested)
                        }
                    }
                }
            }
        }
        return writer.bytes
    }

    static func notification(_ method: StaticString, _ params: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(capacity: 192)
        writer.object { writer in
            writer.member("jsonrpc", word: "2.0")
            writer.member("method", word: method)
            writer.member("params") { $0.object(params) }
        }
        return writer.bytes
    }

    /// `[first,second]`.
    static func batch(_ messages: [[UInt8]]) -> [UInt8] {
        var writer = JSONWriter(capacity: messages.reduce(2) { $0 + $1.count + 1 })
        writer.array { writer in for message in messages { writer.raw(message) } }
        return writer.bytes
    }
}

extension JSONWriter {
    /// A list of texts.
    mutating func words(_ words: [String]) {
        array { writer in for word in words { writer.string(word) } }
    }
}
