// The console's routes and who may use them.
import Foundation
import Testing

@testable import LolaCore

@Suite("Console of lola dev")
struct DevConsoleTests {
    /// A console on a machine without a network, and what it knows.
    private struct Stage {
        let clock = StillClock()
        let world = SandboxWorld(startedAt: DevFixtures.now)
        let messages = MessageLog()
        let loop: Loop
        let book: TicketBook
        let console: DevConsole

        init() {
            loop = Loop(clock: clock, net: RefusingNet(), entropy: SeededEntropy(), counters: Counters())
            let client = OutboundClient(loop, tls: nil) { IPAddress(text: $0) }
            let store = MemoryStore(MemoryTable())
            let names = HMACKey(.sha256, key: SecretBytes([7]))
            book = TicketBook(
                loop, store: store, life: .hours(2), base: [UInt8](text: "http://127.0.0.1:8080"), audit: nil,
                hash: { RecordID(digest: names.code($0)) }, handOver: { _ in })
            let now = clock.wall
            loop.addSource { store.deliver(at: now) }
            console = DevConsole(
                loop, client: client, world: world, messages: messages, book: book,
                vault: try? SandboxVault(pem: DevFixtures.vaultPEM),
                setup: DevConsole.Setup(
                    gateway: Origin(isTLS: false, host: [UInt8](text: "127.0.0.1"), port: 8_080),
                    secrets: DevFixtures.secrets, botToken: DevFixtures.botToken))
        }

        func ask(_ request: HTTPRequest) throws -> HTTPResponse {
            var answers: [HTTPResponse] = []
            console.handle(request) { answers.append($0) }
            for _ in 0..<20 where answers.isEmpty { loop.tick(until: clock.now) }
            #expect(answers.count == 1)
            return try #require(answers.first)
        }
    }

    private static let json = ("Content-Type", "application/json")

    private func send(_ body: String, fields: [(String, String)] = [json], host: String = "localhost:8080") throws
        -> HTTPResponse
    {
        let request = try DevFixtures.request(
            "POST", "/dev/api/send", host: host, fields: fields, body: [UInt8](text: body))
        return try Stage().ask(request)
    }

    @Test("pages are small, are never stored and may not load anything foreign", arguments: [
        ("/dev", "text/html; charset=utf-8"), ("/dev/", "text/html; charset=utf-8"),
        ("/dev/app.css", "text/css; charset=utf-8"), ("/dev/app.js", "text/javascript; charset=utf-8"),
    ])
    func pages(path: String, type: String) throws {
        let answer = try Stage().ask(try DevFixtures.request("GET", path))
        #expect(answer.status == 200)
        #expect(answer.contentType.map { "\($0)" } == type)
        #expect(answer.policy == .page)
        #expect(answer.fields.contains { "\($0.name)" == "Cache-Control" && $0.value.text == "no-store" })
        #expect(answer.body.count < 20_000)
        for foreign in ["innerHTML", "style=\"", "onclick=\"", "eval(", "//cdn"] {
            #expect(!answer.body.text.contains(foreign))
        }
    }

    @Test("the page carries the marks that tests look for", arguments: [
        "dev-sender", "dev-text", "dev-send", "dev-chat", "dev-trace",
    ])
    func marks(mark: String) {
        #expect(ConsolePage.html.contains("data-testid=\"\(mark)\""))
    }

    @Test("everything else is 404, other methods are 405 with Allow", arguments: [
        ("GET", "/dev/nothing", 404), ("GET", "/dev/api", 404), ("GET", "/dev/api/nothing", 404),
        ("GET", "/dev/sandbox", 404), ("GET", "/dev/sandbox/identity", 404), ("POST", "/dev", 405),
        ("GET", "/dev/api/send", 405), ("GET", "/dev/sandbox/graph/v23.0/1/messages", 405),
        ("POST", "/dev/sandbox/identity/+15550100", 405), ("GET", "/dev/api/trace?key=whatsapp:none", 404),
        ("GET", "/dev/api/trace", 400), ("GET", "/dev/api/chat?sender=nobody&channel=whatsapp", 400),
        ("GET", "/dev/api/chat?sender=passed&channel=fax", 400), ("GET", "/dev/api/tickets?sender=nobody", 400),
        ("POST", "/dev/api/tickets", 415), ("GET", "/dev/sandbox/vault", 405), ("POST", "/dev/sandbox/vault/x", 404),
    ])
    func others(method: String, target: String, status: Int) throws {
        let answer = try Stage().ask(try DevFixtures.request(method, target))
        #expect(answer.status == status)
        #expect(answer.fields.contains { "\($0.name)" == "Allow" } == (status == 405))
    }

