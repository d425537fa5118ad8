// `/w/{link}`: the page behind a link, and the session its widget works with (CONTRACT §4). Looking at a link never
// spends anything: previews of channels and scanners do it all the time. One per loop.

final class WidgetDoor {
    private let book: TicketBook
    private let sessions: WidgetSessions
    private let origins: WidgetOrigins
    private let pages: WidgetPages
    /// The bank's own widgets by operation, as URLs.
    private let ownWidgets: [[UInt8]: [UInt8]]
    /// Told of an address that asked for a link that is none.
    private let onGuess: (IPAddress, @escaping () -> Void) -> Void

    init(
        _ book: TicketBook, _ sessions: WidgetSessions, origins: WidgetOrigins,
        pages: WidgetPages = WidgetPages(vaultKey: nil, themeURL: nil), ownWidgets: [[UInt8]: [UInt8]],
        onGuess: @escaping (IPAddress, @escaping () -> Void) -> Void
    ) {
        self.book = book
        self.sessions = sessions
        self.origins = origins
        self.pages = pages
        self.ownWidgets = ownWidgets
        self.onGuess = onGuess
    }

    // MARK: Page

    func page(_ link: [UInt8], _ request: HTTPRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        let language = WidgetLanguage(acceptLanguage: request.head.field("accept-language"))
        find(link, request) { [self] found in
            switch found {
            case .unavailable: answer(Self.hidden(pages.page(.unavailable, language)))
            case .nothing: answer(Self.hidden(pages.page(.unknown, language)))
            case .ticket(let ticket): answer(Self.hidden(page(ticket, language)))
            }
        }
    }

    /// `/w/assets/{name}`: what the built-in pages load.
    func asset(_ name: [UInt8], _ request: HTTPRequest) -> HTTPResponse {
        WidgetPages.asset(name).map(Self.hidden) ?? .refusal(.routeUnknown, requestID: request.requestID)
    }

    /// Kept by nobody, found by no search.
    private static func hidden(_ response: HTTPResponse) -> HTTPResponse {
        var response = response
        response.fields.append(ResponseField(name: "Cache-Control", value: [UInt8](text: "no-store")))
        response.fields.append(ResponseField(name: "X-Robots-Tag", value: [UInt8](text: "noindex, nofollow")))
        response.policy = .widget
        return response
    }

    private func page(_ ticket: Ticket, _ language: WidgetLanguage) -> HTTPResponse {
        switch book.status(ticket) {
        case .succeeded, .failed: return pages.page(.used, language)
        case .expired: return pages.page(.expired, language)
        case .open: break
        }
        guard let widget = ownWidgets[ticket.operation] else {
            return pages.page(.widget(operation: ticket.operation), language)
        }
        var response = HTTPResponse.empty(303)
        let location = widget + [UInt8](text: "#lola=") + book.link(ticket)
        response.fields.append(ResponseField(name: "Location", value: location))
        return response
    }

    // MARK: Session

    func session(_ link: [UInt8], _ request: HTTPRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        if request.head.method == .options { return answer(origins.preflight(request)) }
        let done: (HTTPResponse) -> Void = { [origins] response in
            var response = origins.allow(response, request)
            response.policy = .widgetData
            answer(response)
        }
        let refuse: (Refusal) -> Void = { done(.refusal($0, requestID: request.requestID)) }
        find(link, request) { [self] found in
            switch found {
            case .unavailable: refuse(.storeUnavailable)
            case .nothing: refuse(.routeUnknown)
            case .ticket(let ticket):
                guard book.status(ticket) == .open else { return refuse(.ticketClosed) }
                sessions.open(ticket, at: book.loop.wall) { result in
                    switch result {
                    case .failure(let refusal): refuse(refusal)
                    case .success(let session): done(.json(200, TicketJSON.session(ticket, session)))
                    }
                }
            }
        }
    }

    private func find(_ link: [UInt8], _ request: HTTPRequest, _ body: @escaping (TicketBook.Found) -> Void) {
        book.find(link: link) { [self] found in
            if case .nothing = found { onGuess(request.peer) { body(found) } } else { body(found) }
        }
    }
}
