// The console of `lola dev` on one loop: routes below /dev to the page, its API and the sandbox services. What the
// page sends becomes a signed webhook and comes in through the front door like everybody's.

final class DevConsole: ConsoleApplication {
    /// What the console must know of the gateway it sits in.
    struct Setup: Sendable {
        /// Where the gateway's own public listener is reached from this machine.
        let gateway: Origin
        let secrets: WebhookSecrets
        let botToken: SecretBytes
    }

    private let loop: Loop
    private let client: OutboundClient
    private let world: SandboxWorld
    private let messages: MessageLog
    private let book: TicketBook
    private let vault: SandboxVault?
    private let setup: Setup

    init(
        _ loop: Loop, client: OutboundClient, world: SandboxWorld, messages: MessageLog, book: TicketBook,
        vault: SandboxVault?, setup: Setup
    ) {
        self.loop = loop
        self.client = client
        self.world = world
        self.messages = messages
        self.book = book
        self.vault = vault
        self.setup = setup
    }

    // MARK: Routes

    func handle(_ request: HTTPRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        let raw = request.head.bytes[request.head.path.asRange]
        guard let segments = try? HTTPTarget.segments(of: raw) else { return answer(unknown(request)) }
        let path = Array(segments.dropFirst())
        if path.first == [UInt8](text: "sandbox") {
            answer(ConsoleGuard.refusal(request, .sandbox) ?? sandbox(request, Array(path.dropFirst())))
        } else if path.first == [UInt8](text: "api") {
            if let refused = ConsoleGuard.refusal(request, .api) { return answer(refused) }
            api(request, path.dropFirst().map(\.text), answer)
        } else {
            answer(ConsoleGuard.refusal(request, .page) ?? page(request, path.map(\.text)))
        }
    }

    private func page(_ request: HTTPRequest, _ path: [String]) -> HTTPResponse {
        let resource: (type: StaticString, text: String)
        switch path {
        case [], [""]: resource = ("text/html; charset=utf-8", ConsolePage.html)
        case ["app.css"]: resource = ("text/css; charset=utf-8", ConsoleStyle.css)
        case ["app.js"]: resource = ("text/javascript; charset=utf-8", ConsoleScript.js)
        default: return unknown(request)
        }
        return only([.get, .head], request) {
            HTTPResponse(
                status: 200, contentType: resource.type,
                fields: [ResponseField(name: "Cache-Control", value: [UInt8](text: "no-store"))],
                body: [UInt8](text: resource.text), policy: .page)
        }
    }

    private func api(_ request: HTTPRequest, _ path: [String], _ answer: @escaping (HTTPResponse) -> Void) {
        switch path {
        case ["senders"]: answer(only([.get, .head], request) { senders() })
        case ["chat"]: answer(only([.get, .head], request) { chat(request) })
        case ["trace"]: answer(only([.get, .head], request) { trace(request) })
        case ["tickets"]:
            guard request.head.method == .get else { return answer(only([.get], request) { .empty(200) }) }
            tickets(request, answer)
        case ["send"]:
            guard request.head.method == .post else { return answer(only([.post], request) { .empty(200) }) }
            send(request, answer)
        default: answer(unknown(request))
        }
    }

    private func sandbox(_ request: HTTPRequest, _ path: [[UInt8]]) -> HTTPResponse {
        let rest = Array(path.dropFirst())
        switch path.first?.text {
        case "identity" where rest.count == 1:
            return only([.get, .head], request) {
                SandboxIdentity.answer(rest[0], cast: world.cast, isVerified: world.isVerified)
            }
        case "vault" where rest.isEmpty:
            return only([.post], request) { vault?.answer(request) ?? unknown(request) }
        case "graph":
            let graph = SandboxGraph(world: world, phoneNumberID: setup.secrets.phoneNumberID)
            let random = loop.entropy.bytes(WebhookForge.randomCount)
            return only([.post], request) { graph.answer(request, path: rest, at: loop.wall, random: random) }
        case "telegram":
            let telegram = SandboxTelegram(
                world: world, botToken: setup.botToken, botID: setup.secrets.telegramBotID)
            return only([.post], request) { telegram.answer(request, path: rest, at: loop.wall) }
        case "twilio":
            let twilio = SandboxTwilio(world: world, secrets: setup.secrets.twilio)
            let random = loop.entropy.bytes(WebhookForge.randomCount)
            return only([.post], request) { twilio.answer(request, path: rest, at: loop.wall, random: random) }
        case "resend":
            let resend = SandboxResend(world: world, apiKey: setup.secrets.resend.apiKey)
            let random = loop.entropy.bytes(WebhookForge.randomCount)
            return only([.get, .post], request) { resend.answer(request, path: rest, at: loop.wall, random: random) }
        default: return unknown(request)
        }
    }

