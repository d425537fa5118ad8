// Keyed hashes that stand for people and ids wherever Lola writes something down: ids of records, names in logs. One
// per loop.

final class Pseudonyms {
    private let key: HMACKey

    /// `secret` is derived from the data key; whoever has only the logs cannot go back.
    init(secret: SecretBytes) { key = HMACKey(.sha256, key: secret) }

    /// The names of a message, made once and carried with it.
    func names(_ message: InboundMessage) -> MessageNames {
        MessageNames(
            messageID: id(message.key.bytes), conversationID: id(message.conversation.bytes),
            senderID: sender(of: message))
    }

    /// One person at one channel, whichever of our numbers is written to.
    func sender(of message: InboundMessage) -> RecordID {
        // The mark keeps senders apart from messages, whose ids may be the same numbers.
        sender(message.channel, message.senderID)
    }

    func sender(_ channel: ChannelName, _ senderID: [UInt8]) -> RecordID {
        let word = channel.word
        var bytes: [UInt8] = []
        bytes.reserveCapacity(2 + word.utf8CodeUnitCount + senderID.count)
        bytes.append(0x40)
        bytes.append(word: word)
        bytes.append(0x3A)
        bytes += senderID
        return id(bytes)
    }

    /// Our end of a conversation: a number or address of ours that a proven webhook has named.
    func end(_ parts: ConversationParts) -> RecordID {
        id([0x7B] + [UInt8](text: "end ") + parts.channel.bytes + [0x3A] + parts.own)
    }

    func conversation(_ key: ConversationKey) -> RecordID { id(key.bytes) }

    /// 16 hex digits; enough to tell senders apart in a log.
    func name(_ bytes: [UInt8]) -> String { id(bytes).name }

    /// An address as logs, alerts and the audit trail call it; with a word before it, so that no sender has the name of
    /// an address.
    func name(of block: AddressBlock) -> String { name([UInt8](text: "address ") + block.octets) }

    /// The id of a record about what these octets name. Each use has its own word before them.
    func id(_ bytes: [UInt8]) -> RecordID {
        let words = key.words(of: bytes.span)
        return RecordID(high: words.high, low: words.low)
    }
}

/// How one message is called wherever something is written down.
struct MessageNames: Sendable {
    let messageID: RecordID
    let conversationID: RecordID
    let senderID: RecordID

    var message: String { messageID.name }
    var conversation: String { conversationID.name }
    var sender: String { senderID.name }
    /// Our id of its replies at providers that carry one back: 32 hex digits.
    var reference: [UInt8] { messageID.hex }
}

extension RecordID {
    /// As it stands in logs and records: the first 16 hex digits.
    var name: String {
        var digits: [UInt8] = []
        digits.reserveCapacity(16)
        Hex.append(nameWord, to: &digits)
        return digits.text
    }

    /// The same as a number, for whoever writes the digits in their place.
    var nameWord: UInt64 { high }
}

/// A proven message that is ours to handle from now on, with its names. An object, so that whoever passes it on copies
/// one reference and not a dozen.
final class AcceptedMessage: Sendable {
    let verified: VerifiedMessage
    let names: MessageNames
    /// The store had it before: an answer may stand there already.
    let mayBeRepeated: Bool
    let lane: Lane

    init(verified: VerifiedMessage, names: MessageNames, mayBeRepeated: Bool) {
        self.verified = verified
        self.names = names
        self.mayBeRepeated = mayBeRepeated
        lane = verified.message.conversation.lane
    }

    var message: InboundMessage { verified.message }
}
