// `lola audit verify` and `lola audit export`: the audit trail of a data folder, read and proved without a gateway, on
// the folder itself or on a copy. Nothing is changed.

enum AuditCommands {
    static func verify(_ invocation: Invocation) -> Int32 {
        var code = ExitCode.configuration
        guard let ground = AuditGround.open(invocation, code: &code) else { return code }
        guard let found = run(ground) else { return ExitCode.failure }
        if invocation.wantsJSON {
            Process.print(json(found, ground).text)
        } else {
            Process.print(text(found, ground))
        }
        return found.bad == nil && !ground.isHeadForged ? ExitCode.ok : ExitCode.auditBroken
    }

    /// Each good record as a line, up to the first bad one, with what proves it: `prev`, `mac`, and the header of each
    /// segment.
    static func export(_ invocation: Invocation) -> Int32 {
        var code = ExitCode.configuration
        guard let ground = AuditGround.open(invocation, code: &code) else { return code }
        guard let found = run(ground, onEntry: { Process.print(line($0).text) }) else { return ExitCode.failure }
        Process.print(text(found, ground), to: 2)
        return found.bad == nil && !ground.isHeadForged ? ExitCode.ok : ExitCode.auditBroken
    }

    private static func run(
        _ ground: AuditGround, onEntry: @escaping (AuditScanner.Entry) -> Void = { _ in }
    ) -> AuditVerification? {
        do throws(DiskFault) {
            let heads = ground.heads.map(\.head)
            return try AuditVerification.run(ground.disk, ground.keys, heads: heads, onEntry: onEntry)
        } catch {
            Process.print("lola: \(ground.folder): \(error.rawValue)", to: 2)
            return nil
        }
    }

    // MARK: What is shown

    private static func line(_ entry: AuditScanner.Entry) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.object { writer in
            entry.record.write(to: &writer)
            if let header = entry.header { writer.member("header", bytes: Hex.encode(header)) }
            writer.member("prev", bytes: Hex.encode(entry.previous))
            writer.member("mac", bytes: Hex.encode(entry.mac))
        }
        return writer.bytes
    }

    private static func text(_ found: AuditVerification, _ ground: AuditGround) -> String {
        var lines = ["\(ground.folder): \(found.records) records in \(found.segments) segments"]
        if found.head.sequence > 0 { lines.append("head: \(found.head.text)") }
        if found.unfinished > 0 {
            lines.append("the last write is unfinished (\(found.unfinished) octets): the next start cuts it")
        }
        if let bad = found.bad {
            lines.append("BROKEN at record \(bad.sequence), segment \(bad.segment): \(bad.fault.rawValue)")
        } else if ground.isHeadForged {
            lines.append("BROKEN: the head in the store is not signed by these keys")
        } else {
            lines.append("whole; proved: \(trust(ground))")
            if ground.heads.isEmpty {
                lines.append("a cut at the end would not show: give --head from a log line `audit_head`")
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func trust(_ ground: AuditGround) -> String {
        let names = ground.heads.map(\.from).joined(separator: ", ")
        return names.isEmpty ? "the chain" : "the chain and the head (\(names))"
    }

    private static func json(_ found: AuditVerification, _ ground: AuditGround) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.object { writer in
            writer.member("whole", found.bad == nil && !ground.isHeadForged)
            writer.member("records", found.records)
            writer.member("segments", found.segments)
            writer.member("head", found.head.sequence > 0 ? found.head.text : nil)
            writer.member("trust", ground.heads.isEmpty ? "chain" : "chain_and_head")
            writer.member("unfinished", found.unfinished)
            writer.member("head_forged", ground.isHeadForged)
            writer.key("bad")
            guard let bad = found.bad else { return writer.null() }
            writer.object { writer in
                writer.member("sequence", Int(clamping: bad.sequence))
                writer.member("segment", Int(clamping: bad.segment))
                writer.member("fault", bad.fault.rawValue)
            }
        }
        return writer.bytes
    }
}

/// The folder, the keys and the heads that a look at the trail needs.
struct AuditGround {
    let folder: String
    let disk: any Disk
    let keys: AuditKeys
    /// From the store of the folder, and from the command line.
    let heads: [(head: AuditHead, from: String)]
    let isHeadForged: Bool

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
        let keyNames = [SettingsTable.dataKeys.definition.key, SettingsTable.auditKeys.definition.key]
        let wrong = reader.problems.filter { keyNames.contains($0.key) && $0.fault != .missing }
        guard wrong.isEmpty else {
            SettingsSource.report(SettingsProblems(problems: wrong), asJSON: invocation.wantsJSON)
            return nil
        }
        code = ExitCode.failure
        // The head first: a gateway that runs only makes the trail longer.
        guard let memory = store(folder, dataKeys) else { return nil }
        let secrets = (own ?? []) + (memory.derived.map { [$0] } ?? [])
        guard !secrets.isEmpty, let keys = try? AuditKeys(secrets) else {
            Process.print("no key: LOLA_AUDIT_KEY is not set, and LOLA_DATA_KEY opens no store in \(folder)", to: 2)
            code = ExitCode.configuration
            return nil
        }
        var heads: [(head: AuditHead, from: String)] = []
        var isForged = false
        if let sealed = memory.head {
            if let head = try? AuditHead(sealed, keys: keys) { heads.append((head, "store")) } else { isForged = true }
        }
        if let given = invocation.flags["head"].flatMap({ AuditHead(text: $0) }) { heads.append((given, "given")) }
        let path = folder + "/" + AuditThreads.folder
        do throws(DiskFault) {
            let disk = try LinuxDisk(path, .reading)
            return AuditGround(folder: path, disk: disk, keys: keys, heads: heads, isHeadForged: isForged)
        } catch {
            // A trail that is gone is shorter than its head.
            if error == .notFound, !heads.isEmpty {
                return AuditGround(folder: path, disk: AbsentFolder(), keys: keys, heads: heads, isHeadForged: isForged)
            }
            Process.print("lola: \(path): \(error.rawValue)", to: 2)
            return nil
        }
    }

    /// What the embedded store of the folder knows: the derived key and the signed head. Nothing where there is no
    /// store, as under Redis.
    private static func store(_ folder: String, _ dataKeys: [SecretBytes]) -> (derived: SecretBytes?, head: [UInt8]?)? {
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
                var derived: SecretBytes?
                if !dataKeys.isEmpty, let sealed = value(IndexKey.record),
                    let ring = try? SealKeys(dataKeys, entropy: LinuxEntropy()),
                    let index = ring.open(sealed, of: IndexKey.record)
                {
                    derived = try? AuditKeys.derived(fromIndexKey: SecretBytes(index))
                }
                return (derived, value(AuditHead.record(of: AuditHead.embedded)))
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
