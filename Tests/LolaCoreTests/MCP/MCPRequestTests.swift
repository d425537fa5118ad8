// What the MCP routes ask of a head, the schemas of arguments, and ten thousand messages that are not what they were.
import Testing

@testable import LolaCore

@Suite("MCP requests")
struct MCPRequestTests {
    @Test("a client takes JSON when it says so", arguments: [
        ("application/json", true), ("application/json, text/event-stream", true), ("text/event-stream", false),
        ("*/*", true), ("APPLICATION/JSON;charset=utf-8", true), ("application/*;q=0.1", true), ("text/*", false),
        ("application/json;q=0", false), ("application/json; q=0.000", false), ("application/jsonx", false),
        ("", false), (",", false), ("text/html, */*;q=0.8", true), ("application/json;q=0.01", true),
        (";application/json", false), ("application/", false), ("a*/*", false), ("*/json", false), ("/*", false),
        ("application/json/*", false), ("text/html;q=1 , Application/* ; Q=0 , application/json ; q=1", true),
    ])
    func accepts(_ row: (value: String, isTaken: Bool)) throws {
        let head = try GuardFixture.head("POST /mcp", [("Accept", row.value)])
        #expect(MCPRequest.accepts(head, "application/json") == row.isTaken, "\(row.value)")
        #expect(!MCPRequest.accepts(try GuardFixture.head("POST /mcp"), "application/json"))
        let two = try GuardFixture.head("POST /mcp", [("Accept", "text/html"), ("Accept", "application/json")])
        #expect(MCPRequest.accepts(two, "application/json"))
    }

    @Test("our own name and addresses are ours, other names and pages are not", arguments: [
        ("lola.example", nil, nil), ("LOLA.example", nil, nil), ("127.0.0.1:8080", nil, nil), ("[::1]:80", nil, nil),
        ("localhost:1", nil, nil), ("10.0.0.7", nil, nil), ("evil.example", nil, .hostUnknown),
        ("lola.example.evil", nil, .hostUnknown), ("lola.example:8443", nil, .hostUnknown),
        ("lola.example:443", nil, nil), ("Lola.Example:443", "https://lola.example", nil),
        ("lola.example:80", nil, .hostUnknown), ("evil.example:443", nil, .hostUnknown),
        ("lola.example", "https://lola.example", nil), ("lola.example", "https://widgets.example", nil),
        ("lola.example", "null", .originRefused), ("lola.example", "http://lola.example", .originRefused),
        ("lola.example", "https://lola.example.evil", .originRefused), ("lola.example", "", .originRefused),
        ("evil.example", "https://lola.example", .hostUnknown),
    ] as [(String, String?, Refusal?)])
    func origins(_ row: (host: String, origin: String?, refusal: Refusal?)) throws {
        let origins = MCPOrigins(
            authorities: ["lola.example", "lola.example:443"].map { [UInt8](text: $0) },
            origins: ["https://lola.example", "https://widgets.example"].map { [UInt8](text: $0) })
        let fields = row.origin.map { [("Origin", $0)] } ?? []
        #expect(origins.refusal(try GuardFixture.head("POST /mcp", fields, host: row.host)) == row.refusal)
        let two = try GuardFixture.head(
            "POST /mcp", [("Origin", "https://lola.example"), ("Origin", "https://lola.example")], host: "lola.example")
        #expect(origins.refusal(two) == .originRefused)
    }

    @Test("refusals of this door have their own statuses")
    func statuses() {
        #expect(Refusal.hostUnknown.status == 421 && Refusal.originRefused.status == 403)
        #expect(Refusal.notAcceptable.status == 406 && "\(Refusal.notAcceptable.publicCode)" == "not_acceptable")
    }

    @Test("a stream is named once, by its whole id")
    func sessions() throws {
        let id = String(repeating: "A", count: 32)
        for (query, isOne) in [
            ("?sessionId=\(id)", true), ("?sessionId=\(id)&x=1", true), ("", false), ("?sessionId=", false),
            ("?sessionId=\(id)&sessionId=\(id)", false), ("?sessionid=\(id)", false), ("?sessionId=\(id)A", false),
            ("?sessionId=%zz", false),
        ] {
            let head = try GuardFixture.head("POST /messages\(query)")
            #expect((MCPRequest.session(head) != nil) == isOne, "\(query)")
        }
    }

