// Where agents and their tokens are changed: the audit record first, then the store, then the mirrors, then the answer.
// One per loop; asked by the admin surface and by tools of the orchestrator.

final class AgentDesk {
    struct Minted: Sendable {
        let token: AgentToken
        /// Shown once, kept nowhere.
        let text: [UInt8]
    }

    let tokens: AgentTokens
    let accounts: AgentAccounts
    private let loop: Loop
    private let store: any Store
    private let audit: any AuditLog

    init(_ loop: Loop, store: any Store, audit: any AuditLog, tokens: AgentTokens, accounts: AgentAccounts) {
        self.loop = loop
        self.store = store
        self.audit = audit
        self.tokens = tokens
        self.accounts = accounts
    }

    /// Both rooms have been read.
    var isReady: Bool { tokens.isReady && accounts.mirror.isLoaded }

    // MARK: Tokens

    /// A new token, and its agent when there is none of that id yet.
    func mint(
        _ agent: AgentID, label: String?, scopes: [TokenScope]?, life: Interval, actor: String,
        _ completion: @escaping (Result<Minted, Refusal>) -> Void
    ) {
        guard isReady else { return completion(.failure(.storeUnavailable)) }
        let now = loop.wall
        if tokens.mirror.isFull { tokens.mirror.drop { $0.kept <= now } }
        let account = accounts[agent] == nil ? AgentAccount(agent, created: now) : nil
        guard !tokens.mirror.isFull, account == nil || !accounts.mirror.isFull else {
            return completion(.failure(.quotaReached))
        }
        let text = AgentTokenText.make(loop.entropy.bytes(AgentTokenText.entropyCount))
        let token = AgentToken(
            digest: Digest.sha256(text), agent: agent, label: label, scopes: scopes, created: now, expires: now + life)
        var event = AuditEvent(
            action: .tokenMinted, actor: actor, subject: "agent:" + agent.text, outcome: "ok")
        event.facts = [("token", token.id.hex.text), ("seconds", "\(life.inSeconds)")]
        let parts = tokens.mirror.operation(token.id, token.bytes, expires: token.kept - now, mark: mark)
        let minted = Minted(token: token, text: text)
        carryOut(event, parts + (account.map { making($0) } ?? [])) { [self] refusal in
            guard refusal == .exists else { return ended(minted, account, refusal, completion) }
            // Somebody else made the agent at this moment: it stays as they made it.
            store.submit(.batch(parts)) { [self] answer in
                ended(minted, nil, answer == .done ? nil : .storeUnavailable, completion)
            }
        }
    }

    /// - Parameter account: made with the token.
    private func ended(
        _ minted: Minted, _ account: AgentAccount?, _ refusal: Refusal?,
        _ completion: (Result<Minted, Refusal>) -> Void
    ) {
        if let refusal { return completion(.failure(refusal)) }
        tokens.mirror.set(minted.token.id, minted.token)
        if let account { accounts.mirror.set(AgentAccount.record(account.id), account) }
        completion(.success(minted))
    }

    /// From the answer on nobody is let in by it here, and within a second at any other gateway. Twice is no error.
    func revoke(_ id: RecordID, actor: String, _ completion: @escaping (Refusal?) -> Void) {
        guard isReady else { return completion(.storeUnavailable) }
        guard var token = tokens.mirror[id] else { return completion(.routeUnknown) }
        if token.revoked != nil { return completion(nil) }
        let now = loop.wall
        token.revoked = now
        var event = AuditEvent(
            action: .tokenRevoked, actor: actor, subject: "agent:" + token.agent.text, outcome: "ok")
        event.facts = [("token", id.hex.text)]
        let parts = tokens.mirror.operation(id, token.bytes, expires: token.kept - now, mark: mark)
        carryOut(event, parts) { [self, token] refusal in
            if refusal == nil { tokens.mirror.set(id, token) }
            completion(refusal)
        }
    }

    /// Revokes every token of an agent that stands; the count of them. The first failure ends it: what was revoked
    /// stays revoked.
    func revokeAll(of agent: AgentID, actor: String, _ completion: @escaping (Result<Int, Refusal>) -> Void) {
        guard isReady else { return completion(.failure(.storeUnavailable)) }
        let now = loop.wall
        let standing = tokens.mirror.page(after: nil, limit: Limits.agentTokensMax) {
            $0.agent == agent && $0.stands(at: now)
        }
        revoke(standing.map(\.0)[...], 0, actor, completion)
    }

