// Agent tokens for operators (CONTRACT §10, §11): minted, listed, revoked. A token's text is in the answer that makes
// it and nowhere else.

final class TokenAPI {
    private let desk: AgentDesk

    init(_ desk: AgentDesk) { self.desk = desk }

    /// `POST tokens {"agent","label"?,"expires"?,"scopes"?}`: 201. `expires` is a number of seconds.
    func mint(_ call: AdminCall) {
        call.run { () throws(Refusal) in
            let fields = try AdminFields(call.request, "agent", "label", "expires", "scopes")
            guard let agent = AgentID(try fields.required("agent")) else { throw .fieldInvalid }
            let seconds = try fields.integer("expires", 1...Limits.agentTokenLifeMax.inSeconds)
            desk.mint(
                agent, label: try fields.text("label")?.text, scopes: try fields.words("scopes", TokenScope.self),
                life: seconds.map { .seconds($0) } ?? Limits.agentTokenLife, actor: call.actor
            ) { result in
                switch result {
                case .failure(let refusal): call.refuse(refusal)
                case .success(let minted):
                    call.object(201) { writer in
                        writer.object { writer in
                            writer.member("id", bytes: minted.token.id.hex)
                            writer.member("agent", minted.token.agent.text)
                            writer.member("label", minted.token.label)
                            writer.member("token", bytes: minted.text)
                            writer.member("expires_at", time: minted.token.expires)
                        }
                    }
                }
            }
        }
    }

    /// `GET tokens?limit=&cursor=`: those that stand, and those that were revoked or expired lately.
    func list(_ call: AdminCall) {
        call.run { () throws(Refusal) in
            let page = try AdminList(call.request)
            guard desk.isReady else { throw .storeUnavailable }
            let found = desk.tokens.mirror.page(after: page.after, limit: page.limit).map(\.1)
            withUses(of: found) { uses in
                let next = found.count == page.limit ? found.last?.id : nil
                call.answer(AdminList.answer(found, next: next) { Self.write($0, lastUse: uses[$0.id], to: &$1) })
            }
        }
    }

    /// `DELETE tokens/{id}`: 204, also when it is revoked already.
    func revoke(_ id: RecordID, _ call: AdminCall) { desk.revoke(id, actor: call.actor) { call.end($0) } }

    private func withUses(of tokens: [AgentToken], _ body: @escaping ([RecordID: WallTime]) -> Void) {
        var open = tokens.count
        var uses: [RecordID: WallTime] = [:]
        if open == 0 { return body(uses) }
        for token in tokens {
            desk.lastUse(of: token.id) { at in
                uses[token.id] = at
                open -= 1
                if open == 0 { body(uses) }
            }
        }
    }

    private static func write(_ token: AgentToken, lastUse: WallTime?, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", bytes: token.id.hex)
            writer.member("agent", token.agent.text)
            writer.member("label", token.label)
            writer.member("scopes") { writer in
                guard let scopes = token.scopes else { return writer.null() }
                writer.array { writer in for scope in scopes { writer.string(scope.rawValue) } }
            }
            writer.member("created_at", time: token.created)
            writer.member("expires_at", time: token.expires)
            writer.member("last_used_at", time: lastUse)
            writer.member("revoked_at", time: token.revoked)
        }
    }
}
