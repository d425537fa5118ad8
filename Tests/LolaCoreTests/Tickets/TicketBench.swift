// Tickets, widgets and callbacks of one loop over the memory store, with everything they answer kept.
import Synchronization
import Testing

@testable import LolaCore

final class TicketBench {
    static let conversation = ConversationKey(bytes: [UInt8](text: "whatsapp:1065:15550100"))
    static let base = "https://lola.example"
    static let widgetOrigin = "https://widgets.bank.example"

    let rig = LoopRig()
    let store: EpochStore
    let audit = PlainAuditLog()
    let alerts = RaisedAlerts()
    let book: TicketBook
    let tokens: CallbackTokens
    let sessions: WidgetSessions
    let api: TicketAPI
    let widgets: WidgetDoor
    let callbacks: CallbackDoor
    /// What went on to conversations, and addresses that guessed.
    var events: [VerifiedMessage] = []
    var guesses = 0
    var hasRoom = true
    /// The key that signs sessions, as PEM.
    let pem: [UInt8]

    /// `records` and `pem`: of an earlier bench, as the next process finds them.
    init(records: MemoryTable = MemoryTable(), pem: [UInt8]? = nil, ownWidget: Bool = false) throws {
        let store = EpochStore(records)
        self.store = store
        let loop = rig.loop
        let names = HMACKey(.sha256, key: SecretBytes([7]))
        var handOver: (VerifiedMessage) -> Void = { _ in }
        var guess = {}
        var room: () -> Bool = { true }
        book = TicketBook(
            loop, store: store, life: .hours(2), base: [UInt8](text: Self.base), audit: audit,
            hash: { RecordID(digest: names.code($0)) }, handOver: { handOver($0) })
        tokens = try Self.tokens(loop.entropy)
        let own = try pem ?? ES256PrivateKey.generatePEM()
        self.pem = own
        let terms = SessionTokens.Terms(
            issuer: [UInt8](text: Self.base), life: .minutes(15), cipServicesURL: [UInt8](text: "https://cip.example"),
            themeURL: nil)
        sessions = WidgetSessions(
            SessionTokens(terms, key: try ES256PrivateKey(pem: own), previous: [], entropy: loop.entropy), tokens,
            use: CallbackKeyUse(store: store, makers: tokens.makerIDs, alerts: alerts), base: [UInt8](text: Self.base))
        let origins = WidgetOrigins(allowed: ownWidget ? [[UInt8](text: Self.widgetOrigin)] : [])
        let ownURL = [UInt8](text: Self.widgetOrigin + "/cip?v=1")
        api = TicketAPI(
            book, sessions, ownIDs: [.whatsapp: [UInt8](text: "1065"), .telegram: [UInt8](text: "77")],
            pseudonym: { _ in "pseudonym" })
        widgets = WidgetDoor(
            book, sessions, origins: origins, ownWidgets: ownWidget ? [[UInt8](text: "cip"): ownURL] : [:],
            onGuess: { _, done in
                guess()
                loop.soon(done)
            })
        callbacks = CallbackDoor(
            book, sessions, origins: origins, hasRoom: { _ in room() },
            onGuess: { _, done in
                guess()
                loop.soon(done)
            })
        handOver = { [self] in events.append($0) }
        guess = { [self] in guesses += 1 }
        room = { [self] in hasRoom }
        loop.addSource { store.deliver(at: loop.wall) }
        let audit = audit
        loop.addSource { audit.deliver() }
    }

    static func tokens(_ entropy: any Entropy, encryption: UInt8 = 1, signing: UInt8 = 2) throws -> CallbackTokens {
        func ring(_ fill: UInt8) -> [SealedTokens.Key] {
            [SealedTokens.Key(id: "k\(fill)", secret: SecretBytes([UInt8](repeating: fill, count: 32)))]
        }
        return try CallbackTokens(encryption: ring(encryption), signing: ring(signing), entropy: entropy)
    }

    // MARK: Asking

    /// What `ask` answers in the end.
    func wait<Answer>(_ ask: (@escaping (Answer) -> Void) -> Void) throws -> Answer {
        var found: Answer?
        ask { found = $0 }
        rig.run(for: .seconds(20)) { found != nil }
        return try #require(found)
    }

