// One erasure (CONTRACT §10): finds everything a subject left in the store, removes it, keeps do-not-contact entries as
// bare hashes, and has the journal compacted, so that nothing of it stays on the disk. Told to the audit trail before
// it begins. Holds itself until its one answer. One per request, on the loop that was asked; once more does no harm.

/// What an erasure works with.
struct ErasureParts {
    let loop: Loop
    /// With its seals.
    let store: any Store
    let pseudonyms: Pseudonyms
    let names: PersonNames
    let suppressions: SuppressionList
    let consents: ConsentBook
    let audit: any AuditLog
    let log: MessageLog
    /// Our own end of conversations, by channel.
    let own: [ChannelName: [UInt8]]
    /// What tickets can be for.
    let operations: TicketOperations
    /// Loops look for what they hold, the journal is compacted. Called when everything is removed durably.
    let onErased: () -> Void
}

/// What the operator gets: nothing in it names the subject.
struct ErasureReceipt: Sendable {
    let id: [UInt8]
    let subject: String
    let at: WallTime
    /// Records removed, by the word of their room; `suppression` are those made bare, `records` those operators saw.
    var removed: [String: Int] = [:]
    /// Records set aside as unreadable: nobody can say whose they are.
    var unreadable = 0
}

final class Erasure {
    private let parts: ErasureParts
    private var subject: ErasureSubject
    private let actor: String
    private let completion: (Result<ErasureReceipt, Refusal>) -> Void
    private var receipt: ErasureReceipt
    /// Messages of the subject.
    private var messages: Set<RecordID> = []
    private var conversations: Set<RecordID> = []
    private var contacts: Set<RecordID> = []
    /// Conversations by their keys, as far as these are known: tickets are named after them.
    private var talks: Set<ConversationKey> = []
    /// Of tickets: those that there are now, and those of tickets that were found.
    private var operations: Set<[UInt8]>

    /// Tells other gateways on the same store, and the next start, that something was erased.
    static let mark = StoreKey(.meta, RecordID(hashOf: [UInt8](text: "lola last erasure")))

    /// - Parameters:
    ///   - text: the subject as written, for its pseudonym.
    ///   - completion: called once; after a failure part of it may be done, and all of it may be asked for again.
    init(
        _ subject: ErasureSubject, text: [UInt8], actor: String, _ parts: ErasureParts,
        _ completion: @escaping (Result<ErasureReceipt, Refusal>) -> Void
    ) {
        self.parts = parts
        self.subject = subject
        self.actor = actor
        self.completion = completion
        operations = Set(parts.operations.names)
        let name = parts.names.name(subject.conversation?.bytes ?? subject.addresses.first?.bytes ?? text)
        receipt = ErasureReceipt(id: Hex.encode(parts.loop.entropy.bytes(16)), subject: name, at: parts.loop.wall)
    }

    func start() {
        parts.audit.append(event("begun")) { [self] isKept in
            if isKept { findContacts() } else { completion(.failure(.auditUnavailable)) }
        }
    }

    // MARK: Finding

    /// First, for a shared contact ties a number to senders that no number names.
    private func findContacts() {
        scan(.contact, each: { [self] record in
            guard let entry = ContactBook.read(record.value), subject.phones.contains(entry.phone) else { return }
            contacts.insert(record.id)
            guard let sender = entry.sender else { return }
            for channel in ChannelName.allCases where parts.pseudonyms.sender(channel, sender) == record.id {
                subject.add(.init(channel: channel, id: sender))
            }
        }, then: { [self] in findMessages() })
    }

    private func findMessages() {
        for sender in subject.senders {
            contacts.insert(parts.pseudonyms.sender(sender.channel, sender.id))
            guard let own = parts.own[sender.channel] else { continue }
            let key = ConversationKey(sender.channel, own: own, sender: sender.id)
            add(key)
        }
        if let named = subject.conversation { add(named) }
        scan(.inbound, each: { [self] in look($0.id, try? WebhookGate.restored($0.value)) }, then: { [self] in
            scan(.dead, each: { [self] in look($0.id, (try? DeadLetter($0))?.verified) }, then: { [self] in
                scan(.quarantine, each: { [self] record in
                    let item = try? QuarantinedEntry(record.value)
                    look(record.id, item.flatMap { try? WebhookGate.restored($0.value) })
                }, then: { [self] in removeMessages(Array(messages)[...]) })
            })
        })
    }

