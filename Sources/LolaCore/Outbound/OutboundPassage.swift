// The way of one order through the gate: reads what is known of the person, asks the rules, takes the agent's limits,
// tells ledger and audit trail, and only then calls the provider. Holds itself until its one answer. One per order, on
// the gate's loop.

final class OutboundPassage {
    private let order: OutboundOrder
    private let actor: String
    private let parts: OutboundGate.Parts
    private let completion: (OutboundVerdict) -> Void
    private let id: RecordID
    private let cards: Int
    private var basis = ConsentBasis.inbound
    private var remaining: [AgentLimits.Member: Int] = [:]
    private var warnings: [String] = []

    init(
        _ order: OutboundOrder, by actor: String, _ parts: OutboundGate.Parts,
        _ completion: @escaping (OutboundVerdict) -> Void
    ) {
        (self.order, cards) = order.withoutCards()
        self.actor = actor
        self.parts = parts
        self.completion = completion
        id = RecordID(digest: parts.loop.entropy.bytes(RecordID.count))
    }

    private var now: WallTime { parts.loop.wall }

    func start() {
        parts.loop.counters.add(.cardsMasked, cards)
        guard parts.accounts.mirror.isLoaded else { return refuse(OutboundRefusal(.unavailable)) }
        let account = parts.accounts[order.agent]
        let recipient = OutboundRecipient(order.target, ownIDs: parts.rules.ownIDs)
        do throws(OutboundRefusal) {
            try OutboundRules.checkAgent(account, recipient?.channel)
        } catch {
            return refuse(error)
        }
        guard let account, let recipient else { return refuse(OutboundRefusal(.unavailable)) }
        guard let provider = parts.provider(recipient) else { return refuse(OutboundRefusal(.channelOff)) }
        askConsent(account, recipient, provider)
    }

    // MARK: The person

    private func askConsent(
        _ account: AgentAccount, _ recipient: OutboundRecipient, _ provider: any OutboundProvider
    ) {
        let kinds = [ConsentRecord.Kind.express, .transactional]
        let ids = kinds.map { parts.consents.id(recipient.address, recipient.channel, $0) }
        var senders = recipient.address.senders.map { parts.pseudonyms.sender($0.channel, $0.id) }
        if let conversation = recipient.conversation {
            senders.append(parts.pseudonyms.sender(conversation.channel, conversation.sender))
        }
        let contacts = recipient.address.isNumberless ? senders : []
        let end = recipient.conversation.flatMap { $0.isNamed(parts.rules.ownIDs) ? nil : parts.pseudonyms.end($0) }
        let keys = ids.map { StoreKey(.consent, $0) } + senders.map { StoreKey(.heard, $0) }
            + (end.map { [StoreKey(.heard, $0)] } ?? []) + contacts.map { StoreKey(.contact, $0) }
        parts.store.readAll(keys) { [self] values in
            guard let values else { return refuse(OutboundRefusal(.unavailable)) }
            if end != nil, values[ids.count + senders.count] == nil {
                return refuse(OutboundRefusal(.conversationUnknown))
            }
            var records: [ConsentRecord?] = []
            for (id, value) in zip(ids, values) {
                guard let value else { records.append(nil); continue }
                guard let record = try? ConsentRecord(StoreRecord(id: id, value: value)) else {
                    return refuse(OutboundRefusal(.unavailable))
                }
                records.append(record)
            }
            let heard = values[ids.count..<(ids.count + senders.count)]
            let basis = OutboundRules.consent(
                order.purpose, express: records[0], transactional: records[1],
                wasHeard: heard.contains { $0 != nil })
            guard let basis else { return refuse(OutboundRefusal(.consentRequired)) }
            self.basis = basis
            let shared = values.suffix(contacts.count).compactMap { $0.flatMap { ContactBook.read($0)?.phone } }
            askSuppression([recipient.address] + shared.map { PersonAddress($0) }) { [self] in
                judge(account, recipient, provider)
            }
        }
    }

    private func askSuppression(_ addresses: [PersonAddress], _ body: @escaping () -> Void) {
        parts.suppressions.isSuppressed(addresses) { [self] isSuppressed in
            guard let isSuppressed else { return refuse(OutboundRefusal(.unavailable)) }
            if isSuppressed { return refuse(OutboundRefusal(.doNotContact)) }
            body()
        }
    }

    // MARK: The order

    private func judge(_ account: AgentAccount, _ recipient: OutboundRecipient, _ provider: any OutboundProvider) {
        do throws(OutboundRefusal) {
            try OutboundRules.checkHours(recipient, parts.rules.hours, at: now)
            try OutboundRules.checkCards(order)
            try OutboundRules.checkContent(order, parts.rules.filter)
        } catch {
            return refuse(error)
        }
        var dispatch = OutboundDispatch(id, to: recipient, text: order.text)
        dispatch.subject = order.subject
        dispatch.html = order.html
        dispatch.records = order.records && recipient.channel == .voice
        warnings = OutboundRules.complete(&dispatch)
        if cards > 0 { warnings.append("Card numbers in the text were masked.") }
        reserve(account, dispatch, provider)
    }

