// In-process figures: one request head, one webhook body, one pass through the middleware chain without waiting.
// Built by bench/micro together with the sources of LolaCore; never part of the product.

@main
enum Micro {
    /// `Micro NAME COUNT` runs one piece so often and prints the nanoseconds of one; `Micro fill FOLDER COUNT` makes a
    /// journal with so many ids; `Micro streams` is a server of event streams.
    static func main() throws {
        let words = CommandLine.arguments
        if words.count == 4, words[1] == "fill", let count = Int(words[3]) { return try Fill.run(words[2], count) }
        if words.count == 2, words[1] == "streams" { return try Streams.run() }
        guard words.count == 3, let piece = pieces[words[1]], let count = Int(words[2]) else { return }
        let work = piece()
        for _ in 0..<(count / 10) { work() }
        let clock = LinuxClock()
        let start = clock.now
        for _ in 0..<count { work() }
        print(words[1], Double((clock.now - start).nanoseconds) / Double(count))
    }

    private static let pieces: [String: @Sendable () -> () -> Void] = [
        "head": head, "json": json, "chain": chain, "route": route, "door": door,
    ]

    private static func head() -> () -> Void {
        let bytes = [UInt8](text: """
            POST /webhooks/whatsapp HTTP/1.1\r
            Host: gateway.bank.example\r
            User-Agent: facebookexternalua\r
            Accept: */*\r
            Accept-Encoding: deflate, gzip\r
            Content-Type: application/json\r
            Content-Length: 0\r
            X-Hub-Signature: sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709\r
            X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17\r
            X-Forwarded-For: 173.252.127.1\r
            X-Forwarded-Proto: https\r
            X-Request-Id: 0d2a7b5e9c3f4a61\r
            Connection: keep-alive\r
            \r

            """)
        return {
            var parser = HTTPRequestParser()
            guard case .head = parser.next(bytes.span).step else { preconditionFailure("not a head") }
        }
    }

    private static let webhook = [UInt8](text: """
        {"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"value":{\
        "messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881",\
        "phone_number_id":"106540352242922"},"contacts":[{"profile":{"name":"Sheena Nelson"},"wa_id":"16505551234",\
        "user_id":"US.13491208655302741918"}],"messages":[{"from":"16505551234",\
        "from_user_id":"US.13491208655302741918","id":"wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQTRBNjU5OUFFRTAzODEwMTQ0RgA=",\
        "timestamp":"1749416383","type":"text","text":{"body":"Does it come in another color?"}}]},\
        "field":"messages"}]}]}
        """)

    /// Parsed, and the values read that a message is made of.
    private static func json() -> () -> Void {
        let body = webhook
        return {
            guard let root = try? JSONDocument.parse(body).root,
                root["object"]?.isText("whatsapp_business_account") == true,
                let change = root["entry"]?[0]?["changes"]?[0], change["field"]?.isText("messages") == true,
                let value = change["value"], value["metadata"]?["phone_number_id"]?.textBytes != nil,
                let message = value["messages"]?[0], message["from"]?.textBytes != nil,
                message["id"]?.textBytes != nil, message["timestamp"]?.textBytes != nil,
                message["type"]?.isText("text") == true, message["text"]?["body"]?.textBytes != nil,
                value["contacts"]?[0]?["wa_id"]?.textBytes != nil
            else { preconditionFailure("not the webhook") }
        }
    }

    /// The five stages and the router for a sender nobody has to be asked about.
    private static func chain() -> () -> Void {
        let clock = LinuxClock()
        let sender = [UInt8](text: "US.13491208655302741918")
        let message = InboundMessage(
            channel: .whatsapp, nativeID: [UInt8](text: "wamid.A"),
            conversation: ConversationKey(.whatsapp, own: [UInt8](text: "106540352242922"), sender: sender),
            replyTo: .whatsappNumber([UInt8](text: "16505551234")), senderID: sender,
            phone: [UInt8](text: "16505551234"), language: nil, type: .text, text: [UInt8](text: "hola"),
            startPayload: nil, choiceID: nil, attachments: [], at: clock.wall, callbackQueryID: nil)
        // Everything but the identity look-up, which would wait.
        let pipeline = Pipeline(
            [ChannelAccess(allowlists: [:]), CommandsAuth(isActive: true, allowed: ["/info"]), PhoneNormalization(),
                ContactDecoding()], clock: clock)
        let verified = WebhookGate.imagined(message, at: clock.wall)
        return {
            var position = Pipeline.Position()
            let turn = Turn(verified, senderID: RecordID(high: 1, low: 2))
            guard case .agent = pipeline.run(turn, &position) else { preconditionFailure("not routed") }
        }
    }

