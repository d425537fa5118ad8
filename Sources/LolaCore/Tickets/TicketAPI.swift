// `/v1/tickets` for agents and `GET /admin/api/tickets` for operators (CONTRACT §8, §10). Who asks comes as a
// principal: an agent sees its own tickets only, and one that is not its own is one that does not exist. One per
// loop.

final class TicketAPI {
    private let book: TicketBook
    private let sessions: WidgetSessions
    /// Tickets are for conversations that can be gone on with.
    private let form: TicketForm
    /// How operators know a conversation.
    private let pseudonym: ([UInt8]) -> String

    init(
        _ book: TicketBook, _ sessions: WidgetSessions, ownIDs: [ChannelName: [UInt8]],
        operations: TicketOperations = .builtIn, pseudonym: @escaping ([UInt8]) -> String
    ) {
        self.book = book
        self.sessions = sessions
        form = TicketForm(ownIDs: ownIDs, operations: operations, lifeMax: book.lifeMax)
        self.pseudonym = pseudonym
    }

    // MARK: Agents

    /// `POST /v1/tickets {conversation, operation, actions, ttl?}`.
    func create(_ request: HTTPRequest, _ principal: Principal, _ answer: @escaping (HTTPResponse) -> Void) {
        guard let document = try? JSONDocument.parse(request.body) else {
            return answer(TicketFault.body.response(request.requestID))
        }
        create(document.root, principal) { result in
            switch result {
            case .success(let ticket): answer(.json(201, ticket))
            case .failure(let fault): answer(fault.response(request.requestID))
            }
        }
    }

    /// The same for tools: a new ticket with its first session, as JSON. `extra`: members that are not ours to judge.
    func create(
        _ root: JSONView, _ principal: Principal, as agent: AgentID? = nil, besides extra: [String] = [],
        _ completion: @escaping (Result<[UInt8], TicketFault>) -> Void
    ) {
        let order: TicketOrder
        do throws(TicketFault) {
            order = try form.read(root, by: Self.word(principal), agent: agent ?? principal.agent, besides: extra)
        } catch {
            return completion(.failure(error))
        }
        book.create(order) { [self] made in
            let ticket: Ticket
            switch made {
            case .success(let plan): ticket = plan.ticket
            case .failure(let refusal): return completion(.failure(TicketFault(refusal)))
            }
            sessions.open(ticket, at: book.loop.wall) { [self] result in
                switch result {
                case .failure(let refusal): completion(.failure(TicketFault(refusal)))
                case .success(let session):
                    completion(.success(
                        TicketJSON.ticket(ticket, status: .open, link: book.link(ticket), session: session)))
                }
            }
        }
    }

    /// `GET /v1/tickets/{id}`.
    func show(
        _ id: RecordID, _ request: HTTPRequest, _ principal: Principal, _ answer: @escaping (HTTPResponse) -> Void
    ) {
        show(id, principal) { result in
            switch result {
            case .success(let ticket): answer(.json(200, ticket))
            case .failure(let refusal): answer(.refusal(refusal, requestID: request.requestID))
            }
        }
    }

    /// The same for tools: a ticket as its agent sees it, as JSON.
    func show(_ id: RecordID, _ principal: Principal, _ completion: @escaping (Result<[UInt8], Refusal>) -> Void) {
        find(id, principal) { [self] found in
            completion(found.map { ticket in
                TicketJSON.ticket(ticket, status: book.status(ticket), link: book.link(ticket))
            })
        }
    }

    /// `DELETE /v1/tickets/{id}`: 204 when it is revoked now or was before; 410 when it was used.
    func revoke(
        _ id: RecordID, _ request: HTTPRequest, _ principal: Principal, _ answer: @escaping (HTTPResponse) -> Void
    ) {
        let refuse: (Refusal) -> Void = { answer(.refusal($0, requestID: request.requestID)) }
        find(id, principal) { [self] found in
            let ticket: Ticket
            switch found {
            case .success(let own): ticket = own
            case .failure(let refusal): return refuse(refusal)
            }
            switch ticket.status {
            case .expired:
                return book.confirm(ticket) { $0 == .lost ? answer(.empty(204)) : refuse(.storeUnavailable) }
            case .succeeded, .failed: return refuse(.ticketClosed)
            case .open: break
            }
            book.revoke(ticket, by: Self.word(principal)) { closing in
                switch closing {
                case .closed: answer(.empty(204))
                case .lost: refuse(.ticketClosed)
                case .unavailable: refuse(.storeUnavailable)
                case .untold: refuse(.auditUnavailable)
                }
            }
        }
    }

    /// A ticket of somebody else is one that does not exist.
    private func find(
        _ id: RecordID, _ principal: Principal, _ completion: @escaping (Result<Ticket, Refusal>) -> Void
    ) {
        book.find(id) { found in
            switch found {
            case .ticket(let ticket) where Self.may(principal, ticket): completion(.success(ticket))
            case .ticket, .nothing: completion(.failure(.routeUnknown))
            case .unavailable: completion(.failure(.storeUnavailable))
            }
        }
    }

    private static func may(_ principal: Principal, _ ticket: Ticket) -> Bool {
        switch principal.kind {
        case .orchestrator, .demo: true
        case .agent: principal.agent.map { [UInt8](text: $0.text) == ticket.agent } ?? false
        case .widget, .anonymous: false
        }
    }

    private static func word(_ principal: Principal) -> String {
        principal.agent.map { "agent:\($0.text)" } ?? principal.kind.rawValue
    }

    // MARK: Operators

    /// `GET tickets?limit=&cursor=`, in the order of ids.
    func list(_ request: HTTPRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        let query = try? FormFields(request.head.query.map { request.head.bytes[$0.asRange] } ?? [])
        let cursor = query?.first("cursor")
        let after = cursor.flatMap { RecordID(hex: $0) }
        let limit = query?.first("limit").map { ASCII.decimal($0) } ?? 50
        guard query != nil, let limit, (1...1_000).contains(limit), cursor == nil || after != nil else {
            return answer(.refusal(.fieldInvalid, requestID: request.requestID))
        }
        book.page(after: after, limit: limit) { [self] records in
            guard let records else { return answer(.refusal(.storeUnavailable, requestID: request.requestID)) }
            var writer = JSONWriter(capacity: 256 + records.count * 384)
            writer.object { writer in
                writer.member("items") { writer in
                    writer.array { writer in for record in records { item(record, to: &writer) } }
                }
                writer.member("next", records.count == limit ? records.last?.id.hex.text : nil)
            }
            answer(.json(200, writer.bytes))
        }
    }

    private func item(_ record: StoreRecord, to writer: inout JSONWriter) {
        guard let ticket = try? Ticket(record) else {
            return writer.object { $0.member("id", bytes: record.id.hex) }
        }
        TicketJSON.item(
            ticket, status: book.status(ticket), conversation: pseudonym(ticket.conversation.bytes), to: &writer)
    }
}
