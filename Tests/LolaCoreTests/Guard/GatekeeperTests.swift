// The gatekeeper: the order of its checks, what each of them answers, and that nothing tells which part was wrong.
import Testing

@testable import LolaCore

@Suite("Gatekeeper")
struct GatekeeperTests {
    private typealias Said = GuardBench.Said
    private static let wrong = [("Authorization", "Bearer wrong")]

    @Test("each check comes before the next: a request that fails all of them is told the first, and so on")
    func order() throws {
        func bench(_ deny: Bool, _ allow: Bool) throws -> GuardBench {
            try GuardBench(
                denylist: deny ? GuardFixture.blocks("192.0.2.0/24") : [],
                allowlist: allow ? [] : GuardFixture.blocks("10.0.0.0/8"), perBlock: 10, global: 10)
        }
        let denied = try bench(true, false)
        for line in ["PUT /admin/api/messages", "GET /nothing", "GET /livez", "BREW /x", "GET /%zz"] {
            let said = try #require(try denied.refusal(line, Self.wrong))
            #expect(said.status == 403 && said.code == "forbidden" && said.closes && said.fields.isEmpty)
        }
        #expect(try denied.refusal("POST /webhooks/whatsapp", role: .public)?.status == 403)
        let kept = try bench(false, false)
        for line in ["PUT /admin/api/messages", "GET /nothing", "GET /metrics", "BREW /x", "GET /%zz"] {
            #expect(try kept.refusal(line, Self.wrong)?.status == 403, "\(line)")
        }
        for line in ["GET /livez", "GET /readyz", "HEAD /readyz"] { #expect(try kept.pass(line) != nil) }
        #expect(try kept.refusal("GET /nothing", role: .public)?.status == 404)
        let open = try bench(false, true)
        for _ in 0..<10 { #expect(try open.refusal(fields: Self.wrong)?.status == 401) }
        // Locked out and at the limit now.
        #expect(try open.refusal("GET /nothing", Self.wrong)?.status == 404)
        #expect(try open.refusal("GET /%zz", Self.wrong)?.status == 400)
        #expect(try open.refusal("BREW /admin/api/messages", Self.wrong)?.status == 501)
        let method = try #require(try open.refusal("PUT /admin/api/dlq", Self.wrong))
        #expect(method.status == 405 && method.fields["Allow"] == "GET, HEAD, POST")
        #expect(method.fields["RateLimit"] == #""address";r=0;t=60"#)
        let locked = try #require(try open.refusal(fields: GuardFixture.bearer))
        #expect(locked.status == 429 && locked.fields["Retry-After"] == "900")
        #expect(locked.fields["RateLimit-Policy"] == #""address";q=10;w=60, "all";q=10;w=60"#)
        // The limit over all, for somebody else.
        let limited = try #require(try open.refusal(fields: Self.wrong, from: "192.0.2.9"))
        #expect(limited.status == 429 && limited.code == locked.code && limited.fields["Retry-After"] == "60")
        #expect(!open.lockouts.isLocked(GuardFixture.address("192.0.2.9")) && open.watched.count == 11)
        open.wait(.seconds(61))
        #expect(try open.refusal(fields: Self.wrong, from: "192.0.2.9")?.status == 401)
        #expect(try open.pass(from: "192.0.2.9")?.principal.kind == .orchestrator)
        #expect(try open.refusal(fields: GuardFixture.bearer)?.fields["Retry-After"] == "839")
        open.wait(.minutes(14))
        #expect(try open.pass()?.principal.kind == .orchestrator)
    }

    @Test("whatever is wrong with a credential, the answer has the same octets; none shown is no guess")
    func credentials() throws {
        let bench = try GuardBench()
        let token = GuardFixture.orchestrator
        let none = try #require(try bench.refusal())
        #expect(none.status == 401 && none.fields["WWW-Authenticate"] == "Bearer")
        #expect(bench.watched.isEmpty && bench.audit.events.isEmpty)
        let rows: [[(String, String)]] = [
            [("Authorization", "Bearer " + token + "x")], [("Authorization", "Bearer " + token.dropLast())],
            [("Authorization", "Bearer")], [("Authorization", "")], [("Authorization", "Basic " + token)],
            [("Authorization", "Bearer  " + token)], [("Authorization", token)],
            [("Authorization", "Bearer " + token.uppercased())], [("Authorization", "Bearer lola_at_wrong")],
            GuardFixture.bearer + GuardFixture.bearer, GuardFixture.bearer + [("Authorization", "Bearer x")],
        ]
        for (number, row) in rows.enumerated() {
            let said = try #require(try bench.refusal("GET /admin/api/messages", row, from: "192.0.2.\(number)"))
            #expect(said.status == 401 && said.body == none.body && said.fields["WWW-Authenticate"] == "Bearer")
            #expect(bench.watched.count == number + 1, "\(row)")
        }
        #expect(bench.audit.events == rows.map { _ in "authentication.refused anonymous refused" })
        for scheme in ["Bearer", "bearer", "BEARER"] {
            #expect(try bench.pass(fields: [("authorization", scheme + " " + token)])?.principal.kind == .orchestrator)
        }
    }

    @Test("a token in the query counts on a stream only, and never beside a header")
    func query() throws {
        let streams = [Route("/sse", .stream, on: [.public], [.get: .listMessages])]
        let bench = try GuardBench(routes: streams + Route.table)
        let token = GuardFixture.orchestrator
        #expect(try bench.pass("GET /sse?token=\(token)", [], role: .public)?.principal.kind == .orchestrator)
        #expect(try bench.pass("GET /sse?a=b", role: .public) != nil)
        for (line, fields) in [
            ("GET /sse?token=\(token)", GuardFixture.bearer), ("GET /sse?token=\(token)&token=\(token)", []),
            ("GET /sse?token=", []), ("GET /sse?token=%zz", []), ("GET /sse?Token=x&token=y", []),
        ] { #expect(try bench.refusal(line, fields, role: .public)?.status == 401, "\(line)") }
        #expect(bench.watched.count == 5)
        #expect(try bench.refusal("GET /admin/api/messages?token=\(token)")?.status == 401)
        #expect(bench.watched.count == 5)
    }

    @Test("a right token without the right is 403, not a guess, and in the trail")
    func access() throws {
        let bench = try GuardBench()
        let agent = [("Authorization", "Bearer " + GuardFixture.agentToken)]
        for _ in 0..<20 {
            let said = try #require(try bench.refusal(fields: agent))
            #expect(said.status == 403 && said.code == "forbidden" && !said.closes)
        }
        #expect(!bench.lockouts.isLocked(GuardFixture.address("192.0.2.1")) && bench.watched.isEmpty)
        #expect(bench.audit.events == Array(repeating: "access.refused agent:own refused", count: 20))
        #expect(bench.rig.counters.value(.accessDenied) == 20)
    }

    @Test("an agent that is switched off may look, and begin nothing; its token is no guess")
    func switchedOff() throws {
        let bench = try GuardBench()
        let agent = [("Authorization", "Bearer " + GuardFixture.agentToken)]
        let show = "GET /v1/tickets/" + String(repeating: "0", count: 32)
        #expect(try bench.pass("POST /v1/tickets", agent, role: .public) != nil)
        bench.off.agents = ["own"]
        for _ in 0..<12 { #expect(try bench.refusal("POST /v1/tickets", agent, role: .public)?.status == 403) }
        #expect(try bench.pass(show, agent, role: .public) != nil)
        #expect(try bench.pass("POST /v1/tickets", GuardFixture.bearer, role: .public) != nil)
        #expect(bench.audit.events == Array(repeating: "access.refused agent:own refused", count: 12))
        bench.off.agents = []
        #expect(try bench.pass("POST /v1/tickets", agent, role: .public) != nil)
    }

    @Test("a right token from elsewhere works while its address of before is locked out")
    func victim() throws {
        let bench = try GuardBench()
        for _ in 0..<10 { _ = try bench.refusal(fields: Self.wrong) }
        #expect(try bench.refusal(fields: GuardFixture.bearer)?.status == 429)
        #expect(try bench.pass(from: "192.0.2.2") != nil)
        #expect(try bench.pass("GET /livez") != nil && bench.pass("GET /metrics") != nil)
        #expect(try bench.pass("POST /webhooks/whatsapp", [], role: .public) != nil)
        #expect(bench.log.lines.filter { $0 == "locked_out" }.count == 1 && bench.log.names.count == 1)
    }

    @Test("limits and lock-outs count by the address behind trusted proxies")
    func proxies() throws {
        let bench = try GuardBench(trusted: GuardFixture.blocks("10.0.0.0/8"), perBlock: 3)
        func via(_ address: String) -> [(String, String)] { [("X-Forwarded-For", "1.1.1.1, " + address)] }
        for _ in 0..<3 {
            #expect(try bench.pass(fields: GuardFixture.bearer + via("198.51.100.1"), from: "10.0.0.1") != nil)
        }
        let same = GuardFixture.bearer + via("198.51.100.1")
        #expect(try bench.refusal(fields: same, from: "10.0.0.2")?.status == 429)
        let pass = try bench.pass(fields: GuardFixture.bearer + via("198.51.100.2"), from: "10.0.0.1")
        #expect(pass?.principal.address.text == "198.51.100.2")
        // A peer that is no proxy is itself, whatever it says.
        for number in 0..<3 {
            let forged = GuardFixture.bearer + via("198.51.100.\(number + 50)")
            #expect(try bench.pass(fields: forged, from: "192.0.2.77")?.principal.address.text == "192.0.2.77")
        }
        #expect(try bench.refusal(fields: GuardFixture.bearer + via("9.9.9.9"), from: "192.0.2.77")?.status == 429)
    }

    @Test("webhooks, probes, keys and metrics have no limit and no lock-out; their answers tell of none")
    func free() throws {
        let bench = try GuardBench(perBlock: 1, global: 1)
        for _ in 0..<50 {
            for (line, role) in [
                ("GET /livez", ListenerRole.public), ("GET /readyz", .management), ("GET /metrics", .management),
                ("POST /webhooks/whatsapp", .public), ("GET /.well-known/jwks.json", .public),
            ] {
                let pass = try #require(try bench.pass(line, [], role: role))
                #expect(pass.fields.isEmpty && pass.principal.kind == .anonymous)
            }
        }
        #expect(try bench.refusal("POST /webhooks/telegram", role: .public)?.status == 404)
    }

    @Test("the console is for callers of this machine, by their socket and behind a proxy too")
    func console() throws {
        let bench = try GuardBench(trusted: GuardFixture.blocks("127.0.0.1"))
        #expect(try bench.pass("GET /dev", [], from: "127.0.0.1", role: .public) != nil)
        #expect(try bench.pass("GET /dev", [], from: "::1", role: .public) != nil)
        #expect(try bench.refusal("GET /dev", from: "192.0.2.1", role: .public)?.status == 404)
        let forwarded = [("X-Forwarded-For", "192.0.2.1")]
        #expect(try bench.refusal("GET /dev", forwarded, from: "127.0.0.1", role: .public)?.status == 404)
        let forged = [("X-Forwarded-For", "127.0.0.1")]
        #expect(try bench.refusal("GET /dev", forged, from: "192.0.2.1", role: .public)?.status == 404)
    }

    @Test("demo mode asks nobody on this machine for a token, but no page of another site comes in by a browser")
    func demo() throws {
        let bench = try GuardBench(isDemo: true)
        for host in ["localhost", "localhost:9090", "127.0.0.1:9090", "127.1.2.3", "[::1]:9090"] {
            let pass = try #require(try bench.pass(fields: [], from: "127.0.0.1", host: host))
            #expect(pass.principal.kind == .demo && pass.principal.actor == "demo", "\(host)")
        }
        #expect(try bench.pass(fields: Self.wrong, from: "127.0.0.1", host: "localhost")?.principal.kind == .demo)
        let agent = [("Authorization", "Bearer " + GuardFixture.agentToken)]
        #expect(try bench.pass(fields: agent, from: "127.0.0.1", host: "localhost")?.principal.agent?.text == "own")
        #expect(bench.watched.isEmpty)
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.0.2.1"] {
            #expect(try bench.refusal(from: "127.0.0.1", host: host)?.status == 401, "\(host)")
        }
        for (site, isIn) in [("cross-site", false), ("same-site", false), ("same-origin", true), ("none", true)] {
            let fields = [("Sec-Fetch-Site", site)]
            #expect(try (bench.pass(fields: fields, from: "127.0.0.1", host: "localhost") != nil) == isIn, "\(site)")
        }
        let real = try GuardBench()
        #expect(try real.refusal(from: "127.0.0.1", host: "localhost")?.status == 401)
    }

    @Test("demo mode takes pages of the gateway's own address only, though a browser says no more than the origin",
        arguments: [
            ("localhost:9090", ["http://localhost:9090"], true), ("localhost:9090", ["https://LOCALHOST:9090"], true),
            ("[::1]:9090", ["http://[::1]:9090"], true), ("127.0.0.1", ["http://127.0.0.1"], true),
            ("localhost:9090", ["https://evil.example"], false), ("localhost:9090", ["null"], false),
            ("localhost:9090", [""], false), ("localhost:9090", ["http://localhost:9091"], false),
            ("localhost:9090", ["http://127.0.0.1:9090"], false), ("localhost:9090", ["localhost:9090"], false),
            ("localhost:9090", ["http://localhost:9090.evil.example"], false),
            ("localhost:9090", ["http://localhost:9090", "https://evil.example"], false),
        ])
    func demoOrigin(host: String, origins: [String], isIn: Bool) throws {
        let bench = try GuardBench(isDemo: true)
        let fields = [("Content-Type", "text/plain")] + origins.map { ("Origin", $0) }
        for line in ["POST /admin/api/agents", "GET /admin/api/messages"] {
            let pass = try bench.pass(line, fields, from: "127.0.0.1", host: host)
            #expect((pass != nil) == isIn, "\(line)")
            let said = try bench.refusal(line, fields, from: "127.0.0.1", host: host)
            #expect(said?.status == (isIn ? nil : 401), "\(line)")
        }
        // Who shows a token is no page that only uses the browser.
        let withToken = fields + GuardFixture.bearer
        let shown = try bench.pass("POST /admin/api/agents", withToken, from: "127.0.0.1", host: host)
        #expect(shown?.principal.kind == (isIn ? .demo : .orchestrator))
    }

    @Test("while the store is away what is written like a token is told to come again, and is no guess")
    func storeAway() throws {
        let bench = try GuardBench()
        let right = AgentTokenText.make([UInt8](repeating: 7, count: 32)).text
        bench.tokens.isReady = false
        for line in ["POST /v1/tickets", "POST /mcp"] {
            for _ in 0..<12 {
                let said = try bench.refusal(line, [("Authorization", "Bearer " + right)], role: .public)
                #expect(said?.status == 503 && said?.code == "unavailable" && said?.fields["Retry-After"] == "5")
                #expect(said?.fields["WWW-Authenticate"] == nil)
            }
            #expect(try bench.refusal(line, role: .public)?.status == 401)
            #expect(try bench.pass(line, role: .public)?.principal.kind == .orchestrator)
        }
        #expect(bench.watched.isEmpty && bench.audit.events.isEmpty)
        // What is not even written like one is a guess all the same.
        let wrong = String(right.dropLast()) + (right.hasSuffix("0") ? "1" : "0")
        let spoiled = [("Authorization", "Bearer " + wrong)]
        #expect(try bench.refusal("POST /mcp", spoiled, role: .public)?.status == 401 && bench.watched.count == 1)
        bench.tokens.isReady = true
        let known = [("Authorization", "Bearer " + right)]
        #expect(try bench.refusal("POST /mcp", known, role: .public)?.status == 401 && bench.watched.count == 2)
    }
}

extension GuardBench {
    func refusal(fields: [(String, String)], from: String = "192.0.2.1") throws -> Said? {
        try refusal("GET /admin/api/messages", fields, from: from)
    }
    func refusal(from: String, host: String) throws -> Said? {
        try refusal("GET /admin/api/messages", [], from: from, host: host)
    }
    func pass(fields: [(String, String)], from: String = "192.0.2.1", host: String = "a") throws -> GatePass? {
        try pass("GET /admin/api/messages", fields, from: from, host: host)
    }
    func pass(from: String) throws -> GatePass? { try pass("GET /admin/api/messages", from: from) }
}
