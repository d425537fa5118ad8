// What providers say about whether somebody may be written to: opted out, bounced, complained. Values and the seam
// behind which the do-not-contact list stands. Made by channels, passed on by the intake and by deliveries.

struct ContactSignal: Hashable, Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case optedOut = "opted_out"
        case optedIn = "opted_in"
        /// There is no such address, or it takes nothing for good.
        case bounced
        /// The person called a mail of ours spam.
        case complained
    }

    let kind: Kind
    let channel: ChannelName
    /// The person's address on that channel: a number in the channel's form, or a mail address.
    let address: [UInt8]
}

/// Who keeps the signals of one loop.
protocol ContactSignals: AnyObject {
    /// - Parameter completion: called once; true when all of them are durable. A provider is told 503 for false.
    func note(_ signals: [ContactSignal], _ completion: @escaping (_ areKept: Bool) -> Void)
    /// A message was taken; what it says is heard again when its turn comes. `completion` is called once what must hold
    /// at once does, or cannot be kept now.
    func heard(_ message: InboundMessage, _ completion: @escaping () -> Void)
}

extension ContactSignals {
    func heard(_ message: InboundMessage, _ completion: @escaping () -> Void) { completion() }
}
