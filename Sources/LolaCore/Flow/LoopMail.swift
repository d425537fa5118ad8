// What loops tell each other, and which loop owns a conversation.

enum LoopMail: Sendable {
    /// Accepted: belongs to the receiving loop from now on.
    case message(AcceptedMessage)
    /// A channel's receipt of a request of ours, by its reference.
    case receipt([UInt8], isTaken: Bool)
    /// Stop taking work, finish what is there.
    case drain
}

/// The mailboxes of all loops. A conversation always belongs to the same one.
struct LoopDirectory: Sendable {
    let mailboxes: [Mailbox<LoopMail>]

    /// FNV-1a over the key: stable, cheap, independent of the per-process hashing seed.
    func owner(of conversation: ConversationKey) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in conversation.bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return Int((hash ^ hash >> 32) % UInt64(mailboxes.count))
    }

    func postAll(_ mail: LoopMail) {
        for mailbox in mailboxes { mailbox.post(mail) }
    }
}
