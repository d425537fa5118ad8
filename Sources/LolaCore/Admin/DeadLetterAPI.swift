// What was given up and what was put aside, for operators (CONTRACT §10 `dlq`, `quarantine`): lists without content,
// and the two things that can be done with a dead letter. Nothing is done that does not stand in the audit trail first.

final class DeadLetterAPI: ActionHandler {
    private let store: any Store
    private let pseudonyms: Pseudonyms
    private let audit: any AuditLog
    /// Takes a message that is back in the queue to the loop that owns it.
    private let requeue: (AcceptedMessage) -> Void

    init(
        store: any Store, pseudonyms: Pseudonyms, audit: any AuditLog,
        requeue: @escaping (AcceptedMessage) -> Void
    ) {
        self.store = store
        self.pseudonyms = pseudonyms
        self.audit = audit
        self.requeue = requeue
    }

    var actions: [Action] { [.listDeadLetters, .actOnDeadLetter, .showDeadLetter, .dropDeadLetter, .listQuarantine] }

    func handle(_ admitted: AdmittedRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        let (request, actor) = (admitted.request, admitted.principal.actor)
        switch (admitted.action, admitted.recordID) {
        case (.actOnDeadLetter, _): act(request, by: actor, answer)
        case (.listQuarantine, _): quarantine(request, answer)
        case (.showDeadLetter, let id?): show(id, request, answer)
        case (.dropDeadLetter, let id?): drop(id, request, by: actor, answer)
        default: list(request, answer)
        }
    }

    // MARK: Reading

    /// `GET dlq?limit=&cursor=`, in the order of ids.
    func list(_ request: HTTPRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        page(.dead, request, answer) { [self] record, writer in
            guard let letter = try? DeadLetter(record) else { return Self.unreadable(record, to: &writer) }
            write(letter, to: &writer)
        }
    }

    /// `GET dlq/{id}`.
    func show(_ id: RecordID, _ request: HTTPRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        find(id, request, answer) { [self] letter in
            var writer = JSONWriter(capacity: 512)
            write(letter, to: &writer)
            answer(.json(200, writer.bytes))
        }
    }

    /// `GET quarantine?limit=&cursor=`.
    func quarantine(_ request: HTTPRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        page(.quarantine, request, answer) { record, writer in
            guard let item = try? QuarantinedEntry(record.value) else { return Self.unreadable(record, to: &writer) }
            writer.object { writer in
                writer.member("id", bytes: record.id.hex)
                writer.member("reason", item.reason.rawValue)
                writer.member("at", bytes: CivilDate(item.at).rfc3339(milliseconds: true))
                writer.member("octets", item.origin?.octets ?? item.value.count)
                if let origin = item.origin {
                    writer.member("channel", origin.channel)
                    writer.member("why", origin.word)
                }
            }
        }
    }

    private func write(_ letter: DeadLetter, to writer: inout JSONWriter) {
        let message = letter.verified.message
        let names = pseudonyms.names(message)
        writer.object { writer in
            writer.member("id", bytes: letter.id.hex)
            writer.member("key", message.key.text)
            writer.member("channel", message.channel.rawValue)
            writer.member("type", message.type.rawValue)
            writer.member("conversation", names.conversation)
            writer.member("sender", names.sender)
            writer.member("stage", letter.stage.rawValue)
            writer.member("reason", letter.word)
            writer.member("attempts", letter.attempts)
            writer.member("replies", letter.replies.count)
            writer.member("sent", letter.sent)
            writer.member("at", bytes: CivilDate(letter.at).rfc3339(milliseconds: true))
            writer.member("received_at", bytes: CivilDate(letter.verified.receivedAt).rfc3339(milliseconds: true))
        }
    }

