// One message in a mailbox as it stands in the store, and where a mailbox keeps what. A mailbox is a ring of places
// with numbers that only grow; a place is a claim, so that two gateways never take the same one. Sealed at rest.

struct MailboxRecord: Hashable, Sendable {
    /// Its place in the order of the mailbox, from 1.
    let number: UInt64
    /// The store's id of the inbound message: the same however often it is delivered.
    let messageID: RecordID
    /// The store's id of the sender, by which an erasure finds it.
    let sender: RecordID
    let channel: AgentChannel
    let from: [UInt8]
    let conversation: ConversationKey
    let type: MessageType
    let identity: MailboxMessage.Identity
    let text: [UInt8]
    let at: WallTime

    private static let version: UInt8 = 1
    private static let pointerVersion: UInt8 = 2

    /// As the agent sees it.
    var message: MailboxMessage {
        MailboxMessage(
            id: [UInt8](text: "\(number)-") + messageID.hex, channel: channel, from: from,
            conversation: conversation.bytes, text: text, at: at, type: type, identity: identity)
    }

    /// Number and message of an id; nil for every other text.
    static func parts(ofID id: [UInt8]) -> (number: UInt64, messageID: RecordID)? {
        guard let dash = id.firstIndex(of: 0x2D), let number = ASCII.decimal(id[..<dash]), number > 0,
            id.first != 0x30, let message = RecordID(hex: id[(dash + 1)...])
        else { return nil }
        return (UInt64(number), message)
    }

    // MARK: Octets

    var bytes: [UInt8] {
        var writer = RecordWriter(version: Self.version)
        writer.number(number)
        writer.octets(messageID.bytes)
        writer.octets(sender.bytes)
        for word in [channel.rawValue, type.rawValue, identity.rawValue] { writer.octets([UInt8](text: word)) }
        writer.octets(from)
        writer.octets(conversation.bytes)
        writer.octets(text)
        writer.word(at.milliseconds)
        return writer.bytes
    }

    init(_ value: [UInt8]) throws(RecordFault) {
        var reader = try RecordReader(value, version: Self.version)
        number = try reader.number()
        messageID = try Self.id(&reader)
        sender = try Self.id(&reader)
        guard let channel = AgentChannel(rawValue: try reader.octets().text),
            let type = MessageType(rawValue: try reader.octets().text),
            let identity = MailboxMessage.Identity(rawValue: try reader.octets().text)
        else { throw .malformed }
        (self.channel, self.type, self.identity) = (channel, type, identity)
        from = try reader.octets()
        conversation = ConversationKey(bytes: try reader.octets())
        text = try reader.octets()
        at = WallTime(milliseconds: try reader.signedWord())
        try reader.end()
    }

    init(
        number: UInt64, messageID: RecordID, sender: RecordID, channel: AgentChannel, from: [UInt8],
        conversation: ConversationKey, type: MessageType, identity: MailboxMessage.Identity, text: [UInt8], at: WallTime
    ) {
        (self.number, self.messageID, self.sender, self.channel) = (number, messageID, sender, channel)
        (self.from, self.conversation, self.type, self.identity) = (from, conversation, type, identity)
        (self.text, self.at) = (text, at)
    }

    private static func id(_ reader: inout RecordReader) throws(RecordFault) -> RecordID {
        let octets = try reader.octets()
        guard octets.count == RecordID.count else { throw .malformed }
        return RecordID(digest: octets)
    }

    // MARK: Pointers

    static func pointer(to number: UInt64) -> [UInt8] {
        var writer = RecordWriter(version: pointerVersion)
        writer.number(number)
        return writer.bytes
    }

    /// Zero for what is not there.
    static func number(of pointer: [UInt8]?) -> UInt64 {
        guard let pointer, var reader = try? RecordReader(pointer, version: pointerVersion) else { return 0 }
        return (try? reader.number()) ?? 0
    }

    static func isPointer(_ value: [UInt8]) -> Bool { value.first == pointerVersion }
}

/// Where the mailbox of one agent stands in the store.
struct MailboxKeys {
    let agent: AgentID

    /// The message of a number; that of another one when it has taken the place since.
    func place(_ number: UInt64) -> StoreKey { key(.mailbox, "place \(number % UInt64(Limits.mailboxPlacesMax))") }
    /// Number of the newest message.
    var last: StoreKey { key(.mailbox, "last") }
    /// Everything up to this number is acknowledged or gone. It may say less than is true.
    var settled: StoreKey { key(.mailbox, "settled") }
    /// A number is given out.
    func given(_ number: UInt64) -> StoreKey { key(.posted, "given \(number)") }
    /// The agent has taken the message of a number.
    func taken(_ number: UInt64) -> StoreKey { key(.posted, "taken \(number)") }
    /// A message is in the mailbox, or was.
    func holds(_ message: RecordID) -> StoreKey { key(.posted, "holds \(message.hex.text)") }

    /// The oldest number that still has a place when this one is the newest.
    static func oldest(before last: UInt64) -> UInt64 {
        let places = UInt64(Limits.mailboxPlacesMax)
        return last < places ? 1 : last - places + 1
    }

    /// An agent's name is the bank's word for a program, not for a person.
    private func key(_ room: StoreRoom, _ words: String) -> StoreKey {
        StoreKey(room, RecordID(hashOf: [UInt8](text: "lola mailbox \(agent.text) \(words)")))
    }
}
