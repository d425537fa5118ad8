// The owner loop's side of a message: one conversation after the other in itself, all of them side by side; the
// pipeline, then the agent, then the replies, then the record. Nothing of a conversation lives anywhere else.

final class MessageFlow {
    let parts: FlowParts
    /// What waits behind the message in hand, by conversation.
    private var conversations: [ConversationKey: FIFO<AcceptedMessage>] = [:]

    init(_ parts: FlowParts) { self.parts = parts }

    /// Conversations with a message in hand.
    var activeCount: Int { conversations.count }

    /// A message that belongs to this loop. Starts at once unless its conversation is busy.
    func take(_ accepted: AcceptedMessage) {
        let key = accepted.message.conversation
        if conversations[key] != nil {
            conversations[key]?.append(accepted)
        } else {
            conversations[key] = FIFO()
            begin(accepted)
        }
    }

    private func begin(_ accepted: AcceptedMessage) {
        let journey = Journey(accepted, parts) { [self] journey in ended(journey) }
        journey.start()
    }

    private func ended(_ journey: Journey) {
        parts.backlog.left()
        let key = journey.turn.message.conversation
        guard let next = conversations[key]?.popFirst() else {
            conversations[key] = nil
            return
        }
        // On the loop's next round: a long queue of quick messages must not grow the stack.
        parts.loop.soon { self.begin(next) }
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
}
