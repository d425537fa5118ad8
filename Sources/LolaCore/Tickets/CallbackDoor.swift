// `POST /callbacks/{token}` (CONTRACT §7): a widget tells how it ended. Nothing is told to anybody who shows no
// session of ours; a token that is none costs what a good one does; the first of a ticket's callbacks closes it. One
// per loop.

final class CallbackDoor {
    private let book: TicketBook
    private let sessions: WidgetSessions
    private let origins: WidgetOrigins
    /// Whether a message of the lane can be kept.
    private let hasRoom: (Lane) -> Bool
    /// Told of an address that showed no session, or a callback that is none.
    private let onGuess: (IPAddress, @escaping () -> Void) -> Void

    init(
        _ book: TicketBook, _ sessions: WidgetSessions, origins: WidgetOrigins,
        hasRoom: @escaping (Lane) -> Bool, onGuess: @escaping (IPAddress, @escaping () -> Void) -> Void
    ) {
        self.book = book
        self.sessions = sessions
        self.origins = origins
        self.hasRoom = hasRoom
        self.onGuess = onGuess
    }

    /// `token` is the rest of the path as it was sent: a text has one spelling.
    func receive(_ token: [UInt8], _ request: HTTPRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        if request.head.method == .options { return answer(origins.preflight(request)) }
        judge(token, request) { [self] refusal, ticket in
            if let refusal { return refuse(refusal, ticket, request, answer) }
            book.loop.counters.add(.callbacksRedeemed)
            answer(origins.allow(.json(200, [UInt8](text: #"{"status":"accepted"}"#)), request))
        }
    }

    /// `body` gets nil when the callback has taken effect, and the ticket once it is known.
    private func judge(
        _ text: [UInt8], _ request: HTTPRequest, _ body: @escaping (Refusal?, RecordID?) -> Void
    ) {
        guard let session = try? sessions.tokens.verify(request.head, at: book.loop.wall) else {
            return body(.sessionInvalid, nil)
        }
        if let refusal = Self.form(request.head) { return body(refusal, session.ticket) }
        guard let token = sessions.callbacks.read(text) else {
            return book.findNothing(like: text) { body(.routeUnknown, session.ticket) }
        }
        guard token.ticket == session.ticket, token.operation == session.operation else {
            return body(.ticketForeign, session.ticket)
        }
        book.find(token.ticket) { [self] found in
            switch found {
            case .unavailable: body(.storeUnavailable, token.ticket)
            case .nothing: body(.routeUnknown, token.ticket)
            case .ticket(let ticket): redeem(ticket, token, request) { body($0, token.ticket) }
            }
        }
    }

    private func redeem(
        _ ticket: Ticket, _ token: CallbackToken, _ request: HTTPRequest, _ body: @escaping (Refusal?) -> Void
    ) {
        guard ticket.operation == token.operation else { return body(.ticketForeign) }
        guard ticket.status == .open else {
            return book.confirm(ticket) { body($0 == .lost ? .ticketClosed : .storeUnavailable) }
        }
        guard book.status(ticket) == .open, book.loop.wall < token.expires else { return body(.ticketClosed) }
        let result: [UInt8]
        do throws(Refusal) {
            let form = try CallbackPayload.read(request.body, isFailure: token.outcome == .failure)
            guard form.ticket == ticket.id else { throw .ticketForeign }
            result = try CallbackPayload.result(form, seal: ticket.seal)
        } catch {
            return body(error)
        }
        guard hasRoom(ticket.conversation.lane) else { return body(.backlogFull) }
        let event = CallbackEvent(
            ticket: ticket.id, operation: ticket.operation, outcome: token.outcome, result: result)
        book.redeem(ticket, event) { closing in
            switch closing {
            case .closed: body(nil)
            case .lost: body(.callbackLost)
            case .unavailable: body(.storeUnavailable)
            case .untold: body(.auditUnavailable)
            }
        }
    }

    /// A JSON body that is not packed.
    private static func form(_ head: HTTPRequestHead) -> Refusal? {
        if head.count("content-encoding") > 0 { return .contentEncoded }
        guard let type = head.only("content-type") else { return .contentTypeWrong }
        let name = type.prefix { $0 != 0x3B && $0 != 0x20 }
        return ASCII.equalIgnoringCase(name, "application/json") ? nil : .contentTypeWrong
    }

    private func refuse(
        _ refusal: Refusal, _ ticket: RecordID?, _ request: HTTPRequest, _ answer: @escaping (HTTPResponse) -> Void
    ) {
        book.loop.counters.add(.callbacksRefused)
        // Who shows nothing is counted by the address, not written down for ever.
        if let ticket { book.note(.callbackRefused, ticket, by: "widget", outcome: refusal.rawValue) }
        let response = origins.allow(.refusal(refusal, requestID: request.requestID), request)
        guard isGuess(refusal, request.head) else { return answer(response) }
        onGuess(request.peer) { answer(response) }
    }

    /// A token that is none, or a wrong session. Who shows none has not guessed, and a session of ours that has ended
    /// is no guess.
    private func isGuess(_ refusal: Refusal, _ head: HTTPRequestHead) -> Bool {
        if refusal == .routeUnknown { return true }
        guard refusal == .sessionInvalid, head.count("authorization") > 0 else { return false }
        do throws(JWTFault) {
            _ = try sessions.tokens.verify(head, at: book.loop.wall)
            return false
        } catch {
            return error != .expired && error != .notYetValid
        }
    }
}
