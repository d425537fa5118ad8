// One order in the ledger: who sent what by which channel, never the text and never the address in clear. Sealed at
// rest. What became of it stands in records of its own, one for each state that was reached, so that states come in
// any order and from any loop and none takes another back.

struct LedgerRecord: Hashable, Sendable {
    let id: RecordID
    let agent: AgentID
    let channel: AgentChannel
    /// The person, as `OutboundLedger.name(of:)` calls an address.
    let person: RecordID
    let purpose: OutboundOrder.Purpose
    /// What was reserved.
    let price: SpendAmount
    let at: WallTime

    private static let version: UInt8 = 1
    private static let prefix = [UInt8](text: "out:")

    init(
        id: RecordID, agent: AgentID, channel: AgentChannel, person: RecordID, purpose: OutboundOrder.Purpose,
        price: SpendAmount, at: WallTime
    ) {
        self.id = id
        self.agent = agent
        self.channel = channel
        self.person = person
        self.purpose = purpose
        self.price = price
        self.at = at
    }

    /// As agents know it: `out:<32 hex digits>`.
    var key: [UInt8] { Self.prefix + id.hex }

    /// The record of a key; nil for every other text.
    static func id(ofKey key: [UInt8]) -> RecordID? {
        guard key.starts(with: prefix) else { return nil }
        return RecordID(hex: key.dropFirst(prefix.count))
    }

    var bytes: [UInt8] {
        var writer = RecordWriter(version: Self.version)
        for word in [agent.text, channel.rawValue, purpose.rawValue] { writer.octets([UInt8](text: word)) }
        writer.octets(person.bytes)
        writer.word(price.hundredths)
        writer.word(at.milliseconds)
        return writer.bytes
    }

    init(_ record: StoreRecord) throws(RecordFault) {
        var reader = try RecordReader(record.value, version: Self.version)
        id = record.id
        guard let agent = AgentID(try reader.octets()), let channel = AgentChannel(rawValue: try reader.octets().text),
            let purpose = OutboundOrder.Purpose(rawValue: try reader.octets().text)
        else { throw .malformed }
        self.agent = agent
        self.channel = channel
        self.purpose = purpose
        let octets = try reader.octets()
        guard octets.count == RecordID.count else { throw .malformed }
        person = RecordID(digest: octets)
        price = SpendAmount(hundredths: try reader.signedWord())
        at = WallTime(milliseconds: try reader.signedWord())
        try reader.end()
    }
}

extension OutboundReceipt.Status {
    /// A later state never has a smaller one; a delivery outweighs a failure that was told before.
    var rank: Int {
        switch self {
        case .queued: 0
        case .sent: 1
        case .failed: 2
        case .delivered: 3
        case .read: 4
        }
    }
}
