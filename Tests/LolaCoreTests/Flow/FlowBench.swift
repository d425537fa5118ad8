// A message flow on one loop with everything around it scripted: stages, store, channel, agent, provider.

@testable import LolaCore

/// A channel whose requests are plain text to 10.0.0.3 and whose judgement is the status.
final class PlainChannel: Channel {
    let name = ChannelName.whatsapp
    let bodyMax = ByteCount.kibibytes(64)
    var courtesy = false
    var carriesReference = false
    /// References of the requests, in the order of encoding.
    private(set) var references: [[UInt8]] = []

    func carriesProof(_ head: HTTPRequestHead) -> Bool { true }
    func authenticate(_ head: HTTPRequestHead, _ body: [UInt8]) throws(Refusal) {}
    func decode(_ head: HTTPRequestHead, _ body: [UInt8]) -> DecodedWebhook { DecodedWebhook() }

    /// A message with a content id lacks its text; the provider's answer is the text.
    func missingContent(of message: InboundMessage) -> OutboundRequest? {
        message.contentID.map { request([UInt8](text: "content ") + $0) }
    }

    func completed(_ message: InboundMessage, with response: OutboundResponse) -> ContentVerdict {
        switch response.status {
        case 200: .complete(InboundMessage(
            message, text: response.body, startPayload: nil, attachments: message.attachments,
            replyTo: message.replyTo, contentID: nil))
        case 203: .automatic
        case 500...: .retry(word: "content_unavailable", after: nil)
        default: .final(word: "content_refused")
        }
    }

    func signal(of verdict: DeliveryVerdict, to address: ReplyAddress) -> ContactSignal? {
        guard verdict == .final(word: "undeliverable"), case .whatsappNumber(let number) = address else { return nil }
        return ContactSignal(kind: .optedOut, channel: name, address: number)
    }

    /// A text with bars is one request for each part between them.
    func encode(_ reply: Reply, to address: ReplyAddress, reference: [UInt8]) -> [OutboundRequest] {
        guard case .text(let text) = reply else { return [] }
        references.append(reference)
        return text.split(separator: 0x7C).map { request(Array($0)) }
    }

    func judge(_ response: OutboundResponse) -> DeliveryVerdict {
        switch response.status {
        case 200: .accepted(providerID: response.body)
        case 202: .unclear(word: "answer_unclear")
        case 429: .retry(word: "rate_limited", after: RetryAfter.interval(response.head))
        case 500...: .retry(word: "provider_unavailable", after: nil)
        case 404: .final(word: "undeliverable")
        case 401: .alarm(word: "token_invalid")
        default: .final(word: "request_refused")
        }
    }

    func alternative(
        for request: OutboundRequest, address: ReplyAddress, after verdict: DeliveryVerdict
    ) -> OutboundRequest? {
        guard verdict == .final(word: "undeliverable") else { return nil }
        return self.request([UInt8](text: "other ") + request.body)
    }

    func acknowledgement(of message: InboundMessage) -> OutboundRequest? {
        courtesy ? request([UInt8](text: "seen")) : nil
    }

    private func request(_ body: [UInt8]) -> OutboundRequest {
        OutboundRequest(
            purpose: .delivery, method: .post,
            origin: Origin(isTLS: false, host: [UInt8](text: "10.0.0.3"), port: 80), target: [0x2F], fields: [],
            body: body, timeout: .seconds(10), responseMax: .kibibytes(64), isRepeatable: false)
    }
}

/// A stage that says what the test wants.
final class PlainStage: Middleware {
    let name = MiddlewareName.commandsAuth
    var verdicts: (Turn) -> Verdict = { _ in .next }
    private(set) var answers: [EffectAnswer] = []

    func process(_ turn: Turn) -> Verdict { verdicts(turn) }
    func resume(_ turn: Turn, with answer: EffectAnswer) -> Verdict {
        answers.append(answer)
        return .next
    }
}

/// The memory store, with a switch for faults.
final class PlainStore: Store {
    let records: MemoryTable
    private(set) lazy var table = MemoryStore(records)
    /// So many of the next answers are lost.
    var failures = 0
    /// Nothing of it takes effect.
    var isAway = false
    let returnsEntries = false
    var onEntry: ((QueueEntry) -> Void)?

