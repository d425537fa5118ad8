// Opens the store at start: lock, recovery, writer, index key; notes what has killed the process. Runs on the main
// thread before the loops; whatever goes wrong here ends the start with words for an operator.
import Synchronization

struct StoreOpening {
    let store: OpenStore
    /// Names people in logs and records; made once per store.
    let pseudonymKey: SecretBytes
    /// What the guard of an earlier process, or of other gateways, wrote.
    let memory: GuardMemory
    /// Keys of the audit trail, and its end as the store remembers it.
    let audit: AuditMemory
    /// What is damaged in the journal, in words for an alert.
    let damages: [String]
    /// The store has lost what it acknowledged, which was not known before.
    let hasLost: Bool
    /// Nil where the file cannot be made; then no message is ever blamed.
    let crashPages: LinuxCrashPages?
    /// Holds the lock of the folder: must live as long as the process.
    let folder: LinuxDisk?
    let threads: StoreThreads?

    /// Opens what the settings name. `loops` are the wakers of the loops.
    static func open(_ settings: Settings, _ log: Log, loops: [EventFD]) throws(Daemon.Failure) -> StoreOpening {
        switch settings.store.engine {
        case .embedded: try EmbeddedOpening(settings, log, loops).open()
        case .redis(let url): try RedisOpening(settings, log, url, loops: loops.count).open()
        }
    }

    // MARK: Keys

    static func crypto<Value>(_ body: () throws(CryptoFault) -> Value) throws(Daemon.Failure) -> Value {
        do throws(CryptoFault) { return try body() } catch {
            throw Daemon.Failure(code: 78, text: "LOLA_DATA_KEY: not a usable key (\(error))")
        }
    }

    /// - Parameter kept: by the copy of an embedded store, whose folder is ours alone.
    static func indexKey(
        _ keys: SealKeys, _ settings: Settings, kept: IndexKeyCopy.Found? = nil, _ ask: (StoreOperation) -> StoreAnswer
    ) throws(Daemon.Failure) -> IndexKey {
        do throws(IndexKeyFault) {
            var offer: SecretBytes?
            switch kept {
            case .key(let secret): offer = secret
            case .closed: if ask(.get(IndexKey.record)) == .value(nil) { throw .dataKeyWrong }
            case .some(.none), nil: break
            }
            return try IndexKey.find(
                keys: keys, entropy: LinuxEntropy(), offer: offer, isAlone: kept != nil, ask: ask)
        } catch {
            switch error {
            case .dataKeyWrong:
                throw Daemon.Failure(code: 78, text: """
                    LOLA_DATA_KEY does not open the store in \(place(settings)): give the key it was made with, after \
                    a comma when there is a new one
                    """)
            case .unavailable:
                throw Daemon.Failure(
                    code: 74, text: "the store in \(place(settings)) cannot be written")
            }
        }
    }

    static func memory(
        _ keys: SealKeys, _ settings: Settings, _ ask: (StoreOperation) -> StoreAnswer
    ) throws(Daemon.Failure) -> GuardMemory {
        if let memory = GuardMemory(keys: keys, ask: ask) { return memory }
        throw Daemon.Failure(code: 74, text: "the store in \(place(settings)) cannot be read")
    }

    static func audit(
        _ settings: Settings, _ index: IndexKey, gateway: String, _ ask: (StoreOperation) -> StoreAnswer
    ) throws(Daemon.Failure) -> AuditMemory {
        let memory = try crypto { () throws(CryptoFault) in
            try AuditMemory.find(
                configured: settings.watch.auditKeys, index: index.secret, gateway: gateway, ask: ask)
        }
        // A store that lost its index key has lost the derived key and the head with it: that is told, and no reason to
        // stand still. Everything else is a key that somebody forgot.
        guard !settings.watch.auditKeys.isEmpty || memory.isForged else { return memory }
        let path = settings.data.directory + "/" + AuditThreads.folder
        guard let keys = try? AuditKeys(memory.secrets), let disk = try? LinuxDisk(path, .reading),
            let number = try? AuditRecovery.foreignSegment(disk, keys)
        else { return memory }
        throw Daemon.Failure(code: 78, text: """
            LOLA_AUDIT_KEY does not prove the audit trail in \(path), whose segment \(number) another key has signed: \
            give that key, after a comma when there is a new one; or put the folder away, which will be told
            """)
    }

    private static func place(_ settings: Settings) -> String {
        if case .redis = settings.store.engine { "Redis" } else { settings.data.directory }
    }
}

/// The embedded store's way.
private struct EmbeddedOpening {
    private let settings: Settings
    private let log: Log
    private let loops: [EventFD]

    init(_ settings: Settings, _ log: Log, _ loops: [EventFD]) {
        self.settings = settings
        self.log = log
        self.loops = loops
    }