    @Test("a schema says what it takes, and takes what it says", arguments: [
        (ToolSchema.text(min: 1, max: 2), #""é👋""#, true), (.text(min: 1, max: 2), #""éé👋""#, false),
        (.text(min: 1, max: 2), #""""#, false), (.word(["a"]), #""a""#, true), (.word(["a"]), #""b""#, false),
        (.integer(0...5), "5", true), (.integer(0...5), "6", false), (.integer(0...5), "1.0", false),
        (.dollars(max: 1_000), "10", true), (.dollars(max: 1_000), "10.01", false),
        (.dollars(max: 1_000), "0.05", true), (.dollars(max: 1_000), "-1", false),
        (.dollars(max: 1_000), "1e1", false), (.dollars(max: 1_000), "1.005", false),
        (.flag, "true", true), (.flag, "1", false), (.number, "1e9", true), (.number, #""1""#, false),
        (.orNull(.flag), "null", true), (.orNull(.flag), "0", false), (.open, "{}", true), (.open, "[]", false),
        (.list(.flag, 1...2), "[true]", true), (.list(.flag, 1...2), "[]", false), (.list(.flag, 1...2), "[1]", false),
        (.list(.flag, 1...2), "[true,true,true]", false), (.time, "1", false), (.uri, #""x""#, true),
        (.object([.init("a", .flag, "", isRequired: true)]), #"{"a":true}"#, true),
        (.object([.init("a", .flag, "", isRequired: true)]), "{}", false),
        (.object([.init("a", .flag, "")]), #"{"b":true}"#, false), (.object([]), "[]", false),
    ])
    func schemas(_ row: (schema: ToolSchema, value: String, isTaken: Bool)) throws {
        let view = try JSONDocument.parse([UInt8](text: row.value)).root
        #expect((row.schema.fault(of: view) == nil) == row.isTaken, "\(row.value)")
        var writer = JSONWriter()
        row.schema.write(to: &writer, note: "n")
        #expect(try JSONDocument.parse(writer.bytes).root["description"]?.text == "n")
    }

    @Test("ten thousand messages that were changed at random trap nothing and are answered in form, or not at all")
    func mutations() throws {
        var chance = SeededGenerator(seed: 20_261_121)
        let seeds = [
            SessionBench.initialize("2025-11-25"), SessionBench.request("ping"),
            SessionBench.request("tools/list", #"{"cursor":"comms_ping"}"#),
            SessionBench.request("tools/call", #"{"name":"comms_ping","arguments":{"message":"a"}}"#),
            SessionBench.request("logging/setLevel", #"{"level":"info"}"#),
            #"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":"2","method":"ping"}]"#,
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#,
        ].map { [UInt8](text: $0) }
        var benches = try [nil, .march2025, .november2025].map { try SessionBench($0) }
        var answered = 0
        for round in 0..<10_000 {
            var text = seeds[Int.random(in: 0..<seeds.count, using: &chance)]
            for _ in 0..<Int.random(in: 0...4, using: &chance) {
                let place = Int.random(in: 0..<text.count, using: &chance)
                switch Int.random(in: 0..<3, using: &chance) {
                case 0: text[place] = UInt8.random(in: 0...255, using: &chance)
                case 1 where text.count > 1: text.remove(at: place)
                default:
                    let parts = Array(#"null{}[]"-1e9,:\u0000"#.utf8).shuffled(using: &chance)
                    text.insert(contentsOf: parts.prefix(3), at: place)
                }
            }
            guard let root = try? JSONDocument.parse(text).root else { continue }
            let turn = benches[round % 3].session.receive(root, benches[round % 3].view)
            for step in turn.steps {
                guard case .answer(let octets) = step else { continue }
                let answer = try JSONDocument.parse(octets).root
                answered += 1
                #expect(answer["jsonrpc"]?.text == "2.0" && answer["id"]?.isNull != true)
                let isResult = answer["result"]?.kind == .object && answer["id"] != nil
                let isError = answer["error"]?["code"]?.integer != nil && answer["error"]?["message"]?.text != nil
                #expect(isResult != isError, "\(octets.text)")
            }
            let other = MCPStateless.receive(root, MCPStateless.Headers(), benches[0].view)
            #expect([200, 202, 400, 404].contains(other.status))
        }
        #expect(answered > 1_000)
    }
}
