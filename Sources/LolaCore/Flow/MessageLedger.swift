// One message's dealings with the store: reads and changes that are asked again while the store is away, changes that
// hold only while the message is ours, and the name of the message on the crash page while its code runs. One per
// journey; knows nothing of agents and replies.

final class MessageLedger {
    /// What an earlier process left of the message.
    enum Found {
        case nothing
        /// The answer, and how many of its requests the channel has accepted for certain.
        case record(OutboxRecord, sent: Int)
        case unreadable
    }

    /// The message is another gateway's: nothing further may be done. Called once.
    var onFenced: () -> Void = {}

    private let names: MessageNames
    private let mayBeRepeated: Bool
    private let parts: FlowParts
    private let resting: (Bool) -> Void
    private var hasOutbox = false
    private var hasProgress = false
    private var isFinishing = false
    /// The message is erased: nothing further begins.
    private(set) var isErased = false
    private var rested: Handle?

    init(_ accepted: AcceptedMessage, _ parts: FlowParts, resting: @escaping (Bool) -> Void) {
        names = accepted.names
        mayBeRepeated = accepted.mayBeRepeated
        self.parts = parts
        self.resting = resting
    }

    /// The store's id of the message.
    var id: RecordID { names.messageID }
    private var entry: StoreKey { StoreKey(.inbound, names.messageID) }
    private var outbox: StoreKey { StoreKey(.outbox, names.messageID) }
    private var progress: StoreKey { StoreKey(.progress, names.messageID) }

    // MARK: Steps

    /// Runs code on behalf of the message; when it kills the process, the crash page says whose code it was.
    func step(_ body: () -> Void) {
        guard let page = parts.crashPage else { return body() }
        page.hold(names.messageID.high, names.messageID.low)
        body()
        page.release()
    }

    /// The same, unless the message has been erased meanwhile.
    func stepUnlessErased(_ body: () -> Void) { step { unlessErased(body) } }

    /// Goes on after `delay`; until then nobody needs the process for this message.
    func rest(_ delay: Interval, _ body: @escaping () -> Void) {
        if isErased { return parts.loop.soon { [self] in step(onFenced) } }
        rests(true)
        rested = parts.loop.after(delay) { [self] in
            rested = nil
            rests(false)
            step(body)
        }
    }

    /// The entry is gone from the store by an erasure: what rests ends now, what is under way at its next step, for the
    /// store takes nothing of it any more.
    func erase() {
        isErased = true
        guard let rested else { return }
        self.rested = nil
        parts.loop.cancel(rested)
        rests(false)
        step(onFenced)
    }

    /// Goes on unless the message has been erased meanwhile.
    func unlessErased(_ body: () -> Void) { if isErased { onFenced() } else { body() } }

    /// Whether the message waits for a time or a sign to come, and the process may end meanwhile.
    func rests(_ isResting: Bool) { resting(isResting) }

    // MARK: Reading

    /// The value under a key; asked again until the store answers.
    func read(_ key: StoreKey, _ body: @escaping ([UInt8]?) -> Void) {
        parts.store.submit(.get(key)) { [self] answer in
            if case .value(let value) = answer { return step { unlessErased { body(value) } } }
            away { [self] in read(key, body) }
        }
    }

    func readOutbox(_ body: @escaping (Found) -> Void) {
        read(outbox) { [self] value in
            guard let value else { return body(.nothing) }
            hasOutbox = true
            guard let record = try? OutboxRecord(value) else { return body(.unreadable) }
            read(progress) { [self] value in
                hasProgress = value != nil
                body(.record(record, sent: value.flatMap { ASCII.decimal($0) } ?? 0))
            }
        }
    }

    // MARK: Changing

    /// The answer is on disk before `body` sends it. `lost`: a claim among the changes is another's, or was ours
    /// before; nothing of this attempt has taken effect.
    func record(
        _ answer: OutboxRecord, with changes: [StoreOperation], lost: @escaping () -> Void = {},
        _ body: @escaping () -> Void
    ) {
        hasOutbox = true
        var batch: [StoreOperation] = []
        batch.reserveCapacity(changes.count + 2)
        batch.append(.holding(entry))
        batch += changes
        batch.append(.put(outbox, answer.bytes, expires: nil))
        change(.batch(batch), lost: lost, body)
    }

    /// Changes beside the way of the message, made while it is ours. `lost`: as with `record`.
    func keep(_ changes: [StoreOperation], lost: @escaping () -> Void, _ body: @escaping () -> Void) {
        change(.batch([.holding(entry)] + changes), lost: lost, body)
    }

    /// The channel has accepted the first `count` requests.
    func mark(sent count: Int, _ body: @escaping () -> Void) {
        hasProgress = true
        var digits: [UInt8] = []
        ASCII.append(count, to: &digits)
        change(.batch([.holding(entry), .put(progress, digits, expires: nil)]), body)
    }

    /// The message is done: it leaves the queue, together with what belongs to the same moment.
    func finish(with changes: [StoreOperation], _ body: @escaping () -> Void) {
        isFinishing = true
        var batch: [StoreOperation] = []
        batch.reserveCapacity(changes.count + 5)
        batch.append(.holding(entry))
        batch += changes
        if hasOutbox { batch.append(.remove(outbox)) }
        if hasProgress { batch.append(.remove(progress)) }
        if mayBeRepeated { batch.append(Suspect(names.messageID).acquittal) }
        batch.append(.remove(entry))
        change(.batch(batch), body)
    }

    private func change(
        _ operation: StoreOperation, isRepeated: Bool = false, lost: @escaping () -> Void = {},
        _ body: @escaping () -> Void
    ) {
        parts.store.submit(operation) { [self] answer in
            switch answer {
            case .unavailable: away { [self] in change(operation, isRepeated: true, lost: lost, body) }
            case .fenced where isFinishing && isRepeated:
                // The first attempt has taken effect after all: the entry is gone because we removed it.
                step(body)
            case .fenced: step(onFenced)
            case .claimed(false): step(lost)
            case .done, .claimed, .sum, .reserved, .exceeded, .value, .page: step(body)
            }
        }
    }

    /// The store is away: the message stays where it is, on disk and here, and asks again.
    private func away(_ body: @escaping () -> Void) {
        parts.loop.counters.add(.storeUnavailable)
        rest(Limits.storeRetry, body)
    }
}
