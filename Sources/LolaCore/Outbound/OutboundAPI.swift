// `POST /v1/messages` and `GET /v1/messages/{key}` (CONTRACT §8): reads an order strictly, asks the gate, and says what
// became of it. Who asks comes as a principal; an agent sees and sends only its own. One per loop.

final class OutboundAPI {
    private let loop: Loop
    private let gate: OutboundGate

    init(_ loop: Loop, _ gate: OutboundGate) {
        self.loop = loop
        self.gate = gate
    }

    /// 202 with key, status, warnings and what is left; 403 or 429 with what the agent can do about it.
    func send(_ request: HTTPRequest, _ principal: Principal, _ answer: @escaping (HTTPResponse) -> Void) {
        let order: OutboundOrder
        do throws(OutboundFormFault) { order = try self.order(request.body, principal) } catch {
            return answer(error.response(request.requestID))
        }
        gate.submit(order, by: Self.word(principal)) { [loop] verdict in
            switch verdict {
            case .accepted(let receipt): answer(.json(202, OutboundJSON.receipt(receipt)))
            case .refused(let refusal):
                answer(OutboundJSON.problem(refusal, requestID: request.requestID, at: loop.wall))
            }
        }
    }

    /// 200 with the order's state; 404 for one that is not the caller's.
    func show(
        _ key: [UInt8], _ request: HTTPRequest, _ principal: Principal, _ answer: @escaping (HTTPResponse) -> Void
    ) {
        gate.entry(key, of: principal.kind == .agent ? principal.agent : nil) { [loop] found in
            switch found {
            case .success(let entry?): answer(.json(200, OutboundJSON.entry(entry)))
            case .success(nil): answer(.refusal(.routeUnknown, requestID: request.requestID))
            case .failure(let refusal):
                answer(OutboundJSON.problem(refusal, requestID: request.requestID, at: loop.wall))
            }
        }
    }

    // MARK: Reading

    private static let members = [
        "agentId", "conversation", "channel", "to", "type", "text", "subject", "html", "purpose", "record",
    ].map { [UInt8](text: $0) }

    private func order(_ body: [UInt8], _ principal: Principal) throws(OutboundFormFault) -> OutboundOrder {
        guard let document = try? JSONDocument.parse(body), document.root.kind == .object else { throw .body }
        let fields = OutboundFields(document.root)
        for (key, _) in document.root.members where !Self.members.contains(where: { key.elementsEqual($0) }) {
            throw .field("members other than those of an order are not taken")
        }
        let order = try OutboundOrder(document.root, of: try agent(fields, principal), .any)
        if let type = try fields.text("type", max: .bytes(16)), type.text != (order.isCall ? "call" : "text") {
            throw .field("type must be text, or call with voice")
        }
        let scope = order.isCall ? TokenScope.makeCall : .sendMessage
        guard principal.scopes?.contains(scope.rawValue) ?? true else { throw .scope(scope) }
        return order
    }

    /// An agent's token may leave the name out; another agent's name is refused by both names.
    private func agent(_ fields: OutboundFields, _ principal: Principal) throws(OutboundFormFault) -> AgentID {
        guard let text = try fields.text("agentId", max: .bytes(AgentID.countMax)) else {
            guard let own = principal.agent else { throw .field("agentId is required (or use an agent token)") }
            return own
        }
        guard let named = AgentID(text) else { throw .field("agentId is malformed") }
        guard Authorisation.may(principal, .sendMessage, of: named) else {
            throw .foreign(own: principal.agent?.text ?? "", named: named.text)
        }
        return named
    }

    private static func word(_ principal: Principal) -> String {
        principal.agent.map { "agent:\($0.text)" } ?? principal.kind.rawValue
    }
}
