// How many requests the limited routes take in a minute, of one address block and of all together: counted exactly, in
// one place for all loops. A refused request charges nobody. Thread-safe; each loop asks through its LimitKeeper.
import Synchronization

/// Requests in any window of a minute.
struct LimitQuotas: Sendable {
    let perBlock: Int
    /// Nil when there is no limit over all.
    let global: Int?
}

/// What the limits say to one request.
struct LimitVerdict: Hashable, Sendable {
    /// Nil when the request may go on; otherwise how long until one would.
    let retryAfter: Interval?
    /// What is left in the tighter of the two quotas.
    let remaining: Int
    let isGlobal: Bool
    /// When that quota grows again; nil when it is whole.
    let eases: Interval?
}

final class HTTPLimits: Sendable {
    static let window = Interval.seconds(60)

    private final class Count: Sendable {
        let quotas: LimitQuotas
        let requests: Mutex<SlidingWindow>

        init(_ quotas: LimitQuotas, eventsMax: Int) {
            self.quotas = quotas
            requests = Mutex(SlidingWindow(window: HTTPLimits.window, eventsMax: eventsMax))
        }
    }

    private let http: Count
    private let widget: Count

    init(http: LimitQuotas, widget: LimitQuotas) {
        // No request is forgotten within its minute where there is a limit over all; the rest of the room is for the
        // other class.
        let own = min(http.global ?? Limits.limitEventsMax, Limits.limitEventsMax)
        let others = max(Limits.limitEventsMax - own, Limits.limitEventsMin)
        self.http = Count(http, eventsMax: own)
        self.widget = Count(widget, eventsMax: others)
    }

    /// Asks for one request of a block, and counts it when it may go on.
    func take(_ limit: LimitClass, _ block: UInt64, at now: Instant) -> LimitVerdict {
        let count = count(limit)
        return count.requests.withLock { requests in
            requests.settle(at: now)
            let before = Self.verdict(count.quotas, requests, block, at: now)
            if before.retryAfter != nil { return before }
            requests.add(block, at: now)
            let after = Self.verdict(count.quotas, requests, block, at: now)
            return LimitVerdict(
                retryAfter: nil, remaining: after.remaining, isGlobal: after.isGlobal, eases: after.eases)
        }
    }

    /// The same without counting.
    func look(_ limit: LimitClass, _ block: UInt64, at now: Instant) -> LimitVerdict {
        let count = count(limit)
        return count.requests.withLock { requests in
            requests.settle(at: now)
            return Self.verdict(count.quotas, requests, block, at: now)
        }
    }

    /// Counts what an earlier process let through.
    func restore(_ limit: LimitClass, _ block: UInt64, at time: Instant) {
        count(limit).requests.withLock { $0.add(block, at: time) }
    }

    /// Memory held by both classes.
    var octets: Int { [http, widget].reduce(0) { $0 + $1.requests.withLock { $0.octets } } }

    func quotas(_ limit: LimitClass) -> LimitQuotas { count(limit).quotas }

    private func count(_ limit: LimitClass) -> Count {
        switch limit {
        case .http: http
        case .widget: widget
        }
    }

    private static func verdict(
        _ quotas: LimitQuotas, _ requests: borrowing SlidingWindow, _ block: UInt64, at now: Instant
    ) -> LimitVerdict {
        let own = requests.standing(of: block)
        let left = quotas.perBlock - own.used
        var wait: Interval?
        if left <= 0, let eases = own.eases { wait = eases - now }
        var (remaining, isGlobal, eases) = (left, false, own.eases)
        if let global = quotas.global {
            let leftOfAll = global - requests.count
            if leftOfAll <= 0, let easesForAll = requests.eases { wait = max(wait ?? .zero, easesForAll - now) }
            if leftOfAll < left { (remaining, isGlobal, eases) = (leftOfAll, true, requests.eases) }
        }
        return LimitVerdict(
            retryAfter: wait, remaining: max(0, remaining), isGlobal: isGlobal, eases: eases.map { $0 - now })
    }
}
