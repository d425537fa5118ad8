// What a look at an audit trail stands on: the folder, the keys, and the heads that were kept elsewhere: in the store
// of the folder, in the Redis of its gateway, on the command line.

/// The folder, the keys and the heads that a look at the trail needs.
struct AuditGround {
    let folder: String
    let disk: any Disk
    let keys: AuditKeys
    /// From the store of the folder, and from the command line.
    let heads: [(head: AuditHead, from: String)]
    let isHeadForged: Bool
    /// Why no head of a Redis was compared, in words; nil where there is none to compare, or it was.
    let missing: String?

    /// A gateway that runs may remove a segment of its journal while it is read.
    private static let attempts = 5

    /// Nil after saying why not, with the exit code.
    static func open(_ invocation: Invocation, code: inout Int32) -> AuditGround? {
        let generated = DevGround.readVariables(DevGround.keyFile) ?? [:]
        guard let reader = SettingsSource.reader(invocation, generated) else { return nil }
        var folder = reader.value(SettingsTable.dataDirectory)
        let isSaid = invocation.flags["data-dir"] != nil || reader.isGiven(SettingsTable.dataDirectory.definition)
        if !isSaid, !Files.exists(folder), Files.exists(DevGround.directory) { folder = DevGround.directory + "/data" }
        let (dataKeys, own) = (reader.optional(SettingsTable.dataKeys) ?? [], reader.optional(SettingsTable.auditKeys))
        let asked = redisURL(reader)
        let keyNames = [
            SettingsTable.dataKeys.definition.key, SettingsTable.auditKeys.definition.key,
            SettingsTable.redisURL.definition.key,
        ]
        let wrong = reader.problems.filter { keyNames.contains($0.key) && $0.fault != .missing }
        guard wrong.isEmpty else {
            SettingsSource.report(SettingsProblems(problems: wrong), asJSON: invocation.wantsJSON)
            return nil
        }
        code = ExitCode.failure
        // The head first: a gateway that runs only makes the trail longer.
        let gateway = GatewayID.read(folder)
        guard let memory = asked.map({ redis($0, gateway, dataKeys) }) ?? store(folder, dataKeys) else { return nil }
        let secrets = (own ?? []) + (memory.derived.map { [$0] } ?? [])
        guard !secrets.isEmpty, let keys = try? AuditKeys(secrets) else {
            let place = asked == nil ? "in \(folder)" : "in Redis"
            Process.print("no key: LOLA_AUDIT_KEY is not set, and LOLA_DATA_KEY opens no store \(place)", to: 2)
            code = ExitCode.configuration
            return nil
        }
        var heads: [(head: AuditHead, from: String)] = []
        var isForged = false
        if let sealed = memory.head {
            let place = asked == nil ? "store" : "Redis"
            if let head = try? AuditHead(sealed, keys: keys) { heads.append((head, place)) } else { isForged = true }
        }
        if let given = invocation.flags["head"].flatMap({ AuditHead(text: $0) }) { heads.append((given, "given")) }
        var missing: String?
        if asked == nil, gateway != nil { missing = "the head in Redis was not compared: REDIS_URL is not set" }
        if asked != nil, memory.head == nil { missing = "Redis holds no head of this gateway" }
        let path = folder + "/" + AuditThreads.folder
        do throws(DiskFault) {
            let disk = try LinuxDisk(path, .reading)
            return AuditGround(
                folder: path, disk: disk, keys: keys, heads: heads, isHeadForged: isForged, missing: missing)
        } catch {
            // A trail that is gone is shorter than its head.
            if error == .notFound, !heads.isEmpty {
                return AuditGround(
                    folder: path, disk: AbsentFolder(), keys: keys, heads: heads, isHeadForged: isForged,
                    missing: missing)
            }
            Process.print("lola: \(path): \(error.rawValue)", to: 2)
            return nil
        }
    }

