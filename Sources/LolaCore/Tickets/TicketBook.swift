// All tickets as one loop sees them: made, found, closed, each in one durable operation, and none of it before the
// audit trail has a record that it begins. Knows nothing of HTTP. Agents' answers and the REST API make tickets here,
// callbacks close them.

/// What somebody wants a ticket for.
struct TicketOrder: Sendable {
    let conversation: ConversationKey
    let terms: TicketTerms
    /// Shorter than the life of a callback; nil for all of it.
    var life: Interval?
    /// Whose ticket it will be.
    var agent: [UInt8]?
    /// Who asks, for the audit trail.
    let who: String
}

/// A ticket that is thought out, and the operations that make it: to be carried out in one batch, by itself or with
/// what belongs to the same moment.
struct TicketPlan {
    let ticket: Ticket
    let operations: [StoreOperation]
    /// The open ticket in whose place it comes.
    let replaced: RecordID?
}

final class TicketBook {
    enum Found {
        case ticket(Ticket)
        case nothing
        case unavailable
    }

    enum Closing: Hashable {
        case closed
        /// Somebody was faster.
        case lost
        case unavailable
        /// The audit trail cannot tell of it: nothing was done.
        case untold
    }

    /// Who redeems, in the audit trail.
    private static let widget = "widget"

    let loop: Loop
    private let store: any Store
    private let records: TicketRecords
    private let life: Interval
    private let base: [UInt8]
    private let audit: (any AuditLog)?
    /// Takes the event to the loop that owns its conversation.
    private let handOver: (VerifiedMessage) -> Void

    /// - Parameters:
    ///   - store: with its seals.
    ///   - life: of a ticket, its link and its callbacks (`callback.ttl`).
    ///   - base: the public URL, without a slash at its end.
    ///   - hash: the store's keyed hash.
    ///   - handOver: called for an event that is durable, when the store does not bring it back itself.
    init(
        _ loop: Loop, store: any Store, life: Interval, base: [UInt8], audit: (any AuditLog)?,
        hash: @escaping ([UInt8]) -> RecordID, handOver: @escaping (VerifiedMessage) -> Void
    ) {
        self.loop = loop
        self.store = store
        self.life = life
        self.base = base
        self.audit = audit
        records = TicketRecords(hash: hash)
        self.handOver = handOver
    }

    var lifeMax: Interval { life }

    /// The URL that the sender opens.
    func link(_ ticket: Ticket) -> [UInt8] { base + [UInt8](text: "/w/") + ticket.link }

    // MARK: Finding

    func find(_ id: RecordID, _ body: @escaping (Found) -> Void) {
        store.submit(.get(TicketRecords.key(id))) { answer in
            guard case .value(let value) = answer else { return body(.unavailable) }
            guard let value else { return body(.nothing) }
            guard let ticket = try? Ticket(StoreRecord(id: id, value: value)) else { return body(.unavailable) }
            body(.ticket(ticket))
        }
    }

    func find(link text: [UInt8], _ body: @escaping (Found) -> Void) {
        follow(records.link(text), body)
    }

    /// The newest ticket of a conversation and an operation.
    func newest(_ conversation: ConversationKey, _ operation: [UInt8], _ body: @escaping (RecordID?) -> Void) {
        store.submit(.get(records.slot(conversation, operation))) { answer in
            guard case .value(let value?) = answer, value.count == RecordID.count else { return body(nil) }
            body(RecordID(digest: value))
        }
    }

    func page(after: RecordID?, limit: Int, _ body: @escaping ([StoreRecord]?) -> Void) {
        store.submit(.list(.ticket, after: after, limit: limit)) { answer in
            if case .page(let records) = answer { body(records) } else { body(nil) }
        }
    }

    private func follow(_ name: StoreKey, _ body: @escaping (Found) -> Void) {
        store.submit(.get(name)) { [self] answer in
            guard case .value(let value) = answer else { return body(.unavailable) }
            guard let value, value.count == RecordID.count else { return body(.nothing) }
            find(RecordID(digest: value), body)
        }
    }

    /// How a ticket stands now.
    func status(_ ticket: Ticket) -> Ticket.Status {
        guard ticket.status == .open else { return ticket.status }
        return loop.wall < ticket.expires && ticket.epoch == store.epoch ? .open : .expired
    }

    // MARK: Making

    /// Thinks a ticket out; nil when the store does not answer.
    func plan(_ order: TicketOrder, _ body: @escaping (TicketPlan?) -> Void) {
        let slot = records.slot(order.conversation, order.terms.operation)
        store.submit(.get(slot)) { [self] answer in
            guard case .value(let value) = answer else { return body(nil) }
            guard let value, value.count == RecordID.count else {
                return body(make(order, after: nil, closing: nil))
            }
            let former = RecordID(digest: value)
            find(former) { [self] found in
                switch found {
                case .unavailable: body(nil)
                case .nothing: body(make(order, after: former, closing: nil))
                case .ticket(let ticket):
                    body(make(order, after: former, closing: ticket.status == .open ? ticket : nil))
                }
            }
        }
    }

