// The key of the hashes that name records: made once for each store and kept in it, sealed under the data key, so that
// the data key can change and the hashes stay. Found or made at start, before anything else is asked of the store.

struct IndexKey: Sendable {
    enum Origin: Sendable {
        case found
        /// Found under an older data key and put back under the first.
        case renewed
        /// The store had none: it is new, or the record is lost. In the second case nothing kept before is found again.
        case made
    }

    static let count = 32
    /// Where it is kept.
    static let record = StoreKey(.meta, RecordID(hashOf: [UInt8](text: "lola index key")))

    let secret: SecretBytes
    let origin: Origin

    /// The key of `Pseudonyms`.
    func pseudonymKey() throws(CryptoFault) -> SecretBytes {
        try HKDF.sha256(secret: secret, salt: [], info: [UInt8](text: "lola pseudonyms v1"), count: 32)
    }

    /// Finds or makes the key by asking the store itself (not through SealedStore). `ask` waits for the answer.
    ///
    /// - Parameters:
    ///   - offer: put into a store that has none, in place of a fresh one.
    ///   - isAlone: no other gateway can be at it.
    static func find(
        keys: SealKeys, entropy: any Entropy, offer: SecretBytes? = nil, isAlone: Bool = false,
        ask: (StoreOperation) -> StoreAnswer
    ) throws(IndexKeyFault) -> IndexKey {
        var search = IndexKeySearch(keys: keys, entropy: entropy, offer: offer, isAlone: isAlone)
        var step = search.begin()
        while true {
            switch step {
            case .ask(let operation): step = search.take(ask(operation))
            case .done(let key): return key
            case .failed(let fault): throw fault
            }
        }
    }
}

/// Why there is no index key. Closed; the raw value is the log word.
enum IndexKeyFault: String, Error, CaseIterable, Sendable {
    /// LOLA_DATA_KEY does not open this store: no key of the ring opens its index key (exit code 78).
    case dataKeyWrong = "data_key_wrong"
    /// The store did not answer, or another gateway is making the key and has not finished; try again.
    case unavailable
}
