// What the HTTP server of a loop asks: which route, may this go on, and what is the answer. Authentication of
// the management surface happens here, on the head, before any body is read.

final class GatewayApplication: HTTPApplication {
    /// What the application needs; made by the loop's assembly.
    struct Parts {
        let server: HTTPServer
        let intake: Intake
        let channels: [ChannelName: any Channel]
        let whatsapp: WhatsAppChannel?
        let admin: AdminAPI
        let deadLetters: DeadLetterAPI
        let health: Health
        let orchestratorToken: SecretBytes
        let jwks: [UInt8]
        let metrics: () -> [UInt8]
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
            return admit(route, head, requestID)
        } catch {
            return .answer(.problem(error.status, code: error.word, requestID: requestID))
        }
    }

    private func admit(_ route: Route, _ head: HTTPRequestHead, _ requestID: [UInt8]) -> Admission {
        if channel(of: route) == nil, route == .whatsapp || route == .telegram { return refuse(.channelOff, requestID) }
        guard route.methods.contains(head.method) else {
            var response = HTTPResponse.refusal(.methodNotAllowed, requestID: requestID)
            let allowed = route.methods.map { "\($0.word)" }.joined(separator: ", ")
            response.fields.append(ResponseField(name: "Allow", value: [UInt8](text: allowed)))
            return .answer(response)
        }
        if route.isAdmin, !isOrchestrator(head) { return refuse(.authenticationRequired, requestID) }
        if head.method == .post, head.framing == .none { return refuse(.lengthRequired, requestID) }
        return .proceed(bodyMax: channel(of: route)?.bodyMax ?? Limits.bodyAPIMax)
    }

    private func refuse(_ refusal: Refusal, _ requestID: [UInt8]) -> Admission {
        .answer(.refusal(refusal, requestID: requestID))
    }

    private func channel(of route: Route) -> (any Channel)? {
        switch route {
        case .whatsapp: parts.channels[.whatsapp]
        case .telegram: parts.channels[.telegram]
        default: nil
        }
    }

    /// Exactly one `Authorization: Bearer …` that is the orchestrator token, compared by digest.
    private func isOrchestrator(_ head: HTTPRequestHead) -> Bool {
        guard head.count("authorization") == 1, let value = head.field("authorization") else { return false }
        guard value.count > 7, ASCII.equalIgnoringCase(value.prefix(7), "bearer ") else { return false }
        return parts.orchestratorToken.equals(value.dropFirst(7))
    }

    func handle(_ request: HTTPRequest, _ exchange: Exchange) {
        let server = parts.server
        let path = request.head.bytes[request.head.path.asRange]
        let isConsole = parts.console != nil && request.peer.isLoopback
        guard let route = try? Route.find(path, role: request.role, hasConsole: isConsole) else {
            return server.respond(exchange, .refusal(.routeUnknown, requestID: request.requestID))
        }
        switch route {
        case .livez: server.respond(exchange, Health.alive)
        case .readyz: server.respond(exchange, parts.health.readiness)
        case .whatsapp where request.head.method != .post: handshake(request, exchange)
        case .whatsapp, .telegram:
            guard let channel = channel(of: route) else { return }
            parts.intake.receive(request, from: channel) { server.respond(exchange, $0) }
        case .jwks: server.respond(exchange, jwks())
        case .metrics:
            server.respond(exchange, HTTPResponse(
                status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: parts.metrics()))
        case .adminMessages: server.respond(exchange, parts.admin.messages(request))
        case .adminMessage(let key): server.respond(exchange, parts.admin.message(key, request))
        case .adminDeadLetters where request.head.method == .post:
            parts.deadLetters.act(request) { server.respond(exchange, $0) }
        case .adminDeadLetters: parts.deadLetters.list(request) { server.respond(exchange, $0) }
        case .adminDeadLetter(let id) where request.head.method == .delete:
            parts.deadLetters.drop(id, request) { server.respond(exchange, $0) }
        case .adminDeadLetter(let id): parts.deadLetters.show(id, request) { server.respond(exchange, $0) }
        case .adminQuarantine: parts.deadLetters.quarantine(request) { server.respond(exchange, $0) }
        case .adminDryRun: parts.admin.dryRun(request) { server.respond(exchange, $0) }
        case .dev: parts.console?.handle(request) { server.respond(exchange, $0) }
        }
    }

    /// Meta's verification of the callback address: the challenge verbatim, or 403.
    private func handshake(_ request: HTTPRequest, _ exchange: Exchange) {
        let raw = request.head.query.map { request.head.bytes[$0.asRange] } ?? []
        do throws(Refusal) {
            guard let query = try? FormFields(raw), let channel = parts.whatsapp else { throw .challengeInvalid }
            let challenge = try channel.handshake(query)
            parts.server.respond(exchange, .text(200, challenge))
        } catch {
            parts.server.respond(exchange, .refusal(error, requestID: request.requestID))
        }
    }

    private func jwks() -> HTTPResponse {
        HTTPResponse(
            status: 200, contentType: "application/jwk-set+json",
            fields: [ResponseField(name: "Cache-Control", value: [UInt8](text: "public, max-age=300"))],
            body: parts.jwks)
    }
}
