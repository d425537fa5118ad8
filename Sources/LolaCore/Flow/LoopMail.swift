// What loops tell each other, and which loop owns a conversation.

enum LoopMail: Sendable {
    /// Accepted: belongs to the receiving loop from now on.
    case message(AcceptedMessage)
    /// A channel's receipt of a request of ours, by its reference.
    case receipt([UInt8], isTaken: Bool)
    /// Entries were withdrawn from the queue: what is held here must be looked for.
    case entriesWithdrawn
    /// What another loop says into a stream that the receiving loop has open; nil ends the stream.
    case streamed([UInt8]?, to: UInt64)
    /// Stop taking work, finish what is there.
    case drain
}

/// The mailboxes of all loops. A lane, and with it a conversation, always belongs to the same one.
struct LoopDirectory: Sendable {
    let mailboxes: [Mailbox<LoopMail>]

    func owner(of lane: Lane) -> Int { Int(lane.number) % mailboxes.count }

    func postAll(_ mail: LoopMail) {
        for mailbox in mailboxes { mailbox.post(mail) }
    }
}