    @Test("the identity service is reached under the percent-encoded number")
    func identityRoute() throws {
        let answer = try Stage().ask(try DevFixtures.request("GET", "/dev/sandbox/identity/%2B15550100"))
        let sender = try DevFixtures.object(answer.body)["sender"] as? [String: Any]
        #expect(sender?["name"] as? String == "Ana Torres")
    }

    @Test("a name that is not this machine's own is refused everywhere", arguments: [
        ("localhost", 200), ("LOCALHOST:8080", 200), ("127.0.0.1:8080", 200), ("127.9.8.7", 200), ("[::1]:8080", 200),
        ("evil.example", 403), ("localhost.evil.example", 403), ("127.0.0.1.evil.example", 403), ("127.0.0.256", 403),
        ("127.evil.0.1", 403), ("10.0.0.1", 403), ("[::2]", 403), ("0.0.0.0:8080", 403),
    ])
    func hosts(host: String, status: Int) throws {
        for path in ["/dev", "/dev/api/senders", "/dev/sandbox/identity/%2B15550100"] {
            #expect(try Stage().ask(try DevFixtures.request("GET", path, host: host)).status == status)
        }
    }

    @Test("another site cannot write with the developer's browser", arguments: [
        ([("Origin", "http://localhost:8080"), ("Sec-Fetch-Site", "same-origin"), json], 400),
        ([json], 400), ([("Sec-Fetch-Site", "none"), json], 400),
        ([("Origin", "http://evil.example"), json], 403), ([("Origin", "null"), json], 403),
        ([("Origin", "http://localhost:9999"), json], 403), ([("Origin", "localhost:8080"), json], 403),
        ([("Origin", "http://localhost:8080"), ("Origin", "http://evil.example"), json], 403),
        ([("Sec-Fetch-Site", "cross-site"), json], 403), ([("Sec-Fetch-Site", "same-site"), json], 403),
        ([("Content-Type", "text/plain")], 415), ([], 415),
        ([("Content-Type", "application/x-www-form-urlencoded")], 415),
    ] as [([(String, String)], Int)])
    func crossSite(fields: [(String, String)], status: Int) throws {
        // An empty object passes the guard and is then no message: 400.
        #expect(try send("{}", fields: fields).status == status)
    }

    @Test("a body that says nothing, or two things, is refused", arguments: [
        "", "[]", "{", #"{"sender":"passed","channel":"whatsapp"}"#,
        #"{"sender":"nobody","channel":"whatsapp","text":"x"}"#, #"{"sender":"passed","channel":"fax","text":"x"}"#,
        #"{"sender":"passed","channel":"whatsapp","text":""}"#, #"{"sender":"passed","channel":"whatsapp","text":1}"#,
        #"{"sender":"passed","channel":"whatsapp","text":"x","contact":true}"#,
        #"{"sender":"passed","channel":"whatsapp","contact":false}"#,
        #"{"sender":"passed","channel":"whatsapp","choice":{"id":"","title":"x"}}"#,
        #"{"sender":"passed","channel":"whatsapp","choice":{"id":"x"}}"#,
    ])
    func badBodies(body: String) throws {
        #expect(try send(body).status == 400)
    }