    private func look(_ id: RecordID, _ verified: VerifiedMessage?) {
        guard let message = verified?.message else { return receipt.unreadable += 1 }
        let isLinked = contacts.contains(parts.pseudonyms.sender(of: message))
        guard isLinked || subject.holds(message) else { return }
        messages.insert(id)
        add(message.conversation)
        contacts.insert(parts.pseudonyms.sender(of: message))
    }

    private func add(_ conversation: ConversationKey) {
        talks.insert(conversation)
        conversations.insert(parts.pseudonyms.conversation(conversation))
    }

    /// A page at a time; between two pages the loop does everything else.
    private func scan(
        _ room: StoreRoom, after: RecordID? = nil, each: @escaping (StoreRecord) -> Void, then: @escaping () -> Void
    ) {
        let limit = Limits.erasurePageMax
        parts.store.submit(.list(room, after: after, limit: limit)) { [self] answer in
            guard case .page(let records) = answer else { return fail() }
            for record in records { each(record) }
            guard let last = records.last, records.count == limit else { return then() }
            scan(room, after: last.id, each: each, then: then)
        }
    }

    // MARK: Removing

    /// All that stands under the id of a message goes at one moment: whoever has it in hand finds the entry gone.
    private func removeMessages(_ ids: ArraySlice<RecordID>) {
        guard let id = ids.first else { return findTickets() }
        remove(Self.keys(ofMessage: id), then: { [self] in removeMessages(ids.dropFirst()) })
    }

    private static func keys(ofMessage id: RecordID) -> [StoreKey] {
        let rooms: [StoreRoom] = [.inbound, .outbox, .progress, .suspect, .dead, .quarantine]
        return rooms.map { StoreKey($0, id) }
    }

    /// After the messages: no agent's answer to one of them makes a ticket any more.
    private func findTickets() {
        var found: [Ticket] = []
        scan(.ticket, each: { [self] record in
            guard let ticket = try? Ticket(record) else { return receipt.unreadable += 1 }
            if talks.contains(ticket.conversation) || subject.holds(ticket.conversation) { found.append(ticket) }
        }, then: { [self] in removeTickets(found[...]) })
    }

    /// The closing of a ticket is taken first: a callback that came before has put its event into the queue, where it
    /// goes with the ticket; none comes after.
    private func removeTickets(_ tickets: ArraySlice<Ticket>) {
        guard let ticket = tickets.first else { return removeLetters() }
        add(ticket.conversation)
        operations.insert(ticket.operation)
        parts.store.submit(TicketRecords.seizing(ticket, at: parts.loop.wall)) { [self] answer in
            guard case .claimed = answer else { return fail() }
            let event = parts.pseudonyms.id(CallbackEvent.key(of: ticket.id).bytes)
            remove([TicketRecords.key(ticket.id), records.link(ticket.link)] + Self.keys(ofMessage: event)) { [self] in
                removeTickets(tickets.dropFirst())
            }
        }
    }

    private var records: TicketRecords { TicketRecords { [pseudonyms = parts.pseudonyms] in pseudonyms.id($0) } }

    /// What the subject wrote to agents. After the messages: none of them is put into a mailbox any more.
    private func removeLetters() {
        var letters: [StoreKey] = []
        scan(.mailbox, each: { [self] record in
            if MailboxRecord.isPointer(record.value) { return }
            guard let letter = try? MailboxRecord(record.value) else { return receipt.unreadable += 1 }
            if contacts.contains(letter.sender) || talks.contains(letter.conversation)
                || subject.holds(letter.conversation)
                || PersonAddress(letter.from).map({ subject.addresses.contains($0) }) ?? false
            {
                letters.append(StoreKey(.mailbox, record.id))
            }
        }, then: { [self] in remove(letters) { [self] in removeOrders() } })
    }

