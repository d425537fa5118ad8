// An audit trail on a disk in memory, with two loops' ways to it and the writer stepped by hand.
@testable import LolaCore

final class AuditRig {
    static let secret = SecretBytes([UInt8](repeating: 0x5A, count: 32))

    let disk: SimDisk
    let clock: SimClock
    let secrets: [SecretBytes]
    let trail: AuditTrail
    let writer: AuditWriter
    let left: LoopAuditLog
    let right: LoopAuditLog
    let loopWakers = [SimWaker(), SimWaker()]
    let writerWaker = SimWaker()

    init(
        _ disk: SimDisk = SimDisk(), at clock: SimClock = SimClock(), secrets: [SecretBytes] = [secret],
        known: AuditHead? = nil, segmentMax: ByteCount = Limits.auditSegmentMax
    ) throws {
        self.disk = disk
        self.clock = clock
        self.secrets = secrets
        trail = AuditTrail(loops: loopWakers, writer: writerWaker)
        writer = AuditWriter(
            trail, disk: disk, clock: clock, keys: try AuditKeys(secrets), known: known, segmentMax: segmentMax)
        left = LoopAuditLog(trail, loop: 0, clock: clock)
        right = LoopAuditLog(trail, loop: 1, clock: clock)
    }

    /// The same folder in another process, which knows a head.
    func reopened(
        known: AuditHead? = nil, secrets: [SecretBytes]? = nil, segmentMax: ByteCount = Limits.auditSegmentMax
    ) throws -> AuditRig {
        disk.endProcess()
        disk.failures = [:]
        return try AuditRig(disk, at: clock, secrets: secrets ?? self.secrets, known: known, segmentMax: segmentMax)
    }

    var head: AuditHead { trail.status.head }

    static func event(_ action: AuditEvent.Action = .tokenMinted, _ subject: String = "t1") -> AuditEvent {
        AuditEvent(action: action, actor: "orchestrator", subject: subject, outcome: "ok", facts: [("agent", "a-1")])
    }

    /// Appends events in one batch and has them written; the answer is the verdicts.
    @discardableResult
    func append(_ events: [AuditEvent]) -> [Bool] {
        var verdicts: [Bool] = []
        for event in events { left.append(event) { verdicts.append($0) } }
        writer.step()
        _ = left.deliver()
        return verdicts
    }

    @discardableResult
    func append(_ count: Int = 1) -> [Bool] { append((0..<count).map { Self.event(.tokenMinted, "t\($0)") }) }

    /// An orderly end.
    func stop() {
        left.finish(Self.event(.stopped, "")) { _ in }
        trail.end()
        writer.step()
    }

    func verified(_ heads: [AuditHead] = [], files: [String: [UInt8]]? = nil, secrets: [SecretBytes]? = nil) throws
        -> AuditVerification
    {
        let disk = SimDisk(files: files ?? disk.files)
        return try AuditVerification.run(disk, try AuditKeys(secrets ?? self.secrets), heads: heads)
    }

    /// Everything good in the trail.
    func records() throws -> [AuditRecord] {
        var records: [AuditRecord] = []
        _ = try AuditVerification.run(SimDisk(files: disk.files), try AuditKeys(secrets), heads: []) {
            records.append($0.record)
        }
        return records
    }

    /// The segments without the room reserved in them.
    func files() throws -> [String: [UInt8]] {
        var files = disk.files.filter { AuditFileName.number($0.key) != nil }
        let (source, keys) = (SimDisk(files: files), try AuditKeys(secrets))
        for name in files.keys {
            let file = try source.open(name)
            guard case .segment(var scanner) = try AuditScanner.open(source, file, keys) else { continue }
            while try scanner.next(before: scanner.size) != nil {}
            if let octets = files[name], octets[scanner.at...].allSatisfy({ $0 == 0 }) {
                files[name] = [UInt8](octets[..<scanner.at])
            }
        }
        return files
    }

    var segments: [String] { disk.files.keys.filter { AuditFileName.number($0) != nil }.sorted() }
}
