// A client's conversation as JSON-RPC: handshake, revisions, batches, errors, and what is never answered.
import Testing

@testable import LolaCore

/// One session, told documents one after the other.
struct SessionBench {
    var session = MCPSession()
    let view: ToolView

    init(_ revision: MCPRevision? = nil, caller: Principal = ToolBench.principal(), pageMax: Int = 32) throws {
        let bench = try ToolBench()
        view = ToolView(bench.box, caller, pageMax: pageMax)
        if let revision { _ = try say(Self.initialize(revision.rawValue)) }
    }

    static func initialize(_ version: String, id: String = "0") -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"initialize","params":{"protocolVersion":"\#(version)","#
            + #""capabilities":{},"clientInfo":{"name":"c","version":"1"}}}"#
    }

    static func request(_ method: String, _ params: String = "{}", id: String = "1") -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(params)}"#
    }

    mutating func turn(_ text: String) throws -> MCPTurn {
        session.receive(try JSONDocument.parse([UInt8](text: text)).root, view)
    }

    /// The one answer that goes back at once; nil when there is none.
    mutating func say(_ text: String) throws -> JSONView? {
        guard case .answer(let octets) = try turn(text).steps.first else { return nil }
        return try JSONDocument.parse(octets).root
    }

    mutating func code(_ text: String) throws -> Int64? { try say(text)?["error"]?["code"]?.integer }
}

@Suite("MCP session")
struct MCPSessionTests {
    @Test("a revision is settled by the handshake", arguments: [
        ("2024-11-05", "2024-11-05"), ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"), ("2026-07-28", "2025-11-25"), ("2099-01-01", "2025-11-25"),
        ("", "2025-11-25"), ("1.0", "2025-11-25"),
    ])
    func negotiation(_ row: (wanted: String, chosen: String)) throws {
        var bench = try SessionBench()
        let answer = try #require(try bench.say(SessionBench.initialize(row.wanted)))
        let result = try #require(answer["result"])
        #expect(answer["id"]?.integer == 0 && result["protocolVersion"]?.text == row.chosen)
        #expect(result["capabilities"]?["tools"]?["listChanged"]?.bool == false)
        #expect(result["capabilities"]?["logging"] != nil && result["capabilities"]?["prompts"] == nil)
        #expect(result["serverInfo"]?["name"]?.text == "lola" && result["instructions"]?.text?.isEmpty == false)
        #expect(try bench.code(SessionBench.initialize("2025-11-25")) == -32_600)
    }

