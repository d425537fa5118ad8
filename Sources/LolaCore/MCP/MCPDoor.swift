// `/mcp` (streamable HTTP, with sessions and without) and `/sse` with `/messages` (the transport before it). Who calls
// has passed the gatekeeper, but for `/messages`, whose credential is the id of the stream. One per loop.

final class MCPDoor: ActionHandler {
    struct Parts {
        let server: HTTPServer
        let box: ToolBox
        let sessions: MCPSessions
        let marks: MCPSessionMarks
        let streams: MCPStreams
        let origins: MCPOrigins
        let tokens: AgentTokens
        let authenticator: Authenticator
        /// Told of an address that shows a wrong token, or a stream's id that never was one; goes on when that is kept.
        let onGuess: (IPAddress, @escaping () -> Void) -> Void
    }

    private let parts: Parts
    private var loop: Loop { parts.server.loop }

    init(_ parts: Parts) { self.parts = parts }

    var actions: [Action] { [.callMCP, .followMCP, .endMCP, .openMCPStream, .writeMCPStream] }

    /// One request with the way of its answer.
    private struct Visit {
        let admitted: AdmittedRequest
        let answer: (HTTPResponse) -> Void
        var head: HTTPRequestHead { admitted.request.head }
        var caller: Principal { admitted.principal }

        func refuse(_ refusal: Refusal) { answer(.refusal(refusal, requestID: admitted.request.requestID)) }
        func refuse(_ status: Int, _ fault: RPCFault) { answer(.json(status, RPC.error(nil, fault))) }
    }

    func handle(_ admitted: AdmittedRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        let visit = Visit(admitted: admitted, answer: answer)
        if let refusal = parts.origins.refusal(visit.head) { return visit.refuse(refusal) }
        switch admitted.action {
        case .callMCP: call(visit)
        case .followMCP: follow(visit)
        case .endMCP: end(visit)
        case .openMCPStream: openStream(visit)
        default: write(visit)
        }
    }

    // MARK: POST /mcp

    private func call(_ visit: Visit) {
        guard MCPRequest.isJSON(visit.head) else { return visit.refuse(.contentTypeWrong) }
        guard MCPRequest.accepts(visit.head, "application/json") else { return visit.refuse(.notAcceptable) }
        guard let root = Self.parse(visit) else { return }
        let headers = MCPStateless.Headers(visit.head)
        if MCPStateless.isMeant(root) || headers.version == [UInt8](text: MCPRevision.july2026.rawValue) {
            return callStateless(root, headers, visit)
        }
        if let version = MCPRequest.header(visit.head, "mcp-protocol-version"),
            MCPRevision(rawValue: version.text) == nil
        {
            return visit.refuse(
                400, RPCFault(.versionUnsupported, "Unsupported protocol version", requested: version))
        }
        let isBeginning = MCPRequest.header(visit.head, "mcp-session-id") == nil && MCPSession.begins(root)
        if isBeginning { begin(root, visit) } else { go(on: root, visit) }
    }

    private static func parse(_ visit: Visit) -> JSONView? {
        do throws(JSONFault) {
            return try JSONDocument.parse(visit.admitted.request.body).root
        } catch {
            visit.refuse(400, RPCFault(.parseError, "Parse error"))
            return nil
        }
    }

    private func callStateless(_ root: JSONView, _ headers: MCPStateless.Headers, _ visit: Visit) {
        let turn = MCPStateless.receive(root, headers, parts.box.view(visit.caller))
        guard let step = turn.step else { return visit.answer(.empty(turn.status)) }
        run(MCPTurn([step]), session: nil, visit, status: turn.status)
    }

    /// `initialize` makes a session.
    private func begin(_ root: JSONView, _ visit: Visit) {
        var session = MCPSession()
        let turn = session.receive(root, parts.box.view(visit.caller))
        guard session.revision != nil else { return run(turn, session: nil, visit, status: 400) }
        let id = MCPSessionID(loop.entropy, parts.marks)
        let isBegun = parts.sessions.begin(id, session, MCPBearer(visit.caller), .streamable, at: loop.now)
        guard isBegun else { return visit.answer(.overloaded(requestID: visit.admitted.request.requestID)) }
        run(
            turn, session: id, visit, status: 200,
            fields: [ResponseField(name: "Mcp-Session-Id", value: id.text)])
    }

    private func go(on root: JSONView, _ visit: Visit) {
        guard let (id, found) = session(visit) else { return }
        var session = found.session
        let turn = session.receive(root, parts.box.view(visit.caller))
        if session != found.session { parts.sessions.update(id, session) }
        run(turn, session: id, visit, status: turn.isRefused ? 400 : 200)
    }

    /// The session that the request names and its caller owns; else it is answered.
    private func session(_ visit: Visit) -> (MCPSessionID, MCPSessions.Found)? {
        guard let text = MCPRequest.header(visit.head, "mcp-session-id") else {
            visit.refuse(400, RPCFault(.invalidRequest, "Mcp-Session-Id is missing."))
            return nil
        }
        guard let id = MCPSessionID(text), let found = parts.sessions.find(id, .streamable, at: loop.now),
            found.bearer == MCPBearer(visit.caller)
        else {
            visit.refuse(.routeUnknown)
            return nil
        }
        return (id, found)
    }

