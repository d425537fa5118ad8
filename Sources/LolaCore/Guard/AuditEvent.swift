// What the audit trail tells of: one event each time somebody used a privilege, was refused one, or something took
// effect that cannot be taken back. People stand in it only as pseudonyms.

struct AuditEvent: Sendable {
    /// What happened; the raw value is the word in the trail.
    enum Action: String, CaseIterable, Sendable {
        case tokenMinted = "token.minted"
        case tokenRevoked = "token.revoked"
        case agentChanged = "agent.changed"
        case limitsChanged = "limits.changed"
        case lockoutBegan = "lockout.began"
        case lockoutLifted = "lockout.lifted"
        case authenticationRefused = "authentication.refused"
        case accessRefused = "access.refused"
        case deadLetterReplayed = "dlq.replayed"
        case deadLetterDropped = "dlq.dropped"
        case credentialChanged = "credential.changed"
        case suppressionChanged = "dnc.changed"
        case consentChanged = "consent.changed"
        case erased
        case ticketCreated = "ticket.created"
        case ticketRevoked = "ticket.revoked"
        case callbackRedeemed = "callback.redeemed"
        case callbackRefused = "callback.refused"
        case outboundAllowed = "outbound.allowed"
        case outboundRefused = "outbound.refused"
        case senderRefused = "sender.refused"
        case trailExported = "audit.exported"
        case trailRead = "audit.read"
        /// A start has cut the end of an unfinished write, or found that something is missing.
        case trailCut = "audit.cut"
        case trailBroken = "audit.broken"
        case started = "gateway.started"
        case stopped = "gateway.stopped"
    }

    let action: Action
    /// Who did it: `orchestrator`, `agent:<id>`, `widget`, `demo`, `anonymous`, `gateway`.
    let actor: String
    /// What it was done to: an id or a pseudonym, never a name, number or address in clear; at most 256 octets.
    let subject: String
    /// How it ended: `ok` or a closed word (a refusal's raw value).
    let outcome: String
    /// Further facts in a fixed order: names and values, each at most 256 octets, no text of anybody.
    var facts: [(name: StaticString, value: String)] = []
}

/// The audit trail as one loop sees it.
protocol AuditLog: AnyObject {
    /// Adds an event. The answer comes on the same thread, never before this returns: true when the record is durable,
    /// false when it cannot be kept, and then what it would have told of must not happen.
    func append(_ event: AuditEvent, _ done: @escaping (Bool) -> Void)
}

extension AuditLog {
    /// For events that have happened already and that nobody can take back: kept if it can be.
    func note(_ event: AuditEvent) { append(event) { _ in } }
}
