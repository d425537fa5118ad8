// Which refusals are told singly, and how many of the others there were: a flood of them must not fill the trail. A
// value without a clock, under the trail's lock.

struct AuditAllowance {
    private struct Name: Hashable {
        let action: AuditEvent.Action
        let subject: String
    }

    private struct Tally {
        var outcome: String
        var told = 0
        var more = 0
    }

    private var window: Instant?
    private var tallies: [Name: Tally] = [:]
    private var told = 0

    /// Whether the event may be told singly. One that may not is counted.
    mutating func take(_ event: AuditEvent, at now: Instant) -> Bool {
        guard event.action.isBounded else { return true }
        if window == nil { window = now }
        var name = Name(action: event.action, subject: event.subject)
        if tallies[name] == nil, tallies.count >= Limits.auditRefusalSubjectsMax {
            name = Name(action: event.action, subject: "others")
        }
        var tally = tallies[name] ?? Tally(outcome: event.outcome)
        let isSingle = tally.told < Limits.auditRefusalsSingle && told < Limits.auditRefusalsMax
        if isSingle {
            tally.told += 1
            told += 1
        } else {
            tally.more += 1
            if tally.outcome != event.outcome { tally.outcome = "several" }
        }
        tallies[name] = tally
        return isSingle
    }

    /// When the window ends; nil while nothing was counted.
    var endsAt: Instant? { window.map { $0 + Limits.auditRefusalWindow } }

    /// One event for each subject of which more was refused than told, once the window is over. Beyond as many of them
    /// as may be told singly, those left make one event for each kind.
    mutating func settle(at now: Instant, isLast: Bool = false) -> [AuditEvent] {
        guard let end = endsAt, isLast || now >= end else { return [] }
        let left = tallies.filter { $0.value.more > 0 }
            .sorted { ($0.value.more, $0.key.subject) > ($1.value.more, $1.key.subject) }
        self = AuditAllowance()
        var events = left.prefix(Limits.auditRefusalsMax).map { name, tally in
            Self.summary(name.action, name.subject, tally.outcome, tally.more)
        }
        var rest: [AuditEvent.Action: Int] = [:]
        for (name, tally) in left.dropFirst(Limits.auditRefusalsMax) { rest[name.action, default: 0] += tally.more }
        for (action, count) in rest.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            events.append(Self.summary(action, "others", "several", count))
        }
        return events
    }

    private static func summary(
        _ action: AuditEvent.Action, _ subject: String, _ outcome: String, _ count: Int
    ) -> AuditEvent {
        AuditEvent(
            action: action, actor: "gateway", subject: subject, outcome: outcome, facts: [("more", "\(count)")])
    }
}

extension AuditEvent.Action {
    /// Whether anybody outside can make as many of these as he likes. What the outbound gate refuses is told singly: it
    /// was asked for by a known agent, within the limits of HTTP, and each decision of that gate stands in the trail.
    var isBounded: Bool {
        switch self {
        case .authenticationRefused, .accessRefused, .callbackRefused, .senderRefused, .trailRead:
            true
        default: false
        }
    }
}