    /// A Redis that is named, unless the settings say that the store is in the folder.
    private static func redisURL(_ reader: SettingsReader) -> RedisURL? {
        let kind = SettingsTable.storeKind
        if reader.isGiven(kind.definition), reader.value(kind) == .embedded { return nil }
        return reader.optional(SettingsTable.redisURL)
    }

    /// The derived key, and the signed head.
    private typealias Memory = (derived: SecretBytes?, head: [UInt8]?)

    private static func derived(_ sealed: [UInt8]?, _ dataKeys: [SecretBytes]) -> SecretBytes? {
        guard !dataKeys.isEmpty, let sealed, let ring = try? SealKeys(dataKeys, entropy: LinuxEntropy()),
            let index = ring.open(sealed, of: IndexKey.record)
        else { return nil }
        return try? AuditKeys.derived(fromIndexKey: SecretBytes(index))
    }

    /// What the Redis of the folder's gateway knows. A Redis that was named and does not answer is a failure: nobody
    /// may take the trail for compared.
    private static func redis(_ url: RedisURL, _ gateway: String?, _ dataKeys: [SecretBytes]) -> Memory? {
        guard let gateway else {
            Process.print("no gateway-id in the data folder: which head in Redis is its own cannot be known", to: 2)
            return nil
        }
        do throws(RedisLook.Fault) {
            let found = try RedisLook.values(url, [IndexKey.record, AuditHead.record(of: gateway)])
            return (derived(found[0], dataKeys), found[1])
        } catch {
            Process.print("REDIS_URL: \(url.host):\(url.port) \(error.text)", to: 2)
            return nil
        }
    }

    /// What the embedded store of the folder knows: the derived key and the signed head. Nothing where there is no
    /// store, as under Redis.
    private static func store(_ folder: String, _ dataKeys: [SecretBytes]) -> Memory? {
        let now = LinuxClock().wall
        for attempt in 1...attempts {
            do throws(JournalFault) {
                let disk: LinuxDisk
                do throws(DiskFault) { disk = try LinuxDisk(folder, .reading) } catch {
                    throw .disk(error, file: folder)
                }
                var (table, _) = try JournalRecovery.open(disk, .inspection, at: now)
                func value(_ key: StoreKey) -> [UInt8]? {
                    var (changes, undo): ([StoreChange], [StoreUndo]) = ([], [])
                    let answer = table.apply(.get(key), at: now, changes: &changes, undo: &undo)
                    if case .value(let value) = answer { return value } else { return nil }
                }
                let index = value(IndexKey.record) ?? IndexKeyCopy.sealed(disk)
                return (derived(index, dataKeys), value(AuditHead.record(of: AuditHead.embedded)))
            } catch {
                if case .disk(.notFound, let file) = error, file != folder, attempt < attempts { continue }
                Process.print("lola: \(error.text)", to: 2)
                return nil
            }
        }
        return nil
    }
}

/// A folder that is not there: nothing in it.
private final class AbsentFolder: Disk {
    func names() throws(DiskFault) -> [String] { [] }
    func create(_ name: String) throws(DiskFault) -> DiskFile { throw .readOnly }
    func open(_ name: String) throws(DiskFault) -> DiskFile { throw .notFound }
    func size(_ file: DiskFile) throws(DiskFault) -> Int { throw .notFound }
    func read(_ file: DiskFile, at offset: Int, count: Int) throws(DiskFault) -> [UInt8] { throw .notFound }
    func write(_ file: DiskFile, _ bytes: [UInt8], at offset: Int) throws(DiskFault) { throw .readOnly }
    func truncate(_ file: DiskFile, to size: Int) throws(DiskFault) { throw .readOnly }
    func sync(_ file: DiskFile) throws(DiskFault) { throw .readOnly }
    func syncDirectory() throws(DiskFault) { throw .readOnly }
    func rename(_ old: String, to new: String) throws(DiskFault) { throw .readOnly }
    func remove(_ name: String) throws(DiskFault) { throw .readOnly }
    func close(_ file: DiskFile) {}
    func lock(_ name: String) throws(DiskFault) { throw .readOnly }
}
