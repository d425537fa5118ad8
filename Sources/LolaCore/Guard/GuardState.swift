// What the guard knows for all loops of the process, made before the doors open from the settings and from what an
// earlier process left.

struct GuardState: Sendable {
    let clients: ClientAddress
    let filters: AddressFilters
    let addresses: AddressKey
    let limits: HTTPLimits
    let lockouts: LockoutBook

    /// - Parameter secret: of the store's pseudonyms.
    init(
        clients: ClientAddress, filters: AddressFilters, limits: HTTPLimits, secret: SecretBytes
    ) throws(CryptoFault) {
        self.clients = clients
        self.filters = filters
        self.limits = limits
        addresses = try AddressKey(derivedFrom: secret)
        lockouts = LockoutBook(addresses)
    }

    /// Goes on from where an earlier process was.
    func restore(_ memory: GuardMemory, at now: Instant, _ wall: WallTime) {
        // Whoever came to the limit without being locked out was locked out by that process; its word is missing, so
        // the book says it again.
        _ = lockouts.merge(memory.records.failures, memory.records.lockouts, at: now, wall)
        let requests = memory.batches.flatMap { (try? LimitBatch($0, at: now, wall))?.requests ?? [] }
        for request in requests.sorted(by: { $0.at < $1.at }) {
            limits.restore(request.limit, request.block, at: request.at)
        }
    }
}