    func open() throws(Daemon.Failure) -> StoreOpening {
        let folder = settings.data.directory
        let keys = try StoreOpening.crypto { () throws(CryptoFault) in
            try SealKeys(settings.data.keys, entropy: LinuxEntropy())
        }
        let (journal, report, threads, disk, damages) = try openJournal(folder, keys)
        let bare = Conversation(JournalStore(journal, loop: 0), loops[0])
        let copy = IndexKeyCopy(disk: disk, keys: keys)
        let kept = copy.read()
        let index = try StoreOpening.indexKey(keys, settings, kept: kept) { bare.ask($0) }
        if index.origin == .made, case .key = kept { log.write(.warn, "index_key_restored", at: LinuxClock().wall) }
        do throws(DiskFault) { try copy.keep(index.secret) } catch {
            throw Daemon.Failure(code: error == .io ? 74 : 73, text: "data.dir: \(error.rawValue)")
        }
        guard let epoch = StoreEpoch.find(report, entropy: LinuxEntropy(), ask: { bare.ask($0) }) else {
            throw Daemon.Failure(code: 74, text: "the store in \(folder) cannot be written")
        }
        journal.note(epoch: epoch.octets)
        if epoch.isOfLoss { log.write(.error, "store_epoch_changed", at: LinuxClock().wall) }
        let pseudonymKey = try StoreOpening.crypto { () throws(CryptoFault) in try index.pseudonymKey() }
        let audit = try StoreOpening.audit(settings, index, gateway: AuditHead.embedded) { bare.ask($0) }
        let memory = try StoreOpening.memory(keys, settings) { bare.ask($0) }
        let pages = CrashBlame.read(folder, slots: loops.count, log) { bare.ask($0) }
        return StoreOpening(
            store: .embedded(journal), pseudonymKey: pseudonymKey, memory: memory, audit: audit, damages: damages,
            hasLost: epoch.isOfLoss, crashPages: pages, folder: disk, threads: threads)
    }

    // MARK: Journal

    private func openJournal(
        _ folder: String, _ keys: SealKeys
    ) throws(Daemon.Failure) -> (Journal, JournalReport, StoreThreads, LinuxDisk, damages: [String]) {
        guard let writer = EventFD(), let compactor = EventFD(), let ended = EventFD() else {
            throw Daemon.Failure(code: 1, text: "the process has no file descriptor left")
        }
        let opened: EmbeddedStore
        let disk: LinuxDisk
        var rotation = SealRotation(keys)
        let mayRotate = settings.data.keys.count > 1
        do throws(JournalFault) {
            // What cannot be made is told by the disk itself, with its reason.
            _ = Files.makeDirectories(folder)
            do throws(DiskFault) { disk = try LinuxDisk(folder) } catch { throw .disk(error, file: folder) }
            opened = try EmbeddedStore.open(
                disk, at: LinuxClock().wall,
                wakers: .init(loops: loops, writer: writer, compactor: compactor),
                renew: mayRotate ? { rotation.renew($0, $1) } : nil)
        } catch {
            throw Daemon.Failure(code: Self.code(error), text: "data.dir: \(error.text)")
        }
        report(opened.report)
        if rotation.renewed + rotation.unopened > 0 {
            log.write(.info, "store_resealed", at: LinuxClock().wall, [
                ("renewed", "\(rotation.renewed)"), ("unopened", "\(rotation.unopened)"),
            ])
        }
        let threads = StoreThreads(opened.journal, ended)
        do throws(DiskFault) {
            try JournalThreads.start(opened, folder: folder, writer: writer, compactor: compactor) { threads.ended() }
        } catch {
            throw Daemon.Failure(code: 73, text: "data.dir: \(error.rawValue)")
        }
        let damages = opened.report.damages.filter(\.isNew).map { "\($0.kind.rawValue) in \($0.file)" }
        return (opened.journal, opened.report, threads, disk, damages)
    }

    /// 78 for what the operator must change, 73 for what cannot be made, 74 for a device that fails (CONTRACT §2).
    private static func code(_ fault: JournalFault) -> Int32 {
        switch fault {
        case .newerVersion: 78
        case .disk(let fault, _): fault == .io ? 74 : 73
        }
    }

    /// Nothing that recovery met is passed over in silence (CONTRACT §11 "A broken journal").
    private func report(_ report: JournalReport) {
        let now = LinuxClock().wall
        for tail in report.tornTails {
            log.write(.warn, "journal_tail_cut", at: now, [("file", tail.file), ("octets", "\(tail.count)")])
        }
        for damage in report.damages where damage.isNew {
            log.write(.error, "journal_damaged", at: now, [
                ("kind", damage.kind.rawValue), ("file", damage.file), ("offset", "\(damage.offset)"),
                ("octets", "\(damage.count)"), ("kept", damage.quarantine ?? ""),
                ("hint", "run lola store check"),
            ])
        }
        log.write(.info, "journal_opened", at: now, [
            ("records", "\(report.records)"), ("segments", "\(report.segments.count)"),
        ])
    }
}

/// The threads of the embedded store, so that the process can end after them: the writer's last word says what of the
/// journal counts.
final class StoreThreads: Sendable {
    private let journal: Journal
    private let done: EventFD
    private let running = Atomic<Int>(2)

    init(_ journal: Journal, _ done: EventFD) {
        self.journal = journal
        self.done = done
    }

    fileprivate func ended() {
        running.wrappingSubtract(1, ordering: .acquiringAndReleasing)
        done.wake()
    }

    /// Ends both and waits for them, at most a moment: everything answered is durable whether they end or not.
    func end() {
        journal.end()
        let clock = LinuxClock()
        let deadline = clock.now + Limits.storeEndMax
        while running.load(ordering: .acquiring) > 0, clock.now < deadline {
            done.wait(atMost: .milliseconds(100))
        }
    }
}

/// A store asked from a thread that may wait.
private final class Conversation {
    private let store: any Store
    private let waker: EventFD

    /// `waker` is the one that the store's writer wakes.
    init(_ store: any Store, _ waker: EventFD) {
        self.store = store
        self.waker = waker
    }

    /// The answer; `unavailable` when there is none in the time a store may take.
    func ask(_ operation: StoreOperation) -> StoreAnswer {
        var answer: StoreAnswer?
        store.submit(operation) { answer = $0 }
        let clock = LinuxClock()
        let deadline = clock.now + Limits.storeOpenTimeout
        while answer == nil, clock.now < deadline {
            _ = store.deliver(at: clock.wall)
            if answer == nil { waker.wait(atMost: .milliseconds(100)) }
        }
        return answer ?? .unavailable
    }
}
