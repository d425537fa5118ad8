// The store of the process once it is open, and each loop's view of it. Opened once, before the loops start.

enum OpenStore: Sendable {
    case embedded(Journal)
    /// Each loop has connections of its own; the authorities are there when the address asks for TLS. The index key
    /// goes back into a Redis that has lost it.
    case redis(RedisAddress, TLSTrust?, index: SecretBytes)

    /// The view of loop `number`, without seals; call it on the loop's own thread.
    func view(of number: Int, _ loop: Loop) throws(TLSContextFault) -> any Store {
        switch self {
        case .embedded(let journal): return JournalStore(journal, loop: number)
        case .redis(let address, let trust, _):
            var context: TLSContext?
            if let trust { context = try TLSContext(client: trust) }
            return RedisStore(loop, address: address, tls: context)
        }
    }

    /// What was removed must leave the disk. A Redis does so by itself, with the next rewrite of its files.
    func requestCompaction() {
        if case .embedded(let journal) = self { journal.requestCompaction() }
    }

    /// Figures of the journal; nil without one.
    var status: JournalStatus? {
        if case .embedded(let journal) = self { journal.status() } else { nil }
    }
}
