// The first loop's care for alerts: what was raised becomes an incident once, with a cool-down; it is kept in the
// store, told in the log and sent to the webhook. An incident that goes on is a number, not another line.

final class AlertKeeper {
    private struct Incident {
        var record: AlertRecord
        let until: Instant
        /// The count in the store is behind.
        var isStale = false
    }

    private let loop: Loop
    private let board: AlertBoard
    private let store: any Store
    private let log: Log
    private let coolDown: Interval
    private let webhook: AlertWebhook?
    private var incidents: [AlertName: Incident] = [:]
    private var isUpdating = false
    private var sinceTrim = 0

    init(
        _ loop: Loop, _ board: AlertBoard, store: any Store, log: Log, coolDown: Interval, webhook: AlertWebhook?
    ) {
        self.loop = loop
        self.board = board
        self.store = store
        self.log = log
        self.coolDown = coolDown
        self.webhook = webhook
    }

    /// Goes on for the life of the loop, which holds it.
    func start() {
        loop.addSource { [self] in
            let raised = board.take()
            for item in raised { take(item) }
            return !raised.isEmpty
        }
    }

    private func take(_ raised: AlertBoard.Raised) {
        let name = AlertName(raised.alert)
        if let known = incidents[name], loop.now < known.until {
            incidents[name]?.record.count += raised.count
            incidents[name]?.record.lastAt = loop.wall
            incidents[name]?.isStale = true
            return updateLater()
        }
        if incidents[name] == nil, incidents.count >= Limits.alertIncidentsMax { forget() }
        let record = AlertRecord(raised, at: loop.wall, entropy: loop.entropy)
        incidents[name] = Incident(record: record, until: loop.now + coolDown)
        board.told(raised.alert.kind)
        let level: LogLevel = raised.alert.kind.severity == .high ? .error : .warn
        let values: [(StaticString, String)] = [
            ("kind", record.kind), ("severity", record.severity), ("subject", record.subject), ("text", record.text),
        ]
        if level == .error {
            log.write(.error, "alert", at: loop.wall, values)
        } else {
            log.write(.warn, "alert", at: loop.wall, values)
        }
        // A store that cannot take it has raised an alert of its own; the line stands in the log.
        store.submit(record.operation) { _ in }
        trim()
        webhook?.send(record)
    }

    /// Those whose cool-down is over; when there are none, the one that ends next.
    private func forget() {
        incidents = incidents.filter { loop.now < $0.value.until }
        guard incidents.count >= Limits.alertIncidentsMax,
            let next = incidents.min(by: { $0.value.until < $1.value.until })
        else { return }
        incidents[next.key] = nil
    }

    private func updateLater() {
        if isUpdating { return }
        isUpdating = true
        loop.after(Limits.alertUpdateInterval) { [self] in
            isUpdating = false
            for (name, incident) in incidents where incident.isStale {
                incidents[name]?.isStale = false
                store.submit(incident.record.operation) { _ in }
            }
        }
    }

    /// Only the newest are kept; ids begin with the newest.
    private func trim() {
        sinceTrim += 1
        guard sinceTrim >= 50 else { return }
        sinceTrim = 0
        store.submit(.list(.alert, after: nil, limit: Limits.alertsKeptMax)) { [store] answer in
            guard case .page(let kept) = answer, kept.count == Limits.alertsKeptMax, let last = kept.last else {
                return
            }
            store.submit(.list(.alert, after: last.id, limit: Limits.alertsKeptMax)) { answer in
                guard case .page(let old) = answer else { return }
                for record in old { store.submit(.remove(StoreKey(.alert, record.id))) { _ in } }
            }
        }
    }
}
