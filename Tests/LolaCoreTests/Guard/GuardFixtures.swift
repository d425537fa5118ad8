// What tests of the guard share: heads with fields and a peer, collectors in place of trail, alerts and log, and a
// gatekeeper over a store in memory.

@testable import LolaCore

enum GuardFixture {
    static let orchestrator = "orchestrator-token-of-the-tests-0123456789"
    static let agentToken = "lola_at_right"

    static func head(
        _ line: String = "GET /admin/api/messages", _ fields: [(String, String)] = [], host: String = "a"
    ) throws -> HTTPRequestHead {
        var text = "\(line) HTTP/1.1\r\nHost: \(host)\r\n"
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        let bytes = [UInt8](text: text + "\r\n")
        var parser = HTTPRequestParser()
        guard case .head(let head) = parser.next(bytes.span).step else { throw HTTPFault.badTarget }
        return head
    }

    static func address(_ text: String) -> IPAddress {
        guard let address = IPAddress(text: text.utf8) else { preconditionFailure("\(text) is no address") }
        return address
    }

    static func blocks(_ texts: String...) -> [CIDR] { texts.compactMap { CIDR(text: $0.utf8) } }

    static let bearer = [("Authorization", "Bearer " + orchestrator)]
}

final class PlainAudit: AuditLog {
    private(set) var events: [String] = []
    var keeps = true
    private let loop: Loop

    init(_ loop: Loop) { self.loop = loop }

    func append(_ event: AuditEvent, _ done: @escaping (Bool) -> Void) {
        events.append("\(event.action.rawValue) \(event.actor) \(event.outcome)")
        let keeps = keeps
        loop.soon { done(keeps) }
    }
}

final class PlainAlerts: AlertDesk {
    private let kept = SimLines()
    var texts: [String] { kept.all.map(\.text) }
    func raise(_ alert: Alert) {
        kept.write([UInt8](text: "\(alert.kind.severity.rawValue) \(alert.kind.rawValue) \(alert.text)"))
    }
}

final class PlainGuardLog: GuardLog {
    private(set) var lines: [String] = []
    private(set) var names: Set<String> = []

    func requestRefused(_ refusal: Refusal, requestID: [UInt8], address: () -> String) {
        lines.append(refusal.rawValue)
        names.insert(address())
    }
    func lockoutBegan(address: String, failures: Int) { lines.append("began \(failures)") }
    func lockoutLifted(address: String) { lines.append("lifted") }
}

/// One live token.
final class PlainTokens: AgentTokenVerifier {
    var standing: AgentTokenStanding?
    /// False while the store is away.
    var isReady = true

    init(agent: String) {
        standing = AgentID(agent.utf8).map {
            AgentTokenStanding(agent: $0, token: RecordID(high: 7, low: 7), scopes: nil)
        }
    }

    func verify(_ token: ArraySlice<UInt8>, at now: WallTime) -> AgentTokenStanding? {
        isReady && token.equals("lola_at_right") ? standing : nil
    }
}

final class SwitchedOff {
    var agents: Set<String> = []
}

/// One gateway's guard. Several over one table are gateways that share a store.
final class GuardBench {
    let rig: LoopRig
    let audit: PlainAudit
    let alerts = PlainAlerts()
    let log = PlainGuardLog()
    let state: GuardState
    let store: MemoryStore
    let limits: LimitKeeper
    let lockouts: Lockouts
    let gatekeeper: Gatekeeper
    let tokens = PlainTokens(agent: "own")
    let off = SwitchedOff()
    /// Addresses whose attempts failed.
    private(set) var watched: [IPAddress] = []

    init(
        table: MemoryTable = MemoryTable(), trusted: [CIDR] = [], denylist: [CIDR] = [], allowlist: [CIDR] = [],
        perBlock: Int = 1_000, global: Int = 1_000, widget: Int = 1_000, isDemo: Bool = false,
        routes: [Route] = Route.table, memory: GuardMemory = GuardMemory(), seed: UInt64 = 1
    ) throws {
        rig = LoopRig(seed: seed)
        let loop = rig.loop
        let pseudonyms = Pseudonyms(secret: SecretBytes([1, 2, 3]))
        state = try GuardState(
            clients: ClientAddress(trusted: trusted),
            filters: AddressFilters(denylist: denylist, adminAllowlist: allowlist),
            limits: HTTPLimits(
                http: LimitQuotas(perBlock: perBlock, global: global),
                widget: LimitQuotas(perBlock: widget, global: nil)),
            secret: SecretBytes([UInt8](repeating: 9, count: 32)))
        state.restore(memory, at: rig.clock.now, rig.clock.wall)
        let store = MemoryStore(table)
        self.store = store
        audit = PlainAudit(loop)
        limits = LimitKeeper(state.limits, loop: loop, store: store)
        var watch: (IPAddress) -> Void = { _ in }
        lockouts = Lockouts(.init(
            loop: loop, book: state.lockouts, store: store, pseudonyms: pseudonyms, audit: audit, alerts: alerts,
            log: log, watch: { watch($0) }))
        gatekeeper = Gatekeeper(.init(
            loop: loop, state: state,
            authenticator: Authenticator(
                orchestrator: SecretBytes([UInt8](text: GuardFixture.orchestrator)), agents: tokens, isDemo: isDemo),
            limits: limits, lockouts: lockouts, audit: audit, log: log, pseudonyms: pseudonyms,
            channels: [.whatsapp], hasConsole: true, table: routes,
            isSwitchedOff: { [off] in off.agents.contains($0.text) }))
        watch = { [self] in watched.append($0) }
        loop.addSource { store.deliver(at: loop.wall) }
    }

    struct Said {
        let status: Int
        let code: String
        let fields: [String: String]
        let closes: Bool
        let body: [UInt8]
    }

    /// What the gatekeeper says; nil when the request may go on. An answer that waits is waited for.
    func refusal(
        _ line: String = "GET /admin/api/messages", _ fields: [(String, String)] = [], from: String = "192.0.2.1",
        role: ListenerRole = .management, host: String = "a"
    ) throws -> Said? {
        let decision = gatekeeper.decide(
            try GuardFixture.head(line, fields, host: host), role: role, peer: GuardFixture.address(from),
            requestID: [UInt8](text: "r"))
        guard case .refuse(let response, let when) = decision else { return nil }
        if let when {
            var isDone = false
            when { isDone = true }
            precondition(!isDone, "an answer that waits came at once")
            rig.run(for: .seconds(1)) { isDone }
            precondition(isDone, "an answer never came")
        }
        let code = try JSONDocument.parse(response.body).root["code"]?.text ?? ""
        var named: [String: String] = [:]
        for field in response.fields { named["\(field.name)"] = field.value.text }
        return Said(
            status: response.status, code: code, fields: named, closes: response.closes, body: response.body)
    }

    func pass(
        _ line: String = "GET /admin/api/messages", _ fields: [(String, String)] = GuardFixture.bearer,
        from: String = "192.0.2.1", role: ListenerRole = .management, host: String = "a"
    ) throws -> GatePass? {
        let decision = gatekeeper.decide(
            try GuardFixture.head(line, fields, host: host), role: role, peer: GuardFixture.address(from),
            requestID: [UInt8](text: "r"))
        guard case .pass(let pass) = decision else { return nil }
        return pass
    }

    func wait(_ span: Interval) { rig.run(for: span) }
}
