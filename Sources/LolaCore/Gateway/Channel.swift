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
    func decode(_ body: [UInt8]) -> DecodedWebhook

    /// Requests that deliver one reply, in order (a long text is split). `reference` is our own stable id of the
    /// delivery, given to providers that can carry it.
    func encode(_ reply: Reply, to address: ReplyAddress, reference: [UInt8]) -> [OutboundRequest]

    /// What the provider's answer to a delivery means.
    func judge(_ response: OutboundResponse) -> DeliveryVerdict

    /// The same delivery in the other historic form of the number, when `verdict` says that it could help
    /// (WhatsApp 131026); nil otherwise. Asked at most once per delivery.
    func alternative(for request: OutboundRequest, address: ReplyAddress, after verdict: DeliveryVerdict)
        -> OutboundRequest?

    /// A courtesy to the sender that the message has been seen (read receipt, end of a button's spinner).
    /// Its failure has no effect.
    func acknowledgement(of message: InboundMessage) -> OutboundRequest?
}
