// The outbound gate of one loop with its providers, put together from the settings, and its routes behind the door.
// Built by LoopAssembly, on the loop's thread.

struct OutboundAssembly {
    let gate: OutboundGate
    let area: OutboundArea
    /// What people write to agents, on its way in and as tools read it.
    let post: AgentPost
    let mailbox: StoredMailbox

    /// - Parameters:
    ///   - store: with its seals.
    ///   - channels: those that are on; their encoders and judges serve what agents send too.
    ///   - signals: told of people who have opted out at a provider.
    init(
        _ loop: Loop, _ shared: SharedParts, store: any Store, client: OutboundClient, pseudonyms: Pseudonyms,
        audit: any AuditLog, channels: [ChannelName: any Channel], signals: any ContactSignals
    ) {
        let settings = shared.settings
        let names = PersonNames(secret: shared.pseudonymKey)
        let own = Registry.ownIDs(settings)
        let (providers, talks) = Self.providers(loop, settings, client, channels, signals)
        gate = OutboundGate(.init(
            loop: loop, store: store, audit: audit, accounts: shared.agents.accounts,
            consents: ConsentBook(loop, store: store, audit: audit, names: names),
            suppressions: SuppressionList(loop, store: store, audit: audit, names: names), names: names,
            pseudonyms: pseudonyms, anomalies: shared.anomalies,
            ledger: OutboundLedger(loop, store: store, pseudonyms: pseudonyms, names: names),
            rules: .init(
                filter: settings.compliance.contentFilter ? ContentFilter() : nil,
                hours: settings.compliance.callingHours, ownIDs: own),
            providers: providers, talks: talks))
        area = OutboundArea(OutboundAPI(loop, gate))
        post = AgentPost(
            shared.agents.accounts, names, loop.counters, asked: Set(settings.agents.urls.keys)
        ) { [mcp = shared.mcp] agent, message in
            MailboxNotice.tell(mcp, agent, message)
        }
        mailbox = StoredMailbox(store: store, accounts: shared.agents.accounts)
    }

    /// Demo mode sends nothing. `lola dev` sends to its sandbox, and what has none there goes nowhere.
    private static func providers(
        _ loop: Loop, _ settings: Settings, _ client: OutboundClient, _ channels: [ChannelName: any Channel],
        _ signals: any ContactSignals
    ) -> ([AgentChannel: any OutboundProvider], talks: [ChannelName: any OutboundProvider]) {
        var providers: [AgentChannel: any OutboundProvider] = [:]
        var talks: [ChannelName: any OutboundProvider] = [:]
        if settings.demoMode || settings.mode == .dev {
            for channel in AgentChannel.allCases { providers[channel] = MockProvider(loop, channel) }
        }
        if settings.demoMode { return (providers, talks) }
        // Where both are on, WhatsApp's own service goes before that of Twilio.
        for name in [ChannelName.twilioWhatsApp, .whatsapp, .telegram, .twilioSMS, .resend] {
            guard let channel = channels[name], let own = Registry.ownIDs(settings)[name] else { continue }
            let provider = ChannelProvider(client, channel, ownID: own, signals: signals)
            (providers[name.agentChannel], talks[name]) = (provider, provider)
            guard name == .twilioSMS else { continue }
            providers[.voice] = ChannelProvider(client, channel, ownID: own, signals: signals, for: .voice)
        }
        return (providers, talks)
    }

    /// What a receipt of a channel says of an order. False when it could not be kept.
    func receipt(_ receipt: DeliveryReceipt, from channel: ChannelName, _ kept: @escaping (Bool) -> Void) {
        let status = OutboundReceipt.Status(receipt.state)
        let told: (OutboundLedger.Settled) -> Void = { kept($0 != .unavailable) }
        let used = receipt.call == nil ? (receipt.channel ?? channel).agentChannel : .voice
        if let reference = receipt.reference {
            guard let id = OutboundDispatch.id(ofReference: reference) else { return kept(true) }
            gate.ledger.settle(.order(id), status, from: used, told: told)
        } else {
            let order = receipt.order.flatMap { OutboundDispatch.id(ofReference: $0) }
            gate.ledger.settle(
                .provider(used, receipt.providerID, order: order), status, seconds: receipt.call?.seconds, told: told)
        }
    }
}

extension OutboundReceipt.Status {
    init(_ state: DeliveryReceipt.State) {
        self =
            switch state {
            case .sent: .sent
            case .delivered: .delivered
            case .read: .read
            case .failed: .failed
            }
    }
}

/// Orders of agents as actions behind the door.
final class OutboundArea: ActionHandler {
    private let api: OutboundAPI

    init(_ api: OutboundAPI) { self.api = api }

    var actions: [Action] { [.sendMessage, .showOrder] }

    func handle(_ admitted: AdmittedRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        switch admitted.action {
        case .sendMessage: api.send(admitted.request, admitted.principal, answer)
        default: api.show(admitted.parameter, admitted.request, admitted.principal, answer)
        }
    }
}
