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
        let operators: OperatorAPI
        let health: Health
        let orchestratorToken: SecretBytes
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
            return admit(route, head, requestID)
        } catch {
            return .answer(.problem(error.status, code: error.word, requestID: requestID))
        }
    }

    private func admit(_ route: Route, _ head: HTTPRequestHead, _ requestID: [UInt8]) -> Admission {
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
        if head.method == .post || head.method == .put, head.framing == .none { return refuse(.lengthRequired, requestID) }
        if let channel, head.method == .post {
            return .proceed(bodyMax: channel.bodyMax) { [parts] request, exchange in
                parts.door.receive(request, from: channel) { parts.server.respond(exchange, $0) }
            }
        }
        return .proceed(bodyMax: channel?.bodyMax ?? Limits.bodyAPIMax) { [self] request, exchange in
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
        case .operators(let route):
            parts.operators.handle(route, AdminCall(request: request, actor: "orchestrator", answer: answer))
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
