// Who carries out what the gate has allowed: a provider for each channel, and the mock of demo mode and tests. Plain
// values and a protocol; providers live on their loop.

/// One allowed order as a provider gets it.
struct OutboundDispatch: Sendable {
    /// Of the ledger's record; the same for the whole order.
    let id: RecordID
    let recipient: OutboundRecipient
    let text: [UInt8]
    /// Of mail only.
    var subject: [UInt8]?
    var html: [UInt8]?
    /// The mail has no link to unsubscribe: it gets the header `List-Unsubscribe` (RFC 8058, RFC 2369).
    var addsUnsubscribe = false
    /// Of calls only: whether it is recorded, and what is said before the text.
    var records = false
    var announcement: [UInt8]?

    init(_ id: RecordID, to recipient: OutboundRecipient, text: [UInt8]) {
        self.id = id
        self.recipient = recipient
        self.text = text
    }

    /// What providers carry back in receipts, in the form of `DeliveryReference`.
    var reference: [UInt8] { id.hex + [UInt8](text: ".\(Limits.outboundOrdinal)") }

    /// The order that a reference in a receipt belongs to; nil for that of a reply.
    static func id(ofReference text: [UInt8]) -> RecordID? {
        let parts = text.split(separator: 0x2E, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let ordinal = ASCII.decimal(parts[1]), ordinal >= Limits.outboundOrdinal else {
            return nil
        }
        return RecordID(hex: parts[0])
    }
}

enum ProviderOutcome: Hashable, Sendable {
    /// The provider has it under this id (empty when it told none). `failed`: only a part of it.
    /// `price` where it is known already.
    case taken(id: [UInt8], OutboundReceipt.Status, price: SpendAmount?)
    /// Refused for good: nothing went out.
    case refused(word: String)
    /// Nothing went out; later it may, not before `after` when the provider named a time.
    case unavailable(word: String, after: Interval? = nil)
    /// No answer: nobody can know whether it went out.
    case unknown(word: String)
}

protocol OutboundProvider: AnyObject {
    var channel: AgentChannel { get }
    /// Answers exactly once, now or later.
    func send(_ dispatch: OutboundDispatch, _ completion: @escaping (ProviderOutcome) -> Void)
}

/// Takes everything and sends nothing.
final class MockProvider: OutboundProvider {
    let channel: AgentChannel
    private let loop: Loop

    init(_ loop: Loop, _ channel: AgentChannel) {
        self.loop = loop
        self.channel = channel
    }

    func send(_ dispatch: OutboundDispatch, _ completion: @escaping (ProviderOutcome) -> Void) {
        let id = [UInt8](text: "mock-") + dispatch.id.hex
        loop.soon { completion(.taken(id: id, .sent, price: nil)) }
    }
}
