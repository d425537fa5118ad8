// All MCP sessions of the process, shared by its loops under a lock: a session that was begun on one loop may be asked
// on any other, and what is said into a stream goes to the loop that has it open.
import Synchronization

/// Who a session belongs to: the token that was shown when it began.
struct MCPBearer: Hashable, Sendable {
    let kind: Principal.Kind
    let agent: AgentID?
    let token: RecordID?
    let scopes: [String]?

    init(_ principal: Principal) {
        (kind, agent, token, scopes) = (principal.kind, principal.agent, principal.token, principal.scopes)
    }

    func principal(at address: IPAddress) -> Principal {
        Principal(kind: kind, address: address, agent: agent, token: token, scopes: scopes)
    }
}

/// 128 random bits and the gateway's mark of them, written in base64url.
struct MCPSessionID: Hashable, Sendable {
    let text: [UInt8]

    init(_ entropy: any Entropy, _ marks: MCPSessionMarks) {
        let random = entropy.bytes(Limits.mcpSessionRandomCount)
        text = Base64.encode(random + marks.mark(of: random))
    }

    /// Nil for what is not spelled like one.
    init?(_ text: some Collection<UInt8>) {
        let text = [UInt8](text)
        guard text.count == Limits.mcpSessionIDCount / 3 * 4, Base64.decode(text) != nil else { return nil }
        self.text = text
    }
}

/// Tells an id that was one of ours from a guess, also when its session is over or the process is another. One per
/// loop.
final class MCPSessionMarks {
    private let key: HMACKey

    /// `secret` is the key of `Pseudonyms`, the same on all gateways of a store.
    init(secret: SecretBytes) { key = HMACKey(.sha256, key: secret) }

    func isOurs(_ id: MCPSessionID) -> Bool {
        guard let octets = Base64.decode(id.text) else { return false }
        let random = Array(octets.prefix(Limits.mcpSessionRandomCount))
        return ConstantTime.equal(Array(octets.dropFirst(random.count)), mark(of: random))
    }

    /// Begins with an octet that no message, conversation or sender begins with.
    fileprivate func mark(of random: [UInt8]) -> [UInt8] {
        let code = key.code([0x7D] + [UInt8](text: "mcp session"), random)
        return Array(code.prefix(Limits.mcpSessionIDCount - Limits.mcpSessionRandomCount))
    }
}

final class MCPSessions: Sendable {
    /// An open stream: which loop has it, and under which number.
    struct Place: Hashable, Sendable {
        let loop: Int
        let number: UInt64
    }

    /// Which transport a session came by; one does not answer for the other.
    enum Transport: Hashable, Sendable { case streamable, events }

    private struct Entry {
        let bearer: MCPBearer
        let transport: Transport
        var session: MCPSession
        var seen: Instant
        var stream: Place?
        /// Requests that wait for their tool; true when the client no longer wants the answer.
        var calls: [RPCID: Bool] = [:]
    }

    private struct Table {
        var entries: [MCPSessionID: Entry] = [:]
        var counts: [MCPBearer: Int] = [:]
        /// Sessions with an open stream.
        var listeners: [AgentID: Set<MCPSessionID>] = [:]
        var sweptAt = Instant(nanoseconds: .min / 2)
        var number: UInt64 = 0
    }

    /// What the caller of `find` learns.
    struct Found: Sendable {
        let session: MCPSession
        let bearer: MCPBearer
    }

    private let table = Mutex(Table())
    private let directory: LoopDirectory
    private let countMax: Int
    private let perBearerMax: Int

    init(
        _ directory: LoopDirectory, countMax: Int = Limits.mcpSessionsMax,
        perBearerMax: Int = Limits.mcpSessionsPerTokenMax
    ) {
        self.directory = directory
        self.countMax = countMax
        self.perBearerMax = perBearerMax
    }

    var count: Int { table.withLock { $0.entries.count } }

    // MARK: Life

    /// A new session; false when there are too many, of all or of this bearer.
    func begin(
        _ id: MCPSessionID, _ session: MCPSession, _ bearer: MCPBearer, _ transport: Transport,
        stream: Place? = nil, at now: Instant
    ) -> Bool {
        table.withLock { table in
            if now - table.sweptAt >= Limits.mcpSweepInterval || table.entries.count >= countMax {
                table.sweptAt = now
                for (id, entry) in table.entries where Self.isOver(entry, now) { Self.remove(id, &table) }
            }
            guard table.entries.count < countMax, table.counts[bearer, default: 0] < perBearerMax,
                table.entries[id] == nil
            else { return false }
            table.entries[id] = Entry(
                bearer: bearer, transport: transport, session: session, seen: now, stream: nil)
            table.counts[bearer, default: 0] += 1
            if let stream { Self.listen(stream, id, &table) }
            return true
        }
    }

