// The two threads of the embedded store: one writes and syncs, one compacts. All they do stands in JournalWriter and
// JournalCompactor; here is only when they run and when they sleep.
import Synchronization

enum JournalThreads {
    /// Starts both on a folder that is open already. `writer` and `compactor` are the wakers of the journal. They end
    /// after `Journal.end`; `ended` is then called, once by each.
    static func start(
        _ store: EmbeddedStore, folder: String, writer: EventFD, compactor: EventFD,
        ended: @escaping @Sendable () -> Void = {}
    ) throws(DiskFault) {
        let journal = store.journal
        let segment = store.segment
        try run("lola-journal", folder) { disk in
            let clock = LinuxClock()
            let own = JournalWriter(journal, disk: disk, clock: clock, segment: segment)
            while true {
                own.step()
                let rest = own.rest
                if rest > .zero { clock.sleep(rest) }
                switch journal.writerRest() {
                case .work: continue
                case .sleep: writer.wait(atMost: own.wakeAt.map { $0 - clock.now })
                case .end:
                    own.close()
                    return ended()
                }
            }
        }
        try run("lola-compactor", folder) { disk in
            let own = JournalCompactor(journal, disk: disk, clock: LinuxClock())
            while !journal.isEnding {
                if own.step() != .working { compactor.wait(atMost: journal.compactorRest) }
            }
            ended()
        }
    }

    /// A thread with its own view of the folder. Returns when it has one.
    private static func run(
        _ name: String, _ folder: String, _ body: @escaping @Sendable (LinuxDisk) -> Void
    ) throws(DiskFault) {
        guard let opened = EventFD() else { throw .exhausted }
        let report = StartReport()
        LinuxThread.start(name: name) {
            do throws(DiskFault) {
                let disk = try LinuxDisk(folder)
                opened.wake()
                body(disk)
            } catch {
                report.fault.withLock { $0 = error }
                opened.wake()
            }
        }
        opened.wait(atMost: nil)
        opened.close()
        if let fault = report.fault.withLock({ $0 }) { throw fault }
    }

    private final class StartReport: Sendable {
        let fault = Mutex<DiskFault?>(nil)
    }
}
