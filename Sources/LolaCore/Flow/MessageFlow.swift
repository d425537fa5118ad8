// The owner loop's side of a message: one conversation after the other in itself, all of them side by side; the
// pipeline, then the agent, then the replies, then the record. Nothing of a conversation lives anywhere else.

final class MessageFlow {
    /// What comes to the loop's flow, in the order in which it became the loop's.
    enum Arrival {
        case message(AcceptedMessage)
        /// Entries were withdrawn: what came before this must be looked for.
        case withdrawal
    }

    /// One conversation with a message in hand.
    private struct Line {
        /// What waits behind the message in hand.
        var waiting = FIFO<AcceptedMessage>()
        /// The message in hand and those behind it.
        var count = 1
        /// The message in hand waits for a time to come.
        var isResting = false
        /// The message in hand.
        var journey: Journey?
    }

    let parts: FlowParts
    /// By the store's id of the conversation.
    private var lines: [RecordID: Line] = [:]
    /// What is in hand or waits, so that an entry which the queue gives twice is handled once.
    private var known: Set<RecordID> = []

    init(_ parts: FlowParts) { self.parts = parts }

    /// Conversations with a message in hand.
    var activeCount: Int { lines.count }

    func take(_ arrival: Arrival) {
        switch arrival {
        case .message(let accepted): take(accepted)
        case .withdrawal: lookForWithdrawn()
        }
    }

    /// A message that belongs to this loop and that the backlog counts already. Starts at once unless its
    /// conversation is busy.
    func take(_ accepted: AcceptedMessage) {
        guard known.insert(accepted.names.messageID).inserted else { return parts.backlog.left(accepted.lane) }
        let key = accepted.names.conversationID
        guard var line = lines[key] else { return begin(accepted) }
        line.waiting.append(accepted)
        line.count += 1
        if line.isResting { parts.backlog.rest(1) }
        lines[key] = line
    }

    private func begin(_ accepted: AcceptedMessage) {
        let key = accepted.names.conversationID
        let journey = Journey(
            accepted, parts,
            resting: { [self] isResting in rest(key, isResting) },
            completion: { [self] in ended(accepted) })
        var line = lines[key] ?? Line()
        line.journey = journey
        lines[key] = line
        journey.start()
    }

    // MARK: Erasure

    /// Asks the store for every message that is held here, and lets go of those it has forgotten: an erasure has taken
    /// them. A few at a time.
    func lookForWithdrawn() { look(Array(known)[...]) }

    private func look(_ ids: ArraySlice<RecordID>) {
        let some = ids.prefix(Limits.erasurePageMax)
        var open = some.count
        var gone: Set<RecordID> = []
        for id in some {
            parts.store.submit(.holding(StoreKey(.inbound, id))) { [self] answer in
                if answer == .fenced { gone.insert(id) }
                open -= 1
                guard open == 0 else { return }
                if !gone.isEmpty { drop(gone) }
                look(ids.dropFirst(some.count))
            }
        }
    }

    private func drop(_ gone: Set<RecordID>) {
        for key in lines.keys {
            guard var line = lines[key] else { continue }
            var kept = FIFO<AcceptedMessage>()
            var dropped = 0
            while let accepted = line.waiting.popFirst() {
                guard gone.contains(accepted.names.messageID) else {
                    kept.append(accepted)
                    continue
                }
                known.remove(accepted.names.messageID)
                parts.backlog.left(accepted.lane)
                dropped += 1
            }
            line.waiting = kept
            line.count -= dropped
            if line.isResting { parts.backlog.wake(dropped) }
            lines[key] = line
            if let journey = line.journey, gone.contains(journey.messageID) { journey.erase() }
        }
    }

    private func ended(_ accepted: AcceptedMessage) {
        known.remove(accepted.names.messageID)
        parts.backlog.left(accepted.lane)
        let key = accepted.names.conversationID
        guard var line = lines.removeValue(forKey: key), let next = line.waiting.popFirst() else { return }
        line.count -= 1
        line.journey = nil
        lines[key] = line
        // On the loop's next round: a long queue of quick messages must not grow the stack.
        parts.loop.soon { self.begin(next) }
    }

    private func rest(_ key: RecordID, _ isResting: Bool) {
        guard let line = lines[key], line.isResting != isResting else { return }
        lines[key]?.isResting = isResting
        if isResting { parts.backlog.rest(line.count) } else { parts.backlog.wake(line.count) }
    }
}

/// What every journey on a loop works with. An object: each step of a message passes it on.
final class FlowParts {
    let loop: Loop
    let client: OutboundClient
    let store: any Store
    let channels: [ChannelName: any Channel]
    let pipeline: Pipeline
    let agents: AgentRoster
    /// Nil where no agent may ask for one.
    let tickets: TicketBook?
    let retry: RetrySchedule
    let log: MessageLog
    let backlog: Backlog
    let journal: any EventLog
    let doubts: Doubts
    let signals: any ContactSignals
    let opt: OptDesk
    /// Names the message whose code runs, for the case that it kills the process.
    let crashPage: (any CrashPage)?
    /// What was refused to a sender is audited.
    let audit: any AuditLog
    /// Nil where agents have no mailboxes.
    let post: AgentPost?

    init(
        loop: Loop, client: OutboundClient, store: any Store, channels: [ChannelName: any Channel],
        pipeline: Pipeline, agents: AgentRoster, tickets: TicketBook?, retry: RetrySchedule, log: MessageLog,
        backlog: Backlog, journal: any EventLog, doubts: Doubts, signals: any ContactSignals, opt: OptDesk,
        crashPage: (any CrashPage)?, audit: any AuditLog, post: AgentPost? = nil
    ) {
        self.loop = loop
        self.client = client
        self.store = store
        self.channels = channels
        self.pipeline = pipeline
        self.agents = agents
        self.retry = retry
        self.log = log
        self.backlog = backlog
        self.journal = journal
        self.doubts = doubts
        self.signals = signals
        self.opt = opt
        self.crashPage = crashPage
        self.audit = audit
        self.tickets = tickets
        self.post = post
    }
}