    /// The session as it stands; nil for one that is unknown, over, or of the other transport.
    func find(_ id: MCPSessionID, _ transport: Transport, at now: Instant) -> Found? {
        table.withLock { table in
            guard let entry = table.entries[id], entry.transport == transport else { return nil }
            if Self.isOver(entry, now) {
                Self.remove(id, &table)
                return nil
            }
            table.entries[id]?.seen = now
            return Found(session: entry.session, bearer: entry.bearer)
        }
    }

    /// After a message has changed it.
    func update(_ id: MCPSessionID, _ session: MCPSession) {
        table.withLock { $0.entries[id]?.session = session }
    }

    /// Ends a session and its stream.
    func end(_ id: MCPSessionID) {
        let place = table.withLock { table in
            let place = table.entries[id]?.stream
            Self.remove(id, &table)
            return place
        }
        if let place { post(nil, to: place) }
    }

    private static func isOver(_ entry: Entry, _ now: Instant) -> Bool {
        entry.stream == nil && now - entry.seen >= Limits.mcpSessionIdle
    }

    private static func remove(_ id: MCPSessionID, _ table: inout Table) {
        listen(nil, id, &table)
        guard let entry = table.entries.removeValue(forKey: id) else { return }
        let left = table.counts[entry.bearer, default: 1] - 1
        table.counts[entry.bearer] = left > 0 ? left : nil
    }

    // MARK: Streams

    /// Which stream a session has is said here only.
    private static func listen(_ place: Place?, _ id: MCPSessionID, _ table: inout Table) {
        table.entries[id]?.stream = place
        guard let agent = table.entries[id]?.bearer.agent else { return }
        if place != nil { table.listeners[agent, default: []].insert(id) } else { table.listeners[agent]?.remove(id) }
        if table.listeners[agent]?.isEmpty == true { table.listeners[agent] = nil }
    }

    /// A place for a stream of a loop.
    func place(on loop: Int) -> Place {
        table.withLock { table in
            table.number += 1
            return Place(loop: loop, number: table.number)
        }
    }

    /// The session's stream from now on; an earlier one ends. False when the session is over.
    func open(_ place: Place, for id: MCPSessionID) -> Bool {
        let (isOpen, former) = table.withLock { table in
            guard let entry = table.entries[id] else { return (false, nil as Place?) }
            Self.listen(place, id, &table)
            return (true, entry.stream)
        }
        if let former { post(nil, to: former) }
        return isOpen
    }

    /// The stream is over. A session that lives by it is too.
    func closed(_ place: Place, of id: MCPSessionID, at now: Instant) {
        table.withLock { table in
            guard let entry = table.entries[id], entry.stream == place else { return }
            if entry.transport == .events { return Self.remove(id, &table) }
            Self.listen(nil, id, &table)
            table.entries[id]?.seen = now
        }
    }

    /// Says something into the session's stream. False when there is none.
    func say(_ octets: [UInt8], to id: MCPSessionID) -> Bool {
        guard let place = table.withLock({ $0.entries[id]?.stream }) else { return false }
        post(octets, to: place)
        return true
    }

    /// Says something into the open streams of an agent, the latest ones, whose client wants to hear of such things and
    /// whose token may ask for them. How many there were.
    @discardableResult
    func tell(_ agent: AgentID, _ octets: [UInt8], at level: MCPLogLevel, for scope: TokenScope) -> Int {
        let places = table.withLock { table in
            (table.listeners[agent] ?? []).compactMap { id -> Place? in
                guard let entry = table.entries[id], entry.session.hears(level),
                    entry.bearer.scopes?.contains(scope.rawValue) ?? true
                else { return nil }
                return entry.stream
            }
        }
        let latest = places.sorted { $0.number > $1.number }.prefix(Limits.mailboxNoticesMax)
        for place in latest { post(octets, to: place) }
        return latest.count
    }

    private func post(_ octets: [UInt8]?, to place: Place) {
        directory.mailboxes[place.loop].post(.streamed(octets, to: place.number))
    }

    // MARK: Calls

    enum Begun: Hashable, Sendable { case yes, repeated, tooMany }

    func begin(_ call: RPCID, of id: MCPSessionID) -> Begun {
        table.withLock { table in
            guard let entry = table.entries[id] else { return .yes }
            if entry.calls[call] != nil { return .repeated }
            guard entry.calls.count < Limits.mcpCallsInFlightMax else { return .tooMany }
            table.entries[id]?.calls[call] = false
            return .yes
        }
    }

    /// Of requests that are not in hand there is nothing to be done.
    func cancel(_ call: RPCID, of id: MCPSessionID) {
        table.withLock { table in
            if table.entries[id]?.calls[call] != nil { table.entries[id]?.calls[call] = true }
        }
    }

    /// Whether the client still wants to hear of a call in hand.
    func wants(_ call: RPCID, of id: MCPSessionID) -> Bool {
        table.withLock { table in table.entries[id]?.calls[call] != true }
    }

    /// The call is over. Whether the client still wants the answer.
    func finish(_ call: RPCID, of id: MCPSessionID) -> Bool {
        table.withLock { table in table.entries[id]?.calls.removeValue(forKey: call) != true }
    }
}
