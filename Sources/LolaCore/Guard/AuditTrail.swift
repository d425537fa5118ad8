// The audit trail as all threads share it: loops put events in and take verdicts out, the writer takes everything that
// waits at once. Nothing here touches the disk, and nobody is woken under the lock.
import Synchronization

/// An event that waits for the disk, with whom to tell.
struct AuditEntry: Sendable {
    let event: AuditEvent
    let at: WallTime
    /// Nil when nobody waits for the verdict.
    let asker: (loop: Int, ticket: UInt64)?
}

/// What the trail has to tell an operator.
enum AuditNotice: Sendable {
    case opened(segment: UInt64, sequence: UInt64)
    /// The end of a write that a crash left unfinished was cut off.
    case tailCut(segment: UInt64, octets: Int)
    /// The trail does not reach the head that the store remembers, or is not ours.
    case broken(AuditHead, found: UInt64)
    case unwritable(DiskFault, refused: Int)
    case reopened(segment: UInt64, after: Interval)
}

final class AuditTrail: Sendable {
    /// Figures for the metrics page.
    struct Status: Sendable {
        var isOpen = false
        var head = AuditHead.none
        var records = 0
        var refused = 0
        var syncs = 0
    }

    private struct State {
        enum Standing { case opening, open, closed, ended }

        var standing = Standing.opening
        var waiting: [AuditEntry] = []
        /// Taken by the writer and without a verdict.
        var given: [AuditEntry] = []
        var verdicts: [[(ticket: UInt64, isKept: Bool)]]
        var allowance = AuditAllowance()
        var status = Status()
        var notices: [AuditNotice] = []
        /// The newest records, oldest first.
        var recent: [AuditRecord] = []
        var writerSleeps = false
        var isEnding = false
    }

    private let state: Mutex<State>
    private let loops: [any Waker]
    private let writer: any Waker

    /// - Parameters:
    ///   - loops: one waker per loop; told when a verdict of theirs is there. The first is told of every commit.
    init(loops: [any Waker], writer: any Waker) {
        state = Mutex(State(verdicts: Array(repeating: [], count: loops.count)))
        self.loops = loops
        self.writer = writer
    }

    // MARK: Loops

    /// The verdict comes to `loop` under `ticket`, never before this returns.
    func append(_ event: AuditEvent, loop: Int, ticket: UInt64, at wall: WallTime, now: Instant) {
        let asker = (loop: loop, ticket: ticket)
        let wakes = state.withLock { state -> (writer: Bool, loop: Bool) in
            Self.settle(&state, at: wall, now: now)
            guard state.standing != .closed, state.standing != .ended,
                state.waiting.count < Limits.auditWaitingMax
            else {
                state.status.refused += 1
                return (Self.wakesWriter(&state), Self.answer(asker, false, &state))
            }
            guard state.allowance.take(event, at: now) else {
                return (Self.wakesWriter(&state), Self.answer(asker, true, &state))
            }
            state.waiting.append(AuditEntry(event: event, at: wall, asker: asker))
            return (Self.wakesWriter(&state), false)
        }
        if wakes.writer { writer.wake() }
        if wakes.loop { loops[loop].wake() }
    }

    func takeVerdicts(of loop: Int) -> [(ticket: UInt64, isKept: Bool)] {
        state.withLock { state in
            defer { if !state.verdicts[loop].isEmpty { state.verdicts[loop] = [] } }
            return state.verdicts[loop]
        }
    }

    /// Refusals of a window that is over are told as one number each. The first loop calls it every second.
    func settle(at wall: WallTime, now: Instant) {
        let wakes = state.withLock { state in
            Self.settle(&state, at: wall, now: now)
            return Self.wakesWriter(&state)
        }
        if wakes { writer.wake() }
    }

    /// Takes the last event and nothing behind it; its verdict comes like any other. What was refused and not told is
    /// told before it.
    func finish(_ event: AuditEvent, loop: Int, ticket: UInt64, at wall: WallTime, now: Instant) {
        state.withLock { state in
            guard state.standing != .closed else { return }
            for event in state.allowance.settle(at: now, isLast: true) {
                state.waiting.append(AuditEntry(event: event, at: wall, asker: nil))
            }
        }
        append(event, loop: loop, ticket: ticket, at: wall, now: now)
        state.withLock { state in if state.standing == .open || state.standing == .opening { state.standing = .ended } }
    }

