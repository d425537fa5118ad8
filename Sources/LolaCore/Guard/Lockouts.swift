// The lock-outs as one loop sees them (CONTRACT §10): ten wrong credentials of one address block within a quarter of an
// hour shut it out for the next one. The gatekeeper asks on every guarded route; whoever checks a credential itself
// (links, session tokens, streams) tells of wrong ones by `failed`.

final class Lockouts {
    struct Parts {
        let loop: Loop
        let book: LockoutBook
        let store: any Store
        let pseudonyms: Pseudonyms
        let audit: any AuditLog
        let alerts: any AlertDesk
        let log: any GuardLog
        /// Hears of every attempt that failed, those turned away by a lock-out too: for the rules about anomalies.
        let watch: (IPAddress) -> Void
    }

    private let parts: Parts
    private var loop: Loop { parts.loop }

    init(_ parts: Parts) { self.parts = parts }

    /// How long the address stays locked out; nil when it is not.
    func remaining(_ address: IPAddress) -> Interval? {
        parts.book.remaining(AddressBlock(address), at: loop.clock.now)
    }

    func isLocked(_ address: IPAddress) -> Bool { remaining(address) != nil }

    /// A request was turned away because its address is locked out.
    func turnedAway(_ address: IPAddress) {
        parts.watch(address)
    }

    /// Counts a wrong credential of any kind. It counts at once; `done` comes when it is durable, or when it cannot be
    /// made so, on this thread and never before this returns. Who answers an attempt waits for it: what was answered is
    /// counted after a crash too.
    func failed(_ address: IPAddress, _ done: @escaping () -> Void = {}) {
        let block = AddressBlock(address)
        let wall = loop.clock.wall
        parts.watch(address)
        loop.counters.add(.authenticationsFailed)
        let id = RecordID(digest: loop.entropy.bytes(RecordID.count))
        let failures = parts.book.failed(block, record: id, at: loop.clock.now, wall)
        let record = FailureRecord(block: block, at: wall)
        let put = StoreOperation.put(StoreKey(.failure, id), record.encoded, expires: Limits.lockoutWindow)
        guard let failures else { return parts.store.submit(put) { _ in done() } }
        parts.store.submit(.batch([put, begin(block, failures, at: wall)])) { _ in done() }
    }

    /// Takes over what other gateways of the same store wrote, again and again.
    func follow() {
        loop.after(Limits.lockoutRefresh) { [self] in
            GuardRecords.read(parts.store) { [self] records in
                if let records { merge(records) }
                follow()
            }
        }
    }

    private func merge(_ records: GuardRecords) {
        let wall = loop.clock.wall
        for (block, failures) in parts.book.merge(records.failures, records.lockouts, at: loop.clock.now, wall) {
            parts.store.submit(begin(block, failures, at: wall)) { _ in }
        }
    }

    /// Tells everybody, and gives what is to be written.
    private func begin(_ block: AddressBlock, _ failures: Int, at wall: WallTime) -> StoreOperation {
        let name = self.name(block)
        loop.counters.add(.lockoutsBegun)
        parts.log.lockoutBegan(address: name, failures: failures)
        parts.alerts.raise(Alert(
            kind: .lockout, subject: name,
            text: "\(failures) wrong credentials within \(Limits.lockoutWindow.inSeconds / 60) minutes"))
        parts.audit.note(AuditEvent(
            action: .lockoutBegan, actor: "gateway", subject: name, outcome: "ok",
            facts: [(name: "failures", value: "\(failures)")]))
        let record = LockoutRecord(
            block: block, since: wall, until: wall + Limits.lockoutTime, failures: failures, isLifted: false)
        return .put(StoreKey(.lockout, id(block)), record.encoded, expires: Limits.lockoutTime)
    }

    // MARK: Operators

    enum Lift: Hashable, Sendable { case done, unknown, unavailable }

    /// Lets an address in again before its time. The audit trail knows first.
    func lift(_ id: RecordID, by actor: String, _ done: @escaping (Lift) -> Void) {
        parts.store.submit(.get(StoreKey(.lockout, id))) { [self] found in
            guard case .value(let value) = found else { return done(.unavailable) }
            guard let value, let record = try? LockoutRecord(value), record.isActive(at: loop.clock.wall) else {
                return done(.unknown)
            }
            let event = AuditEvent(
                action: .lockoutLifted, actor: actor, subject: name(record.block), outcome: "ok")
            parts.audit.append(event) { [self] isKept in
                guard isKept else { return done(.unavailable) }
                let wall = loop.clock.wall
                let lifted = LockoutRecord(
                    block: record.block, since: wall, until: wall, failures: record.failures, isLifted: true)
                let put = StoreOperation.put(StoreKey(.lockout, id), lifted.encoded, expires: Limits.lockoutTime)
                parts.store.submit(put) { [self] answer in
                    guard answer == .done else { return done(.unavailable) }
                    parts.book.lift(record.block, at: wall)
                    parts.log.lockoutLifted(address: name(record.block))
                    done(.done)
                }
            }
        }
    }

    /// As logs, alerts and the audit trail call it.
    private func name(_ block: AddressBlock) -> String { parts.pseudonyms.name(of: block) }
    private func id(_ block: AddressBlock) -> RecordID {
        parts.pseudonyms.id([UInt8](text: "lockout ") + block.octets)
    }
}
