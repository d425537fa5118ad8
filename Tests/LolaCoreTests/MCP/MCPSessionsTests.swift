// The table of sessions: whose they are, how many, how long, and where their streams are.
import Testing

@testable import LolaCore

@Suite("MCP sessions")
struct MCPSessionsTests {
    private static func directory(_ loops: Int = 2) -> LoopDirectory {
        LoopDirectory(mailboxes: (0..<loops).map { _ in Mailbox(waker: SimWaker()) })
    }

    private static func bearer(_ number: UInt64 = 1) -> MCPBearer {
        var principal = ToolBench.principal()
        principal.token = RecordID(high: number, low: number)
        return MCPBearer(principal)
    }

    private static let start = Instant(nanoseconds: 1_000_000_000)
    private let entropy = CountingEntropy(from: 1, step: 7)
    private let marks = MCPSessionMarks(secret: SecretBytes([1, 2, 3]))

    @Test("an id is unguessable, has one spelling, and no other is one", arguments: [
        "", "a", String(repeating: "a", count: 31), String(repeating: "a", count: 33),
        String(repeating: "=", count: 32),
        String(repeating: "+", count: 32), "../../../../../../../../../../..", String(repeating: " ", count: 32),
    ])
    func ids(wrong: String) {
        #expect(MCPSessionID([UInt8](text: wrong)) == nil)
        let id = MCPSessionID(entropy, marks)
        #expect(id.text.count == 32 && MCPSessionID(id.text) == id && Limits.mcpSessionRandomCount * 8 >= 128)
    }

    @Test("an id of ours is known by its mark, whatever has become of its session; with one bit changed it is a guess")
    func guesses() throws {
        let id = MCPSessionID(entropy, marks)
        #expect(marks.isOurs(id) && MCPSessionMarks(secret: SecretBytes([1, 2, 3])).isOurs(id))
        #expect(!MCPSessionMarks(secret: SecretBytes([1, 2, 4])).isOurs(id))
        var octets = try #require(Base64.decode(id.text))
        for place in octets.indices {
            octets[place] ^= 0x10
            let other = try #require(MCPSessionID(Base64.encode(octets)))
            #expect(!marks.isOurs(other))
            octets[place] ^= 0x10
        }
    }

    @Test("a session is found by its id and transport until it has been idle for half an hour")
    func idle() {
        let sessions = MCPSessions(Self.directory())
        let id = MCPSessionID(entropy, marks)
        #expect(sessions.begin(id, MCPSession(), Self.bearer(), .streamable, at: Self.start))
        #expect(sessions.find(id, .events, at: Self.start) == nil)
        let used = Self.start + .minutes(29)
        #expect(sessions.find(id, .streamable, at: used)?.bearer == Self.bearer())
        #expect(sessions.find(id, .streamable, at: used + .minutes(29)) != nil)
        #expect(sessions.find(id, .streamable, at: used + .minutes(59)) == nil && sessions.count == 0)
    }

    @Test("an open stream keeps its session; sessions by events end with theirs")
    func streams() {
        let directory = Self.directory()
        let sessions = MCPSessions(directory)
        let (one, two) = (MCPSessionID(entropy, marks), MCPSessionID(entropy, marks))
        let place = sessions.place(on: 1)
        #expect(sessions.begin(one, MCPSession(), Self.bearer(), .events, stream: place, at: Self.start))
        #expect(sessions.begin(two, MCPSession(), Self.bearer(), .streamable, at: Self.start))
        let late = Self.start + .hours(2)
        #expect(sessions.find(one, .events, at: late) != nil && sessions.say([7], to: one))
        #expect(directory.mailboxes[1].drain().count == 1 && directory.mailboxes[0].drain().isEmpty)
        #expect(!sessions.say([7], to: two))
        sessions.closed(place, of: one, at: late)
        #expect(sessions.find(one, .events, at: late) == nil && !sessions.say([7], to: one))
    }

    @Test("a second stream of a session ends the first, and the end of the first leaves the second")
    func replaced() {
        let directory = Self.directory()
        let sessions = MCPSessions(directory)
        let id = MCPSessionID(entropy, marks)
        _ = sessions.begin(id, MCPSession(), Self.bearer(), .streamable, at: Self.start)
        let (first, second) = (sessions.place(on: 0), sessions.place(on: 1))
        #expect(sessions.open(first, for: id) && sessions.open(second, for: id))
        guard case .streamed(nil, let number)? = directory.mailboxes[0].drain().first else {
            Issue.record("the first stream was not ended")
            return
        }
        #expect(number == first.number)
        sessions.closed(first, of: id, at: Self.start)
        #expect(sessions.say([1], to: id) && directory.mailboxes[1].drain().count == 1)
        sessions.end(id)
        #expect(directory.mailboxes[1].drain().count == 1 && sessions.count == 0)
        #expect(!sessions.open(first, for: id))
    }

    @Test("one token cannot take all the room, and idle sessions make some")
    func bounds() {
        let sessions = MCPSessions(Self.directory(), countMax: 4, perBearerMax: 2)
        func begin(_ bearer: UInt64, at time: Instant = Self.start) -> Bool {
            sessions.begin(MCPSessionID(entropy, marks), MCPSession(), Self.bearer(bearer), .streamable, at: time)
        }
        #expect([begin(1), begin(1), begin(1)] == [true, true, false])
        #expect([begin(2), begin(3), begin(4)] == [true, true, false] && sessions.count == 4)
        #expect(begin(4, at: Self.start + Limits.mcpSessionIdle) && sessions.count == 1)
    }

