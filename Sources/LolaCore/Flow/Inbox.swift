// Entries of the inbound queue on their way to their conversation: what an earlier process left, what a dead gateway
// left, what an operator replays. Lives on the loop that owns the lane.

final class Inbox {
    private let store: any Store
    private let log: MessageLog
    private let backlog: Backlog
    private let pseudonyms: Pseudonyms
    private let loop: Loop
    private let journal: any OperatorLog
    private let take: (AcceptedMessage) -> Void

    init(
        _ loop: Loop, store: any Store, log: MessageLog, backlog: Backlog, pseudonyms: Pseudonyms,
        journal: any OperatorLog, take: @escaping (AcceptedMessage) -> Void
    ) {
        self.loop = loop
        self.store = store
        self.log = log
        self.backlog = backlog
        self.pseudonyms = pseudonyms
        self.journal = journal
        self.take = take
        store.onEntry = { [self] in receive($0) }
    }

    /// Answers come in order, so that entries stay in theirs.
    private func receive(_ entry: QueueEntry) {
        let suspect = Suspect(entry.key.id)
        // A drain waits for the answer: otherwise the message would begin after its lane went back.
        backlog.arrives()
        store.submit(suspect.question) { [self] answer in
            defer { backlog.arrived() }
            let crashes = suspect.crashes(answer)
            if crashes >= Limits.crashesMax {
                journal.quarantined(entry.key.id, crashes: crashes)
                return putAside(entry, .crashed)
            }
            admit(entry)
        }
    }

    private func admit(_ entry: QueueEntry) {
        do throws(RecordFault) {
            let verified = try WebhookGate.restored(entry.value)
            let names = pseudonyms.names(verified.message)
            guard names.messageID == entry.key.id else { throw .malformed }
            receive(AcceptedMessage(verified: verified, names: names, mayBeRepeated: true))
        } catch {
            journal.quarantined(entry.key.id, crashes: 0)
            putAside(entry, .unreadable)
        }
    }

    /// A message that is in the queue already, wherever it came from.
    func receive(_ accepted: AcceptedMessage) {
        backlog.entered(accepted.lane)
        log.insert(MessageRecord(accepted))
        loop.counters.add(.messagesRecovered)
        take(accepted)
    }

    /// What cannot be read is kept for an operator: asking again would not mend it, dropping it would hide it.
    private func putAside(_ entry: QueueEntry, _ reason: QuarantinedEntry.Reason) {
        loop.counters.add(.messagesQuarantined)
        let item = QuarantinedEntry(reason: reason, at: loop.wall, value: entry.value)
        let change = StoreOperation.batch([.holding(entry.key), item.operation(entry.key.id), .remove(entry.key)])
        store.submit(change) { [self] answer in
            if answer == .unavailable { loop.after(Limits.storeRetry) { self.putAside(entry, reason) } }
        }
    }
}
