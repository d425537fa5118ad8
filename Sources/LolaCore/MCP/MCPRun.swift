// Carries one turn out: calls the tools, tells of progress, and gives all answers back the way they are wanted, each
// exactly once and none that the client has cancelled. Lives until the last call is over.

/// Where the answers of a turn go.
protocol MCPReturn: AnyObject {
    /// A notification before the answer.
    func notify(_ octets: [UInt8])
    /// The one answer, or the array of a batch; nil when there is none.
    func finish(_ octets: [UInt8]?)
}

final class MCPRun {
    private let loop: Loop
    private let box: ToolBox
    private let sessions: MCPSessions
    private let session: MCPSessionID?
    private let caller: Principal
    private let turn: MCPTurn
    private let way: any MCPReturn
    private var answers: [[UInt8]?]
    private var open = 0

    /// - Parameter session: nil for requests of the stateless revision: there who hangs up cancels.
    init(
        _ loop: Loop, _ box: ToolBox, _ sessions: MCPSessions, session: MCPSessionID?, caller: Principal,
        turn: MCPTurn, way: any MCPReturn
    ) {
        self.loop = loop
        self.box = box
        self.sessions = sessions
        self.session = session
        self.caller = caller
        self.turn = turn
        self.way = way
        answers = Array(repeating: nil, count: turn.steps.count)
    }

    func start() {
        // One more than there are, so that no early answer ends the turn.
        open = 1
        for (place, step) in turn.steps.enumerated() {
            switch step {
            case .answer(let octets): answers[place] = octets
            case .cancel(let id): if let session { sessions.cancel(id, of: session) }
            case .call(let call): begin(call, place)
            }
        }
        close()
    }

    private func begin(_ call: MCPCall, _ place: Int) {
        switch session.map({ sessions.begin(call.id, of: $0) }) ?? .yes {
        case .yes: break
        case .repeated:
            answers[place] = RPC.error(call.id, RPCFault(.invalidRequest, "A request of that id is in hand."))
            return
        case .tooMany:
            answers[place] = RPC.error(call.id, RPCFault(.internalError, "Too many calls are in hand."))
            return
        }
        open += 1
        let isWanted = { [sessions, session] in session.map { sessions.wants(call.id, of: $0) } ?? true }
        let progress = call.progress.map { MCPProgress(loop, $0, way, isWanted: isWanted) }
        progress?.tell()
        box.call(call.tool, call.arguments, by: caller) { [self] outcome in
            progress?.end()
            let isWanted = session.map { sessions.finish(call.id, of: $0) } ?? true
            if isWanted {
                answers[place] = RPC.result(call.id) { MCPResults.called(outcome, call.revision, to: &$0) }
            }
            close()
        }
    }

    private func close() {
        open -= 1
        guard open == 0 else { return }
        let all = answers.compactMap { $0 }
        if turn.isBatch { return way.finish(all.isEmpty ? nil : RPC.batch(all)) }
        way.finish(all.first)
    }
}

/// Tells a client once a second that its call goes on, until it is over or cancelled.
private final class MCPProgress {
    private let loop: Loop
    private let token: [UInt8]
    private let way: any MCPReturn
    private let isWanted: () -> Bool
    private var count = 0
    private var isOver = false

    init(_ loop: Loop, _ token: [UInt8], _ way: any MCPReturn, isWanted: @escaping () -> Bool) {
        self.loop = loop
        self.token = token
        self.way = way
        self.isWanted = isWanted
    }

    func tell() {
        guard isWanted() else { return }
        way.notify(RPC.notification("notifications/progress") { params in
            params.member("progressToken") { $0.raw(token) }
            params.member("progress", count)
        })
        count += 1
        loop.after(Limits.mcpProgressInterval) { [self] in if !isOver { tell() } }
    }

    func end() { isOver = true }
}

// MARK: Ways back

/// An ordinary answer: JSON, or 202 when there is nothing to say.
final class MCPPlainReturn: MCPReturn {
    private let answer: (HTTPResponse) -> Void
    private let status: Int
    private let fields: [ResponseField]

    init(status: Int = 200, fields: [ResponseField] = [], _ answer: @escaping (HTTPResponse) -> Void) {
        self.answer = answer
        self.status = status
        self.fields = fields
    }

    func notify(_ octets: [UInt8]) {}

    func finish(_ octets: [UInt8]?) {
        guard let octets else { return answer(.empty(202)) }
        var response = HTTPResponse.json(status, octets)
        response.fields += fields
        answer(response)
    }
}

/// An answer by events, for who wants to hear of progress: it ends with the result.
final class MCPEventReturn: MCPReturn {
    private let stream: ResponseStream

    init(_ stream: ResponseStream) { self.stream = stream }

    func notify(_ octets: [UInt8]) { _ = stream.send(MCPEvents.message(octets)) }

    func finish(_ octets: [UInt8]?) {
        if let octets { notify(octets) }
        stream.end()
    }
}

/// Into the stream of the session, whichever loop has it.
final class MCPSessionReturn: MCPReturn {
    private let sessions: MCPSessions
    private let session: MCPSessionID

    init(_ sessions: MCPSessions, _ session: MCPSessionID) {
        self.sessions = sessions
        self.session = session
    }

    func notify(_ octets: [UInt8]) { _ = sessions.say(MCPEvents.message(octets), to: session) }
    func finish(_ octets: [UInt8]?) { if let octets { notify(octets) } }
}

enum MCPEvents {
    static func message(_ octets: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(octets.count + 32)
        ServerSentEvents.event("message", data: octets, to: &out)
        return out
    }
}
