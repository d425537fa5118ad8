// Tickets, links and callbacks as actions behind the door: hands each admitted request to whoever carries it out. One
// per loop.

final class TicketArea: ActionHandler {
    private let tickets: TicketAssembly

    init(_ tickets: TicketAssembly) { self.tickets = tickets }

    var actions: [Action] {
        [
            .createTicket, .showTicket, .revokeTicket, .listTickets, .openLink, .readWidgetAsset, .openSession,
            .askForSession, .redeemCallback, .askForCallback,
        ]
    }

    func handle(_ admitted: AdmittedRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        let (request, caller) = (admitted.request, admitted.principal)
        let id = admitted.recordID ?? RecordID(high: 0, low: 0)
        switch admitted.action {
        case .createTicket: tickets.api.create(request, caller, answer)
        case .showTicket: tickets.api.show(id, request, caller, answer)
        case .revokeTicket: tickets.api.revoke(id, request, caller, answer)
        case .listTickets: tickets.api.list(request, answer)
        case .openLink: tickets.widgets.page(Self.sent(request, "/w/", ""), request, answer)
        case .readWidgetAsset: answer(tickets.widgets.asset(admitted.parameter, request))
        case .openSession, .askForSession:
            tickets.widgets.session(Self.sent(request, "/w/", "/session"), request, answer)
        default: tickets.callbacks.receive(Self.sent(request, "/callbacks/", ""), request, answer)
        }
    }

    /// What stands in the path as it was sent: the secret in it has one spelling.
    private static func sent(_ request: HTTPRequest, _ prefix: String, _ suffix: String) -> [UInt8] {
        let path = request.head.bytes[request.head.path.asRange]
        return [UInt8](path.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count))
    }
}
