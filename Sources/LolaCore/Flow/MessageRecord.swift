// What an operator may know about a message: where it stands, what each stage said, how its replies fared.
// Never text, names, numbers or provider ids. Written by the flow on the owner loop, read by the admin API.

struct MessageRecord: Sendable {
    enum Status: String, Sendable {
        case accepted
        /// Stopped by a stage of the pipeline, with or without a reply.
        case stopped
        /// The agent said that it will answer later.
        case deferred
        case done
        /// Given up after all retries, or at once when no retry could mend it.
        case deadLetter = "dead_letter"
        /// Another gateway has taken the conversation over and goes on with it.
        case handedOver = "handed_over"
        /// Its sender was erased while it was in hand.
        case erased

        var isFinal: Bool { self != .accepted }
    }

    struct Delivery: Sendable {
        enum Status: String, Sendable {
            case pending
            case sent
            case failed
            case delivered
            case read

            /// How far it is. A receipt that comes late takes nothing back; what has arrived did not fail.
            fileprivate var rank: Int {
                switch self {
                case .pending: 0
                case .sent: 1
                case .failed: 2
                case .delivered: 3
                case .read: 4
                }
            }
        }
        let kind: StaticString
        var status: Status
        var attempts: Int
        /// Stable word of the last failure; nil when there was none.
        var error: String?

        /// What the provider says of it later; only ever forward. False when it changes nothing.
        mutating func advance(_ receipt: DeliveryReceipt) -> Bool {
            let next: Status =
                switch receipt.state {
                case .sent: .sent
                case .delivered: .delivered
                case .read: .read
                case .failed: .failed
                }
            guard next.rank > status.rank else { return false }
            status = next
            error = next == .failed ? receipt.errorCode.map { "provider_\($0)" } ?? "provider" : nil
            return true
        }
    }

    /// The store's id of the message.
    let id: RecordID
    let key: MessageKey
    let channel: ChannelName
    /// Keyed pseudonyms, so that an operator can follow one sender without learning who it is.
    let conversationID: RecordID
    let senderID: RecordID
    let type: MessageType
    let receivedAt: WallTime
    var status = Status.accepted
    var finishedAt: WallTime?
    var agent: AgentName?
    var trace: [TraceStep] = []
    var deliveries: [Delivery] = []
    /// Grows with every change of any record: what changed since a version can be asked for.
    private(set) var version = 0

    mutating func add(_ steps: consuming [TraceStep]) {
        if trace.isEmpty { trace = steps } else { trace += steps }
    }

    mutating func stamp(_ version: Int) { self.version = version }
}

extension MessageRecord {
    /// Of a message that nobody has looked at yet.
    init(_ accepted: AcceptedMessage) {
        self.init(
            id: accepted.names.messageID, key: accepted.verified.message.key,
            channel: accepted.verified.message.channel, conversationID: accepted.names.conversationID,
            senderID: accepted.names.senderID, type: accepted.verified.message.type,
            receivedAt: accepted.verified.receivedAt)
    }

    private var names: MessageNames { MessageNames(messageID: id, conversationID: conversationID, senderID: senderID) }
    var conversation: String { names.conversation }
    var sender: String { names.sender }
}
