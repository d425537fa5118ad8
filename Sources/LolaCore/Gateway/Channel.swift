// What a channel is: it proves, decodes, encodes and judges. One instance per loop, confined to its thread;
// no I/O. Adding a channel is one implementation and one line in Daemon/Registry.

protocol Channel: AnyObject {
    var name: ChannelName { get }
    /// Largest webhook body (CONTRACT §4).
    var bodyMax: ByteCount { get }

    /// Whether the head shows one proof of the right shape: cheap, computes nothing, says nothing about its truth.
    func carriesProof(_ head: HTTPRequestHead) -> Bool

    /// Proves that the raw octets come from the provider: constant time, before any other parsing.
    func authenticate(_ head: HTTPRequestHead, _ body: [UInt8]) throws(Refusal)

    /// Messages, receipts and what was not understood. Called only after `authenticate` returned.
    func decode(_ head: HTTPRequestHead, _ body: [UInt8]) -> DecodedWebhook

    /// What a provider wants to hear of a webhook that was accepted.
    var accepted: HTTPResponse { get }

    /// The request for what the webhook left out of this message; nil when the message is complete. It may be made
    /// again and again.
    func missingContent(of message: InboundMessage) -> OutboundRequest?

    /// The message with what `missingContent` was answered. Asked only for messages that had such a request.
    func completed(_ message: InboundMessage, with response: OutboundResponse) -> ContentVerdict

    /// Requests that deliver one reply, in order (a long text is split). `reference` is our own stable id of the
    /// delivery, given to providers that can carry it.
    func encode(_ reply: Reply, to address: ReplyAddress, reference: [UInt8]) -> [OutboundRequest]

    /// The same for what an agent sends by itself: channels that know more than texts say how.
    func encode(_ order: AgentMessage, to address: ReplyAddress, reference: [UInt8]) -> [OutboundRequest]

    /// Whether a delivery's reference comes back in receipts.
    var carriesReference: Bool { get }

    /// What the provider's answer to a delivery means.
    func judge(_ response: OutboundResponse) -> DeliveryVerdict

    /// The same delivery in the other historic form of the number, when `verdict` says that it could help
    /// (WhatsApp 131026); nil otherwise. Asked at most once per delivery.
    func alternative(for request: OutboundRequest, address: ReplyAddress, after verdict: DeliveryVerdict)
        -> OutboundRequest?

    /// A courtesy to the sender that the message has been seen (read receipt, end of a button's spinner).
    /// Its failure has no effect.
    func acknowledgement(of message: InboundMessage) -> OutboundRequest?

    /// What the answer to a delivery says about writing to that person at all; nil for nothing.
    func signal(of verdict: DeliveryVerdict, to address: ReplyAddress) -> ContactSignal?
}

/// What an agent sends by itself, as the outbound gate has allowed it.
struct AgentMessage: Hashable, Sendable {
    enum Form: Hashable, Sendable {
        case text
        /// With a link of Lola's in `List-Unsubscribe` where the mail has none of its own.
        case mail(subject: [UInt8], html: [UInt8]?, addsUnsubscribe: Bool)
        /// The announcement is said before the text.
        case call(announcement: [UInt8]?, isRecorded: Bool)
    }

    let text: [UInt8]
    let form: Form
}

/// What came of asking for the content of a message.
enum ContentVerdict: Sendable {
    /// The same message under the same key, with nothing left to ask for.
    case complete(InboundMessage)
    /// Nobody wrote it, so nobody is answered: an automatic reply, a bounce.
    case automatic
    case retry(word: StaticString, after: Interval?)
    case final(word: StaticString)
}

/// Most channels put everything into the webhook and want an empty answer.
extension Channel {
    var accepted: HTTPResponse { .empty(200) }
    func missingContent(of message: InboundMessage) -> OutboundRequest? { nil }
    func encode(_ order: AgentMessage, to address: ReplyAddress, reference: [UInt8]) -> [OutboundRequest] {
        encode(.text(order.text), to: address, reference: reference)
    }
    func completed(_ message: InboundMessage, with response: OutboundResponse) -> ContentVerdict {
        preconditionFailure("this channel leaves nothing out of its messages")
    }
    func signal(of verdict: DeliveryVerdict, to address: ReplyAddress) -> ContactSignal? { nil }
}
