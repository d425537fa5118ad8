// The data keys as a ring: the first seals, all open. A sealed value is bound to its record: moved to another key or
// room it does not open. One per loop (the ciphers belong to a thread); SealedStore, IndexKey and the rotation use it.

final class SealKeys {
    private struct Key {
        let id: [UInt8]
        let cipher: AESGCM
    }

    /// Octets of the name that a sealed value begins with.
    static let idCount = 4
    /// What sealing adds: key id, nonce, tag.
    static let overhead = idCount + AESGCM.nonceCount + AESGCM.tagCount

    private let keys: [Key]
    private let entropy: any Entropy
    /// Values sealed. Nonces are random, so one key must not seal more than 2^32 values in all (NIST SP 800-38D §8.3).
    private(set) var sealCount = 0
    /// Memory for associated data, which is made anew for each record.
    private var associated: [UInt8] = []

    /// - Parameter secrets: entries of LOLA_DATA_KEY, at least one, in their order; none is empty.
    init(_ secrets: [SecretBytes], entropy: any Entropy) throws(CryptoFault) {
        precondition(!secrets.isEmpty, "a ring has at least one key")
        self.entropy = entropy
        var keys: [Key] = []
        for secret in secrets {
            let id = try HKDF.sha256(
                secret: secret, salt: [], info: [UInt8](text: "lola seal id v1"), count: Self.idCount)
            let key = try HKDF.sha256(
                secret: secret, salt: [], info: [UInt8](text: "lola seal v1"), count: AESGCM.keyCount)
            keys.append(Key(id: id.withBytes { [UInt8](copying: $0) }, cipher: AESGCM(key: key)))
        }
        self.keys = keys
    }

    /// `[key id 4][nonce 12][ciphertext and tag]`, under the first key.
    func seal(_ plain: [UInt8], for record: StoreKey) -> [UInt8] {
        sealCount += 1
        var out: [UInt8] = []
        out.reserveCapacity(plain.count + Self.overhead)
        out += keys[0].id
        entropy.append(AESGCM.nonceCount, to: &out)
        keys[0].cipher.seal(plain, aad: binding(record), behindNonceIn: &out)
        return out
    }

    /// What was sealed for just this record; nil when no key of the ring opens it.
    func open(_ sealed: [UInt8], of record: StoreKey) -> [UInt8]? {
        guard sealed.count >= Self.overhead else { return nil }
        let nonce = [UInt8](sealed[Self.idCount..<(Self.idCount + AESGCM.nonceCount)])
        let rest = [UInt8](sealed[(Self.idCount + AESGCM.nonceCount)...])
        for key in keys where sealed.starts(with: key.id) {
            if let plain = try? key.cipher.open(rest, nonce: nonce, aad: binding(record)) { return plain }
        }
        return nil
    }

    /// Whether a value names the first key, so that it need not be sealed anew. Says nothing of whether it opens.
    func isCurrent(_ sealed: [UInt8]) -> Bool { sealed.starts(with: keys[0].id) }

    /// The associated data: room and id of the record.
    private func binding(_ record: StoreKey) -> [UInt8] {
        associated.removeAll(keepingCapacity: true)
        associated.append(record.room.rawValue)
        record.id.append(to: &associated)
        return associated
    }
}

extension StoreRoom {
    /// Whether values of the room are sealed. Claims have none, counters say nothing of a sender, and what the store
    /// knows of itself is sealed by whoever writes it.
    var isSealed: Bool {
        switch self {
        case .inbound, .outbox, .dead, .quarantine, .state, .contact, .failure, .lockout, .limit, .alert: true
        case .agent, .token, .credential, .consent, .suppression, .ticket, .link: true
        case .ledger, .mailbox: true
        case .meta, .seen, .progress, .suspect, .spent, .usage, .heard, .posted: false
        }
    }
}

/// Brings what is kept under the first key after LOLA_DATA_KEY got a new one. Pure but for its counts: whoever holds
/// the records walks over them.
struct SealRotation {
    private let keys: SealKeys
    /// Values that were sealed anew.
    private(set) var renewed = 0
    /// Values that no key opens; they are left as they are.
    private(set) var unopened = 0

    init(_ keys: SealKeys) { self.keys = keys }

    /// The value to put in place of this one, under the same key and with the same expiry; nil when it stays. (The
    /// index key, in room `meta`, is renewed by `IndexKeySearch`.)
    mutating func renew(_ record: StoreKey, _ value: [UInt8]) -> [UInt8]? {
        guard record.room.isSealed, !keys.isCurrent(value) else { return nil }
        guard let plain = keys.open(value, of: record) else {
            unopened += 1
            return nil
        }
        renewed += 1
        return keys.seal(plain, for: record)
    }
}