    private func make(_ order: TicketOrder, after former: RecordID?, closing open: Ticket?) -> TicketPlan? {
        let now = loop.wall
        guard let epoch = store.epoch, let key = try? SealKey.generate() else { return nil }
        let ticket = Ticket(
            id: RecordID(digest: loop.entropy.bytes(RecordID.count)),
            link: Base64.encode(loop.entropy.bytes(Limits.linkCount)), terms: order.terms,
            conversation: order.conversation, agent: order.agent, created: now,
            expires: now + min(order.life ?? life, life), epoch: epoch,
            seal: Ticket.Seal(pem: key.pem, x: key.x, y: key.y), status: .open)
        let operations = records.making(ticket, after: former, closing: open, at: now)
        return TicketPlan(ticket: ticket, operations: operations, replaced: open?.id)
    }

    /// Makes a ticket that is durable when `body` gets it. Refusals: `storeUnavailable`, `auditUnavailable`.
    func create(_ order: TicketOrder, _ body: @escaping (Result<TicketPlan, Refusal>) -> Void) {
        create(order, attempt: 1, body)
    }

    private func create(
        _ order: TicketOrder, attempt: Int, _ body: @escaping (Result<TicketPlan, Refusal>) -> Void
    ) {
        plan(order) { [self] plan in
            guard let plan else { return body(.failure(.storeUnavailable)) }
            announce(plan, by: order.who) { [self] isKept in
                guard isKept else { return body(.failure(.auditUnavailable)) }
                store.submit(.batch(plan.operations)) { [self] answer in
                    switch answer {
                    case .claimed(true):
                        made(plan, by: order.who)
                        body(.success(plan))
                    case .claimed(false) where attempt < Limits.ticketAttemptsMax:
                        create(order, attempt: attempt + 1, body)
                    default: body(.failure(.storeUnavailable))
                    }
                }
            }
        }
    }

    /// Asked before a plan is carried out: `body` gets false when it must not be.
    func announce(_ plan: TicketPlan, by who: String, _ body: @escaping (Bool) -> Void) {
        begin(.ticketCreated, plan.ticket.id, by: who, body)
    }

    /// Tells of a plan that has been carried out.
    func made(_ plan: TicketPlan, by who: String) {
        loop.counters.add(.ticketsMade)
        note(.ticketCreated, plan.ticket.id, by: who)
        if let replaced = plan.replaced { note(.ticketRevoked, replaced, by: who) }
    }

    func note(_ action: AuditEvent.Action, _ ticket: RecordID, by who: String, outcome: String = "ok") {
        audit?.note(AuditEvent(action: action, actor: who, subject: ticket.hex.text, outcome: outcome))
    }

    /// `begun` without a later `ok`: it did not take effect, or the process ended in between.
    private func begin(
        _ action: AuditEvent.Action, _ ticket: RecordID, by who: String, _ body: @escaping (Bool) -> Void
    ) {
        guard let audit else { return body(true) }
        audit.append(AuditEvent(action: action, actor: who, subject: ticket.hex.text, outcome: "begun"), body)
    }

    // MARK: Closing

    func revoke(_ ticket: Ticket, by who: String, _ body: @escaping (Closing) -> Void) {
        begin(.ticketRevoked, ticket.id, by: who) { [self] isKept in
            guard isKept else { return body(.untold) }
            let parts = TicketRecords.closing(ticket, as: .expired, at: loop.wall)
            store.submit(.batch(parts)) { [self] answer in
                let closing = Self.closing(answer)
                if closing == .closed { note(.ticketRevoked, ticket.id, by: who) }
                body(closing)
            }
        }
    }

    /// A ticket was found closed: `.lost` when that is durable. What closes it may be on its way to the disk still, and
    /// never get there; then it is open after all, and the answer is `.unavailable`.
    func confirm(_ ticket: Ticket, _ body: @escaping (Closing) -> Void) {
        store.submit(.batch(TicketRecords.confirming(ticket))) { body($0 == .claimed(false) ? .lost : .unavailable) }
    }

    /// Closes an open ticket and puts its event into the queue, at one moment.
    func redeem(_ ticket: Ticket, _ event: CallbackEvent, _ body: @escaping (Closing) -> Void) {
        begin(.callbackRedeemed, ticket.id, by: Self.widget) { [self] isKept in
            if isKept { close(ticket, with: event, body) } else { body(.untold) }
        }
    }

    private func close(_ ticket: Ticket, with event: CallbackEvent, _ body: @escaping (Closing) -> Void) {
        let now = loop.wall
        guard let message = InboundMessage(event, in: ticket.conversation, at: now) else { return body(.unavailable) }
        let verified = WebhookGate.redeemed(message, at: now)
        let status: Ticket.Status = event.outcome == .success ? .succeeded : .failed
        let entry = QueueEntry(
            key: StoreKey(.inbound, records.hash(message.key.bytes)), lane: message.conversation.lane,
            value: MessageCodec.encode(verified))
        let parts = TicketRecords.closing(ticket, as: status, at: now) + [.append(entry)]
        store.submit(.batch(parts)) { [self] answer in
            let closing = Self.closing(answer)
            if closing == .closed {
                note(.callbackRedeemed, ticket.id, by: Self.widget)
                if !store.returnsEntries { handOver(verified) }
            }
            body(closing)
        }
    }

    private static func closing(_ answer: StoreAnswer) -> Closing {
        switch answer {
        case .claimed(true): .closed
        case .claimed(false): .lost
        default: .unavailable
        }
    }

    /// Takes as long as a look-up that finds something, for answers that must not tell the difference.
    func findNothing(like text: [UInt8], _ body: @escaping () -> Void) {
        store.submit(.get(TicketRecords.key(RecordID(hashOf: text)))) { _ in body() }
    }
}
