// The mailboxes of agents over the store, as tools read them and acknowledge what is in them. One per loop; filled by
// AgentPost on any loop of any gateway.

final class StoredMailbox: AgentMailbox {
    private let store: any Store
    private let accounts: AgentAccounts

    /// - Parameter store: with its seals.
    init(store: any Store, accounts: AgentAccounts) {
        self.store = store
        self.accounts = accounts
    }

    func list(
        _ agent: AgentID, channel: AgentChannel?, waitingOnly: Bool, limit: Int,
        _ completion: @escaping (Result<[MailboxMessage], Refusal>) -> Void
    ) {
        guard isActive(agent) else { return completion(.failure(.accessDenied)) }
        let keys = MailboxKeys(agent: agent)
        store.readAll([keys.last, keys.settled]) { [self] values in
            guard let values else { return completion(.failure(.storeUnavailable)) }
            let (last, settled) = (MailboxRecord.number(of: values[0]), MailboxRecord.number(of: values[1]))
            let oldest = MailboxKeys.oldest(before: last)
            let first = waitingOnly ? max(oldest, settled + 1) : oldest
            guard first <= last else { return completion(.success([])) }
            MailboxWalk(
                store, keys, .init(first: first, last: last, channel: channel, waitingOnly: waitingOnly, limit: limit),
                completion
            ).start()
        }
    }

    func acknowledge(
        _ ids: [[UInt8]], of agent: AgentID, _ completion: @escaping (Result<Int, Refusal>) -> Void
    ) {
        guard isActive(agent) else { return completion(.failure(.accessDenied)) }
        let keys = MailboxKeys(agent: agent)
        let named = ids.compactMap { MailboxRecord.parts(ofID: $0) }
        store.readAll(named.map { keys.place($0.number) }) { [self] values in
            guard let values else { return completion(.failure(.storeUnavailable)) }
            let numbers = zip(named, values).compactMap { name, value -> UInt64? in
                guard let record = value.flatMap({ try? MailboxRecord($0) }), record.number == name.number,
                    record.messageID == name.messageID
                else { return nil }
                return name.number
            }
            take(numbers.map { keys.taken($0) }, completion)
        }
    }

    /// A claim is granted once, whoever asks how often.
    private func take(_ keys: [StoreKey], _ completion: @escaping (Result<Int, Refusal>) -> Void) {
        if keys.isEmpty { return completion(.success(0)) }
        var (open, count, isKnown) = (keys.count, 0, true)
        for key in keys {
            store.submit(.claim(key, expires: Limits.mailboxRetention)) { answer in
                if case .claimed(let isFirst) = answer { count += isFirst ? 1 : 0 } else { isKnown = false }
                open -= 1
                if open == 0 { completion(isKnown ? .success(count) : .failure(.storeUnavailable)) }
            }
        }
    }

    private func isActive(_ agent: AgentID) -> Bool { accounts[agent]?.status == .active }
}

/// One reading of a mailbox, a few places at a time: forwards for what waits, backwards for what came last. Holds
/// itself until its one answer.
private final class MailboxWalk {
    struct Terms {
        let first: UInt64
        let last: UInt64
        let channel: AgentChannel?
        let waitingOnly: Bool
        let limit: Int
    }

    private let store: any Store
    private let keys: MailboxKeys
    private let terms: Terms
    private let completion: (Result<[MailboxMessage], Refusal>) -> Void
    private var found: [MailboxMessage] = []
    private var octets = 0
    /// How many places have been read.
    private var count: UInt64 = 0
    /// The first that waits, on any channel.
    private var waiting: UInt64?

    init(
        _ store: any Store, _ keys: MailboxKeys, _ terms: Terms,
        _ completion: @escaping (Result<[MailboxMessage], Refusal>) -> Void
    ) {
        (self.store, self.keys, self.terms, self.completion) = (store, keys, terms, completion)
    }

    func start() {
        let left = terms.last - terms.first + 1 - count
        if left == 0 { return end() }
        let numbers = (count..<(count + min(left, UInt64(Limits.mailboxPageMax)))).map { place in
            terms.waitingOnly ? terms.first + place : terms.last - place
        }
        count += UInt64(numbers.count)
        store.readAll(numbers.flatMap { [keys.place($0), keys.taken($0)] }) { [self] values in
            guard let values else { return completion(.failure(.storeUnavailable)) }
            for (place, number) in numbers.enumerated() {
                let isTaken = values[2 * place + 1] != nil
                if !take(values[2 * place], number, isTaken) { return end() }
            }
            start()
        }
    }

    /// False when the answer is full.
    private func take(_ value: [UInt8]?, _ number: UInt64, _ isTaken: Bool) -> Bool {
        if isTaken && terms.waitingOnly { return true }
        // Erased, expired, or another's by now.
        guard let record = value.flatMap({ try? MailboxRecord($0) }), record.number == number else { return true }
        if waiting == nil { waiting = number }
        guard terms.channel == nil || terms.channel == record.channel else { return true }
        octets += record.text.count
        guard found.isEmpty || octets <= Limits.mailboxAnswerMax.bytes else { return false }
        found.append(record.message)
        return found.count < terms.limit
    }

    private func end() {
        guard terms.waitingOnly else { return completion(.success(found.reversed())) }
        // Numbers are given out in the order of their records: nothing comes in before this one any more.
        let settled = waiting.map { $0 - 1 } ?? terms.last
        if settled >= terms.first {
            store.submit(.put(keys.settled, MailboxRecord.pointer(to: settled), expires: nil)) { _ in }
        }
        completion(.success(found))
    }
}
