// The end of the audit trail as it is kept outside of it: in the store, in the log. With it a cut tail shows. A value.

struct AuditHead: Hashable, Sendable {
    /// Number of the last record; 0 before the first.
    let sequence: UInt64
    /// Code of that record, 32 octets.
    let mac: [UInt8]

    static let none = AuditHead(sequence: 0, mac: [UInt8](repeating: 0, count: AuditKey.macCount))
    /// How the one gateway of an embedded store is called.
    static let embedded = "embedded"
    private static let version: UInt8 = 1

    init(sequence: UInt64, mac: [UInt8]) {
        self.sequence = sequence
        self.mac = mac
    }

    /// `SEQ:MAC`, as the log line `audit_head` shows it; nil for anything else.
    init?(text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let sequence = ASCII.decimal([UInt8](text: String(parts[0]))), sequence > 0,
            let mac = Hex.decode([UInt8](text: String(parts[1]))), mac.count == AuditKey.macCount
        else { return nil }
        self.init(sequence: UInt64(sequence), mac: mac)
    }

    var text: String { "\(sequence):\(Hex.encode(mac).text)" }

    // MARK: In the store

    /// Where the head of the embedded store's gateway is kept. Gateways that share a Redis have one each, by the id of
    /// their data folder.
    static func record(of gateway: String) -> StoreKey {
        StoreKey(.meta, RecordID(hashOf: [UInt8](text: "lola audit head \(gateway)")))
    }

    /// Signed, so that a shorter trail cannot be given a head of its own.
    func sealed(by key: AuditKey) -> [UInt8] {
        var writer = RecordWriter(version: Self.version)
        writer.octets(key.id)
        writer.word(sequence)
        writer.octets(mac)
        return writer.bytes + key.code(ofHead: writer.bytes)
    }

    /// Throws `.malformed` for what none of the keys has signed.
    init(_ sealed: [UInt8], keys: AuditKeys) throws(RecordFault) {
        guard sealed.count > AuditKey.macCount else { throw .cut }
        let signed = [UInt8](sealed.dropLast(AuditKey.macCount))
        var reader = try RecordReader(signed, version: Self.version)
        let id = try reader.octets()
        sequence = try reader.word()
        mac = try reader.octets()
        try reader.end()
        guard let key = keys.key(named: id), mac.count == AuditKey.macCount,
            ConstantTime.equal(key.code(ofHead: signed), [UInt8](sealed.suffix(AuditKey.macCount)))
        else { throw .malformed }
    }
}
