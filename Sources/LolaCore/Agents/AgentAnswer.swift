// What came of asking an agent once: an answer, or a failure that says whether asking again can help. Plain values;
// made by HTTPAgent and ScriptedAgents, carried out by the conversation.

struct AgentAnswer: Hashable, Sendable {
    /// In order; none means that the agent has nothing to say.
    var replies: [Reply] = []
    /// The conversation's state from now on, a JSON object; empty forgets it, nil leaves it as it was.
    var state: [UInt8]?
    /// 202: the agent will speak later, by itself.
    var isDeferred = false
    /// Card numbers masked in the texts of the replies.
    var maskedCards = 0
    /// A widget the sender is to open.
    var ticket: TicketWish?
}

/// A ticket an agent asks for in its answer (CONTRACT §6).
struct TicketWish: Hashable, Sendable {
    let operation: [UInt8]
    let actions: [[UInt8]]
    /// The text that takes the link to the sender, with `{link}` where it is to stand.
    let reply: [UInt8]

    /// The operation, for traces.
    var word: String { operation.text }

    /// The text with the link in it; behind it when the text has no place for it.
    func text(link: [UInt8]) -> [UInt8] {
        let mark = [UInt8](text: "{link}")
        var out: [UInt8] = []
        var isPlaced = false
        var place = 0
        while place < reply.count {
            if reply[place...].starts(with: mark) {
                out += link
                place += mark.count
                isPlaced = true
            } else {
                out.append(reply[place])
                place += 1
            }
        }
        return isPlaced ? out : out + [ASCII.space] + link
    }
}

/// Why an agent gave no usable answer. The word stands in traces, logs and dead letters.
enum AgentFailure: Error, Sendable {
    /// The same call may succeed later, not before `after` when the agent named a time.
    case retry(word: StaticString, after: Interval?)
    /// No repetition can mend it.
    case final(word: StaticString)

    var word: String {
        switch self {
        case .retry(let word, _), .final(let word): "\(word)"
        }
    }

    /// An exchange that brought no answer. An answer that breaks HTTP or is too large would be the same next time.
    init(_ fault: OutboundFault) {
        switch fault {
        case .malformed, .tooLarge: self = .final(word: fault.word)
        case .resolve, .connect, .tls, .timeout, .closed, .breakerOpen, .busy:
            self = .retry(word: fault.word, after: nil)
        }
    }

    /// An answer whose status is neither 200 nor 202 (CONTRACT §11).
    init(_ head: HTTPResponseHead) {
        switch head.status {
        case 408: self = .retry(word: "status_408", after: nil)
        case 425: self = .retry(word: "status_425", after: nil)
        case 429: self = .retry(word: "status_429", after: Self.retryAfter(head))
        case 500...599: self = .retry(word: "status_5xx", after: Self.retryAfter(head))
        case 300..<400: self = .final(word: "redirect")
        case 400..<500: self = .final(word: "status_4xx")
        default: self = .final(word: "status_unexpected")
        }
    }

    /// `Retry-After` in seconds (RFC 9110 §10.2.3), at most a day; its date form is left to our own schedule.
    private static func retryAfter(_ head: HTTPResponseHead) -> Interval? {
        guard let text = head.field("Retry-After"), let seconds = ASCII.decimal(text) else { return nil }
        return .seconds(Int64(min(seconds, 86_400)))
    }
}

/// What is wrong with the content of an agent's 200: one closed list.
enum AgentAnswerFault: Error, Hashable, Sendable, CaseIterable {
    case notJSON
    case notAnObject
    case replies
    case replyCount
    case replyType
    case text
    case choices
    case url
    case state
    case stateTooLarge
    case ticket

    var word: StaticString {
        switch self {
        case .notJSON: "answer_not_json"
        case .notAnObject: "answer_not_object"
        case .replies: "answer_replies_malformed"
        case .replyCount: "answer_too_many_replies"
        case .replyType: "answer_reply_type_unknown"
        case .text: "answer_text_malformed"
        case .choices: "answer_choices_malformed"
        case .url: "answer_url_malformed"
        case .state: "answer_state_malformed"
        case .stateTooLarge: "answer_state_too_large"
        case .ticket: "answer_ticket_malformed"
        }
    }
}
