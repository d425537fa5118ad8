// The verified sender as agents see it (product document 001, CONTRACT §5): read-only, per message, never
// stored. The set of fields is closed; whatever else the identity service says is dropped on the way in.

enum ComplianceVerdict: String, Sendable {
    case passed
    case pending
    case blocked
}

struct PaymentMethodSummary: Hashable, Sendable {
    let type: [UInt8]
    let display: [UInt8]
}

struct ContextUser: Sendable {
    let id: [UInt8]
    let name: [UInt8]
    /// The number the identity was found under.
    let phone: E164
    /// ISO 3166-1 alpha-2, or empty when neither the service nor the number says it.
    let country: [UInt8]
    let verdict: ComplianceVerdict
    let isBlocked: Bool
    /// Display names only, "Visa ending 1234".
    let cards: [[UInt8]]
    let paymentMethods: [PaymentMethodSummary]
}

/// What the identity service said about a sender.
enum Identity: Sendable {
    /// No phone to ask for, or the service knows nobody under it: onboarding.
    case unknown
    case known(ContextUser)
    /// The check could not be made. Anonymous is never a fallback: the service-unavailable agent answers.
    case unavailable(word: StaticString)
}

/// The five agents of the product, by the names used in settings, envelopes and metrics.
enum AgentName: String, CaseIterable, Sendable {
    case onboarding
    case senderHome = "sender_home"
    case blocked
    case pendingCIP = "pending_cip"
    case serviceUnavailable = "service_unavailable"

    /// By the case, not by the text as the standard library would: it is asked for at every call.
    func hash(into hasher: inout Hasher) {
        let place: UInt8 =
            switch self {
            case .onboarding: 0
            case .senderHome: 1
            case .blocked: 2
            case .pendingCIP: 3
            case .serviceUnavailable: 4
            }
        hasher.combine(place)
    }
}
