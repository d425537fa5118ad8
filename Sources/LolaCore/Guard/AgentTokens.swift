// All agent tokens of the gateway in memory: asked at every request of an agent, and by streams while they are open.
// Thread-safe, shared by all loops. TokenDesk changes them, MirrorKeeper keeps them true.
import Synchronization

final class AgentTokens: AgentTokenVerifier, Sendable {
    let mirror = RoomMirror<AgentToken>(.token, countMax: Limits.agentTokensMax) { try? AgentToken($0) }
    private let used = Mutex<[RecordID: WallTime]>([:])

    /// False at start, and while a shared store has not been heard of: the answer to everybody is then "not now", for
    /// nobody can be told from anybody.
    var isReady: Bool { mirror.isLoaded }

    /// Checksum, digest, look-up, comparison in constant time, expiry and revocation, in this order. Notes the use in
    /// memory only.
    func verify(_ token: ArraySlice<UInt8>, at now: WallTime) -> AgentTokenStanding? {
        guard AgentTokenText.isWellFormed(token) else { return nil }
        let digest = Digest.sha256(token.span)
        guard let found = mirror[AgentToken.id(digest: digest)], ConstantTime.equal(found.digest, digest),
            found.stands(at: now)
        else { return nil }
        used.withLock { $0[found.id] = now }
        return AgentTokenStanding(agent: found.agent, token: found.id, scopes: found.scopes?.map(\.rawValue))
    }

    /// For whoever has shown a token and stays: asked again at every tick of a stream. False from the moment at which
    /// the token would be refused.
    func stands(_ token: RecordID, at now: WallTime) -> Bool { mirror[token]?.stands(at: now) ?? false }

    /// Grows whenever `stands` may have changed its answer for any other reason than the time.
    var generation: Int { mirror.generation }

    /// Tokens of one agent that stand.
    func count(of agent: AgentID, at now: WallTime) -> Int {
        mirror.count { $0.agent == agent && $0.stands(at: now) }
    }

    /// Uses since the last call.
    func takeUses() -> [RecordID: WallTime] {
        used.withLock { used in
            defer { used = [:] }
            return used
        }
    }

    /// The last use noted here and not yet in the store.
    func lastUse(of token: RecordID) -> WallTime? { used.withLock { $0[token] } }
}

/// Writes the last uses down, once a minute and together. One for the process, on the first loop.
final class TokenUseKeeper {
    private let loop: Loop
    private let store: any Store
    private let tokens: AgentTokens

    init(_ loop: Loop, _ store: any Store, _ tokens: AgentTokens) {
        self.loop = loop
        self.store = store
        self.tokens = tokens
    }

    /// Goes on for the life of the loop.
    func start() {
        loop.after(Limits.tokenUseInterval) { [self] in
            write()
            start()
        }
    }

    /// What the store does not take is lost: the next use comes with the next minute.
    func write() {
        let uses = tokens.takeUses()
        if uses.isEmpty { return }
        let parts = uses.map { id, at in
            StoreOperation.put(AgentToken.useKey(id), AgentToken.useBytes(at), expires: Limits.tokenUseRetention)
        }
        store.submit(.batch(parts)) { _ in }
    }
}