    @Test("an id comes back as it came", arguments: ["0", "-7", "9223372036854775807", #""""#, #""a\u00e9""#, #""1""#])
    func ids(id: String) throws {
        var bench = try SessionBench(.november2025)
        let answer = try #require(try bench.say(SessionBench.request("ping", id: id)))
        let wanted = try JSONDocument.parse([UInt8](text: "[\(id)]")).root[0]
        #expect(answer["id"]?.kind == wanted?.kind && answer["id"]?.textBytes == wanted?.textBytes)
        #expect(answer["id"]?.integer == wanted?.integer && answer["result"]?.count == 0)
    }

    @Test("what is no message is an error without an id, or with the one it has", arguments: [
        ("1", -32_600, nil), ("[]", -32_600, nil), ("{}", -32_600, nil), ("null", -32_600, nil),
        (#""x""#, -32_600, nil),
        (#"{"jsonrpc":"1.0","id":5,"method":"ping"}"#, -32_600, 5), (#"{"id":5,"method":"ping"}"#, -32_600, 5),
        (#"{"jsonrpc":"2.0","id":5}"#, -32_600, 5), (#"{"jsonrpc":"2.0","id":5,"method":7}"#, -32_600, 5),
        (#"{"jsonrpc":"2.0","id":5,"method":""}"#, -32_600, 5),
        (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32_600, nil),
        (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32_600, nil),
        (#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, -32_600, nil),
        (#"{"jsonrpc":"2.0","id":99999999999999999999,"method":"ping"}"#, -32_600, nil),
        (#"{"jsonrpc":"2.0","id":5,"method":"ping","params":[1]}"#, -32_602, 5),
        (#"{"jsonrpc":"2.0","id":5,"result":{},"error":{}}"#, -32_600, 5),
        (#"[{"jsonrpc":"2.0","id":5,"method":"ping"}]"#, -32_600, nil),
    ] as [(String, Int64, Int64?)])
    func malformed(_ row: (text: String, code: Int64, id: Int64?)) throws {
        var bench = try SessionBench(.november2025)
        let turn = try bench.turn(row.text)
        #expect(turn.isRefused)
        let answer = try #require(try bench.say(row.text))
        #expect(answer["error"]?["code"]?.integer == row.code && answer["id"]?.integer == row.id, "\(row.text)")
        let long = #"{"jsonrpc":"2.0","id":"\#(String(repeating: "x", count: 257))","method":"ping"}"#
        #expect(try bench.code(long) == -32_600)
    }

    @Test("an unknown method is answered at once, also before the handshake", arguments: [
        "server/discover", "resources/list", "prompts/list", "resources/read", "completion/complete", "tools/List", "x",
    ])
    func unknown(method: String) throws {
        for revision in [nil, MCPRevision.march2025, .november2025] {
            var bench = try SessionBench(revision)
            #expect(try bench.code(SessionBench.request(method)) == -32_601)
        }
    }

    @Test("before the handshake there is a ping, and nothing else")
    func early() throws {
        var bench = try SessionBench()
        #expect(try bench.say(SessionBench.request("ping"))?["result"]?.count == 0)
        for method in ["tools/list", "tools/call", "logging/setLevel"] {
            #expect(try bench.code(SessionBench.request(method)) == -32_600, "\(method)")
        }
        for params in ["{}", #"{"protocolVersion":7,"capabilities":{},"clientInfo":{"name":"a","version":"1"}}"#,
            #"{"protocolVersion":"2025-11-25","clientInfo":{"name":"a","version":"1"}}"#,
            #"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"a"}}"#]
        {
            #expect(try bench.code(SessionBench.request("initialize", params)) == -32_602)
        }
        #expect(bench.session.revision == nil)
    }

    @Test("notifications and answers are never answered", arguments: [
        #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, #"{"jsonrpc":"2.0","method":"no/such"}"#,
        #"{"jsonrpc":"2.0","method":"notifications/initialized","params":[]}"#,
        #"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#,
        #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":null}}"#,
        #"{"jsonrpc":"2.0","id":99,"result":{}}"#, #"{"jsonrpc":"2.0","id":"a","error":{"code":1,"message":"m"}}"#,
    ])
    func silent(text: String) throws {
        var bench = try SessionBench(.november2025)
        #expect(try bench.turn(text).steps.isEmpty)
    }

    @Test("a cancellation names its request")
    func cancellation() throws {
        var bench = try SessionBench(.november2025)
        let turn = try bench.turn(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a"}}"#)
        guard case .cancel(let id) = turn.steps.first else { throw SampleFault(description: "no cancellation") }
        #expect(id == .text([0x61]))
    }

    @Test("only one revision has batches; they hold at most thirty-two messages")
    func batches() throws {
        let two = "[\(SessionBench.request("ping")),\(SessionBench.request("no/such", id: "2"))]"
        for revision in MCPRevision.allCases where revision.hasSession {
            var bench = try SessionBench(revision)
            let turn = try bench.turn(two)
            #expect(turn.isBatch == (revision == .march2025) && turn.isRefused != turn.isBatch)
            #expect(turn.steps.count == (turn.isBatch ? 2 : 1))
        }
        var bench = try SessionBench(.march2025)
        #expect(try bench.code("[]") == -32_600)
        #expect(try bench.turn("[1,{\"jsonrpc\":\"2.0\",\"method\":\"x\"}]").steps.count == 1)
        for (count, isTaken) in [(Limits.mcpBatchMax, true), (Limits.mcpBatchMax + 1, false)] {
            let text = "[" + (0..<count).map { SessionBench.request("ping", id: "\($0)") }.joined(separator: ",") + "]"
            #expect(try bench.turn(text).steps.count == (isTaken ? count : 1))
        }
    }

    @Test("a list goes on where the cursor says; a cursor of no page is refused")
    func pages() throws {
        var bench = try SessionBench(.november2025, pageMax: 5)
        var (names, cursor): ([String], String?) = ([], nil)
        repeat {
            let params = cursor.map { #"{"cursor":"\#($0)"}"# } ?? "{}"
            let result = try #require(try bench.say(SessionBench.request("tools/list", params))?["result"])
            names += result["tools"]?.elements.compactMap { $0["name"]?.text } ?? []
            cursor = result["nextCursor"]?.text
        } while cursor != nil
        #expect(names == ToolBench.names)
        for cursor in [#""zzz""#, "7", "null", #""comms_set_agent_limits""#] {
            #expect(try bench.code(SessionBench.request("tools/list", #"{"cursor":\#(cursor)}"#)) == -32_602)
        }
    }

    @Test("what a tool is told depends on the revision", arguments: MCPRevision.allCases.filter(\.hasSession))
    func listed(revision: MCPRevision) throws {
        var bench = try SessionBench(revision, caller: ToolBench.orchestrator)
        let tools = try #require(try bench.say(SessionBench.request("tools/list"))?["result"]?["tools"])
        #expect(tools.count == 16)
        for tool in tools.elements {
            #expect(tool["inputSchema"]?["type"]?.text == "object" && (tool["description"]?.text?.count ?? 0) > 40)
            #expect((tool["annotations"] != nil) == (revision >= .march2025))
            #expect((tool["outputSchema"]?["type"]?.text == "object") == (revision >= .june2025))
            #expect((tool["title"] != nil) == (revision >= .june2025))
        }
        #expect(try #require(tools.elements.first { $0["name"]?.isText("comms_ping") == true })["annotations"]?[
            "readOnlyHint"]?.bool == (revision >= .march2025 ? true : nil))
    }

    @Test("a call names a tool; the newest handshake lets the tool say what is wrong with its arguments")
    func calls() throws {
        for revision in MCPRevision.allCases where revision.hasSession {
            var bench = try SessionBench(revision)
            for params in ["{}", #"{"name":7}"#, #"{"name":"nope"}"#, #"{"name":"comms_ping","arguments":[]}"#] {
                #expect(try bench.code(SessionBench.request("tools/call", params)) == -32_602, "\(params)")
            }
            let bad = SessionBench.request("tools/call", #"{"name":"comms_ping","arguments":{"x":1}}"#)
            let isCalled = { if case .call = $0 { true } else { false } } as (MCPStep?) -> Bool
            #expect(isCalled(try bench.turn(bad).steps.first) == (revision == .november2025))
            let good = SessionBench.request(
                "tools/call", #"{"name":"comms_ping","_meta":{"progressToken":"p"}}"#)
            let turn = try bench.turn(good)
            #expect(isCalled(turn.steps.first) && turn.wantsProgress)
        }
    }

    @Test("the level of logging is one of eight", arguments: [
        (#"{"level":"debug"}"#, nil), (#"{"level":"emergency"}"#, nil), (#"{"level":"loud"}"#, -32_602),
        ("{}", -32_602), (#"{"level":3}"#, -32_602),
    ] as [(String, Int64?)])
    func level(_ row: (params: String, code: Int64?)) throws {
        var bench = try SessionBench(.june2025)
        #expect(try bench.code(SessionBench.request("logging/setLevel", row.params)) == row.code)
        #expect((bench.session.level != nil) == (row.code == nil))
    }
}
