// One loop's way to the audit trail: keeps who waits for a verdict and tells him on the loop's own thread.

final class LoopAuditLog: AuditLog {
    private let trail: AuditTrail
    private let number: Int
    private let clock: any Clock
    private var waiting: [UInt64: (Bool) -> Void] = [:]
    private var ticket: UInt64 = 0

    /// `number` is the loop's place among those that the trail was made for.
    init(_ trail: AuditTrail, loop number: Int, clock: any Clock) {
        self.trail = trail
        self.number = number
        self.clock = clock
    }

    func append(_ event: AuditEvent, _ done: @escaping (Bool) -> Void) {
        trail.append(event, loop: number, ticket: next(done), at: clock.wall, now: clock.now)
    }

    /// The last event of the process; the trail takes none after it.
    func finish(_ event: AuditEvent, _ done: @escaping (Bool) -> Void) {
        trail.finish(event, loop: number, ticket: next(done), at: clock.wall, now: clock.now)
    }

    /// Tells verdicts that have come. True when there was one.
    func deliver() -> Bool {
        let verdicts = trail.takeVerdicts(of: number)
        for verdict in verdicts { waiting.removeValue(forKey: verdict.ticket)?(verdict.isKept) }
        return !verdicts.isEmpty
    }

    private func next(_ done: @escaping (Bool) -> Void) -> UInt64 {
        ticket += 1
        waiting[ticket] = done
        return ticket
    }
}
