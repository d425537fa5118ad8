// Revision 2026-07-28 without I/O: no handshake, no session; every request says in `_meta` and in its headers what it
// is, and both must agree. Pure functions; the door of `/mcp` asks them.

enum MCPStateless {
    static let versionKey = [UInt8](text: "io.modelcontextprotocol/protocolVersion")
    static let capabilitiesKey = [UInt8](text: "io.modelcontextprotocol/clientCapabilities")

    /// The headers that repeat what the body says, as they came; nil when absent or repeated.
    struct Headers: Sendable {
        var version: [UInt8]?
        var method: [UInt8]?
        var name: [UInt8]?

        init(version: [UInt8]? = nil, method: [UInt8]? = nil, name: [UInt8]? = nil) {
            self.version = version
            self.method = method
            self.name = name
        }

        init(_ head: HTTPRequestHead) {
            func one(_ name: StaticString) -> [UInt8]? {
                head.count(name) == 1 ? head.field(name).map { [UInt8]($0) } : nil
            }
            version = one("mcp-protocol-version")
            method = one("mcp-method")
            name = one("mcp-name")
        }
    }

    /// What is answered, and with which status.
    struct Turn {
        let status: Int
        /// Nil for what is not answered.
        let step: MCPStep?
    }

    /// Whether the body speaks this way, whatever version it names.
    static func isMeant(_ root: JSONView) -> Bool {
        root["params"]?["_meta"]?.member(versionKey) != nil
    }

    static func receive(_ root: JSONView, _ headers: Headers, _ box: ToolView) -> Turn {
        switch RPCMessage(root) {
        case .answer, .notification: return Turn(status: 202, step: nil)
        case .broken(let id, let fault): return Turn(status: 400, step: .answer(RPC.error(id, fault)))
        case .request(let id, let method, let params):
            do throws(RPCFault) {
                try check(method, params, headers)
                return Turn(status: 200, step: try request(id, method, params, box))
            } catch {
                return Turn(status: status(of: error), step: .answer(RPC.error(id, error)))
            }
        }
    }

    /// An unknown method is a page that does not exist; an unknown tool is a mistake within a good request.
    private static func status(of fault: RPCFault) -> Int {
        switch fault.code {
        case .methodNotFound: 404
        case .invalidParams where fault == .unknownTool: 200
        default: 400
        }
    }

    private static func check(_ method: [UInt8], _ params: JSONView?, _ headers: Headers) throws(RPCFault) {
        guard let meta = params?["_meta"], meta.kind == .object,
            let version = meta.member(versionKey)?.textBytes, meta.member(capabilitiesKey)?.kind == .object
        else {
            throw RPCFault(
                .invalidParams,
                "params._meta needs io.modelcontextprotocol/protocolVersion and "
                    + "io.modelcontextprotocol/clientCapabilities.")
        }
        guard let shown = headers.version, shown == version else {
            throw RPCFault(.headerMismatch, "MCP-Protocol-Version is missing or differs from the body.")
        }
        guard version == [UInt8](text: MCPRevision.july2026.rawValue) else {
            throw RPCFault(.versionUnsupported, "Unsupported protocol version", requested: version)
        }
        guard let shown = headers.method.flatMap(decoded), shown == method else {
            throw RPCFault(.headerMismatch, "Mcp-Method is missing or differs from the body.")
        }
        guard let named = named(method, params) else { return }
        guard let shown = headers.name.flatMap(decoded), shown == named else {
            throw RPCFault(.headerMismatch, "Mcp-Name is missing or differs from the body.")
        }
    }

    /// What Mcp-Name repeats; nil for methods that name nothing.
    private static func named(_ method: [UInt8], _ params: JSONView?) -> [UInt8]? {
        switch method.text {
        case "tools/call", "prompts/get": params?["name"]?.textBytes
        case "resources/read": params?["uri"]?.textBytes
        default: nil
        }
    }

    /// `=?base64?…?=` holds what a header cannot.
    private static func decoded(_ value: [UInt8]) -> [UInt8]? {
        let (prefix, suffix) = ([UInt8](text: "=?base64?"), [UInt8](text: "?="))
        guard value.count >= prefix.count + suffix.count, value.starts(with: prefix), value.suffix(2) == suffix[...]
        else { return value }
        return Base64.decode(value.dropFirst(prefix.count).dropLast(suffix.count), .standard)
    }

    private static func request(
        _ id: RPCID, _ method: [UInt8], _ params: JSONView?, _ box: ToolView
    ) throws(RPCFault) -> MCPStep {
        switch method.text {
        case "server/discover": return .answer(RPC.result(id) { MCPResults.discovered(to: &$0) })
        case "tools/list":
            let page = try box.page(params)
            return .answer(MCPResults.toolList(id, page, .july2026))
        case "tools/call": return .call(try MCPCall(id, params, .july2026, box))
        default: throw RPCFault(.methodNotFound, "Method not found")
        }
    }
}
