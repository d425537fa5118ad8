// The first loop's care for the audit trail: its head goes into the store after each commit and into the log every
// minute, and what the trail has to tell goes to operators. Begins the trail of a process and ends it.

final class AuditWatch {
    private let loop: Loop
    private let audit: OpenAudit
    private let log: Log
    private let own: LoopAuditLog
    private let alerts: any AlertDesk
    /// Without seals: the head is signed, not secret.
    private let store: any Store
    private let key: AuditKey
    private var stored = AuditHead.none
    private var isStoring = false
    private var notBefore: Instant
    private var isTimerSet = false
    private var whenStored: (() -> Void)?

    init(
        _ loop: Loop, _ audit: OpenAudit, _ log: Log, own: LoopAuditLog, alerts: any AlertDesk, store: any Store
    ) throws(CryptoFault) {
        self.loop = loop
        self.audit = audit
        self.log = log
        self.own = own
        self.alerts = alerts
        self.store = store
        key = try AuditKeys(audit.memory.secrets).signing
        notBefore = loop.now
    }

    /// Goes on for the life of the loop, which holds it.
    func start() {
        if audit.memory.isForged {
            log.write(.error, "audit_head_unknown", at: loop.wall)
            let text = "the head in the store is not signed by our keys"
            alerts.raise(Alert(kind: .auditBroken, subject: "", text: text))
        }
        own.note(event(.started, ok: [("version", BuildFacts.version)]))
        loop.addSource { [self] in look() }
        everySecond()
        everyMinute()
    }

    /// Ends the trail: its last event, its head in the store and in the log. What cannot be written is not waited for.
    func finish(_ done: @escaping () -> Void) {
        own.finish(event(.stopped, ok: [])) { [self] isKept in
            line()
            guard isKept else { return done() }
            whenStored = done
            storeHead()
        }
    }

    private func event(_ action: AuditEvent.Action, ok facts: [(name: StaticString, value: String)]) -> AuditEvent {
        AuditEvent(action: action, actor: "gateway", subject: "", outcome: "ok", facts: facts)
    }

    private func everySecond() {
        audit.trail.settle(at: loop.wall, now: loop.now)
        loop.after(.seconds(1)) { self.everySecond() }
    }

    private func everyMinute() {
        loop.after(Limits.auditHeadLineInterval) {
            self.line()
            self.everyMinute()
        }
    }

    private func line() {
        let head = audit.trail.status.head
        if head.sequence > 0 { log.write(.info, "audit_head", at: loop.wall, [("head", head.text)]) }
    }

    // MARK: Head

    private func look() -> Bool {
        let notices = audit.trail.takeNotices()
        for notice in notices { tell(notice) }
        storeHead()
        return !notices.isEmpty
    }

    private func storeHead() {
        let status = audit.trail.status
        let isNews = status.records > 0 && status.head.sequence > stored.sequence
        guard isNews else {
            if !isStoring, let done = whenStored.take() { done() }
            return
        }
        if isStoring { return }
        guard whenStored != nil || loop.now >= notBefore else {
            if isTimerSet { return }
            isTimerSet = true
            loop.after(notBefore - loop.now) { [self] in
                isTimerSet = false
                storeHead()
            }
            return
        }
        isStoring = true
        notBefore = loop.now + Limits.auditHeadInterval
        store.submit(.put(audit.memory.record, status.head.sealed(by: key), expires: nil)) { [self] answer in
            isStoring = false
            if answer == .done {
                stored = status.head
            } else {
                notBefore = loop.now + Limits.storeRetry
            }
            if answer != .done, let done = whenStored.take() { return done() }
            storeHead()
        }
    }

    // MARK: Notices

    private func tell(_ notice: AuditNotice) {
        let now = loop.wall
        switch notice {
        case .opened(let segment, let sequence):
            log.write(.info, "audit_opened", at: now, [("segment", "\(segment)"), ("sequence", "\(sequence)")])
        case .tailCut(let segment, let octets):
            log.write(.warn, "audit_tail_cut", at: now, [("segment", "\(segment)"), ("octets", "\(octets)")])
            own.note(event(.trailCut, ok: [("segment", "\(segment)"), ("octets", "\(octets)")]))
        case .broken(let known, let found):
            log.write(.error, "audit_broken", at: now, [
                ("known", "\(known.sequence)"), ("found", "\(found)"), ("hint", "run lola audit verify"),
            ])
            own.note(event(.trailBroken, ok: [("known", "\(known.sequence)"), ("found", "\(found)")]))
            alerts.raise(Alert(
                kind: .auditBroken, subject: "",
                text: "the trail ends at record \(found), the store remembers record \(known.sequence)"))
        case .unwritable(let fault, let refused):
            log.write(.error, "audit_unwritable", at: now, [("fault", fault.rawValue), ("refused", "\(refused)")])
            alerts.raise(Alert(
                kind: .auditUnwritable, subject: "", text: "the audit trail cannot be written: \(fault.rawValue)"))
        case .reopened(let segment, let after):
            log.write(.warn, "audit_reopened", at: now, [("segment", "\(segment)"), ("ms", "\(after.inMilliseconds)")])
        }
    }
}

extension Optional {
    /// The value, leaving none behind.
    fileprivate mutating func take() -> Wrapped? {
        defer { self = nil }
        return self
    }
}
