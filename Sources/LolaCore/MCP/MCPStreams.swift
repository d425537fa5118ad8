// The event streams of MCP clients that one loop has open: what comes for them from any loop, heartbeats, and their end
// when the token behind them no longer stands.

final class MCPStreams {
    private struct Open {
        let stream: ResponseStream
        let session: MCPSessionID
        let place: MCPSessions.Place
        /// Nil for callers whose token cannot be revoked while the process runs.
        let token: RecordID?
        let expires: WallTime?
        var heartbeatAt: Instant
    }

    let number: Int
    private let server: HTTPServer
    private let sessions: MCPSessions
    private let tokens: AgentTokens
    private var open: [UInt64: Open] = [:]
    private var generation = 0
    private var isWaiting = false

    /// - Parameter number: of the loop, as the directory of mailboxes counts.
    init(number: Int, server: HTTPServer, sessions: MCPSessions, tokens: AgentTokens) {
        self.number = number
        self.server = server
        self.sessions = sessions
        self.tokens = tokens
    }

    var count: Int { open.count }

    /// A place for the next stream.
    func place() -> MCPSessions.Place { sessions.place(on: number) }

    /// Begins the stream of a session that the table knows. False when there will be none: then the exchange has been
    /// answered, and a session that lives by the stream is over.
    func begin(
        _ exchange: Exchange, at place: MCPSessions.Place, _ session: MCPSessionID, _ bearer: MCPBearer,
        fields: [ResponseField], first: [UInt8]
    ) -> Bool {
        var head = HTTPResponse.eventStream()
        head.fields += fields
        let stream = server.stream(exchange, head: head) { [self] in ended(place, session) }
        guard let stream else {
            sessions.closed(place, of: session, at: server.loop.now)
            return false
        }
        open[place.number] = Open(
            stream: stream, session: session, place: place, token: bearer.token,
            expires: bearer.token.flatMap { tokens.mirror[$0]?.expires },
            heartbeatAt: server.loop.now + Limits.mcpHeartbeat)
        if !first.isEmpty { _ = stream.send(first) }
        watch()
        return true
    }

    /// What another loop, or this one, has said.
    func take(_ octets: [UInt8]?, for number: UInt64) {
        guard let entry = open[number] else { return }
        guard let octets else { return entry.stream.end() }
        // What is meant for a token is said to nobody once it is revoked; the next check ends the stream.
        if stands(entry, true, server.loop.wall) { _ = entry.stream.send(octets) }
    }

    private func ended(_ place: MCPSessions.Place, _ session: MCPSessionID) {
        open[place.number] = nil
        sessions.closed(place, of: session, at: server.loop.now)
    }

    /// Four times a second while a stream is open.
    private func watch() {
        if isWaiting || open.isEmpty { return }
        isWaiting = true
        server.loop.after(Limits.mcpStreamCheck) { [self] in
            isWaiting = false
            check()
            watch()
        }
    }

    private func check() {
        let (now, wall) = (server.loop.now, server.loop.wall)
        let isChanged = tokens.generation != generation
        generation = tokens.generation
        // In a fixed order, which a dictionary does not have: a simulated run must repeat itself.
        for number in open.keys.sorted() {
            guard let entry = open[number] else { continue }
            if !stands(entry, isChanged, wall) {
                sessions.end(entry.session)
                entry.stream.end()
            } else if now >= entry.heartbeatAt {
                open[number]?.heartbeatAt = now + Limits.mcpHeartbeat
                var comment: [UInt8] = []
                ServerSentEvents.comment("ping".utf8, to: &comment)
                _ = entry.stream.send(comment)
            }
        }
    }

    private func stands(_ entry: Open, _ isChanged: Bool, _ wall: WallTime) -> Bool {
        guard let token = entry.token else { return true }
        if let expires = entry.expires, wall >= expires { return false }
        return !isChanged || tokens.stands(token, at: wall)
    }
}
