// One gateway's guard records on a simulated loop: a sealed store over a table that others may share, an audit trail
// that can fail, the desks.
import Testing

@testable import LolaCore

/// Remembers what it was told, and may refuse to keep it.
final class RecordingAudit: AuditLog {
    private let loop: Loop
    private(set) var events: [AuditEvent] = []
    var keeps = true

    init(_ loop: Loop) { self.loop = loop }

    func append(_ event: AuditEvent, _ done: @escaping (Bool) -> Void) {
        let isKept = keeps
        if isKept { events.append(event) }
        loop.soon { done(isKept) }
    }

    var words: [String] { events.map { "\($0.action.rawValue) \($0.outcome)" } }
    /// Everything an event says.
    var text: String {
        events.map { event in
            ([event.actor, event.subject, event.outcome] + event.facts.map(\.value)).joined(separator: " ")
        }.joined(separator: "\n")
    }
}

/// A view of a table that several gateways share, away when the test says so.
final class SharedView: Store {
    private let inner: MemoryStore
    let returnsEntries: Bool
    var isAway = false
    private(set) var asked = 0
    var onEntry: ((QueueEntry) -> Void)?

    init(_ table: MemoryTable, isShared: Bool) {
        inner = MemoryStore(table)
        returnsEntries = isShared
    }

    func submit(_ operation: StoreOperation, _ completion: @escaping (StoreAnswer) -> Void) {
        asked += 1
        inner.submit(isAway ? .get(StoreKey(.meta, RecordID(high: 0, low: 0))) : operation) { [self] answer in
            completion(isAway ? .unavailable : answer)
        }
    }

    func deliver(at now: WallTime) -> Bool { inner.deliver(at: now) }
}

final class DeskBench {
    let rig = LoopRig()
    let bare: SharedView
    let store: SealedStore
    let audit: RecordingAudit
    let tokens = AgentTokens()
    let accounts: AgentAccounts
    let desk: AgentDesk
    let names = PersonNames(secret: SecretBytes([1, 2, 3]))
    let keeper: MirrorKeeper

    init(_ table: MemoryTable = MemoryTable(), isShared: Bool = false, seed: UInt8 = 1) throws {
        let loop = rig.loop
        bare = SharedView(table, isShared: isShared)
        store = SealedStore(bare, keys: try SealFixture.keys(1, entropy: CountingEntropy(from: seed, step: 3)))
        audit = RecordingAudit(loop)
        var defaults = AgentLimits()
        defaults[.perMinute] = 10
        defaults[.spendPerDay] = 1_000
        accounts = AgentAccounts(defaults: defaults)
        desk = AgentDesk(loop, store: store, audit: audit, tokens: tokens, accounts: accounts)
        let told = ToldKeys()
        keeper = MirrorKeeper(
            loop, store, mirrors: [tokens.mirror, accounts.mirror], watched: [Erasure.mark],
            onChange: { told.keys.append($0) })
        self.told = told
        let store = store
        loop.addSource { store.deliver(at: loop.wall) }
    }

    final class ToldKeys {
        var keys: [StoreKey] = []
    }
    let told: ToldKeys

    /// With everything read.
    func started() throws -> DeskBench {
        keeper.start()
        try #require(rig.run(for: .seconds(5)) { desk.isReady })
        return self
    }

    /// The one answer of what is asked, within ten virtual seconds.
    func ask<Answer>(_ question: (@escaping (Answer) -> Void) -> Void) throws -> Answer {
        var answers: [Answer] = []
        question { answers.append($0) }
        rig.run(for: .seconds(10)) { !answers.isEmpty }
        return try #require(answers.first)
    }

    func mint(
        _ agent: String, scopes: [TokenScope]? = nil, life: Interval = .days(90)
    ) throws -> AgentDesk.Minted {
        let id = try #require(AgentID(agent.utf8))
        return try ask { answer in
            desk.mint(id, label: "test", scopes: scopes, life: life, actor: "orchestrator") { answer($0) }
        }.get()
    }

    func verify(_ text: [UInt8]) -> AgentTokenStanding? { tokens.verify(text[...], at: rig.clock.wall) }
}