    private func revoke(
        _ ids: ArraySlice<RecordID>, _ count: Int, _ actor: String,
        _ completion: @escaping (Result<Int, Refusal>) -> Void
    ) {
        guard let id = ids.first else { return completion(.success(count)) }
        revoke(id, actor: actor) { [self] refusal in
            if let refusal { return completion(.failure(refusal)) }
            revoke(ids.dropFirst(), count + 1, actor, completion)
        }
    }

    /// When the token was last used, by what is here and what the store knows.
    func lastUse(of token: RecordID, _ completion: @escaping (WallTime?) -> Void) {
        let own = tokens.lastUse(of: token)
        store.submit(.get(AgentToken.useKey(token))) { answer in
            guard case .value(let bytes?) = answer, let kept = AgentToken.use(bytes) else { return completion(own) }
            completion(own.map { max($0, kept) } ?? kept)
        }
    }

    // MARK: Agents

    /// `.exists` when there is one of that id. Of any who make one at the same moment, on any gateway, one has made it.
    func create(_ account: AgentAccount, actor: String, _ completion: @escaping (Refusal?) -> Void) {
        guard isReady else { return completion(.storeUnavailable) }
        guard accounts[account.id] == nil else { return completion(.exists) }
        guard !accounts.mirror.isFull else { return completion(.quotaReached) }
        put(account, .agentChanged, actor: actor, fact: "created", making(account)) { [self] refusal in
            // The trail has told of a change that did not come.
            if refusal == .exists {
                audit.note(AuditEvent(
                    action: .agentChanged, actor: actor, subject: "agent:" + account.id.text,
                    outcome: Refusal.exists.rawValue))
            }
            completion(refusal)
        }
    }

    /// Changes an agent that there is.
    func update(
        _ id: AgentID, _ action: AuditEvent.Action, actor: String, _ change: (inout AgentAccount) -> Void,
        _ completion: @escaping (Result<AgentAccount, Refusal>) -> Void
    ) {
        guard isReady else { return completion(.failure(.storeUnavailable)) }
        guard var account = accounts[id] else { return completion(.failure(.routeUnknown)) }
        change(&account)
        put(account, action, actor: actor, fact: account.status.rawValue, keeping(account)) { [account] refusal in
            completion(refusal.map { .failure($0) } ?? .success(account))
        }
    }

    private func put(
        _ account: AgentAccount, _ action: AuditEvent.Action, actor: String, fact: String,
        _ parts: [StoreOperation], _ completion: @escaping (Refusal?) -> Void
    ) {
        var event = AuditEvent(action: action, actor: actor, subject: "agent:" + account.id.text, outcome: "ok")
        event.facts = [("change", fact)]
        carryOut(event, parts) { [self] refusal in
            if refusal == nil { accounts.mirror.set(AgentAccount.record(account.id), account) }
            completion(refusal)
        }
    }

    private func keeping(_ account: AgentAccount) -> [StoreOperation] {
        accounts.mirror.operation(AgentAccount.record(account.id), account.bytes, expires: nil, mark: mark)
    }

    /// The same for a new one: lost when somebody else has made it.
    private func making(_ account: AgentAccount) -> [StoreOperation] {
        [.claim(AgentAccount.making(account.id), expires: Limits.agentMakingClaim)] + keeping(account)
    }

    // MARK: Order

    /// Any octets that were not there before.
    private var mark: [UInt8] { loop.entropy.bytes(16) }

    /// Nothing happens that the audit trail does not tell of.
    private func carryOut(
        _ event: AuditEvent, _ parts: [StoreOperation], _ completion: @escaping (Refusal?) -> Void
    ) {
        audit.carryOut(event, .batch(parts), in: store, completion)
    }
}

extension AuditLog {
    /// A change that is told of before it is made: `completion` gets nil when both are durable, `.exists` when a claim
    /// in it is lost.
    func carryOut(
        _ event: AuditEvent, _ operation: StoreOperation, in store: any Store,
        _ completion: @escaping (Refusal?) -> Void
    ) {
        append(event) { isKept in
            guard isKept else { return completion(.auditUnavailable) }
            store.submit(operation) { answer in
                switch answer {
                case .done, .claimed(true): completion(nil)
                case .claimed(false): completion(.exists)
                default: completion(.storeUnavailable)
                }
            }
        }
    }
}
