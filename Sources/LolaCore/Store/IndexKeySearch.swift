// How a starting gateway comes by the index key of its store: found, renewed under a new data key, or made. A value
// that says what to ask next; IndexKey.find or a loop carries the questions to the store.

extension StoreOperation {
    /// Asked by an `IndexKeySearch`: names the record of the key, or claims the making of it together with that.
    var isOfIndexKey: Bool {
        switch self {
        case .get(let key), .put(let key, _, _): key == IndexKey.record
        case .batch(let parts): parts.contains { $0.isOfIndexKey }
        default: false
        }
    }
}

/// The search as questions and answers, so that it runs on a loop as well as before there are any. Of several gateways
/// that start on an empty store at once, one makes the key and all others take it.
struct IndexKeySearch {
    enum Step {
        case ask(StoreOperation)
        case done(IndexKey)
        case failed(IndexKeyFault)
    }

    private enum State {
        case looking
        case making(SecretBytes)
        /// Another gateway was first.
        case lookingAgain
        case renewing(SecretBytes)
        case restoring(SecretBytes)
    }

    /// Taken together with writing the key: a claim is what every store grants once only.
    private static let gate = StoreKey(.seen, IndexKey.record.id)

    private let keys: SealKeys
    private let entropy: any Entropy
    private let offer: SecretBytes?
    private let isAlone: Bool
    private var state = State.looking

    /// - Parameters:
    ///   - offer: put into a store that has no key; without it a fresh one is made.
    ///   - isAlone: nobody else can be making one. Where making was claimed and there is none, it was lost.
    init(keys: SealKeys, entropy: any Entropy, offer: SecretBytes? = nil, isAlone: Bool = false) {
        self.isAlone = isAlone
        self.keys = keys
        self.entropy = entropy
        self.offer = offer
    }

    mutating func begin() -> Step {
        state = .looking
        return .ask(.get(IndexKey.record))
    }

    /// What comes after the answer to the last question.
    mutating func take(_ answer: StoreAnswer) -> Step {
        switch (state, answer) {
        case (.looking, .value(nil)): make()
        case (.looking, .value(let sealed?)), (.lookingAgain, .value(let sealed?)): open(sealed)
        case (.making(let secret), .claimed(true)): .done(IndexKey(secret: secret, origin: .made))
        case (.making(let secret), .claimed(false)): if isAlone { restore(secret) } else { lookAgain() }
        case (.restoring(let secret), .done): .done(IndexKey(secret: secret, origin: .made))
        case (.renewing(let secret), .done): .done(IndexKey(secret: secret, origin: .renewed))
        default: .failed(.unavailable)
        }
    }

    private mutating func make() -> Step {
        let bytes = offer.map { $0.withBytes { [UInt8](copying: $0) } } ?? entropy.bytes(IndexKey.count)
        state = .making(SecretBytes(bytes))
        return .ask(
            .batch([
                .claim(Self.gate, expires: Limits.indexKeyClaim),
                .put(IndexKey.record, keys.seal(bytes, for: IndexKey.record), expires: nil),
            ]))
    }

    private mutating func restore(_ secret: SecretBytes) -> Step {
        state = .restoring(secret)
        let bytes = secret.withBytes { [UInt8](copying: $0) }
        return .ask(.put(IndexKey.record, keys.seal(bytes, for: IndexKey.record), expires: nil))
    }

    private mutating func lookAgain() -> Step {
        state = .lookingAgain
        return .ask(.get(IndexKey.record))
    }

    private mutating func open(_ sealed: [UInt8]) -> Step {
        guard let bytes = keys.open(sealed, of: IndexKey.record), bytes.count == IndexKey.count else {
            return .failed(.dataKeyWrong)
        }
        let secret = SecretBytes(bytes)
        if keys.isCurrent(sealed) { return .done(IndexKey(secret: secret, origin: .found)) }
        state = .renewing(secret)
        return .ask(.put(IndexKey.record, keys.seal(bytes, for: IndexKey.record), expires: nil))
    }
}
