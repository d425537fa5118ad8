// An agent token as the store keeps it: never the token, only its SHA-256. Sealed below this layer. Its last use is a
// record of its own, so that nobody who notes a use can undo a revocation.

struct AgentToken: Hashable, Sendable {
    /// Made of the digest.
    let id: RecordID
    /// SHA-256 of the text.
    let digest: [UInt8]
    let agent: AgentID
    /// What a person calls it.
    let label: String?
    /// Nil means every tool of an agent.
    let scopes: [TokenScope]?
    let created: WallTime
    /// Refused from then on.
    let expires: WallTime
    var revoked: WallTime?

    private static let version: UInt8 = 1
    private static let useVersion: UInt8 = 2

    init(
        digest: [UInt8], agent: AgentID, label: String?, scopes: [TokenScope]?, created: WallTime, expires: WallTime
    ) {
        id = Self.id(digest: digest)
        self.digest = digest
        self.agent = agent
        self.label = label
        self.scopes = scopes
        self.created = created
        self.expires = expires
    }

    /// Half of the digest: it says nothing of the token, which has as many random bits as the digest is long.
    static func id(digest: [UInt8]) -> RecordID { RecordID(digest: digest) }

    func stands(at now: WallTime) -> Bool { revoked == nil && now < expires }

    /// From then on nobody needs to see it any more.
    var kept: WallTime { min(revoked ?? expires, expires) + Limits.agentTokenRetention }

    // MARK: At rest

    var bytes: [UInt8] {
        var writer = RecordWriter(version: Self.version)
        writer.octets(digest)
        writer.octets([UInt8](text: agent.text))
        writer.optional(label.map { [UInt8](text: $0) })
        writer.optional(scopes) { writer, scopes in
            writer.list(scopes) { $0.octets([UInt8](text: $1.rawValue)) }
        }
        writer.word(created.milliseconds)
        writer.word(expires.milliseconds)
        writer.optional(revoked) { $0.word($1.milliseconds) }
        return writer.bytes
    }

    /// Reads back what `bytes` gave. A scope that this version does not know makes the record unreadable: a token never
    /// becomes good for more than it was made for.
    init(_ record: StoreRecord) throws(RecordFault) {
        var reader = try RecordReader(record.value, version: Self.version)
        digest = try reader.octets()
        guard digest.count == Digest.sha256Count, Self.id(digest: digest) == record.id,
            let agent = AgentID(try reader.octets())
        else { throw .malformed }
        id = record.id
        self.agent = agent
        label = try reader.optionalText()
        scopes = try reader.optional { (reader) throws(RecordFault) in
            try reader.list { (reader) throws(RecordFault) in
                guard let scope = TokenScope(rawValue: try reader.octets().text) else { throw .malformed }
                return scope
            }
        }
        created = WallTime(milliseconds: try reader.signedWord())
        expires = WallTime(milliseconds: try reader.signedWord())
        revoked = try reader.optional { (reader) throws(RecordFault) in
            WallTime(milliseconds: try reader.signedWord())
        }
        try reader.end()
    }

    // MARK: Last use

    static func useKey(_ id: RecordID) -> StoreKey {
        StoreKey(.token, RecordID(hashOf: [UInt8](text: "lola token use") + id.bytes))
    }

    static func useBytes(_ at: WallTime) -> [UInt8] {
        var writer = RecordWriter(version: useVersion)
        writer.word(at.milliseconds)
        return writer.bytes
    }

    /// Nil for everything that `useBytes` did not write.
    static func use(_ bytes: [UInt8]) -> WallTime? {
        guard var reader = try? RecordReader(bytes, version: useVersion), let at = try? reader.signedWord() else {
            return nil
        }
        return WallTime(milliseconds: at)
    }
}
