// What the admin page and `lola tail` live on: the page's files, the stream of events, the state of everything. One per
// loop.

final class AdminPageArea: ActionHandler {
    private let events: AdminEvents
    private let report: () -> [UInt8]

    /// - Parameter report: the health of every dependency as JSON.
    init(_ events: AdminEvents, report: @escaping () -> [UInt8]) {
        self.events = events
        self.report = report
    }

    var actions: [Action] { [.readAdminPage, .followEvents, .readHealth] }

    func handle(_ admitted: AdmittedRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        let request = admitted.request
        switch admitted.action {
        case .readAdminPage:
            let path = request.head.bytes[request.head.path.asRange]
            answer(AdminPage(path)?.response ?? .refusal(.routeUnknown, requestID: request.requestID))
        case .followEvents: events.begin(request, admitted.exchange, fields: admitted.fields)
        default: answer(.json(200, report()))
        }
    }
}
