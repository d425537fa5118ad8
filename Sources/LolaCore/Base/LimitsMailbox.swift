// The limits of what people write to agents that act by themselves, until these have taken it.

extension Limits {
    // MARK: Mailboxes of agents

    /// Messages of one mailbox: a new one takes the place of the oldest. 16 MiB when all are as long as may be.
    static let mailboxPlacesMax = 512
    /// A message is kept so long, taken or not.
    static let mailboxRetention = Interval.days(14)
    /// The claim of a place in a mailbox: much longer than anybody goes on with what was the next one.
    static let mailboxPlaceHold = Interval.hours(1)
    /// Text of a message, as long as that of a mail.
    static let mailboxTextMax = ByteCount.kibibytes(32)
    /// Texts of one answer together: what a model can read at once, and no more than a loop writes in a millisecond.
    static let mailboxAnswerMax = ByteCount.kibibytes(256)
    /// Places that are read at a time.
    static let mailboxPageMax = 32
    /// Open streams of an agent that are told of a message, the latest first.
    static let mailboxNoticesMax = 64
    /// An agent that has written to a person gets what the person writes there so long.
    static let talkRetention = Interval.days(30)
}
