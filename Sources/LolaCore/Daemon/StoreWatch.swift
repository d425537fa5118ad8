// Tells operators what the journal did: looks once a second, one line for each event. Lives on the first loop.

final class StoreWatch {
    private let loop: Loop
    private let store: OpenStore
    private let log: Log

    init(_ loop: Loop, _ store: OpenStore, _ log: Log) {
        self.loop = loop
        self.store = store
        self.log = log
    }

    /// Goes on for the life of the loop, which holds it.
    func start() {
        guard case .embedded(let journal) = store else { return }
        look(journal)
    }

    private func look(_ journal: Journal) {
        for event in journal.takeEvents() { write(event) }
        loop.after(Limits.storeWatchInterval) { self.look(journal) }
    }

    /// Writes down what Redis does to a loop, and tells probes whether the loop has it. Each try to connect may fail:
    /// only another fault than that of the try before is news.
    static func redis(
        _ loop: Loop, _ log: Log, _ health: Health, _ index: IndexKeyKeeper?, alerts: any AlertDesk
    ) -> (RedisEvent) -> Void {
        var (isAway, hasRoom, isBlocked) = (true, true, true)
        var told: RedisFault?
        health.storeIsAway()
        let judge = {
            if isBlocked == (isAway || !hasRoom) { return }
            isBlocked.toggle()
            if isBlocked { health.storeIsAway() } else { health.storeIsBack() }
        }
        return { event in
            let now = loop.wall
            defer { judge() }
            switch event {
            case .connected:
                isAway = false
                told = nil
                log.write(.info, "redis_connected", at: now)
                index?.look()
            case .away(let fault):
                isAway = true
                if told != fault { log.write(.error, "redis_away", at: now, [("fault", fault.rawValue)]) }
                told = fault
            case .refused(let fault): log.write(.error, "redis_refused", at: now, [("fault", fault.rawValue)])
            case .room(let isThere): hasRoom = isThere
            case .epochChanged:
                log.write(.error, "store_epoch_changed", at: now)
                alerts.raise(.storeHasLost)
            case .lanes(let taken, let released, let lost, let held, let members):
                log.write(.info, "redis_lanes", at: now, [
                    ("taken", "\(taken)"), ("released", "\(released)"), ("lost", "\(lost)"), ("held", "\(held)"),
                    ("members", "\(members)"),
                ])
            }
        }
    }

    private func write(_ event: JournalEvent) {
        let now = loop.wall
        switch event {
        case .abandoned(let segment, let fault, let undone):
            log.write(.error, "journal_abandoned", at: now, [
                ("segment", "\(segment)"), ("fault", fault.rawValue), ("undone", "\(undone)"),
            ])
        case .stillFailing(let fault):
            log.write(.error, "journal_still_failing", at: now, [("fault", fault.rawValue)])
        case .reopened(let segment, let after):
            log.write(.warn, "journal_reopened", at: now, [
                ("segment", "\(segment)"), ("ms", "\(after.inMilliseconds)"),
            ])
        case .compacted(let before, let after, let took):
            log.write(.info, "journal_compacted", at: now, [
                ("octets_before", "\(before)"), ("octets_after", "\(after)"), ("ms", "\(took.inMilliseconds)"),
            ])
        case .compactionFailed(let fault):
            log.write(.warn, "journal_compaction_failed", at: now, [("fault", fault?.rawValue ?? "abandoned")])
        }
    }
}
