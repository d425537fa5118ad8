// The index key of an embedded store a second time, in a file of its own beside the journal: without it no other record
// is found again, so one damaged place must not take it away. Sealed like the record; used at start and by commands.

struct IndexKeyCopy {
    enum Found {
        case none
        case key(SecretBytes)
        /// It is there, and no data key of ours opens it.
        case closed
    }

    static let name = "index-key"

    /// Of the data folder.
    let disk: any Disk
    let keys: SealKeys

    /// What the file holds as it stands; nil when there is none that can be read.
    static func sealed(_ disk: any Disk) -> [UInt8]? {
        guard let file = try? disk.open(name) else { return nil }
        defer { disk.close(file) }
        return try? disk.read(file, at: 0, count: IndexKey.count + SealKeys.overhead)
    }

    func read() -> Found {
        guard let sealed = Self.sealed(disk), !sealed.isEmpty else { return .none }
        guard let bytes = keys.open(sealed, of: IndexKey.record), bytes.count == IndexKey.count else { return .closed }
        return .key(SecretBytes(bytes))
    }

    /// Has the file say this key, sealed under the first data key; durable when it returns. Does nothing when it does.
    func keep(_ secret: SecretBytes) throws(DiskFault) {
        if case .key(let kept) = read(), kept.equals(secret), Self.sealed(disk).map(keys.isCurrent) == true { return }
        let sealed = secret.withBytes { keys.seal([UInt8](copying: $0), for: IndexKey.record) }
        let temporary = JournalName.temporary(Self.name).text
        if try disk.names().contains(temporary) { try disk.remove(temporary) }
        let file = try disk.create(temporary)
        defer { disk.close(file) }
        try disk.write(file, sealed, at: 0)
        try disk.sync(file)
        try disk.rename(temporary, to: Self.name)
        try disk.syncDirectory()
    }
}
