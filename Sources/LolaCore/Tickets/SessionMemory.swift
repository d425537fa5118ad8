// The session tokens that this process made lately, by their digests. A token of which every octet is known needs no
// second proof; computing its signature again costs more than all else of a callback. Any thread.
import Synchronization

final class SessionMemory: Sendable {
    /// SHA-256 of a whole token, its signature included.
    private struct TokenDigest: Hashable {
        let first: RecordID
        let second: RecordID

        init(_ token: [UInt8]) {
            let digest = Digest.sha256(token)
            first = RecordID(digest: digest)
            second = RecordID(digest: Array(digest[16...]))
        }
    }

    private struct State {
        var known: Set<TokenDigest> = []
        /// In the order they came; a circle when it is full.
        var ring: [TokenDigest] = []
        var oldest = 0
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// - Parameter capacity: at least 1; of more tokens the oldest are forgotten.
    init(capacity: Int = Limits.sessionsKnownMax) { self.capacity = max(1, capacity) }

    /// `token` was signed here a moment ago.
    func keep(_ token: [UInt8]) {
        let digest = TokenDigest(token)
        state.withLock { state in
            guard state.known.insert(digest).inserted else { return }
            guard state.ring.count == capacity else { return state.ring.append(digest) }
            state.known.remove(state.ring[state.oldest])
            state.ring[state.oldest] = digest
            state.oldest = (state.oldest + 1) % capacity
        }
    }

    /// Whether exactly this token was. Whoever knows none of them finds none: the time of a look-up tells nothing.
    func holds(_ token: [UInt8]) -> Bool {
        let digest = TokenDigest(token)
        return state.withLock { $0.known.contains(digest) }
    }
}
