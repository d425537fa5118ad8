// Puts what a person wrote into the mailbox of the agent that the channel was provisioned to, or that wrote to the
// person before, and then lets the router's agent be asked. What comes here is proven, past STOP words and the whole
// chain. One per loop; docs/MCP.md has the rule.

final class AgentPost {
    /// What does not depend on whose mailbox it is.
    private struct Letter {
        let turn: Turn
        let names: MessageNames
        let routed: AgentName
        let identity: MailboxMessage.Identity
        let addresses: [PersonAddress]
        let ledger: MessageLedger
        let body: () -> Void

        var channel: AgentChannel { turn.message.channel.agentChannel }
    }

    private let accounts: AgentAccounts
    private let people: PersonNames
    private let counters: Counters
    /// The router's agents that are asked over HTTP.
    private let asked: Set<AgentName>
    /// Told of each message that is in a mailbox now, durably.
    private let onKept: (AgentID, MailboxMessage) -> Void

    init(
        _ accounts: AgentAccounts, _ people: PersonNames, _ counters: Counters, asked: Set<AgentName>,
        onKept: @escaping (AgentID, MailboxMessage) -> Void
    ) {
        self.accounts = accounts
        self.people = people
        self.counters = counters
        self.asked = asked
        self.onKept = onKept
    }

    /// Goes on with `body` when the message is in a mailbox, or is for none.
    ///
    /// - Parameter routed: the router's choice, by which the agent learns what is known of the person.
    func deliver(
        _ turn: Turn, _ names: MessageNames, routed: AgentName, _ ledger: MessageLedger, _ body: @escaping () -> Void
    ) {
        guard let identity = Self.identity(routed), turn.message.event == nil else { return body() }
        guard accounts.mirror.isLoaded else {
            // Nobody can know yet whose it is.
            return ledger.rest(Limits.storeRetry) { [self] in deliver(turn, names, routed: routed, ledger, body) }
        }
        let receivers = accounts.receivers(of: turn.message.channel.agentChannel)
        if receivers.isEmpty { return body() }
        let letter = Letter(
            turn: turn, names: names, routed: routed, identity: identity,
            addresses: OptDesk.addresses(turn, phone: turn.phoneSpelling), ledger: ledger, body: body)
        if receivers.anywhere.isEmpty, receivers.named.count == 1 { return keep(letter, for: receivers.named[0]) }
        choose(letter, receivers, letter.addresses[...])
    }

    /// Who may not be served, and who could not be checked, reaches the router's agent only.
    private static func identity(_ routed: AgentName) -> MailboxMessage.Identity? {
        switch routed {
        case .senderHome: .passed
        case .pendingCIP: .pending
        case .onboarding: .unknown
        case .blocked, .serviceUnavailable: nil
        }
    }

    /// The agent that wrote to the person last, else the first of those that were given the channel.
    private func choose(
        _ letter: Letter, _ receivers: AgentAccounts.Receivers, _ addresses: ArraySlice<PersonAddress>
    ) {
        guard let address = addresses.first else {
            guard let first = receivers.named.first else { return letter.body() }
            return keep(letter, for: first)
        }
        let key = OutboundLedger.talkKey(letter.channel, OutboundLedger.name(of: address, people))
        letter.ledger.read(key) { [self] value in
            guard let agent = value.flatMap(OutboundLedger.talker),
                receivers.named.contains(agent) || receivers.anywhere.contains(agent)
            else {
                return choose(letter, receivers, addresses.dropFirst())
            }
            keep(letter, for: agent)
        }
    }

    // MARK: The place

    /// - Parameter given: a number that is another message's.
    private func keep(_ letter: Letter, for agent: AgentID, after given: UInt64 = 0) {
        // It is being asked anyway.
        if agent.text == letter.routed.rawValue, asked.contains(letter.routed) { return letter.body() }
        let keys = MailboxKeys(agent: agent)
        letter.ledger.read(keys.last) { [self] value in
            let number = max(MailboxRecord.number(of: value), given) + 1
            guard number > UInt64(Limits.mailboxPlacesMax) else {
                return put(Self.record(letter, number), letter, agent, isReplacing: false)
            }
            let old = number - UInt64(Limits.mailboxPlacesMax)
            letter.ledger.read(keys.place(old)) { [self] value in
                letter.ledger.read(keys.taken(old)) { [self] taken in
                    let isThere = value.flatMap { try? MailboxRecord($0) }?.number == old
                    put(Self.record(letter, number), letter, agent, isReplacing: isThere && taken == nil)
                }
            }
        }
    }

    /// All at one moment, while the inbound message is ours: it is in the mailbox once, in a place of its own.
    private func put(_ record: MailboxRecord, _ letter: Letter, _ agent: AgentID, isReplacing: Bool) {
        let keys = MailboxKeys(agent: agent)
        let changes: [StoreOperation] = [
            .claim(keys.holds(record.messageID), expires: Limits.mailboxRetention),
            .claim(keys.given(record.number), expires: Limits.mailboxPlaceHold),
            .put(keys.place(record.number), record.bytes, expires: Limits.mailboxRetention),
            .put(keys.last, MailboxRecord.pointer(to: record.number), expires: nil),
        ]
        letter.ledger.keep(changes, lost: { [self] in
            letter.ledger.read(keys.holds(record.messageID)) { [self] held in
                if held != nil { letter.body() } else { keep(letter, for: agent, after: record.number) }
            }
        }, { [self] in
            counters.add(.mailboxKept)
            if isReplacing { counters.add(.mailboxReplaced) }
            letter.turn.detail = agent.text
            letter.turn.record(.mailbox, .kept, took: .zero)
            onKept(agent, record.message)
            letter.ledger.unlessErased(letter.body)
        })
    }

    private static func record(_ letter: Letter, _ number: UInt64) -> MailboxRecord {
        let message = letter.turn.message
        return MailboxRecord(
            number: number, messageID: letter.names.messageID, sender: letter.names.senderID, channel: letter.channel,
            from: letter.addresses.first?.bytes ?? message.senderID, conversation: message.conversation,
            type: message.type, identity: letter.identity, text: cut(message.text ?? []), at: message.at)
    }

    /// Whole characters of UTF-8.
    private static func cut(_ text: [UInt8]) -> [UInt8] {
        guard text.count > Limits.mailboxTextMax.bytes else { return text }
        var end = Limits.mailboxTextMax.bytes
        while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
        return Array(text[..<end])
    }
}
