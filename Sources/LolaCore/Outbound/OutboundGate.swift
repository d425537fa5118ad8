// The one gate of everything that agents send by themselves (CONTRACT §9): each order passes it once, in a fixed order
// of questions, and every answer is told to the audit trail before anything goes out. One per loop; tools and the REST
// surface ask it.

final class OutboundGate: OutboundDesk {
    /// What holds for everybody.
    struct Rules: Sendable {
        /// Nil when content is not looked at.
        let filter: ContentFilter?
        /// When people may be called; nil when at any time.
        let hours: CallingHours?
        /// Our number or bot at each channel that is on.
        let ownIDs: [ChannelName: [UInt8]]
    }

    /// What the gate works with.
    struct Parts {
        let loop: Loop
        /// With its seals.
        let store: any Store
        let audit: any AuditLog
        let accounts: AgentAccounts
        let consents: ConsentBook
        let suppressions: SuppressionList
        let names: PersonNames
        let pseudonyms: Pseudonyms
        let anomalies: AnomalyCounters
        let ledger: OutboundLedger
        let rules: Rules
        /// Of an address that an agent names.
        let providers: [AgentChannel: any OutboundProvider]
        /// Of a conversation, whose channel is given; one without goes where an address would.
        var talks: [ChannelName: any OutboundProvider] = [:]

        func provider(_ recipient: OutboundRecipient) -> (any OutboundProvider)? {
            recipient.conversation.flatMap { talks[$0.channel] } ?? providers[recipient.channel]
        }
    }

    let parts: Parts

    init(_ parts: Parts) { self.parts = parts }

    var channels: [AgentChannel] { AgentChannel.allCases.filter { parts.providers[$0] != nil } }
    var ledger: OutboundLedger { parts.ledger }

    func submit(_ order: OutboundOrder, by actor: String, _ completion: @escaping (OutboundVerdict) -> Void) {
        OutboundPassage(order, by: actor, parts, completion).start()
    }

    func receipt(
        _ key: [UInt8], of agent: AgentID,
        _ completion: @escaping (Result<OutboundReceipt?, OutboundRefusal>) -> Void
    ) {
        entry(key, of: agent) { found in
            completion(found.map { entry in
                entry.map { OutboundReceipt(key: $0.record.key, channel: $0.record.channel, status: $0.status) }
            })
        }
    }

    /// The ledger's entry of a key; `.success(nil)` when there is none, or when it is not that agent's.
    /// - Parameter agent: nil means any.
    func entry(
        _ key: [UInt8], of agent: AgentID?,
        _ completion: @escaping (Result<OutboundLedger.Entry?, OutboundRefusal>) -> Void
    ) {
        guard let id = LedgerRecord.id(ofKey: key) else { return completion(.success(nil)) }
        ledger.find(id) { found in
            completion(found.map { entry in
                guard let entry, agent == nil || entry.record.agent == agent else { return nil }
                return entry
            })
        }
    }

    func usage(of agent: AgentID, _ completion: @escaping (Result<OutboundUsage, OutboundRefusal>) -> Void) {
        guard parts.accounts.mirror.isLoaded else { return completion(.failure(OutboundRefusal(.unavailable))) }
        guard let account = parts.accounts[agent] else { return completion(.failure(OutboundRefusal(.agentUnknown))) }
        let limits = account.limits.over(parts.accounts.defaults)
        let budget = OutboundBudget(
            agent, limits, price: .zero, sameNumber: nil, at: parts.loop.wall, actions: 0)
        let (channels, codes) = (AgentChannel.allCases, OutboundRefusal.Code.allCases.filter(\.isCounted))
        let keys = channels.map { OutboundBudget.sentKey(agent, $0) }
            + codes.map { OutboundBudget.refusedKey(agent, $0) }
        let counts = keys.map { StoreShare($0, 0, most: .max, within: Limits.sentCountRetention) }
        parts.store.submit(.reserve(budget.shares + counts)) { answer in
            guard case .reserved(let readings) = answer, readings.count == budget.shares.count + counts.count else {
                return completion(.failure(OutboundRefusal(.unavailable)))
            }
            var usage = OutboundUsage(lines: budget.lines(Array(readings.prefix(budget.shares.count))))
            let counted = readings.dropFirst(budget.shares.count).map { Int(clamping: $0.sum) }
            for (channel, count) in zip(channels, counted) { usage.sent[channel] = count }
            for (code, count) in zip(codes, counted.dropFirst(channels.count)) { usage.refused[code] = count }
            completion(.success(usage))
        }
    }
}