    @Test("a request is in hand once; a cancelled one is not answered; others cannot be cancelled")
    func calls() {
        let sessions = MCPSessions(Self.directory())
        let id = MCPSessionID(entropy, marks)
        _ = sessions.begin(id, MCPSession(), Self.bearer(), .streamable, at: Self.start)
        let (one, text) = (RPCID.number(1), RPCID.text([0x31]))
        sessions.cancel(one, of: id)
        #expect(sessions.begin(one, of: id) == .yes && sessions.begin(one, of: id) == .repeated)
        #expect(sessions.begin(text, of: id) == .yes)
        #expect(sessions.wants(one, of: id) && sessions.wants(text, of: id))
        sessions.cancel(one, of: id)
        #expect(!sessions.wants(one, of: id) && sessions.wants(text, of: id))
        #expect(!sessions.finish(one, of: id) && sessions.finish(text, of: id))
        #expect(sessions.begin(one, of: id) == .yes && sessions.finish(one, of: id))
        for number in 0..<Limits.mcpCallsInFlightMax { _ = sessions.begin(.number(Int64(number)), of: id) }
        #expect(sessions.begin(.number(-1), of: id) == .tooMany)
    }

    // MARK: Telling an agent

    private func session(_ level: String? = nil) throws -> MCPSession {
        let bench = try ToolBench()
        var session = MCPSession()
        func say(_ text: String) throws {
            _ = session.receive(try JSONDocument.parse([UInt8](text: text)).root, bench.box.view(ToolBench.principal()))
        }
        try say(
            #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","#
                + #""capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#)
        if let level {
            try say(#"{"jsonrpc":"2.0","id":2,"method":"logging/setLevel","params":{"level":"\#(level)"}}"#)
        }
        return session
    }

    @Test("every open stream of the agent is told, on whichever loop, and nobody else's")
    func told() throws {
        let directory = Self.directory()
        let sessions = MCPSessions(directory)
        let session = try session()
        var foreign = ToolBench.principal(agent: "two")
        foreign.token = RecordID(high: 9, low: 9)
        let bearers = [Self.bearer(1), Self.bearer(2), MCPBearer(foreign), MCPBearer(ToolBench.orchestrator)]
        let ids = bearers.map { _ in MCPSessionID(entropy, marks) }
        for (place, bearer) in bearers.enumerated() {
            _ = sessions.begin(ids[place], session, bearer, .streamable, at: Self.start)
            #expect(sessions.open(sessions.place(on: place % 2), for: ids[place]))
        }
        let one = try #require(AgentID("one".utf8))
        #expect(sessions.tell(one, [7], at: .info, for: .getWaitingMessages) == 2)
        #expect(directory.mailboxes[0].drain().count == 1 && directory.mailboxes[1].drain().count == 1)
        sessions.end(ids[0])
        #expect(sessions.tell(one, [7], at: .info, for: .getWaitingMessages) == 1)
        #expect(sessions.tell(try #require(AgentID("none".utf8)), [7], at: .info, for: .getWaitingMessages) == 0)
    }

    @Test("a client hears from the level that it has named on, and not before it has begun", arguments: [
        (nil, true), ("debug", true), ("info", true), ("notice", false), ("emergency", false),
    ] as [(String?, Bool)])
    func levels(_ row: (level: String?, hears: Bool)) throws {
        let sessions = MCPSessions(Self.directory())
        let (id, one) = (MCPSessionID(entropy, marks), try #require(AgentID("one".utf8)))
        let place = sessions.place(on: 0)
        _ = sessions.begin(id, MCPSession(), Self.bearer(), .events, stream: place, at: Self.start)
        #expect(sessions.tell(one, [7], at: .info, for: .getWaitingMessages) == 0)
        sessions.update(id, try session(row.level))
        #expect(sessions.tell(one, [7], at: .info, for: .getWaitingMessages) == (row.hears ? 1 : 0))
        sessions.closed(place, of: id, at: Self.start)
        #expect(sessions.tell(one, [7], at: .info, for: .getWaitingMessages) == 0)
    }

    @Test("a token that may not ask for messages is not told of them; of many streams the latest are")
    func scopes() throws {
        let directory = Self.directory(1)
        let (sessions, session, entropy) = (MCPSessions(directory), try session(), LoopRig().loop.entropy)
        let one = try #require(AgentID("one".utf8))
        for scope in [TokenScope.ping, .getWaitingMessages] {
            var principal = ToolBench.principal(scopes: [scope])
            principal.token = RecordID(high: 1, low: 1)
            let id = MCPSessionID(entropy, marks)
            _ = sessions.begin(
                id, session, MCPBearer(principal), .events, stream: sessions.place(on: 0), at: Self.start)
        }
        #expect(sessions.tell(one, [7], at: .info, for: .getWaitingMessages) == 1)
        for _ in 0..<Limits.mailboxNoticesMax {
            _ = sessions.begin(
                MCPSessionID(entropy, marks), session, Self.bearer(), .events, stream: sessions.place(on: 0),
                at: Self.start)
        }
        _ = directory.mailboxes[0].drain()
        #expect(sessions.tell(one, [7], at: .info, for: .getWaitingMessages) == Limits.mailboxNoticesMax)
        let numbers = directory.mailboxes[0].drain().compactMap { mail -> UInt64? in
            if case .streamed(_, let number) = mail { number } else { nil }
        }
        #expect(numbers.count == Limits.mailboxNoticesMax && !numbers.contains(2))
    }
}
