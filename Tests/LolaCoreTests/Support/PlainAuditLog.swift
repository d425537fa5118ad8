// An audit log that keeps what it is told and answers when asked to: for tests of what stands before it. The trail
// itself has its own tests.
@testable import LolaCore

final class PlainAuditLog: AuditLog {
    private(set) var events: [AuditEvent] = []
    var isWritable = true
    private var waiting: [((Bool) -> Void, Bool)] = []

    func append(_ event: AuditEvent, _ done: @escaping (Bool) -> Void) {
        if isWritable { events.append(event) }
        waiting.append((done, isWritable))
    }

    /// Tells verdicts. True when there was one.
    func deliver() -> Bool {
        let told = waiting
        waiting = []
        for (done, isKept) in told { done(isKept) }
        return !told.isEmpty
    }

    /// `action actor subject outcome`, one for each event.
    var lines: [String] { events.map { "\($0.action.rawValue) \($0.actor) \($0.outcome)" } }
}