    private static func unreadable(_ record: StoreRecord, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", bytes: record.id.hex)
            writer.member("reason", "unreadable")
        }
    }

    private func page(
        _ room: StoreRoom, _ request: HTTPRequest, _ answer: @escaping (HTTPResponse) -> Void,
        _ write: @escaping (StoreRecord, inout JSONWriter) -> Void
    ) {
        guard let page = PageQuery(request) else {
            return answer(.refusal(.fieldInvalid, requestID: request.requestID))
        }
        store.submit(.list(room, after: page.after, limit: page.limit)) { result in
            guard case .page(let records) = result else {
                return answer(.refusal(.storeUnavailable, requestID: request.requestID))
            }
            var writer = JSONWriter(capacity: 256 + records.count * 384)
            writer.object { writer in
                writer.member("items") { writer in
                    writer.array { writer in for record in records { write(record, &writer) } }
                }
                writer.member("next", page.next(records))
            }
            answer(.json(200, writer.bytes))
        }
    }

    private func find(
        _ id: RecordID, _ request: HTTPRequest, _ answer: @escaping (HTTPResponse) -> Void,
        _ body: @escaping (DeadLetter) -> Void
    ) {
        store.submit(.get(StoreKey(.dead, id))) { result in
            switch result {
            case .value(let value?):
                guard let letter = try? DeadLetter(StoreRecord(id: id, value: value)) else {
                    return answer(.refusal(.recordUnreadable, requestID: request.requestID))
                }
                body(letter)
            case .value(nil): answer(.refusal(.routeUnknown, requestID: request.requestID))
            default: answer(.refusal(.storeUnavailable, requestID: request.requestID))
            }
        }
    }

    // MARK: Changing

    /// `POST dlq {"id","action":"replay"|"drop"}`.
    func act(_ request: HTTPRequest, by actor: String, _ answer: @escaping (HTTPResponse) -> Void) {
        guard let document = try? JSONDocument.parse(request.body), document.root.kind == .object,
            let id = document.root["id"]?.textBytes.flatMap({ RecordID(hex: $0) }),
            document.root.members.allSatisfy({ ["id", "action"].contains($0.0.text) })
        else { return answer(.refusal(.bodyInvalid, requestID: request.requestID)) }
        switch document.root["action"]?.text {
        case "replay": replay(id, request, by: actor, answer)
        case "drop": drop(id, request, by: actor, thenAnswer: Self.outcome(id, "dropped"), answer)
        default: answer(.refusal(.fieldInvalid, requestID: request.requestID))
        }
    }

    /// The key stays: the agent knows the message again, and so does the store. A message whose notice is still on its
    /// way would take the replayed one out of the queue with itself.
    private func replay(
        _ id: RecordID, _ request: HTTPRequest, by actor: String, _ answer: @escaping (HTTPResponse) -> Void
    ) {
        find(id, request, answer) { [self] letter in
            store.submit(.get(StoreKey(.inbound, id))) { [self] found in
                switch found {
                case .value(nil): requeue(letter, request, by: actor, answer)
                case .value: answer(.refusal(.messageInHand, requestID: request.requestID))
                default: answer(.refusal(.storeUnavailable, requestID: request.requestID))
                }
            }
        }
    }

    private func requeue(
        _ letter: DeadLetter, _ request: HTTPRequest, by actor: String, _ answer: @escaping (HTTPResponse) -> Void
    ) {
        change(.deadLetterReplayed, letter.id, letter.replay, request, actor, answer) { [self] in
            if !store.returnsEntries {
                let names = pseudonyms.names(letter.verified.message)
                requeue(AcceptedMessage(verified: letter.verified, names: names, mayBeRepeated: true))
            }
            answer(Self.outcome(letter.id, "replayed"))
        }
    }

    /// `DELETE dlq/{id}` answers 204, the command's POST 200.
    func drop(
        _ id: RecordID, _ request: HTTPRequest, by actor: String, thenAnswer response: HTTPResponse = .empty(204),
        _ answer: @escaping (HTTPResponse) -> Void
    ) {
        let key = StoreKey(.dead, id)
        store.submit(.get(key)) { [self] found in
            switch found {
            case .value(nil): return answer(.refusal(.routeUnknown, requestID: request.requestID))
            case .value: break
            default: return answer(.refusal(.storeUnavailable, requestID: request.requestID))
            }
            change(.deadLetterDropped, id, .remove(key), request, actor, answer) { answer(response) }
        }
    }

    /// The record first, then the change; a change that then fails is another record.
    private func change(
        _ action: AuditEvent.Action, _ id: RecordID, _ operation: StoreOperation, _ request: HTTPRequest,
        _ actor: String, _ answer: @escaping (HTTPResponse) -> Void, done: @escaping () -> Void
    ) {
        func event(_ outcome: String) -> AuditEvent {
            AuditEvent(action: action, actor: actor, subject: id.hex.text, outcome: outcome)
        }
        audit.append(event("ok")) { [store, audit] isKept in
            guard isKept else { return answer(.refusal(.auditUnavailable, requestID: request.requestID)) }
            store.submit(operation) { result in
                if result == .done { return done() }
                audit.note(event(Refusal.storeUnavailable.rawValue))
                answer(.refusal(.storeUnavailable, requestID: request.requestID))
            }
        }
    }

    private static func outcome(_ id: RecordID, _ status: String) -> HTTPResponse {
        var writer = JSONWriter(capacity: 96)
        writer.object { writer in
            writer.member("id", bytes: id.hex)
            writer.member("status", status)
        }
        return .json(200, writer.bytes)
    }
}
