// The ticket an agent asks for in its answer: made in the same operation that writes the answer down, so that whoever
// repeats the message finds both or neither. One for each such answer, on the conversation's loop.

final class TicketDesk {
    private let tickets: TicketBook
    private let ledger: MessageLedger
    private let conversation: ConversationKey
    private let asker: AgentName?

    init(_ tickets: TicketBook, _ ledger: MessageLedger, _ conversation: ConversationKey, asker: AgentName?) {
        self.tickets = tickets
        self.ledger = ledger
        self.conversation = conversation
        self.asker = asker
    }

    /// Goes on with the answer that stands in the store: the replies, and behind them the one with the link.
    func answer(
        with replies: [Reply], _ wish: TicketWish, thenEnd status: MessageRecord.Status, with changes: [StoreOperation],
        _ body: @escaping (OutboxRecord) -> Void
    ) {
        let again = { [self] in answer(with: replies, wish, thenEnd: status, with: changes, body) }
        let terms = TicketTerms(operation: wish.operation, actions: wish.actions)
        let name = asker?.rawValue ?? ""
        let who = "agent:\(name)"
        let order = TicketOrder(conversation: conversation, terms: terms, agent: [UInt8](text: name), who: who)
        tickets.plan(order) { [self] plan in
            ledger.step { [self] in
                guard let plan else { return ledger.rest(Limits.storeRetry, again) }
                let link = Reply.text(wish.text(link: tickets.link(plan.ticket)))
                let outbox = OutboxRecord(status: status, agent: asker, isNotice: false, replies: replies + [link])
                let done = { [self] in
                    tickets.made(plan, by: who)
                    body(outbox)
                }
                tickets.announce(plan, by: who) { [self] isKept in
                    ledger.step { [self] in
                        // Until the audit trail can tell of it, there is no ticket, and so no answer.
                        guard isKept else { return ledger.rest(Limits.storeRetry, again) }
                        make(plan, outbox, with: changes, wish, else: again, done)
                    }
                }
            }
        }
    }

    private func make(
        _ plan: TicketPlan, _ outbox: OutboxRecord, with changes: [StoreOperation], _ wish: TicketWish,
        else again: @escaping () -> Void, _ done: @escaping () -> Void
    ) {
        ledger.record(outbox, with: changes + plan.operations, lost: { [self] in
            // An attempt whose answer was lost may have made it after all; then the outbox stands too.
            tickets.newest(conversation, wish.operation) { [self] newest in
                ledger.step { newest == plan.ticket.id ? done() : again() }
            }
        }, done)
    }
}
