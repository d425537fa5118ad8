// Puts the index key back into a Redis that was flushed or replaced, before a gateway that starts makes another one:
// two keys would name the same message twice. One per loop, on its thread; looks after each connection.

final class IndexKeyKeeper {
    private let loop: Loop
    private let store: RedisStore
    private let keys: SealKeys
    private let secret: SecretBytes
    private let onReplaced: () -> Void
    private var isAsking = false
    /// Asked for while an answer was open.
    private var isOwed = false

    /// - Parameters:
    ///   - store: without seals, as at start; serves nothing but this look after a new beginning, until it is proved.
    ///   - secret: the index key that this process works with.
    ///   - onReplaced: Redis holds another key. What this process would write, nobody else would find.
    init(_ loop: Loop, _ store: RedisStore, keys: SealKeys, secret: SecretBytes, onReplaced: @escaping () -> Void) {
        self.loop = loop
        self.store = store
        self.keys = keys
        self.secret = secret
        self.onReplaced = onReplaced
        store.awaitsProof = true
    }

    func look() {
        isOwed = isAsking
        if isAsking { return }
        isAsking = true
        var search = IndexKeySearch(keys: keys, entropy: loop.entropy, offer: secret)
        follow(search.begin(), search)
    }

    private func follow(_ step: IndexKeySearch.Step, _ search: IndexKeySearch) {
        var search = search
        switch step {
        case .ask(let operation): store.submit(operation) { [self] in follow(search.take($0), search) }
        case .done(let found):
            guard found.secret.equals(secret) else { return onReplaced() }
            store.prove()
            ended()
        case .failed(.dataKeyWrong): onReplaced()
        case .failed(.unavailable):
            // Away: the next connection comes with a look. Full, or another is making the key: soon.
            isOwed = true
            loop.after(Limits.storeRetry) { [self] in ended() }
        }
    }

    private func ended() {
        isAsking = false
        if isOwed { look() }
    }
}
