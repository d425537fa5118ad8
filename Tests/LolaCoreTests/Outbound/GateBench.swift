// The outbound gate of one simulated loop with scripted providers: what was asked, sent, audited and kept.
import Testing

@testable import LolaCore

/// Notes what it is given, and answers as told.
final class ScriptedProvider: OutboundProvider {
    let channel: AgentChannel
    private let loop: Loop
    /// The next answers; then everything is taken.
    var outcomes: [ProviderOutcome] = []
    private(set) var sent: [OutboundDispatch] = []
    var onSend: (OutboundDispatch) -> Void = { _ in }

    init(_ loop: Loop, _ channel: AgentChannel) {
        self.loop = loop
        self.channel = channel
    }

    func send(_ dispatch: OutboundDispatch, _ completion: @escaping (ProviderOutcome) -> Void) {
        sent.append(dispatch)
        onSend(dispatch)
        let outcome = outcomes.isEmpty
            ? .taken(id: [UInt8](text: "p-") + dispatch.id.hex, .sent, price: nil) : outcomes.removeFirst()
        loop.soon { completion(outcome) }
    }
}

final class GateBench {
    static let bot = [UInt8](text: "7000001")
    static let number = [UInt8](text: "1065")
    let desk: DeskBench
    let gate: OutboundGate
    let providers: [AgentChannel: ScriptedProvider]
    /// Of conversations on the channels of `more`.
    private(set) var talks: [ChannelName: ScriptedProvider] = [:]
    let consents: ConsentBook
    let suppressions: SuppressionList
    let pseudonyms = Pseudonyms(secret: SecretBytes([1, 2, 3]))
    let anomalies = AnomalyCounters()
    let agent: AgentID

    /// - Parameters:
    ///   - off: channels without a provider.
    ///   - more: our end at channels beside WhatsApp and Telegram.
    init(
        _ table: MemoryTable = MemoryTable(), filter: ContentFilter? = ContentFilter(), hours: String? = "8-21",
        off: Set<AgentChannel> = [], more: [ChannelName: [UInt8]] = [:],
        agent name: String = "ada", limits: [AgentLimits.Member: Int] = [:]
    ) throws {
        desk = try DeskBench(table).started()
        let loop = desk.rig.loop
        agent = try #require(AgentID(name.utf8))
        consents = ConsentBook(loop, store: desk.store, audit: desk.audit, names: desk.names)
        suppressions = SuppressionList(loop, store: desk.store, audit: desk.audit, names: desk.names)
        var providers: [AgentChannel: ScriptedProvider] = [:]
        for channel in AgentChannel.allCases where !off.contains(channel) {
            providers[channel] = ScriptedProvider(loop, channel)
        }
        self.providers = providers
        for name in more.keys { talks[name] = ScriptedProvider(loop, name.agentChannel) }
        gate = OutboundGate(.init(
            loop: loop, store: desk.store, audit: desk.audit, accounts: desk.accounts, consents: consents,
            suppressions: suppressions, names: desk.names, pseudonyms: pseudonyms, anomalies: anomalies,
            ledger: OutboundLedger(loop, store: desk.store, pseudonyms: pseudonyms, names: desk.names),
            rules: .init(
                filter: filter, hours: hours.flatMap { CallingHours([UInt8](text: $0)) },
                ownIDs: more.merging([.whatsapp: Self.number, .telegram: Self.bot]) { own, _ in own }),
            providers: providers, talks: talks))
        if desk.accounts[agent] == nil {
            var account = AgentAccount(agent, created: loop.wall)
            for (member, value) in limits { account.limits[member] = value }
            #expect(try desk.ask { desk.desk.create(account, actor: "o", $0) } == nil)
        }
    }

    var now: WallTime { desk.rig.clock.wall }

    static func address(_ text: String) throws -> PersonAddress {
        try #require(PersonAddress([UInt8](text: text)), "\(text)")
    }

    func order(_ channel: AgentChannel, _ to: String, _ text: String = "Your card is ready.") throws -> OutboundOrder {
        var order = OutboundOrder(agent, .address(channel, try Self.address(to)), text: [UInt8](text: text))
        if channel == .email { order.subject = [UInt8](text: "Your card") }
        return order
    }

    func submit(_ order: OutboundOrder) throws -> OutboundVerdict {
        try desk.ask { gate.submit(order, by: "agent:ada", $0) }
    }

    func refusal(_ order: OutboundOrder) throws -> OutboundRefusal? {
        if case .refused(let refusal) = try submit(order) { refusal } else { nil }
    }

    func receipt(_ order: OutboundOrder) throws -> OutboundReceipt? {
        if case .accepted(let receipt) = try submit(order) { receipt } else { nil }
    }

    func consent(
        _ channel: AgentChannel, _ to: String, _ type: ConsentRecord.Kind = .express,
        _ status: ConsentRecord.Status = .granted
    ) throws {
        let address = try Self.address(to)
        let put: Result<ConsentRecord, Refusal> = try desk.ask { answer in
            consents.put(address, channel, type, status, actor: "o") { answer($0) }
        }
        _ = try put.get()
    }

    func suppress(_ to: String) throws {
        let address = try Self.address(to)
        let added: Result<SuppressionEntry, Refusal> = try desk.ask { answer in
            suppressions.add(address, reason: nil, actor: "o") { answer($0) }
        }
        _ = try added.get()
    }

    /// As the intake does when a message of the sender comes in.
    func heard(_ channel: ChannelName, _ sender: String) throws {
        let key = StoreKey(.heard, pseudonyms.sender(channel, [UInt8](text: sender)))
        #expect(try store(.mark(key, expires: Limits.heardRetention)) == .done)
    }

    func store(_ operation: StoreOperation) throws -> StoreAnswer {
        try desk.ask { answer in desk.store.submit(operation) { answer($0) } }
    }

    func change(_ change: (inout AgentAccount) -> Void) throws {
        let changed: Result<AgentAccount, Refusal> = try desk.ask { answer in
            desk.desk.update(agent, .agentChanged, actor: "o", change) { answer($0) }
        }
        _ = try changed.get()
    }

    func used(_ member: AgentLimits.Member) throws -> Int? {
        let usage: Result<OutboundUsage, OutboundRefusal> = try desk.ask { answer in
            gate.usage(of: agent) { answer($0) }
        }
        return try usage.get().lines.first { $0.limit == member }?.used
    }

    /// Lets virtual time pass.
    func pass(_ span: Interval) { desk.rig.run(for: span) }

    var sentCount: Int { providers.values.reduce(0) { $0 + $1.sent.count } }
}
