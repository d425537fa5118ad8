// What an operator must look at: raised by lock-outs, anomalies and damage, once per incident.

struct Alert: Sendable {
    enum Severity: String, CaseIterable, Sendable { case low = "LOW", medium = "MEDIUM", high = "HIGH" }

    enum Kind: String, CaseIterable, Sendable {
        case lockout
        case actionVolume = "action_volume"
        case failedAuthentication = "failed_authentication"
        case tokenMinting = "token_minting"
        case journalDamaged = "journal_damaged"
        case auditUnwritable = "audit_unwritable"
        case auditBroken = "audit_broken"
        case callbackKeyUse = "callback_key_use"
        case storeEpoch = "store_epoch"

        var severity: Severity {
            switch self {
            case .lockout, .failedAuthentication, .journalDamaged, .auditUnwritable, .auditBroken, .storeEpoch: .high
            case .actionVolume, .tokenMinting, .callbackKeyUse: .medium
            }
        }
    }

    let kind: Kind
    /// Whom or what it is about: an agent id, or the pseudonym of an address; empty when it is the gateway itself.
    let subject: String
    /// Figures in words for an operator: no address, no secret.
    let text: String
}

/// Where alerts go. Thread-safe: the same incident (kind and subject) within its cool-down is told once.
protocol AlertDesk: AnyObject, Sendable {
    func raise(_ alert: Alert)
}