    /// The head of an operator's request.
    private static let operatorHead: HTTPRequestHead = {
        let bytes = [UInt8](text: """
            GET /admin/api/quarantine?limit=50 HTTP/1.1\r
            Host: gateway.bank.example:9090\r
            User-Agent: curl/8.5.0\r
            Accept: */*\r
            Authorization: Bearer orchestrator-token-of-the-benchmark-0123456789\r
            \r

            """)
        var parser = HTTPRequestParser()
        guard case .head(let head) = parser.next(bytes.span).step else { preconditionFailure("not a head") }
        return head
    }()

    /// Finding the route alone.
    private static func route() -> () -> Void {
        let head = operatorHead
        return {
            let found = try? Route.find(head.bytes[head.path.asRange], role: .management, hasConsole: false)
            guard found != nil else { preconditionFailure("no route") }
        }
    }

    /// Everything the gatekeeper asks of a right token: what it takes above `route` is the price of the guard.
    private static func door() -> () -> Void {
        guard let waker = EventFD(), let net = LinuxNet(waker: waker) else { preconditionFailure("no descriptor") }
        let loop = Loop(clock: LinuxClock(), net: net, entropy: LinuxEntropy(), counters: Counters())
        let pseudonyms = Pseudonyms(secret: SecretBytes([1, 2, 3]))
        let quotas = LimitQuotas(perBlock: 1_000_000, global: 1_000_000)
        guard
            let state = try? GuardState(
                clients: ClientAddress(trusted: CIDR(text: "10.0.0.0/8".utf8).map { [$0] } ?? []),
                filters: AddressFilters(
                    denylist: CIDR(text: "203.0.113.0/24".utf8).map { [$0] } ?? [], adminAllowlist: []),
                limits: HTTPLimits(http: quotas, widget: quotas), secret: SecretBytes([UInt8](repeating: 1, count: 32)))
        else { preconditionFailure("no state") }
        let (store, silence) = (Nothing(), Silence())
        let limits = LimitKeeper(state.limits, loop: loop, store: store)
        let lockouts = Lockouts(.init(
            loop: loop, book: state.lockouts, store: store, pseudonyms: pseudonyms, audit: silence, alerts: silence,
            log: silence, watch: { _ in }))
        let token = SecretBytes([UInt8](text: "orchestrator-token-of-the-benchmark-0123456789"))
        let keeper = Gatekeeper(.init(
            loop: loop, state: state,
            authenticator: Authenticator(orchestrator: token, agents: nil, isDemo: false), limits: limits,
            lockouts: lockouts, audit: silence, log: silence, pseudonyms: pseudonyms, channels: [], hasConsole: false))
        let head = operatorHead
        var number: UInt32 = 0
        return {
            // Another caller each time, as many as a minute may have.
            number &+= 1
            if number % 1_000 == 0 { limits.flush() }
            let peer = IPAddress([192, 0, UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)])
            let decision = keeper.decide(head, role: .management, peer: peer, requestID: [])
            guard case .pass = decision else { preconditionFailure("not let in") }
        }
    }
}

/// Stands for what the guard writes to.
private final class Nothing: Store {
    var returnsEntries: Bool { false }
    var onEntry: ((QueueEntry) -> Void)?
    func submit(_ operation: StoreOperation, _ completion: @escaping (StoreAnswer) -> Void) {}
    func deliver(at now: WallTime) -> Bool { false }
}

private final class Silence: AuditLog, AlertDesk, GuardLog {
    func append(_ event: AuditEvent, _ done: @escaping (Bool) -> Void) {}
    func raise(_ alert: Alert) {}
    func requestRefused(_ refusal: Refusal, requestID: [UInt8], address: () -> String) {}
    func lockoutBegan(address: String, failures: Int) {}
    func lockoutLifted(address: String) {}
}