    @Test("a gateway that does not answer is said, and seen in the chat")
    func unreachable() throws {
        let stage = Stage()
        let body = [UInt8](text: #"{"sender":"passed","channel":"whatsapp","text":"hola"}"#)
        let request = try DevFixtures.request("POST", "/dev/api/send", fields: [Self.json], body: body)
        #expect(try stage.ask(request).status == 502)
        let chat = try stage.ask(try DevFixtures.request("GET", "/dev/api/chat?sender=passed&channel=whatsapp"))
        let items = try DevFixtures.object(chat.body)["items"] as? [[String: Any]]
        #expect(items?.map { $0["state"] as? String } == ["refused"])
        #expect(items?.first?["text"] as? String == "hola")
    }

    @Test("a page that knows the revision gets no items")
    func revision() throws {
        let stage = Stage()
        let target = "/dev/api/chat?sender=passed&channel=telegram"
        let first = try DevFixtures.object(try stage.ask(try DevFixtures.request("GET", target)).body)
        #expect((first["items"] as? [Any])?.isEmpty == true)
        let revision = try #require(first["revision"] as? Int)
        let again = try stage.ask(try DevFixtures.request("GET", target + "&since=\(revision)"))
        #expect(try DevFixtures.object(again.body)["items"] == nil)
    }

    @Test("messages from elsewhere stand in the chat of their sender, once", arguments: [
        (TriggerType.whatsAppText, "desde fuera"), (.whatsAppButton, "desde fuera"), (.whatsAppImage, "desde fuera"),
    ])
    func acceptedElsewhere(type: TriggerType, text: String) throws {
        let stage = Stage()
        let person = try DevFixtures.person("+34600111222")
        let webhook = WebhookForge.trigger(
            type, from: person, text: [UInt8](text: text), secrets: DevFixtures.secrets,
            at: DevFixtures.now, random: DevFixtures.random(9))
        let request = try DevFixtures.request(webhook)
        let channel = WhatsAppChannel(
            phoneNumberID: DevFixtures.secrets.phoneNumberID, token: SecretBytes([1]),
            appSecret: DevFixtures.secrets.whatsAppAppSecret, previousAppSecret: nil, verifyToken: SecretBytes([1]),
            apiURL: try #require(HTTPURL([UInt8](text: "http://127.0.0.1:1"))))
        let proven = try WebhookGate.prove(channel, head: request.head, body: request.body)
        let message = try #require(WebhookGate.admit(proven, at: DevFixtures.now).messages.first)
        stage.console.accepted(message)
        stage.console.accepted(message)
        let entries = stage.world.transcript(with: person.address(on: .whatsapp)).entries
        #expect(entries.map(\.text.text) == [text])
        let senders = try DevFixtures.object(try stage.ask(try DevFixtures.request("GET", "/dev/api/senders")).body)
        #expect((senders["guests"] as? [[String: Any]])?.map { $0["id"] as? String } == ["+34600111222"])
        #expect((senders["senders"] as? [[String: Any]])?.compactMap { $0["id"] as? String } == [
            "passed", "pending", "blocked", "unknown", "no-phone", "identity-down",
        ])
    }

    @Test("the tickets of a chat are listed with their status and link, on each channel its own")
    func tickets() throws {
        let stage = Stage()
        #expect(try list(stage, "whatsapp") == #"{"items":[]}"#)
        let conversation = ConversationKey(
            bytes: [UInt8](text: "whatsapp:") + DevFixtures.secrets.phoneNumberID + [UInt8](text: ":15550101"))
        let order = TicketOrder(
            conversation: conversation, terms: TicketTerms(operation: [UInt8](text: "cip"), actions: []), who: "test")
        var made: TicketPlan?
        stage.book.create(order) { made = try? $0.get() }
        for _ in 0..<20 where made == nil { stage.loop.tick(until: stage.clock.now) }
        let ticket = try #require(made?.ticket)
        let text = try list(stage, "whatsapp")
        #expect(text.contains(#""operation":"cip","status":"open","link":"\#(stage.book.link(ticket).text)""#))
        #expect(try list(stage, "telegram") == #"{"items":[]}"#)
    }

    private func list(_ stage: Stage, _ channel: String) throws -> String {
        let request = try DevFixtures.request("GET", "/dev/api/tickets?sender=pending&channel=\(channel)")
        let answer = try stage.ask(request)
        #expect(answer.status == 200)
        return answer.body.text
    }

    @Test("a callback shows in the chat; a passed identity check makes the sandbox bank know the person", arguments: [
        ("cip", CallbackEvent.Outcome.success, "passed"), ("cip", .failure, "pending"), ("card", .success, "pending"),
    ])
    func callback(operation: String, outcome: CallbackEvent.Outcome, verdict: String) throws {
        let stage = Stage()
        let event = CallbackEvent(
            ticket: RecordID(digest: [UInt8](repeating: 5, count: 16)), operation: [UInt8](text: operation),
            outcome: outcome, result: [UInt8](text: "{}"))
        let conversation = ConversationKey(
            bytes: [UInt8](text: "whatsapp:") + DevFixtures.secrets.phoneNumberID + [UInt8](text: ":15550101"))
        let message = try #require(InboundMessage(event, in: conversation, at: DevFixtures.now))
        stage.console.accepted(WebhookGate.redeemed(message, at: DevFixtures.now))
        let chat = try stage.ask(try DevFixtures.request("GET", "/dev/api/chat?sender=pending&channel=whatsapp"))
        #expect(chat.body.text.contains(#""kind":"event","text":"\#(operation) \#(outcome.word)""#))
        let person = try stage.ask(try DevFixtures.request("GET", "/dev/sandbox/identity/+15550101"))
        #expect(person.body.text.contains(#""verdict":"\#(verdict)""#))
    }

    @Test("the sandbox vault opens nothing that was not sealed to it", arguments: [
        "", "{}", #"{"vault_sealed":"a.b.c.d.e"}"#, #"{"vault_sealed":5}"#,
    ])
    func vault(body: String) throws {
        let answer = try Stage().ask(
            try DevFixtures.request("POST", "/dev/sandbox/vault", fields: [Self.json], body: [UInt8](text: body)))
        #expect(answer.status == 422)
    }
}
