// The thread that brings the audit trail to the disk, and the one that reads it for operators. What they do stands in
// AuditWriter and AuditReader; here is only when they run and when they sleep.
import Synchronization

/// What the process needs to know of its trail before it can go on with it.
struct AuditMemory: Sendable {
    /// The ring: LOLA_AUDIT_KEY, then the key derived from the index key.
    let secrets: [SecretBytes]
    /// Where the store keeps the head.
    let record: StoreKey
    /// The head that an earlier process left there.
    let known: AuditHead?
    /// What stands there was signed by no key of the ring.
    let isForged: Bool

    /// Asks the store, without seals.
    static func find(
        configured: [SecretBytes], index: SecretBytes, gateway: String, ask: (StoreOperation) -> StoreAnswer
    ) throws(CryptoFault) -> AuditMemory {
        let secrets = configured + [try AuditKeys.derived(fromIndexKey: index)]
        let record = AuditHead.record(of: gateway)
        guard case .value(let octets?) = ask(.get(record)) else {
            return AuditMemory(secrets: secrets, record: record, known: nil, isForged: false)
        }
        let keys = try AuditKeys(secrets)
        let known = try? AuditHead(octets, keys: keys)
        return AuditMemory(secrets: secrets, record: record, known: known, isForged: known == nil)
    }
}

/// The trail of the process with what belongs to it; shared by all loops.
struct OpenAudit: Sendable {
    let trail: AuditTrail
    let shelf: AuditShelf
    let memory: AuditMemory
}

final class AuditThreads: Sendable {
    /// Name of the folder in the data folder.
    static let folder = "audit"

    private let audit: OpenAudit
    private let done: EventFD
    private let running = Atomic<Int>(2)

    private init(_ audit: OpenAudit, _ done: EventFD) {
        self.audit = audit
        self.done = done
    }

    /// Starts both threads. A folder that cannot be opened is tried again: until then nothing can be appended.
    /// - Parameters:
    ///   - writer: the waker of the trail.
    ///   - reader: the waker of the shelf.
    static func start(_ audit: OpenAudit, data: String, writer: EventFD, reader: EventFD) -> AuditThreads? {
        guard let done = EventFD() else { return nil }
        let threads = AuditThreads(audit, done)
        let path = data + "/" + folder
        LinuxThread.start(name: "lola-audit") { threads.write(path, writer) }
        LinuxThread.start(name: "lola-audit-read") { threads.read(path, reader) }
        return threads
    }

    /// Ends both and waits for them, at most a moment.
    func end() {
        audit.trail.end()
        audit.shelf.end()
        let clock = LinuxClock()
        let deadline = clock.now + Limits.storeEndMax
        while running.load(ordering: .acquiring) > 0, clock.now < deadline { done.wait(atMost: .milliseconds(100)) }
    }

    private func ended() {
        running.wrappingSubtract(1, ordering: .acquiringAndReleasing)
        done.wake()
    }

    private func write(_ path: String, _ waker: EventFD) {
        defer { ended() }
        let clock = LinuxClock()
        guard let keys = try? AuditKeys(audit.memory.secrets) else { return audit.trail.close(.io, isNews: true) }
        var told: DiskFault?
        while true {
            do throws(DiskFault) {
                let disk = try LinuxDisk(path)
                let known = audit.memory.known
                return run(AuditWriter(audit.trail, disk: disk, clock: clock, keys: keys, known: known), waker)
            } catch {
                audit.trail.close(error, isNews: error != told)
                told = error
                if audit.trail.writerRest() == .end { return }
                waker.wait(atMost: Limits.auditPauseMax)
            }
        }
    }

    private func run(_ own: AuditWriter, _ waker: EventFD) {
        let clock = LinuxClock()
        while true {
            own.step()
            switch audit.trail.writerRest() {
            case .work: continue
            case .sleep: waker.wait(atMost: own.wakeAt.map { $0 - clock.now })
            case .end: return
            }
        }
    }

    private func read(_ path: String, _ waker: EventFD) {
        defer { ended() }
        guard let keys = try? AuditKeys(audit.memory.secrets) else { return }
        while !audit.shelf.isEnding {
            if audit.shelf.hasQuestions {
                let disk = try? LinuxDisk(path, .reading)
                while let question = audit.shelf.take() {
                    audit.shelf.put(question, disk.flatMap { try? AuditReader.page(of: $0, keys, question) })
                }
            }
            waker.wait(atMost: nil)
        }
    }
}
