// Where credentials of providers are set, listed, brought under a new key and read by whoever calls a provider. Every
// change is told to the audit trail before it is made. One per loop.

final class CredentialDesk {
    struct Rotation: Sendable {
        var renewed = 0
        var current = 0
        /// No key opens them: the key they were sealed under is missing.
        var unreadable = 0
    }

    private let loop: Loop
    private let store: any Store
    private let audit: any AuditLog
    /// Nil without CREDENTIALS_ENCRYPTION_KEY: nothing can be set or read.
    private let keys: CredentialKeys?

    init(_ loop: Loop, store: any Store, audit: any AuditLog, keys: CredentialKeys?) {
        self.loop = loop
        self.store = store
        self.audit = audit
        self.keys = keys
    }

    var hasKeys: Bool { keys != nil }

    /// A new value under a name; the version says how many there were.
    func set(
        _ provider: String, _ name: String, _ value: [UInt8], actor: String,
        _ completion: @escaping (Result<ProviderCredential, Refusal>) -> Void
    ) {
        guard let keys else { return completion(.failure(.credentialsKeyMissing)) }
        find(ProviderCredential.id(provider, name)) { [self] found in
            switch found {
            case .failure(let refusal): completion(.failure(refusal))
            case .success(let old):
                let version = (old?.version ?? 0) &+ 1
                let fresh = ProviderCredential(
                    provider: provider, name: name, version: version, updated: loop.wall,
                    sealed: keys.seal(value, provider, name, version))
                let begin: (Refusal?) -> Void = { [self] refusal in
                    if let refusal { return completion(.failure(refusal)) }
                    put(fresh, "set", actor) { completion($0.map { .failure($0) } ?? .success(fresh)) }
                }
                if old != nil { begin(nil) } else { checkQuota(begin) }
            }
        }
    }

    private func checkQuota(_ completion: @escaping (Refusal?) -> Void) {
        store.submit(.list(.credential, after: nil, limit: Limits.credentialsMax)) { answer in
            guard case .page(let records) = answer else { return completion(.storeUnavailable) }
            completion(records.count < Limits.credentialsMax ? nil : .quotaReached)
        }
    }

    func remove(_ id: RecordID, actor: String, _ completion: @escaping (Refusal?) -> Void) {
        find(id) { [self] found in
            switch found {
            case .failure(let refusal): completion(refusal)
            case .success(nil): completion(.routeUnknown)
            case .success(let old?):
                let change = StoreOperation.remove(StoreKey(.credential, id))
                audit.carryOut(event(old, "removed", actor), change, in: store, completion)
            }
        }
    }

    /// The last characters of a value long enough that they tell nothing of the rest; stars when it is not, nil when no
    /// key opens it.
    func mask(_ credential: ProviderCredential) -> String? {
        guard let value = keys?.open(credential) else { return nil }
        guard value.count >= 16, value.suffix(4).allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return "****" }
        return "****" + value.suffix(4).text
    }

    /// For whoever is about to call the provider.
    func value(
        _ provider: String, _ name: String, _ completion: @escaping (Result<SecretBytes?, Refusal>) -> Void
    ) {
        guard let keys else { return completion(.failure(.credentialsKeyMissing)) }
        find(ProviderCredential.id(provider, name)) { found in
            switch found {
            case .failure(let refusal): completion(.failure(refusal))
            case .success(nil): completion(.success(nil))
            case .success(let credential?):
                guard let value = keys.open(credential) else { return completion(.failure(.recordUnreadable)) }
                completion(.success(SecretBytes(value)))
            }
        }
    }

    /// Seals everything anew that is not under the first key.
    func rotate(actor: String, _ completion: @escaping (Result<Rotation, Refusal>) -> Void) {
        guard let keys else { return completion(.failure(.credentialsKeyMissing)) }
        store.submit(.list(.credential, after: nil, limit: Limits.credentialsMax)) { [self] answer in
            guard case .page(let records) = answer else { return completion(.failure(.storeUnavailable)) }
            rotate(records[...], Rotation(), keys, actor, completion)
        }
    }

    private func rotate(
        _ records: ArraySlice<StoreRecord>, _ done: Rotation, _ keys: CredentialKeys, _ actor: String,
        _ completion: @escaping (Result<Rotation, Refusal>) -> Void
    ) {
        var done = done
        var rest = records
        while let record = rest.popFirst() {
            guard let old = try? ProviderCredential(record), let value = keys.open(old) else {
                done.unreadable += 1
                continue
            }
            if keys.isCurrent(old) {
                done.current += 1
                continue
            }
            done.renewed += 1
            let fresh = ProviderCredential(
                provider: old.provider, name: old.name, version: old.version, updated: old.updated,
                sealed: keys.seal(value, old.provider, old.name, old.version))
            return put(fresh, "resealed", actor) { [self, done, rest] refusal in
                if let refusal { return completion(.failure(refusal)) }
                rotate(rest, done, keys, actor, completion)
            }
        }
        completion(.success(done))
    }

    /// Nil when there is none.
    func find(_ id: RecordID, _ completion: @escaping (Result<ProviderCredential?, Refusal>) -> Void) {
        store.submit(.get(StoreKey(.credential, id))) { answer in
            switch answer {
            case .value(nil): completion(.success(nil))
            case .value(let value?):
                let credential = try? ProviderCredential(StoreRecord(id: id, value: value))
                completion(credential.map { .success($0) } ?? .failure(.recordUnreadable))
            default: completion(.failure(.storeUnavailable))
            }
        }
    }

    private func put(
        _ credential: ProviderCredential, _ change: String, _ actor: String, _ completion: @escaping (Refusal?) -> Void
    ) {
        let operation = StoreOperation.put(StoreKey(.credential, credential.id), credential.bytes, expires: nil)
        audit.carryOut(event(credential, change, actor), operation, in: store, completion)
    }

    private func event(_ credential: ProviderCredential, _ change: String, _ actor: String) -> AuditEvent {
        let subject = "\(credential.provider)/\(credential.name)"
        var event = AuditEvent(action: .credentialChanged, actor: actor, subject: subject, outcome: "ok")
        event.facts = [("change", change), ("version", "\(credential.version)")]
        return event
    }
}
