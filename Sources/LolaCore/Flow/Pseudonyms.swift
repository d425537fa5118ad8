// Keyed hashes that stand for people and ids wherever Lola writes something down. One per loop.

final class Pseudonyms {
    private let key: HMACKey

    /// `secret` is derived from the data key; whoever has only the logs cannot go back.
    init(secret: SecretBytes) { key = HMACKey(.sha256, key: secret) }

    /// 32 octets; the store key of a native id.
    func digest(_ bytes: [UInt8]) -> [UInt8] { key.code(bytes) }

    /// The names of a message, made once and carried with it.
    func names(_ message: InboundMessage, digest: [UInt8]) -> MessageNames {
        MessageNames(
            message: Hex.encode(digest.prefix(8)).text, conversation: name(message.conversation.bytes),
            sender: name(message.senderID), reference: Hex.encode(digest.prefix(16)))
    }

    /// 16 hex digits; enough to tell senders apart in a log.
    func name(_ bytes: [UInt8]) -> String { Hex.encode(key.code(bytes).prefix(8)).text }
}

/// How one message is called wherever something is written down.
struct MessageNames: Sendable {
    let message: String
    let conversation: String
    let sender: String
    /// Our id of its replies at providers that carry one back: 32 hex digits.
    let reference: [UInt8]
}

/// A proven message that is ours to handle from now on, with its names.
struct AcceptedMessage: Sendable {
    let verified: VerifiedMessage
    let names: MessageNames
    /// The store had it before: an answer may stand there already.
    let mayBeRepeated: Bool

    var message: InboundMessage { verified.message }
    var lane: Lane { message.conversation.lane }
}