    /// All limits at once: what is refused takes nothing, what passes has taken everything.
    private func reserve(_ account: AgentAccount, _ dispatch: OutboundDispatch, _ provider: any OutboundProvider) {
        let recipient = dispatch.recipient
        let price = PriceTable.price(recipient.channel, recipient.address, text: order.text)
        var sameNumber: StoreKey?
        if recipient.channel == .voice {
            let day = LimitWindow(.callsPerDaySameNumber).name(at: now)
            sameNumber = StoreKey(.usage, parts.names.id("calls", recipient.address, order.agent.text, day.text))
        }
        let budget = OutboundBudget(
            order.agent, account.limits.over(parts.accounts.defaults), price: price, sameNumber: sameNumber, at: now)
        parts.store.submit(.reserve(budget.shares)) { [self] answer in
            switch answer {
            case .reserved(let readings):
                remaining = budget.remaining(readings)
                parts.anomalies.action(order.agent)
                tell(dispatch, budget, price, provider)
            case .exceeded(let place, let reading): refuse(budget.refusal(place, reading))
            default: refuse(OutboundRefusal(.unavailable))
            }
        }
    }

    /// Ledger and audit trail first; when either cannot keep it, nothing goes out.
    private func tell(
        _ dispatch: OutboundDispatch, _ budget: OutboundBudget, _ price: SpendAmount,
        _ provider: any OutboundProvider
    ) {
        let recipient = dispatch.recipient
        let record = LedgerRecord(
            id: id, agent: order.agent, channel: recipient.channel,
            person: parts.ledger.name(of: recipient.address), purpose: order.purpose, price: price, at: now)
        var event = AuditEvent(
            action: .outboundAllowed, actor: actor, subject: parts.names.name(recipient.address.bytes), outcome: "ok")
        event.facts = [
            ("order", id.hex.text), ("agent", order.agent.text), ("channel", recipient.channel.rawValue),
            ("purpose", order.purpose.rawValue), ("basis", basis.rawValue),
        ]
        var (open, isKept) = (2, true)
        let done = { [self] (kept: Bool) in
            isKept = isKept && kept
            open -= 1
            guard open == 0 else { return }
            guard isKept else {
                parts.store.submit(.reserve(budget.gift)) { _ in }
                return refuse(OutboundRefusal(.unavailable))
            }
            provider.send(dispatch) { [self] outcome in ended(outcome, record, budget) }
        }
        parts.store.submit(parts.ledger.opening(record)) { done($0 == .done) }
        parts.audit.append(event, done)
    }

    // MARK: The end

    private func ended(_ outcome: ProviderOutcome, _ record: LedgerRecord, _ budget: OutboundBudget) {
        switch outcome {
        case .taken(let providerID, let status, let price):
            if status == .failed { warnings.append("Only a part of the message went out.") }
            if let price { settle(budget.settlement(reserved: record.price, paid: price)) }
            let sent = StoreOperation.add(
                OutboundBudget.sentKey(order.agent, record.channel), 1, within: Limits.sentCountRetention)
            let changes = parts.ledger.reached(status, id, record.channel, providerID: providerID)
                + [sent, parts.ledger.talk(record)]
            // It went out whether or not the ledger can say so.
            parts.store.submit(.batch(changes)) { [self] _ in accept(record, status) }
        case .unknown(let word):
            warnings.append("The provider did not say (\(word)): nobody knows whether the message went out.")
            accept(record, .queued)
        case .refused(let word): failed(.providerRefused, word)
        case .unavailable(let word, let after): failed(.providerUnavailable, word, after: after)
        }
    }

    private func accept(_ record: LedgerRecord, _ status: OutboundReceipt.Status) {
        parts.loop.counters.add(.ordersAccepted)
        var receipt = OutboundReceipt(key: record.key, channel: record.channel, status: status)
        receipt.warnings = warnings
        receipt.remaining = remaining
        completion(.accepted(receipt))
    }

    /// Nothing went out: the money is given back, once with whatever receipts say; the attempt counts.
    private func failed(_ code: OutboundRefusal.Code, _ word: String, after: Interval? = nil) {
        parts.ledger.settle(.order(id), .failed)
        var refusal = OutboundRefusal(code)
        refusal.detail = word
        refusal.retryAfter = after
        refuse(refusal)
    }

    private func settle(_ shares: [StoreShare]) {
        if !shares.isEmpty { parts.store.submit(.reserve(shares)) { _ in } }
    }

    private func refuse(_ refusal: OutboundRefusal) {
        parts.loop.counters.add(.ordersRefused)
        var event = AuditEvent(
            action: .outboundRefused, actor: actor, subject: parts.names.name(order.person),
            outcome: refusal.code.rawValue)
        event.facts = [("order", id.hex.text), ("agent", order.agent.text)]
        if let limit = refusal.limitType { event.facts.append(("limit", limit.rawValue)) }
        parts.audit.note(event)
        if refusal.code.isCounted {
            parts.store.submit(.add(
                OutboundBudget.refusedKey(order.agent, refusal.code), 1, within: Limits.sentCountRetention)) { _ in }
        }
        completion(.refused(refusal))
    }
}

extension OutboundOrder {
    /// With the card numbers of its texts masked, and how many there were: only those of a card network, for the bank's
    /// own references must arrive.
    func withoutCards() -> (order: OutboundOrder, count: Int) {
        var count = 0
        func clean(_ text: [UInt8]) -> [UInt8] {
            let result = CardNumber.mask(text, issuedOnly: true)
            count += result.count
            return result.masked
        }
        var order = OutboundOrder(agent, target, text: clean(text))
        order.subject = subject.map { clean($0) }
        order.html = html.map { clean($0) }
        order.purpose = purpose
        order.records = records
        return (order, count)
    }

    /// The person's address, or the conversation where none is known, for its pseudonym.
    fileprivate var person: [UInt8] {
        switch target {
        case .address(_, let address): address.bytes
        case .conversation(let key): ConversationParts(key)?.address?.bytes ?? key.bytes
        }
    }
}
