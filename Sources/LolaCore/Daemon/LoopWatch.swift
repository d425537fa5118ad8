// What watches over the gateway, as one loop has it: its way to the audit trail, and on the first loop the keepers of
// trail, alerts and anomalies. Made by the loop's assembly.

final class LoopWatch {
    let audit: LoopAuditLog
    let auditAPI: AuditAPI
    let alertAPI: AlertAPI
    private let first: First?

    private struct First {
        let audit: AuditWatch
        let alerts: AlertKeeper
        let anomalies: AnomalyWatch
    }

    /// - Parameters:
    ///   - bare: the loop's view of the store without seals.
    ///   - store: the same with them.
    init(
        number: Int, _ loop: Loop, _ shared: SharedParts, bare: any Store, store: any Store, client: OutboundClient,
        pseudonyms: Pseudonyms
    ) throws(CryptoFault) {
        let audit = LoopAuditLog(shared.audit.trail, loop: number, clock: loop.clock)
        self.audit = audit
        auditAPI = AuditAPI(trail: shared.audit.trail, shelf: shared.audit.shelf, log: audit)
        alertAPI = AlertAPI(store: store)
        loop.addSource { audit.deliver() }
        guard number == 0 else {
            first = nil
            return
        }
        let (watch, log) = (shared.settings.watch, shared.log)
        var webhook: AlertWebhook?
        if let own = watch.alertWebhook {
            webhook = AlertWebhook(loop, client: client, url: HTTPURL(own.url), secret: own.secret, log: log)
        }
        first = First(
            audit: try AuditWatch(loop, shared.audit, log, own: audit, alerts: shared.alerts, store: bare),
            alerts: AlertKeeper(
                loop, shared.alerts, store: store, log: log, coolDown: watch.alertCoolDown, webhook: webhook),
            anomalies: AnomalyWatch(
                loop, shared.anomalies, watch.anomalies, alerts: shared.alerts, pseudonyms: pseudonyms))
        let auditAPI = auditAPI
        loop.addSource { auditAPI.deliver() }
    }

    /// On the first loop, once it listens.
    func start() {
        first?.audit.start()
        first?.alerts.start()
        first?.anomalies.start()
    }

    /// Whether the end of the loop has to wait for `finish`.
    var isFirst: Bool { first != nil }

    /// The last event of the trail.
    func finish(_ done: @escaping () -> Void) {
        guard let first else { return done() }
        first.audit.finish(done)
    }
}
