// The management listener's API (CONTRACT §10): messages and the dry run. Who calls it has passed the gatekeeper.

final class AdminAPI: ActionHandler {
    private let loop: Loop
    private let log: MessageLog
    private let pseudonyms: Pseudonyms
    private let pipeline: Pipeline
    private let client: OutboundClient
    private let store: any Store

    init(
        _ loop: Loop, log: MessageLog, pseudonyms: Pseudonyms, pipeline: Pipeline, client: OutboundClient,
        store: any Store
    ) {
        self.pseudonyms = pseudonyms
        self.loop = loop
        self.log = log
        self.pipeline = pipeline
        self.client = client
        self.store = store
    }

    var actions: [Action] { [.listMessages, .showMessage, .dryRun] }

    func handle(_ admitted: AdmittedRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        switch admitted.action {
        case .showMessage: answer(message(admitted.parameter, admitted.request))
        case .dryRun: dryRun(admitted.request, answer)
        default: answer(messages(admitted.request))
        }
    }

    /// `GET messages?limit=&cursor=`: newest first. `since=` instead follows the changes, oldest change first.
    func messages(_ request: HTTPRequest) -> HTTPResponse {
        guard let query = try? FormFields(request.head.query.map { request.head.bytes[$0.asRange] } ?? []) else {
            return .refusal(.fieldInvalid, requestID: request.requestID)
        }
        guard
            let limit = Self.number(query, "limit", default: 50), (1...1_000).contains(limit),
            let cursor = Self.number(query, "cursor", default: 0), cursor <= Limits.messageRecordsMax,
            let since = Self.number(query, "since", default: -1)
        else { return .refusal(.fieldInvalid, requestID: request.requestID) }
        if since >= 0 {
            let (records, version) = log.changes(since: since, limit: limit)
            return list(records, next: "\(version)", detailed: true)
        }
        let (records, hasMore) = log.newest(limit: limit, skipping: cursor)
        return list(records, next: hasMore ? "\(cursor + records.count)" : nil, detailed: false)
    }

    /// `GET messages/{key}`.
    func message(_ key: [UInt8], _ request: HTTPRequest) -> HTTPResponse {
        guard let record = log.find(MessageKey(bytes: key)) else {
            return .refusal(.routeUnknown, requestID: request.requestID)
        }
        var writer = JSONWriter(capacity: 1_024)
        MessageJSON.write(record, detailed: true, to: &writer)
        return .json(200, writer.bytes)
    }

    /// `POST dry-run/route`.
    func dryRun(_ request: HTTPRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        guard let question = DryRun.Question(request.body) else {
            return answer(.refusal(.bodyInvalid, requestID: request.requestID))
        }
        let run = DryRun(
            question, at: loop.wall, pseudonyms: pseudonyms, pipeline: pipeline, client: client, store: store
        ) { answer(.json(200, $0)) }
        run.start()
    }

    private func list(_ records: [MessageRecord], next: String?, detailed: Bool) -> HTTPResponse {
        var writer = JSONWriter(capacity: 256 + records.count * 512)
        writer.object { writer in
            writer.member("items") { writer in
                writer.array { writer in
                    for record in records { MessageJSON.write(record, detailed: detailed, to: &writer) }
                }
            }
            writer.member("next", next)
        }
        return .json(200, writer.bytes)
    }

    private static func number(_ query: FormFields, _ name: StaticString, default value: Int) -> Int? {
        guard let text = query.first(name) else { return value }
        return ASCII.decimal(text)
    }
}
