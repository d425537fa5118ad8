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
                if let missing = ground.missing { lines.append(missing) }
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
