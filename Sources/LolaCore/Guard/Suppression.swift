// The do-not-contact list: one entry for each address, under a keyed hash, so that it outlives the erasure of whom it
// protects. Asked by the outbound gate before anything is sent, kept by operators and by STOP. One per loop.

/// An entry as operators see it.
struct SuppressionEntry: Hashable, Sendable {
    let id: RecordID
    let kind: PersonAddress.Kind
    /// The address in clear, sealed at rest; nil once its owner was erased.
    var address: [UInt8]?
    /// An operator's words; gone with the address.
    var reason: String?
    let at: WallTime

    private static let version: UInt8 = 1

    /// The reason of who has said STOP.
    static let stopped = "stop"

    /// Whether the person has said it, to us or to a provider: what operators enter is theirs to take off, and what
    /// says no reason counts as theirs.
    var isOfPerson: Bool {
        let kinds = [ContactSignal.Kind.optedOut, .complained]
        return reason == Self.stopped || kinds.contains { $0.rawValue == reason }
    }

    var bytes: [UInt8] {
        var writer = RecordWriter(version: Self.version)
        writer.octets([UInt8](text: kind.rawValue))
        writer.optional(address)
        writer.optional(reason.map { [UInt8](text: $0) })
        writer.word(at.milliseconds)
        return writer.bytes
    }

    init(id: RecordID, _ address: PersonAddress, reason: String?, at now: WallTime) {
        self.id = id
        kind = address.kind
        self.address = address.bytes
        self.reason = reason
        at = now
    }

    init(_ record: StoreRecord) throws(RecordFault) {
        var reader = try RecordReader(record.value, version: Self.version)
        id = record.id
        guard let kind = PersonAddress.Kind(rawValue: try reader.octets().text) else { throw .malformed }
        self.kind = kind
        address = try reader.optionalOctets()
        reason = try reader.optionalText()
        at = WallTime(milliseconds: try reader.signedWord())
        try reader.end()
    }

    /// What is left of it when its owner is erased: it still protects.
    var bare: SuppressionEntry {
        var bare = self
        bare.address = nil
        bare.reason = nil
        return bare
    }
}

final class SuppressionList {
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

    func id(_ address: PersonAddress) -> RecordID { names.id("dnc", address) }

    /// Whether any of a person's addresses is on the list. Nil when the store cannot tell: then nothing may be sent.
    func isSuppressed(_ addresses: [PersonAddress], _ completion: @escaping (Bool?) -> Void) {
        store.readAll(addresses.map { StoreKey(.suppression, id($0)) }) { values in
            completion(values.map { $0.contains { $0 != nil } })
        }
    }

    /// Puts an address on the list. Who is on it already stays as entered.
    func add(
        _ address: PersonAddress, reason: String?, actor: String,
        _ completion: @escaping (Result<SuppressionEntry, Refusal>) -> Void
    ) {
        let entry = SuppressionEntry(id: id(address), address, reason: reason, at: loop.wall)
        find(entry.id) { [self] found in
            switch found {
            case .failure(let refusal): completion(.failure(refusal))
            case .success(let known?): completion(.success(known))
            case .success(nil):
                let change = StoreOperation.put(StoreKey(.suppression, entry.id), entry.bytes, expires: nil)
                audit.carryOut(event(entry.id, "added", actor), change, in: store) { refusal in
                    completion(refusal.map { .failure($0) } ?? .success(entry))
                }
            }
        }
    }

    /// Takes an entry off the list; `.routeUnknown` when there is none.
    func remove(_ id: RecordID, actor: String, _ completion: @escaping (Refusal?) -> Void) {
        store.submit(.get(StoreKey(.suppression, id))) { [self] answer in
            switch answer {
            case .value(nil): completion(.routeUnknown)
            case .value:
                audit.carryOut(
                    event(id, "removed", actor), .remove(StoreKey(.suppression, id)), in: store, completion)
            default: completion(.storeUnavailable)
            }
        }
    }

    /// Nil when there is no such entry.
    func find(_ id: RecordID, _ completion: @escaping (Result<SuppressionEntry?, Refusal>) -> Void) {
        store.submit(.get(StoreKey(.suppression, id))) { answer in
            switch answer {
            case .value(nil): completion(.success(nil))
            case .value(let value?):
                let entry = try? SuppressionEntry(StoreRecord(id: id, value: value))
                completion(entry.map { .success($0) } ?? .failure(.recordUnreadable))
            default: completion(.failure(.storeUnavailable))
            }
        }
    }

    private func event(_ id: RecordID, _ change: String, _ actor: String) -> AuditEvent {
        var event = AuditEvent(action: .suppressionChanged, actor: actor, subject: id.hex.text, outcome: "ok")
        event.facts = [("change", change)]
        return event
    }
}
