// What the HTTP server of a loop asks: the gatekeeper decides on the head, the handler that claims the action takes the
// whole request. Knows neither paths nor rules.

final class GatewayApplication: HTTPApplication {
    private let server: HTTPServer
    private let gatekeeper: Gatekeeper
    private var handlers: [Action: any ActionHandler] = [:]
    private let bodies: (GatePass) -> ByteCount

    /// - Parameter bodies: how large the body of an admitted request may be.
    init(
        server: HTTPServer, gatekeeper: Gatekeeper, handlers: [any ActionHandler],
        bodies: @escaping (GatePass) -> ByteCount
    ) {
        self.server = server
        self.gatekeeper = gatekeeper
        self.bodies = bodies
        for handler in handlers {
            for action in handler.actions {
                precondition(self.handlers[action] == nil, "two handlers claim an action")
                self.handlers[action] = handler
            }
        }
    }

    func admit(_ head: HTTPRequestHead, role: ListenerRole, peer: IPAddress, requestID: [UInt8]) -> Admission {
        switch gatekeeper.decide(head, role: role, peer: peer, requestID: requestID) {
        case .refuse(let response, nil): return .answer(response)
        case .refuse(let response, let when?): return .answerLater(response, when: when)
        case .pass(let pass): return admit(pass, head, requestID)
        }
    }

    func fieldsOfFault(_ head: HTTPRequestHead, role: ListenerRole) -> [ResponseField] {
        gatekeeper.leave(head, role: role)
    }

    private func admit(_ pass: GatePass, _ head: HTTPRequestHead, _ requestID: [UInt8]) -> Admission {
        let isBodyWanted = head.method == .post || head.method == .put
        guard let handler = handlers[pass.action], !isBodyWanted || head.framing != .none else {
            let refusal: Refusal = handlers[pass.action] == nil ? .routeUnknown : .lengthRequired
            var response = HTTPResponse.refusal(refusal, requestID: requestID)
            response.fields += pass.fields + gatekeeper.leave(pass.route, head)
            return .answer(response)
        }
        return .proceed(bodyMax: bodies(pass)) { [server] request, exchange in
            var request = request
            request.peer = pass.principal.address
            let admitted = AdmittedRequest(
                request: request, exchange: exchange, action: pass.action, parameter: pass.parameter,
                principal: pass.principal, channel: pass.route.channel, fields: pass.fields)
            let fields = pass.fields
            handler.handle(admitted) { response in
                if fields.isEmpty { return server.respond(exchange, response) }
                var response = response
                response.fields += fields
                server.respond(exchange, response)
            }
        }
    }
}
