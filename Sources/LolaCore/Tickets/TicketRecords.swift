// How tickets stand in the store: which keys lead to one, and the batches that make and close it. A ticket is closed by
// one claim, whoever closes it and why; a new one takes the turn behind the ticket before by another. So neither can
// happen twice, on any gateway. Values and functions; used by TicketBook.

struct TicketRecords {
    /// The store's keyed hash of octets, the same on all gateways of a store.
    let hash: ([UInt8]) -> RecordID

    // Marks that no message key, conversation or sender begins with.
    private static let linkMark: UInt8 = 0x4C
    private static let slotMark: UInt8 = 0x53
    private static let turnMark: UInt8 = 0x54

    static func key(_ id: RecordID) -> StoreKey { StoreKey(.ticket, id) }

    func link(_ text: [UInt8]) -> StoreKey { StoreKey(.link, hash([Self.linkMark] + text)) }

    /// Where the newest ticket of a conversation and an operation is named.
    func slot(_ conversation: ConversationKey, _ operation: [UInt8]) -> StoreKey {
        StoreKey(.link, hash([Self.slotMark] + operation + [0x3A] + conversation.bytes))
    }

    /// Claimed by who makes the ticket that follows `former`.
    private func turn(_ slot: StoreKey, after former: RecordID?) -> StoreKey {
        StoreKey(.spent, hash([Self.turnMark] + slot.id.bytes + (former?.bytes ?? [])))
    }

    /// Makes `ticket` the newest of its slot. `former` is the one before, with its ticket when that is open still.
    func making(
        _ ticket: Ticket, after former: RecordID?, closing open: Ticket?, at now: WallTime
    ) -> [StoreOperation] {
        let slot = slot(ticket.conversation, ticket.operation)
        let life = Self.retention(ticket, at: now)
        var parts: [StoreOperation] = [.claim(turn(slot, after: former), expires: Limits.ticketTurnClaim)]
        if let open { parts += Self.closing(open, as: .expired, at: now) }
        parts.append(.put(Self.key(ticket.id), ticket.bytes, expires: life))
        parts.append(.put(link(ticket.link), ticket.id.bytes, expires: life))
        // Longer than the claim of the turn: a turn that is free again must not meet a name that is gone.
        parts.append(.put(slot, ticket.id.bytes, expires: life + Limits.ticketTurnClaim))
        return parts
    }

    /// Closes a ticket that is open; lost when it is not.
    static func closing(_ ticket: Ticket, as status: Ticket.Status, at now: WallTime) -> [StoreOperation] {
        let life = retention(ticket, at: now)
        return [
            .claim(StoreKey(.spent, ticket.id), expires: life + Limits.ticketClaimGrace),
            .put(key(ticket.id), ticket.closed(as: status).bytes, expires: life),
        ]
    }

    /// Changes nothing: the claim that closed the ticket is lost once more, which is told when it is durable. The entry
    /// is none, so that nothing takes effect where the claim is free.
    static func confirming(_ ticket: Ticket) -> [StoreOperation] {
        [
            .claim(StoreKey(.spent, ticket.id), expires: Limits.ticketClaimGrace),
            .holding(StoreKey(.inbound, ticket.id)),
        ]
    }

    /// How long a ticket is known from now on.
    private static func retention(_ ticket: Ticket, at now: WallTime) -> Interval {
        (now < ticket.expires ? ticket.expires - now : .zero) + Limits.ticketRetention
    }
}
