// What the HTTP server of a loop asks: which route, may this go on, and what is the answer. Authentication of
// the management surface happens here, on the head, before any body is read.

final class GatewayApplication: HTTPApplication {
    /// What the application needs; made by the loop's assembly.
    struct Parts {
        let server: HTTPServer
        let door: WebhookDoor
        let channels: [ChannelName: any Channel]
        let whatsapp: WhatsAppChannel?
        let admin: AdminAPI
        let deadLetters: DeadLetterAPI
        let tickets: TicketAssembly
        let health: Health
        let orchestratorToken: SecretBytes
        let isDemo: Bool
        let jwks: [UInt8]
        let metrics: () -> [UInt8]
        /// Whether the store takes changes now.
        let storeIsOpen: () -> Bool
        /// Present only under `lola dev`.
        let console: (any ConsoleApplication)?
    }

    private let parts: Parts

    init(_ parts: Parts) { self.parts = parts }

    func admit(_ head: HTTPRequestHead, role: ListenerRole, peer: IPAddress, requestID: [UInt8]) -> Admission {
        do throws(HTTPFault) {
            if head.method == .other { return refuse(.methodUnknown, requestID) }
            let isConsole = parts.console != nil && peer.isLoopback
            guard let route = try Route.find(head.bytes[head.path.asRange], role: role, hasConsole: isConsole) else {
                return refuse(.routeUnknown, requestID)
            }
            return admit(route, head, peer, requestID)
        } catch {
            return .answer(.problem(error.status, code: error.word, requestID: requestID))
        }
    }

    private func admit(
        _ route: Route, _ head: HTTPRequestHead, _ peer: IPAddress, _ requestID: [UInt8]
    ) -> Admission {
        var channel: (any Channel)?
        if let name = route.channel {
            channel = parts.channels[name]
            if channel == nil { return refuse(.channelOff, requestID) }
        }
        guard route.methods.contains(head.method) else {
            var response = HTTPResponse.refusal(.methodNotAllowed, requestID: requestID)
            let allowed = route.methods.map { "\($0.word)" }.joined(separator: ", ")
            response.fields.append(ResponseField(name: "Allow", value: [UInt8](text: allowed)))
            return .answer(response)
        }
        if route.isAdmin, !isOrchestrator(head) { return refuse(.authenticationRequired, requestID) }
        var caller: Principal?
        if route.isForAgents {
            caller = principal(head, peer)
            if caller == nil { return refuse(.authenticationRequired, requestID) }
        }
        if head.method == .post, head.framing == .none { return refuse(.lengthRequired, requestID) }
        if let channel, head.method == .post {
            return .proceed(bodyMax: channel.bodyMax) { [parts] request, exchange in
                parts.door.receive(request, from: channel) { parts.server.respond(exchange, $0) }
            }
        }
        return .proceed(bodyMax: channel?.bodyMax ?? route.bodyMax) { [self] request, exchange in
            if let caller {
                return handle(route, request, of: caller) { [parts] in parts.server.respond(exchange, $0) }
            }
            handle(route, request) { [parts] response in parts.server.respond(exchange, response) }
        }
    }

    private func refuse(_ refusal: Refusal, _ requestID: [UInt8]) -> Admission {
        .answer(.refusal(refusal, requestID: requestID))
    }

    /// Exactly one `Authorization: Bearer …` that is the orchestrator token, compared by digest.
    private func isOrchestrator(_ head: HTTPRequestHead) -> Bool {
        guard head.count("authorization") == 1, let value = head.field("authorization") else { return false }
        guard value.count > 7, ASCII.equalIgnoringCase(value.prefix(7), "bearer ") else { return false }
        return parts.orchestratorToken.equals(value.dropFirst(7))
    }

    /// Who calls an agent route; nil when nobody that is known.
    private func principal(_ head: HTTPRequestHead, _ peer: IPAddress) -> Principal? {
        if parts.isDemo { return Principal(kind: .demo, address: peer) }
        return isOrchestrator(head) ? Principal(kind: .orchestrator, address: peer) : nil
    }

    private func handle(
        _ route: Route, _ request: HTTPRequest, of caller: Principal, _ answer: @escaping (HTTPResponse) -> Void
    ) {
        let api = parts.tickets.api
        switch route {
        case .tickets: api.create(request, caller, answer)
        case .ticket(let id) where request.head.method == .delete: api.revoke(id, request, caller, answer)
        case .ticket(let id): api.show(id, request, caller, answer)
        default: answer(.refusal(.routeUnknown, requestID: request.requestID))
        }
    }

    /// Everything but the webhooks themselves.
    private func handle(_ route: Route, _ request: HTTPRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        switch route {
        case .livez: answer(Health.alive)
        case .readyz: answer(parts.health.readiness(storeIsOpen: parts.storeIsOpen()))
        case .webhook:
            // A GET: only Meta's handshake.
            guard let whatsapp = parts.whatsapp else {
                return answer(.refusal(.channelOff, requestID: request.requestID))
            }
            answer(parts.door.handshake(request, with: whatsapp))
        case .jwks: answer(jwks())
        case .metrics:
            answer(HTTPResponse(
                status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: parts.metrics()))
        case .adminMessages: answer(parts.admin.messages(request))
        case .adminMessage(let key): answer(parts.admin.message(key, request))
        case .adminDeadLetters where request.head.method == .post: parts.deadLetters.act(request, answer)
        case .adminDeadLetters: parts.deadLetters.list(request, answer)
        case .adminDeadLetter(let id) where request.head.method == .delete:
            parts.deadLetters.drop(id, request, answer)
        case .adminDeadLetter(let id): parts.deadLetters.show(id, request, answer)
        case .adminQuarantine: parts.deadLetters.quarantine(request, answer)
        case .adminDryRun: parts.admin.dryRun(request, answer)
        case .adminTickets: parts.tickets.api.list(request, answer)
        case .widget(let link): parts.tickets.widgets.page(link, request, answer)
        case .widgetSession(let link): parts.tickets.widgets.session(link, request, answer)
        case .widgetAsset(let name): answer(parts.tickets.widgets.asset(name, request))
        case .callback(let token): parts.tickets.callbacks.receive(token, request, answer)
        case .tickets, .ticket: answer(.refusal(.routeUnknown, requestID: request.requestID))
        case .dev: parts.console?.handle(request, answer)
        }
    }

    private func jwks() -> HTTPResponse {
        HTTPResponse(
            status: 200, contentType: "application/jwk-set+json",
            fields: [ResponseField(name: "Cache-Control", value: [UInt8](text: "public, max-age=300"))],
            body: parts.jwks)
    }
}
