// The revision without a handshake: every request says all about itself, in its body and in its headers.
import Testing

@testable import LolaCore

@Suite("MCP without a session")
struct MCPStatelessTests {
    private static let meta = #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","#
        + #""io.modelcontextprotocol/clientCapabilities":{}}"#

    private static func headers(
        _ method: String?, name: String? = nil, version: String? = "2026-07-28"
    ) -> MCPStateless.Headers {
        MCPStateless.Headers(
            version: version.map { [UInt8](text: $0) }, method: method.map { [UInt8](text: $0) },
            name: name.map { [UInt8](text: $0) })
    }

    private static func receive(_ text: String, _ headers: MCPStateless.Headers) throws -> MCPStateless.Turn {
        let view = try ToolBench().box.view(ToolBench.principal())
        return MCPStateless.receive(try JSONDocument.parse([UInt8](text: text)).root, headers, view)
    }

    private static func answer(_ turn: MCPStateless.Turn) throws -> JSONView? {
        guard case .answer(let octets) = turn.step else { return nil }
        return try JSONDocument.parse(octets).root
    }

    private static func body(_ method: String, _ more: String = "") -> String {
        #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":{\#(more)\#(meta)}}"#
    }

    @Test("discovery tells revisions, capabilities and who answers")
    func discover() throws {
        let turn = try Self.receive(Self.body("server/discover"), Self.headers("server/discover"))
        let result = try #require(try Self.answer(turn)?["result"])
        #expect(turn.status == 200 && result["resultType"]?.text == "complete")
        #expect(result["supportedVersions"]?.elements.compactMap(\.text) == MCPRevision.newestFirst.map(\.rawValue))
        #expect(result["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"]?.text == "lola")
        #expect(result["ttlMs"]?.integer == 300_000 && result["cacheScope"]?.text == "private")
        #expect(result["capabilities"]?["tools"] != nil && result["capabilities"]?["logging"] == nil)
    }

    @Test("a list and a call")
    func calls() throws {
        let list = try Self.receive(Self.body("tools/list"), Self.headers("tools/list"))
        #expect(try Self.answer(list)?["result"]?["tools"]?.count == 12)
        for name in ["comms_ping", "=?base64?Y29tbXNfcGluZw==?="] {
            let turn = try Self.receive(
                Self.body("tools/call", #""name":"comms_ping","#), Self.headers("tools/call", name: name))
            guard case .call(let call) = turn.step else { throw SampleFault(description: "no call: \(name)") }
            #expect(call.tool.facts.name == "comms_ping" && call.revision == .july2026)
        }
    }

    @Test("what does not agree is refused", arguments: [
        ("tools/list", "", headers("tools/call"), 400, -32_020), ("tools/list", "", headers(nil), 400, -32_020),
        ("tools/list", "", headers("tools/list", version: nil), 400, -32_020),
        ("tools/list", "", headers("tools/list", version: "2025-11-25"), 400, -32_020),
        ("tools/call", #""name":"comms_ping","#, headers("tools/call"), 400, -32_020),
        ("tools/call", #""name":"comms_ping","#, headers("tools/call", name: "other"), 400, -32_020),
        ("tools/call", #""name":"comms_ping","#, headers("tools/call", name: "=?base64?Y29t?="), 400, -32_020),
        ("tools/call", #""name":"comms_ping","#, headers("tools/call", name: "=?base64?*?="), 400, -32_020),
        ("tools/call", #""name":"nope","#, headers("tools/call", name: "nope"), 200, -32_602),
        ("tools/call", "", headers("tools/call"), 400, -32_602),
        ("ping", "", headers("ping"), 404, -32_601), ("initialize", "", headers("initialize"), 404, -32_601),
        ("resources/list", "", headers("resources/list"), 404, -32_601),
        ("logging/setLevel", "", headers("logging/setLevel"), 404, -32_601),
    ] as [(String, String, MCPStateless.Headers, Int, Int64)])
    func refused(
        _ row: (method: String, more: String, headers: MCPStateless.Headers, status: Int, code: Int64)
    ) throws {
        let turn = try Self.receive(Self.body(row.method, row.more), row.headers)
        let answer = try #require(try Self.answer(turn))
        #expect(turn.status == row.status && answer["error"]?["code"]?.integer == row.code, "\(row.method)")
        #expect(answer["id"]?.integer == 1)
    }

    @Test("a request without its envelope is refused", arguments: [
        #""params":{}"#, #""params":{"_meta":{}}"#, #""params":{"_meta":7}"#, #""x":1"#,
        #""params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#,
        #""params":{"_meta":{"io.modelcontextprotocol/clientCapabilities":{}}}"#,
    ])
    func bare(members: String) throws {
        let text = #"{"jsonrpc":"2.0","id":1,"method":"tools/list",\#(members)}"#
        let turn = try Self.receive(text, Self.headers("tools/list"))
        #expect(try turn.status == 400 && Self.answer(turn)?["error"]?["code"]?.integer == -32_602)
    }

    @Test("a version that is not spoken is told which are")
    func version() throws {
        let text = Self.body("tools/list").replacing("2026-07-28", with: "1900-01-01")
        let turn = try Self.receive(text, Self.headers("tools/list", version: "1900-01-01"))
        let error = try #require(try Self.answer(turn)?["error"])
        #expect(turn.status == 400 && error["code"]?.integer == -32_022)
        #expect(error["data"]?["requested"]?.text == "1900-01-01" && error["data"]?["supported"]?.count == 5)
    }

    @Test("a notification is taken and not answered; what is no message is refused")
    func others() throws {
        let note = #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#
        let taken = try Self.receive(note, Self.headers("notifications/cancelled"))
        #expect(taken.status == 202 && taken.isSilent)
        for text in ["[]", "1", #"{"jsonrpc":"2.0","id":1}"#] {
            let turn = try Self.receive(text, Self.headers("x"))
            #expect(try turn.status == 400 && Self.answer(turn)?["error"]?["code"]?.integer == -32_600)
        }
    }
}

extension MCPStateless.Turn {
    fileprivate var isSilent: Bool { if case nil = step { true } else { false } }
}
