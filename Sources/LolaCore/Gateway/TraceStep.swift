// One step of a message's trace, as `GET messages/{key}` shows it. Never holds text, names or numbers. Small, because
// those of the last messages are all kept: words are written out only for who reads them.

struct TraceStep: Sendable {
    enum Stage: String, Sendable {
        case channelAccess = "channel_access"
        case commandsAuth = "commands_auth"
        case phoneNormalization = "phone_normalization"
        case identity
        case contactDecoding = "contact_decoding"
        case router
        case opt
        case content
        case notice
        case agent
        case mailbox
        case outbox
        case delivery
        case store
    }

    enum Verdict: String, Sendable {
        case next
        case stop
        case route
        case answered
        case deferred
        case failed
        case fetched
        case automatic
        case textOnly = "text_only"
        case kept
        case resumed
        case sent
        case doNotContact = "do_not_contact"
        case erased
        case handedOver = "handed_over"
    }

    enum Detail: Sendable {
        case text(String)
        case attempt(Int32, replies: Int32)
        case replies(Int32)

        /// For who reads it.
        var words: String {
            switch self {
            case .text(let text): text
            case .attempt(let attempt, let replies): "attempt \(attempt), \(replies) replies"
            case .replies(let count): "\(count) replies"
            }
        }
    }

    let stage: Stage
    let verdict: Verdict
    let took: Interval
    let detail: Detail
}
