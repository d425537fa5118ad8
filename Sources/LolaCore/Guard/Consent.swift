// What people have agreed to: one record for each address, channel and type, with its last change. Under a keyed hash,
// sealed, gone when the person is erased. Asked by the outbound gate. One per loop.

struct ConsentRecord: Hashable, Sendable {
    enum Kind: String, CaseIterable, Sendable { case express, transactional }
    enum Status: String, CaseIterable, Sendable { case granted, revoked }

    let id: RecordID
    let address: PersonAddress
    let channel: AgentChannel
    let type: Kind
    let status: Status
    /// Of the last change.
    let at: WallTime

    private static let version: UInt8 = 1

    init(
        id: RecordID, _ address: PersonAddress, channel: AgentChannel, type: Kind, status: Status, at now: WallTime
    ) {
        self.id = id
        self.address = address
        self.channel = channel
        self.type = type
        self.status = status
        at = now
    }

    var bytes: [UInt8] {
        var writer = RecordWriter(version: Self.version)
        for text in [address.bytes, [UInt8](text: channel.rawValue), [UInt8](text: type.rawValue)] {
            writer.octets(text)
        }
        writer.octets([UInt8](text: status.rawValue))
        writer.word(at.milliseconds)
        return writer.bytes
    }

    init(_ record: StoreRecord) throws(RecordFault) {
        var reader = try RecordReader(record.value, version: Self.version)
        id = record.id
        let spelling = try reader.octets()
        guard let address = PersonAddress(spelling), address.bytes == spelling,
            let channel = AgentChannel(rawValue: try reader.octets().text),
            let type = Kind(rawValue: try reader.octets().text), let status = Status(rawValue: try reader.octets().text)
        else { throw .malformed }
        self.address = address
        self.channel = channel
        self.type = type
        self.status = status
        at = WallTime(milliseconds: try reader.signedWord())
        try reader.end()
    }
}

final class ConsentBook {
    private let loop: Loop
    private let store: any Store
    private let audit: any AuditLog
    private let names: PersonNames

    init(_ loop: Loop, store: any Store, audit: any AuditLog, names: PersonNames) {
        self.loop = loop
        self.store = store
        self.audit = audit
        self.names = names
    }

    func id(_ address: PersonAddress, _ channel: AgentChannel, _ type: ConsentRecord.Kind) -> RecordID {
        names.id("consent", address, channel.rawValue, type.rawValue)
    }

    /// Every id that a record of the address can have.
    func ids(_ address: PersonAddress) -> [RecordID] {
        AgentChannel.allCases.filter { $0.takes(address.kind) }.flatMap { channel in
            ConsentRecord.Kind.allCases.map { id(address, channel, $0) }
        }
    }

    /// What the person said last; nil when nothing. A failure means that nothing may be sent.
    func find(_ id: RecordID, _ completion: @escaping (Result<ConsentRecord?, Refusal>) -> Void) {
        store.submit(.get(StoreKey(.consent, id))) { answer in
            switch answer {
            case .value(nil): completion(.success(nil))
            case .value(let value?):
                let record = try? ConsentRecord(StoreRecord(id: id, value: value))
                completion(record.map { .success($0) } ?? .failure(.recordUnreadable))
            default: completion(.failure(.storeUnavailable))
            }
        }
    }

    /// Notes what the person says now.
    func put(
        _ address: PersonAddress, _ channel: AgentChannel, _ type: ConsentRecord.Kind, _ status: ConsentRecord.Status,
        actor: String, _ completion: @escaping (Result<ConsentRecord, Refusal>) -> Void
    ) {
        let record = ConsentRecord(
            id: id(address, channel, type), address, channel: channel, type: type, status: status, at: loop.wall)
        var event = AuditEvent(action: .consentChanged, actor: actor, subject: record.id.hex.text, outcome: "ok")
        event.facts = [("channel", channel.rawValue), ("type", type.rawValue), ("status", status.rawValue)]
        let change = StoreOperation.put(StoreKey(.consent, record.id), record.bytes, expires: nil)
        audit.carryOut(event, change, in: store) { refusal in
            completion(refusal.map { .failure($0) } ?? .success(record))
        }
    }
}
