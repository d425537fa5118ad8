// Lock-outs for operators (CONTRACT §10 `lockouts`): who is shut out now, and letting somebody in again.

final class LockoutAPI: ActionHandler {
    private let store: any Store
    private let lockouts: Lockouts
    private let clock: any Clock

    init(store: any Store, lockouts: Lockouts, clock: any Clock) {
        self.store = store
        self.lockouts = lockouts
        self.clock = clock
    }

    var actions: [Action] { [.listLockouts, .liftLockout] }

    func handle(_ admitted: AdmittedRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        switch admitted.action {
        case .liftLockout: lift(admitted, answer)
        default: list(admitted.request, answer)
        }
    }

    /// `GET lockouts?limit=&cursor=`, in the order of ids. Those that are over are left out, so a page may be short.
    private func list(_ request: HTTPRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        guard let page = PageQuery(request) else {
            return answer(.refusal(.fieldInvalid, requestID: request.requestID))
        }
        store.submit(.list(.lockout, after: page.after, limit: page.limit)) { [clock] result in
            guard case .page(let records) = result else {
                return answer(.refusal(.storeUnavailable, requestID: request.requestID))
            }
            let now = clock.wall
            var writer = JSONWriter(capacity: 128 + records.count * 192)
            writer.object { writer in
                writer.member("items") { writer in
                    writer.array { writer in
                        for record in records {
                            guard let lockout = try? LockoutRecord(record.value), lockout.isActive(at: now)
                            else { continue }
                            Self.write(record.id, lockout, to: &writer)
                        }
                    }
                }
                writer.member("next", page.next(records))
            }
            answer(.json(200, writer.bytes))
        }
    }

    private static func write(_ id: RecordID, _ lockout: LockoutRecord, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", bytes: id.hex)
            writer.member("address", lockout.block.text)
            writer.member("since", bytes: CivilDate(lockout.since).rfc3339(milliseconds: true))
            writer.member("until", bytes: CivilDate(lockout.until).rfc3339(milliseconds: true))
            writer.member("failures", lockout.failures)
        }
    }

    /// `DELETE lockouts/{id}`: 204, in the audit trail before it takes effect.
    private func lift(_ admitted: AdmittedRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        let requestID = admitted.request.requestID
        guard let id = admitted.recordID else { return answer(.refusal(.routeUnknown, requestID: requestID)) }
        lockouts.lift(id, by: admitted.principal.actor) { outcome in
            switch outcome {
            case .done: answer(.empty(204))
            case .unknown: answer(.refusal(.routeUnknown, requestID: requestID))
            case .unavailable: answer(.refusal(.storeUnavailable, requestID: requestID))
            }
        }
    }
}