    static func order(_ operation: String = "cip", in conversation: ConversationKey = conversation) -> TicketOrder {
        TicketOrder(
            conversation: conversation, terms: TicketTerms(operation: [UInt8](text: operation)), who: "agent:a")
    }

    func create(_ operation: String = "cip", in conversation: ConversationKey = conversation) throws -> Ticket {
        try create(order: Self.order(operation, in: conversation))
    }

    func create(order: TicketOrder) throws -> Ticket {
        let made: Result<TicketPlan, Refusal> = try wait { book.create(order, $0) }
        return try made.get().ticket
    }

    func session(_ ticket: Ticket) throws -> WidgetSession {
        let opened: Result<WidgetSession, Refusal> = try wait { sessions.open(ticket, at: rig.clock.wall, $0) }
        return try opened.get()
    }

    func status(_ ticket: Ticket) throws -> Ticket.Status? {
        let answer: TicketBook.Found = try wait { book.find(ticket.id, $0) }
        guard case .ticket(let found) = answer else { return nil }
        return book.status(found)
    }

    static func request(
        _ method: String = "POST", _ body: String = "", _ fields: [(String, String)] = [], target: String = "/x"
    ) throws -> HTTPRequest {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: lola.example\r\n"
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        var parser = HTTPRequestParser()
        let octets = [UInt8](text: text + "\r\n")
        let step = parser.next(octets.span).step
        guard case .head(let head) = step else { throw SampleFault(description: "not a head: \(step)") }
        return HTTPRequest(
            head: head, body: [UInt8](text: body), role: .public, peer: IPAddress([192, 0, 2, 1]),
            requestID: [UInt8](text: "r-1"))
    }

    /// The last part of a callback's URL.
    static func token(_ url: [UInt8]) -> [UInt8] {
        [UInt8](url.dropFirst(Self.base.utf8.count + "/callbacks/".utf8.count))
    }

    /// `POST /callbacks/…` with the right content type and a session, unless other fields are given.
    func call(
        _ url: [UInt8], _ body: String, session: WidgetSession? = nil, fields: [(String, String)] = []
    ) throws -> HTTPResponse {
        var all = fields
        if let session { all.append(("Authorization", "Bearer \(session.token.text)")) }
        if !fields.contains(where: { $0.0 == "Content-Type" }) { all.append(("Content-Type", "application/json")) }
        let request = try Self.request("POST", body, all)
        return try wait { callbacks.receive(Self.token(url), request, $0) }
    }

    static func body(_ ticket: Ticket, _ result: String = #"{"token":"tok_1"}"#) -> String {
        #"{"ticket_id":"\#(ticket.id.hex.text)","result":\#(result)}"#
    }

    /// Entries of the inbound queue.
    var queued: [[UInt8]] {
        guard case .page(let records) = store.records.apply(.list(.inbound, after: nil, limit: 100), at: rig.clock.wall)
        else { return [] }
        return records.map(\.value)
    }
}

/// The memory store with an epoch that a test may change, and with lost answers.
final class EpochStore: Store {
    let records: MemoryTable
    private let table: MemoryStore
    var epoch: [UInt8]? = [1]
    /// So many of the next answers are lost, though what was asked lasts.
    var failures = 0
    let returnsEntries = false
    var onEntry: ((QueueEntry) -> Void)?

    init(_ records: MemoryTable) {
        self.records = records
        table = MemoryStore(records)
    }

    func submit(_ operation: StoreOperation, _ completion: @escaping (StoreAnswer) -> Void) {
        table.submit(operation) { [self] answer in
            guard failures > 0 else { return completion(answer) }
            failures -= 1
            completion(.unavailable)
        }
    }

    func deliver(at now: WallTime) -> Bool { table.deliver(at: now) }
}

final class RaisedAlerts: AlertDesk {
    private let kinds = Mutex<[Alert.Kind]>([])
    func raise(_ alert: Alert) { kinds.withLock { $0.append(alert.kind) } }
    var raised: [Alert.Kind] { kinds.withLock { $0 } }
}