    var status: Status { state.withLock { $0.status } }

    /// Newest first: up to `limit` of the last records below a number, as far as they are in memory.
    func recent(before: UInt64?, limit: Int) -> [AuditRecord] {
        state.withLock { state in
            Array(state.recent.reversed().lazy.filter { $0.sequence < before ?? .max }.prefix(limit))
        }
    }

    func takeNotices() -> [AuditNotice] {
        state.withLock { state in
            defer { state.notices = [] }
            return state.notices
        }
    }

    // MARK: Writer

    /// Everything that waits. The writer gives a verdict on all of it, by `commit` or `close`.
    func take() -> [AuditEntry] {
        state.withLock { state in
            let entries = state.waiting
            state.waiting = []
            state.given = entries
            return entries
        }
    }

    /// All that was taken is durable as `records`, `head` is the last of it.
    func commit(_ head: AuditHead, _ records: [AuditRecord]) {
        let wakes = state.withLock { state in
            state.recent += records
            if state.recent.count >= 2 * Limits.auditRecentMax {
                state.recent.removeFirst(state.recent.count - Limits.auditRecentMax)
            }
            state.status.records += state.given.count
            state.status.syncs += 1
            state.status.head = head
            let wakes = Self.answer(state.given, true, &state)
            state.given = []
            return wakes.union([0])
        }
        for loop in wakes { loops[loop].wake() }
    }

    /// The trail can be written from here on.
    func open(_ head: AuditHead, _ notices: [AuditNotice]) {
        state.withLock { state in
            if state.standing != .ended { state.standing = .open }
            state.status.isOpen = true
            state.status.head = head
            state.notices += notices
        }
        loops[0].wake()
    }

    /// It cannot: what waits is refused, and what comes until `open`.
    func close(_ fault: DiskFault, isNews: Bool) {
        let wakes = state.withLock { state in
            let refused = state.given + state.waiting
            let wakes = Self.answer(refused, false, &state)
            state.given = []
            state.waiting = []
            if state.standing != .ended { state.standing = .closed }
            state.status.isOpen = false
            state.status.refused += refused.count
            if isNews { state.notices.append(.unwritable(fault, refused: refused.count)) }
            return wakes.union([0])
        }
        for loop in wakes { loops[loop].wake() }
    }

    /// What the writer does after a round. When it sleeps it will be woken.
    func writerRest() -> AuditRest {
        state.withLock { state in
            if !state.waiting.isEmpty { return .work }
            state.writerSleeps = !state.isEnding
            return state.isEnding ? .end : .sleep
        }
    }

    /// Ends the writer; what waits is still written.
    func end() {
        state.withLock { state in
            state.isEnding = true
            state.writerSleeps = false
        }
        writer.wake()
    }

    // MARK: Under the lock

    private static func settle(_ state: inout State, at wall: WallTime, now: Instant) {
        guard state.standing == .open, let end = state.allowance.endsAt, now >= end else { return }
        for event in state.allowance.settle(at: now) {
            state.waiting.append(AuditEntry(event: event, at: wall, asker: nil))
        }
    }

    private static func answer(_ entries: [AuditEntry], _ isKept: Bool, _ state: inout State) -> Set<Int> {
        var wakes: Set<Int> = []
        for case let asker? in entries.map(\.asker) where answer(asker, isKept, &state) { wakes.insert(asker.loop) }
        return wakes
    }

    /// Whether the loop must be woken; it is awake, or will be, for the verdicts that it has not yet taken.
    private static func answer(_ asker: (loop: Int, ticket: UInt64), _ isKept: Bool, _ state: inout State) -> Bool {
        state.verdicts[asker.loop].append((asker.ticket, isKept))
        return state.verdicts[asker.loop].count == 1
    }

    private static func wakesWriter(_ state: inout State) -> Bool {
        guard state.writerSleeps, !state.waiting.isEmpty else { return false }
        state.writerSleeps = false
        return true
    }
}

enum AuditRest: Sendable {
    case work
    case sleep
    case end
}