    init(_ records: MemoryTable = MemoryTable()) { self.records = records }

    func submit(_ operation: StoreOperation, _ completion: @escaping (StoreAnswer) -> Void) {
        if isAway { return table.submit(.list(.meta, after: nil, limit: 1)) { _ in completion(.unavailable) } }
        table.submit(operation) { [self] answer in
            guard failures > 0 else { return completion(answer) }
            failures -= 1
            completion(.unavailable)
        }
    }
    func deliver(at now: WallTime) -> Bool { table.deliver(at: now) }
}

final class PlainJournal: EventLog, OperatorLog {
    private(set) var lines: [String] = []
    func quarantined(_ id: RecordID, crashes: Int) { lines.append("quarantined \(crashes)") }
    func deadLetter(_ turn: Turn, _ names: MessageNames, word: String) { lines.append("dead \(word)") }
    func finished(
        _ turn: Turn, _ names: MessageNames, _ status: MessageRecord.Status, _ agent: AgentName?, _ refusal: Refusal?
    ) {
        lines.append("finished \(status.rawValue)" + (refusal.map { " \($0.rawValue)" } ?? ""))
    }
}

/// Keeps signals as long as the test says so.
final class PlainSignals: ContactSignals {
    private(set) var noted: [ContactSignal] = []
    var keeps = true
    /// Messages whose words wait to be kept.
    private(set) var waiting: [() -> Void] = []
    var holds = false

    func heard(_ message: InboundMessage, _ completion: @escaping () -> Void) {
        if holds { waiting.append(completion) } else { completion() }
    }

    func note(_ signals: [ContactSignal], _ completion: @escaping (_ areKept: Bool) -> Void) {
        if keeps { noted += signals }
        completion(keeps)
    }
}

/// The test's ear, made before the bench is whole.
private final class PostTold {
    var on: (AgentID, MailboxMessage) -> Void = { _, _ in }
}

final class FlowBench {
    let signals = PlainSignals()
    let rig = LoopRig()
    let channel = PlainChannel()
    let stage = PlainStage()
    let store = PlainStore()
    let journal = PlainJournal()
    let audit = PlainAuditLog()
    let log = MessageLog(capacity: 100)
    let backlog = Backlog()
    let doubts = Doubts(DoubtCount())
    let pseudonyms = Pseudonyms(secret: SecretBytes([1, 2, 3]))
    let tickets: TicketBook
    let suppressions: SuppressionList
    /// Agents with mailboxes: none, and the store has been read.
    let accounts = AgentAccounts(defaults: AgentLimits())
    let people = PersonNames(secret: SecretBytes([4, 5, 6]))
    /// Of whom agents were told, with the agent before each.
    var told: [String] = []
    let client: OutboundClient
    let flow: MessageFlow
    let agent: SimServer
    let provider: SimServer
    /// Texts that the agent was asked and that the provider was given, in order.
    var asked: [SimMessage] = []
    var delivered: [String] = []
    /// Answers of the provider, the last one for ever.
    var statuses: [Int] = [200]
    static let retry = RetrySchedule(delays: [.seconds(1), .seconds(5)])

