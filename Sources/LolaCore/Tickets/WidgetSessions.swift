// What a widget gets to work with: a session token and the two callback URLs of its ticket. One per loop; used by the
// REST API when a ticket is made and by the widget's own request.

struct WidgetSession: Sendable {
    let token: [UInt8]
    let success: [UInt8]
    let failure: [UInt8]
    let expires: WallTime
}

final class WidgetSessions {
    let tokens: SessionTokens
    let callbacks: CallbackTokens
    private let use: CallbackKeyUse
    /// The public URL, without a slash at its end.
    private let base: [UInt8]

    init(_ tokens: SessionTokens, _ callbacks: CallbackTokens, use: CallbackKeyUse, base: [UInt8]) {
        self.tokens = tokens
        self.callbacks = callbacks
        self.use = use
        self.base = base
    }

    /// A fresh session of an open ticket. Any number of sessions lead to the one ticket, which is closed once.
    func open(_ ticket: Ticket, at now: WallTime, _ body: @escaping (Result<WidgetSession, Refusal>) -> Void) {
        use.take(2) { [self] refusal in
            if let refusal { return body(.failure(refusal)) }
            let (success, failure) = (url(ticket, .success), url(ticket, .failure))
            guard let minted = try? tokens.mint(ticket, failureURL: failure, at: now) else {
                return body(.failure(.storeUnavailable))
            }
            body(.success(WidgetSession(
                token: minted.token, success: success, failure: failure, expires: minted.expires)))
        }
    }

    private func url(_ ticket: Ticket, _ outcome: CallbackEvent.Outcome) -> [UInt8] {
        let token = CallbackToken(
            ticket: ticket.id, operation: ticket.operation, outcome: outcome, expires: ticket.expires)
        return base + [UInt8](text: "/callbacks/") + callbacks.text(token)
    }
}
