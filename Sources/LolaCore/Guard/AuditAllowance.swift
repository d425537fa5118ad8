// Which refusals are told singly, and how many of the others there were: a flood of them must not fill the trail. A
// value without a clock, under the trail's lock.

struct AuditAllowance {
    private struct Name: Hashable {
        let action: AuditEvent.Action
        let subject: String

        /// Kinds are few and texts to the standard library.
        func hash(into hasher: inout Hasher) { hasher.combine(subject) }
    }

    private struct Tally {
        let name: Name
        var outcome: String
        var told = 0
        var more = 0
    }

    private var window: Instant?
    /// In the order of their first refusals.
    private var tallies: [Tally] = []
    private var places: [Name: Int] = [:]
    /// Those of subjects beyond the ones that are told apart.
    private var others: [(action: AuditEvent.Action, place: Int)] = []
    private var told = 0

    /// Whether the event may be told singly. One that may not is counted.
    mutating func take(_ event: AuditEvent, at now: Instant) -> Bool {
        guard event.action.isBounded else { return true }
        if window == nil { window = now }
        let place = place(of: event)
        let isSingle = tallies[place].told < Limits.auditRefusalsSingle && told < Limits.auditRefusalsMax
        if isSingle {
            tallies[place].told += 1
            told += 1
        } else {
            tallies[place].more += 1
            if tallies[place].outcome != event.outcome { tallies[place].outcome = "several" }
        }
        return isSingle
    }

    /// The subject's own tally while there is room for one, then that of all others of the kind.
    private mutating func place(of event: AuditEvent) -> Int {
        let name = Name(action: event.action, subject: event.subject)
        if let own = places[name] { return own }
        guard places.count >= Limits.auditRefusalSubjectsMax else {
            places[name] = tallies.count
            return begin(name, event.outcome)
        }
        if let shared = others.first(where: { $0.action == event.action }) { return shared.place }
        others.append((event.action, tallies.count))
        return begin(Name(action: event.action, subject: "others"), event.outcome)
    }

    private mutating func begin(_ name: Name, _ outcome: String) -> Int {
        tallies.append(Tally(name: name, outcome: outcome))
        return tallies.count - 1
    }

    /// When the window ends; nil while nothing was counted.
    var endsAt: Instant? { window.map { $0 + Limits.auditRefusalWindow } }

    /// One event for each subject of which more was refused than told, once the window is over. Beyond as many of them
    /// as may be told singly, those left make one event for each kind.
    mutating func settle(at now: Instant, isLast: Bool = false) -> [AuditEvent] {
        guard let end = endsAt, isLast || now >= end else { return [] }
        let left = tallies.indices.filter { tallies[$0].more > 0 }
            .sorted { (-tallies[$0].more, $0) < (-tallies[$1].more, $1) }
            .map { tallies[$0] }
        self = AuditAllowance()
        var events = left.prefix(Limits.auditRefusalsMax).map { tally in
            Self.summary(tally.name.action, tally.name.subject, tally.outcome, tally.more)
        }
        var rest: [AuditEvent.Action: Int] = [:]
        for tally in left.dropFirst(Limits.auditRefusalsMax) { rest[tally.name.action, default: 0] += tally.more }
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
