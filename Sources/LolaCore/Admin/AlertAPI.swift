// What operators must look at (CONTRACT §10 `alerts`): incidents, newest first.

final class AlertAPI: ActionHandler {
    private let store: any Store

    init(store: any Store) { self.store = store }

    var actions: [Action] { [.listAlerts] }

    func handle(_ admitted: AdmittedRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        list(admitted.request, answer)
    }

    /// `GET alerts?limit=&cursor=`.
    func list(_ request: HTTPRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        let query = try? FormFields(request.head.query.map { request.head.bytes[$0.asRange] } ?? [])
        let cursor = query?.first("cursor")
        let after = cursor.flatMap { RecordID(hex: $0) }
        let limit = query?.first("limit").map { ASCII.decimal($0) } ?? 50
        guard query != nil, let limit, (1...Limits.alertsKeptMax).contains(limit), cursor == nil || after != nil else {
            return answer(.refusal(.fieldInvalid, requestID: request.requestID))
        }
        store.submit(.list(.alert, after: after, limit: limit)) { result in
            guard case .page(let records) = result else {
                return answer(.refusal(.storeUnavailable, requestID: request.requestID))
            }
            var writer = JSONWriter(capacity: 256 + records.count * 320)
            writer.object { writer in
                writer.member("items") { writer in
                    writer.array { writer in
                        for record in records { (try? AlertRecord(record))?.write(to: &writer) }
                    }
                }
                writer.member("next", records.count == limit ? records.last?.id.hex.text : nil)
            }
            answer(.json(200, writer.bytes))
        }
    }
}
