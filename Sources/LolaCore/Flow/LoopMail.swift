// What loops tell each other, and which loop owns a conversation.

enum LoopMail: Sendable {
    /// Accepted: belongs to the receiving loop from now on.
    case message(AcceptedMessage)
    /// Stop taking work, finish what is there.
    case drain
}

/// The mailboxes of all loops. A conversation always belongs to the same one.
struct LoopDirectory: Sendable {
    let mailboxes: [Mailbox<LoopMail>]

    /// The loop that owns the conversation's lane.
    func owner(of conversation: ConversationKey) -> Int { Int(conversation.lane.number) % mailboxes.count }

    func postAll(_ mail: LoopMail) {
        for mailbox in mailboxes { mailbox.post(mail) }
    }
}