    private func only(_ methods: [HTTPMethod], _ request: HTTPRequest, _ make: () -> HTTPResponse) -> HTTPResponse {
        if methods.contains(request.head.method) { return make() }
        var response = HTTPResponse.refusal(.methodNotAllowed, requestID: request.requestID)
        let allowed = methods.map { "\($0.word)" }.joined(separator: ", ")
        response.fields.append(ResponseField(name: "Allow", value: [UInt8](text: allowed)))
        return response
    }

    private func unknown(_ request: HTTPRequest) -> HTTPResponse {
        .refusal(.routeUnknown, requestID: request.requestID)
    }

    private func invalid(_ request: HTTPRequest) -> HTTPResponse {
        .refusal(.fieldInvalid, requestID: request.requestID)
    }

    // MARK: Reading

    private func senders() -> HTTPResponse {
        var writer = JSONWriter(capacity: 2_048)
        writer.object { writer in
            writer.member("senders") { list(world.cast.people, to: &$0) }
            writer.member("guests") { list(world.guests, to: &$0) }
        }
        return .json(200, writer.bytes)
    }

    private func list(_ people: [SandboxPerson], to writer: inout JSONWriter) {
        writer.array { writer in
            for person in people {
                writer.object { writer in
                    writer.member("id", person.id)
                    writer.member("name", person.name)
                    writer.member("phone", person.showsPhone ? person.phone.text : nil)
                    writer.member("about", person.about)
                }
            }
        }
    }

    /// `?sender=&channel=&since=`: the whole chat, or only its revision when that is what the page has.
    private func chat(_ request: HTTPRequest) -> HTTPResponse {
        guard let (person, channel) = place(request) else { return invalid(request) }
        let transcript = world.transcript(with: person.address(on: channel))
        let known = query(request)?.first("since").flatMap { ASCII.decimal($0) }
        var writer = JSONWriter(capacity: 1_024)
        writer.object { writer in
            writer.key("revision")
            writer.integer(transcript.revision)
            if known.map({ Int64($0) }) != transcript.revision {
                writer.member("items") { transcript.write(to: &$0) }
            }
        }
        return .json(200, writer.bytes)
    }

    /// Whose chat the query means.
    private func place(_ request: HTTPRequest) -> (person: SandboxPerson, channel: ChannelName)? {
        guard let query = query(request), let sender = query.first("sender"), let word = query.first("channel"),
            let person = world.cast.person(sender), let channel = ChannelName(rawValue: word.text)
        else { return nil }
        return (person, channel)
    }

    /// `?sender=&channel=`: the newest ticket of each operation in the chat.
    private func tickets(_ request: HTTPRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        guard let (person, channel) = place(request) else { return answer(invalid(request)) }
        let own: [UInt8]
        switch channel {
        case .whatsapp: own = setup.secrets.phoneNumberID
        case .telegram: own = setup.secrets.telegramBotID
        case .twilioSMS, .twilioWhatsApp: own = setup.secrets.twilio.from
        case .resend: own = setup.secrets.resend.own
        }
        let sender: [UInt8]
        switch person.address(on: channel) {
        case .whatsappNumber(let digits): sender = digits
        case .whatsappUser(let id): sender = id
        case .telegramChat(let chat): sender = [UInt8](text: "\(chat)")
        case .sms(_, let number), .twilioWhatsApp(_, let number): sender = number
        case .mail(let thread): sender = thread.sender
        }
        let conversation = ConversationKey(channel, own: own, sender: sender)
        DevTickets.collect(book, of: conversation) { [book] in answer(DevTickets.answer($0, book)) }
    }

    private func trace(_ request: HTTPRequest) -> HTTPResponse {
        guard let key = query(request)?.first("key") else { return invalid(request) }
        guard let record = messages.find(MessageKey(bytes: key)) else { return unknown(request) }
        var writer = JSONWriter(capacity: 1_024)
        MessageJSON.write(record, detailed: true, to: &writer)
        return .json(200, writer.bytes)
    }

    private func query(_ request: HTTPRequest) -> FormFields? {
        try? FormFields(request.head.query.map { request.head.bytes[$0.asRange] } ?? [])
    }

    // MARK: Writing

    private func send(_ request: HTTPRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        guard let root = (try? JSONDocument.parse(request.body))?.root, root.kind == .object else {
            return answer(.refusal(.bodyInvalid, requestID: request.requestID))
        }
        guard let sender = root["sender"]?.textBytes, let person = world.cast.person(sender),
            let channel = root["channel"]?.text.flatMap({ ChannelName(rawValue: $0) }),
            let content = content(root, in: world.transcript(with: person.address(on: channel)))
        else { return answer(invalid(request)) }
        introduce(person, on: channel, before: content) { [self] in
            post(content, on: channel, from: person) { outcome in answer(Self.sent(outcome, request)) }
        }
    }

