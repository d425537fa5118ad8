// Who has shown wrong credentials and who is locked out, for all loops of the process: counts by address block over a
// sliding window. Thread-safe; each loop reaches it through its Lockouts, which also writes everything down.
import Synchronization

final class LockoutBook: Sendable {
    private struct Lock {
        let until: Instant
        let since: WallTime
    }

    private struct State {
        var failures = SlidingWindow(window: Limits.lockoutWindow, eventsMax: Limits.lockoutFailuresKept)
        var locks: [UInt64: Lock] = [:]
        /// Records of failures that are counted already, with the end of their time.
        var known: [RecordID: WallTime] = [:]
        /// When a block was last let in again.
        var lifts: [UInt64: WallTime] = [:]
    }

    private let state = Mutex(State())
    private let key: AddressKey

    init(_ key: AddressKey) { self.key = key }

    /// How long a block stays locked out; nil when it is not.
    func remaining(_ block: AddressBlock, at now: Instant) -> Interval? {
        let name = key.name(block)
        return state.withLock { state in
            if let lock = state.locks[name] {
                if now < lock.until { return lock.until - now }
                state.locks[name] = nil
            }
            // Only where there was no room for another lock-out.
            guard state.failures.count >= Limits.lockoutFailures else { return nil }
            state.failures.settle(at: now)
            let standing = state.failures.standing(of: name)
            guard standing.used >= Limits.lockoutFailures, let eases = standing.eases else { return nil }
            return eases - now
        }
    }

    /// Counts a wrong credential. Gives the number of failures when a lock-out begins by it.
    func failed(_ block: AddressBlock, record: RecordID, at now: Instant, _ wall: WallTime) -> Int? {
        let name = key.name(block)
        return state.withLock { state in
            state.known[record] = wall + Limits.lockoutWindow
            if let lock = state.locks[name], now < lock.until { return nil }
            return Self.count(&state, name, at: now, now, wall)
        }
    }

    /// Lets a block in again and forgets its failures.
    func lift(_ block: AddressBlock, at wall: WallTime) {
        let name = key.name(block)
        state.withLock { Self.lift(&$0, name, at: wall) }
    }

    /// Takes over what other gateways, or an earlier process, wrote. Gives the blocks that are to be locked out by what
    /// several of them counted, with the number of their failures.
    func merge(
        _ failures: [(id: RecordID, record: FailureRecord)], _ lockouts: [LockoutRecord], at now: Instant,
        _ wall: WallTime
    ) -> [(block: AddressBlock, failures: Int)] {
        state.withLock { state in
            state.known = state.known.filter { wall < $0.value }
            state.lifts = state.lifts.filter { wall < $0.value + Limits.lockoutTime }
            for record in lockouts { Self.merge(&state, key.name(record.block), record, at: now, wall) }
            var begun: [(AddressBlock, Int)] = []
            let fresh = failures.filter { state.known[$0.id] == nil && wall < $0.record.at + Limits.lockoutWindow }
            for (id, record) in fresh.sorted(by: { $0.record.at < $1.record.at }) {
                state.known[id] = record.at + Limits.lockoutWindow
                let name = key.name(record.block)
                if let lifted = state.lifts[name], record.at <= lifted { continue }
                if let lock = state.locks[name], now < lock.until { continue }
                let age = max(.zero, wall - record.at)
                if let count = Self.count(&state, name, at: now.before(age), now, wall) {
                    begun.append((record.block, count))
                }
            }
            return begun
        }
    }

    // MARK: Under the lock

    private static func count(
        _ state: inout State, _ name: UInt64, at time: Instant, _ now: Instant, _ wall: WallTime
    ) -> Int? {
        state.failures.settle(at: now)
        state.failures.add(name, at: time)
        let count = state.failures.standing(of: name).used
        guard count >= Limits.lockoutFailures, makeRoom(&state, at: now) else { return nil }
        state.locks[name] = Lock(until: now + Limits.lockoutTime, since: wall)
        state.failures.remove(name)
        return count
    }

    private static func merge(
        _ state: inout State, _ name: UInt64, _ record: LockoutRecord, at now: Instant, _ wall: WallTime
    ) {
        if record.isLifted {
            if let lifted = state.lifts[name], lifted >= record.since { return }
            if let lock = state.locks[name], lock.since > record.since { return }
            return lift(&state, name, at: record.since)
        }
        guard record.isActive(at: wall), state.locks[name] == nil, makeRoom(&state, at: now) else { return }
        if let lifted = state.lifts[name], lifted >= record.since { return }
        // A clock that was set back does not make it longer.
        let left = min(record.until - wall, Limits.lockoutTime)
        state.locks[name] = Lock(until: now + left, since: record.since)
        state.failures.remove(name)
    }

    private static func lift(_ state: inout State, _ name: UInt64, at wall: WallTime) {
        state.locks[name] = nil
        state.failures.remove(name)
        state.lifts[name] = wall
    }

    /// A lock-out that stands is never given up for another one.
    private static func makeRoom(_ state: inout State, at now: Instant) -> Bool {
        if state.locks.count < Limits.lockoutsMax { return true }
        state.locks = state.locks.filter { now < $0.value.until }
        return state.locks.count < Limits.lockoutsMax
    }
}
