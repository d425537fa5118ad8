// What a widget is opened for (CONTRACT §7): an operation of one conversation, closed once and for ever. A value; kept
// sealed in room `ticket`, made and closed by TicketBook.

struct Ticket: Hashable, Sendable {
    enum Status: UInt8, CaseIterable, Sendable {
        case open = 0
        case succeeded = 1
        case failed = 2
        /// Run out, or revoked.
        case expired = 3

        var word: StaticString {
            switch self {
            case .open: "open"
            case .succeeded: "succeeded"
            case .failed: "failed"
            case .expired: "expired"
            }
        }
    }

    /// The key to which a widget may seal what it found out; the private half goes when the ticket is closed.
    struct Seal: Hashable, Sendable {
        let pem: [UInt8]
        let x: [UInt8]
        let y: [UInt8]
    }

    /// 128 random bits.
    let id: RecordID
    /// What stands behind `/w/`: random, base64url.
    let link: [UInt8]
    let terms: TicketTerms
    let conversation: ConversationKey
    /// Which agent asked for it; nil when it was an operator.
    let agent: [UInt8]?
    let created: WallTime
    let expires: WallTime
    /// Of the store when the ticket was made: in another epoch nobody knows whether it was used.
    let epoch: [UInt8]
    var seal: Seal
    var status: Status

    var operation: [UInt8] { terms.operation }

    /// The ticket as it stands in the store once it is over.
    func closed(as status: Status) -> Ticket {
        var closed = self
        closed.status = status
        closed.seal = Seal(pem: [], x: seal.x, y: seal.y)
        return closed
    }

    private static let version: UInt8 = 1

    var bytes: [UInt8] {
        var writer = RecordWriter(version: Self.version)
        writer.octets(link)
        writer.octets(terms.operation)
        writer.list(terms.actions) { $0.octets($1) }
        writer.octets(conversation.bytes)
        writer.optional(agent)
        writer.word(created.milliseconds)
        writer.word(expires.milliseconds)
        writer.octets(epoch)
        writer.octets(seal.pem)
        writer.octets(seal.x)
        writer.octets(seal.y)
        writer.byte(status.rawValue)
        return writer.bytes
    }
}

extension Ticket {
    /// Reads back what `bytes` gave.
    init(_ record: StoreRecord) throws(RecordFault) {
        var reader = try RecordReader(record.value, version: Self.version)
        id = record.id
        link = try reader.octets()
        let operation = try reader.octets()
        terms = TicketTerms(
            operation: operation,
            actions: try reader.list { (reader) throws(RecordFault) in try reader.octets() })
        conversation = ConversationKey(bytes: try reader.octets())
        agent = try reader.optionalOctets()
        created = WallTime(milliseconds: try reader.signedWord())
        expires = WallTime(milliseconds: try reader.signedWord())
        epoch = try reader.octets()
        seal = Seal(pem: try reader.octets(), x: try reader.octets(), y: try reader.octets())
        guard let status = Status(rawValue: try reader.byte()) else { throw .malformed }
        self.status = status
        try reader.end()
    }
}