    /// Exactly one of `text`, `choice` and `contact`.
    private func content(_ root: JSONView, in transcript: SandboxTranscript) -> ForgedContent? {
        switch (root["text"], root["choice"], root["contact"]) {
        case (let text?, nil, nil):
            guard let text = text.textBytes, (1...Limits.sandboxTextMax.bytes).contains(text.count) else { return nil }
            return .text(text)
        case (nil, let choice?, nil):
            guard let id = choice["id"]?.textBytes, let title = choice["title"]?.textBytes, !id.isEmpty,
                id.count <= Limits.choiceIDMax.bytes, title.count <= Limits.choiceTitleMax.bytes
            else { return nil }
            return transcript.isListed(id) ? .listItem(id: id, title: title) : .button(id: id, title: title)
        case (nil, nil, let contact?): return contact.bool == true ? .contact : nil
        default: return nil
        }
    }

    /// Telegram tells no numbers. Whoever shows one is made known first, by sharing the contact as the person would.
    private func introduce(
        _ person: SandboxPerson, on channel: ChannelName, before content: ForgedContent,
        _ next: @escaping () -> Void
    ) {
        let address = person.address(on: channel)
        if case .contact = content {
            _ = world.sharesContact(with: address)
            return next()
        }
        guard channel == .telegram, person.showsPhone, world.sharesContact(with: address) else { return next() }
        post(.contact, on: channel, from: person) { [self] sent in
            settle(sent.key, until: loop.now + Limits.sandboxIntroductionMax, next)
        }
    }

    /// Goes on when the message is dealt with, so that the answer to it stands before what comes next.
    private func settle(_ key: MessageKey, until deadline: Instant, _ next: @escaping () -> Void) {
        if messages.find(key)?.status.isFinal ?? true || loop.now >= deadline { return next() }
        loop.after(.milliseconds(5)) { self.settle(key, until: deadline, next) }
    }

    private struct Sent {
        let key: MessageKey
        let outcome: OutboundOutcome
    }

    private func post(
        _ content: ForgedContent, on channel: ChannelName, from person: SandboxPerson,
        _ completion: @escaping (Sent) -> Void
    ) {
        let webhook = WebhookForge.make(
            content, on: channel, from: person, secrets: setup.secrets, at: loop.wall,
            random: loop.entropy.bytes(WebhookForge.randomCount))
        let address = person.address(on: channel)
        world.record(Self.entry(content, webhook.key, person, at: loop.wall), with: address)
        let request = OutboundRequest(
            purpose: .delivery, method: .post, origin: setup.gateway, target: webhook.path, fields: webhook.fields,
            body: webhook.body, timeout: Limits.sandboxWebhookTimeout, responseMax: Limits.channelResponseMax,
            isRepeatable: true)
        client.send(request) { [world] outcome in
            var isAccepted = false
            if case .success(let response) = outcome { isAccepted = response.status == 200 }
            world.mark(webhook.key, isAccepted ? .accepted : .refused, with: address)
            completion(Sent(key: webhook.key, outcome: outcome))
        }
    }

    private static func entry(
        _ content: ForgedContent, _ key: MessageKey, _ person: SandboxPerson, at now: WallTime
    ) -> SandboxEntry {
        let (kind, text): (SandboxEntry.Kind, [UInt8]) =
            switch content {
            case .text(let text): (.text, text)
            case .button(_, let title), .listItem(_, let title): (.choice, title)
            case .image(let caption): (.image, caption ?? [])
            case .contact: (.contact, [UInt8](text: person.name + ", ") + person.phone.bytes)
            }
        return SandboxEntry(kind: kind, text: text, key: key, state: .sending, at: now)
    }

    /// The webhook's own status is part of what the developer wants to see; only silence is an error.
    private static func sent(_ sent: Sent, _ request: HTTPRequest) -> HTTPResponse {
        guard case .success(let response) = sent.outcome else {
            return .problem(502, code: "webhook_unreachable", requestID: request.requestID)
        }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("key", sent.key.text)
            writer.member("status", response.status)
        }
        return .json(200, writer.bytes)
    }

    // MARK: Messages from elsewhere

    func accepted(_ verified: VerifiedMessage) {
        let message = verified.message
        if let event = message.event, event.outcome == .success, event.operation == [UInt8](text: "cip") {
            world.verify(message.replyTo)
        }
        let word = [UInt8](text: message.type.rawValue)
        let (kind, text): (SandboxEntry.Kind, [UInt8]) =
            switch message.type {
            case .text: (.text, message.text ?? [])
            case .start: (.text, [UInt8](text: "/start"))
            case .button, .list: (.choice, message.text ?? word)
            case .contact: (.contact, message.phone ?? [])
            case .image: (.image, message.text ?? [])
            case .event: (.event, message.event.map(DevTickets.words) ?? word)
            default: (.other, message.text ?? word)
            }
        world.record(
            SandboxEntry(kind: kind, text: text, key: message.key, state: .accepted, at: verified.receivedAt),
            with: message.replyTo)
    }
}
