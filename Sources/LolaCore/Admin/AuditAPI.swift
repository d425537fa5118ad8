// The audit trail for operators (CONTRACT §10 `audit`): newest first, from memory as far as it reaches, then from the
// files, which a helper thread reads. That somebody looked is noted.

final class AuditAPI: ActionHandler {
    private let trail: AuditTrail
    private let shelf: AuditShelf
    private let log: any AuditLog
    private var waiting: [UInt64: ([AuditRecord]?) -> Void] = [:]
    private var ticket: UInt64 = 0

    init(trail: AuditTrail, shelf: AuditShelf, log: any AuditLog) {
        self.trail = trail
        self.shelf = shelf
        self.log = log
    }

    var actions: [Action] { [.readAudit] }

    func handle(_ admitted: AdmittedRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        list(admitted.request, by: admitted.principal.actor, answer)
    }

    /// `GET audit?limit=&cursor=`. The cursor is the number of the last record seen.
    func list(_ request: HTTPRequest, by actor: String, _ answer: @escaping (HTTPResponse) -> Void) {
        let query = try? FormFields(request.head.query.map { request.head.bytes[$0.asRange] } ?? [])
        let cursor = query?.first("cursor").map { ASCII.decimal($0) }
        let limit = query?.first("limit").map { ASCII.decimal($0) } ?? 50
        guard query != nil, let limit, (1...Limits.auditPageMax).contains(limit), cursor != .some(nil) else {
            return answer(.refusal(.fieldInvalid, requestID: request.requestID))
        }
        let before = cursor.flatMap { $0 }.map { UInt64(clamping: $0) }
        log.note(AuditEvent(
            action: .trailRead, actor: actor, subject: "", outcome: "ok",
            facts: [("before", before.map { "\($0)" } ?? ""), ("limit", "\(limit)")]))
        let recent = trail.recent(before: before, limit: limit)
        if recent.count == limit || recent.last?.sequence == 1 { return answer(Self.page(recent, limit)) }
        ticket += 1
        let question = AuditQuestion(
            ticket: ticket, before: recent.last?.sequence ?? before, limit: limit - recent.count)
        guard shelf.ask(question) else { return answer(.refusal(.auditUnavailable, requestID: request.requestID)) }
        waiting[ticket] = { older in
            guard let older else { return answer(.refusal(.auditUnavailable, requestID: request.requestID)) }
            answer(Self.page(recent + older, limit))
        }
    }

    /// Tells answers that have come. True when there was one.
    func deliver() -> Bool {
        let answers = shelf.takeAnswers()
        for item in answers { waiting.removeValue(forKey: item.ticket)?(item.records) }
        return !answers.isEmpty
    }

    private static func page(_ records: [AuditRecord], _ limit: Int) -> HTTPResponse {
        var writer = JSONWriter(capacity: 256 + records.count * 320)
        writer.object { writer in
            writer.member("items") { writer in
                writer.array { writer in
                    for record in records {
                        writer.object { writer in
                            writer.member("id", "\(record.sequence)")
                            record.write(to: &writer)
                        }
                    }
                }
            }
            writer.member("next", records.count == limit ? records.last.map { "\($0.sequence)" } : nil)
        }
        return .json(200, writer.bytes)
    }
}