    private func run(
        _ turn: MCPTurn, session: MCPSessionID?, _ visit: Visit, status: Int, fields: [ResponseField] = []
    ) {
        let way: any MCPReturn
        if turn.wantsProgress, MCPRequest.accepts(visit.head, "text/event-stream") {
            var head = HTTPResponse.eventStream()
            head.fields += fields + visit.admitted.fields
            // Who has gone meanwhile is not waited for; what was asked is done all the same.
            let stream = parts.server.stream(visit.admitted.exchange, head: head) {}
            guard let stream else { return }
            way = MCPEventReturn(stream)
        } else {
            way = MCPPlainReturn(status: status, fields: fields, visit.answer)
        }
        MCPRun(
            loop, parts.box, parts.sessions, session: session, caller: visit.caller, turn: turn, way: way
        ).start()
    }

    // MARK: GET and DELETE /mcp

    /// The stream of what the server says by itself.
    private func follow(_ visit: Visit) {
        if isStateless(visit) { return }
        guard MCPRequest.accepts(visit.head, "text/event-stream") else { return visit.refuse(.notAcceptable) }
        guard let (id, found) = session(visit) else { return }
        let place = parts.streams.place()
        guard parts.sessions.open(place, for: id) else { return visit.refuse(.routeUnknown) }
        _ = parts.streams.begin(
            visit.admitted.exchange, at: place, id, found.bearer, fields: visit.admitted.fields, first: [])
    }

    private func end(_ visit: Visit) {
        if isStateless(visit) { return }
        guard let (id, _) = session(visit) else { return }
        parts.sessions.end(id)
        visit.answer(.empty(204))
    }

    /// There is nothing to follow or to end without a session.
    private func isStateless(_ visit: Visit) -> Bool {
        guard MCPStateless.Headers(visit.head).version == [UInt8](text: MCPRevision.july2026.rawValue) else {
            return false
        }
        var response = HTTPResponse.refusal(.methodNotAllowed, requestID: visit.admitted.request.requestID)
        response.fields.append(ResponseField(name: "Allow", value: [UInt8](text: "POST")))
        visit.answer(response)
        return true
    }

    // MARK: /sse and /messages

    private func openStream(_ visit: Visit) {
        guard MCPRequest.accepts(visit.head, "text/event-stream") else { return visit.refuse(.notAcceptable) }
        let id = MCPSessionID(loop.entropy, parts.marks)
        let place = parts.streams.place()
        let bearer = MCPBearer(visit.caller)
        let isBegun = parts.sessions.begin(id, MCPSession(), bearer, .events, stream: place, at: loop.now)
        guard isBegun else { return visit.answer(.overloaded(requestID: visit.admitted.request.requestID)) }
        var first: [UInt8] = []
        ServerSentEvents.event("endpoint", data: [UInt8](text: "/messages?sessionId=") + id.text, to: &first)
        _ = parts.streams.begin(
            visit.admitted.exchange, at: place, id, bearer, fields: visit.admitted.fields, first: first)
    }

    /// A message for a stream: its answer goes there, not here.
    private func write(_ visit: Visit) {
        let request = visit.admitted.request
        var shown: Principal?
        if visit.head.count("authorization") > 0 {
            switch parts.authenticator.authenticate(
                visit.head, from: request.peer, takesQuery: false, at: loop.wall)
            {
            case .known(let principal): shown = principal
            case .anonymous: return visit.refuse(.authenticationRequired)
            case .unavailable: return visit.refuse(.storeUnavailable)
            case .wrong: return parts.onGuess(request.peer) { visit.refuse(.authenticationRequired) }
            }
        }
        let named = MCPRequest.session(visit.head)
        guard let id = named, let found = parts.sessions.find(id, .events, at: loop.now),
            shown.map({ MCPBearer($0) == found.bearer }) ?? true
        else {
            // The id of a stream that has ended is no guess, nor is none at all.
            guard let named, !parts.marks.isOurs(named) else { return visit.refuse(.routeUnknown) }
            return parts.onGuess(request.peer) { visit.refuse(.routeUnknown) }
        }
        if let token = found.bearer.token, !parts.tokens.stands(token, at: loop.wall) {
            parts.sessions.end(id)
            return visit.refuse(.authenticationRequired)
        }
        guard MCPRequest.isJSON(visit.head) else { return visit.refuse(.contentTypeWrong) }
        guard let root = Self.parse(visit) else { return }
        let caller = found.bearer.principal(at: request.peer)
        var session = found.session
        let turn = session.receive(root, parts.box.view(caller))
        if session != found.session { parts.sessions.update(id, session) }
        visit.answer(.empty(202))
        MCPRun(
            loop, parts.box, parts.sessions, session: id, caller: caller, turn: turn,
            way: MCPSessionReturn(parts.sessions, id)
        ).start()
    }
}
