// The owner loop's side of a message: one conversation after the other in itself, all of them side by side; the
// pipeline, then the agent, then the replies, then the record. Nothing of a conversation lives anywhere else.

final class MessageFlow {
    /// One conversation with a message in hand.
    private struct Line {
        /// What waits behind the message in hand.
        var waiting = FIFO<AcceptedMessage>()
        /// The message in hand and those behind it.
        var count = 1
        /// The message in hand waits for a time to come.
        var isResting = false
    }

    let parts: FlowParts
    private var lines: [ConversationKey: Line] = [:]
    /// What is in hand or waits, so that an entry which the queue gives twice is handled once.
    private var known: Set<RecordID> = []

    init(_ parts: FlowParts) { self.parts = parts }

    /// Conversations with a message in hand.
    var activeCount: Int { lines.count }

    /// A message that belongs to this loop and that the backlog counts already. Starts at once unless its
    /// conversation is busy.
    func take(_ accepted: AcceptedMessage) {
        guard known.insert(accepted.names.messageID).inserted else { return parts.backlog.left(accepted.lane) }
        let key = accepted.message.conversation
        guard var line = lines[key] else {
            lines[key] = Line()
            return begin(accepted)
        }
        line.waiting.append(accepted)
        line.count += 1
        if line.isResting { parts.backlog.rest(1) }
        lines[key] = line
    }

    private func begin(_ accepted: AcceptedMessage) {
        let key = accepted.message.conversation
        let journey = Journey(
            accepted, parts,
            resting: { [self] isResting in rest(key, isResting) },
            completion: { [self] in ended(accepted) })
        journey.start()
    }

    private func ended(_ accepted: AcceptedMessage) {
        known.remove(accepted.names.messageID)
        parts.backlog.left(accepted.lane)
        let key = accepted.message.conversation
        guard let next = lines[key]?.waiting.popFirst() else {
            lines[key] = nil
            return
        }
        lines[key]?.count -= 1
        // On the loop's next round: a long queue of quick messages must not grow the stack.
        parts.loop.soon { self.begin(next) }
    }

    private func rest(_ key: ConversationKey, _ isResting: Bool) {
        guard let line = lines[key], line.isResting != isResting else { return }
        lines[key]?.isResting = isResting
        if isResting { parts.backlog.rest(line.count) } else { parts.backlog.wake(line.count) }
    }
}

/// What every journey on a loop works with.
struct FlowParts {
    let loop: Loop
    let client: OutboundClient
    let store: any Store
    let channels: [ChannelName: any Channel]
    let pipeline: Pipeline
    let agents: AgentRoster
    let retry: RetrySchedule
    let log: MessageLog
    let backlog: Backlog
    let journal: any EventLog
    let doubts: Doubts
    let signals: any ContactSignals
    /// Names the message whose code runs, for the case that it kills the process.
    let crashPage: (any CrashPage)?
}