    /// What agents sent to the subject: the ledger knows a person by a keyed hash only.
    private func removeOrders() {
        let people = Set(subject.addresses.map { OutboundLedger.name(of: $0, parts.names) })
        var orders: [StoreKey] = []
        scan(.ledger, each: { record in
            guard let order = try? LedgerRecord(record), people.contains(order.person) else { return }
            orders.append(StoreKey(.ledger, record.id))
        }, then: { [self] in remove(orders) { [self] in removeRest() } })
    }

    /// After the messages: nothing writes a state any more.
    private func removeRest() {
        let consents = subject.addresses.flatMap { parts.consents.ids($0) }
        let names = talks.flatMap { talk in operations.flatMap { records.names(talk, $0) } }
        let spoken = subject.addresses.map { OutboundLedger.name(of: $0, parts.names) }.flatMap { person in
            AgentChannel.allCases.map { OutboundLedger.talkKey($0, person) }
        }
        let keys = names + spoken + conversations.map { StoreKey(.state, $0) } + contacts.map { StoreKey(.contact, $0) }
            + contacts.map { StoreKey(.heard, $0) } + consents.map { StoreKey(.consent, $0) }
        remove(keys) { [self] in bare(subject.addresses[...]) }
    }

    /// Removes what is there of `keys` in one batch, and counts it.
    private func remove(_ keys: [StoreKey], then: @escaping () -> Void) {
        if keys.isEmpty { return then() }
        var open = keys.count
        var counts: [String: Int] = [:]
        var isKnown = true
        for key in keys {
            parts.store.submit(.get(key)) { [self] answer in
                switch answer {
                case .value(nil): break
                case .value where key.room.holdsClaims: break
                case .value: counts["\(key.room.word)", default: 0] += 1
                default: isKnown = false
                }
                open -= 1
                guard open == 0 else { return }
                // A sealed value that no key opens is removed all the same; a store that is away says so again.
                if !isKnown { counts["unopened", default: 0] += 1 }
                let batch = keys.map { $0.room == .inbound ? StoreOperation.withdraw($0) : .remove($0) }
                parts.store.submit(.batch(batch)) { [self, counts] answer in
                    guard answer == .done else { return fail() }
                    for (word, count) in counts { receipt.removed[word, default: 0] += count }
                    then()
                }
            }
        }
    }

    /// Do-not-contact entries stay, without the address.
    private func bare(_ addresses: ArraySlice<PersonAddress>) {
        guard let address = addresses.first else { return finish() }
        parts.suppressions.find(parts.suppressions.id(address)) { [self] found in
            switch found {
            case .success(nil), .failure(.recordUnreadable): bare(addresses.dropFirst())
            case .failure: fail()
            case .success(let entry?):
                guard entry.address != nil || entry.reason != nil else { return bare(addresses.dropFirst()) }
                let change = StoreOperation.put(
                    StoreKey(.suppression, entry.id), entry.bare.bytes, expires: nil)
                parts.store.submit(change) { [self] answer in
                    guard answer == .done else { return fail() }
                    receipt.removed["\(StoreRoom.suppression.word)", default: 0] += 1
                    bare(addresses.dropFirst())
                }
            }
        }
    }

    // MARK: Ending

    private func finish() {
        let mark = StoreOperation.put(
            Self.mark, parts.loop.entropy.bytes(16), expires: Limits.erasureMarkRetention)
        parts.store.submit(mark) { [self] answer in
            guard answer == .done else { return fail() }
            let senders = Set(contacts.map(\.name))
            let talks = Set(conversations.map(\.name))
            let records = parts.log.remove { senders.contains($0.sender) || talks.contains($0.conversation) }
            if records > 0 { receipt.removed["records"] = records }
            parts.onErased()
            parts.audit.note(event("ok"))
            completion(.success(receipt))
        }
    }

    private func fail() {
        // What is removed already must leave the disk too.
        parts.onErased()
        parts.audit.note(event(Refusal.storeUnavailable.rawValue))
        completion(.failure(.storeUnavailable))
    }

    private func event(_ outcome: String) -> AuditEvent {
        var event = AuditEvent(action: .erased, actor: actor, subject: receipt.subject, outcome: outcome)
        event.facts = [("receipt", receipt.id.text)]
        return event
    }
}
