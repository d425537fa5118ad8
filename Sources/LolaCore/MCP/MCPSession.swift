// One client's conversation as MCP sees it, without I/O: a document in, answers and calls out. A value that the shared
// table keeps; whoever holds it says what the caller may see. Revisions with a handshake only, see MCPStateless.

/// What a message leads to.
enum MCPStep {
    /// Goes back at once.
    case answer([UInt8])
    case call(MCPCall)
    /// The client no longer wants the answer to a request.
    case cancel(RPCID)
}

/// A tool that is to be called.
struct MCPCall {
    let id: RPCID
    let revision: MCPRevision
    let tool: any Tool
    /// An object; nil when there is none.
    let arguments: JSONView?
    /// The raw token under which the client wants to hear of progress.
    let progress: [UInt8]?
}

/// What came of one document.
struct MCPTurn {
    var steps: [MCPStep] = []
    /// The answers belong into one array.
    var isBatch = false
    /// The document is no message of the protocol.
    var isRefused = false

    init(_ steps: [MCPStep] = []) { self.steps = steps }
    init(refused id: RPCID?, _ fault: RPCFault) {
        steps = [.answer(RPC.error(id, fault))]
        isRefused = true
    }

    var wantsProgress: Bool {
        steps.contains { if case .call(let call) = $0 { call.progress != nil } else { false } }
    }
}

struct MCPSession: Hashable, Sendable {
    /// Nil before `initialize`.
    private(set) var revision: MCPRevision?
    private(set) var level: MCPLogLevel?

    /// Whether the client wants log messages of a level: all, unless it has named the least.
    func hears(_ level: MCPLogLevel) -> Bool { revision != nil && (self.level.map { $0 <= level } ?? true) }

    /// Whether the document is a single `initialize`: a session begins with it.
    static func begins(_ root: JSONView) -> Bool {
        if case .request(_, let method, _) = RPCMessage(root) { return method.equals("initialize") }
        return false
    }

    /// - Parameter box: the tools that this caller may see.
    mutating func receive(_ root: JSONView, _ box: ToolView) -> MCPTurn {
        guard root.kind == .array else {
            let message = RPCMessage(root)
            if case .broken(let id, let fault) = message { return MCPTurn(refused: id, fault) }
            return MCPTurn(one(message, box).map { [$0] } ?? [])
        }
        guard revision?.hasBatches == true else {
            return MCPTurn(refused: nil, RPCFault(.invalidRequest, "This revision has no batches."))
        }
        guard (1...Limits.mcpBatchMax).contains(root.count) else {
            return MCPTurn(refused: nil, RPCFault(.invalidRequest, "A batch has 1 to \(Limits.mcpBatchMax) messages."))
        }
        var turn = MCPTurn()
        turn.isBatch = true
        for element in root.elements {
            if let step = one(RPCMessage(element), box) { turn.steps.append(step) }
        }
        return turn
    }

    private mutating func one(_ message: RPCMessage, _ box: ToolView) -> MCPStep? {
        switch message {
        case .answer: return nil
        case .broken(let id, let fault): return .answer(RPC.error(id, fault))
        case .notification(let method, let params):
            guard method.equals("notifications/cancelled"), let id = params?["requestId"].flatMap({ RPCID($0) }) else {
                return nil
            }
            return .cancel(id)
        case .request(let id, let method, let params):
            do throws(RPCFault) { return try request(id, method, params, box) } catch {
                return .answer(RPC.error(id, error))
            }
        }
    }

    private mutating func request(
        _ id: RPCID, _ method: [UInt8], _ params: JSONView?, _ box: ToolView
    ) throws(RPCFault) -> MCPStep {
        switch method.text {
        case "initialize": return .answer(try initialize(id, params))
        case "ping": return .answer(RPC.result(id) { $0.object { _ in } })
        case "tools/list":
            let revision = try known()
            let page = try box.page(params)
            return .answer(MCPResults.toolList(id, page, revision))
        case "tools/call": return .call(try MCPCall(id, params, try known(), box))
        case "logging/setLevel":
            _ = try known()
            guard let word = params?["level"]?.text, let level = MCPLogLevel(rawValue: word) else {
                throw RPCFault(.invalidParams, "The level must be one of RFC 5424.")
            }
            self.level = level
            return .answer(RPC.result(id) { $0.object { _ in } })
        default: throw RPCFault(.methodNotFound, "Method not found")
        }
    }

    private mutating func initialize(_ id: RPCID, _ params: JSONView?) throws(RPCFault) -> [UInt8] {
        guard revision == nil else { throw RPCFault(.invalidRequest, "The session is initialised already.") }
        guard let params, let wanted = params["protocolVersion"]?.textBytes,
            params["capabilities"]?.kind == .object, let client = params["clientInfo"],
            client["name"]?.kind == .string, client["version"]?.kind == .string
        else { throw RPCFault(.invalidParams, "initialize needs protocolVersion, capabilities and clientInfo.") }
        let chosen = MCPRevision.negotiated(wanted)
        revision = chosen
        return RPC.result(id) { MCPResults.initialized(chosen, to: &$0) }
    }

    private func known() throws(RPCFault) -> MCPRevision {
        guard let revision else { throw RPCFault(.invalidRequest, "The session begins with initialize.") }
        return revision
    }
}

extension MCPCall {
    /// Throws `.invalidParams` for a tool that there is not, and for arguments that are no object.
    init(_ id: RPCID, _ params: JSONView?, _ revision: MCPRevision, _ box: ToolView) throws(RPCFault) {
        guard let params, let name = params["name"]?.textBytes else {
            throw RPCFault(.invalidParams, "tools/call needs the name of a tool.")
        }
        guard let tool = box.tool(name) else { throw .unknownTool }
        if let arguments = params["arguments"], arguments.kind != .object {
            throw RPCFault(.invalidParams, "The member arguments must be an object.")
        }
        if !revision.tellsModelOfArguments, let fault = tool.facts.fault(of: params["arguments"]) {
            throw RPCFault(.invalidParams, fault)
        }
        self.id = id
        self.revision = revision
        self.tool = tool
        arguments = params["arguments"]
        let token = params["_meta"]?["progressToken"]
        progress = token.flatMap { RPCID($0) == nil ? nil : [UInt8]($0.raw) }
    }
}