    init() throws {
        client = OutboundClient(rig.loop, tls: nil) { IPAddress(text: $0) }
        let key = try ES256PrivateKey(pem: try ES256PrivateKey.generatePEM())
        var agents: [AgentName: HTTPAgent] = [:]
        for name in [AgentName.onboarding] {
            guard let url = HTTPURL([UInt8](text: "http://10.0.0.2/agent")) else { continue }
            agents[name] = HTTPAgent(
                name: name, url: url, timeout: .seconds(5), key: key, issuer: [UInt8](text: "https://b.example"),
                entropy: rig.loop.entropy)
        }
        let pseudonyms = pseudonyms
        suppressions = SuppressionList(rig.loop, store: store, audit: audit, names: people)
        let post = PostTold()
        _ = accounts.mirror.replace(with: [], since: accounts.mirror.beginLoading())
        tickets = TicketBook(
            rig.loop, store: store, life: .hours(2), base: [UInt8](text: "https://lola.example"), audit: audit,
            hash: { pseudonyms.id($0) }, handOver: { _ in })
        flow = MessageFlow(FlowParts(
            loop: rig.loop, client: client, store: store, channels: [.whatsapp: channel],
            pipeline: Pipeline([stage], clock: rig.clock),
            agents: AgentRoster(rig.loop, client: client, http: agents, scripted: ScriptedAgents(), inFlightMax: 2),
            tickets: tickets,
            retry: Self.retry, log: log, backlog: backlog, journal: journal, doubts: doubts, signals: signals,
            opt: OptDesk(suppressions, rig.loop.counters), crashPage: nil, audit: audit,
            post: AgentPost(accounts, people, rig.loop.counters, asked: Set(agents.keys)) { post.on($0, $1) }))
        agent = SimServer(rig.network, "agent", at: Endpoint(address: IPAddress([10, 0, 0, 2]), port: 80))
        provider = SimServer(rig.network, "provider", at: Endpoint(address: IPAddress([10, 0, 0, 3]), port: 80))
        agent.script = { [self] call in
            asked.append(call.request)
            call.answer(200, body: #"{"replies":[{"type":"text","text":"answer"}]}"#)
        }
        provider.script = { [self] call in
            delivered.append(call.request.text)
            let status = statuses.count > 1 ? statuses.removeFirst() : statuses[0]
            call.answer(status, status == 429 ? ["Retry-After: 7"] : [], body: "id")
        }
        post.on = { [self] agent, message in told.append("\(agent.text) \(message.text.text)") }
        let store = store
        let loop = rig.loop
        let audit = audit
        rig.loop.addSource { store.deliver(at: loop.wall) }
        rig.loop.addSource { audit.deliver() }
    }

    static func message(
        _ id: String, from sender: String = "15550100", type: MessageType = .text, text: String? = "hola",
        contentID: String? = nil, keyword: AnsweredKeyword? = nil
    ) -> VerifiedMessage {
        WebhookGate.imagined(
            InboundMessage(
                channel: .whatsapp, nativeID: [UInt8](text: id),
                conversation: ConversationKey(.whatsapp, own: [0x31], sender: [UInt8](text: sender)),
                replyTo: .whatsappNumber([UInt8](text: sender)), senderID: [UInt8](text: sender), phone: nil,
                language: nil, type: type, text: text.map { [UInt8](text: $0) }, startPayload: nil, choiceID: nil,
                attachments: [], at: WallTime(milliseconds: 0), callbackQueryID: nil,
                contentID: contentID.map { [UInt8](text: $0) }, answeredKeyword: keyword),
            at: WallTime(milliseconds: 0))
    }

    func names(_ verified: VerifiedMessage) -> MessageNames { pseudonyms.names(verified.message) }

    /// Puts the message into the queue as the intake would, and gives it to the flow.
    func take(_ verified: VerifiedMessage, mayBeRepeated: Bool = false) {
        let accepted = AcceptedMessage(
            verified: verified, names: names(verified), mayBeRepeated: mayBeRepeated)
        let entry = QueueEntry(
            key: StoreKey(.inbound, accepted.names.messageID), lane: accepted.lane,
            value: MessageCodec.encode(verified))
        _ = records(.append(entry))
        backlog.entered(accepted.lane)
        log.insert(MessageRecord(accepted))
        flow.take(accepted)
    }

    /// What the store says, past the flow.
    @discardableResult
    func records(_ operation: StoreOperation) -> StoreAnswer {
        store.records.apply(operation, at: rig.clock.wall)
    }

    /// Records of a message that are still in the store, by room.
    func rooms(of verified: VerifiedMessage) -> [StoreRoom] {
        let id = names(verified).messageID
        return [.inbound, .outbox, .progress, .dead].filter {
            if case .value(.some) = records(.get(StoreKey($0, id))) { true } else { false }
        }
    }

    /// Until everything taken has ended, at most ten virtual minutes.
    func settle() -> Bool { rig.run(for: .minutes(10)) { self.backlog.count == 0 && self.flow.activeCount == 0 } }

    func record(_ id: String) -> MessageRecord? { log.find(MessageKey(.whatsapp, nativeID: [UInt8](text: id))) }
}

extension TraceStep {
    /// Stage and verdict as the admin API shows them.
    var saying: String { "\(stage.rawValue) \(verdict.rawValue)" }
}
